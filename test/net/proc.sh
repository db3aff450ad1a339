#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwcap --proc: who owns a connection, judged by clients that say who they are (test/net/owner.c), in two network namespaces:
# long-lived and short-lived processes, UDP, a listener, forked children, a control group as a container has it.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
nwcap -i lo --proc -r /dev/null 2>&1 | grep -q 'this build' && { skip proc "this build has no --proc"; exit 0; }
need_net
need nsenter gcc python3
netns_pair
HOME=$TMP
export HOME
gcc -O2 -o "$TMP/owner" test/net/owner.c || { not_ok "the clients build" "see above"; exit 1; }

# From outside, with --netns: so the helper starts where the process connector is. Threads that come and go meanwhile are events
# too, between the helper's question to the connector and the answer.
python3 -c '
import threading, time
end = time.monotonic() + 20
while time.monotonic() < end:
    thread = threading.Thread(target=int); thread.start(); thread.join()' &
STORM=$!
BACKGROUND="$BACKGROUND $STORM"
sleep 0.2
nwcap --netns "/run/netns/$NS_A" -i "$VETH_A" --proc -w "$TMP/a.pcapng" 2>"$TMP/nwcap.err" &
NWCAP=$!
BACKGROUND="$BACKGROUND $NWCAP"
nsenter --net="/run/netns/$NS_B" "$TMP/owner" server 7000 "$TMP/served" >"$TMP/server.out" 2>&1 &
SERVER=$!
BACKGROUND="$BACKGROUND $SERVER"
wait_for 10 grep -qE 'listening on|CONFIG_INET_DIAG' "$TMP/nwcap.err"
grep -q CONFIG_INET_DIAG "$TMP/nwcap.err" && { skip proc "this kernel does not tell of its sockets"; exit 0; }
wait_for 1 grep -q 'listening on' "$TMP/nwcap.err" || { not_ok "nwcap starts" "$(cat "$TMP/nwcap.err")"; exit 1; }
kill "$STORM"
wait_for 10 grep -q ready "$TMP/server.out" || { not_ok "the server starts" "$(cat "$TMP/server.out")"; exit 1; }

clients() { in_a "$TMP/owner" "$1" "$TMP/truth" "$2" 10.9.0.2 7000; }
clients long 40
clients child 40
clients connected 40
clients short 100
clients oneshot 100
clients loop 50
clients udploop 50

# IPv6, and IPv4 through a socket of IPv6
in_a python3 -c '
import socket, time
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); six.connect(("fd09::2", 7006)); six.send(b"x")
dual = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); dual.connect(("::ffff:10.9.0.2", 7000)); dual.send(b"x")
time.sleep(.3)' 2>"$TMP/six.err" || not_ok "IPv6 client" "$(cat "$TMP/six.err")"

# a container, as Docker with systemd names it
ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
GROUP=''
for mount in /sys/fs/cgroup/unified /sys/fs/cgroup; do
	[ -e "$mount/cgroup.procs" ] && mkdir -p "$mount/nwtest$$/docker-$ID.scope" 2>/dev/null && GROUP=$mount/nwtest$$ && break
done
[ -z "$GROUP" ] || sh -c "echo \$\$ >'$GROUP/docker-$ID.scope/cgroup.procs' && exec nsenter --net='/run/netns/$NS_A' '$TMP/owner' \
	long '$TMP/boxed' 5 10.9.0.2 7000" 2>"$TMP/group.err" || GROUP=''
sleep 0.3
helper=$(ps -o pid= --ppid "$NWCAP" | tr -d ' ')
caps=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$helper/status")
front=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$NWCAP/status")
kill -INT "$NWCAP"
STATUS=0
wait "$NWCAP" || STATUS=$?
kill "$SERVER"
[ -z "$GROUP" ] || { rmdir "$GROUP/docker-$ID.scope" "$GROUP" 2>/dev/null; }

same "ends well" "$STATUS $(sed -n 's/.* \(packets\) dropped by kernel/\1/p' "$TMP/nwcap.err")" "0 packets"
same "the process that sees packets has no capability" "$front" 0000000000000000
same "its helper has the three it needs and no other" "$(printf '%x' $((0x$caps & ~0x280004)))" 0
nwexport -r "$TMP/a.pcapng" -f ndjson -e ip.src -e ip.dst -e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport -e frame.comment \
	-e container.id -e tcp.flags.syn -e tcp.flags.ack -E occurrence=a >"$TMP/packets" 2>"$TMP/err" ||
	not_ok "fields" "$(cat "$TMP/err")"
python3 - "$TMP" "$(sed 's/ready //' "$TMP/server.out")" "$ID" >"$TMP/score" <<'EOF'
import collections, json, os, re, sys
tmp, server, container = sys.argv[1], int(sys.argv[2]), sys.argv[3]
comments = lambda v: v if isinstance(v, list) else [v] if v else []
form = re.compile(r"proc: \S+\[(\d+)\] end=(src|dst) match=(\w+)")
rank = {"exact": 3, "listener": 2, "guess": 1}
best, boxes, seen = {}, {}, {}
served = {int(port): int(pid) for _, _, port, pid in map(str.split, open(tmp + "/served"))}
for line in open(tmp + "/packets"):
    p = json.loads(line)
    ends = [(m[2], m[3], int(m[1])) for m in map(form.match, comments(p.get("frame.comment"))) if m]
    for proto in ("tcp", "udp"):
        if p.get("ip.src") == "10.9.0.1" and proto + ".srcport" in p:
            key = (proto, p[proto + ".srcport"])
            best.setdefault(key, (0, "none", 0))
            for end, match, pid in ends:
                if end == "src":
                    best[key] = max(best[key], (rank[match] + 3 * (pid > 0), match if pid else "nobody", pid))
                    if p.get("container.id"):
                        boxes[key] = p["container.id"]
    if p.get("ip.dst") == "10.9.0.2" and "tcp.srcport" in p:
        port = p["tcp.srcport"]
        seen[port] = seen.get(port, False) or any(e == "dst" and pid in (server, served.get(port)) for e, m, pid in ends)
for path in ("truth", "boxed"):
    kinds = collections.defaultdict(collections.Counter)
    for line in open(tmp + "/" + path) if os.path.exists(tmp + "/" + path) else []:
        kind, proto, port, pid = line.split()
        r, match, found = best.get((proto, int(port)), (0, "unseen", 0))
        k = kinds[kind]
        k["all"] += 1
        k[match] += found in (0, int(pid))
        k["right"] += found == int(pid)
        k["wrong"] += found > 0 and found != int(pid)
        k["boxed"] += boxes.get((proto, int(port))) == container
    for kind, k in kinds.items():
        print(path, kind, *(f"{n}={k[n]}" for n in ("all", "exact", "listener", "guess", "right", "wrong", "nobody", "none", "unseen", "boxed")))
print("server all", f"all={len(seen)}", f"right={sum(seen.values())}")
EOF
cat "$TMP/score" | sed 's/^/# /'
# share PATH KIND WORD...: percent of its connections
share()
{
	path=$1 kind=$2
	shift 2
	sed -n "s/^$path $kind //p" "$TMP/score" | tr ' ' '\n' | awk -F= -v words=" $* " '
		$1 == "all" { all = $2 } index(words, " " $1 " ") { sum += $2 } END { print all ? int(sum * 100 / all) : -1 }'
}
least() { if [ "$2" -ge "$3" ]; then ok "$1: $2 %"; else not_ok "$1" "$2 %, want $3; $(cat "$TMP/nwcap.err")"; fi; }
if grep -q 'process connector' "$TMP/nwcap.err"; then
	told='' enough=80
	skip "short-lived processes" "the kernel tells of no processes here; found: TCP $(share truth short right) %, UDP $(share truth oneshot right) %"
else
	told=1 enough=95
fi
least "processes that live 300 ms, exact and right" "$(share truth long exact)" $enough
least "children without a program of their own, exact and right" "$(share truth child exact)" $enough
least "the server of a connection, in another namespace, or its child" "$(share server all right)" $enough
if [ "$told" ]; then
	least "connected UDP, exact and right" "$(share truth connected exact)" 95
	least "processes that send one packet by TCP and end, right" "$(share truth short right)" 80
	least "processes that send one packet by UDP and end, right" "$(share truth oneshot right)" 80
	least "short connections of one process, right" "$(share truth loop right)" 80
	least "single packets of one process, right" "$(share truth udploop right)" 80
fi
wrong=$(awk '/^truth/ { for (i = 3; i <= NF; i++) { split($i, v, "="); s[v[1]] += v[2] } } END { print int(s["wrong"] * 100 / s["all"]) }' "$TMP/score")
if [ "$wrong" -le 5 ]; then ok "wrong ones: $wrong %"; else not_ok "wrong ones" "$wrong % of all, want at most 5"; fi
if [ "$GROUP" ]; then
	same "container: id of all" "$(share boxed long boxed)" 100
else
	skip "container" "no control group can be made here ($(cat "$TMP/group.err" 2>/dev/null))"
fi

found() { nwfilter -r "$TMP/a.pcapng" "$1 and proc.match == \"exact\" and proc.name == \"python3\"" -w - 2>/dev/null | nwfilter --count 2>/dev/null; }
same "IPv6" "$([ "$(found 'ipv6.src == fd09::1 and udp.dstport == 7006')" -ge 1 ] && echo found)" found
same "IPv4 of a socket of IPv6" "$([ "$(found 'ip.src == 10.9.0.1 and tcp.dstport == 7000')" -ge 2 ] && echo found)" found

# what others see
if command -v tshark >/dev/null; then
	ours=$(nwfilter -r "$TMP/a.pcapng" 'proc.name == "owner"' -w - | nwfilter --count 2>/dev/null)
	theirs=$(tshark -n -r "$TMP/a.pcapng" -Y 'frame.comment contains "proc: owner["' 2>"$TMP/tshark.err" | wc -l)
	same "tshark finds the same comments" "$theirs" "$ours"
	same "tshark has nothing to say against the file" "$(grep -vi 'running as user' "$TMP/tshark.err")" ""
fi
same "a copy keeps owners" "$(nwfilter -r "$TMP/a.pcapng" -w "$TMP/copy.pcapng" && nwexport -r "$TMP/copy.pcapng" -f csv -e proc.pid | cksum)" \
	"$(nwexport -r "$TMP/a.pcapng" -f csv -e proc.pid | cksum)"
same "in a line, when asked" "$(nwcap -r "$TMP/a.pcapng" -n -c 20 --proc 2>/dev/null | grep -m1 -c 'src=owner\[[0-9]*\]')" 1
same "not in a line otherwise" "$(nwcap -r "$TMP/a.pcapng" -n -c 20 2>/dev/null | grep -c 'owner')" 0
same "pcap has no place: exit status" "$(nwcap -i lo --proc -w "$TMP/x.pcap" 2>/dev/null; echo $?)" 5
same "a file has its owners already: exit status" "$(nwcap -r "$TMP/a.pcapng" --proc -w "$TMP/x.pcapng" 2>/dev/null; echo $?)" 5

# -z waits for its helper at the end, which waits for us: the other helper must not hold what ends it
if command -v timeout >/dev/null; then
	timeout 20 nwcap --proc -z true -i nonexist0 -w "$TMP/z.pcapng" 2>/dev/null
	same "--proc -z, when the capture cannot start: ends" "$?" 5
	mkdir "$TMP/z"
	timeout 20 nwcap --proc -z ls -i lo -G 1 -W 2 -w "$TMP/z/%s.pcapng" >"$TMP/z.out" 2>"$TMP/z.err"
	same "--proc -z with -G and -W: ends" "$?" 0
	same "--proc -z: the program had every file" "$(cat "$TMP/z.out")" "$(ls "$TMP"/z/*)"
fi

# without rights, with another user's, without the helper: less is found, and that is said
live_on_lo()
{
	name=$1
	shift
	"$@" -i lo --proc -l -n -c 6 tcp port 7411 >"$TMP/$name.out" 2>"$TMP/$name.err" &
	PID=$!
	BACKGROUND="$BACKGROUND $PID"
	wait_for 10 grep -q 'listening on' "$TMP/$name.err"
}
talk() { python3 -c '
import socket, time
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", 7411)); s.listen()
c = socket.create_connection(("127.0.0.1", 7411)); a, _ = s.accept(); c.send(b"x"); time.sleep(.2)'; }
if [ "$(id -u)" = 0 ] && [ -z "${NWBOX_USERNS:-}" ]; then
	chmod 755 "$TMP" "$TMP/bin"
	live_on_lo user nwcap -Z nobody
	helper=$(ps -o pid= --ppid "$PID" | tr -d ' ')
	same "-Z: the helper is that user too, and keeps no more" "$(awk '/^Uid/ { u = $2 } /^CapEff/ { c = $2 } END { print u, c }' \
		"/proc/$helper/status")" "$(id -u nobody) 0000000000280004"
	talk
	wait "$PID"
	same "-Z: finds another user's process" "$(grep -c 'src=python3.* dst=python3' "$TMP/user.out")" 6
	if command -v setpriv >/dev/null && [ -x "$NWBOX" ] && setpriv --reuid=65534 --clear-groups test -x "$NWBOX" 2>/dev/null; then
		live_on_lo poor setpriv --reuid=65534 --clear-groups --inh-caps=+net_raw,+net_admin --ambient-caps=+net_raw,+net_admin \
			"$NWBOX" nwcap
		talk
		wait "$PID"
		same "without rights: says which are missing" "$(grep -c 'CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH' "$TMP/poor.err")" 1
		same "without rights: packets come all the same" "$(grep -c 'src=' "$TMP/poor.out")" 6
	else
		skip "without rights" "the program cannot be run by others here"
	fi
	live_on_lo orphan nwcap
	kill -9 "$(ps -o pid= --ppid "$PID" | tr -d ' ')"
	talk
	wait "$PID"
	# what the capture filter leaves out is no question; nor is what -Y drops, unless -Y is about owners
	live_on_lo quiet nwcap -Y 'tcp.srcport == 1 or proc.name == "nobody"'
	woken() { awk '/^voluntary/ { print $2 }' "/proc/$PID/status"; }
	before=$(woken)
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(500)
for i in range(400):
	socket.create_connection(s.getsockname()).close(); time.sleep(.002)'
	asked=$(($(woken) - before))
	[ "$asked" -lt 150 ] && ok "connections outside the capture filter are not looked up" ||
		not_ok "connections outside the capture filter are not looked up" "nwcap woke $asked times"
	kill -INT "$PID"
	wait "$PID"
	live_on_lo dropped nwcap -Y 'tcp.srcport == 1'
	talk
	kill -INT "$PID"
	wait "$PID"
	same "packets that -Y drops are not looked up" "$(grep -c '^0 packets with an exact owner, 0 .* 0 with none' "$TMP/dropped.err")" 1
	live_on_lo mine nwcap -Y 'proc.name contains "python3" and tcp.flags.syn == 1'
	talk
	kill -INT "$PID"
	wait "$PID"
	same "-Y about owners" "$(grep -c 'src=python3' "$TMP/mine.out")" 2

	live_on_lo stopped nwcap
	helper=$(ps -o pid= --ppid "$PID" | tr -d ' ')
	kill -STOP "$helper"
	kill -INT "$PID"
	wait_for 10 sh -c '! kill -0 "$1" 2>/dev/null' - "$PID" && ok "a helper that does not end is not waited for" ||
		not_ok "a helper that does not end is not waited for" "after 10 s"
	kill -9 "$helper" 2>/dev/null
	same "without its helper: captures, and says so" "$(grep -c 'Flags' "$TMP/orphan.out") $(grep -c 'ended before its time' "$TMP/orphan.err")" "6 1"
else
	skip "rights" "needs root"
fi
