#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The main job on live traffic: nwcap | nwfilter | nwexport, counted to the packet at both ends; and lines for people.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live

# pipeline NAME NWCAP-OPTIONS...: what leaves it goes to $TMP/NAME.csv
pipeline()
{
	name=$1
	shift
	mkfifo "$TMP/$name.1" "$TMP/$name.2"
	nwfilter 'udp.dstport == 7777' <"$TMP/$name.1" >"$TMP/$name.2" &
	nwexport -f csv --fields frame.number,udp.dstport,frame.len <"$TMP/$name.2" >"$TMP/$name.csv" &
	EXPORT=$!
	rm -f "$TMP/$name.err"
	nsenter --net="/run/netns/$NS_B" nwcap -i "$VETH_B" -w - "$@" 2>"$TMP/$name.err" >"$TMP/$name.1" &
	PID=$!
	BACKGROUND="$BACKGROUND $PID"
	wait_for 10 grep -q 'listening on' "$TMP/$name.err"
}

lines() { grep -c ',7777,' "$1"; }

pipeline pcap
other=$(blast 4000 80 0 9999)
wanted=$(blast 6000 90 0 7777)
wait_for 5 sh -c '[ "$(grep -c ",7777," "$1")" = 6000 ]' - "$TMP/pcap.csv" || :
same "live: what was sent is out while the capture goes on" "$(lines "$TMP/pcap.csv")" "$wanted"
finish pcap
wait "$EXPORT"
lost=$(number pcap 'dropped by kernel')
same "sent = captured + lost" "$(($(number pcap captured) + lost))" "$((other + wanted))"
same "what the filter wanted comes out" "$(lines "$TMP/pcap.csv")" "$wanted"

pipeline pcapng --format pcapng
blast 1000 80 0 9999 >/dev/null
wanted=$(blast 1500 90 0 7777)
finish pcapng
wait "$EXPORT"
same "the same as pcapng" "$(lines "$TMP/pcapng.csv")" "$wanted"

start text -i "$VETH_B" -l udp || exit 1
blast 3 60 0 53 >/dev/null
wait_for 3 sh -c '[ "$(wc -l <"$1")" -ge 3 ]' - "$TMP/text.out"
same "lines: there while the capture runs" "$(wc -l <"$TMP/text.out" | tr -d ' ')" 3
finish text
same "lines: as tcpdump writes them" "$(sed -n 's/^[0-9:.]* //p' "$TMP/text.out" | grep -c '^IP 10.9.0.1.40000 > 10.9.0.2.53:')" 3
