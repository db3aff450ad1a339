#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sent = captured + reported lost, to the packet: with room to spare, with a ring that is far too small, into a file, a
# pipe, through a filter in the kernel, and counted by somebody else's reader.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live

start roomy -i "$VETH_B" -w "$TMP/roomy.pcap" || exit 1
sent=$(blast 20000)
finish roomy
same "with room: exit status" "$STATUS" 0
same "with room: all captured" "$(number roomy captured)" "$sent"
same "with room: received by filter" "$(number roomy 'received by filter')" "$sent"
same "with room: none dropped" "$(number roomy 'dropped by kernel')" 0
same "with room: all in the file" "$(packets "$TMP/roomy.pcap")" "$sent"

# a ring of one or two blocks, a capture process that sleeps: most is lost, and every loss is counted
start tiny -i "$VETH_B" -B 512 -w "$TMP/tiny.pcap" || exit 1
kill -STOP "$PID"
sent=$(blast 20000 1000)
kill -CONT "$PID"
finish tiny
lost=$(number tiny 'dropped by kernel')
captured=$(number tiny captured)
if [ "${lost:-0}" -gt 1000 ]; then ok "too small: there is a loss"; else not_ok "too small: there is a loss" "lost '$lost'"; fi
same "too small: captured + lost = sent" "$((captured + lost))" "$sent"
same "too small: received = sent" "$(number tiny 'received by filter')" "$sent"
same "too small: what was captured is in the file" "$(packets "$TMP/tiny.pcap")" "$captured"
case $(cat "$TMP/tiny.err") in
*"lost $lost packets between "*:*" and "*:*) ok "the loss is told in time" ;;
*) not_ok "the loss is told in time" "$(cat "$TMP/tiny.err")" ;;
esac

start filtered -i "$VETH_B" -w "$TMP/filtered.pcap" udp port 7777 || exit 1
blast 3000 60 0 9999 >/dev/null
sent=$(blast 2000 60 0 7777)
finish filtered
same "kernel filter: only its packets are counted" "$(number filtered 'received by filter')" "$sent"
same "kernel filter: only its packets are in the file" "$(packets "$TMP/filtered.pcap")" "$sent"

start display -i "$VETH_B" -w "$TMP/display.pcap" -Y 'udp.dstport == 7777 and frame.len == 100' || exit 1
blast 3000 100 0 9999 >/dev/null
sent=$(blast 2000 100 0 7777)
finish display
same "display filter: its packets are in the file" "$(packets "$TMP/display.pcap")" "$sent"
same "display filter: the kernel did the rest" "$(number display 'received by filter')" "$sent"

start count -i "$VETH_B" -c 100 -w "$TMP/count.pcap" || exit 1
blast 5000 >/dev/null
wait "$PID"
same "-c: exit status" $? 0
same "-c: captured" "$(number count captured)" 100
same "-c: in the file" "$(packets "$TMP/count.pcap")" 100

printf 'udp # comment\n and port 7777' >"$TMP/filter"
start stats -i "$VETH_B" --stats 0.2 -F "$TMP/filter" -w /dev/null || exit 1
sent=$(blast 40 60 0 7777)
blast 10 >/dev/null
wait_for 5 grep -q "^[0-9:]* $sent captured, [0-9]*/s, $sent received by filter, 0 dropped by kernel" "$TMP/stats.err" &&
	ok "--stats: counters now and then; -F" || not_ok "--stats: counters now and then; -F" "$(cat "$TMP/stats.err")"
finish stats

# packets while the capture starts and stops: what is in the file is what was counted, whatever that is
in_a "$BLAST" "$VETH_A" 300000 60 100000 >/dev/null 2>&1 &
BACKGROUND="$BACKGROUND $!"
start busy -i "$VETH_B" -w "$TMP/busy.pcap" || exit 1
sleep 0.5
finish busy
captured=$(number busy captured)
same "stopped in traffic: captured + lost = received" "$((captured + $(number busy 'dropped by kernel')))" \
	"$(number busy 'received by filter')"
same "stopped in traffic: captured is in the file" "$(packets "$TMP/busy.pcap")" "$captured"
