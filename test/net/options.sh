#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Options of live captures that the other tests leave out: lines of several interfaces, -J -j -I, rings by dumpcap's conditions, -z
# and compression behind dropped privileges, signals, filters that move offsets.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live

start lines -i "$VETH_B" -i lo -l -n udp || exit 1
in_b python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", 9))' 2>/dev/null
blast 1 >/dev/null
wait_for 5 sh -c '[ "$(wc -l <"$1")" -ge 2 ]' - "$TMP/lines.out"
finish lines
same "several -i: each line names its interface" "$(awk '$3 == "IP" { print $1 }' "$TMP/lines.out" | sort -u | tr '\n' ' ')" \
	"$(printf 'lo\n%s\n' "$VETH_B" | sort | tr '\n' ' ')"
start one -i "$VETH_B" -l -# --lengths -c 2 || exit 1
blast 2 >/dev/null
wait "$PID"
same "one -i: no name; -# and --lengths" "$(sed -n 2p "$TMP/one.out" | cut -d' ' -f1-11 | sed 's/[0-9:.]\{15\}/TIME/')" "    2  caplen 60 len 60 TIME"

same "-J" "$(in_b nwcap -i lo -J)" "$(in_b tcpdump -i lo -J 2>&1)"
start stamps -i "$VETH_B" -j host -c 1 -w "$TMP/stamps.pcap" || exit 1
blast 1 >/dev/null
wait "$PID"
same "-j host" "$? $(packets "$TMP/stamps.pcap")" "0 1"
for bad in "-j adapter" "-j nosuch" "-I"; do
	err=$(in_b nwcap -i "$VETH_B" $bad -c 1 2>&1)
	same "$bad on $VETH_B is refused" "$?" 5
	case $err in *"$VETH_B"*) ok "$bad: said" ;; *) not_ok "$bad: said" "$err" ;; esac
done

mkdir "$TMP/files" && start files -i "$VETH_B" -w "$TMP/files/a.pcap" -b packets:100 -a files:3 || exit 1
blast 450 >/dev/null
wait "$PID"
same "-a files: ends by itself" "$? $(for f in "$TMP/files"/*; do packets "$f"; done | tr '\n' ' ')" "0 100 100 100 "
mkdir "$TMP/duration" && start duration -i "$VETH_B" -w "$TMP/duration/a.pcap" -b duration:0.3 -a files:3 || exit 1
sleep 0.1
sent=$(blast 20)
wait "$PID"
same "-b duration: files of that length, ends after the third" "$? $(for f in "$TMP/duration"/*; do packets "$f"; done | tr '\n' ' ')" "0 $sent 0 0 "

# finished files go to a program and through gzip, when the rights to do anything else are gone
cat >"$TMP/after" <<'END'
#!/bin/sh
id -u >>"$OUT"
gzip -t "$1" && echo "$1" >>"$OUT"
END
chmod 755 "$TMP/after"
mkdir -m 777 "$TMP/z"
chmod 755 "$TMP"
if nwcap --gzip -r /dev/null 2>&1 | grep -q 'cannot compress'; then
	skip "--gzip" "not in this build"
else
	OUT=$TMP/z/log
	export OUT
	user=
	[ "$(id -u nobody 2>/dev/null)" ] && setpriv --reuid nobody true 2>/dev/null && user="-Z nobody"
	start gz -i "$VETH_B" $user --gzip -z "$TMP/after" -w "$TMP/z/a.pcapng" -C 64k || exit 1
	sent=$(blast 3000 200)
	finish gz
	same "--gzip -z: exit status" "$STATUS" 0
	same "--gzip -z: all files are compressed" "$(ls -A "$TMP/z" | grep -vE '^a.pcapng[0-9]*\.gz$')" log
	same "--gzip -z: all packets" "$(total=0; for f in "$TMP"/z/*.gz; do n=$(gzip -dc "$f" | tcpdump -r - --count 2>/dev/null); total=$((total + ${n%% *})); done; echo $total)" "$sent"
	same "--gzip -z: the program had every file" "$(grep '\.gz$' "$OUT" | sort)" "$(ls "$TMP"/z/*.gz)"
	[ -z "$user" ] || same "--gzip -z: as the user of -Z" "$(grep -v gz "$OUT" | sort -u)" "$(id -u nobody)"
fi
cat >"$TMP/slow" <<'END'
#!/bin/sh
sleep 1
echo "$1" >>"$OUT.slow"
END
chmod 755 "$TMP/slow"
OUT=$TMP/z/log
export OUT
mkdir "$TMP/s" && start slow -i "$VETH_B" -z "$TMP/slow" -w "$TMP/s/a.pcap" -b packets:1000 || exit 1
sent=$(blast 3000)
wait_for 5 test -f "$TMP/s/a.pcap1"
kill -USR1 "$PID"
wait_for 2 grep -q "$sent packets captured" "$TMP/slow.err"
same "-z: the capture does not wait for the program" "$(number slow captured)" "$sent"
finish slow
same "-z: but nwcap does, at the end" "$(wc -l <"$OUT.slow" | tr -d ' ')" "$(ls "$TMP/s" | wc -l | tr -d ' ')"
err=$(in_b nwcap -i "$VETH_B" -Z nosuchuser -z true -w "$TMP/x" 2>&1)
same "-z with a user that is not there" "$? $(echo "$err" | grep -c 'no such user')" "5 1"

start flush -i "$VETH_B" -w "$TMP/flush.pcap" || exit 1
sent=$(blast 5)
for i in 1 2 3; do kill -USR2 "$PID"; sleep 0.2; done
same "USR2: what is buffered is in the file" "$(packets "$TMP/flush.pcap")" "$sent"
finish flush

if nwcap -i lo -Y udp -d 2>&1 | grep -q 'no display filter'; then
	skip "-Y with vlan" "not in this build"
else
	# two tagged frames, one of them UDP to 7777; joined into one filter "vlan" would move the offsets of -Y's half
	cat >"$TMP/vlan.py" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for port in (7777, 8888):
    udp = struct.pack('>HHHH', 4000, port, 12, 0) + b'abcd'
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 32, 0, 0, 64, 17, 0, b'\x0a\x09\0\1', b'\x0a\x09\0\2')
    s.send(b'\x02\0\0\0\0\2\x02\0\0\0\0\1\x81\0\0\5\x08\0' + ip + udp + bytes(20))
END
	start vlan -i "$VETH_B" -w "$TMP/vlan.pcap" -Y 'udp.dstport == 7777 and vlan.id == 5' vlan 5 || exit 1
	in_a python3 "$TMP/vlan.py" "$VETH_A"
	blast 10 60 0 7777 >/dev/null
	finish vlan
	same "a filter with vlan and a display filter" "$(packets "$TMP/vlan.pcap")" 1
fi

# killed in the middle of compressing: of every finished file at least one form is there and whole
if [ -n "${sent:-}" ] && ! nwcap --gzip -r /dev/null 2>&1 | grep -q 'cannot compress'; then
	mkdir "$TMP/killed" && start killed -i "$VETH_B" --gzip -w "$TMP/killed/a.pcap" -b packets:20000 || exit 1
	sent=$(blast 90000 400)
	wait_for 5 sh -c 'kill -USR1 "$2"; grep -q "$3 packets captured" "$1"' - "$TMP/killed.err" "$PID" "$sent"
	kill -KILL "$PID"
	wait "$PID" 2>/dev/null
	same "killed while compressing: finished files are whole" "$(for n in '' 1 2 3; do
		f=$TMP/killed/a.pcap$n
		if [ -f "$f" ]; then packets "$f"; else gzip -dc "$f.gz" | tcpdump -r - --count 2>/dev/null | sed 's/ .*//'; fi
	done | tr '\n' ' ')" "20000 20000 20000 20000 "
fi
