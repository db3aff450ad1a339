#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Which packets: several interfaces into one file, any, directions, another namespace, link types, an interface that
# goes down, comes back, vanishes.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live
need tshark capinfos

# a second pair between the same two namespaces, and a raw IP device
in_a ip link add nwsecond type veth peer name nwsecond netns "$NS_B" && in_a ip link set nwsecond arp off &&
	in_b ip link set nwsecond arp off && in_a ip link set nwsecond up && in_b ip link set nwsecond up || exit 1
second() { in_a "$BLAST" nwsecond "$@" | sed 's/sent //'; }
fields() { tshark -r "$@" 2>/dev/null; }

start both -i "$VETH_B" -i nwsecond -w "$TMP/both.cap" --format pcapng udp || exit 1
one=$(blast 700)
two=$(second 400)
finish both
same "two interfaces: exit status" "$STATUS" 0
same "two interfaces: total" "$(number both captured)" "$((one + two))"
same "two interfaces: packets of each by name" "$(fields "$TMP/both.cap" -T fields -e frame.interface_name | sort | uniq -c | awk '{ print $2, $1 }')" \
	"$(printf '%s 400\n%s 700\n' nwsecond "$VETH_B" | sort)"
case $(cat "$TMP/both.err") in
*"  $VETH_B: 700 captured, 700 received by filter, 0 dropped by kernel"*) ok "two interfaces: a line for each" ;;
*) not_ok "two interfaces: a line for each" "$(cat "$TMP/both.err")" ;;
esac
same "two interfaces: statistics in the file" \
	"$(tshark -r "$TMP/both.cap" -z io,stat,0 >/dev/null 2>&1; capinfos "$TMP/both.cap" 2>&1 | grep -c 'Number of stat entries = 1')" 2

start default -i "$VETH_B" -i nwsecond -w "$TMP/default" || exit 1
finish default
same "two interfaces: pcapng unless told otherwise" "$(capinfos -t "$TMP/default" 2>&1 | sed -n 's/^File type: *//p')" \
	"Wireshark/... - pcapng"

start any -i any -w "$TMP/any.pcap" udp || exit 1
one=$(blast 300)
two=$(second 200)
finish any
same "any: all interfaces" "$(number any captured)" "$((one + two))"
same "any: nothing more was received" "$(number any 'received by filter')" "$((one + two))"
same "any: link type SLL2" "$(capinfos -E "$TMP/any.pcap" 2>&1 | sed -n 's/^File encapsulation: *//p')" "Linux cooked-mode capture v2"
same "any: each packet with its interface" "$(fields "$TMP/any.pcap" -T fields -e sll.ifindex | sort -u | wc -l | tr -d ' ')" 2

start lo -i lo -w "$TMP/lo.pcap" udp port 9998 || exit 1
in_b "$BLAST" lo 50 60 0 9998 >/dev/null
finish lo
same "loopback: once each" "$(number lo captured)/$(number lo 'received by filter')" 50/50

for direction in in out inout; do
	start "$direction" -i "$VETH_B" -Q "$direction" -w "$TMP/$direction.pcap" udp || exit 1
	blast 30 >/dev/null
	in_b "$BLAST" "$VETH_B" 20 >/dev/null
	finish "$direction"
done
same "-Q in" "$(number in captured)/$(number in 'received by filter')" 30/30
same "-Q out" "$(number out captured)/$(number out 'received by filter')" 20/20
same "-Q inout" "$(number inout captured)/$(number inout 'received by filter')" 50/50

start anyin -i any -Q in -w "$TMP/anyin.pcap" udp || exit 1
blast 30 >/dev/null
in_b "$BLAST" "$VETH_B" 20 >/dev/null
in_b "$BLAST" lo 10 >/dev/null
finish anyin
same "any -Q in" "$(number anyin captured)/$(number anyin 'received by filter')" 40/40
start sll -i any -y LINUX_SLL -w "$TMP/sll.pcap" udp || exit 1
blast 5 >/dev/null
finish sll
same "-y" "$(capinfos -E "$TMP/sll.pcap" 2>&1 | sed -n 's/^File encapsulation: *//p')" "Linux cooked-mode capture v1"

# from outside, into the namespace: by name, by process, by path
nsenter --net="/run/netns/$NS_B" sleep 60 &
sleeper=$!
BACKGROUND="$BACKGROUND $sleeper"
for which in "$NS_B" "/run/netns/$NS_B" "$sleeper"; do
	rm -f "$TMP/ns.err"
	nwcap --netns "$which" -i "$VETH_B" -w "$TMP/ns.pcap" udp 2>"$TMP/ns.err" &
	PID=$!
	wait_for 10 grep -q 'listening on' "$TMP/ns.err"
	blast 60 >/dev/null
	finish ns
	case $which in "$sleeper") which="of a process" ;; /*) which="by path" ;; *) which="by name" ;; esac
	same "--netns $which" "$(number ns captured)" 60
done

same "-s cuts packets" "$(start cut -i "$VETH_B" -s 50 -w "$TMP/cut.pcap" udp && blast 10 500 >/dev/null; finish cut
	fields "$TMP/cut.pcap" -T fields -e frame.cap_len -e frame.len | sort -u)" "$(printf '50\t500')"
start nano -i "$VETH_B" --nano -w "$TMP/nano.pcap" udp || exit 1
blast 20 >/dev/null
finish nano
same "--nano: the file says so" "$(head -c 4 "$TMP/nano.pcap" | od -An -tx4 | tr -d ' ')" a1b23c4d
same "immediate mode" "$(start now -i "$VETH_B" --immediate-mode -w "$TMP/now.pcap" udp && blast 500 >/dev/null; finish now
	number now captured)" 500

# down and up again is no end; vanishing is one, but not for the others
start down -i "$VETH_B" -w "$TMP/down.pcap" udp || exit 1
in_b ip link set "$VETH_B" down
wait_for 5 grep -q 'went down' "$TMP/down.err" || not_ok "going down is said" "$(cat "$TMP/down.err")"
in_b ip link set "$VETH_B" up
wait_for 5 grep -q 'up again' "$TMP/down.err" || not_ok "coming back is said" "$(cat "$TMP/down.err")"
blast 25 >/dev/null
finish down
same "down and up: goes on" "$STATUS $(number down captured)" "0 25"

start gone -i "$VETH_B" -i nwsecond -w "$TMP/gone.pcapng" udp || exit 1
second 15 >/dev/null
in_b ip link del nwsecond
wait_for 5 grep -q 'the other interfaces go on' "$TMP/gone.err" || not_ok "vanishing is said" "$(cat "$TMP/gone.err")"
one=$(blast 35)
finish gone
same "vanished: the others go on" "$STATUS $(number gone captured) $(packets "$TMP/gone.pcapng")" "0 50 50"

start last -i "$VETH_B" -w "$TMP/last.pcap" udp || exit 1
one=$(blast 45)
in_b ip link del "$VETH_B"
STATUS=0
wait "$PID" || STATUS=$?
same "the last one vanished: exit status, file" "$STATUS $(number last captured) $(packets "$TMP/last.pcap")" "1 45 45"
case $(cat "$TMP/last.err") in
*"$VETH_B: the interface disappeared"*) ok "the last one vanished: one clear sentence" ;;
*) not_ok "the last one vanished: one clear sentence" "$(cat "$TMP/last.err")" ;;
esac
