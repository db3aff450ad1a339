#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --objects: bodies of HTTP/1 as files. Names that lead nowhere else, chunks, gzip, limits, what is cut; tshark's objects.
#
#   CORPUS=DIR FOLLOW_ALL=1    every capture of the corpus that has HTTP instead of a sample
. "$(dirname "$0")/../lib.sh"
need python3
CORPUS=${CORPUS:-$TOP/../shared/corpus}
mkdir "$TMP/in" && cd "$TMP/in" || exit 1 # so that .. is ours, too

# http.py FILE CASE...: a connection for each case, as raw IPv4
cat >http.py <<'PY'
import gzip, struct, sys, zlib
def get(path, host='h.example'): return ('o', ('GET %s HTTP/1.1\r\nHost: %s\r\n\r\n' % (path, host)).encode('latin-1'))
def ok(body, *lines): return ('r', '\r\n'.join(('HTTP/1.1 200 OK',) + lines).encode() + b'\r\n\r\n' + body)
def sized(body, *lines): return ok(body, 'Content-Length: %d' % len(body), *lines)
def chunked(body, n, *lines):
    parts = [body[i:i + n] for i in range(0, len(body), n)]
    return ok(b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in parts) + b'0\r\n\r\n', 'Transfer-Encoding: chunked', *lines)
page, gz = b'<html>' + b'hello ' * 500 + b'</html>', 'Content-Encoding: gzip'
raw = zlib.compressobj(9, zlib.DEFLATED, -15)
deflated = raw.compress(page) + raw.flush()
evil = ['/../../../etc/passwd', '/%2e%2e%2f%2e%2e%2fx', '/.htaccess', '/a%00b%1b[31m', '/a/..', '/' + 'n' * 500 + '.bin', '/$(id);`id`&|<>.sh', '/']
cases = {
    'length': [get('/a/page.html?x=1#y'), sized(page)],
    'chunked': [get('/chunked.bin'), chunked(page, 100)],
    'gzip': [get('/z.html'), sized(gzip.compress(page), gz)],
    'gzip-chunked': [get('/zc.html'), chunked(gzip.compress(page), 7, gz)],
    'deflate': [get('/d1'), sized(zlib.compress(page), 'Content-Encoding: deflate'), get('/d2'), sized(deflated, 'Content-Encoding: deflate')],
    'not-gzip': [get('/plain.txt'), sized(page, gz)],
    'until-close': [get('/close.txt'), ok(page)],
    'none': [('o', b'HEAD /head HTTP/1.1\r\n\r\n'), ('r', b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'), get('/304'),
             ('r', b'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'), get('/204'), ('r', b'HTTP/1.1 204 No Content\r\n\r\n')],
    'pipeline': [('o', get('/p1')[1] + get('/p2')[1]), ('r', sized(b'one')[1] + sized(b'two')[1])],
    'post': [('o', b'POST /form HTTP/1.1\r\nHost: h.example\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n'),
             ('r', b'HTTP/1.1 100 Continue\r\n\r\n'), ('o', b'a=1&b=2'), sized(b'thanks', 'Content-Type: text/plain; charset=x')],
    'same': [x for i in range(12) for x in (get('/same.png'), sized(b'%d' % i))],
    'evil': [x for e in evil for x in (get(e, '../' + 'h' * 99), sized(b'evil'))],
    'cut': [get('/cut.html'), ok(page[:1000], 'Content-Length: 3013')],
    'gap': [get('/gap.html'), sized(page), None],
    'damaged': [get('/damaged.html'), sized(gzip.compress(page)[:20] + b'\xff' * 20, gz)],
    'bomb': [get('/bomb'), sized(gzip.compress(bytes(20 << 20)), gz)],
    'tiny-gzip': [get('/t1'), sized(b'abcd', gz), get('/t2'), sized(b'\x1f\x8b\x08\0', gz), get('/t3'), sized(b'x', gz), get('/t4'), sized(b'\x1f\x8b\x09\0' + page, gz),
                  get('/t5'), sized(gzip.compress(b''), gz)],
    'slow-not-gzip': [get('/slow'), ('r', b'HTTP/1.1 200 OK\r\nContent-Length: 3013\r\n' + gz.encode() + b'\r\n\r\n')] + [('r', page[i:i + 1]) for i in range(3)] + [('r', page[3:])],
    'chunk': [get('/chunk.html'), ok(b'fffffffffffffffff\r\nx', 'Transfer-Encoding: chunked')],
    'nothing': [get('/nothing.html'), ok(b'', 'Content-Length: 3013')],
    'all-gone': [get('/all.html'), ok(b'', 'Content-Length: 1000'), ('gap', 1000), get('/next'), sized(b'next')],
    'named': [get('/a.incomplete'), sized(b'a'), get('/b%2eincomplete'), sized(b'b'), get('/a.incomplete'), sized(b'c'), get('/incomplete'), sized(b'd')],
    'tunnel': [('o', b'CONNECT h:443 HTTP/1.1\r\n\r\n'), ok(b''), get('/inside'), sized(b'not seen')],
}
out, n = open(sys.argv[1], 'wb'), 0
out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
def send(port, who, seq, flags, data):
    global n
    a, b, p, q = (b'\n\0\0\1', b'\n\0\0\2', port, 80) if who == 'o' else (b'\n\0\0\2', b'\n\0\0\1', 80, port)
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 40 + len(data), n & 0xffff, 0, 64, 6, 0) + a + b + struct.pack('>HHIIBBHHH', p, q, seq, 0, 0x50, flags, 9, 0, 0) + data
    out.write(struct.pack('<IIII', 1700000000, n, len(ip), len(ip)) + ip)
    n += 1
for port, name in enumerate(sys.argv[2:], 2000):
    seq = {'o': 1, 'r': 1}
    for part in [p for p in cases[name] if p]:
        who, data = part
        if who == 'gap':
            seq['r'] += data
            continue
        for i in range(0, len(data), 1000):
            if not (cases[name][-1] is None and i == 1000): # that segment was not captured
                send(port, who, seq[who], 0x18, data[i:i + 1000])
            seq[who] += len(data[i:i + 1000])
    for who in 'or': send(port, who, seq[who], 0x11, b'')
PY
page='<html>'$(printf 'hello %.0s' $(seq 500))'</html>'
objects() { name=$1; shift; python3 http.py $name.pcap $name && nwexport --objects $name "$@" -f csv $name.pcap >$name.csv 2>$name.said; }

for c in length:h.example-page.html chunked:h.example-chunked.bin gzip:h.example-z.html gzip-chunked:h.example-zc.html \
	not-gzip:h.example-plain.txt until-close:h.example-close.txt deflate:h.example-d1 deflate:h.example-d2; do
	objects ${c%:*}
	same "${c%:*}: ${c#*:}" "$(cat ${c%:*}/${c#*:})" "$page"
done
objects none
same "HEAD, 304 and 204 have none" "$(wc -l <none.csv) $(ls none 2>&1 | grep -c 'No such')" "1 1"
objects pipeline
same "pipelined responses find their requests" "$(cat pipeline/h.example-p1 pipeline/h.example-p2)" onetwo
objects post
same "requests have bodies, too" "$(cat post/h.example-form.request post/h.example-form.txt)" "a=1&b=2thanks"
same "the rows" "$(cut -d, -f1,2,4- post.csv)" "frame,stream,kind,method,status,host,uri,content_type,content_encoding,wire_bytes,size,missing,complete,file
1,0,request,POST,,h.example,/form,,,7,7,0,yes,h.example-form.request
4,0,response,POST,200,h.example,/form,text/plain; charset=x,,6,6,0,yes,h.example-form.txt"
objects same
same "the same name again" "$(ls same | sort | tr '\n' ' ')$(cat 'same/h.example-same(12).png')" "$(for i in '(10)' '(11)' '(12)' '(2)' '(3)' '(4)' '(5)' \
	'(6)' '(7)' '(8)' '(9)' ''; do echo "h.example-same$i.png"; done | sort | tr '\n' ' ')11"
nwexport --objects same same.pcap >/dev/null 2>&1
same "files of another run stay" "$(ls same | wc -l)" 24
objects evil
same "names lead nowhere and are harmless" "$(ls -a evil | wc -l) $(ls -a evil | LC_ALL=C grep -c '[^-A-Za-z0-9+=@,._~()]') $(ls -d .h* ../x ../passwd x passwd 2>/dev/null)" "10 0 "
same "none is hidden, none too long" "$(find evil -name '.*' -type f | wc -l) $(ls evil | awk 'length > 130' | wc -l)" "0 0"
objects tunnel
same "CONNECT is a tunnel" "$(wc -l <tunnel.csv)" 1

# ---- what is not whole
objects cut
same "cut: keeps .incomplete" "$(ls cut) $(cut -d, -f14 cut.csv | tail -n 1) $(wc -c <cut/h.example-cut.html.incomplete)" "h.example-cut.html.incomplete cut 1000"
same "and it is said" "$(cat cut.said)" "nwexport: 1 objects are not whole: their files end with .incomplete"
objects gap
same "missing bytes" "$(ls gap) $(cut -d, -f13,14 gap.csv | tail -n 1)" "h.example-gap.html.incomplete 1000,missing bytes"
objects damaged
same "damaged gzip" "$(cut -d, -f14 damaged.csv | tail -n 1)" damaged
objects chunk
same "a chunk of 68 bits: no byte, yet a file and a row" "$(ls chunk) $(cut -d, -f12,14,15 chunk.csv | tail -n 1) $(cat chunk.said)" \
	"h.example-chunk.html.incomplete 0,cut,h.example-chunk.html.incomplete nwexport: 1 objects are not whole: their files end with .incomplete"
objects nothing
same "a header and no body likewise" "$(wc -c <nothing/h.example-nothing.html.incomplete) $(cut -d, -f11,12,14 nothing.csv | tail -n 1)" "0 0,0,cut"
objects all-gone
same "and one of which all is missing" "$(ls all-gone | paste -sd ' ') $(cut -d, -f13,14 all-gone.csv | tail -n 2 | paste -sd ' ')" \
	"h.example-all.html.incomplete h.example-next 1000,missing bytes 0,yes"
objects tiny-gzip
same "what never began to unpack is written as it came" "$(cat tiny-gzip/h.example-t1 tiny-gzip/h.example-t3) $(od -An -tx1 tiny-gzip/h.example-t2.incomplete) \
$(wc -c <tiny-gzip/h.example-t4.incomplete)" "abcdx  1f 8b 08 00 3017"
same "what is empty is no object" "$(cut -d, -f8,12,14 tiny-gzip.csv | sed 1d | paste -sd ' ')" "/t1,4,yes /t2,4,damaged /t3,1,yes /t4,3017,damaged"
objects slow-not-gzip
same "not gzip, byte by byte" "$(cat slow-not-gzip/h.example-slow)" "$page"
objects named
same "a name that ends like ours" "$(ls named | paste -sd ' ')" "h.example-a(2).incomplete_ h.example-a.incomplete_ h.example-b.incomplete_ h.example-incomplete"

# ---- limits
objects bomb
same "20 MB of zeros are within the default" "$(wc -c <bomb/h.example-bomb)" 20971520
rm -r bomb
python3 http.py bomb.pcap bomb length
nwexport --objects bomb,object:1M -f csv bomb.pcap >bomb.csv 2>bomb.said
same "a limit for one" "$(wc -c <bomb/h.example-bomb.incomplete) $(cut -d, -f14 bomb.csv | tr '\n' ' ')$(grep -c '1 objects were cut and 0 left out' bomb.said)" \
	"1048576 complete limit yes 1"
rm -r bomb
nwexport --objects bomb,all:1M,object:4G -f csv bomb.pcap >bomb.csv 2>bomb.said
same "and for all" "$(ls bomb) $(grep -c '1 objects were cut and 1 left out' bomb.said)" "h.example-bomb.incomplete 1"
fails() { name=$1 text=$2; shift 2; out=$("$@" 2>&1); same "$name" "$? $(printf %s "$out" | grep -c "$text")" "5 1"; }
fails "a wrong limit" "object:SIZE" nwexport --objects x,object:lots cut.pcap
fails "a limit that is none" "object:SIZE and all:SIZE; a folder of that name is ./x,foo:1k" nwexport --objects x,foo:1k cut.pcap
fails "likewise with a path" "is /x,foo:1k/" nwexport --objects /x,foo:1k cut.pcap
nwexport --objects ./y,foo:1k,all:1k cut.pcap >/dev/null 2>&1; nwexport --objects z,a:b/ cut.pcap >/dev/null 2>&1
same "unless it is said that it is a folder" "$(ls -d [xyz],* 2>/dev/null)" "y,foo:1k
z,a:b"
touch file
out=$(nwexport --objects file cut.pcap 2>&1)
same "no folder" "$? $out" "1 nwexport: file/: cannot open the folder: Not a directory"
ln -s /etc link
python3 http.py a.pcap length && nwexport --objects 'a,b' a.pcap >/dev/null
same "a comma in the folder's name" "$(ls 'a,b')" h.example-page.html
if [ -w /dev/full ]; then
	mkdir full && ln -s /dev/full full/h.example-page.html.incomplete
	nwexport --objects full a.pcap >/dev/null
	same "a link that lies in wait is not followed" "$(ls full | tr '\n' ' ')" "h.example-page(2).html h.example-page.html.incomplete "
fi
same "json, ndjson and the table say the same" "$(nwexport --objects j -f json a.pcap | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["file"])') \
$(nwexport --objects n -f ndjson a.pcap | python3 -c 'import json, sys; print(json.load(sys.stdin)["size"])') $(nwexport --objects t a.pcap | grep -c h.example-page.html)" \
	"h.example-page.html 3013 1"
for report in objects streams; do
	same "every key of --$report is in nwbox-json(5)" "$(nwexport --$report keys -f json post.pcap | python3 -c 'import json, re, sys
known = set(re.findall("[a-z_]+", open(sys.argv[1]).read()))
print(*{k for row in json.load(sys.stdin) for k in row} - known)' "$TOP/dist/man/nwbox-json.5")" ""
done

# ---- beside tshark, by content
if [ -d "$CORPUS/captures" ] && command -v tshark >/dev/null; then
	set -- "$CORPUS"/captures/PcapPlusPlus__tcp* "$CORPUS"/captures/dpkt* "$CORPUS"/captures/zeek__*http*
	[ -z "${FOLLOW_ALL:-}" ] || set -- "$CORPUS"/captures/* "$CORPUS"/derived/*
	if python3 "$TOP/test/corpus/objects_vs_tshark.py" "$NWBOX" "$@" >"$TMP/compared" 2>&1; then
		ok "as tshark: $(cat "$TMP/compared")"
	else
		not_ok "as tshark" "$(cat "$TMP/compared")"
	fi
else
	skip "as tshark" "no tshark, or no corpus at $CORPUS"
fi
