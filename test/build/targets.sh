#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The sources compile for processors that are not this one: 32 bits (the i386 half of this gcc), and 32 bits with the
# other byte order (clang for MIPS, the processor of many routers), with musl's headers for them. Only checked, not linked.
# clang would rather have { NULL }, which ends a table, in full, and sees into musl's CMSG_NXTHDR.
. "$(dirname "$0")/../lib.sh"

musl=$TOP/build/deps/src/musl
deps=$TOP/build/deps/musl/include
config=$TOP/build/full/config.h

# headers ARCH: musl's for that processor, and the libraries' and the kernel's
headers()
{
	mkdir -p "$TMP/$1/obj" && (cd "$TMP/$1/obj" && make -s -f "$musl/Makefile" srcdir="$musl" ARCH="$1" prefix="$TMP/$1" \
		includedir="$TMP/$1/include" install-headers) >"$TMP/log" 2>&1 || { tail -n 3 "$TMP/log"; return 1; }
	for h in "$deps"/*; do
		[ -e "$TMP/$1/include/${h##*/}" ] || ln -s "$h" "$TMP/$1/include/"
	done
}

# compiles NAME ARCH COMPILER...
compiles()
{
	name=$1 arch=$2
	shift 2
	why=$(headers "$arch") || { not_ok "compiles for $name" "no headers: $why"; return; }
	find lib applets -name '*.c' | sort | xargs -P 2 -n 8 "$@" -fsyntax-only -std=gnu11 -D_GNU_SOURCE= -Wall -Wextra -Wshadow -Wvla -Wno-psabi \
		-Wno-missing-field-initializers -Wno-sign-compare -Werror -nostdinc -isystem "$TMP/$arch/include" \
		-isystem "$("$1" -print-file-name=include)" -Iinclude -Ilib -Iapplets \
		-include "$config" >"$TMP/errors" 2>&1
	same "compiles for $name" "$(grep -E 'error|warning' "$TMP/errors" | head -n 5)" ""
}

[ -d "$musl/arch/mips" ] && [ -f "$config" ] || { skip "other processors" "no build here yet (make)"; exit; }
compiles "32 bits" i386 gcc -m32
if command -v clang >/dev/null; then
	compiles "32 bits, big-endian" mips clang --target=mips-linux-musl
else
	skip "32 bits, big-endian" "no clang"
fi
