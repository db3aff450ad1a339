#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport run again and again: --state, --lock, --append, --split. Every packet comes out once: while the capture grows,
# with ring files that are renamed, written over and removed, and when runs are killed.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
cd "$TMP" || exit 1
sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/dns/in.hex" >dns.pcap
sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/tcp/in.hex" >tcp.pcap
sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/udp/in.hex" >udp.pcap
rows() { nwexport -f csv --no-header "$@" | wc -l; }
dns=$(rows dns.pcap) tcp=$(rows tcp.pcap) udp=$(rows udp.pcap)
new() { nwexport --state state -f csv --no-header "$@"; }
fails() # NAME STATUS WORD COMMAND...
{
	name=$1 want=$2 word=$3
	shift 3
	"$@" >stdout 2>stderr </dev/null
	same "$name" "$? $(grep -cF -- "$word" stderr)" "$want 1"
}

# ---- what is new
mkdir caps
cp dns.pcap caps/a.pcap
same "the first run takes all" "$(new caps | wc -l)" "$dns"
same "the second nothing" "$(new caps | wc -l)" 0
cp tcp.pcap caps/b.pcap
same "a new file" "$(new caps | wc -l)" "$tcp"
mv caps/b.pcap caps/c.pcap
mv caps/a.pcap caps/b.pcap
same "renamed files are known" "$(new caps | wc -l)" 0
cp udp.pcap caps/a.pcap
same "a name used again is a new file" "$(new 'caps/*.pcap' | wc -l)" "$udp"
cat udp.pcap >caps/c.pcap
same "a file written over is a new one" "$(new caps/c.pcap | wc -l)" "$udp"
echo no capture >caps/notes
same "other files in the folder do not matter" "$(new caps 2>&1 | wc -l)" 0
rm caps/c.pcap
new caps
same "what is gone is forgotten" "$(grep -c '^file' state)" 2
rm -f state
same "-c: the rest is for the next run" "$(new -c 4 dns.pcap | wc -l) $(new -c 4 dns.pcap | wc -l) $(new dns.pcap | wc -l)" "4 4 $((dns - 8))"
rm -f state
same "what the filter leaves out is taken too" "$(new -Y 'frame.number <= 3' dns.pcap | wc -l) $(new dns.pcap | wc -l)" "3 0"

# ---- a file that grows, cut anywhere
size=$(wc -c <dns.pcap)
rm -f state grown.csv
: >grow.pcap
at=0
while [ $at -lt "$size" ]; do
	tail -c +$((at + 1)) dns.pcap | head -c 37 >>grow.pcap
	at=$((at + 37))
	new grow.pcap >>grown.csv 2>>grown.err || not_ok "a growing file" "at $at: $(tail -n 1 grown.err)"
done
same "a growing file, 37 bytes at a time" "$(cat grown.csv)" "$(nwexport -f csv --no-header dns.pcap)"
same "and nothing to complain of" "$(cat grown.err)" ""

# ---- a capture that is written meanwhile, runs at any moment, some of them killed
python3 - <<'PY' 2>/dev/null || nwexport -f pcap -o big.pcap dns.pcap
import struct
d = open('dns.pcap', 'rb').read()
out = open('big.pcap', 'wb')
out.write(d[:24])
for i in range(20000):
    out.write(struct.pack('<IIII', 1700000000 + i, i % 1000000, 60, 60) + struct.pack('>I', i) * 15)
PY
big=$(rows big.pcap)
for way in "-o out.csv --append" "-o parts.csv --split packets:700"; do
	rm -rf state out.csv parts-* live.pcap
	(split=$(($(wc -c <big.pcap) / 40 + 1)) i=0
	while [ $i -lt 40 ]; do
		tail -c +$((i * split + 1)) big.pcap | head -c $split >>live.pcap
		i=$((i + 1))
		sleep 0.03
	done) &
	writer=$!
	BACKGROUND="$BACKGROUND $writer"
	n=0
	while kill -0 $writer 2>/dev/null || [ $n -lt 25 ]; do
		n=$((n + 1))
		[ -e live.pcap ] || continue
		nwexport --state state -f csv --fields number $way live.pcap 2>>run.err &
		pid=$!
		[ $((n % 2)) = 0 ] || { sleep 0.00$((n % 9)); kill -9 $pid 2>/dev/null; }
		wait $pid 2>/dev/null
	done
	nwexport --state state -f csv --fields number $way live.pcap 2>>run.err
	case $way in
	*append*) same "one header" "$(grep -c number out.csv)" 1 ;;
	*) cat parts-*.csv >out.csv ;;
	esac
	same "killed at any moment: every packet once ($way)" \
		"$(grep -v number out.csv | sort -n | uniq | wc -l) $(grep -vc number out.csv) $(cat run.err)" "$big $big "
done

# ---- a ring that is being written
if [ -n "$(nwcap --help 2>/dev/null | grep -e '-C,')" ]; then
	rm -rf state ring && mkdir ring
	nwcap -r big.pcap -w ring/r.pcap -C 200k 2>/dev/null
	rm -f all.csv
	for f in ring/*; do
		mkdir -p seen && mv "$f" seen/ && nwexport --state state -f csv --fields number -o all.csv --append seen 2>>run.err
	done
	same "ring files as they come" "$(grep -vc number all.csv)" "$big"
else
	skip "ring files as they come" "no nwcap with -C"
fi

# ---- --append
rm -f t.csv t.ndjson t.png
nwexport -f csv -o t.csv --append dns.pcap && nwexport -f csv -o t.csv --append tcp.pcap
same "--append: one header, all rows" "$(grep -c '^number' t.csv) $(wc -l <t.csv)" "1 $((dns + tcp + 1))"
nwexport -f ndjson -o t.ndjson --append dns.pcap && nwexport -f ndjson -o t.ndjson --append tcp.pcap
same "--append ndjson" "$(wc -l <t.ndjson)" $((dns + tcp))
nwexport -f pcapng -o t.pcapng --append dns.pcap && nwexport -f pcapng -o t.pcapng --append tcp.pcap
same "--append pcapng is a second section" "$(rows t.pcapng)" $((dns + tcp))
before=$(cksum <t.csv)
fails "--append with other columns" 5 "begins with the columns 'number,time,src,dst,sport,dport,proto,length', not with 'ip.src'" \
	nwexport -f csv --fields ip.src -o t.csv --append dns.pcap
fails "--append to json" 5 "closed by its last bracket" nwexport -f json -o t.json --append dns.pcap
fails "--append to pcap" 5 "use pcapng" nwexport -f pcap -o t.pcap --append dns.pcap
fails "--append to something compressed" 5 "compressed" nwexport -f csv -o t.csv.gz --append dns.pcap
fails "--append ndjson to csv" 5 "does not begin like ndjson" nwexport -f ndjson -o t.csv --append dns.pcap
fails "--append without a file" 5 "-o FILE" nwexport -f csv --append dns.pcap
printf 'half a row' >half.ndjson
fails "--append to half a row" 5 "half.ndjson" nwexport -f ndjson -o half.ndjson --append dns.pcap
printf '{half a row' >half.ndjson
fails "--append to half a line" 5 "its last line is not complete" nwexport -f ndjson -o half.ndjson --append dns.pcap
same "a refused --append changes nothing" "$(cksum <t.csv)" "$before"
if (ulimit -f 1 2>/dev/null); then
	cp t.csv full.csv
	(ulimit -f 3; nwexport -f csv --no-header -o full.csv --append big.pcap 2>/dev/null; nwexport -f csv -o full.csv --append big.pcap 2>/dev/null)
	same "a failed --append is taken back" "$(cksum <full.csv)" "$before"
fi

# ---- --split
rm -f p-* p.*
nwexport -f csv -o p.csv --split packets:4 dns.pcap
same "--split packets" "$(for f in p-*; do echo "$f:$(wc -l <$f)"; done | tr '\n' ' ')" "p-00001.csv:5 p-00002.csv:5 p-00003.csv:3 "
nwexport -f json -o p.json.gz --split packets:5 dns.pcap
same "each part is whole, also compressed" "$(gzip -dc p-00002.json.gz | tail -n 1)" "]"
nwexport -f ndjson -o q.ndjson --split bytes:5k dns.pcap
same "--split bytes" "$(cat q-*.ndjson | wc -l) $(ls q-* | wc -l)" "$dns $(nwexport -f ndjson dns.pcap | awk '{ n += length($0) + 1; if (n >= 5120) { n = 0; p++ } } END { print p + (n > 0) }')"
nwexport -f csv --no-header -o 'days/%Y/%m-%d/%H%M%S.csv' --split seconds:2 --utc dns.pcap
same "--split seconds, names from times, folders made" "$(cd days && find . -type f | sort | head -n 2 | tr '\n' ' ')" "./2023/11-14/221320.csv ./2023/11-14/221322.csv "
same "and all packets in them" "$(cat $(find days -type f) | wc -l)" "$dns"
fails "--split without -o" 5 "name them with -o" nwexport -f csv --split packets:4 dns.pcap
fails "--split of nothing" 5 "expected packets:N" nwexport -f csv -o x --split lines:4 dns.pcap
fails "--split with --append" 5 "use one of them" nwexport -f csv -o x --append --split packets:4 dns.pcap

# ---- --lock and --quiet
mkfifo slow
nwexport --lock lock -f csv slow >/dev/null &
holder=$!
BACKGROUND="$BACKGROUND $holder"
exec 9>slow
wait_for 5 test -s lock
fails "a lock that is taken" 3 "another run has this lock, process $holder" nwexport --lock lock -f csv dns.pcap
nwexport --quiet --lock lock -f csv dns.pcap >stdout 2>stderr
same "--quiet says nothing of it" "$? $(cat stdout stderr)" "3 "
cat dns.pcap >&9
exec 9>&-
wait $holder
same "the lock is given back" "$(nwexport --lock lock -f csv --no-header dns.pcap | wc -l)" "$dns"

# ---- what is wrong
printf 'nwexport state 1\nfile\t1\t2\n' >bad
fails "a damaged state" 5 "bad: line 2" nwexport --state bad -f csv dns.pcap
fails "something else as a state" 5 "dns.pcap: line 1" nwexport --state dns.pcap -f csv dns.pcap
fails "--state of standard input" 5 "standard input" nwexport --state s -f csv -
fails "--state with -F" 5 "use one of them" nwexport --state s -F -f csv dns.pcap
fails "a file that is not there" 1 "nosuch.pcap" nwexport --state s -f csv nosuch.pcap
