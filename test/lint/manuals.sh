#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The manuals and the binary say the same: each option has its entry (.It Fl …) in the applet's page and the other
# way round, each page passes mandoc's checks, and nwbox-fields(7) has each protocol and field.
. "$(dirname "$0")/../lib.sh"

# Options of the table: "-i" and "--interface", one a line.
table_options() { "$NWBOX" --options "$1" | awk -F '\t' '$1 != "" { print "-" $1 } $2 != "" { print "--" $2 }' | sort -u; }
# Options that have an entry in a page.
page_options() { awk '/^\.It .*Fl / { gsub(/\\-/, "-"); for (i = 2; i < NF; i++) if ($i == "Fl") { gsub(/[\[=].*/, "", $(i + 1)); print "-" $(i + 1) } }' "$1" |
	sort -u; }

for applet in $(sed -n 's/^APPLET(\([a-z]*\),.*/\1/p' applets/applets.def); do
	page=dist/man/$applet.1
	[ -f "$page" ] || { not_ok "$applet has a manual" "no $page"; continue; }
	[ -n "$("$NWBOX" --list | grep -w "$applet")" ] || { skip "$applet(1)" "not in this profile"; continue; }
	table_options "$applet" >"$TMP/table"
	page_options "$page" >"$TMP/page"
	same "$applet(1) has every option" "$(comm -23 "$TMP/table" "$TMP/page" | paste -sd ' ' -)" ""
	same "$applet(1) has no option that there is not" "$(comm -13 "$TMP/table" "$TMP/page" | paste -sd ' ' -)" ""
done

nwexport --list-fields >"$TMP/fields" 2>"$TMP/err" || { skip "nwbox-fields(7)" "not in this profile"; exit; }
awk -v date="January 1, 1970" -f dist/man/fields.awk "$TMP/fields" >"$TMP/nwbox-fields.7"
awk '/^\.(It|Ss) "/ { gsub(/\\-/, "-"); split($0, part, "\""); print part[2] }' "$TMP/nwbox-fields.7" | sort >"$TMP/page"
same "nwbox-fields(7) has every protocol and field" "$(cut -f 1 "$TMP/fields" | sort | comm -3 - "$TMP/page" | head -n 5)" ""

need mandoc
for page in dist/man/*.[157] "$TMP/nwbox-fields.7"; do
	same "${page##*/} is good mdoc" "$(mandoc -T lint -W warning "$page" | grep -v 'referenced manual not found' | sed "s,.*/,," | head -n 5)" ""
done
