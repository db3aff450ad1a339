#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each setting of netwatchd's tables stands in the shipped example and in its manual, and nothing else does; the example is
# taken as it is and with every setting switched on. (test/unit/test_config.c compares the defaults.)
. "$(dirname "$0")/../lib.sh"
example=dist/netwatchd.yaml
page=dist/man/netwatchd.yaml.5

sed -n 's/.*SHAPE_[A-Z0-9]*("\([a-z_]*\)".*/\1/p' applets/netwatchd/config.c lib/api/settings.c | sort -u >"$TMP/table"
# "# word" explains, "#setting:" and "#  setting:" wait to be switched on
sed -n 's/^#\([^ ]\)/\1/; s/^#\(  \)/\1/; s/^ *\(- \)\{0,1\}\([a-z_]*\):.*/\2/p' "$example" | sort -u >"$TMP/example"
awk '/^\.It Ic / { print $3 }' "$page" | sort -u >"$TMP/page"
# one-line objects and the sentence about limits of a session name these; roles have users and groups
printf '%s\n' users groups >>"$TMP/page"
sort -u "$TMP/page" -o "$TMP/page"
same "the example has every setting" "$(comm -23 "$TMP/table" "$TMP/example" | paste -sd ' ' -)" ""
same "the example has no setting that there is not" "$(comm -13 "$TMP/table" "$TMP/example" | paste -sd ' ' -)" ""
same "netwatchd.yaml(5) has every setting" "$(comm -23 "$TMP/table" "$TMP/page" | paste -sd ' ' -)" ""
same "netwatchd.yaml(5) has no setting that there is not" "$(comm -13 "$TMP/table" "$TMP/page" | paste -sd ' ' -)" ""

[ -n "$("$NWBOX" --list | grep -w netwatchd)" ] || { skip "the example is valid" "not in this profile"; exit; }
check "the example is valid" netwatchd --check -c "$example"
# users and groups of the example need not be on this machine
sed 's/^#\([^ ]\)/\1/; s/^#\(  \)/\1/' "$example" | grep -vE '^(user|group):' >"$TMP/full.yaml"
check "the example with every setting is valid" netwatchd --check -c "$TMP/full.yaml"
