#!/bin/sh
# SPDX-License-Identifier: MIT
#
# config/banned.h really refuses each call it names.
. "$(dirname "$0")/../lib.sh"
need gcc

for f in $(sed -n 's/.*BANNED(\([a-z]*\))$/\1/p' config/banned.h); do
	case $f in
	gets | atoi | atol | system) call="$f(s)" ;;
	strcpy | strcat | strtok | popen) call="$f(s, \"x\")" ;;
	sprintf) call="$f(s, \"x\")" ;;
	vsprintf) call="$f(s, \"x\", a)" ;;
	*) call="unknown to this test: $f" ;;
	esac
	printf 'int t(char *s, __builtin_va_list a);\nint t(char *s, __builtin_va_list a)\n{\n\t(void)a;\n\treturn !!%s;\n}\n' \
		"$call" >"$TMP/t.c"
	if gcc -include config/banned.h -fsyntax-only -w "$TMP/t.c" 2>"$TMP/err"; then
		not_ok "$f does not compile" "it does"
	elif grep -q "banned_call_$f" "$TMP/err"; then
		ok "$f does not compile"
	else
		not_ok "$f does not compile" "$(head -n 3 "$TMP/err")"
	fi
done
