#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --flows -f eve: every line fits dist/eve.schema.json; the events of known conversations (test/flows_capture.py) and of the
# captures of test/golden.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
nwexport --flows -f eve /dev/null >/dev/null 2>"$TMP/err"
grep -q "no output format" "$TMP/err" && { skip eve "not in this profile"; exit 0; }
need python3
python3 test/flows_capture.py "$TMP/f.pcap"
for name in dns tcp http tls vlan gre dhcp icmp mdns ssh quic x509af sctp ipv6; do
	sh test/golden/hex2pcap.sh "test/golden/$name/in.hex" >"$TMP/$name.pcap"
done
cd "$TMP" || exit 1

nwexport --flows -f eve f.pcap >f.json
same "every event fits dist/eve.schema.json" "$(python3 "$TOP/test/schema.py" "$TOP/dist/eve.schema.json" <f.json 2>&1)" 18
total=0
for f in *.pcap; do
	got=$(nwexport --flows --separate vlan -f eve "$f" | python3 "$TOP/test/schema.py" "$TOP/dist/eve.schema.json" 2>&1)
	case $got in *[!0-9]* | '') not_ok "events of $f fit" "$got" ;; *) total=$((total + got)) ;; esac
done
check "events of all kinds fit ($total)" [ $total -gt 40 ]
if python3 -c 'import jsonschema' 2>/dev/null; then
	check "a JSON Schema validator agrees" python3 -c 'import json, jsonschema, sys
v = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
v.check_schema(v.schema)
for l in open("f.json"): v.validate(json.loads(l))' "$TOP/dist/eve.schema.json"
else
	skip "a JSON Schema validator agrees" "no jsonschema module for python3"
fi

cat >eve.py <<'PY'
import json, subprocess, sys
def events(f, *words): return [json.loads(l) for l in subprocess.run(['nwexport', '--flows', '-f', 'eve', *words, f], capture_output=True, check=True).stdout.splitlines()]
def of(kind, es): return [e for e in es if e['event_type'] == kind]
def http():
    a, b = of('http', events('f.pcap'))
    assert a['timestamp'] == '2023-11-14T22:13:20.030000+0000' and (a['src_ip'], a['src_port'], a['dest_port'], a['proto']) == ('10.1.0.2', 40000, 80, 'TCP')
    assert a['http'] == {'hostname': 'www.example.com', 'http_port': 80, 'url': '/a?b=1', 'http_user_agent': 'test/1', 'http_method': 'GET',
                         'http_content_type': 'text/plain; charset=utf-8', 'protocol': 'HTTP/1.1', 'status': 200, 'length': 5}
    assert b['http']['status'] == 404 and b['http']['http_method'] == 'POST' and b['http']['length'] == 0
def dns():
    q, a, q2, a2, lost = of('dns', events('f.pcap'))
    assert q['dns'] == {'type': 'query', 'id': 77, 'rrname': 'www.example.com', 'rrtype': 'A', 'tx_id': 0, 'opcode': 0}
    assert a['dns']['version'] == 2 and a['dns']['type'] == 'answer' and a['dns']['rcode'] == 'NOERROR' and a['dns']['flags'] == '8180'
    assert [(r['rrname'], r['rrtype'], r['ttl'], r['rdata']) for r in a['dns']['answers']] == [('www.example.com', 'CNAME', 60, 'web.example.com'),
           ('web.example.com', 'A', 30, '192.0.2.80'), ('web.example.com', 'A', 30, '192.0.2.81')]
    assert a['dns']['grouped'] == {'CNAME': ['web.example.com'], 'A': ['192.0.2.80', '192.0.2.81']}
    assert a2['dns']['rcode'] == 'NXDOMAIN' and 'answers' not in a2['dns'] and lost['dns']['rrtype'] == 'AAAA'
    assert all(e['src_ip'] == '2001:db8::2' and e['dest_port'] == 53 for e in (q, a, q2, a2, lost)), 'src is who asks, in the answer too'
    assert q['flow_id'] == a['flow_id'] != q2['flow_id'] and q['community_id'] == a['community_id']
def ssh():
    s, = of('ssh', events('f.pcap'))
    assert s['ssh'] == {'client': {'proto_version': '2.0', 'software_version': 'client_1.0'}, 'server': {'proto_version': '2.0', 'software_version': 'OpenSSH_9.2p1'}}
def flow():
    es = of('flow', events('f.pcap')); by = {(e['src_ip'], e.get('src_port')): e for e in es}
    web = by['10.1.0.2', 40000]
    assert web['flow'] == {'pkts_toserver': 6, 'pkts_toclient': 5, 'bytes_toserver': 514, 'bytes_toclient': 424, 'start': '2023-11-14T22:13:20.000000+0000',
                           'end': '2023-11-14T22:13:20.090000+0000', 'age': 0, 'state': 'closed', 'reason': 'timeout', 'alerted': False}
    assert web['tcp'] == {'tcp_flags': '1b', 'tcp_flags_ts': '1b', 'tcp_flags_tc': '1b', 'syn': True, 'fin': True, 'psh': True, 'ack': True, 'state': 'closed'}
    assert web['app_proto'] == 'http'
    assert by['10.1.0.2', 40002]['flow']['state'] == 'new' and by['10.1.0.2', 40001]['tcp']['state'] == 'closed'
    ping, = [e for e in es if e['proto'] == 'ICMP']
    assert (ping['icmp_type'], ping['icmp_code']) == (8, 0) and 'src_port' not in ping
    ids = {}
    for e in events('f.pcap'): ids.setdefault(e['flow_id'], set()).add((e['src_ip'], e.get('src_port'), e['dest_ip'], e.get('dest_port')))
    assert all(len(v) == 1 for v in ids.values()) and len(ids) == 9, 'a flow_id is one conversation'
    assert events('f.pcap') == events('f.pcap'), 'the same in each run'
    vlans = [e.get('vlan') for e in of('flow', events('f.pcap', '--separate', 'vlan')) if e.get('src_port') == 6000]
    assert vlans == [[7], [8]], vlans
def tls():
    es = of('tls', events('tls.pcap')) + of('tls', events('x509af.pcap'))
    assert es and all('ja3' in e['tls'] or 'ja3s' in e['tls'] or 'subject' in e['tls'] for e in es), es
    for e in es:
        for ja3 in ('ja3', 'ja3s'):
            if ja3 in e['tls']:
                import hashlib
                assert hashlib.md5(e['tls'][ja3]['string'].encode()).hexdigest() == e['tls'][ja3]['hash']
def quic():
    es = of('quic', events('quic.pcap'))
    assert es and any('sni' in e['quic'] for e in es) and all(e['proto'] == 'UDP' and e['app_proto'] == 'quic' for e in es), es
def dhcp():
    es = of('dhcp', events('dhcp.pcap'))
    assert es and {e['dhcp']['type'] for e in es} <= {'request', 'reply'} and any('dhcp_type' in e['dhcp'] for e in es), es
globals()[sys.argv[1]]()
PY
for kind in http dns ssh flow tls quic dhcp; do check "events: $kind" python3 eve.py $kind; done

# what a packet says cannot break a line or the JSON
python3 - <<'PY'
import struct
def ip(src, dst, proto, data): return struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(data), 1, 0, 64, proto, 0, bytes(src), bytes(dst)) + data
def tcp(sp, dp, seq, ack, flags, data): return struct.pack('!HHIIBBHHH', sp, dp, seq, ack, 0x50, flags, 100, 0, 0) + data
A, B = (10, 0, 0, 1), (10, 0, 0, 2)
evil = b'GET /\xff"\\\x01\t HTTP/1.1\r\nHost: a"b\\c\x1b[2J\xe2\x80\xa8.example\r\nUser-Agent: ' + b'\xc3\x28' * 40 + b'\r\n\r\n'
out = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
for i, p in enumerate([ip(A, B, 6, tcp(1000, 80, 1, 0, 2, b'')), ip(A, B, 6, tcp(1000, 80, 2, 1, 24, evil)), ip(B, A, 6, tcp(80, 1000, 1, 2, 24, b'HTTP/1.1 200 "\\\x7f\r\n\r\n'))]):
    out += struct.pack('<IIII', 1700000000 + i, 0, len(p), len(p)) + p
open('evil.pcap', 'wb').write(out)
PY
same "hostile text stays inside its string" "$(nwexport --flows -f eve evil.pcap | python3 "$TOP/test/schema.py" "$TOP/dist/eve.schema.json" 2>&1)" 2
same "and no control character gets through" "$(nwexport --flows -f eve evil.pcap | LC_ALL=C tr -d '\n' | LC_ALL=C grep -c '[[:cntrl:]]')" 0
same "Zeek's logs keep it in its column" "$(nwexport --flows -f zeek --log http evil.pcap | grep -v '^#' | awk -F '\t' '{ print NF }')" 30

# the length of a body that goes on behind its first segment, and of those that say it in another way
python3 - <<'PY'
import struct
A, B = (10, 0, 0, 1), (10, 0, 0, 2)
cases = [(b'GET', b'200 OK', b'Content-Length: 3000', b'x' * 3000), (b'HEAD', b'200 OK', b'Content-Length: 77', b''), (b'GET', b'304 Not Modified', b'Content-Length: 9', b''),
         (b'GET', b'204 No Content', b'Content-Length: 9', b''), (b'GET', b'200 OK', b'Content-Length: 99999999999999999999', b''), (b'GET', b'200 OK', b'Content-Length: 5x', b'hello'),
         (b'GET', b'200 OK', b'Content-Length: 0', b''), (b'GET', b'200 OK', b'Transfer-Encoding: chunked\r\nContent-Length: 1', b'5\r\nhello\r\n2\r\n!!\r\n0\r\n\r\n'),
         (b'GET', b'200 OK', b'Transfer-Encoding: chunked', b'5\r\nhello\r\nbb8\r\n' + b'x' * 3000 + b'\r\n0\r\n\r\n'), (b'GET', b'200 OK', b'X: until close', b'hello'),
         (b'POST', b'200 OK', b'Content-Length: 3', b'abc')]
f = open('body.pcap', 'wb')
f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
for i, (method, status, header, body) in enumerate(cases):
    ask = method + b' / HTTP/1.1\r\nHost: h\r\n' + (b'Content-Length: 2000\r\n\r\n' + b'a' * 2000 if method == b'POST' else b'\r\n')
    answer = b'HTTP/1.1 ' + status + b'\r\n' + header + b'\r\n\r\n' + body
    for src, dst, sp, dp, seq, ack, data in ((A, B, 1000 + i, 80, 1, 1, ask), (B, A, 80, 1000 + i, 1, 1 + len(ask), answer)):
        for at in range(0, len(data), 1400):
            l4 = struct.pack('!HHIIBBHHH', sp, dp, seq + at, ack, 0x50, 24, 100, 0, 0) + data[at:at + 1400]
            ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(l4), 1, 0, 64, 6, 0, bytes(src), bytes(dst)) + l4
            f.write(struct.pack('<IIII', 1700000000 + i, 0, len(ip), len(ip)) + ip)
PY
same "lengths of bodies, none where it is not known" "$(nwexport --flows -f eve body.pcap | python3 -c 'import json, sys
print(*[e["http"].get("length", "-") for e in map(json.loads, sys.stdin) if e["event_type"] == "http"])')" "3000 0 0 0 - - 0 7 - - 3"
same "and in Zeek's logs" "$(nwexport --flows -f zeek --log http body.pcap | awk -F '\t' '!/^#/ { printf "%s/%s ", $15, $16 }')" \
	"0/3000 0/0 0/0 0/0 0/- 0/- 0/0 0/7 0/- 0/- 2000/3 "
same "they fit the schema" "$(nwexport --flows -f eve body.pcap | python3 "$TOP/test/schema.py" "$TOP/dist/eve.schema.json" 2>&1)" 22

# Events that wait for their end come at the end of the input, and bounded memory is said
same "an answer without its question is an event" "$(nwexport --flows -f eve -Y 'dns.flags.response == 1' f.pcap | grep -c '"type":"answer"')" 2
exit $FAILED
