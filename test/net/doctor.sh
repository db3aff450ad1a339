#!/bin/sh
# SPDX-License-Identifier: MIT
#
# --doctor: as text and as JSON, with rights and without, and what it says agrees with what happens. --drops: on a kernel
# without a drop monitor it says so.
. "$(dirname "$0")/../lib.sh"
need_net
need python3 setpriv
netns_pair

if nwcap --doctor 2>&1 | grep -q 'this build has no'; then
	skip "--doctor" "not in this build"
	exit 0
fi
in_b nwcap --doctor >"$TMP/text" 2>"$TMP/err"
same "with rights: exit status, nothing on standard error" "$? $(cat "$TMP/err")" "0 "
same "every line is ok, limited, missing or a cure" "$(grep -cvE '^(ok|limited|missing) +[a-z]|^ +cure: .' "$TMP/text")" 0
same "what is not ok has its cure" "$(awk '/^(limited|missing)/ { bad++ } /^ +cure:/ { cures++ } END { print bad - cures }' "$TMP/text")" 0
for word in kernel 'packet sockets' 'capability CAP_NET_RAW' 'sandbox landlock' 'bpf jit' "interface $VETH_B" 'drop monitor' owners disk limits; do
	same "says: $word" "$(grep -cE "^(ok|limited|missing) +$word" "$TMP/text" | sed 's/^[1-9][0-9]*$/1/')" 1
done
in_b ip link set "$VETH_B" down
same "an interface that is down, and its cure" "$(in_b nwcap --doctor | grep -A1 "interface $VETH_B" | sed 's/  */ /g' | cut -d, -f1 | tr '\n' '|')" \
	"limited interface $VETH_B down| cure: ip link set $VETH_B up|"
cat >"$TMP/check.py" <<'END'
import json, sys
d = json.load(sys.stdin)
bad = [c for c in d['checks'] if set(c) != {'status', 'check', 'object', 'detail', 'cure'} or c['status'] not in ('ok', 'limited', 'missing')]
print(d['can_capture'], len(d['checks']) > 12, len(bad), [c['status'] for c in d['checks'] if c['check'] == 'packet sockets'][0])
END
same "--doctor=json" "$(in_b nwcap --doctor=json | python3 "$TMP/check.py")" "True True 0 ok"
same "--doctor --output json is the same" "$(in_b nwcap --doctor --output json | python3 "$TMP/check.py")" "True True 0 ok"
err=$(nwcap --doctor=xml 2>&1); same "--doctor=xml is refused" "$?" 5
err=$(nwcap --output json 2>&1); same "--output alone is refused" "$?" 5
same "a place that is not there" "$(nwcap --doctor -w "$TMP/no/such/file" | grep -c '^missing *disk')" 1

cp "$NWBOX" "$TMP/bin/plain" && chmod 755 "$TMP" "$TMP/bin" "$TMP/bin/plain" && ln -s plain "$TMP/bin/p" 2>/dev/null
if out=$(in_b setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$TMP/bin/plain" nwcap --doctor 2>&1); then status=0; else status=$?; fi
case $out in
*setpriv*) skip "without rights" "$out" ;;
*)
	same "without rights: exit status" "$status" 7
	case $out in *"missing  packet sockets"*"cure: "*) ok "without rights: said, with the cure" ;; *) not_ok "without rights: said, with the cure" "$out" ;; esac
	err=$(in_b setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$TMP/bin/plain" nwcap -i lo -c 1 2>&1)
	same "without rights: a capture agrees" "$?" 7
	;;
esac

if nwcap --doctor | grep -q '^missing *drop monitor'; then
	err=$(nwcap --drops 2>&1 </dev/null)
	same "--drops without a drop monitor: exit status" "$?" 1
	case $err in *CONFIG_NET_DROP_MONITOR*modprobe*) ok "--drops: says what is missing" ;; *) not_ok "--drops: says what is missing" "$err" ;; esac
	err=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/bin/plain" nwcap --drops 2>&1 </dev/null)
	status=$?
	case $err in
	*setpriv*) skip "--drops without rights: exit status" "$err" ;;
	*) same "--drops without rights: exit status" "$status" 7 ;;
	esac
elif nwcap --doctor | grep -q '^ok *drop monitor'; then
	(sleep 1; python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", 9))') &
	nwcap --drops -c 1 -a duration:5 -w "$TMP/drops.pcapng" udp port 9 2>"$TMP/drops.err"
	same "--drops: a datagram for nobody" "$(tcpdump -r "$TMP/drops.pcapng" --count 2>/dev/null)" "1 packet"
fi
for bad in '-r x' '--threads 2 -w x' '--netns x' '-y RAW' '-w x.pcap'; do
	err=$(nwcap --drops $bad 2>&1); same "--drops $bad is refused" "$?" 5
done
