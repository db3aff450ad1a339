#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tasks of dist/cookbook.md, run word for word in a namespace with traffic of its own on eth0, and what each must show.
. "$(dirname "$0")/../lib.sh"
need python3
need_net
netns_pair

# Inside, the interface has the name that the book gives it.
in_a ip link set "$VETH_A" down
in_a ip link set "$VETH_A" name eth0
in_a ip link set eth0 up

cat >"$TMP/server.py" <<'END'
import http.server, socket, threading
class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/" else 404)
        self.end_headers()
        self.wfile.write(b"hello\n")
    def log_message(self, *a):
        pass
def names():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("10.9.0.2", 53))
    while True:
        q, who = s.recvfrom(512)
        s.sendto(q[:2] + b"\x81\x83" + q[4:], who)
def silent():
    s = socket.socket()
    s.bind(("10.9.0.2", 443))
    s.listen()
    while True:
        s.accept()[0].recv(4096)
threading.Thread(target=names, daemon=True).start()
threading.Thread(target=silent, daemon=True).start()
http.server.HTTPServer(("10.9.0.2", 80), Pages).serve_forever()
END
cat >"$TMP/client.py" <<'END'
import socket, ssl, time, urllib.request
end = time.time() + 120
while time.time() < end:
    q = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    q.settimeout(0.2)
    q.sendto(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x04test\x00\x00\x01\x00\x01", ("10.9.0.2", 53))
    for path in "/", "/missing":
        try:
            urllib.request.urlopen("http://10.9.0.2" + path, timeout=0.5).read()
        except Exception:
            pass
    context = ssl.create_default_context()
    try:
        context.wrap_socket(socket.create_connection(("10.9.0.2", 443), 0.2), server_hostname="shop.example.test")
    except Exception:
        pass
    try:
        q.recv(512)
    except Exception:
        pass
    time.sleep(0.05)
END
# no functions here: the pid must be that of the program itself
nsenter --net="/run/netns/$NS_B" python3 "$TMP/server.py" >/dev/null 2>&1 &
BACKGROUND="$BACKGROUND $!"
sleep 0.5
nsenter --net="/run/netns/$NS_A" python3 "$TMP/client.py" >/dev/null 2>&1 &
BACKGROUND="$BACKGROUND $!"
nsenter --net="/run/netns/$NS_A" ping -i 0.2 -c 500 10.9.0.2 >/dev/null 2>&1 &
PID=$!
BACKGROUND="$BACKGROUND $PID"
export PID

# Whoever starts a daemon here has it keep to this folder.
mkdir -p "$TMP/home/.packetclient" "$TMP/state" "$TMP/run"
HOME=$TMP/home NWBOX_SOCKET=$TMP/run/socket
export HOME NWBOX_SOCKET
printf 'state_dir: %s\nruntime_dir: %s\nuser: root\n' "$TMP/state" "$TMP/run" >"$TMP/netwatchd.yaml"
echo "daemon_config: $TMP/netwatchd.yaml" >"$HOME/.packetclient/config.yaml"

mkdir "$TMP/book"
in_a nwcap -q -i eth0 -c 200 -w "$TMP/book/day.pcapng" 2>"$TMP/err" || not_ok "a capture to work on" "$(cat "$TMP/err")"
(cd "$TMP/book" && nwfilter -r day.pcapng --range 1-50 -w a.pcapng && nwfilter -r day.pcapng --range 51- -F pcap -w b.pcap)
sh test/golden/hex2pcap.sh test/golden/vxlan/in.hex >"$TMP/book/tunnels.pcap" 2>"$TMP/err" || not_ok "tunnels.pcap" "$(cat "$TMP/err")"

# What the output of a task must hold: NUMBER EXPRESSION
cat >"$TMP/wanted" <<'END'
1 10\.9\.0\.2\.53: .*A\? www\.example\.test
2 ring\.pcap.*\.gz
3 limit: +96
4 ICMP echo (request|reply)
5 www\.example\.test
6 [1-9][0-9]* www\.example\.test
7 ,404$
8 shop\.example\.test.*t1[23]d
9 ^[0-9]+$
10 conversation.*10\.9\.0\.2
11 ^200$
12 ^$
13 piece.*3
14 ^$
15 IP6? [0-9a-f:.]+ > [0-9a-f:.]+
16 IP
17 [Rr]aw
18 day\.pcapng.*200
19 "@timestamp"
20 ^201 log\.csv
21 GET /
22 CAP_NET_RAW
23 010\.009\.000\.001
24 10\.9\.0\.2-[a-z]+
25 frame:eth:ip|eth +[0-9]
26 complete
27 ^Traffic over time
28 "reason":"
29 "uid":"C
30 uplink +running +eth0
31 minute\.pcapng
32 tcp.*10\.9\.0\.2
33 ICMP echo
34 the shop hangs
35 10\.9\.0\.2 +[0-9]
36 "name":"uplink"
END

awk -v out="$TMP/task" '/^## [0-9]+\./ { n = $2 + 0; title[n] = $0 } /^    / && n { print substr($0, 5) >(out "." n) }' dist/cookbook.md
same "the book has its tasks" "$(ls "$TMP"/task.* | wc -l | tr -d ' ')" "$(wc -l <"$TMP/wanted" | tr -d ' ')"
while read -r n expression; do
	title=$(sed -n "s/^## $n\. //p" dist/cookbook.md)
	(cd "$TMP/book" && in_a timeout 60 sh -e "$TMP/task.$n") >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
	if [ $status -ne 0 ]; then
		not_ok "$n. $title" "status $status: $(tail -n 3 "$TMP/err")"
	elif [ "$expression" = '^$' ] || grep -qE -- "$expression" "$TMP/out"; then
		ok "$n. $title"
	else
		not_ok "$n. $title" "nothing like '$expression' in: $(head -n 5 "$TMP/out") $(tail -n 2 "$TMP/err")"
	fi
done <"$TMP/wanted"
same "12. the quarter of an hour has everything" "$(nwfilter -r "$TMP/book/quarter.pcapng" -c)" 200
check "14. what is left once is not more" test "$(nwfilter -r "$TMP/book/once.pcapng" -c)" -le 200
packetclient --no-start shutdown >/dev/null 2>&1
