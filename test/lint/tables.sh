#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tables that keep the house together: applets.def, the switches of config/, the lock of the dependencies.
. "$(dirname "$0")/../lib.sh"

# sorted FILE MACRO: the first arguments of its rows are in alphabetical order
names=$(sed -n 's/^APPLET(\([a-z0-9_]*\),.*/\1/p' applets/applets.def)
same "applets.def is in alphabetical order" "$names" "$(echo "$names" | sort)"
same "each applet has a file" "$(for n in $names; do [ -f "applets/$n.c" ] || [ -d "applets/$n" ] || echo "$n"; done)" ""

switches() { sed -n 's/^\(ENABLE_[A-Z0-9_]*\)=[01]$/\1/p' "$1" | sort; }
for profile in router recorder capture; do
	same "$profile.conf has the switches of full.conf" "$(switches config/$profile.conf)" "$(switches config/full.conf)"
done
same "each switch of full.conf has its comment" \
	"$(awk '/^ENABLE_/ && before !~ /^#/ { print $0 } { before = $0 }' config/full.conf)" ""
used=$(grep -rhoE '\bENABLE_[A-Z0-9_]+' lib applets include --include='*.[ch]' --include='*.def' | sort -u)
same "no switch is unused, none is unknown" "$used" "$(switches config/full.conf)"
same "no #ifdef ENABLE_ (a switch is always 0 or 1)" \
	"$(grep -rnE '#[[:space:]]*(ifdef|ifndef)[[:space:]]+ENABLE_|defined[ (]+ENABLE_' lib applets include)" ""

same "deps.lock: eight columns, sha256, size" "$(awk '/^#/ || !NF { next }
	NF != 8 || length($4) != 64 || $4 ~ /[^0-9a-f]/ || $6 ~ /[^0-9]/ { print FNR }' config/deps.lock)" ""
same "deps.lock: what is built is used by an existing folder" "$(awk '/^[a-z]/ && $7 ~ /^lib/ { print $7 }' config/deps.lock |
	sort -u | while read -r d; do [ -d "$d" ] || echo "$d"; done)" ""
