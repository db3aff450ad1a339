#!/bin/sh
# SPDX-License-Identifier: MIT
#
# config/fetch.sh takes only the file that config/deps.lock names. Runs on a copy, without a package manager or network.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$TMP/tree/config" "$TMP/dist" "$TMP/tools"
cp config/fetch.sh "$TMP/tree/config"
for tool in sh awk sha256sum mkdir flock rm mv dirname cat sed sort find; do
	ln -s "$(command -v "$tool")" "$TMP/tools/$tool"
done
echo content >"$TMP/dist/thing_1.0.orig.tar.gz"
hash=$(sha256sum <"$TMP/dist/thing_1.0.orig.tar.gz")
hash=${hash%% *}
echo "thing 1.0 thing_1.0.orig.tar.gz $hash MIT 1 - -" >"$TMP/tree/config/deps.lock"

fetch() { PATH=$TMP/tools DISTFILES=${1:-} sh "$TMP/tree/config/fetch.sh" "${2:-thing}" 2>"$TMP/err"; }

same "a file of DISTFILES with the right hash is taken" "$(fetch "$TMP/dist")" "$TMP/dist/thing_1.0.orig.tar.gz"
echo changed >>"$TMP/dist/thing_1.0.orig.tar.gz"
same "a wrong hash is refused" "$(fetch "$TMP/dist"; echo "$?")" 1
check "the message names the file" grep -q "thing_1.0.orig.tar.gz: REFUSED" "$TMP/err"
check "the message names the wanted hash" grep -q "wants $hash" "$TMP/err"
check "the message says what to do by hand" grep -q "By hand: " "$TMP/err"
same "a missing file is an error" "$(fetch; echo "$?")" 1
same "an unknown name is an error" "$(fetch "" nothing; echo "$?")" 1

mkdir -p "$TMP/tree/build/distfiles"
echo content >"$TMP/tree/build/distfiles/thing_1.0.orig.tar.gz"
same "a wrong file in DISTFILES does not hide a right one elsewhere" "$(fetch "$TMP/dist")" \
	"$TMP/tree/build/distfiles/thing_1.0.orig.tar.gz"
