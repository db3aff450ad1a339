#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the binary says of itself: each applet answers --help and --version, and its help names every option once.
. "$(dirname "$0")/../lib.sh"

for applet in $(sed -n 's/^APPLET(\([a-z]*\),.*/\1/p' applets/applets.def); do
	[ -n "$("$NWBOX" --list 2>/dev/null | grep -w "$applet")" ] || { skip "$applet --help" "not in this profile"; continue; }
	help=$("$applet" --help 2>&1) || { not_ok "$applet --help" "exit $?: $help"; continue; }
	same "$applet --help names no option twice" \
		"$(echo "$help" | grep -oE '^ +(-., +)?--[a-z][a-z0-9-]*' | grep -oE -- '--.*' | sort | uniq -d)" ""
	same "$applet --help fits 100 columns" "$(echo "$help" | awk 'length($0) > 100')" ""
	check "$applet --version" "$applet" --version
done
