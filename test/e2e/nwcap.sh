#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwcap -r: packets from a file to lines, to another file, counted; and the options that need no packets at all. Live
# captures are in test/net.
. "$(dirname "$0")/../lib.sh"
need tcpdump python3
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
for t in -x -X -xx -XX -A -AA; do style $t '2,$'; done

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
(head -c 16 "$TMP/a.pcap"; printf '\140\000\000\000'; tail -c +21 "$TMP/a.pcap") >"$TMP/snap96.pcap"
same "-d of a file: its snapshot length" "$(nwcap -r "$TMP/snap96.pcap" -d udp)" "$(tcpdump -r "$TMP/snap96.pcap" -d udp 2>/dev/null)"
same "-d of a file: that is what it keeps" "$(nwcap -r "$TMP/snap96.pcap" -d udp | grep -c 'ret .*#96')" 1
same "-dd" "$(nwcap -y EN10MB -dd udp)" "$(tcpdump -y EN10MB -dd udp 2>/dev/null)"
same "-d with -O" "$(nwcap -y EN10MB -O -d host 1.2.3.4)" "$(tcpdump -y EN10MB -O -d host 1.2.3.4 2>/dev/null)"
same "-d for raw IP" "$(nwcap -y RAW -d udp)" "$(tcpdump -y RAW -d udp 2>/dev/null)"

# tcpdump's other letters, compared with tcpdump
for o in '-#' '-#q' -vvvK '-S -ttttt' -N '--micro' '--time-stamp-precision nano' '-Ox'; do
	same "nwcap $o: all lines" "$(nwcap -r "$TMP/a.pcap" $o 2>/dev/null)" "$(tcpdump -nn -r "$TMP/a.pcap" $o 2>/dev/null)"
done
same "-vv says check sums, -vvK does not" \
	"$(for o in -vv -vvK; do nwcap -r "$TMP/a.pcap" $o 2>/dev/null | grep -c 'cksum'; done | tr '\n' ' ')" \
	"$(for o in -vv -vvK; do tcpdump -nn -r "$TMP/a.pcap" $o 2>/dev/null | grep -c 'cksum'; done | tr '\n' ' ')"
same "--lengths" "$(nwcap -r "$TMP/a.pcap" --lengths -t -c 1 2>/dev/null | cut -d' ' -f1-5)" "caplen 60 len 60 IP"
same "--skip, -c, -#" "$(nwcap -r "$TMP/a.pcap" '-#t' --skip 2 -c 2 udp 2>/dev/null | awk '{ print $1 }' | tr '\n' ' ')" "3 4 "
same "--skip counts what matches" "$(nwcap -r "$TMP/a.pcap" --skip 1 --count udp port 7777 2>/dev/null)" "1 packet"
same "--skip into a file" "$(nwcap -r "$TMP/a.pcap" --skip 3 -w "$TMP/skip.pcap" 2>/dev/null; count "$TMP/skip.pcap")" 2

printf '%s\n%s\n' "$TMP/a.pcap" "$TMP/c.pcapng" >"$TMP/list"
same "-V: several files" "$(nwcap -V "$TMP/list" -t 2>/dev/null)" "$(for f in a.pcap c.pcapng; do tcpdump -nnt -r "$TMP/$f" 2>/dev/null; done)"
same "-V -: the names on standard input" "$(nwcap -V - --count <"$TMP/list" 2>/dev/null)" "10 packets"
same "-V with a filter and -c across files" "$(nwcap -V "$TMP/list" -c 3 -t udp port 8888 2>/dev/null | wc -l | tr -d ' ')" 3
nwcap -V "$TMP/list" -w "$TMP/v.pcapng" --comment 'first words' --comment=second --ifname left --ifname right 2>/dev/null
same "-V into one file" "$(count "$TMP/v.pcapng")" 10
if command -v capinfos >/dev/null; then
	same "--comment, --ifname" "$(capinfos "$TMP/v.pcapng" 2>/dev/null | grep -E 'comment|Name =' | sed 's/.*[:=] *//' | tr '\n' '|')" \
		"first words|second|left|right|"
fi
echo "$TMP/nosuch.pcap" >"$TMP/list2"
err=$(nwcap -V "$TMP/list2" 2>&1)
same "-V with a file that is not there" "$?" 1
case $err in *nosuch.pcap*"-V $TMP/list2"*) ok "-V: said which" ;; *) not_ok "-V: said which" "$err" ;; esac

# files by dumpcap's conditions
many() { header; n=0; while [ $n -lt 250 ]; do frame 9; done; }
many >"$TMP/many.pcap"
mkdir "$TMP/conditions"
nwcap -r "$TMP/many.pcap" -w "$TMP/conditions/a.pcap" -b packets:100 -a files:2 -b nametimenum:1 -b printname:"$TMP/names" 2>/dev/null
same "-a files: so many and no more" "$(for f in "$TMP/conditions"/*; do count "$f"; done | tr '\n' ' ')" "100 100 "
same "-b nametimenum:1: dumpcap's names" "$(ls "$TMP/conditions" | sed 's/_[0-9]\{14\}\./_TIME./' | tr '\n' ' ')" \
	"a_00001_TIME.pcap a_00002_TIME.pcap "
same "-b printname" "$(cat "$TMP/names")" "$(ls "$TMP/conditions"/*)"
nwcap -r "$TMP/many.pcap" -w "$TMP/b.pcap" -b packets:200 -b nametimenum:2 2>/dev/null
same "-b nametimenum:2" "$(ls "$TMP"/b_* | sed 's/.*\/b_[0-9]\{14\}_/b_TIME_/' | tr '\n' ' ')" "b_TIME_00001.pcap b_TIME_00002.pcap "

# -z: a program, not a shell; one file after the other; whatever becomes of it the capture is good
cat >"$TMP/after" <<'END'
#!/bin/sh
echo "$# $(basename "$1") $(wc -c <"$1") $(cat /proc/self/status | awk '/^CapEff/ { print $2 } /^NoNewPrivs/ { print $2 }' | tr '\n' ' ')" >>"$AFTER"
END
chmod 755 "$TMP/after"
mkdir "$TMP/z"
AFTER="$TMP/z.log" nwcap -r "$TMP/many.pcap" -w "$TMP/z/a b.pcap" -b packets:100 -z "$TMP/after" 2>/dev/null
same "-z: each file, the last too, without rights" "$(cat "$TMP/z.log")" "$(cd "$TMP/z" && for f in 'a b.pcap' 'a b.pcap1' 'a b.pcap2'; do
	echo "1 $f $(wc -c <"$f") 0000000000000000 1 "; done)"
err=$(nwcap -r "$TMP/many.pcap" -w "$TMP/z/c.pcap" -z "$TMP/nosuch" 2>&1 >/dev/null)
same "-z: a program that is not there is said, the file is good" "$? $(count "$TMP/z/c.pcap")" "0 250"
case $err in *"-z $TMP/nosuch: No such file"*) ok "-z: said so" ;; *) not_ok "-z: said so" "$err" ;; esac
case $(nwcap -r "$TMP/many.pcap" -w "$TMP/z/d.pcap" -z false 2>&1) in
*"-z false $TMP/z/d.pcap: exit status 1"*) ok "-z: its exit status" ;; *) not_ok "-z: its exit status" "" ;; esac
nwcap -r "$TMP/many.pcap" -w "$TMP/z/e.pcap" -z gzip 2>/dev/null
same "-z gzip, as people write it" "$(gzip -dc "$TMP/z/e.pcap.gz" | cmp - "$TMP/many.pcap" 2>&1)$(ls "$TMP/z/e.pcap" 2>/dev/null)" ""

# -g: for the group, for nobody else
(umask 077; nwcap -g -r "$TMP/a.pcap" -w "$TMP/g.pcap" 2>/dev/null)
same "-g" "$(stat -c %a "$TMP/g.pcap")" 640

# what is not offered is refused with the way that there is
for o in '-E x:tshark' '-H:tshark' '-k 6:iw dev' '-m x:snmptranslate' '-M x:tcpdump' '-P:--format' '-T rtp:nwexport' '-u:tshark'; do
	err=$(nwcap -r "$TMP/a.pcap" ${o%%:*} 2>&1)
	case "$? $err" in 5*"${o#*:}"*) ok "${o%%:*} is refused" ;; *) not_ok "${o%%:*} is refused" "$err" ;; esac
done
refused() # NAME ARG...: exit status 5 and a sentence
{
	name=$1; shift
	err=$(nwcap "$@" 2>&1)
	same "$name: refused" "$? $([ -n "$err" ] && echo said)" "5 said"
}
refused "-r and -V" -r "$TMP/a.pcap" -V "$TMP/list"
refused "-a files without rotation" -r "$TMP/a.pcap" -w "$TMP/x" -a files:2
refused "-z without -w" -r "$TMP/a.pcap" -z gzip
refused "-z with -w -" -r "$TMP/a.pcap" -w - -z gzip
refused "--comment into pcap" -r "$TMP/a.pcap" -w "$TMP/x.pcap" --comment x
refused "--micro and --nano" -r "$TMP/a.pcap" --micro --nano
refused "nametimenum:3" -r "$TMP/a.pcap" -w "$TMP/x" -C 1 -b nametimenum:3
refused "-I with -r" -r "$TMP/a.pcap" -I
refused "an empty list" -V /dev/null

# gzip in process: finished files in the background, a file of that name as it is written
if nwcap --gzip -r "$TMP/many.pcap" -w "$TMP/gz.pcap" 2>&1 | grep -q 'cannot compress'; then
	skip "--gzip" "not in this build"
else
	same "--gzip: one file" "$(gzip -dc "$TMP/gz.pcap.gz" | cmp - "$TMP/many.pcap" 2>&1)$(ls "$TMP/gz.pcap" 2>/dev/null)" ""
	mkdir "$TMP/gzring"
	nwcap -r "$TMP/many.pcap" -w "$TMP/gzring/r.pcap.gz" -b packets:100 -b printname:"$TMP/gznames" -z "$TMP/after" 2>/dev/null
	same "a ring named .gz: its files" "$(cd "$TMP/gzring" && ls -A | tr '\n' ' ')" "r.pcap.gz r.pcap1.gz r.pcap2.gz "
	same "a ring named .gz: the names that are told" "$(cat "$TMP/gznames")" "$(ls "$TMP/gzring"/*)"
	same "a ring named .gz: its packets" \
		"$(for f in "$TMP/gzring"/*; do gzip -dc "$f" | tcpdump -r - --count 2>/dev/null; done | tr '\n' ' ')" "100 packets 100 packets 50 packets "
	nwcap -r "$TMP/many.pcap" -w "$TMP/s.pcapng.gz" 2>/dev/null
	same "-w FILE.gz" "$(nwcap -r "$TMP/s.pcapng.gz" --count 2>/dev/null) $(gzip -dc "$TMP/s.pcapng.gz" | head -c 4 | od -An -tx1 | tr -d ' \n')" \
		"250 packets 0a0d0d0a"
	(header; tail -c +25 "$TMP/many.pcap"; i=0; while [ $i -lt 99 ]; do tail -c +25 "$TMP/many.pcap"; i=$((i + 1)); done) >"$TMP/large.pcap"
	nwcap -r "$TMP/large.pcap" -w "$TMP/large.pcap.gz" 2>/dev/null
	same "members of 1 MiB, one after the other" "$(python3 - "$TMP/large.pcap.gz" "$TMP/large.pcap" 2>&1 <<'END'
import sys, zlib
data, sizes, plain = open(sys.argv[1], 'rb').read(), [], b''
while data:
    d = zlib.decompressobj(31)
    part = d.decompress(data)
    sizes.append(len(part)); plain += part; data = d.unused_data
print(all(n == 1 << 20 for n in sizes[:-1]) and 0 < sizes[-1] <= 1 << 20 and plain == open(sys.argv[2], 'rb').read())
END
)" True
fi
