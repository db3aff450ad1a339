#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test/size/diff.sh OLD NEW: the symbols whose size differs between two nwbox.debug, largest growth first.
[ -f "${1:-}" ] && [ -f "${2:-}" ] || { echo "usage: make size-diff BASE=old/nwbox.debug" >&2; exit 2; }
symbols() { nm -S "$1" | awk -v side="$2" 'NF == 4 && $3 ~ /[tTrRdDbBvVwW]/ { print side, $2, $4 }'; }
{ symbols "$1" old; symbols "$2" new; } | awk '
	function hex(text,   i, n) {
		n = 0
		for (i = 1; i <= length(text); i++)
			n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return n
	}
	{ size = hex($2); by[$3] += $1 == "new" ? size : -size; if ($1 == "new") now[$3] += size }
	END {
		for (name in by)
			if (by[name]) {
				printf "%+8d  now %7d  %s\n", by[name], now[name], name | "sort -k1,1nr"
				sum += by[name]
			}
		close("sort -k1,1nr")
		printf "%+8d  in all\n", sum
	}'
