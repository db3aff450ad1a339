#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What holds for each text file of the tree: licence line, white space, length, nothing of one machine.
. "$(dirname "$0")/../lib.sh"

find Makefile README.md applets lib include config test dist .ci -type f 2>/dev/null |
	grep -vE '^test/(golden|corpus|fuzz/corpus|net/data|unit/data)/.*\.(pcap|pcapng|gz|bin|out|txt|csv|json|jsonl)$|/(stdout|stderr)$' |
	grep -v '^test/fuzz/corpus/' | sort >"$TMP/files"
grep -E '\.[ch]$' "$TMP/files" >"$TMP/c"
grep -E '\.sh$|^\.ci/' "$TMP/files" >"$TMP/sh"
grep -vE '\.(pcap|pcapng|gz|bin)$' "$TMP/files" >"$TMP/text"

# on LIST AWK: the places an awk program prints, at most ten
on() { xargs -a "$TMP/$1" -r awk "$2" | head -n 10; }

same "C: SPDX line first" "$(on c 'FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" { print FILENAME }')" ""
same "shell: SPDX line first or after #!" "$(on sh 'FNR == 1 { seen = 0 } /^# SPDX-License-Identifier: MIT$/ && FNR < 3 { seen = 1 }
	FNR == 2 && !seen { print FILENAME }')" ""
same "C: tabs indent" "$(on c '/^ +[^ *]/ && !/^ \*/ { print FILENAME ":" FNR }')" ""
same "C: no file over 900 lines" "$(on c 'FNR == 901 { print FILENAME }')" ""
same "messages to people go through message_print, which escapes" "$(on c '/fprintf\(stderr|dprintf\(2/ &&
	FILENAME ~ /^applets\/(packetclient|netwatchd)\// { print FILENAME ":" FNR }')" ""
same "no white space at the end of a line" "$(on text '/[ \t\r]$/ { print FILENAME ":" FNR }')" ""
same "each file ends with a newline" "$(while read -r f; do [ -z "$(tail -c 1 "$f")" ] || echo "$f"; done <"$TMP/text")" ""
same "no path of one machine" "$(on text '/\/(root|work|home|farm)\/[a-z]/ { print FILENAME ":" FNR }')" ""

# The mirror this machine uses belongs to this machine.
mirrors=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -oE 'https?://[^/ ]+' |
	sed 's,.*//,,; s/\./\\./g' | sort -u | paste -sd '|' -)
[ -z "$mirrors" ] || same "no package mirror is named" "$(xargs -a "$TMP/text" grep -nE "$mirrors" | head -n 10)" ""
