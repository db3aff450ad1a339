#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwfilter --whole-flow: the streams of the packets that match, found by tshark, are what goes out; many conversations in
# bounded memory; pipes that pause, pcapng of several sections, splitting, counting, edits; what the bound costs is said.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
CORPUS=${CORPUS:-$TOP/../shared/corpus}/captures
cd "$TMP" || exit 1
need python3

# ---- against tshark's streams

# streams FILE FILTER: "tcp.stream in {1,2} or udp.stream in {3}" of the packets that match
streams()
{
	tshark -n -r "$1" -Y "($2) and not icmp and not icmpv6" -T fields -E occurrence=l -e tcp.stream -e udp.stream 2>/dev/null | awk -F'\t' '
		$1 != "" { tcp[$1] } $2 != "" { udp[$2] }
		END {
			for (i in tcp) a = a (a == "" ? "" : ",") i
			for (i in udp) b = b (b == "" ? "" : ",") i
			print (a == "" ? "" : "tcp.stream in {" a "}") (a == "" || b == "" ? "" : " or ") (b == "" ? "" : "udp.stream in {" b "}")
		}'
}

# rows FILE FILTER: times and lengths
rows() { tshark -n -r "$1" -Y "($2) and not icmp and not icmpv6" -T fields -e frame.time_epoch -e frame.len 2>/dev/null; }

compared=0
if command -v tshark >/dev/null; then
	while read -r name filter; do
		[ -f "$CORPUS/$name" ] || continue
		wanted=$(streams "$CORPUS/$name" "$filter")
		[ -n "$wanted" ] || { not_ok "whole conversations of $name: $filter" "tshark finds no stream"; continue; }
		rows "$CORPUS/$name" "$wanted" >theirs
		nwfilter -r "$CORPUS/$name" --whole-flow -w whole.pcapng -F pcapng "$filter" 2>stderr
		rows whole.pcapng "tcp or udp" >ours
		same "whole conversations of $name: $filter" "$(cksum <ours) $(cat stderr)" "$(cksum <theirs) "
		nwfilter --whole-flow "$filter" <"$CORPUS/$name" 2>stderr | cat >whole.pcapng
		rows whole.pcapng "tcp or udp" >ours
		same "the same, standard input: $name" "$(cksum <ours)" "$(cksum <theirs)"
		cat "$CORPUS/$name" | nwfilter --whole-flow "$filter" 2>stderr | cat >whole.pcapng
		rows whole.pcapng "tcp or udp" | sort >ours
		sort theirs | cmp -s - ours && ok "the same, at once: $name" || not_ok "the same, at once: $name" "$(wc -l <ours), want $(wc -l <theirs)"
		compared=$((compared + 1))
	done <<END
joy__firefox58.pcap tls.handshake.type == 1
nDPI__kerberos.pcap kerberos
zeek__wikipedia.pcap http.request.method == "GET"
zeek__wikipedia.pcap dns
packetnet__udp-ip-fragmented.pcap udp
zeek__ipv6-reassembly-state-leak.pcap udp
nDPI__tls_heur__vmess-tcp.pcapng tls
ipfixprobe__mixed.pcap udp.port == 53
END
fi
[ "$compared" -gt 0 ] || skip "whole conversations against tshark" "no tshark, or the captures are not in $CORPUS"

# ---- many conversations

# many.py FLOWS PACKETS: so many packets of each, in turns; the last one of every thousandth conversation is to port 9
cat >many.py <<'END'
import struct, sys
flows, packets = int(sys.argv[1]), int(sys.argv[2])
out = sys.stdout.buffer
out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
payload = bytes(172)
n = 0
for first in range(0, flows, 500):
    part = []
    for k in range(packets):
        for i in range(first, first + 500):
            ttl = 9 if k == packets - 1 and i % 1000 == 7 else 64
            ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 200, 0, 0, ttl, 17, 0, struct.pack('>I', 0x0a000000 + i), b'\x0b\0\0\1')
            part.append(struct.pack('<IIII', 1700000000 + n // 1000, n % 1000 * 1000, 200, 200) + ip + struct.pack('>HHHH', 5000, 6000, 180, 0) + payload)
            n += 1
    out.write(b''.join(part))
END
# peak FILE COMMAND...: its peak of memory in KiB when it has read all of FILE from a pipe
cat >peak.py <<'END'
import re, subprocess, sys, time
p = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
p.stdin.write(open(sys.argv[1], 'rb').read())
p.stdin.flush()
time.sleep(0.5)
print(re.search(r'VmHWM:\s*(\d+)', open('/proc/%d/status' % p.pid).read())[1])
p.stdin.close()
p.wait()
END
peak() { python3 peak.py "$@"; }

python3 many.py 20000 5 >small.pcap
python3 many.py 60000 5 >large.pcap
same "one packet of 20 conversations matches" "$(nwfilter -r small.pcap -c 'ip.ttl == 9')" 20
same "all of their packets go out" "$(nwfilter -r small.pcap --whole-flow -c 'ip.ttl == 9')" 100
same "and of 60 conversations of 60,000" "$(nwfilter -r large.pcap --whole-flow -c 'ip.ttl == 9' 2>&1)" 300
nwfilter -r small.pcap --whole-flow -w out.pcap 'ip.ttl == 9'
same "what goes out is those conversations" "$(nwfilter -r out.pcap -c 'ip.src[2:2] & 0xffff')/$(nwexport -r out.pcap -f csv --fields ip.src | sort | uniq -c | awk '$1 == 5' | wc -l | tr -d ' ')" "100/20"
same "in the order of the capture" "$(nwexport -r out.pcap -f csv --fields frame.time_epoch | sed 1d | sort -c 2>&1)" ""
if (ulimit -v 262144; "$NWBOX" --version) >/dev/null 2>&1; then
	a=$(peak small.pcap "$NWBOX" nwfilter --whole-flow=2M 'ip.ttl == 9')
	b=$(peak large.pcap "$NWBOX" nwfilter --whole-flow=2M 'ip.ttl == 9')
	[ "$a" -lt 8192 ] && ok "2 MiB of packets need less than 8 MiB" || not_ok "2 MiB of packets need less than 8 MiB" "$a KiB"
	# some 70 bytes for each of the other 40,000 conversations, and nothing else
	[ "$b" -lt $((a + 3840)) ] && ok "three times the traffic, no more memory" || not_ok "three times the traffic, no more memory" "$a KiB, then $b KiB"
	same "in order, with 16 MiB of addresses" "$(ulimit -v 16384; nwfilter -r large.pcap --whole-flow=2M -c 'ip.ttl == 9' 2>/dev/null)" 300
else
	skip "memory of --whole-flow" "a sanitizer takes memory of its own"
fi
c=$(nwfilter -r large.pcap --whole-flow=2M -w out.pcap 'ip.ttl == 9' 2>&1)
same "windows of 2,500 packets fit: nothing is missing" "$(nwfilter -r out.pcap -c)/$(echo "$c" | grep -c ' 0 of them')" "300/1"
c=$(nwfilter -r large.pcap --whole-flow=256K -w out.pcap 'ip.ttl == 9' 2>&1)
n=$(nwfilter -r out.pcap -c)
missing=$(echo "$c" | sed 's/.*given up, and \([0-9]*\) of them.*/\1/')
same "what is missing is counted" "$((n + missing))" 300
case $c in *'60 conversations'*'--whole-flow=SIZE'*) ok "the bound is told, with its cure" ;; *) not_ok "the bound is told, with its cure" "$c" ;; esac

# ---- other ways
same "-m counts what goes out" "$(nwfilter -r small.pcap --whole-flow -m 7 'ip.ttl == 9' | nwfilter -c -r -)" 7
nwfilter -r small.pcap --whole-flow -q 'ip.ttl == 9'; same "-q: a match" $? 0
nwfilter -r small.pcap --whole-flow -q 'ip.ttl == 10'; same "-q: none" $? 1
same "-c with -w" "$(nwfilter -r small.pcap --whole-flow -c -w out.pcap 'ip.ttl == 9')/$(nwfilter -r out.pcap -c)" 100/100
same "-v" "$(nwfilter -r small.pcap --whole-flow -v -c 'ip.ttl == 64')" 100
same "--bpf" "$(nwfilter -r small.pcap --whole-flow -c --bpf 'ip[8] = 9')" 100
same "--range: what is outside is not there" "$(nwfilter -r small.pcap --whole-flow -c --range 2001-2500 'ip.ttl == 9')" 1
nwfilter -r small.pcap --whole-flow --split flow -w part.pcap 'ip.ttl == 9'
same "--split flow" "$(ls part-*.pcap | wc -l | tr -d ' ')/$(nwfilter -r part-udp-10.0.0.7.5000-11.0.0.1.6000.pcap -c)" 20/5
echo 'a key for the test' >key
nwfilter -r small.pcap --whole-flow --anonymize key -s 28 -w out.pcap 'ip.ttl == 9'
same "edits are made on what goes out" "$(nwfilter -r out.pcap -c 'frame.cap_len == 28 and not ip.src == 10.0.0.7')" 100
nwfilter -r small.pcap -F pcapng -w one.pcapng --range 1-600
nwfilter -r small.pcap -F pcapng -w two.pcapng --range 601-
cat one.pcapng two.pcapng >sections.pcapng
nwfilter -r sections.pcapng --whole-flow -w out.pcapng 'ip.ttl == 9'
same "packets that waited from one section to the next" "$(nwfilter -r out.pcapng -c)" 100
nwfilter -r one.pcapng -r two.pcapng --whole-flow -w out.pcap -F pcap 'ip.ttl == 9'
same "several inputs" "$(nwfilter -r out.pcap -c)" 100
command -v tshark >/dev/null && same "tshark reads it" "$(tshark -n -r out.pcapng 2>&1 | grep -vc 'Running as')" 100

# a pipe that pauses: a conversation that has matched does not wait for the end
head -c $((24 + 216 * 2500)) small.pcap >head.pcap
{ cat head.pcap; sleep 5; } | nwfilter --whole-flow 'ip.ttl == 9' >live.pcap &
BACKGROUND=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ "$(wc -c <live.pcap)" -gt 24 ] && break
	sleep 0.2
done
same "a pipe that pauses" "$(wc -c <live.pcap | tr -d ' ')" $((24 + 216 * 5))

refused() { name=$1 word=$2; shift 2; "$@" >/dev/null 2>stderr </dev/null; s=$?; grep -q -- "$word" stderr && [ $s = 5 ] && ok "$name" || not_ok "$name" "$s: $(cat stderr)"; }
refused "without a filter" "needs a filter" nwfilter -r small.pcap --whole-flow
refused "with --sample" "leave out --sample" nwfilter -r small.pcap --whole-flow --sample 2 udp
refused "with --rate" "leave out --rate" nwfilter -r small.pcap --whole-flow --rate 2 udp
refused "a size that is none" "no size" nwfilter -r small.pcap --whole-flow=much udp
refused "a size too small" "256K" nwfilter -r small.pcap --whole-flow=4K udp
