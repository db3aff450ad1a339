#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make install puts the binary, one link for each applet of the profile, the manuals and completions below DESTDIR.
. "$(dirname "$0")/../lib.sh"

make -s install DESTDIR="$TMP/inst" PREFIX=/usr >/dev/null 2>&1
check "nwbox is installed" cmp "$TMP/inst/usr/bin/nwbox" build/full/nwbox
for applet in $(sed -n 's/^APPLET(\([a-z]*\),.*/\1/p' applets/applets.def); do
	link=$(ls "$TMP/inst/usr/bin/$applet" "$TMP/inst/usr/sbin/$applet" 2>/dev/null)
	check "$applet runs through its link" "${link:-/nonexistent/$applet}" --version
done
for page in man1/nwbox.1 man1/nwcap.1 man1/nwfilter.1 man1/nwexport.1 man5/nwbox-json.5 man7/nwbox-filter.7 \
	man7/nwbox-fields.7; do
	check "${page##*/} is installed" test -s "$TMP/inst/usr/share/man/$page"
done
for file in bash-completion/completions/nwcap zsh/site-functions/_nwbox fish/vendor_completions.d/nwcap.fish; do
	check "completions: $file" test -s "$TMP/inst/usr/share/$file"
done
for file in lib/systemd/system/netwatchd.service share/doc/netwatchd/init.d/netwatchd \
	share/doc/netwatchd/init.d/netwatchd.openwrt; do
	check "$file starts what was installed" grep -q '[ =-]/usr/sbin/netwatchd' "$TMP/inst/usr/$file"
done
check "netwatchd.socket is installed" test -s "$TMP/inst/usr/lib/systemd/system/netwatchd.socket"
check "the init script is a program" test -x "$TMP/inst/usr/share/doc/netwatchd/init.d/netwatchd"
case $(file -b "$TMP/inst/usr/bin/nwbox" 2>/dev/null) in
'') skip "the binary is static-pie" "file is not installed" ;;
*static-pie*) ok "the binary is static-pie" ;;
*) not_ok "the binary is static-pie" "$(file -b "$TMP/inst/usr/bin/nwbox")" ;;
esac
headers=$(readelf -lWd build/full/nwbox)
check "no dynamic linker, no library" sh -c '! echo "$1" | grep -qE "INTERP|NEEDED"' - "$headers"
check "full RELRO" sh -c 'echo "$1" | grep -q GNU_RELRO && echo "$1" | grep -q NOW' - "$headers"
same "the stack is not executable" "$(echo "$headers" | awk '$1 == "GNU_STACK" { print $7 }')" RW
same "no segment is writable and executable" "$(echo "$headers" | awk '$1 == "LOAD" && / RWE /')" ""
check "nothing of musl's iconv (CVE-2025-26519 in 1.2.5) is linked" sh -c '! grep -q iconv build/full/nwbox.map'
