#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport as people call it: formats, files that appear at once, compression, pipes, tshark's options, bad input, exit codes.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
hex2pcap() { sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/$1/in.hex"; }
hex2pcap dns >"$TMP/dns.pcap"
hex2pcap tcp >"$TMP/tcp.pcap"
hex2pcap null >"$TMP/null.pcap"
hex2pcap udp >"$TMP/udp.pcap"
both=$(cat "$TOP"/test/golden/dns/in.hex "$TOP"/test/golden/tcp/in.hex | grep -c '^[0-9]')
cd "$TMP" || exit 1

# fails NAME STATUS WORD... -- COMMAND...: the exit status, one line on stderr with all the words, nothing of a file named out
fails()
{
	name=$1 want=$2
	shift 2
	words=
	while [ "$1" != -- ]; do words="$words
$1"; shift; done
	shift
	rm -f out
	"$@" >stdout 2>stderr </dev/null
	status=$?
	missing=$(echo "$words" | while IFS= read -r w; do [ -z "$w" ] || grep -qF -- "$w" stderr || echo "$w"; done)
	if [ "$status" != "$want" ]; then not_ok "$name" "exit status $status, want $want: $(cat stderr)"
	elif [ -n "$missing" ]; then not_ok "$name" "stderr lacks '$missing': $(cat stderr)"
	elif [ "$(wc -l <stderr)" -gt 4 ]; then not_ok "$name" "more than a sentence: $(cat stderr)"
	elif [ -e out ]; then not_ok "$name" "left a file"
	else ok "$name"
	fi
}

# ---- the ways in
same "reads standard input" "$(nwexport -f csv <dns.pcap | wc -l)" 11
same "reads a pipe" "$(cat dns.pcap | nwexport -f csv - | wc -l)" 11
same "reads a named file" "$(nwexport -f csv dns.pcap | wc -l)" 11
same "reads -r" "$(nwexport -r dns.pcap -f csv | wc -l)" 11
gzip -c dns.pcap >dns.pcap.gz
same "reads gzip" "$(nwexport -f csv dns.pcap.gz | wc -l)" 11
same "merges by time" "$(nwexport -f tsv --fields time --no-header -r tcp.pcap -r dns.pcap | sort -c 2>&1)" ""
same "merges all" "$(nwexport -f csv --no-header tcp.pcap dns.pcap | wc -l)" "$both"
same "counts to -c" "$(nwexport -f csv --no-header -c 3 dns.pcap | wc -l)" 3
same "filters" "$(nwexport -f tsv --no-header --fields number -Y 'dns.flags.response == 1' dns.pcap | tr '\n' ' ')" "2 4 5 7 8 "

# ---- the ways out
nwexport -f csv -o out.csv dns.pcap
same "-o writes what stdout gets" "$(cat out.csv)" "$(nwexport -f csv dns.pcap)"
same "-o leaves nothing else" "$(ls -a | grep -c part)" 0
nwexport -f csv -o out.csv.gz dns.pcap
same "the name ends in .gz" "$(gzip -dc out.csv.gz)" "$(nwexport -f csv dns.pcap)"
same "--gzip to a pipe" "$(nwexport -f ndjson --gzip=9 dns.pcap | gzip -dc | wc -l)" 10
same "pcap in, pcap out" "$(nwexport -f pcap dns.pcap | cksum)" "$(cksum <dns.pcap)"
same "pcapng in between" "$(nwexport -f pcapng dns.pcap | nwexport -f pcap -o - - | nwexport -f csv)" "$(nwexport -f csv dns.pcap)"
nwexport -f pcapng --gzip -o z.pcapng.gz dns.pcap
same "compressed pcapng" "$(nwexport -f csv z.pcapng.gz)" "$(nwexport -f csv dns.pcap)"
same "two link types into pcapng" "$(nwexport -f pcapng dns.pcap null.pcap | nwexport -f tsv --no-header --fields frame.linktype | sort -u | tr '\n' ' ')" "0 1 "
same "an empty capture is a valid pcap" "$(nwexport -f pcap -Y 'frame.number > 99' dns.pcap | nwexport -f csv --no-header; echo $?)" 0
echo old >keep.csv
nwexport -f csv -o keep.csv /nonexistent.pcap 2>/dev/null
same "a failed run keeps the old file" "$(cat keep.csv)" old
(nwexport -f csv dns.pcap; echo $? >status) | head -n 1 >/dev/null
same "a closed pipe is no error" "$(cat status)" 0

# ---- live: what is there is written before more is waited for
mkfifo fifo
nwexport -f csv --no-header fifo >live.out &
BACKGROUND="$BACKGROUND $!"
exec 9>fifo
head -c 1000 dns.pcap >&9
check "a paused pipe is flushed" wait_for 5 test -s live.out
exec 9>&-
wait $! 2>/dev/null
nwexport -f csv -o stopped.csv fifo &
pid=$!
exec 9>fifo
cat dns.pcap >&9
sleep 0.3
kill -TERM $pid
wait $pid
same "SIGTERM ends in good order" "$? $(wc -l <stopped.csv)" "0 11"
exec 9>&-

# USR1 asks for the counters
nwexport -f csv fifo >rows 2>counters &
pid=$!
exec 9>fifo
cat dns.pcap >&9
sleep 0.3
kill -USR1 $pid
cat dns.pcap | tail -c +25 >&9
check "USR1 shows the counters" wait_for 5 grep -q 'packets read, .* exported' counters
exec 9>&-
wait $pid
mkfifo other
nwexport -f csv --no-header fifo other >merged.out &
pid=$!
exec 8>fifo # one after the other: each input is asked for its header when it is opened
cat dns.pcap >&8
exec 9>other
cat tcp.pcap >&9
check "paused pipes that are merged are flushed" wait_for 5 sh -c 'test "$(wc -l <merged.out)" -ge 10'
exec 8>&- 9>&-
wait $pid
same "merged pipes, all of them" "$? $(wc -l <merged.out)" "0 $both"
head -c 400 dns.pcap >grow.pcap
nwexport -f csv --no-header -F -o grown.csv grow.pcap &
pid=$!
sleep 0.2
tail -c +401 dns.pcap >>grow.pcap
sleep 0.8
kill -INT $pid 2>/dev/null || kill -TERM $pid
sleep 0.1
kill -TERM $pid 2>/dev/null
wait $pid
same "-F follows a growing file until it is stopped" "$? $(wc -l <grown.csv)" "0 10"

# ---- columns
same "fields by comma and again" "$(nwexport -f tsv --fields frame.number,dns.id --fields dns.qry.type -c 1 dns.pcap | tr '\t\n' '  ')" \
	"frame.number dns.id dns.qry.type 1 0x0001 1 "
same "-T fields" "$(nwexport -T fields -e dns.qry.name -e udp.port -c 1 dns.pcap)" "example.com	40000,53"
same "-E" "$(nwexport -T fields -e dns.qry.name -e udp.port -E header=y -E separator=, -E quote=d -E occurrence=f -c 1 dns.pcap | tr '\n' ' ')" \
	'dns.qry.name,udp.port "example.com","40000" '
same "-E separator, aggregator" "$(nwexport -T fields -e ip.src -e udp.port -E separator=/s -E aggregator=: -c 1 dns.pcap)" "192.0.2.1 40000:53"
same "-T ek gives every field" "$(nwexport -T ek -c 1 dns.pcap | grep -c '"dns_dns_qry_name":"example.com"')" 1
same "-d tells a port's protocol" "$(nwexport -d udp.port==4000,ntp -f tsv --no-header --fields frame.protocols -c 1 udp.pcap)" eth:ethertype:ip:udp:ntp
same "--list-fields knows ip.src" "$(nwexport --list-fields | grep -c '^ip\.src	IPv4	')" 1
if command -v python3 >/dev/null; then
	check "json is JSON" sh -c 'nwexport -f json --fields all dns.pcap | python3 -m json.tool'
	check "ndjson is JSON" sh -c 'nwexport -f ndjson --fields all dns.pcap | while IFS= read -r l; do printf "%s\n" "$l" | python3 -m json.tool || exit 1; done'
	check "csv is CSV" python3 -c 'import csv,subprocess,sys
rows = list(csv.reader(subprocess.run(["nwexport","-f","csv","--fields","dns.qry.name,info,ip.src","dns.pcap"],capture_output=True,text=True).stdout.splitlines()))
sys.exit(len(rows) != 11 or any(len(r) != 3 for r in rows))'
	check "--list-fields -f json is JSON" sh -c 'nwexport --list-fields -f json | python3 -m json.tool'
	check "--info as json is JSON" sh -c 'nwexport --info -f json dns.pcap tcp.pcap | python3 -m json.tool'
else
	skip "json is JSON" "python3 is not installed"
fi

# ---- text
same "times" "$(nwexport -t epoch -c 1 dns.pcap | cut -d' ' -f1) $(nwexport -t iso -c 1 dns.pcap | cut -d' ' -f1) $(nwexport -t date -c 1 dns.pcap | cut -d' ' -f1,2) $(nwexport --nano -c 1 dns.pcap | cut -d' ' -f1)" \
	"1700000000.123456 2023-11-14T22:13:20.123456Z 2023-11-14 22:13:20.123456 22:13:20.123456000"
same "no time" "$(nwexport -t none -c 1 dns.pcap)" "IP 192.0.2.1.40000 > 192.0.2.53.53: 1+ A? example.com. (29)"
same "hexadecimal" "$(nwexport -x -c 1 dns.pcap | sed -n 2p)" "	0x0000:  4500 0039 0001 4000 4011 b67c c000 0201"
same "hexadecimal with link" "$(nwexport -XX -c 1 dns.pcap | sed -n 2p)" "	0x0000:  0053 0000 0002 0053 0000 0001 0800 4500  .S.....S......E."

# ---- info
same "info counts" "$(nwexport --info dns.pcap | grep -E '^(Number of packets|Data size|Strict)' | tr -s ' ' | tr '\n' '|')" \
	"Number of packets: 10|Data size: $(nwexport -f tsv --no-header --fields length dns.pcap | awk '{ s += $1 } END { print s }') bytes|Strict time order: True|"
same "info as a table" "$(nwexport --info -f csv dns.pcap tcp.pcap | awk -F, '{ print NF }' | sort -u | wc -l)" 1
if command -v capinfos >/dev/null; then
	same "info agrees with capinfos" \
		"$(nwexport --info tcp.pcap | grep -E '^(Number of packets|First packet|Last packet|Average packet size)' | tr -s ' ')" \
		"$(capinfos -M tcp.pcap 2>/dev/null | sed 's/^Earliest/First/; s/^Latest/Last/' |
			grep -E '^(Number of packets|First packet|Last packet|Average packet size)' | tr -s ' ')"
else
	skip "info agrees with capinfos" "capinfos is not installed"
fi

# ---- what is wrong
head -c 300 dns.pcap >cut.pcap
nwexport -f csv --no-header cut.pcap >rows 2>stderr
same "a file cut off: status, rows, sentence" "$? $(wc -l <rows) $(grep -c 'cut.pcap: cut off' stderr)" "5 2 1"
nwexport -f csv -o out cut.pcap 2>/dev/null
same "a file cut off: what was good is in the output" "$(wc -l <out)" 3
fails "no such file" 1 "nosuch.pcap" -- nwexport -f csv -o out nosuch.pcap
echo hello there, this is text >text.pcap
fails "not a capture" 5 "text.pcap" -- nwexport -f csv -o out text.pcap
fails "a directory" 5 "is a directory" -- nwexport -f csv -o out /tmp
fails "unknown field" 5 "ip.scr" "did you mean ip.src" -- nwexport -f csv --fields ip.scr -o out dns.pcap
fails "unknown format" 5 "did you mean csv" -- nwexport -f cvs -o out dns.pcap
fails "bad filter" 5 "^" -- nwexport -Y 'ip.src ==' -f csv -o out dns.pcap
fails "bad -E" 5 "-E occurrence=x" "occurrence=f|l|a" -- nwexport -T fields -e ip.src -E occurrence=x dns.pcap
fails "bad -t" 5 "-t noon" "epoch" -- nwexport -t noon dns.pcap
fails "bad -d" 5 "tcp.port==8888,http" -- nwexport -d 8888=http dns.pcap
fails "-c without its number" 5 "-c" -- nwexport dns.pcap -c
fails "two link types into pcap" 5 "pcapng" -- nwexport -f pcap -o out dns.pcap null.pcap
fails "--fields without a field" 5 "--fields: names no field" -- nwexport -f csv --fields '' -o out dns.pcap
fails "-x of a table" 5 "-x belongs to the format text" -- nwexport -f csv -x -o out dns.pcap
fails "-t of JSON" 5 "-t belongs to" -- nwexport -f json -t epoch -o out dns.pcap
fails "--width of text" 5 "--width is about tables" -- nwexport --width 20 -o out dns.pcap
fails "-E header of JSON" 5 "json has none" -- nwexport -T json -E header=y -o out dns.pcap
fails "--info of some packets" 5 "leave -Y out" "nwfilter" -- nwexport --info -Y dns -o out dns.pcap
fails "--list-fields into a file" 5 "leave -o out" -- nwexport --list-fields -o out
fails "a state that cannot be kept, before the work" 1 "--state nosuch/s" -- nwexport --state nosuch/s -o out dns.pcap
fails "a directory that is not there" 1 "nosuch" -- nwexport -f csv -o nosuch/out dns.pcap
if [ -c /dev/full ]; then
	nwexport -f csv dns.pcap >/dev/full 2>stderr
	same "a full disk" "$? $(grep -c 'No space left' stderr)" "1 1"
	nwexport -f csv -o /dev/full dns.pcap 2>stderr
	same "a full disk: the file and the cure" "$? $(grep -c '/dev/full: No space left.*make room' stderr)" "1 1"
	for words in --list "nwexport --list-fields" "nwfilter --version" "nwcap --version"; do
		"$NWBOX" $words >/dev/full 2>stderr
		same "a full disk: $words" "$? $(grep -c 'standard output: cannot write' stderr)" "1 1"
	done
fi
if (ulimit -f 1 2>/dev/null); then
	(ulimit -f 1; nwexport -f json --fields all dns.pcap >limited 2>stderr; echo $? >status)
	same "a file that may not grow" "$(cat status) $(grep -c 'File too large' stderr)" "1 1"
else
	skip "a file that may not grow" "ulimit -f does not work here"
fi
if command -v script >/dev/null; then
	python3 -c 'import sys
d = open("dns.pcap", "rb").read()
sys.stdout.buffer.write(d[:24] + d[24:] * 60000)' >long.pcap 2>/dev/null
	if [ -s long.pcap ]; then
		script -qec "'$TMP/bin/nwexport' -f yaml -o /dev/null long.pcap" /dev/null >tty.out 2>&1 </dev/null
		check "progress on a terminal" grep -q 'packets, .* MB/s, .* %, .* left' tty.out
		script -qec "'$TMP/bin/nwexport' --quiet -f yaml -o /dev/null long.pcap" /dev/null >tty.out 2>&1 </dev/null
		same "--quiet: no progress" "$(cat tty.out)" ""
	fi
fi
if command -v script >/dev/null; then
	script -qec "'$TMP/bin/nwexport' -f pcap dns.pcap" /dev/null >tty.out 2>&1 </dev/null
	same "binary to a terminal is refused" "$? $(grep -c 'not written to a terminal' tty.out)" "5 1"
	script -qec "'$TMP/bin/nwexport' -f pcap -o /dev/tty dns.pcap" /dev/null >tty.out 2>&1 </dev/null
	same "binary to a terminal by name is refused" "$? $(grep -c 'not written to a terminal' tty.out)" "5 1"
else
	skip "binary to a terminal is refused" "script is not installed"
fi
