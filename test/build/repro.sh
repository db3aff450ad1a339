#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Two builds are byte-identical: this tree is built again from nothing, in another folder, without network.
. "$(dirname "$0")/../lib.sh"
need make gcc

mkdir "$TMP/again"
cp -r Makefile config lib include applets test "$TMP/again"
# Without a network device nothing can be fetched; without the right to make such a namespace the build runs as it is.
offline=
unshare -rn true 2>/dev/null && offline="unshare -rn"
if $offline make -C "$TMP/again" -s -j2 DISTFILES="$TOP/build/distfiles" >"$TMP/log" 2>&1; then
	ok "builds in another folder${offline:+ and without network}"
	check "the second build is byte-identical" cmp build/full/nwbox "$TMP/again/build/full/nwbox"
else
	not_ok "builds in another folder" "$(tail -n 5 "$TMP/log")"
fi

# The tree that was just built, built once more: nothing to do, then just what depends on what changed.
cd "$TMP/again" || exit 1
same "a build with nothing to do does nothing" "$(make DISTFILES="$TOP/build/distfiles" 2>&1)" ""
header=$(ls include/filter/*.h | head -n 1)
touch "$header"
make DISTFILES="$TOP/build/distfiles" >"$TMP/log" 2>&1
want=$(grep -l "$header" build/full/obj/*/*/*.d build/full/obj/*/*.d 2>/dev/null | wc -l)
same "a changed header rebuilds what includes it" "$(grep -c '^  CC ' "$TMP/log")" "$want"
check "and the result is the same" cmp "$TOP/build/full/nwbox" build/full/nwbox
echo 'int added(void); int added(void) { return 1; }' >lib/base/added_by_test.c
make >"$TMP/log" 2>&1
rm lib/base/added_by_test.c
check "a removed source does not break the build" make
check "and the result is again the same" cmp "$TOP/build/full/nwbox" build/full/nwbox
