#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --stats and --summary: each report of a small capture whose truth is known, in each format; bad input; bounds;
# what the page is for a browser and who attacks it.
. "$(dirname "$0")/../lib.sh"
need python3
export TZ=UTC
cd "$TMP" || exit 1

cat >make.py <<'PY'
"""A capture of known content: times are milliseconds from 1,700,000,000 s."""
import struct, sys

def ip4(text): return bytes(int(x) for x in text.split('.'))
def eth(payload, kind=0x800, src=b'\2\0\0\0\0\1', dst=b'\2\0\0\0\0\2'): return dst + src + struct.pack('>H', kind) + payload
def ip(src, dst, proto, payload):
    return struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0x4000, 64, proto, 0, ip4(src), ip4(dst)) + payload
def tcp(sport, dport, seq, ack, flags, data=b'', window=65000):
    return struct.pack('>HHIIBBHHH', sport, dport, seq, ack, 0x50, flags, window, 0, 0) + data
def udp(sport, dport, data): return struct.pack('>HHHH', sport, dport, 8 + len(data), 0) + data
def dns(id, flags, name, answer=b'', kind=1):
    q = b''.join(bytes([len(l)]) + l for l in name.split(b'.')) + struct.pack('>BHH', 0, kind, 1)
    return struct.pack('>HHHHHH', id, flags, 1, 1 if answer else 0, 0, 0) + q + answer
S, SA, A, PA, FA, R, RA = 2, 18, 16, 24, 17, 4, 20
C, D, N = '10.0.0.1', '10.0.0.2', '10.0.0.53'
packets = []
def add(ms, frame): packets.append((ms, frame))
def seg(ms, src, dst, *rest, **more): add(ms, eth(ip(src, dst, 6, tcp(*rest, **more))))

request = b'GET /a?b=c HTTP/1.1\r\nHost: <script>alert(1)</script>"\'&\r\n\r\n'
response = b'HTTP/1.1 404 Not <b>Found</b>\r\nContent-Length: 0\r\n\r\n'
# tcp.stream 0: SYN-ACK after 10 ms, ACK after 2 more, a request, its retransmission, the response after 50 ms, FIN
seg(0, C, D, 1000, 80, 100, 0, S)
seg(10, D, C, 80, 1000, 900, 101, SA)
seg(12, C, D, 1000, 80, 101, 901, A)
seg(20, C, D, 1000, 80, 101, 901, PA, request)
seg(320, C, D, 1000, 80, 101, 901, PA, request)
seg(370, D, C, 80, 1000, 901, 101 + len(request), PA, response)
seg(380, C, D, 1000, 80, 101 + len(request), 901 + len(response), FA)
# 1: refused after 1 ms; 2: never answered; 3: a mid-stream segment
seg(400, C, D, 1001, 81, 100, 0, S)
seg(401, D, C, 81, 1001, 0, 101, RA)
seg(410, C, D, 1002, 82, 100, 0, S)
seg(420, D, C, 9999, 1003, 5, 5, A)
# DNS: answered after 25 ms, no such name after 5 ms, asked twice and never answered
add(500, eth(ip(C, N, 17, udp(5000, 53, dns(1, 0x0100, b'good.example')))))
add(525, eth(ip(N, C, 17, udp(53, 5000, dns(1, 0x8180, b'good.example', b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4')))))
add(530, eth(ip(C, N, 17, udp(5001, 53, dns(2, 0x0100, b'bad.example', kind=28)))))
add(535, eth(ip(N, C, 17, udp(53, 5001, dns(2, 0x8183, b'bad.example', kind=28)))))
add(540, eth(ip(C, N, 17, udp(5002, 53, dns(3, 0x0100, b'lost.example')))))
add(1540, eth(ip(C, N, 17, udp(5002, 53, dns(3, 0x0100, b'lost.example')))))
# an ICMP error that quotes the last query; ARP
add(1600, eth(ip(N, C, 1, b'\3\3\0\0\0\0\0\0' + ip(C, N, 17, udp(5002, 53, dns(3, 0x0100, b'lost.example'))))))
add(4000, eth(struct.pack('>HHBBH', 1, 0x800, 6, 4, 1) + b'\2\0\0\0\0\1' + ip4(C) + bytes(6) + ip4(D), 0x806))

def pcap(name, list):
    with open(name, 'wb') as f:
        f.write(struct.pack('<IHHIIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for ms, data in list:
            f.write(struct.pack('<IIII', 1700000000 + ms // 1000, ms % 1000 * 1000, len(data), len(data)) + data)
pcap('known.pcap', packets)
pcap('empty.pcap', [])
pcap('one.pcap', packets[:1])
pcap('back.pcap', [(1000000 - ms, p) for ms, p in packets])
pcap('wide.pcap', [(0, packets[0][1]), (2**31 * 1000, packets[1][1])])
# simple packet blocks have no time
with open('untimed.pcapng', 'wb') as f:
    f.write(struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28) + struct.pack('<IIHHII', 1, 20, 1, 0, 65535, 20))
    for ms, data in packets:
        padded = data + bytes(-len(data) % 4)
        f.write(struct.pack('<III', 3, 16 + len(padded), len(data)) + padded + struct.pack('<I', 16 + len(padded)))
# the first and the last time that a pcapng can say
with open('extreme.pcapng', 'wb') as f:
    f.write(struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28) + struct.pack('<IIHHII', 1, 20, 1, 0, 65535, 20))
    for i, (ms, data) in enumerate(packets):
        padded, ts = data + bytes(-len(data) % 4), (2**64 - 1) * (i % 2) + i
        f.write(struct.pack('<IIIIIII', 6, 32 + len(padded), 0, ts >> 32 & 0xffffffff, ts & 0xffffffff, len(data), len(data)) + padded +
                struct.pack('<I', 32 + len(padded)))
# many conversations: a SYN each
pcap('many.pcap', [(i // 100, eth(ip('10.%d.%d.%d' % (i >> 16, i >> 8 & 255, i & 255), D, 6, tcp(1024, 80, 1, 0, S)))) for i in range(6000)])
PY
python3 make.py || exit 1

# json REPORT [EXPRESSION on x]
json() { report=$1 expr=$2 file=$3; nwexport --stats "$report" -f json "$file" 2>err | python3 -c "
import json, sys
x = json.load(sys.stdin)
print(($expr))" 2>&1; }

# ---- conversations
same "conv: ends, packets and bytes each way" "$(json conv,tcp '[(r["stream"], r["addr_a"], r["port_a"], r["addr_b"], r["port_b"], r["packets_a"], r["packets_b"]) for r in sorted(x, key=lambda r: r["stream"])]' known.pcap)" \
	"[(0, '10.0.0.1', 1000, '10.0.0.2', 80, 5, 2), (1, '10.0.0.1', 1001, '10.0.0.2', 81, 1, 1), (2, '10.0.0.1', 1002, '10.0.0.2', 82, 1, 0), (3, '10.0.0.2', 9999, '10.0.0.1', 1003, 1, 0)]"
same "conv: times" "$(json conv,tcp '[(r["first"], r["start"], r["duration"]) for r in x if r["stream"] < 2]' known.pcap)" \
	"[(1700000000.0, 0.0, 0.38), (1700000000.4, 0.4, 0.001)]"
same "conv: most bytes first" "$(json conv,tcp '[r["stream"] for r in x]' known.pcap)" "[0, 1, 2, 3]"
same "conv: rates are bits of each way per second" "$(json conv,tcp 'round(x[0]["bytes_a"] * 8 / .38, 3) == x[0]["bps_a"]' known.pcap)" True
same "conv: what an ICMP error quotes does not count" "$(json conv,udp '[r["packets"] for r in x if r["port_a"] == 5002]' known.pcap)" "[2]"
same "conv: without a layer TCP and UDP" "$(json conv '{k: len(v) for k, v in x.items()}' known.pcap)" "{'tcp': 4, 'udp': 3}"
same "conv,all: every layer" "$(json conv,all '{k: len(v) for k, v in x.items()}' known.pcap)" "{'eth': 1, 'ip': 2, 'ipv6': 0, 'tcp': 4, 'udp': 3}"
same "endpoints: sent and received" "$(json endpoints,ip 'sorted((r["addr"], r["packets_sent"], r["packets_received"]) for r in x)' known.pcap)" \
	"[('10.0.0.1', 11, 7), ('10.0.0.2', 4, 7), ('10.0.0.53', 3, 4)]"
same "endpoints,tcp: ports" "$(json endpoints,tcp '[(r["addr"], r["port"]) for r in x][:2]' known.pcap)" "[('10.0.0.1', 1000), ('10.0.0.2', 80)]"
same "--top" "$(nwexport --stats conv,tcp --top 2 -f csv known.pcap | cut -d, -f1)" "stream
0
1"
same "-Y: only what it leaves" "$(nwexport --stats conv,tcp -f csv -Y 'tcp.port == 81' known.pcap | cut -d, -f1-6)" "stream,addr_a,port_a,addr_b,port_b,packets
1,10.0.0.1,1001,10.0.0.2,81,2"

# ---- the others
same "hierarchy, nested" "$(json hierarchy '(x["protocol"], x["packets"], [(c["protocol"], c["packets"]) for c in x["children"][0]["children"]])' known.pcap)" \
	"('frame', 19, [('ip', 18), ('arp', 1)])"
same "hierarchy: paths and bytes" "$(nwexport --stats hierarchy -f csv known.pcap | grep -c '^frame:eth:ip:udp:dns,dns,4,6,')" 1
same "io: gaps are rows of zeros" "$(json io,1 '[(r["start"], r["packets"]) for r in x]' known.pcap)" "[(0.0, 16), (1.0, 2), (2.0, 0), (3.0, 0), (4.0, 1)]"
same "io: fractions of a second" "$(json io,500ms 'len(x), x[0]["packets"], x[1]["pps"]' known.pcap)" "(9, 11, 10.0)"
same "handshakes: each" "$(json handshakes '[(r["stream"], r["state"], r.get("syn_ack"), r.get("ack"), r.get("total")) for r in x["connections"]]' known.pcap)" \
	"[(0, 'complete', 0.01, 0.002, 0.012), (1, 'refused', None, None, None), (2, 'unanswered', None, None, None), (3, 'not seen', None, None, None)]"
same "handshakes: retransmissions and resets" "$(json handshakes '[(r["client_retransmissions"], r["server_retransmissions"], r["resets"]) for r in x["connections"]][:2]' known.pcap)" \
	"[(1, 0, 0), (0, 0, 1)]"
same "handshakes: all" "$(json handshakes '{k: v for k, v in x["all"].items() if k in ("connections", "complete", "refused", "unanswered", "not_seen", "total_median")}' known.pcap)" \
	"{'connections': 4, 'complete': 1, 'refused': 1, 'unanswered': 1, 'not_seen': 1, 'total_median': 0.012}"
same "dns: counts and times" "$(json dns '[x["dns"][k] for k in "queries responses repeated answered unanswered time_min time_max time_average".split()]' known.pcap)" \
	"[4, 2, 1, 2, 1, 0.005, 0.025, 0.015]"
same "dns: types, codes" "$(json dns '[(r["type"], r["queries"]) for r in x["types"]], [r["rcode"] for r in x["rcodes"]]' known.pcap)" \
	"([('A', 3), ('AAAA', 1)], ['No error', 'No such name'])"
same "dns: names" "$(json dns 'sorted((r["name"], r["queries"], r["failed"]) for r in x["names"])' known.pcap)" \
	"[('bad.example', 1, 1), ('good.example', 1, 0), ('lost.example', 2, 0)]"
same "dns: servers" "$(json dns 'x["servers"]' known.pcap)" "[{'server': '10.0.0.53', 'queries': 4, 'answered': 2, 'time_average': 0.015}]"
same "http: a response belongs to its request" "$(json http '[x["http"][k] for k in ("responses", "errors", "time_max")], x["statuses"][0]["status"], x["paths"][0]["path"], x["hosts"][0]["errors"]' known.pcap)" \
	"([1, 1, 0.35], '404 Not <b>Found</b>', '/a', 1)"

# ---- formats say the same
cat >formats.py <<'PY'
import csv, io, json, subprocess, sys
def out(report, form): return subprocess.run(['nwexport', '--stats', report, '-f', form, 'known.pcap'], capture_output=True, check=True).stdout.decode()
def text(v): return '' if v is None else str(v)
def number(t):
    try: return float(t)
    except ValueError: return {'true': True, 'false': False}.get(t, t)
for report in 'conv conv,tcp conv,all endpoints handshakes dns http io,1 expert'.split():
    x = json.loads(out(report, 'json'))
    want = [dict(r, table=k) for k, rows in x.items() for r in (rows if isinstance(rows, list) else [rows])] if isinstance(x, dict) else x
    assert [json.loads(l) for l in out(report, 'ndjson').splitlines()] == want, (report, 'ndjson')
    rows, keys = [], None
    for line in csv.reader(io.StringIO(out(report, 'csv'))):
        if not line: keys = None
        elif keys is None: keys = line
        else: rows.append({k: number(v) for k, v in zip(keys, line) if v != ''})
    want = [{k: number(text(v)) if not isinstance(v, bool) else v for k, v in r.items()} for r in want]
    rows = [{k: v.replace('\\\\', '\\') if isinstance(v, str) else v for k, v in r.items()} for r in rows]
    assert rows == want, (report, 'csv', rows, want)
    table = out(report, 'table')
    assert table and not table.startswith('\n') and '\033' not in table
PY
check "csv, json and ndjson say the same, tables are text" python3 formats.py

cat >keys.py <<'PY'
"""Every key is in nwbox-json(5)."""
import json, re, subprocess, sys
known = set(re.findall(r'[a-z][a-z0-9_]*', open(sys.argv[1]).read()))
def keys(x):
    for v in x if isinstance(x, list) else x.values() if isinstance(x, dict) else []: yield from keys(v)
    if isinstance(x, dict): yield from x
def out(*words): return json.loads(subprocess.run(['nwexport', *words, '-f', 'json', 'known.pcap'], capture_output=True, check=True).stdout)
for report in 'conv,all endpoints,all hierarchy io,1 handshakes expert dns http'.split():
    missing = {k for k in keys(out('--stats', report)) if k not in known and re.sub('_(min|median|p95|max|average)$', '', k) not in known}
    assert not missing - {'time'}, (report, missing)
missing = set(out('--summary')) - known
assert not missing, missing
PY
check "every key is documented" python3 keys.py "$TOP/dist/man/nwbox-json.5"

# ---- bad input
strange='(^|[^a-z])(nan|inf)([^a-z]|$)|-[0-9]{15}'
for file in empty one back untimed.pcapng extreme.pcapng; do
	case $file in *.*) ;; *) file=$file.pcap ;; esac
	for report in conv,all endpoints,all hierarchy io,1 handshakes expert dns http; do
		for format in table csv json ndjson; do
			if ! nwexport --stats $report -f $format $file >out 2>err; then
				not_ok "$file: $report $format" "$(cat err)"
			elif [ $format = json ] && ! python3 -c 'import json; json.load(open("out"))' 2>err; then
				not_ok "$file: $report json" "$(cat err)"
			elif grep -qE "$strange" out; then
				not_ok "$file: $report $format" "$(grep -E "$strange" out | head -n 1)"
			fi
		done
	done
	for format in text json html; do
		nwexport --summary -f $format $file >out 2>err || not_ok "$file: --summary $format" "$(cat err)"
		grep -qE "$strange" out && not_ok "$file: --summary $format" "$(grep -E "$strange" out | head -n 1)"
	done
done
ok "no packets, one, times that go backwards, none at all, centuries"
same "times that go backwards: starts are not negative" "$(json conv,tcp 'min(r["start"] for r in x), max(r["duration"] for r in x)' back.pcap)" "(3.58, 0.38)"
same "without times: counts, no times" "$(json conv,tcp 'x[0]["packets"], "start" in x[0]' untimed.pcapng)" "(7, False)"
same "io without times" "$(nwexport --stats io,1 -f csv untimed.pcapng 2>&1 >/dev/null)" "nwexport: 19 packets without a time are in no interval"
same "io: too many intervals become longer" "$(nwexport --stats io,1ms -f csv wide.pcap 2>&1 >out; awk 'END { print (NR > 2), (NR < 1048578) }' out)" \
	"nwexport: intervals are 2097 s long: there would be more than 1048576 of those asked for
1 1"
nwexport --stats conv,tcp --max-flows 2048 -f csv many.pcap >out 2>err
same "a ceiling: what is forgotten is said" "$(cat err) $(($(wc -l <out) - 1 + $(grep -o '[0-9]* of the earliest' err | cut -d' ' -f1)))" \
	"nwexport: tcp: $(grep -o '[0-9]* of the earliest' err | cut -d' ' -f1) of the earliest conversations are not in the report: more than 2048 are not kept (--max-flows) 6000"

refuses() { name=$1 want=$2; shift 2; out=$(nwexport "$@" known.pcap 2>&1 >/dev/null); rc=$?
	case $rc:$out in 5:*"$want"*) ok "$name" ;; *) not_ok "$name" "$rc: $out" ;; esac; }
refuses "an unknown report" "did you mean conv" --stats conf
refuses "an unknown layer" "there are eth, ip" --stats conv,icmp
refuses "io without seconds" "needs SECONDS" --stats io
refuses "io with no time" "expected how long" --stats io,soon
refuses "io of nothing" "expected how long" --stats io,0
refuses "an argument too many" "takes nothing" --stats dns,1
refuses "an unknown format" "no output format of conv" --stats conv -f yaml
refuses "--top without a table" "sorted" --stats io,1 --top 3
refuses "two reports" "one report" --stats conv --summary

# ---- the summary
same "summary: json is whole" "$(nwexport --summary -f json known.pcap | python3 -c '
import json, sys
x = json.load(sys.stdin)
print(x["capture"]["packets"], x["capture"]["tcp"], x["handshakes"]["complete"], x["tcp"]["retransmissions"], x["dns"]["unanswered"], x["http"]["errors"],
	sum(s["packets"] for s in x["timeline"]), sum(p["packets"] for p in x["protocols"]), x["talkers"][0]["addr"], len(x["interfaces"]))')" \
	"19 4 1 1 1 1 19 19 10.0.0.1 1"
nwexport --summary known.pcap >text
for section in Capture 'Traffic over time' Protocols 'Top talkers' 'Top conversations' 'TCP handshakes' 'TCP health' DNS HTTP 'Worst findings'; do
	grep -qx "$section" text || not_ok "summary: section $section" "it is not there"
done
same "summary: one line is the picture" "$(grep -c '█' text | awk '{ print ($1 > 3) }')" 1
nwexport --summary -f html known.pcap >page.html
cat >page.py <<'PY'
"""The page is well-formed, of known elements, with headings, labelled pictures and tables; nothing of the network is markup."""
import html.parser, re, sys
VOID = {'meta', 'line', 'path', 'br'}
KNOWN = VOID | set('html head title style body main h1 h2 section table thead tbody tr th td div span svg text details summary footer'.split())
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.stack, self.seen, self.text = [], {}, ''
    def handle_starttag(self, tag, attrs):
        assert tag in KNOWN, tag
        self.seen[tag] = self.seen.get(tag, 0) + 1
        attrs = dict(attrs)
        assert not [a for a in attrs if a.startswith('on') or a in ('src', 'href', 'action', 'srcset')], attrs
        assert tag != 'th' or attrs.get('scope') in ('col', 'row'), attrs
        assert tag != 'svg' or (attrs.get('role') == 'img' and attrs.get('aria-labelledby')), attrs
        if tag not in VOID: self.stack.append(tag)
    def handle_startendtag(self, tag, attrs): self.handle_starttag(tag, attrs); tag in VOID or self.stack.pop()
    def handle_endtag(self, tag):
        assert self.stack and self.stack.pop() == tag, (tag, self.stack)
    def handle_data(self, data): self.text += data
page = open('page.html', encoding='utf8').read()
p = Page()
p.feed(page)
p.close()
assert not p.stack, p.stack
assert p.seen['h1'] == 1 and p.seen['svg'] == 1 and p.seen['h2'] > 8 and p.seen['details'] == 1, p.seen
assert '<script' not in page and '<b>' not in page and 'http:' not in page and 'url(' not in page and '@import' not in page
assert '<script>alert(1)</script>"\'&' in p.text and '404 Not <b>Found</b>' in p.text
assert 'prefers-color-scheme:dark' in page and 'lang="en"' in page and "default-src 'none'" in page
# colours: text on its ground at least 4.5 to 1 (WCAG AA), in both schemes
def light(c):
    c = c[1:] if len(c) == 7 else ''.join(x * 2 for x in c[1:])
    v = [int(c[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    v = [x / 12.92 if x <= .03928 else ((x + .055) / 1.055) ** 2.4 for x in v]
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]
def contrast(a, b): a, b = sorted((light(a), light(b))); return (b + .05) / (a + .05)
for scheme in re.findall(r':root\{([^}]*)\}', page):
    c = dict(re.findall(r'--(\w+):(#\w+)', scheme))
    for text, ground, least in (('fg', 'bg', 7), ('muted', 'bg', 4.5), ('fg', 'head', 7), ('bar', 'bg', 3)):
        assert contrast(c[text], c[ground]) >= least, (scheme, text, ground, contrast(c[text], c[ground]))
PY
check "summary: the page is well-formed, accessible, alone, and what a packet says is no markup" python3 page.py
same "summary: the page holds no control characters" "$(tr -d '\n\t' <page.html | tr -d '[:print:]\200-\377' | wc -c)" 0

# ---- with the rest of nwexport
nwexport --stats io,1 -f csv -o io.csv.gz known.pcap && same "-o, compressed" "$(gzip -dc io.csv.gz | wc -l)" 6
nwexport --stats conv,tcp -f csv --split packets:10 -o part.csv known.pcap
same "--split: a report for each part" "$(cat part-00001.csv part-00002.csv | awk -F, '$1 != "stream" { n += $6 } END { print n }')" 11
same "a pipe" "$(cat known.pcap | nwexport --stats hierarchy -f csv | sed -n 's/^frame,frame,0,\([0-9]*\),.*/\1/p')" 19
for option in -x -S --nano "-t a"; do
	nwexport --stats io,1 $option known.pcap >/dev/null 2>says
	same "$option means nothing to a report" "$? $(grep -c "^nwexport: ${option%% *} is about packets" says)" "5 1"
done
same "--width cuts" "$(nwexport --stats hierarchy --width 40 known.pcap | sed 's/[^ -~]/x/g' | awk 'length > m { m = length } END { print (m <= 45) }')" 1
if command -v tshark >/dev/null; then
	tshark -n -q -r known.pcap -z conv,tcp 2>/dev/null | awk '/<->/ { print $1, $3 }' | sort >tshark.txt
	nwexport --stats conv,tcp -f csv --no-header known.pcap | awk -F, '{ print $2 ":" $3, $4 ":" $5 }' | sort >ours.txt
	tshark -n -q -r known.pcap -z conv,ip 2>/dev/null | awk '/<->/ { print $1, $3, $10 }' | sort >tshark_ip.txt
	nwexport --stats conv,ip -f csv --no-header known.pcap | awk -F, '{ print $1, $2, $3 }' | sort >ours_ip.txt
	same "as tshark -z conv,tcp" "$(cat ours.txt)" "$(cat tshark.txt)"
	same "as tshark -z conv,ip" "$(cat ours_ip.txt)" "$(cat tshark_ip.txt)"
else
	skip "as tshark -z conv" "tshark is not installed"
fi
exit $FAILED
