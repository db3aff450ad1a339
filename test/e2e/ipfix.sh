#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --flows -f ipfix: files as tshark reads them, and a real collector (nfcapd of nfdump) that has the same sums.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
"$NWBOX" nwexport --help | grep -q -e --flows || { skip ipfix "not in this profile"; exit 0; }
need python3
python3 test/flows_capture.py "$TMP/f.pcap"
python3 test/flows_capture.py "$TMP/many.pcap" 3000
cd "$TMP" || exit 1
nwexport --flows -f ipfix -o f.ipfix f.pcap
nwexport --flows -f ipfix -o many.ipfix --ipfix domain=7 many.pcap
same "the same capture gives the same bytes" "$(nwexport --flows -f ipfix f.pcap | cksum)" "$(cksum <f.ipfix)"

cat >ipfix.py <<'PY'
"""A reader of RFC 7011 messages: lengths, sequence, templates before data, every record."""
import struct, sys
data, at, sequence, templates, records, messages = open(sys.argv[1], 'rb').read(), 0, 0, {}, [], 0
while at < len(data):
    version, length, when, seq, domain = struct.unpack_from('!HHIII', data, at)
    assert version == 10 and 16 <= length <= 1400 and at + length <= len(data), (at, version, length)
    assert seq == sequence & 0xffffffff and domain == int(sys.argv[2]), (at, seq, sequence, domain)
    end, p = at + length, at + 16
    while p < end:
        sid, slen = struct.unpack_from('!HH', data, p)
        q, send = p + 4, p + slen
        assert 4 <= slen and send <= end, (sid, slen)
        if sid == 2:
            while q + 4 <= send:
                tid, n = struct.unpack_from('!HH', data, q); q += 4; fields = []
                for _ in range(n):
                    ie, flen = struct.unpack_from('!HH', data, q); q += 4; pen = 0
                    if ie & 0x8000: pen, = struct.unpack_from('!I', data, q); q += 4
                    fields.append((ie & 0x7fff, pen, flen))
                assert templates.setdefault((domain, tid), fields) == fields
        else:
            fields = templates[domain, sid]
            while q < send:
                r = {}
                for ie, pen, flen in fields:
                    if flen == 65535: flen = data[q]; q += 1
                    r[ie, pen] = data[q:q + flen]; q += flen
                records.append(r); sequence += 1
            assert q == send, 'a set ends with its last record'
        p = send
    at, messages = end, messages + 1
def total(ie, pen=0): return sum(int.from_bytes(r[ie, pen], 'big') for r in records)
print(len(records), total(2), total(2, 29305), total(1), total(1, 29305), messages)
PY
sums() { nwexport --flows --flow-active 30m -f zeek-json --log conn "$1" 2>/dev/null | python3 -c 'import json, sys
d = [json.loads(l) for l in sys.stdin]
print(len(d), *[sum(x[k] for x in d) for k in ("orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes")])'; }
same "messages, templates, sequence numbers, sums" "$(python3 ipfix.py f.ipfix 0 2>&1)" "10 17 12 1014 838 1"
same "many messages" "$(python3 ipfix.py many.ipfix 7 2>&1 | cut -d ' ' -f 1-5)" "3000 3000 0 120000 0"
if "$NWBOX" nwexport --flows -f zeek /dev/null 2>&1 | grep -q 'no output'; then :; else
	same "the sums are those of Zeek's conn.log" "$(python3 ipfix.py f.ipfix 0 | cut -d ' ' -f 1-5)" "$(sums f.pcap)"
fi
: >none.pcap; head -c 24 f.pcap >none.pcap
same "no packets: the templates alone" "$(nwexport --flows -f ipfix -o none.ipfix none.pcap; python3 ipfix.py none.ipfix 0)" "0 0 0 0 0 1"
nwexport --flows -f ipfix -o two.ipfix --append f.pcap && nwexport --flows -f ipfix -o two.ipfix --append f.pcap
same "--append joins files" "$(cmp -n "$(wc -c <f.ipfix)" f.ipfix two.ipfix && wc -c <two.ipfix)" "$(($(wc -c <f.ipfix) * 2))"

if command -v tshark >/dev/null; then
	same "tshark finds nothing malformed" "$(tshark -n -r many.ipfix -Y '_ws.malformed || _ws.expert.severity >= 6291456' 2>/dev/null | wc -l)" 0
	same "tshark reads what was meant" "$(tshark -n -r f.ipfix -T fields -E occurrence=f -e cflow.srcaddr -e cflow.srcport -e cflow.dstport -e cflow.protocol \
		-e cflow.flow_end_reason -e cflow.appl_name 2>/dev/null | head -n 1 | tr '\t' ' ')" "10.1.0.2 40000 80 6 3 http"
else
	skip "IPFIX read by tshark" "tshark is not installed"
fi

# ---- a collector
for where in udp://127.0.0.1:9 'udp://[::1]:9' udp://localhost:9; do
	nwexport --flows -f ipfix -o "$where" f.pcap 2>err
	same "nobody listens at $where" "$? $(cat err)" "4 nwexport: $where: nobody listens there"
done
nwexport --flows -f ipfix -o udp://no.such.host.invalid:9 f.pcap 2>err
same "no such host" "$? $(grep -c '^nwexport: udp://no.such.host.invalid:9: ..*\|^nwexport: no.such.host' err)" "4 1"

# every message as a datagram of its own, templates again and again
python3 - >got.txt 2>&1 <<'PY' &
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
s.bind(('127.0.0.1', 0)); open('port', 'w').write('%d\n' % s.getsockname()[1]); s.settimeout(20)
n = templates = 0; last = None
while last is None or n < int(last):
    try: d = s.recv(65536)
    except socket.timeout: break
    assert struct.unpack('!HH', d[:4]) == (10, len(d)) and len(d) <= 1400, len(d)
    if struct.unpack('!H', d[16:18])[0] == 2: templates += 1
    assert abs(struct.unpack('!I', d[4:8])[0] - time.time()) < 60, 'the time of export is now'
    n += 1
    s.settimeout(1)
print(n, templates)
PY
pid=$! BACKGROUND="$BACKGROUND $!"
i=0; while [ $i -lt 50 ] && ! [ -s port ]; do sleep 0.1; i=$((i + 1)); done
nwexport --flows -f ipfix -o "udp://127.0.0.1:$(cat port)" many.pcap
wait $pid
same "each message is a datagram, the first has the templates" "$(cat got.txt)" "$(python3 ipfix.py many.ipfix 7 | cut -d ' ' -f 6) 1"

command -v nfcapd >/dev/null && command -v nfdump >/dev/null || { skip "records in a collector" "nfdump is not installed"; exit $FAILED; }
collect() # CAPTURE: what nfdump has of it: records, packets and bytes to and from
{
	rm -rf nf; mkdir nf
	port=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	nfcapd -w nf -b 127.0.0.1 -p "$port" -t 3600 -B 1000000 >nfcapd.log 2>&1 </dev/null &
	pid=$! BACKGROUND="$BACKGROUND $!"
	i=0; while [ $i -lt 50 ] && ! grep -qs 'Startup' nfcapd.log; do sleep 0.1; i=$((i + 1)); done
	nwexport --flows -f ipfix -o "udp://127.0.0.1:$port" "$1" >&2 </dev/null
	sleep 1; kill "$pid"; wait "$pid" 2>/dev/null
	nfdump -q -N -R nf -o 'fmt:%ipkt %ibyt %opkt %obyt' 2>/dev/null | awk 'NF == 4 { n++; a += $1; b += $2; c += $3; d += $4 } END { print n + 0, a, c, b, d }'
}
same "nfcapd has every record and the same sums" "$(collect f.pcap)" "10 17 12 1014 838"
same "nfcapd found nothing wrong" "$(sed -n 's/.*Sequence Errors: \([0-9]*\), Bad Packets: \([0-9]*\).*/\1 \2/p' nfcapd.log | tail -n 1)" "0 0"
same "nfdump shows ends, times and flags" "$(nfdump -q -R nf -o 'fmt:%pr %sa %sp %da %dp %td %flg' 'src port 40000' | awk '{ $1 = $1; print }')" "TCP 10.1.0.2 40000 192.0.2.80 80 00:00:00.090 ...AP.SF"
same "three thousand records" "$(collect many.pcap)" "3000 3000 0 120000 0"
exit $FAILED
