#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Golden tests: test/golden/CASE/{in.hex,cmd,stdout}. `cmd` is run with $IN, the capture made of in.hex, and prints what is in
# stdout. Then every packet is cut at every length from 0 to full and read again: nothing may crash, each frame is one row, and
# each line of text is either what the whole packet gives or says where it was cut.
#
#   run.sh                    all cases
#   run.sh --update [CASE]    writes stdout anew (make golden CASE=...); read the diff before you commit it
update=0 only=
if [ "${1:-}" = --update ]; then update=1; only=${2:-}; fi
. "$(dirname "$0")/../lib.sh"
GOLDEN=$TOP/test/golden
export TZ=UTC LC_ALL=C

# The lines of the cut packets ($1) beside those of the whole ones ($2), told apart by their times: the first three that
# are neither the same nor marked.
marked()
{
	awk '
		{ time = $1; text = substr($0, length(time) + 2) }
		FNR == NR { whole[time] = text; next }
		# a line that ends with a length is all there is to say of that layer; the payload behind it was cut off
		index(whole[time], text) == 1 && text ~ /length [0-9]+(: [A-Z]+)?$/ { next }
		text != whole[time] && text !~ /\[\|[a-z0-9-]+\]|^\[empty frame\]/ { print; bad = 1; if (++n == 3) exit }
		END { exit bad }' "$2" "$1"
}

cut_case() # CASE
{
	sh "$GOLDEN/hex2pcap.sh" --cut "$GOLDEN/$1/in.hex" >"$TMP/cut.pcap"
	sh "$GOLDEN/hex2pcap.sh" "$GOLDEN/$1/in.hex" >"$TMP/whole.pcap"
	frames=$(nwexport -f csv --no-header --fields frame.number "$TMP/cut.pcap" | wc -l)
	for format in csv ndjson 'ndjson --fields all' 'csv --fields frame.protocols,info'; do
		rows=$(nwexport --no-header -f $format "$TMP/cut.pcap" 2>"$TMP/err" | wc -l)
		if [ "$rows" != "$frames" ] || [ -s "$TMP/err" ]; then
			not_ok "$1-cut" "$format gave $rows rows of $frames: $(head -n 3 "$TMP/err")"
			return
		fi
	done
	for form in '' '-v' '-vvv --link-header -X' '-q'; do
		if ! nwexport -f text -t epoch $form "$TMP/cut.pcap" >"$TMP/cut.$form.txt" 2>"$TMP/err" || [ -s "$TMP/err" ]; then
			not_ok "$1-cut" "text $form: $(head -n 3 "$TMP/err")"
			return
		fi
	done
	nwexport -f text -S -t epoch "$TMP/cut.pcap" | grep -a '^[0-9]*\.[0-9]* ' >"$TMP/cut.lines"
	nwexport -f text -S -t epoch "$TMP/whole.pcap" | grep -a '^[0-9]*\.[0-9]* ' >"$TMP/whole.lines"
	if unmarked=$(marked "$TMP/cut.lines" "$TMP/whole.lines"); then
		ok "$1-cut"
	else
		not_ok "$1-cut" "cut, but not marked: $unmarked"
	fi
}

for dir in "$GOLDEN"/*/; do
	name=$(basename "$dir")
	[ -f "$dir/cmd" ] && { [ -z "$only" ] || [ "$only" = "$name" ]; } || continue
	sh "$GOLDEN/hex2pcap.sh" "$dir/in.hex" >"$TMP/in.pcap"
	IN=$TMP/in.pcap sh -e "$dir/cmd" >"$TMP/stdout" 2>&1
	status=$?
	[ "$status" -eq 0 ] || echo "exit status $status" >>"$TMP/stdout"
	if [ "$status" -gt 125 ]; then
		not_ok "$name" "killed by signal $((status - 128)): $(tail -n 2 "$TMP/stdout")"
		continue
	fi
	if [ "$update" = 1 ]; then
		cp "$TMP/stdout" "$dir/stdout"
		echo "ok $name # written"
		continue
	fi
	if diff -u "$dir/stdout" "$TMP/stdout" >"$TMP/diff"; then
		ok "$name"
	else
		not_ok "$name" "$(sed 1,2d "$TMP/diff")"
	fi
	cut_case "$name"
done
