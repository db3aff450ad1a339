#!/bin/sh
# SPDX-License-Identifier: MIT
#
# --threads: each packet is in exactly one file, whatever thread took it; the counters say so in total; both directions of a
# flow are in one file.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live
need python3

start probe -i "$VETH_B" --threads 2 -w "$TMP/probe.pcap" 2>/dev/null >/dev/null || {
	case $(cat "$TMP/probe.err") in
	*"this build"* | *fan-out*) skip "threads" "$(cat "$TMP/probe.err")"; exit 0 ;;
	esac
	not_ok "--threads starts" "$(cat "$TMP/probe.err")"
	exit 1
}
finish probe

# send COUNT: UDP packets of many flows, there and back, each with its own number as payload
cat >"$TMP/flows.py" <<'END'
import socket, struct, sys
name, count = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((name, 0))
for i in range(count):
    a, b, p, q = b'\x0a\x09\x00\x01', b'\x0a\x09\x00\x02', 1024 + i % 97, 53
    if i & 1:
        a, b, p, q = b, a, q, p
    udp = struct.pack('>HHHHI', p, q, 12, 0, i)
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 32, 0, 0, 64, 17, 0, a, b)
    s.send(b'\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0' + ip + udp + bytes(14))
print(count)
END
# look FILE...: packets in all, different numbers, the least and largest, flows that are in more than one file, files with packets
cat >"$TMP/look.py" <<'END'
import struct, sys
seen, flows, used = [], {}, 0
for n, name in enumerate(sys.argv[1:]):
    data, at = open(name, 'rb').read(), 24
    used += len(data) > 24
    while at < len(data):
        caplen = struct.unpack_from('<I', data, at + 8)[0]
        p = data[at + 16:at + 16 + caplen]
        ports = struct.unpack_from('>HH', p, 34)
        seen.append(struct.unpack_from('>I', p, 42)[0])
        flows.setdefault(tuple(sorted(ports)), set()).add(n)
        at += 16 + caplen
print(len(seen), len(set(seen)), min(seen), max(seen), sum(len(f) > 1 for f in flows.values()), 'several' if used > 1 else 'one')
END
send() { in_a python3 "$TMP/flows.py" "$VETH_A" "$1"; }

for how in hash cpu; do
	start $how -i "$VETH_B" --threads 3 --fanout $how -w "$TMP/$how.pcap" udp || exit 1
	sent=$(send 6000)
	kill -USR1 "$PID"
	finish $how
	same "--fanout $how: exit status" "$STATUS" 0
	same "--fanout $how: captured" "$(number $how captured)" "$sent"
	same "--fanout $how: received by filter" "$(number $how 'received by filter')" "$sent"
	same "--fanout $how: a file for each thread" "$(cd "$TMP" && ls $how-t*.pcap | tr '\n' ' ')" "$how-t0.pcap $how-t1.pcap $how-t2.pcap "
	set -- $(python3 "$TMP/look.py" "$TMP/$how"-t?.pcap)
	same "--fanout $how: nothing lost, nothing twice" "$1 $2 $3 $4" "$sent $sent 0 $((sent - 1))"
	[ $how = cpu ] || same "--fanout hash: both directions of a flow in one file, flows in several" "$5 $6" "0 several"
done
same "a line for each thread adds up" "$(sed -n 's/^  .*cpu-t[012].pcap: \([0-9]*\) captured.*/\1/p' "$TMP/cpu.err" | tail -n 3 | awk '{ n += $1 } END { print n }')" 6000
if nwfilter --help >/dev/null 2>&1; then
	nwfilter -r "$TMP/hash-t0.pcap" -r "$TMP/hash-t1.pcap" -r "$TMP/hash-t2.pcap" -w "$TMP/one.pcap" 2>/dev/null
	same "merged in time order" "$(python3 - "$TMP/one.pcap" <<'END'
import struct, sys
data, at, last, n, bad = open(sys.argv[1], 'rb').read(), 24, 0, 0, 0
while at < len(data):
    s, us, caplen = struct.unpack_from('<III', data, at)
    bad += s * 10**6 + us < last
    last, at, n = s * 10**6 + us, at + 16 + caplen, n + 1
print(n, bad)
END
)" "6000 0"
fi

# rings that are far too small: sent = captured + lost, still to the packet
start tiny -i "$VETH_B" --threads 2 -B 512 -w "$TMP/tiny.pcap" udp || exit 1
kill -STOP "$PID"
sent=$(blast 20000 1000)
kill -CONT "$PID"
finish tiny
[ "$(number tiny "dropped by kernel")" -gt 1000 ] && ok "too small: there is a loss" || not_ok "too small: there is a loss" "$(cat "$TMP/tiny.err")"
same "too small: captured + lost = sent" "$(($(number tiny captured) + $(number tiny 'dropped by kernel')))" "$sent"
same "too small: the files hold what was captured" "$(($(packets "$TMP/tiny-t0.pcap") + $(packets "$TMP/tiny-t1.pcap")))" \
	"$(number tiny captured)"

# rings, compression and signals in each thread
mkdir "$TMP/ring" && start ring -i "$VETH_B" --threads 2 -C 64k -w "$TMP/ring/r.pcapng" || exit 1
first=$(send 2000)
kill -HUP "$PID"
second=$(send 2000)
finish ring
total=0
for f in "$TMP/ring"/*; do total=$((total + $(packets "$f"))); done
same "rings: all packets" "$total $(ls -A "$TMP/ring" | grep -c part)" "$((first + second)) 0"

start both -i "$VETH_B" -i lo --threads 2 -w "$TMP/both.pcapng" -Y 'udp.srcport == 53 or udp.length == 40' || exit 1
sent=$(send 1000)
finish both
same "two interfaces, display filter" "$(number both captured) $(($(packets "$TMP/both-t0.pcapng") + $(packets "$TMP/both-t1.pcapng")))" \
	"$((sent / 2)) $((sent / 2))"

# one of them cannot go on: all end, with its reason
mkdir "$TMP/full"
if mount -t tmpfs -o size=256k tmpfs "$TMP/full" 2>/dev/null; then
	start full -i "$VETH_B" --threads 2 -w "$TMP/full/a.pcap" || exit 1
	send 12000 >/dev/null
	wait_for 5 sh -c '! kill -0 "$1"' - "$PID"
	STATUS=0
	wait "$PID" || STATUS=$?
	same "full disk: exit status, said" "$STATUS $(grep -c 'No space left on device; the' "$TMP/full.err" | sed 's/2/1/')" "1 1"
	umount "$TMP/full"
fi
for bad in "-c 3 -w $TMP/x" "-w -" "" "--print -w $TMP/x"; do
	nwcap -i lo --threads 2 $bad >/dev/null 2>&1
	same "--threads 2 $bad is refused" "$?" 5
done
