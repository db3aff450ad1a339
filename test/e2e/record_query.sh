#!/bin/sh
# SPDX-License-Identifier: MIT
#
# netwatchd reader and bundler, each alone with a record: what comes out of the pipe, what is told, what becomes of slow, gone and
# wrong askers, and what a bundle holds. And that an index never changes an answer, on the captures of the corpus.
. "$(dirname "$0")/../lib.sh"
[ -n "$("$NWBOX" --list | grep -w netwatchd)" ] || { skip record_query "netwatchd is not in this profile"; exit; }
need python3
RECORD=${NWBOX%/*}/test/bench/record
[ -x "$RECORD" ] || { skip record_query "no $RECORD (make tests)"; exit; }

ask() { python3 test/e2e/record_process.py reader "$NWBOX" "$DIR" "$@" 2>"$TMP/told"; }
told() { python3 -c 'import json, sys
for line in open(sys.argv[1]):
    if line.startswith("{"):
        m = json.loads(line)
        if m["type"] == sys.argv[2]: print(m.get(sys.argv[3], "absent"))' "$TMP/told" "$1" "$2"; }
count() { nwexport -r "$1" -f csv --fields frame.number | tail -n +2 | wc -l; }
stamps() { nwexport -r "$1" -T fields -e frame.time_epoch -e ip.src; }

DIR=$TMP/record
python3 test/e2e/record_process.py capture "$TMP/all.pcap" 6000
"$RECORD" write "$DIR" 1048576 <"$TMP/all.pcap" >/dev/null || { not_ok "a record is written" "see above"; exit; }

# ---- streams

ask '{"type":"open"}' >"$TMP/out.pcapng"
stamps "$TMP/all.pcap" >"$TMP/want"
check "everything, as it was recorded" sh -c "'$NWBOX' nwexport -r '$TMP/out.pcapng' -T fields -e frame.time_epoch -e ip.src | cmp - '$TMP/want'"
same "done counts the packets" "$(told done packets)" 6000
same "exit 0" "$(tail -n 1 "$TMP/told")" "exit 0"
same "done counts the bytes" "$(told done bytes)" "$(wc -c <"$TMP/out.pcapng")"

ask '{"type":"open","filter":"ip.addr == 10.0.3.7 and udp.port == 53"}' >"$TMP/out.pcapng"
same "one host" "$(stamps "$TMP/out.pcapng")" "$(grep -w 10.0.3.7 "$TMP/want")"
check "of few chunks" test "$(told started chunks_read)" -lt "$(told started chunks)"
same "no packet at all" "$(ask '{"type":"open","filter":"host 10.0.99.99"}' | nwexport -r - -f csv --fields frame.number 2>&1 | tail -n +2)" ""
check "hardly anything read for it" test "$(told started chunks_read)" -le 2

ask '{"type":"open","from":1700000002,"to":1700000002.999,"skip":100,"limit":50}' >"$TMP/out.pcapng"
same "time, skip, limit" "$(stamps "$TMP/out.pcapng")" "$(sed -n '2101,2150p' "$TMP/want")"
last=$(told done last)
ask "{\"type\":\"open\",\"after\":\"$last\",\"limit\":1}" >"$TMP/out.pcapng"
same "on behind the last" "$(stamps "$TMP/out.pcapng")" "$(sed -n '2151p' "$TMP/want")"
ask '{"type":"open","filter":"udp port 53 and src host 10.0.3.7","display":false}' >"$TMP/out.pcapng"
same "a capture filter" "$(stamps "$TMP/out.pcapng")" "$(grep -w 10.0.3.7 "$TMP/want")"

# ---- wrong questions: one clear answer each

wrong() { ask "$2" >"$TMP/out.pcapng"; same "$1" "$(told failed code) $(tail -n 1 "$TMP/told") $(wc -c <"$TMP/out.pcapng")" "invalid exit 5 0"; }
wrong "a filter that does not compile" '{"type":"open","filter":"ip.adr == 1"}'
case $(told failed message) in *ip.addr*) ok "its message names the nearest field" ;; *) not_ok "its message" "$(cat "$TMP/told")" ;; esac
wrong "a capture filter that does not" '{"type":"open","filter":"ip.addr == 1.2.3.4","display":false}'
wrong "another request" '{"type":"start"}'
wrong "no JSON" 'open the record'
wrong "a member of the wrong kind" '{"type":"open","limit":"many"}'
wrong "a time range from behind" '{"type":"open","from":5,"to":4}'
wrong "a bundle elsewhere" '{"type":"open","bundle":"../../x"}'
wrong "a place that is none" '{"type":"open","after":"x"}'

# ---- readers and fronts that do not do as expected

ask '{"type":"open"}' take:100000 >/dev/null
same "a reader that goes away: quietly" "$(tail -n 1 "$TMP/told")" "exit 0"
same "and no failure" "$(told failed code)" ""
ask '{"type":"open"}' slow:100000 >"$TMP/out.pcapng"
same "a slow reader gets everything" "$(count "$TMP/out.pcapng")" 6000
ask '{"type":"open"}' hang:1000 >/dev/null
same "a front that goes away while the pipe is full" "$(tail -n 1 "$TMP/told")" "exit 0"
ask '{"type":"open","follow":true}' status:1000000 >/dev/null
same "no rights" "$(grep -E '^(Cap|No|Sec)' "$TMP/told" | sort | tr '\n' ' ')" \
	"CapEff: 0000000000000000 CapPrm: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 "

# ---- following

DIR=$TMP/live
mkdir "$DIR"
python3 test/e2e/record_process.py reader "$NWBOX" "$DIR" '{"type":"open","follow":true,"limit":3000,"filter":"ip.addr == 10.9.0.1"}' \
	>"$TMP/live.pcapng" 2>"$TMP/live.told" &
follower=$!
head -c 2000000 "$TMP/all.pcap" >"$TMP/some.pcap"
"$RECORD" write "$DIR" 1048576 <"$TMP/some.pcap" >/dev/null 2>&1 # ends within a packet
python3 test/e2e/record_process.py capture "$TMP/more.pcap" 3000 5000
"$RECORD" write "$DIR" 1048576 <"$TMP/more.pcap" >/dev/null
wait $follower
same "following over two writers" "$(count "$TMP/live.pcapng")" 3000

# ---- damage

DIR=$TMP/damaged
cp -r "$TMP/record" "$DIR"
rm "$DIR/000002.idx"
dd if=/dev/zero of="$DIR/000002.pcapng" bs=1 seek=300000 count=100000 conv=notrunc 2>/dev/null
rm "$DIR/000003.pcapng" "$DIR/000003.idx"
ask '{"type":"open"}' >"$TMP/out.pcapng"
case $(told done damage) in *000002.pcapng*) ok "damage is told" ;; *) not_ok "damage is told" "$(cat "$TMP/told")" ;; esac
check "what is good is there" test "$(count "$TMP/out.pcapng")" -gt 4000

# ---- bundles

DIR=$TMP/record
freeze() { python3 test/e2e/record_process.py bundler "$NWBOX" "$DIR" "$@" 2>"$TMP/told"; }
request() { echo "{\"type\":\"freeze\",\"name\":\"$1\",\"from\":1700000001,\"to\":1700000002.9999,\"reason\":\"a test\",\"max_bundles\":2,
	\"events\":[{\"event_type\":\"alert\",\"data\":{\"rule\":\"r\"}},{\"event_type\":\"packet_loss\"}],\"settings\":{\"name\":\"s\"}}"; }
freeze "$(request first)"
same "a bundle is made" "$(told done name) $(told done packets) $(tail -n 1 "$TMP/told")" "first 2000 exit 0"
B=$DIR/bundles/first
same "its files" "$(cd "$B" && ls | tr '\n' ' ')" "bundle.json events.ndjson flows.csv packets.pcapng statistics.json summary.txt "
same "its packets" "$(stamps "$B/packets.pcapng")" "$(sed -n '1001,3000p' "$TMP/want")"
same "its events" "$(wc -l <"$B/events.ndjson")" 2
same "nothing went wrong" "$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["problems"], d["packets"], d["session"])' "$B/bundle.json")" \
	"[] 2000 feedfeedfeed"
same "statistics are JSON" "$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(*sorted(d), d["summary"]["capture"]["packets"])' "$B/statistics.json")" \
	"conversations endpoints protocols summary 2000"
check "flows" grep -q '10.9.0.1' "$B/flows.csv"
check "a summary for people" grep -q 'Packets: *2,000' "$B/summary.txt"
ask '{"type":"open","bundle":"first","filter":"host 10.0.4.1"}' >"$TMP/out.pcapng"
same "a bundle is read like a record" "$(stamps "$TMP/out.pcapng")" "$(sed -n '1001,3000p' "$TMP/want" | grep -w 10.0.4.1)"

freeze "$(request first)"
same "the same name again" "$(told failed code) $(tail -n 1 "$TMP/told")" "invalid exit 5"
freeze "$(request ../out)"
same "a name that leads elsewhere" "$(told failed code)" invalid
freeze "{\"type\":\"freeze\",\"name\":\"cut\",\"from\":1,\"to\":$(($(date +%s) + 60))}" kill:0.7
same "killed within: a part is left" "$(ls -A "$DIR/bundles" | tr '\n' ' ')" ".cut.part first "
freeze "$(request second)"
same "which the next removes" "$(ls -A "$DIR/bundles" | tr '\n' ' ')" "first second "
freeze "$(request third)"
same "the oldest goes" "$(ls -A "$DIR/bundles" | tr '\n' ' ')" "second third "
# 2.5 MiB for all: of the two that are there (more than 2 MB each) none can stay beside this one
limited() { request "$1" | sed 's/"settings":{/"room":2621440,&/'; }
problems() { python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["problems"])' "$DIR/bundles/$1/bundle.json"; }
room() { [ "$(find "$DIR/bundles" -type f -printf '%s\n' | awk '{ s += $1 } END { print s + 0 }')" -le 2621440 ]; }
freeze "$(limited fourth)"
same "bundles within their room: the oldest go" "$(ls -A "$DIR/bundles" | tr '\n' ' ')" "fourth "
check "and they do not take more" room
case $(problems fourth) in
*"begins "*" s later than asked for, bundles may take half of the session's room (limits.bytes)"*) ok "one too large for it begins later and says so" ;;
*) not_ok "one too large for it begins later and says so" "$(problems fourth)" ;;
esac
last_of() { stamps "$DIR/bundles/$1/packets.pcapng" | tail -n 1; }
same "and holds the packets next to the trigger" "$(last_of fourth)" "$(sed -n 3000p "$TMP/want")"
freeze "$(limited fifth | sed 's/"to"/"at":1700000002,&/')" 'then:{"type":"events","events":[]}'
check "with time on both sides of it: the trigger is there" grep -q "^$(sed -n 2001p "$TMP/want" | cut -f1)" <<-END
	$(stamps "$DIR/bundles/fifth/packets.pcapng")
END
check "and both have room" room
freeze "$(request sixth | sed 's/1700000001/1699999990/')"
case $(problems sixth) in
*"the record begins 10.000 s after the time wanted, nothing was recorded before"*) ok "a time before the record is said" ;;
*) not_ok "a time before the record is said" "$(problems sixth)" ;;
esac
events() { cut -c1-30 "$DIR/bundles/$1/events.ndjson" | tr '\n' ' '; }
freeze "$(request seventh | sed 's/"to"/"at":1700000002,&/')" 'then:{"type":"events","events":[{"event_type":"later"}]}'
same "events of after the trigger" "$(events seventh)" '{"event_type":"alert","data":{ {"event_type":"packet_loss"} {"event_type":"later"} '
same "and no problem" "$(problems seventh)" ""
freeze "$(request eighth | sed 's/"to"/"at":1700000002,&/')" gone:0.3
same "a front that goes away: a bundle all the same" "$(problems eighth)" "events.ndjson: ends at the trigger: the daemon went away"

# ---- an index never changes an answer

CORPUS=${CORPUS:-$TOP/../shared/corpus}
if [ -d "$CORPUS/captures" ]; then
	for f in "$CORPUS"/captures/*; do
		case $f in *.pcap | *.pcapng | *.cap) "$RECORD" write "$TMP/corpus" <"$f" >/dev/null 2>&1 ;; esac
	done
	check "random filters over the corpus: by index as without" "$RECORD" check "$TMP/corpus" 60 1
else
	skip "random filters over the corpus" "no captures in $CORPUS (set CORPUS)"
fi
