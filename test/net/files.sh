#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Files of a live capture: rings by size and time after the privileges are gone, signals, a full disk, a closed pipe,
# packets that are on the disk soon enough.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live
need capinfos

sum() { total=0; for f; do total=$((total + $(packets "$f"))); done; echo $total; }

mkdir "$TMP/size" && start size -i "$VETH_B" -w "$TMP/size/a.pcap" -C 64k -W 3 || exit 1
sent=$(blast 5000 100)
finish size
same "-C -W: exit status" "$STATUS" 0
same "-C -W: so many files and nothing else" "$(ls -A "$TMP/size")" "$(printf 'a.pcap0\na.pcap1\na.pcap2')"
same "-C: no file is larger" "$(find "$TMP/size" -type f -size +65536c)" ""
same "-C -W: captured" "$(number size captured)" "$sent"

mkdir "$TMP/all" && start all -i "$VETH_B" -w "$TMP/all/a.pcapng" -C 64k || exit 1
sent=$(blast 5000 100)
finish all
same "-C: named as tcpdump does, the first without a number" "$(cd "$TMP/all" && ls a.pcapng a.pcapng0 a.pcapng1 a.pcapng2 2>/dev/null | tr '\n' ' ')" \
	"a.pcapng a.pcapng1 a.pcapng2 "
same "-C: nothing is lost between files" "$(sum "$TMP"/all/*)" "$sent"
same "-C: every file has its statistics" "$(for f in "$TMP"/all/*; do capinfos "$f" 2>&1; done | grep -c 'Number of stat entries = 1')" \
	"$(ls "$TMP/all" | wc -l | tr -d ' ')"

mkdir "$TMP/packets" && start packets -i "$VETH_B" -w "$TMP/packets/a.pcap" -b packets:100 -b files:3 || exit 1
blast 450 >/dev/null
finish packets
same "-b packets, files: the newest ones" "$(for f in "$TMP"/packets/*; do packets "$f"; done | tr '\n' ' ')" "100 50 100 "

start duration -i "$VETH_B" -w "$TMP/duration.pcap" -a duration:1 || exit 1
sent=$(blast 50)
wait "$PID"
same "-a duration: ends by itself" "$? $(number duration captured)" "0 $sent"
start filesize -i "$VETH_B" -w "$TMP/filesize.pcap" -a filesize:20 || exit 1
blast 2000 200 2000 >/dev/null
wait "$PID"
same "-a filesize: ends by itself" "$? $([ "$(wc -c <"$TMP/filesize.pcap")" -ge 20000 ] && echo enough)" "0 enough"

# the clock turns files over although nothing comes
mkdir "$TMP/time" && start time -i "$VETH_B" -w "$TMP/time/%s.pcap" -G 1 -b files:4 || exit 1
wait_for 8 sh -c '[ "$(ls "$1" | wc -l)" -ge 3 ]' - "$TMP/time" || not_ok "-G: files without packets" "$(ls -A "$TMP/time")"
finish time
same "-G: exit status" "$STATUS" 0
same "-G -b files: at most so many" "$([ "$(ls "$TMP/time" | wc -l)" -le 4 ] && echo yes)" yes
same "-G: files without packets are whole" "$(for f in "$TMP"/time/*; do packets "$f"; done | sort -u)" 0
same "-G: named by whole seconds, one after the other" \
	"$(ls "$TMP/time" | sed 's/[^0-9].*//' | awk 'NR > 1 && $1 != last + 1 { bad++ } { last = $1 } END { print bad + 0 }')" 0

# -W is a number of files for a ring by size, but the end for one by the clock alone, as in tcpdump
mkdir "$TMP/some" && start some -i "$VETH_B" -w "$TMP/some/%s.pcap" -G 1 -W 2 || exit 1
wait "$PID"
same "-G -W: ends by itself" "$? $(ls "$TMP/some" | wc -l | tr -d ' ')" "0 2"

# HUP: the next file now; USR1: counters now
mkdir "$TMP/hup" && start hup -i "$VETH_B" -w "$TMP/hup/a.pcap" -G 3600 || exit 1
one=$(blast 300)
kill -USR1 "$PID"
wait_for 5 grep -q "packets received by filter" "$TMP/hup.err" && same "USR1: counters" "$(number hup 'received by filter')" "$one"
wait_for 3 sh -c '[ "$(sed -n "s/ packets captured//p" "$1" | tail -n 1)" = "$2" ] || { kill -USR1 "$3"; exit 1; }' - "$TMP/hup.err" "$one" "$PID"
kill -HUP "$PID"
wait_for 5 test -f "$TMP/hup/a.pcap" || not_ok "HUP: the file is finished" "$(ls -A "$TMP/hup")"
two=$(blast 200)
finish hup
same "HUP: packets before and after" "$(packets "$TMP/hup/a.pcap") $(packets "$TMP/hup/a.pcap1")" "$one $two"

start term -i "$VETH_B" -w "$TMP/term.pcap" || exit 1
sent=$(blast 400)
kill -TERM "$PID"
wait "$PID"
same "TERM: exit status, file" "$? $(packets "$TMP/term.pcap")" "0 $sent"

# without a ring HUP is the end of the terminal, and of the capture; not under nohup
start gone -i "$VETH_B" -w "$TMP/gone.pcap" || exit 1
sent=$(blast 400)
kill -HUP "$PID"
wait "$PID"
same "HUP without a ring: exit status, file" "$? $(packets "$TMP/gone.pcap")" "0 $sent"

# who follows the file sees packets within about a second, with -U at once
start follow -i "$VETH_B" -w "$TMP/follow.pcap" || exit 1
sent=$(blast 10)
wait_for 3 sh -c '[ "$(wc -c <"$1")" = $((24 + 10 * 76)) ]' - "$TMP/follow.pcap" &&
	ok "packets are in the file soon" || not_ok "packets are in the file soon" "$(packets "$TMP/follow.pcap")"
finish follow

# nobody reads any more: the capture ends by itself, without a packet having to come
mkfifo "$TMP/fifo"
nsenter --net="/run/netns/$NS_B" nwcap -i "$VETH_B" -w - >"$TMP/fifo" 2>"$TMP/closed.err" &
PID=$!
BACKGROUND="$BACKGROUND $PID"
head -c 24 <"$TMP/fifo" >/dev/null &
wait_for 10 grep -q 'listening on' "$TMP/closed.err"
blast 1 >/dev/null
wait_for 5 sh -c '! kill -0 "$1"' - "$PID" || not_ok "closed pipe: ends" "still running"
wait "$PID"
same "closed pipe: exit status" "$?" 0
same "closed pipe: counters are said, nothing else" "$(grep -vE 'listening on|packets? (captured|received|dropped)' "$TMP/closed.err")" ""

# a full disk: the sentence, exit status 1, what is in the file is good
mkdir "$TMP/full"
if mount -t tmpfs -o size=256k tmpfs "$TMP/full" 2>/dev/null; then
	start full -i "$VETH_B" -w "$TMP/full/a.pcap" || exit 1
	blast 2000 1000 >/dev/null
	wait_for 5 sh -c '! kill -0 "$1"' - "$PID"
	STATUS=0
	wait "$PID" || STATUS=$?
	same "full disk: exit status" "$STATUS" 1
	good=$(packets "$TMP/full/a.pcap")
	case $(cat "$TMP/full.err") in
	*"a.pcap: No space left on device; the $good packets before that are in it and good"*) ok "full disk: one clear sentence" ;;
	*) not_ok "full disk: one clear sentence" "$good: $(cat "$TMP/full.err")" ;;
	esac
	same "full disk: the file is whole" "$(tcpdump -r "$TMP/full/a.pcap" -w /dev/null 2>&1 | grep -ci 'truncated\|error')" 0
	umount "$TMP/full"
else
	skip "full disk" "cannot mount a small file system here"
fi
