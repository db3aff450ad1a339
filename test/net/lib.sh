# SPDX-License-Identifier: MIT
#
# Sourced by the live tests after ../lib.sh, which they source themselves.
#
#   live              two joined namespaces without any traffic of their own, and the sender built: $BLAST
#   start NAME ARG... starts nwcap with these arguments in the namespace of the receiver, $VETH_B; its messages go to
#                     $TMP/NAME.err, its process id to $PID; returns when it listens
#   finish NAME       INT, wait; its status in $STATUS
#   number NAME WORDS the number in front of these words in NAME's final counters
#   packets FILE      how many packets an independent reader finds in a file
#   blast ARG...      the sender, in the other namespace; prints how many it sent
live()
{
	need_net
	need nsenter tcpdump
	netns_pair
	for ns in in_a in_b; do
		$ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' 2>/dev/null
		$ns ip link set dev lo arp off 2>/dev/null
	done
	in_a ip link set "$VETH_A" arp off
	in_b ip link set "$VETH_B" arp off
	gcc -O2 -o "$TMP/blast" test/net/blast.c || { not_ok "the sender builds" "see above"; exit 1; }
	HOME=$TMP # no preferences of tshark from outside
	export HOME
	BLAST=$TMP/blast
}

blast() { in_a "$BLAST" "$VETH_A" "$@" | sed 's/sent //'; }

start()
{
	name=$1
	shift
	rm -f "$TMP/$name.err"
	nsenter --net="/run/netns/$NS_B" nwcap "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" &
	PID=$!
	BACKGROUND="$BACKGROUND $PID"
	wait_for 10 grep -q 'listening on' "$TMP/$name.err" || { not_ok "$name starts" "$(cat "$TMP/$name.err")"; return 1; }
}

finish()
{
	kill -INT "$PID" 2>/dev/null
	STATUS=0
	wait "$PID" || STATUS=$?
}

number() { sed -n "s/^\([0-9]*\) packets\{0,1\} $2\$/\1/p" "$TMP/$1.err" | tail -n 1; }
# tcpdump wants to become its own user, which a user namespace refuses; capinfos reads as well
packets()
{
	found=$(tcpdump -r "$1" --count 2>/dev/null | sed 's/ .*//')
	[ -n "$found" ] || found=$(capinfos -Mc "$1" 2>/dev/null | sed -n 's/^Number of packets: *//p')
	echo "$found"
}
