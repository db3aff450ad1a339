#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwfilter as people call it: every option, several inputs, live pipes, growing files, full disks, closed pipes, bad
# input, exit codes; and what it writes is opened by tshark, tcpdump and capinfos without a warning.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
hex2pcap() { sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/$1/in.hex"; }
for g in dns tcp udp null vlan; do hex2pcap $g >"$TMP/$g.pcap"; done
SEEDS=$TOP/test/fuzz/corpus/reader
cd "$TMP" || exit 1

count() { nwfilter -c -r "$@"; }

# fails NAME STATUS WORDS... -- COMMAND...: the exit status, the words in one short message on stderr, no file named out
fails()
{
	name=$1 want=$2
	shift 2
	: >words
	while [ "$1" != -- ]; do echo "$1" >>words; shift; done
	shift
	rm -f out
	"$@" >stdout 2>stderr </dev/null
	status=$?
	missing=$(while IFS= read -r w; do grep -qF -- "$w" stderr || echo "$w"; done <words)
	if [ "$status" != "$want" ]; then not_ok "$name" "exit status $status, want $want: $(cat stderr)"
	elif [ -n "$missing" ]; then not_ok "$name" "stderr lacks '$missing': $(cat stderr)"
	elif [ "$(wc -l <stderr)" -gt 3 ]; then not_ok "$name" "more than a sentence: $(cat stderr)"
	elif [ -e out ]; then not_ok "$name" "left a file"
	else ok "$name"
	fi
}

# epb FILE: the times and lengths of all packets, one line each, by another reader if there is one
packets() { nwexport -r "$1" -f csv --fields frame.time_epoch,frame.len,frame.cap_len 2>&1; }

# ---- in and out
n_dns=$(count dns.pcap) n_tcp=$(count tcp.pcap) n_udp=$(count udp.pcap) n_null=$(count null.pcap)
same "everything passes without a filter" "$(nwfilter <dns.pcap | cksum)" "$(cksum <dns.pcap)"
same "reads -r, writes -w" "$(nwfilter -r dns.pcap -w out.pcap && cksum <out.pcap)" "$(cksum <dns.pcap)"
same "reads a pipe, writes a pipe" "$(cat dns.pcap | nwfilter -r - -w - | cat | cksum)" "$(cksum <dns.pcap)"
gzip -c dns.pcap >dns.pcap.gz
same "reads gzip" "$(nwfilter -r dns.pcap.gz | cksum)" "$(cksum <dns.pcap)"
mkfifo fifo
cat dns.pcap >fifo &
same "reads a FIFO" "$(nwfilter -r fifo | cksum)" "$(cksum <dns.pcap)"
same "words are joined to a filter" "$(count tcp.pcap tcp and not udp)" "$n_tcp"
same "-v: those that do not match" "$(($(count tcp.pcap 'tcp.flags.syn == 1') + $(count tcp.pcap -v 'tcp.flags.syn == 1')))" "$n_tcp"
same "-c prints a number" "$n_tcp" "$(nwexport -r tcp.pcap -f csv --fields frame.number | sed 1d | wc -l | tr -d ' ')"
same "-c with -w does both" "$(nwfilter -c -r tcp.pcap -w both.pcap tcp) $(cksum <both.pcap)" "$n_tcp $(cksum <tcp.pcap)"
same "-m ends after N" "$(nwfilter -r tcp.pcap -m 2 | count -)" 2
same "--sample 3" "$(nwfilter -r tcp.pcap --sample 3 | count -)" "$(((n_tcp + 2) / 3))"
same "-s cuts" "$(nwfilter -r tcp.pcap -s 34 | nwexport -f csv --fields frame.cap_len,frame.len | sed 1d | awk -F, '$1 > 34 || $2 < 34 { bad++ } END { print bad + 0 }')" 0
nwfilter -r tcp.pcap -q 'tcp'; same "-q: a match is 0" $? 0
nwfilter -r tcp.pcap -q 'dns'; same "-q: none is 1" $? 1
same "-q prints nothing" "$(nwfilter -r tcp.pcap -q tcp 2>&1)" ""
same "--bpf" "$(count dns.pcap --bpf 'udp port 53')" "$(count dns.pcap 'udp.port == 53')"
same "--bpf and a filter: both" "$(count tcp.pcap --bpf tcp 'frame.number <= 2')" 2
printf '# SYNs\ntcp.flags.syn == 1\n  # and no ACK\n&& tcp.flags.ack == 0\n' >filter
same "-f reads the filter from a file" "$(count tcp.pcap -f filter)" "$(count tcp.pcap 'tcp.flags.syn == 1 && tcp.flags.ack == 0')"
same "--flush changes nothing" "$(nwfilter --flush -r dns.pcap | cksum)" "$(cksum <dns.pcap)"

# ---- time
cat >times.hex <<END
1700000000.000000 00
1700000000.400000 01
1700000000.900000 02
1700000001.000000 03
1700000002.500000 04
END
sh "$TOP/test/golden/hex2pcap.sh" times.hex >times.pcap
same "--after" "$(count times.pcap --after 1700000000.9)" 3
same "--before" "$(count times.pcap --before 1700000001)" 3
same "--after and --before in words" "$(count times.pcap --after 2023-11-14T22:13:20.4Z --before '2023-11-14 22:13:21')" 2
printf '1000000 00\n' >far.hex # a pcapng whose times are beyond what 64 bits of nanoseconds hold
sh "$TOP/test/golden/hex2pcap.sh" far.hex | nwfilter -F pcapng >far.pcapng
off=$(($(wc -c <far.pcapng) - 36 + 12))
printf '\377\377\377\377\377\377\377\377' | dd of=far.pcapng bs=1 seek=$off conv=notrunc 2>/dev/null
same "a time beyond all times passes" "$(count far.pcapng) $(count far.pcapng --after 2023-11-14) $(count far.pcapng --before 2023-11-14)" "1 1 0"
same "--rate 2" "$(count times.pcap --rate 2)" 4

# ---- several inputs
same "-r twice is merged by time" "$(nwfilter -r times.pcap -r times.pcap | nwexport -f csv --fields frame.time_epoch | sed 1d | sort -c && echo sorted)" sorted
same "all packets of all inputs" "$(nwfilter -r dns.pcap -r tcp.pcap -r udp.pcap | count -)" "$((n_dns + n_tcp + n_udp))"
nwfilter -r null.pcap -r dns.pcap -w mixed.pcapng
same "two link types make pcapng" "$(head -c 4 mixed.pcapng | od -An -tx1) $(count mixed.pcapng)" " 0a 0d 0d 0a $((n_null + n_dns))"
same "a link type of its own for each" "$(count mixed.pcapng --bpf 'udp port 53' 2>/dev/null)" "$(count dns.pcap --bpf 'udp port 53')"
fails "--bpf that the only link type does not have" 5 "--bpf: " "vlan" -- nwfilter -r null.pcap --bpf vlan -w out
same "--bpf that one of two link types does not have" "$(nwfilter -c -r null.pcap -r vlan.pcap --bpf vlan 2>stderr) $(grep -c 'no packet of link type 0 (NULL) matches' stderr)" "$(count vlan.pcap --bpf vlan) 1"
head -c 100 dns.pcap >cut.pcap
nwfilter -r cut.pcap -r tcp.pcap -w half.pcap 2>stderr
same "a bad input among good ones" "$? $(count half.pcap) $(grep -c 'cut off' stderr)" "5 $((n_tcp + $(count cut.pcap 2>/dev/null || echo 0))) 1"

# ---- formats
for f in pcap-le-us pcap-le-ns pcap-be-us pcap-be-ns modified modified-ss990915 pcap-2.2 pcapng-le pcapng-be gzip; do
	nwfilter -r "$SEEDS/$f" -F pcapng -w "$f.pcapng" && same "$f to pcapng" "$(packets "$f.pcapng")" "$(packets "$SEEDS/$f")"
done
for f in pcap-be-us pcap-be-ns; do
	nwfilter -r "$SEEDS/$f" -w "$f.pcap" && same "$f stays pcap" "$(packets "$f.pcap")" "$(packets "$SEEDS/$f")"
done
same "the name asks for pcapng" "$(nwfilter -r dns.pcap -w named.pcapng && head -c 4 named.pcapng | od -An -tx1)" " 0a 0d 0d 0a"
# everything but the block that asks not to be copied; SHB length fields stay "not said"
nwfilter -r "$SEEDS/pcapng-be" -w copy.pcapng
same "a pcapng is copied block by block" "$(wc -c <copy.pcapng)" "$(($(wc -c <"$SEEDS/pcapng-be") - 16))"
same "secrets survive a filter that keeps nothing" "$(nwfilter -r "$SEEDS/pcapng-be" 'frame.number == 99' | grep -ac TLSK)" 1
fails "mixed link types do not fit into pcap" 5 "pcap holds one link type" "--format pcapng" -- nwfilter -r mixed.pcapng -F pcap -w /dev/null

# ---- live: a pipeline does not wait for a buffer to fill
: >live.pcap
(head -c 200 dns.pcap; sleep 3; tail -c +201 dns.pcap) | nwfilter >live.pcap &
i=0
while [ "$(wc -c <live.pcap)" -le 24 ] && [ $i -lt 20 ]; do sleep 0.1; i=$((i + 1)); done
if [ $i -lt 20 ]; then ok "what came is written while the input pauses"; else not_ok "what came is written while the input pauses" "$(wc -c <live.pcap) bytes after 2 s"; fi
wait
same "and nothing is lost" "$(cksum <live.pcap)" "$(cksum <dns.pcap)"
# two pipes merged: what is certain to be next is written, although the other input pauses
mkfifo one two
: >merged.pcap
cat times.pcap >one &
{ head -c 58 times.pcap; sleep 2; tail -c +59 times.pcap; } >two &
nwfilter -r one -r two -w merged.pcap &
i=0
while [ "$(wc -c <merged.pcap 2>/dev/null || echo 0)" -lt 75 ] && [ $i -lt 15 ]; do sleep 0.1; i=$((i + 1)); done
if [ $i -lt 15 ]; then ok "merged pipes do not lag"; else not_ok "merged pipes do not lag" "$(wc -c <merged.pcap) bytes after 1.5 s"; fi
wait
same "merged pipes lose nothing" "$(count merged.pcap)" 10
cp dns.pcap grows.pcap
truncate -s 300 grows.pcap
nwfilter --follow -r grows.pcap -w followed.pcap &
follower=$!
sleep 0.3
tail -c +301 dns.pcap >>grows.pcap
i=0
while [ "$(wc -c <followed.pcap)" -lt "$(wc -c <dns.pcap)" ] && [ $i -lt 30 ]; do sleep 0.1; i=$((i + 1)); done
kill -INT $follower
wait $follower
same "--follow reads on; SIGINT ends it well" "$? $(cksum <followed.pcap)" "0 $(cksum <dns.pcap)"
# ^C in a pipeline: what is in the pipe still goes through
mkfifo slow
nwfilter <slow >drained.pcap &
drainer=$!
{ head -c 500 dns.pcap; sleep 0.3; kill -INT $drainer; sleep 0.2; tail -c +501 dns.pcap; } >slow
wait $drainer
same "after SIGINT the pipe is emptied" "$? $(cksum <drained.pcap)" "0 $(cksum <dns.pcap)"

# ---- bad input
fails "no such file" 1 "nothere.pcap: cannot open it: No such file" -- nwfilter -r nothere.pcap -w out
fails "no capture" 5 "is text, not a capture" -- nwfilter -r filter -w out
fails "an empty file" 5 "is empty" -- nwfilter -r /dev/null -w out
fails "a directory" 5 "is a directory" -- nwfilter -r . -w out
fails "wrong magic" 5 "neither pcap nor pcapng (it starts with 7f 00 00 00)" -- sh -c 'printf "\177\000\000\000\000\000" | nwfilter -w out'
fails "compressed otherwise" 5 "zstd -dc" -- sh -c 'printf "\050\265\057\375\000\000\000\000" | nwfilter -w out'
fails "bad filter" 5 "tcp.prot" "^" -- nwfilter -r tcp.pcap -w out 'tcp.prot == 1'
fails "bad BPF" 5 "--bpf" -- nwfilter -r tcp.pcap -w out --bpf 'tcp prot 1'
fails "an option without its number" 5 "-m" -- nwfilter -r tcp.pcap -w out -m
fails "no number" 5 "-m" "many" -- nwfilter -r tcp.pcap -w out -m many
fails "unknown option" 5 "--nosuch" -- nwfilter --nosuch
fails "output is input" 5 "is also the input" -- nwfilter -r tcp.pcap -w tcp.pcap
fails "no directory for the output" 1 "cannot create it" -- nwfilter -r tcp.pcap -w nowhere/out
fails "-q with -w" 5 "leave out -w" -- nwfilter -q -w out -r tcp.pcap
fails "-c to the output" 5 "name a file with -w" -- nwfilter -c -w - -r tcp.pcap
fails "two filters" 5 "use one of them" -- nwfilter -f filter -r tcp.pcap tcp
fails "after is not before" 5 "exchange them" -- nwfilter --after 5 --before 4 -r tcp.pcap
fails "--follow of a pipe" 5 "use -r FILE" -- nwfilter --follow
cksum <tcp.pcap >sum && [ "$(hex2pcap tcp | cksum)" = "$(cat sum)" ] && ok "the input is untouched" || not_ok "the input is untouched" "changed"

# what was good is written, the sentence says where the bad begins, the exit status is 5
for cut in 1 15 16 17 60; do
	size=$(($(wc -c <dns.pcap) - cut))
	head -c $size dns.pcap >cut.pcap
	nwfilter -r cut.pcap -w good.pcap 2>stderr
	status=$?
	same "cut $cut bytes from the end" "$status $(grep -c 'cut off in the middle' stderr) $(count good.pcap)" "5 1 $((n_dns - 1))"
done
nwfilter -r "$SEEDS/lying-length" -w good.pcap 2>stderr
same "a block that lies about its length" "$? $(grep -c '50 of 60000016\|66 of 60000016' stderr) $(count good.pcap)" "5 1 1"

same "a file as a filter gets a hint" "$(nwfilter dns.pcap <tcp.pcap 2>&1 >/dev/null | grep -c -- 'to read it: -r dns.pcap')" 1

# ---- full disks and closed pipes
nwfilter -r dns.pcap >/dev/full 2>stderr
same "full disk" "$? $(grep -c 'No space left on device; no packet is in it, make room' stderr)" "1 1"
cat dns.pcap dns.pcap >/dev/null
if (ulimit -f 1 2>/dev/null); then
	i=0
	while [ $i -lt 40 ]; do cat dns.pcap | tail -c +25; i=$((i + 1)); done >body
	cat dns.pcap body >long.pcap 2>/dev/null
	(ulimit -f 1; nwfilter -r long.pcap -w limited.pcap 2>stderr; echo $? >status)
	limited=$(count limited.pcap 2>&1)
	same "a file that may not grow ends with a whole packet" "$(cat status) $(grep -c "File too large; the $limited packets" stderr)" "1 1"
else
	skip "a file that may not grow ends with a whole packet" "ulimit -f does not work here"
fi
{ nwfilter -r long.pcap; echo $? >status; } 2>stderr | head -c 100 >/dev/null
same "a closed pipe is no error" "$(cat status) $(cat stderr)" "0 "

# ---- terminals
if command -v script >/dev/null; then
	script -qec "nwfilter -r '$TMP/dns.pcap'; echo status=\$?" /dev/null </dev/null >tty 2>&1
	same "binary to a terminal is refused" "$(grep -c 'use -w FILE, or a pipe' tty) $(grep -c status=5 tty)" "1 1"
	script -qec "nwfilter -r '$TMP/dns.pcap' -w /dev/tty; echo status=\$?" /dev/null </dev/null >tty 2>&1
	same "binary to a terminal by name is refused" "$(grep -c 'is a terminal' tty) $(grep -c status=5 tty)" "1 1"
	script -qec "nwcap -r '$TMP/dns.pcap' -w /dev/stdout; echo status=\$?" /dev/null </dev/null >tty 2>&1
	same "the same of nwcap" "$(grep -c 'is a terminal' tty) $(grep -c status=5 tty)" "1 1"
	script -qec "nwfilter tcp >/dev/null; echo status=\$?" /dev/null </dev/null >tty 2>&1
	same "no input but a terminal" "$(grep -c 'use -r FILE' tty) $(grep -c status=5 tty)" "1 1"
else
	skip "binary to a terminal is refused" "script(1) is not installed"
fi

# ---- words
same "--help names every option" "$(nwfilter --help | grep -oE -- '--(read|write|format|follow|flush|filter-file|bpf|invert|after|before|max-count|sample|rate|snaplen|count|quiet|explain|fields)\b' | sort -u | wc -l | tr -d ' ')" 18
check "--version" sh -c 'nwfilter --version | grep -q "^nwfilter (nwbox) [0-9]"'
same "--fields lists a protocol" "$(nwfilter --fields=tcp | grep -c '^tcp.srcport  *number')" 1
same "--fields by pattern" "$(nwfilter --fields='ip.*' | grep -vc '^ip\.')" 0
same "--fields by word" "$(nwfilter --fields dns.qry.name | wc -l | tr -d ' ')" 1
fails "--fields of nothing" 5 "no field" -- nwfilter --fields=nosuch
check "--explain shows the tree and the BPF half" sh -c "nwfilter --explain 'tcp.port == 443' | grep -q BPF"
check "--explain --bpf shows the program" sh -c "nwfilter --explain --bpf 'tcp port 443' | grep -q '(000)'"

# ---- other readers open what we write, without a word
for tool in tshark tcpdump capinfos; do
	command -v $tool >/dev/null || { skip "opened by $tool" "$tool is not installed"; continue; }
	for f in copy.pcapng mixed.pcapng both.pcap named.pcapng pcap-be-ns.pcap pcap-be-us.pcapng pcapng-be.pcapng; do
		case $tool in
		tshark) tshark -n -r $f >/dev/null 2>stderr ;;
		tcpdump) # knows neither several link types nor sections of both
			case $f in mixed* | copy* | pcapng-be*) continue ;; esac
			tcpdump -n -r $f >/dev/null 2>stderr ;;
		capinfos) capinfos $f >/dev/null 2>stderr ;;
		esac
		status=$?
		# capinfos 4.4.18 crashes on the file of several sections, before we have touched it
		if [ "$status" -gt 128 ] && { sh -c '"$0" "$1"; exit $?' $tool "$SEEDS/pcapng-be" >/dev/null 2>&1; [ $? -gt 128 ]; }; then
			skip "$f opened by $tool" "$tool crashes, as it does on the input of this test: $($tool --version | head -n 1)"
			continue
		fi
		sed -i '/^reading from file/d; /^Running as user/d; /^Warning: interface names might be/d' stderr
		same "$f opened by $tool" "$status $(cat stderr)" "0 "
	done
done
