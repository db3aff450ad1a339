#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --flows -f zeek: logs are read by their own header, each column by its type; JSON says the same; lines of known
# conversations (test/flows_capture.py) are what Zeek says of them.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
nwexport --flows -f zeek /dev/null >/dev/null 2>"$TMP/err"
grep -q "no output format" "$TMP/err" && { skip zeek "not in this profile"; exit 0; }
need python3
python3 test/flows_capture.py "$TMP/f.pcap"
for name in dns http tls x509af quic mdns icmp sctp; do sh test/golden/hex2pcap.sh "test/golden/$name/in.hex" >"$TMP/$name.pcap"; done
cd "$TMP" || exit 1

cat >zeek.py <<'PY'
"""A reader of Zeek's ASCII logs that takes nothing on trust: header, types, escapes, the number of columns."""
import ipaddress, json, re, subprocess, sys
def unescape(s): return re.sub(rb'\\x([0-9a-f]{2})|\\\\', lambda m: bytes([int(m[1], 16)]) if m[1] else b'\\', s.encode()).decode('utf-8', 'replace')
def value(text, kind):
    if text == '-': return None
    m = re.fullmatch(r'(set|vector)\[(\w+)\]', kind)
    if m: return [] if text == '(empty)' else [value(x, m[2]) for x in text.split(',')]
    if kind in ('string', 'enum'): return '' if text == '(empty)' else unescape(text)
    if kind == 'bool': return {'T': True, 'F': False}[text]
    if kind in ('time', 'interval'): assert re.fullmatch(r'-?\d+\.\d{6}', text), text; return float(text)
    if kind in ('count', 'port'): return int(text)
    if kind == 'addr': ipaddress.ip_address(text); return text
    raise ValueError(kind)
def read(lines):
    head, rows, closed = {}, [], False
    for line in lines:
        assert not closed, 'a line behind #close'
        if line.startswith('#separator '): assert line == '#separator \\x09'; continue
        if line.startswith('#'):
            key, *rest = line[1:].split('\t'); head[key] = rest; closed = key == 'close'; continue
        cells = line.split('\t')
        assert len(cells) == len(head['fields']) == len(head['types']), line
        rows.append({k: v for k, v in ((k, value(c, t)) for k, c, t in zip(head['fields'], cells, head['types'])) if v is not None})
    assert closed and head['set_separator'] == [','] and head['empty_field'] == ['(empty)'] and head['unset_field'] == ['-'], head
    assert all(re.fullmatch(r'\d{4}(-\d\d){5}', head[k][0]) for k in ('open', 'close'))
    return head, rows
def run(*words): return subprocess.run(['nwexport', '--flows', *words], capture_output=True, check=True).stdout.decode().splitlines()
def tsv(f, log, *words): return read(run('-f', 'zeek', '--log', log, *words, f))[1]
def headers():
    want = {'conn': 'proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents community_id',
            'dns': 'proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected',
            'ssl': 'version cipher curve server_name resumed last_alert next_protocol established ssl_history cert_chain_fps client_cert_chain_fps sni_matches_cert ja3 ja3s ja4',
            'http': 'trans_depth method host uri referrer version user_agent origin request_body_len response_body_len status_code status_msg info_code info_msg tags username password proxied orig_fuids orig_filenames orig_mime_types resp_fuids resp_filenames resp_mime_types'}
    for log, fields in want.items():
        head, rows = read(run('-f', 'zeek', '--log', log, 'f.pcap'))
        assert head['path'] == [log] and head['fields'] == ('ts uid id.orig_h id.orig_p id.resp_h id.resp_p ' + fields).split(), head['fields']
        assert head['open'] == ['2023-11-14-22-13-20'] and head['close'] == ['2023-11-14-22-20-00']
def same_as_json():
    for f in sys.argv[2:]:
        docs = [json.loads(l) for l in run('-f', 'zeek-json', f)]
        for log in ('conn', 'dns', 'ssl', 'http'):
            one = [json.loads(l) for l in run('-f', 'zeek-json', '--log', log, f)]
            rows = tsv(f, log)
            assert [{k: v for k, v in d.items() if k != '_path'} for d in docs if d['_path'] == log] == one
            assert len(one) == len(rows) and [list(x) for x in one] == [list(x) for x in rows]
            for a, b in zip(one, rows):
                for k in b:
                    x = a[k]
                    assert x == b[k] or (isinstance(x, float) and abs(x - b[k]) < 1e-6) or '�' in str(x), (f, log, k, x, b[k])
            assert all(re.fullmatch('C[0-9A-Za-z]{17}', r['uid']) for r in rows)
def conn():
    rows = tsv('f.pcap', 'conn')
    def pick(r): return (r['id.orig_p'], r['proto'], r.get('service'), r['conn_state'], r.get('history'), r['orig_pkts'], r['orig_ip_bytes'], r['resp_pkts'], r['resp_ip_bytes'], r.get('orig_bytes'), r.get('resp_bytes'))
    assert [pick(r) for r in rows] == [
        (40000, 'tcp', 'http', 'SF', 'ShADdFf', 6, 430, 5, 354, 190, 154), (40001, 'tcp', None, 'REJ', 'Sr', 1, 40, 1, 40, 0, 0),
        (40002, 'tcp', None, 'S0', 'ST' if 'T' in rows[2]['history'] else 'S', 2, 80, 0, 0, 0, 0),
        (40003, 'tcp', 'ssh', 'OTH', 'hAdD', 2, 100, 2, 112, 20, 32), (5000, 'udp', 'dns', 'SF', 'Dd', 1, 81, 1, 187, 33, 139),
        (5001, 'udp', 'dns', 'SF', 'Dd', 1, 80, 1, 80, 32, 32), (5002, 'udp', 'dns', 'S0', 'D', 1, 82, 0, 0, None, None),
        (6000, 'udp', None, 'SF', 'Dd', 1, 33, 1, 33, 5, 5), (8, 'icmp', None, 'OTH', None, 1, 32, 1, 32, 0, 0) if rows[8].get('orig_bytes') == 0 else pick(rows[8]),
        (40003, 'tcp', 'ssh', 'OTH', 'D', 1, 56, 0, 0, None, None)], [pick(r) for r in rows]
    assert rows[0]['local_orig'] is True and rows[0]['local_resp'] is False and rows[0]['missed_bytes'] == 0 and rows[0]['duration'] == .09
    assert rows[3]['uid'] == rows[9]['uid'] and len({r['uid'] for r in rows}) == 9, 'a uid is one conversation'
def dns():
    a, nx, lost = tsv('f.pcap', 'dns')
    assert (a['query'], a['qtype_name'], a['rcode_name'], a['rtt'], a['answers'], a['TTLs'], a['rejected']) == ('www.example.com', 'A', 'NOERROR', .02, ['web.example.com', '192.0.2.80', '192.0.2.81'], [60, 30, 30], False)
    assert (nx['rcode'], nx['rcode_name'], nx['rejected']) == (3, 'NXDOMAIN', True) and 'answers' not in nx
    assert lost['qtype_name'] == 'AAAA' and 'rcode' not in lost and 'rtt' not in lost
    assert a['uid'] == [r['uid'] for r in tsv('f.pcap', 'conn') if r['id.orig_p'] == 5000][0]
def http():
    a, b = tsv('f.pcap', 'http')
    assert (a['trans_depth'], a['method'], a['host'], a['uri'], a['version'], a['user_agent'], a['origin'], a['response_body_len'], a['status_code'], a['status_msg'], a['resp_mime_types']) == \
        (1, 'GET', 'www.example.com:80', '/a?b=1', '1.1', 'test/1', 'http://o.example', 5, 200, 'OK', ['text/plain'])
    assert (b['trans_depth'], b['request_body_len'], b['status_code'], b['info_code'], b['info_msg'], b['proxied']) == (2, 3, 404, 100, 'Continue', ['X-FORWARDED-FOR -> 10.9.9.9'])
def ssl():
    rows = tsv('tls.pcap', 'ssl') + tsv('x509af.pcap', 'ssl') + tsv('quic.pcap', 'ssl')
    assert rows and any('server_name' in r for r in rows) and all(r['ssl_history'] for r in rows), rows
globals()[sys.argv[1]]()
PY
check "header, types and columns of Zeek 6" python3 zeek.py headers
check "TSV and JSON say the same, for every log" python3 zeek.py same_as_json f.pcap dns.pcap http.pcap tls.pcap x509af.pcap quic.pcap mdns.pcap icmp.pcap sctp.pcap
for log in conn dns http ssl; do check "$log.log" python3 zeek.py $log; done

nwexport --flows -f zeek -o logs/ f.pcap
same "-o FOLDER/ has each log as a file, and nothing else" "$(ls -A logs | paste -sd ' ')" "conn.log dns.log http.log ssl.log"
same "a file is what --log writes" "$(cat logs/http.log)" "$(nwexport --flows -f zeek --log http f.pcap)"
nwexport --flows -f zeek -o 'day-%Y/' --utc f.pcap
same "conversions in the name of a folder" "$(ls -d day-*/ | wc -l) $(ls day-*/conn.log | wc -l)" "1 1"
nwexport --flows -f zeek -o logs/ /nonexistent.pcap 2>err
same "a run that fails leaves what was there" "$? $(ls -A logs | wc -l) $(grep -c '^#close' logs/conn.log)" "1 4 1"
cp logs/conn.log before; (ulimit -f 1; nwexport --flows -f zeek -o logs/ f.pcap f.pcap f.pcap f.pcap f.pcap 2>err)
same "neither does a full disk" "$(cmp before logs/conn.log && ls -A logs | wc -l)" 4
for folder in none/ 'none-%Y/'; do
	(ulimit -f 1; nwexport --flows -f zeek -o "$folder" f.pcap f.pcap f.pcap f.pcap f.pcap f.pcap 2>err; echo $? >status)
	same "a full disk: file and cure are named, nothing is left in $folder" \
		"$(cat status) $(grep -c 'none[-0-9]*/conn.log: File too large; make room or name another folder' err) $(ls -d none* 2>/dev/null)" "1 1 "
done
exit $FAILED
