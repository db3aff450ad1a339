#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --flows: records of conversations that are known (test/flows_capture.py), time-outs, the ceiling, what separates, a live
# pipe, ECS; and of every capture of the corpus, when it is there, the sums of packets and bytes that tshark counts.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
"$NWBOX" nwexport --help | grep -q -e --flows || { skip flows "not in this profile"; exit 0; }
need python3
python3 test/flows_capture.py "$TMP/f.pcap"
cd "$TMP" || exit 1
columns() { awk -F, -v list="$1" 'NR == 1 { n = split(list, want, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
	{ line = ""; for (i = 1; i <= n; i++) line = line (i > 1 ? " " : "") ($at[want[i]] == "" ? "-" : $at[want[i]]); print line }'; }

nwexport --flows f.pcap >f.csv
same "who, how much, how it ended" "$(columns "transport src sport dst dport src_packets dst_packets src_bytes dst_bytes state reason stream" <f.csv)" \
"tcp 10.1.0.2 40000 192.0.2.80 80 6 5 514 424 SF closed 0
tcp 10.1.0.2 40001 192.0.2.80 81 1 1 54 54 REJ closed 1
tcp 10.1.0.2 40002 192.0.2.80 82 2 0 108 0 S0 idle 2
tcp 10.1.0.2 40003 192.0.2.80 22 2 2 128 140 OTH idle 3
udp 2001:db8::2 5000 2001:db8::53 53 1 1 95 201 SF idle 0
udp 2001:db8::2 5001 2001:db8::53 53 1 1 94 94 SF idle 1
udp 2001:db8::2 5002 2001:db8::53 53 1 0 96 0 S0 idle 2
udp 10.1.0.2 6000 10.1.0.3 6000 1 1 51 51 SF idle 3
icmp 10.1.0.2 - 192.0.2.80 - 1 1 46 46 OTH idle 0
tcp 10.1.0.2 40003 192.0.2.80 22 1 0 70 0 OTH end 3"
same "flags, application, name, handshake, ICMP" "$(columns "src_flags dst_flags app name handshake icmp_type" <f.csv | sed -n '1p;2p;4p;5p;9p;10p')" \
"FSP. FSP. http www.example.com 0.010000000 -
S R. - - - -
P. SP. ssh - - -
- - dns www.example.com - -
- - - - - 8
P. - ssh - - -"
same "the answer to a SYN tells who began" "$(columns "src sport" <f.csv | sed -n 4p)" "10.1.0.2 40003"
same "without time-outs a conversation is one record" "$(nwexport --flows --flow-idle 0 f.pcap | columns "sport src_packets duration" | grep ^40003)" "40003 3 397.000000000"
same "--flow-idle" "$(nwexport --flows --flow-idle 500ms f.pcap | columns "sport src_packets" | grep -c ^40002)" 2
same "--flow-active" "$(nwexport --flows --flow-active 20ms -Y 'tcp.port == 80' f.pcap | columns "sport src_packets reason stream" | head -n 1)" "40000 3 active 0"
same "--separate vlan" "$(nwexport --flows --separate vlan f.pcap | columns "sport src vlan src_packets dst_packets" | grep ^6000)" \
"6000 10.1.0.2 7 1 0
6000 10.1.0.3 8 1 0"
same "--rtt: what was sent again" "$(nwexport --flows --rtt f.pcap | columns "src_rtt src_retransmissions" | sed -n 3p)" "- 1"
same "--rtt: a smoothed round trip is among those of the capture" "$(nwexport --flows --rtt f.pcap | columns src_rtt | sed -n 1p | awk '{ print ($1 > 0.004 && $1 < 0.021) }')" 1

# ---- the same records in every format
nwexport --flows -f json f.pcap >f.json; nwexport --flows -f ndjson f.pcap >f.ndjson
check "csv, json and ndjson say the same" python3 -c 'import csv, json
rows = list(csv.DictReader(open("f.csv"))); docs = json.load(open("f.json"))
assert docs == [json.loads(l) for l in open("f.ndjson")] and len(docs) == len(rows) == 10
for r, d in zip(rows, docs):
    for k, v in r.items():
        assert (k in d) == (v != ""), (k, v)
        assert v == "" or (str(d[k]) == v if isinstance(d[k], (str, int)) else abs(d[k] - float(v)) < 1e-6), (k, v, d[k])'
same "ndjson fits dist/flow.schema.json" "$(nwexport --flows --rtt --separate vlan,vni,interface -f ndjson f.pcap | python3 "$TOP/test/schema.py" "$TOP/dist/flow.schema.json" 2>&1)" 11
same "ECS fits its schema" "$(nwexport --flows --separate vlan --profile ecs f.pcap | python3 "$TOP/test/schema.py" "$TOP/dist/flow.schema.json#/\$defs/ecs" 2>&1)" 11
check "ECS as json is the same" python3 -c 'import json, subprocess
def out(*w): return subprocess.run(["nwexport", "--flows", "--profile", "ecs", *w, "f.pcap"], capture_output=True, check=True).stdout.decode()
assert json.loads(out("-f", "json")) == [json.loads(l) for l in out("-f", "ndjson").splitlines()]'
if python3 -c 'import jsonschema' 2>/dev/null; then
	check "a JSON Schema validator agrees" python3 -c 'import json, jsonschema, sys
v = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
v.check_schema(v.schema)
for l in open("f.ndjson"): v.validate(json.loads(l))' "$TOP/dist/flow.schema.json"
else
	skip "a JSON Schema validator agrees" "no jsonschema module for python3"
fi
nwexport --flows -f table f.pcap >f.txt
same "a table has a line for each" "$(grep -c '^2023-11-14\|^1[0-9]:' f.txt)" "$(grep -c . f.ndjson)"

# ---- outputs
nwexport --flows -o all.csv --append f.pcap; nwexport --flows -o all.csv --append f.pcap
same "--append has one header" "$(grep -c ^start all.csv) $(grep -c . all.csv)" "1 21"
nwexport --flows -o part.csv --split seconds:100 f.pcap
same "--split: every part has its own records" "$(cat part-0000*.csv | columns sport | grep -c 4000)" 5
for words in "--log dns" "--flows --log dns" "--ipfix domain=1 --flows" "--flows -f eve --append" "--rtt" "--flows -f ipfix --rtt" "--flows --stats conv" \
	"--flow-idle x --flows" "--flows -o udp://127.0.0.1:1" "--flows -f zeek -o z/ --split packets:5" "--flows -f ipfix -o udp://" "--flows -f ipfix -o udp://127.0.0.1:x" \
	"--flows -f ipfix -o udp://127.0.0.1:0" "--flows -f ipfix -o udp://[::1]:65536"; do
	nwexport $words f.pcap >out 2>err </dev/null
	same "refused with its reason: $words" "$? $(grep -c '^nwexport: ..*' err) $([ -s out ] && echo output)" "5 1 "
done
says() { text=$1; shift; out=$(nwexport "$@" f.pcap 2>&1 >/dev/null); same "$* says $text" "$? $(printf %s "$out" | grep -c -e "$text")" "5 1"; }
says "'x' is no port" --flows -f ipfix -o udp://127.0.0.1:x
says "Zeek has one header.*use one of csv, ndjson" --flows -f zeek -o x.log --append
says "last bracket; use one of csv, ndjson" --flows -f json -o x.json --append
if nwexport --help | grep -q -e --stats; then
	says "--flows and --stats conv: one run" --flows --stats conv
	says "--stats conv and --flows: one run" --stats conv --flows
	says "--streams: name a folder" --streams ''
	for words in "--stats conv" "--stats conv -f csv" "--summary -f html" "--objects x -f ndjson" "--streams x"; do
		says "a report stands for one run; give each a file" $words -o x.out --append
	done
fi
same "and nothing was made" "$(ls -d x x.* 2>/dev/null)" ""

# ---- the ceiling: what it took is said, nothing is lost
python3 "$TOP/test/flows_capture.py" many.pcap 5000
nwexport --flows --max-flows 1024 --flow-idle 0 many.pcap >many.csv 2>err
same "beyond --max-flows every record is written all the same" "$(columns src_packets <many.csv | awk '{ n += $1 } END { print NR, n }')" "5000 5000"
same "and it is said how many ended early" "$(grep -c 'conversations were ended before their time' err) $(columns reason <many.csv | grep -c evicted)" \
	"1 $(sed -n 's/^nwexport: \([0-9]*\) conversations.*/\1/p' err)"

# ---- a live pipe: a record leaves when its conversation is over, not at the end
mkfifo pipe
nwexport --flows --flow-idle 1s pipe >live.csv &
pid=$! BACKGROUND="$BACKGROUND $!"
exec 9>pipe
head -c 2000 f.pcap >&9
i=0; while [ $i -lt 50 ] && ! grep -q 40000 live.csv; do sleep 0.1; i=$((i + 1)); done
same "a record leaves while the source goes on" "$(grep -c ',40000,' live.csv)" 1
tail -c +2001 f.pcap >&9; exec 9>&-
wait $pid
same "and the others follow" "$(grep -c , live.csv)" 11

# ---- no capture makes it fail, cut at any length
head -c 400 f.pcap >cut.pcap; nwexport --flows cut.pcap >cut.csv 2>err
same "a cut capture: what is whole is counted" "$(columns src_packets <cut.csv)" 3

CORPUS=${CORPUS:-$TOP/../shared/corpus}
[ -f "$CORPUS/truth/conv.tsv.gz" ] || { skip "flows of the corpus" "no corpus at $CORPUS"; exit $FAILED; }
got=$(python3 "$TOP/test/corpus/flows_vs_truth.py" "$CORPUS" ${CORPUS_FULL:---no-tshark} 2>&1 | tail -n 1)
good=$(echo "$got" | sed -n 's/.* sums \([0-9]*\) of .*/\1/p') all=$(echo "$got" | sed -n 's/.* sums [0-9]* of \([0-9]*\) .*/\1/p')
if [ "${good:-0}" -ge 1081 ]; then ok "flows of the corpus ($good of $all conversations as tshark counts them)"; else not_ok "flows of the corpus" "$got"; fi
for f in "$CORPUS"/malformed/* "$CORPUS"/derived/*; do
	for format in csv eve zeek-json ipfix; do
		nwexport --flows -f $format "$f" >out 2>err </dev/null
		status=$?
		[ $status -le 7 ] || not_ok "no crash" "$f as $format: $status $(tail -n 3 err)"
	done
done
ok "no crash on broken captures"
exit $FAILED
