#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwcap -r: packets from a file to lines, to another file, counted; and the options that need no packets at all. Live
# captures are in test/net.
. "$(dirname "$0")/../lib.sh"
need tcpdump
export TZ=UTC

# frame PORT: record header (1700000000.000005 + its own number) and a UDP frame of 60 bytes from 10.9.0.1 to 10.9.0.2
n=0
u16() { printf "\\$(printf %03o $(($1 / 256)))\\$(printf %03o $(($1 % 256)))"; }
frame()
{
	n=$((n + 1))
	printf '\0\361\123\145'; printf "\\$(printf %03o $n)"; printf '\0\0\0\074\0\0\0\074\0\0\0'
	printf '\2\0\0\0\0\2\2\0\0\0\0\1\10\0\105\0\0\056\0\0\100\0\100\021\046\252\12\11\0\1\12\11\0\2'
	u16 40000; u16 "$1"; printf '\0\032\0\0'
	printf 'hello, world......'
}
header() { printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0'; }
{ header; for port in 8888 7777 7777 8888 9999; do frame $port; done; } >"$TMP/a.pcap"
count() { tcpdump -r "$1" --count 2>/dev/null | sed 's/ .*//'; }
same "the test's own file is good" "$(count "$TMP/a.pcap")" 5

same "lines" "$(nwcap -r "$TMP/a.pcap" 2>/dev/null | sed -n 2p)" \
	"22:13:20.000002 IP 10.9.0.1.40000 > 10.9.0.2.7777: UDP, length 18"
same "says what it reads" "$(nwcap -r "$TMP/a.pcap" 2>&1 >/dev/null)" \
	"reading from $TMP/a.pcap (pcap), link-type EN10MB (Ethernet), snapshot length 262144"
same "from standard input" "$(nwcap -r - <"$TMP/a.pcap" 2>/dev/null | wc -l | tr -d ' ')" 5
same "capture filter" "$(nwcap -r "$TMP/a.pcap" udp port 7777 2>/dev/null | wc -l | tr -d ' ')" 2
same "closed standard error does not get into the file" \
	"$(nwcap -r "$TMP/a.pcap" -w "$TMP/closed.pcap" 2>&-; cmp "$TMP/a.pcap" "$TMP/closed.pcap" 2>&1)" ""
if grep -q '^domain' /etc/services 2>/dev/null; then
	same "capture filter with a name" "$(nwcap -r "$TMP/a.pcap" not port domain 2>/dev/null | wc -l | tr -d ' ')" 5
	nwcap -r "$TMP/a.pcap" -w "$TMP/name.pcapng" 2>/dev/null
	same "capture filter with a name, pcapng" "$(nwcap -r "$TMP/name.pcapng" not port domain 2>/dev/null | wc -l | tr -d ' ')" 5
fi
printf 'udp # only\n and port 8888 # ours\n' >"$TMP/filter"
same "-F with comments" "$(nwcap -r "$TMP/a.pcap" -F "$TMP/filter" --count 2>/dev/null)" "2 packets"
same "--count of one" "$(nwcap -r "$TMP/a.pcap" --count udp port 9999 2>/dev/null)" "1 packet"
same "-c" "$(nwcap -r "$TMP/a.pcap" -c 2 2>/dev/null | wc -l | tr -d ' ')" 2

# style OPTIONS WANT: the second line begins so, as tcpdump's does
style()
{
	same "nwcap $1" "$(nwcap -r "$TMP/a.pcap" $1 2>/dev/null | sed -n "${2}p")" \
		"$(tcpdump -nn -r "$TMP/a.pcap" $1 2>/dev/null | sed -n "${2}p")"
}
for t in -t -tt -ttt -tttt -ttttt -q -e -v; do style $t 2; done
for t in -x -X -xx -XX -A; do style $t '2,$'; done

if nwcap --help | grep -q -- --display-filter && ! nwcap -r "$TMP/a.pcap" -Y udp 2>&1 | grep -q 'no display filter'; then
	same "display filter" "$(nwcap -r "$TMP/a.pcap" -Y 'udp.dstport == 8888' --count 2>/dev/null)" "2 packets"
	same "both filters" "$(nwcap -r "$TMP/a.pcap" -Y 'udp.dstport in {8888, 9999}' --count port 9999 2>/dev/null)" "1 packet"
	err=$(nwcap -r "$TMP/a.pcap" -Y 'udp.prot == 1' 2>&1 >/dev/null)
	same "bad display filter: exit status" $? 5
	case $err in *^*) ok "bad display filter: shown where" ;; *) not_ok "bad display filter: shown where" "$err" ;; esac
fi

nwcap -r "$TMP/a.pcap" -w "$TMP/b.pcap" udp port 8888 2>/dev/null
same "to a file" "$(count "$TMP/b.pcap")" 2
nwcap -r "$TMP/a.pcap" -w "$TMP/all" 2>/dev/null
same "a pcap stays a pcap, byte for byte" "$(cmp "$TMP/a.pcap" "$TMP/all" 2>&1)" ""
nwcap -r "$TMP/a.pcap" -w "$TMP/c.pcapng" 2>/dev/null
same "the name's end decides" "$(head -c 4 "$TMP/c.pcapng" | od -An -tx1 | tr -d ' \n')" 0a0d0d0a
nwcap -r "$TMP/a.pcap" -w "$TMP/d.pcap" --format pcapng 2>/dev/null
same "--format decides before that" "$(head -c 4 "$TMP/d.pcap" | od -An -tx1 | tr -d ' \n')" 0a0d0d0a
nwcap -r "$TMP/c.pcapng" -w "$TMP/e.pcap" 2>/dev/null
same "pcapng back to pcap" "$(nwcap -r "$TMP/e.pcap" 2>/dev/null)" "$(nwcap -r "$TMP/a.pcap" 2>/dev/null)"
nwcap -r "$TMP/a.pcap" -s 50 -w "$TMP/s.pcap" 2>/dev/null
same "-s cuts" "$(wc -c <"$TMP/s.pcap" | tr -d ' ')" $((24 + 5 * 66))
same "--print with -w" "$(nwcap -r "$TMP/a.pcap" -w "$TMP/p.pcap" --print 2>/dev/null | wc -l | tr -d ' ') $(count "$TMP/p.pcap")" "5 5"
mkdir "$TMP/ring" && nwcap -r "$TMP/a.pcap" -C 1k -w "$TMP/ring/x" 2>/dev/null
same "-C with -r" "$(ls -A "$TMP/ring" | tr '\n' ' ')" "x "

# what is wrong with the input, after everything good before it
head -c 200 "$TMP/a.pcap" >"$TMP/cut.pcap"
out=$(nwcap -r "$TMP/cut.pcap" 2>"$TMP/err")
same "cut off: exit status, the good lines" "$? $(echo "$out" | wc -l | tr -d ' ')" "5 2"
case $(cat "$TMP/err") in *"cut off"*"the 2 packets before it are good"*) ok "cut off: said so" ;; *) not_ok "cut off: said so" "$(cat "$TMP/err")" ;; esac
nwcap -r "$TMP/cut.pcap" -w "$TMP/good.pcap" 2>/dev/null
same "cut off: the good packets are in the copy" "$(count "$TMP/good.pcap")" 2
err=$(nwcap -r "$0" 2>&1)
same "not a capture: exit status" $? 5
case $err in *"$0"*pcap*) ok "not a capture: said so" ;; *) not_ok "not a capture: said so" "$err" ;; esac
err=$(nwcap -r "$TMP/a.pcap" udp prt 3 2>&1 >/dev/null)
same "bad capture filter: exit status" $? 5
same "lines to a full disk: said so" "$( (nwcap -r "$TMP/a.pcap"; echo "status $?" >&2) 2>&1 >/dev/full | grep -c 'No space left')" 1
(nwcap -r "$TMP/a.pcap" -w - 2>"$TMP/err"; echo $? >"$TMP/status") | :
sleep 0.2
same "nobody reads: exit status" "$(cat "$TMP/status")" 0

if (ulimit -f 1 2>/dev/null); then
	(cat "$TMP/a.pcap"; i=0; while [ $i -lt 40 ]; do tail -c +25 "$TMP/a.pcap"; i=$((i + 1)); done) >"$TMP/long.pcap"
	(ulimit -f 1; nwcap -r "$TMP/long.pcap" -w "$TMP/limited.pcap" 2>"$TMP/err"; echo $? >"$TMP/status")
	limited=$(count "$TMP/limited.pcap" 2>&1)
	same "a file that may not grow ends with a whole packet" \
		"$(cat "$TMP/status") $(grep -c "File too large; the $limited packets" "$TMP/err")" "1 1"
else
	skip "a file that may not grow ends with a whole packet" "ulimit -f does not work here"
fi
err=$(nwcap -r "$TMP/a.pcap" -w "$TMP/../$(basename "$TMP")/a.pcap" 2>&1)
same "the input as output is refused" "$? $(count "$TMP/a.pcap")" "5 5"
case $err in *"is also the input"*) ok "the input as output: said so" ;; *) not_ok "the input as output: said so" "$err" ;; esac

# a pipe that stays open: INT ends it, and what came is out
mkfifo "$TMP/slow"
nwcap -r "$TMP/slow" -w "$TMP/slow.pcap" 2>/dev/null &
PID=$!
BACKGROUND="$BACKGROUND $PID"
exec 3>"$TMP/slow"
cat "$TMP/a.pcap" >&3
wait_for 5 sh -c '[ "$(tcpdump -r "$1" --count 2>/dev/null)" = "5 packets" ]' - "$TMP/slow.pcap" ||
	not_ok "a slow pipe: packets are written while it waits" "$(count "$TMP/slow.pcap")"
kill -INT "$PID"
wait "$PID"
same "a slow pipe: INT ends it" "$? $(count "$TMP/slow.pcap")" "0 5"
exec 3>&-

same "-d" "$(nwcap -r "$TMP/a.pcap" -d udp)" "$(tcpdump -r "$TMP/a.pcap" -d udp 2>/dev/null)"
same "-dd" "$(nwcap -y EN10MB -dd udp)" "$(tcpdump -y EN10MB -dd udp 2>/dev/null)"
same "-d with -O" "$(nwcap -y EN10MB -O -d host 1.2.3.4)" "$(tcpdump -y EN10MB -O -d host 1.2.3.4 2>/dev/null)"
same "-d for raw IP" "$(nwcap -y RAW -d udp)" "$(tcpdump -y RAW -d udp 2>/dev/null)"
