#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rules of a session: each kind is raised by traffic that the test makes, says what it is about, ends again, and one makes a bundle.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
netwatchd --version >/dev/null 2>&1 || { skip rules "not in this profile"; exit 0; }
need_net
need nsenter python3
netns_pair
NWBOX_SOCKET=$TMP/run/socket NWBOX_NO_START=1 HOME=$TMP
export NWBOX_SOCKET NWBOX_NO_START HOME
printf 'state_dir: %s\nruntime_dir: %s\nsocket: %s\n' "$TMP/state" "$TMP/run" "$NWBOX_SOCKET" >"$TMP/c.yaml"
cat >"$TMP/rules.yaml" <<'END'
rules:
  - { name: busy, kind: rate, above: 100, for: 1s, clear_after: 1s }
  - { name: heavy, kind: bandwidth, above: 1000000, clear_after: 1s }
  - { name: scans, kind: port_scan, above: 50, window: 10s, clear_after: 1s }
  - { name: strangers, kind: new_destination, for: 3s }
  - { kind: dns_failures, above: 5, action: freeze }
  - { kind: loss, above: 1000000 }
freeze: { before: 1m, after: 1s }
END
nsenter --net="/run/netns/$NS_A" netwatchd --config "$TMP/c.yaml" --foreground >"$TMP/daemon" 2>&1 &
DAEMON=$!
BACKGROUND="$BACKGROUND $DAEMON"
wait_for 10 packetclient ping >/dev/null 2>&1 || { not_ok "netwatchd starts" "$(cat "$TMP/daemon")"; exit 1; }
packetclient start --interface "$VETH_A" --name ruled --settings "$TMP/rules.yaml" --filter udp\ or\ tcp >"$TMP/out" 2>&1 ||
	{ not_ok "a session with rules starts" "$(cat "$TMP/out")"; exit 1; }

# alert RULE: its alert so far, as "value subject"
alert()
{
	packetclient alerts --json 2>/dev/null | python3 -c 'import json, sys
for e in json.load(sys.stdin)["alerts"]:
    d = e["data"]
    if e["event_type"] == sys.argv[2] and d["rule"] == sys.argv[1]:
        print(d["value"] > d["threshold"], d.get("subject", ""))' "$1" "${2:-alert}" | head -n 1
}
raised() { [ -n "$(alert "$@")" ]; }
send() { in_a python3 -c "
import socket, sys, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
$1"; }

send "udp.sendto(b'x', ('10.9.0.2', 9))"
sleep 4 # the destination that there is anyhow has been learnt
same "quiet: no alert" "$(packetclient alerts --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["alerts"]))')" 0

send "
for i in range(150):
    for k in range(8): udp.sendto(b'x' * 1000, ('10.9.0.2', 9))
    time.sleep(.02)"
check "rate: raised" wait_for 5 raised busy
check "bandwidth: raised" wait_for 5 raised heavy
check "rate: ends when it is quiet" wait_for 10 raised busy alert_cleared
check "bandwidth: ends likewise" wait_for 10 raised heavy alert_cleared

send "
for port in range(2000, 2100):
    s = socket.socket(); s.setblocking(False)
    s.connect_ex(('10.9.0.2', port)); s.close()"
wait_for 5 raised scans
same "port scan: raised, and who it is" "$(alert scans)" "True 10.9.0.1"
check "port scan: ends when its window has passed" wait_for 20 raised scans alert_cleared

same "known destination: no alert" "$(alert strangers)" ""
in_a ip neigh replace 10.9.0.77 lladdr 02:00:00:00:00:77 dev "$VETH_A"
send "udp.sendto(b'x', ('10.9.0.77', 9))"
wait_for 5 raised strangers
same "new destination: raised, and which" "$(alert strangers)" "True 10.9.0.77"

send "
udp.bind(('10.9.0.1', 53))
for i in range(10): udp.sendto(bytes([0, i, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1]), ('10.9.0.2', 3333))"
wait_for 5 raised dns_failures
same "DNS failures: raised, and which" "$(alert dns_failures | sed 's/ [0-9]*$//')" "True NXDOMAIN"
bundles() { packetclient bundles --json | grep -q '"reason":"rule dns_failures"'; }
check "its action makes a bundle" wait_for 15 bundles
same "a rule that nothing broke: no alert" "$(alert loss)" ""
check "health says that alerts hold" sh -c 'packetclient health; test $? -le 1'
kill -TERM "$DAEMON"
STATUS=0
wait "$DAEMON" || STATUS=$?
same "netwatchd ends" "$STATUS" 0
exit $FAILED
