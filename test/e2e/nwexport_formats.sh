#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The formats of nwexport beside the programs that read them: a YAML and a JSON parser, the schema of dist/, tshark -T ek,
# text2pcap, od, a C compiler; the table on a terminal.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
hex2pcap() { sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/$1/in.hex"; }
for name in dns tcp http tls vlan gre ipip dhcp arp icmp; do hex2pcap $name >"$TMP/$name.pcap"; done
cd "$TMP" || exit 1
captures="dns tcp http tls vlan gre ipip dhcp arp icmp"

# ---- objects: what parsers make of them is the same in every format
if command -v python3 >/dev/null; then
	cat >objects.py <<'PY'
import json, subprocess, sys
def out(*words): return subprocess.run(['nwexport', *words], capture_output=True, check=True).stdout.decode('utf-8')
def once(pairs):
    keys = [k for k, v in pairs]
    assert len(keys) == len(set(keys)), 'a key twice: %s' % [k for k in keys if keys.count(k) > 1]
    return dict(pairs)
def lines(text): return [json.loads(l, object_pairs_hook=once) for l in text.splitlines()]
for f in sys.argv[2:]:
    f += '.pcap'
    nested = lines(out('-f', 'ndjson', f))
    flat = lines(out('-f', 'ndjson', '--fields', 'all', f))
    rows = lines(out('-f', 'ndjson', '--fields', 'number,ip.src,dns.qry.name,info', '-E', 'occurrence=a', f))
    ecs = lines(out('-f', 'ndjson', '--profile', 'ecs', f))
    assert nested and len(nested) == len(flat) == len(rows) == len(ecs)
    for words, want in (((), nested), (('--fields', 'all'), flat), (('--fields', 'number,ip.src,dns.qry.name,info', '-E', 'occurrence=a'), rows),
                        (('--profile', 'ecs'), ecs)):
        assert json.loads(out('-f', 'json', *words, f)) == want, (f, words, 'json')
        if sys.argv[1] == 'yaml':
            import yaml
            assert yaml.load(out('-f', 'yaml', *words, f), getattr(yaml, 'CSafeLoader', yaml.SafeLoader)) == json.loads(json.dumps(want)), (f, words, 'yaml')
    # what stands in the layers is what the flat object has, value by value
    for n, a in zip(nested, flat):
        values = {}
        for layers in n['layers'].values():
            for layer in layers if isinstance(layers, list) else [layers]:
                for k, v in layer.items(): values.setdefault(k, []).extend(v if isinstance(v, list) else [v])
        assert {k: v[0] if len(v) == 1 else v for k, v in values.items()} == a, f
PY
	check "json, ndjson: no key twice, layers and flat object agree" python3 objects.py json $captures
	if python3 -c 'import yaml' 2>/dev/null; then
		check "yaml says what ndjson says" python3 objects.py yaml $captures
	else
		skip "yaml says what ndjson says" "no yaml module for python3"
	fi
	# The schema is checked by a small reader of its own, so that it needs no module: types, required, properties,
	# patternProperties, additionalProperties, items, oneOf, $ref, pattern.
	cat >schema.py <<'PY'
import json, re, subprocess, sys
schema = json.load(open(sys.argv[1]))
def is_type(v, t):
    return {'object': isinstance(v, dict), 'array': isinstance(v, list), 'string': isinstance(v, str), 'boolean': isinstance(v, bool),
            'integer': isinstance(v, int) and not isinstance(v, bool), 'number': isinstance(v, (int, float)) and not isinstance(v, bool)}[t]
def check(v, s, at):
    if s is True: return
    assert s is not False, (at, 'not allowed', v)
    if '$ref' in s:
        t = schema
        for part in s['$ref'][2:].split('/'): t = t[part]
        return check(v, t, at)
    if 'type' in s:
        types = s['type'] if isinstance(s['type'], list) else [s['type']]
        assert any(is_type(v, t) for t in types), (at, types, v)
    if 'pattern' in s and isinstance(v, str): assert re.search(s['pattern'], v), (at, s['pattern'], v)
    if 'minItems' in s and isinstance(v, list): assert len(v) >= s['minItems'], (at, v)
    if 'oneOf' in s or 'anyOf' in s:
        good = 0
        for alternative in s.get('oneOf') or s['anyOf']:
            try: check(v, alternative, at); good += 1
            except AssertionError: pass
        assert good == 1 or (good and 'anyOf' in s), (at, 'alternatives that fit: %d' % good, v)
    if isinstance(v, dict):
        for k in s.get('required', []): assert k in v, (at, 'lacks', k)
        for k, x in v.items():
            if k in s.get('properties', {}): check(x, s['properties'][k], at + '/' + k); continue
            for pattern, p in s.get('patternProperties', {}).items():
                if re.search(pattern, k): check(x, p, at + '/' + k); break
            else: check(x, s.get('additionalProperties', True), at + '/' + k)
    if isinstance(v, list) and 'items' in s:
        for i, x in enumerate(v): check(x, s['items'], '%s/%d' % (at, i))
known = {r['name'] for r in json.loads(subprocess.run(['nwexport', '--list-fields', '-f', 'json'], capture_output=True, check=True).stdout)}
n = 0
for f in sys.argv[2:]:
    for words in ((), ('--fields', 'all')):
        for line in subprocess.run(['nwexport', '-f', 'ndjson', *words, f + '.pcap'], capture_output=True, check=True).stdout.splitlines():
            doc = json.loads(line); check(doc, schema, ''); n += 1
            for layer, o in doc.get('layers', {'': doc}).items():
                assert not layer or layer in known, layer
                for one in o if isinstance(o, list) else [o]:
                    for key in one: assert key in known, key
assert n > 20
try: check({'layers': {'ip': {'ip.src': {}}}}, schema, '')
except AssertionError: pass
else: sys.exit('the schema takes anything')
PY
	check "every document fits dist/packet.schema.json, every key is a field" python3 schema.py "$TOP/dist/packet.schema.json" $captures
	if python3 -c 'import jsonschema' 2>/dev/null; then
		check "a JSON Schema validator agrees" python3 -c 'import json, jsonschema, subprocess, sys
v = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
v.check_schema(v.schema)
for f in sys.argv[2:]:
    for line in subprocess.run(["nwexport", "-f", "ndjson", f + ".pcap"], capture_output=True, check=True).stdout.splitlines(): v.validate(json.loads(line))' \
			"$TOP/dist/packet.schema.json" $captures
	else
		skip "a JSON Schema validator agrees" "no jsonschema module for python3"
	fi
else
	skip "objects" "python3 is not installed"
fi

# ---- ek beside tshark: the same index lines; each of our values is among tshark's, under the same names. Two fields
# differ by what is decoded, not by how it is written: frame.protocols (tshark's "data"), tcp.flags.res (a flag there).
if command -v python3 >/dev/null && command -v tshark >/dev/null; then
	cat >ek.py <<'PY'
import json, subprocess, sys
def run(*words): return subprocess.run(words, capture_output=True).stdout.decode('utf-8', 'replace').splitlines()
def gather(o, into):     # tshark repeats keys; subtrees are objects of their own
    for k, v in o:
        for x in v if isinstance(v, list) and not (v and isinstance(v[0], tuple)) else [v]:
            if isinstance(x, list): gather(x, into)
            else: into.setdefault(k, []).append(x)
    return into
same = other = missing = 0
for f in sys.argv[1:]:
    f += '.pcap'
    theirs, ours = run('tshark', '-n', '-r', f, '-T', 'ek'), run('nwexport', '-T', 'ek', f)
    assert len(theirs) == len(ours), (f, len(theirs), len(ours))
    for t, o in zip(theirs, ours):
        t, o = json.loads(t, object_pairs_hook=lambda p: p), json.loads(o)
        if 'index' in o:
            assert json.loads(json.dumps(o)) == {'index': dict(dict(t)['index'])}, (f, t, o)
            continue
        t = dict(t)
        assert o['timestamp'] == t['timestamp'], (f, o['timestamp'])
        theirs_by = gather(t['layers'], {})
        for layer in o['layers'].values():
            for one in layer if isinstance(layer, list) else [layer]:
                for k, v in one.items():
                    if k in ('frame_frame_protocols', 'tcp_tcp_flags_res'): continue
                    for x in v if isinstance(v, list) else [v]:
                        if k not in theirs_by: missing += 1
                        elif x in theirs_by[k] or x is True and None in theirs_by[k]: same += 1 # a mark has no value there
                        else:
                            other += 1
                            if '-v' in sys.argv: print(f, k, x, theirs_by[k], file=sys.stderr)
print(same, other, missing)
sys.exit(not same or other * 200 > same or missing * 15 > same)
PY
	check "ek: names and values are tshark's" python3 ek.py $captures
	same "ek with fields is tshark's, byte for byte" "$(nwexport -T ek -e ip.src -e dns.qry.name -e udp.port -e dns.flags.response -e frame.time_epoch -c 7 dns.pcap | cksum)" \
		"$(tshark -n -r dns.pcap -c 7 -T ek -e ip.src -e dns.qry.name -e udp.port -e dns.flags.response -e frame.time_epoch 2>/dev/null | cksum)"
else
	skip "ek beside tshark" "python3 or tshark is not installed"
fi

# ---- hex and c
if command -v text2pcap >/dev/null; then
	for name in $captures; do
		nwexport -f hex $name.pcap >$name.hex
		text2pcap -q -F pcap -t ISO -l "$(nwexport -f tsv --no-header --fields frame.linktype -c 1 $name.pcap)" $name.hex $name.again 2>stderr
		same "text2pcap makes the capture again: $name" "$(nwexport -f tsv --fields frame.time_epoch,frame.len $name.again | cksum) $(nwexport -f c $name.again | cksum)" \
			"$(nwexport -f tsv --fields frame.time_epoch,frame.len $name.pcap | cksum) $(nwexport -f c $name.pcap | cksum)"
	done
else
	skip "text2pcap makes the capture again" "text2pcap is not installed"
fi
same "hex is od's" "$(nwexport -f hex -c 1 dns.pcap | sed 1,2d | grep .)" "$(tail -c +41 dns.pcap | head -c 71 | od -A x -t x1 -v)"
if command -v gcc >/dev/null; then
	{ nwexport -f c http.pcap; echo 'int main(void) { return sizeof(pkt1) + pkt1[12] != 8 + sizeof(pkt1); }'; } >arrays.c
	check "c compiles, and holds the bytes" sh -c 'gcc -Wall -Wextra -Wno-unused-const-variable -Wno-unused-variable -Werror -o arrays arrays.c && ./arrays'
else
	skip "c compiles" "gcc is not installed"
fi

# ---- pcapng keeps what belongs to the whole capture
if command -v editcap >/dev/null && command -v python3 >/dev/null; then
	printf 'CLIENT_RANDOM 00 11\n' >keys
	editcap -F pcapng --inject-secrets tls,keys tls.pcap secrets.pcapng 2>/dev/null
	blocks() { python3 -c 'import struct, sys
d = open(sys.argv[1], "rb").read(); at = 0; kinds = []
while at < len(d):
    t, n = struct.unpack_from("<II", d, at); kinds.append(t); at += n
print(" ".join("%x" % k for k in kinds if k not in (1, 5, 6)))' "$1"; }
	nwexport -f pcapng -o kept.pcapng secrets.pcapng
	same "pcapng keeps decryption secrets" "$(blocks kept.pcapng)" "a0d0d0a a"
	nwexport -f pcapng -Y tls --split packets:1 -o part.pcapng secrets.pcapng
	same "each part has them" "$(blocks part-00002.pcapng) $(nwexport -f csv --no-header part-00002.pcapng | wc -l)" "a0d0d0a a 1"
else
	skip "pcapng keeps decryption secrets" "editcap or python3 is not installed"
fi

# ---- the table
same "a table lines up" "$(nwexport -f table --fields number,src,proto dns.pcap | sed -n '1p;3p')" "number  src         proto
     2  192.0.2.53  DNS"
if command -v script >/dev/null; then
	tty() { script -qec "stty cols $1; $2" /dev/null </dev/null 2>/dev/null | tr -d '\r'; }
	same "it fits the terminal" "$(tty 60 "NO_COLOR=1 '$TMP/bin/nwexport' -f table dns.pcap" | awk '{ gsub(/…/, "."); if (length($0) > w) w = length($0) } END { print w <= 60, NR }')" "1 11"
	same "what is cut says so" "$(tty 60 "NO_COLOR=1 '$TMP/bin/nwexport' -f table dns.pcap" | grep -c …)" 10
	check "colours on a terminal" sh -c "script -qec \"'$TMP/bin/nwexport' -f table dns.pcap\" /dev/null </dev/null | grep -q \"\$(printf '\\033')\""
	same "no colours with NO_COLOR" "$(tty 80 "NO_COLOR=1 '$TMP/bin/nwexport' -f table dns.pcap" | grep -c "$(printf '\033')")" 0
	same "columns on a terminal are a table" "$(tty 80 "NO_COLOR=1 '$TMP/bin/nwexport' --fields number,src -c 1 dns.pcap" | tail -n 1)" "     1  192.0.2.1"
else
	skip "the table on a terminal" "script is not installed"
fi
same "no colours into a pipe" "$(nwexport -f table dns.pcap | grep -c "$(printf '\033')")" 0
same "nothing is cut in a pipe" "$(nwexport -f table dns.pcap | grep -c …)" 0
mkfifo fifo
nwexport -f table fifo >live &
exec 9>fifo
cat dns.pcap >&9
check "a table does not wait for its hundredth row" wait_for 5 sh -c 'test "$(wc -l <live)" = 11'
exec 9>&-
wait

# ---- many fields, and quotes as tshark has them
fields=$(i=0; while [ $i -lt 300 ]; do printf ' -e ip.ttl'; i=$((i + 1)); done)
same "-e three hundred times" "$(nwexport -T fields $fields -c 1 dns.pcap | awk -F'\t' '{ print NF }')" 300
if command -v tshark >/dev/null; then
	for e in "header=y -E quote=d" "header=y -E quote=s -E separator=," "header=y -E quote=n -E aggregator=;" "quote=d -E occurrence=l" "header=n -E separator=/s"; do
		same "-E $e" "$(nwexport -T fields -e dns.qry.name -e udp.port -e ip.src -E $e -c 7 dns.pcap)" \
			"$(tshark -n -r dns.pcap -c 7 -T fields -e dns.qry.name -e udp.port -e ip.src -E $e 2>/dev/null)"
	done
else
	skip "-E beside tshark" "tshark is not installed"
fi
