#!/bin/sh
# SPDX-License-Identifier: MIT
#
# packetclient and netwatchd together, as a new user would type it: the example session, with traffic of a known number of packets,
# and each answer held against dist/netwatchd.schema.json.
. "$(dirname "$0")/../lib.sh"
"$NWBOX" --list | grep -q packetclient || { skip packetclient "not in this profile"; exit 0; }
need python3
need_net
netns_pair
in_a ip link set "$VETH_A" down
in_a ip link set "$VETH_A" name eth0
in_a ip link set eth0 up
sleep 0.2

mkdir -p "$TMP/home/.packetclient" "$TMP/state" "$TMP/run"
HOME=$TMP/home NWBOX_SOCKET=$TMP/run/socket TZ=UTC
export HOME NWBOX_SOCKET TZ
cat >"$TMP/netwatchd.yaml" <<END_CONFIG
state_dir: $TMP/state
runtime_dir: $TMP/run
user: root
profiles:
  - {name: web, interfaces: [eth0], filter: tcp port 443}
END_CONFIG
echo "daemon_config: $TMP/netwatchd.yaml" >"$HOME/.packetclient/config.yaml"
client() { in_a timeout 60 packetclient "$@"; }
# fits NAME DEFINITION COMMAND...: the JSON of its answer is one that the schema describes
fits()
{
	name=$1 definition=$2
	shift 2
	if out=$(client "$@" --json 2>&1) && out=$(echo "$out" | python3 test/schema.py "dist/netwatchd.schema.json#/\$defs/$definition" 2>&1)
	then ok "$name"; else not_ok "$name" "$out"; fi
}
# datagrams N: so many to port 7777 of the interface that is recorded
datagrams()
{
	in_b python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[1])):
    s.sendto(b"%05d" % i + b"x" * 100, ("10.9.0.1", 7777))
    if i % 50 == 49: time.sleep(0.005)' "$1"
}
recorded() { client show "$1" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["packets"])'; }
has() { [ "$(recorded "$1")" -ge "$2" ]; }

# ---- no daemon runs
client --no-start status >"$TMP/out" 2>&1
same "no daemon, and none is started" $? 4
client start --interface eth0 --filter "udp port 7777" --name uplink >"$TMP/out" 2>"$TMP/err"
same "start: a daemon is started, told in a line" "$? $(grep -c 'no daemon ran; started one' "$TMP/err") $(wc -l <"$TMP/err")" "0 1 1"
same "start: what was asked" "$(sed -n 's/^Filter: *//p; s/^Name: *//p; s/^State: *//p' "$TMP/out" | paste -sd , -)" "uplink,running,udp port 7777"
id=$(client sessions --output quiet)
short=$(echo "$id" | cut -c 1-4)

# ---- the example session
datagrams 500
wait_for 10 has uplink 500
same "every packet is recorded" "$(recorded "$short")" 500
same "packets ID --limit --filter" "$(client packets "$short" --limit 100 --filter udp --format csv | wc -l | tr -d ' ')" 101
same "packets: all" "$(client packets "$short" --format ndjson | wc -l | tr -d ' ')" 500
for format in pcapng pcap csv json; do
	check "export: $format" client export "$short" --format $format -o "$TMP/x.$format"
done
same "export: 500 in each" "$(for f in pcapng pcap; do nwfilter -r "$TMP/x.$f" -c; done | paste -sd ' ' -) $(wc -l <"$TMP/x.csv") $(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))))' "$TMP/x.json")" "500 500 501 500"
same "stats --session" "$(client stats --session uplink --output csv | sed -n 2p | cut -d , -f 1)" 500
same "top-talkers" "$(client top-talkers uplink --output csv | sed -n '2,$p' | cut -d , -f 1,2 | sort | paste -sd ' ' -)" "10.9.0.1,500 10.9.0.2,500"
client protocols uplink >"$TMP/out"
same "protocols" "$(awk '$1 == "udp" { print $2 }' "$TMP/out")" 500
same "a filter that nothing matches" "$(client packets uplink --filter tcp --format ndjson | wc -l | tr -d ' ')" 0
in_a timeout 60 packetclient tap uplink >"$TMP/tap.pcapng" 2>"$TMP/err" &
TAP=$!
BACKGROUND="$BACKGROUND $TAP"
sleep 1
datagrams 300
wait_for 10 has uplink 800
wait_for 10 sh -c "[ \"\$(nwfilter -r $TMP/tap.pcapng -c 2>/dev/null)\" -ge 300 ]"
client stop uplink >/dev/null
wait $TAP
same "tap: what came after it began, to the end of the session" "$? $(nwfilter -r "$TMP/tap.pcapng" -c)" "0 300"
same "stop" "$(client sessions --state stopped --output quiet)" "$id"
client start uplink >/dev/null
datagrams 10
wait_for 10 has uplink 810
same "start again: the record goes on" "$(recorded uplink)" 810
client capture --interface eth0 --filter 'udp port 7777' --packets 20 -o "$TMP/c.pcapng" >"$TMP/out" 2>"$TMP/err" &
CAPTURE=$!
BACKGROUND="$BACKGROUND $CAPTURE"
wait_for 10 grep -q records "$TMP/err"
sleep 0.5
datagrams 50
wait $CAPTURE
same "capture: ends by itself, its file is complete" "$? $(nwfilter -r "$TMP/c.pcapng" -c)" "0 20"
client capture --interface eth0 --duration 1 >"$TMP/out" 2>"$TMP/err"
same "capture --duration" "$? $(grep -c '^State: *stopped' "$TMP/out")" "0 1"
datagrams 5
client freeze uplink --before 10m --after 1s --wait >"$TMP/out" 2>"$TMP/err"
same "freeze --wait" $? 0
bundle=$(client bundles uplink --output quiet)
check "a bundle is there" test -n "$bundle"
check "packets of a bundle" client packets uplink --bundle "$bundle" --limit 5
client export uplink -o "$TMP/whole.pcapng" >/dev/null
(ulimit -f 64; client export uplink -o "$TMP/cut.pcapng") >"$TMP/out" 2>&1
same "export: a disk that is full" "$? $(grep -c 'goes on with it' "$TMP/out")" "1 1"
client export uplink -o "$TMP/cut.pcapng" --json >"$TMP/out" 2>"$TMP/err"
same "export: the same command goes on, to the same file" "$(grep -c resumed_at "$TMP/out") $(cmp "$TMP/cut.pcapng" "$TMP/whole.pcapng" && echo same)" "1 same"
client --json events | grep -q process_started && ok "events" || not_ok "events" "no process_started"

# ---- what programs get
fits "schema: status" status status
fits "schema: health" health health
fits "schema: version" version version
fits "schema: sessions" sessions sessions
fits "schema: show" session show uplink
fits "schema: stats" stats stats
fits "schema: stats of one" stats stats uplink
fits "schema: logs" logs logs
fits "schema: events" events events
fits "schema: alerts" alerts alerts
fits "schema: losses" losses losses uplink
fits "schema: bundles" bundles bundles
fits "schema: profiles" profiles profiles
fits "schema: interfaces" interfaces interfaces
fits "schema: ping" message ping
fits "schema: stop" session stop uplink
fits "schema: restart" session restart uplink
fits "schema: export" exported export uplink --no-resume -o "$TMP/y.pcapng"
in_a timeout -s INT 1 packetclient events --follow --json >"$TMP/out"
same "schema: each event of --follow" "$(python3 test/schema.py 'dist/netwatchd.schema.json#/$defs/event' <"$TMP/out" >"$TMP/err" 2>&1; echo $?)" 0
same "profiles" "$(client profiles --output quiet)" web
same "complete: names and ids" "$(client complete -- show '' | grep -cE "^uplink$|^$id$")" 2

# ---- mistakes
client start --interface nowhere >"$TMP/out" 2>&1
same "no such interface" "$? $(grep -c nowhere "$TMP/out")" "5 1"
client start --interface eth0 --filter 'prot 80' >"$TMP/out" 2>&1
same "a capture filter with its caret" "$? $(grep -c '\^' "$TMP/out")" "5 1"
client packets uplink --filter 'tcp.prot == 5' >"$TMP/out" 2>&1
same "a display filter with its caret" "$? $(grep -c '\^' "$TMP/out")" "5 1"
client check-filter --display 'tcp.port == ' >"$TMP/out" 2>&1
same "check-filter" $? 5
client delete uplink >"$TMP/out" 2>&1
same "delete: not while it runs" $? 1
check "delete --force" client delete uplink --force
client show uplink >"$TMP/out" 2>&1
same "and it is gone" $? 5
client start --interface eth0 --netns /dev/zero >"$TMP/out" 2>&1
same "a namespace that is none: not opened" "$? $(grep -c 'is not a network namespace' "$TMP/out")" "5 1"
mkfifo "$TMP/fifo"
client start --interface eth0 --netns "$TMP/fifo" >"$TMP/out" 2>&1
same "nor a FIFO, which would wait" "$? $(grep -c 'is not a network namespace' "$TMP/out")" "5 1"
if [ "$(awk '/MemTotal/ { print $2 }' /proc/meminfo)" -lt 134217728 ]; then
	client start -i a1 -i a2 -i a3 -i a4 -i a5 -i a6 -i a7 -i a8 --buffer 4G >"$TMP/out" 2>&1
	same "kernel rings: a quarter of the memory in all" "$? $(grep -c 'a quarter of the memory' "$TMP/out")" "1 1"
else
	skip "kernel rings" "this machine has room for them"
fi
client start --interface eth0 --name short >/dev/null
client freeze short --after 2d >"$TMP/out" 2>&1
same "a bundle holds a day at most" "$? $(grep -c 'out of range' "$TMP/out")" "5 1"
client freeze short --after 0s --wait >/dev/null 2>&1
check "bundles: their path" test -d "$(client bundles short --json | sed 's/.*"path":"\([^"]*\)".*/\1/')"
same "events: units of people" "$(client events short --kind bundle_finished | grep -cE 'bytes [0-9.]+ [kM]?B, path')" 1
client delete short --force >/dev/null
# as many again and again: nothing is left behind
daemon=$(client status --output quiet)
descriptors() { ls "/proc/$daemon/fd" | wc -l; }
begin=$(descriptors)
for i in 1 2 3 4 5 6 7 8 9 10; do
	client start --interface eth0 --name "again$i" >/dev/null && client delete "again$i" --force >/dev/null
done
same "ten sessions made and removed: no descriptor stays" "$(descriptors)" "$begin"
echo 'limts: 3' >>"$TMP/netwatchd.yaml"
client reload >"$TMP/out" 2>&1
same "reload of a wrong file: status 5, and where" "$? $(grep -c 'netwatchd.yaml:.*limts' "$TMP/out")" "5 1"
sed -i '$d' "$TMP/netwatchd.yaml"
client reload >"$TMP/out" 2>&1
same "reload: in force when it returns" "$? $(grep -c 'in force' "$TMP/out")" "0 1"
client --socket "$TMP/other/socket" status >"$TMP/out" 2>&1
same "none is started at a --socket; how is said" "$? $(grep -c 'start one: netwatchd --background --socket' "$TMP/out") $(test -e "$TMP/other"; echo $?)" "4 1 1"
check "shutdown" client shutdown
same "it has ended when the command returns" "$(sed -n 's/^State:[[:space:]]*\([RSD]\).*/\1/p' "/proc/$daemon/status" 2>/dev/null) $(test -e "$NWBOX_SOCKET"; echo $?)" " 1"
client --no-start ping >"$TMP/out" 2>&1
same "shutdown" $? 4
