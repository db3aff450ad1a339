#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The local socket of a real netwatchd: a client in another language, and everybody who does it wrong. Each wrong gets one
# clear answer, and another client is served in the meantime.
. "$(dirname "$0")/../lib.sh"
[ -n "$("$NWBOX" --list | grep -w netwatchd)" ] || { skip ipc "netwatchd is not in this profile"; exit; }
need python3
python3 -c 'import socket; socket.recv_fds' 2>/dev/null || { skip ipc "python3 is older than 3.9"; exit; }

SOCK=$TMP/s.sock
mkdir "$TMP/state" "$TMP/run"
printf 'socket: %s\nstate_dir: %s/state\nruntime_dir: %s/run\nmax_clients: 60\nclient_queue: 1M\n' \
	"$SOCK" "$TMP" "$TMP" >"$TMP/c.yaml"
netwatchd --config "$TMP/c.yaml" >"$TMP/log" 2>&1 &
DAEMON=$!
BACKGROUND=$DAEMON
ask() { python3 test/e2e/ipc_client.py "$SOCK" "$@" 2>&1; }
wait_for 10 ask Ping || { not_ok "netwatchd answers" "$(cat "$TMP/log")"; exit; }

# has NAME TEXT PATTERN: the text has it
has() { case $2 in *"$3"*) ok "$1" ;; *) not_ok "$1" "no <$3> in <$2>" ;; esac; }
field() { python3 -c 'import json, sys; v = json.load(sys.stdin)
for name in sys.argv[1:]: v = v[int(name) if isinstance(v, list) else name]
print(v)' "$@"; }

# ---- the client of 40 lines

lines=$(wc -l <test/e2e/ipc_client.py)
check "the client has at most 40 lines" test "$lines" -le 40
same "Ping" "$(ask Ping)" '{"id": 1, "type": "Success", "message": "pong"}'
same "Status has the daemon's process" "$(ask Status | field data pid)" "$DAEMON"
same "Version" "$(ask Version | field data version)" "$("$NWBOX" --version | sed 's/^[^0-9]*\([0-9.]*\).*/\1/;q')"
same "List of nothing" "$(ask List | field data sessions)" "[]"
same "Help lists what netwatchd lists" "$(netwatchd --list-operations | awk 'NR > 1 { print $1 }')" \
	"$(ask Help | python3 -c 'import json, sys
for o in json.load(sys.stdin)["data"]["operations"]: print(o["type"])')"
ask Subscribe events=StatusEvents count=1 >"$TMP/events" &
wait_for 5 sh -c "python3 test/e2e/ipc_client.py $SOCK Status | grep -q '\"subscribers\": 1'"
ask Reload >/dev/null
wait $!
same "an event comes to who subscribed" "$(tail -n 1 "$TMP/events" | field event_type)" configuration_reloaded

# ---- packets through a pipe that comes with its answer

cat >"$TMP/packets.py" <<'PY'
import sys, time
sys.path.insert(0, "test/e2e")
from ipc_client import *

socket.setdefaulttimeout(20)
client = Client(sys.argv[1])
started = client.call("Start", name="loop", interfaces=["lo"], filter="udp port 47113")
if started["type"] == "Error":
    print(f"skip packets through a pipe: {started['message']}")
    sys.exit()
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(300):
    sender.sendto(b"%d" % number, ("127.0.0.1", 47113))
until = time.monotonic() + 10
while client.call("Status", session="loop")["data"]["packets"] < 300 and time.monotonic() < until:
    time.sleep(0.05)

def packet_blocks(file):
    blocks, data, at = 0, file.read(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        blocks, at = blocks + (kind == 6), at + length
    return blocks

asked = [("limit", 10, 10), ("skip", 100, 200), ("filter", "udp.dstport == 47113", 300), ("filter", "tcp", 0),
         ("filter", "ip", 300)]
for id, (name, value, _) in enumerate(asked): # all at once
    text = json.dumps({"id": id, "type": "Open", "session": "loop", name: value}).encode()
    client.socket.sendall(struct.pack("<I", len(text)) + text)
answers = [client.receive() for _ in asked]
got = {}
for answer, pipe in zip(answers, client.pipes):
    got[answer["id"]] = packet_blocks(os.fdopen(pipe, "rb"))
want = {id: count for id, (_, _, count) in enumerate(asked)}
print("ok five pipes with their answers" if got == want else f"not ok five pipes with their answers: {got}, not {want}")
wrong = client.call("Open", session="loop", filter="ip.adr == 1.2.3.4")
good = wrong["type"] == "Error" and wrong["code"] == "invalid" and "ip.addr" in wrong["message"]
print("ok Open with a filter that does not compile" if good else f"not ok Open with a wrong filter: {wrong}")
print("ok Delete" if client.call("Delete", session="loop", force=True)["type"] == "Success" else "not ok Delete")
PY
python3 "$TMP/packets.py" "$SOCK" 2>"$TMP/err" || not_ok "packets through a pipe" "$(tail -n 1 "$TMP/err")"

# ---- requests that are wrong: one Error each, and the connection goes on

cat >"$TMP/wrong.py" <<'PY'
import sys
sys.path.insert(0, "test/e2e")
from ipc_client import *

socket.setdefaulttimeout(20)
cases = [
    (b'{"id":1,', "invalid", None), (b'[]', "invalid", None), (b'"Ping"', "invalid", None), (b'{}', "invalid", None),
    (b'\xff\xfe{}', "invalid", None), (b'{"id":2,"type":7}', "invalid", 2), (b'{"id":{},"type":"Ping"}', "invalid", None),
    (b'{"id":3,"type":"Show"}', "invalid", 3), (b'{"id":4,"type":"Show","session":5}', "invalid", 4),
    (b'{"id":5,"type":"Show","session":"nobody"}', "not_found", 5),
    (b'{"id":"x","type":"Stop","session":"nobody"}', "not_found", "x"),
    (b'{"id":6,"type":"Logs","limit":-1}', "invalid", 6), (b'{"id":7,"type":"Logs","level":"loud"}', "invalid", 7),
    (b'{"id":8,"type":"Statsu"}', "unknown_type", 8), (b'{"id":9,"type":"status"}', "unknown_type", 9),
    (b'{"id":10,"type":"Start","interfaces":["lo"],"filter":"tcp and and"}', "invalid", 10),
    (b'{"id":11,"type":"Start","profile":"none"}', "not_found", 11), (b'{"id":12,"id":13,"type":"Ping"}', "invalid", None),
    (b'[' * 100000, "invalid", None), (b'{"id":14,"type":"Subscribe","events":"Some"}', "invalid", 14),
]
other, client = Client(sys.argv[1]), Client(sys.argv[1])
for text, code, id in cases:
    client.socket.sendall(struct.pack("<I", len(text)) + text)
    answer = client.receive()
    name = "wrong request " + (text[:60].decode("ascii", "replace"))
    good = (answer["type"], answer["code"], answer.get("id")) == ("Error", code, id) and len(answer["message"]) > 10
    print(f"ok {name}" if good else f"not ok {name}: {answer}")
    assert other.call("Ping")["message"] == "pong"
same = client.call("CheckFilter", filter="tcp port 80 or")["data"]
print("ok a filter that does not compile" if not same["valid"] and "column" in same["message"] else f"not ok a filter: {same}")
same = client.call("CheckFilter", filter="ip.adr == 1.2.3.4", display=True)["data"]
good = not same["valid"] and "ip.addr" in same["message"]
print("ok a display filter that does not compile" if good else f"not ok a display filter: {same}")
PY
python3 "$TMP/wrong.py" "$SOCK" 2>"$TMP/err" || not_ok "requests that are wrong" "$(tail -n 1 "$TMP/err")"

# ---- connections that are wrong

cat >"$TMP/rude.py" <<'PY'
import sys, threading, time
sys.path.insert(0, "test/e2e")
from ipc_client import *

socket.setdefaulttimeout(20)
path, pid = sys.argv[1], sys.argv[2]
other = Client(path)

def report(name, good, why=""):
    served = other.call("Ping").get("message") == "pong"
    print(f"ok {name}" if good and served else f"not ok {name}: {why} (others are served: {served})")

def resident():
    return int(next(line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS")))

def last_words(client):
    said = []
    try:
        while True:
            said.append(client.receive())
    except (EOFError, ConnectionResetError):
        return said

# a length that lies
for lie, code in ((b"\0\0\0\0", "invalid"), (struct.pack("<I", (1 << 20) + 1), "limit"), (b"\xff\xff\xff\xff", "limit"),
                    (b'{"id":1,"type":"Ping"}\n', "limit"), (b"GET / HTTP/1.1\r\n\r\n", "limit")):
    client = Client(path)
    client.socket.sendall(lie + b"x" * 1000)
    said = last_words(client)
    report(f"a length that lies, {lie[:8]}", len(said) == 1 and said[0]["type"] == "Error" and said[0]["code"] == code, said)

# the largest that may be
client = Client(path)
text = json.dumps({"id": 1, "type": "Ping"}).encode()
client.socket.sendall(struct.pack("<I", 1 << 20) + text + b" " * ((1 << 20) - len(text)))
report("a request of 1 MiB", client.receive().get("message") == "pong")

# half a frame, and whole ones in single bytes
half, before = [Client(path) for _ in range(20)], resident()
for client in half:
    client.socket.sendall(struct.pack("<I", 1 << 20) + b'{"id":1')
report("twenty half frames", True)
report("... that claim 20 MiB cost none", resident() - before < 1024, resident() - before)
for client in half:
    client.socket.close()
client = Client(path)
for byte in struct.pack("<I", len(text)) + text:
    client.socket.sendall(byte.to_bytes(1, "little"))
report("a frame in single bytes", client.receive().get("message") == "pong")

# a flood
def flood(n):
    client = Client(path)
    frame = struct.pack("<I", len(text)) + text
    sender = threading.Thread(target=lambda: client.socket.sendall(frame * n))
    sender.start()
    good.append(sum(client.receive().get("message") == "pong" for _ in range(n)) == n)
    sender.join()

good, threads = [], [threading.Thread(target=flood, args=(2000,)) for _ in range(20)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    other.call("Status")
for thread in threads:
    thread.join()
report("a flood of 20 clients with 2000 requests each is answered", sum(good) == 20, good)

# more clients than there may be
many, refused = [], None
for _ in range(80):
    client = Client(path)
    many.append(client)
    try:
        answer = client.call("Ping")
    except (EOFError, BrokenPipeError, ConnectionResetError):
        answer = (last_words(client) or [{"type": "nothing"}])[-1]
    if answer["type"] != "Success":
        refused = answer
        break
report("a client too many", refused and refused.get("code") == "limit" and "max_clients" in refused["message"], refused)
for client in many:
    client.socket.close()

# one that asks and never reads
time.sleep(0.2)
client, before, sent = Client(path), resident(), 0
client.socket.setblocking(False)
help = json.dumps({"type": "Help"}).encode()
try:
    for sent in range(20000):
        client.socket.sendall(struct.pack("<I", len(help)) + help)
except BlockingIOError:
    pass
report("one that never reads is not read either", 0 < sent < 19999, sent)
report("... and costs no more than its queue", resident() - before < 4096, resident() - before)

# one that subscribes and never reads
deaf = Client(path)
deaf.call("Subscribe", events="AllEvents")
for _ in range(200):
    other.call("Reload")
report("one that subscribes and never reads", True)
PY
python3 "$TMP/rude.py" "$SOCK" "$DAEMON" 2>"$TMP/err" || not_ok "connections that are wrong" "$(tail -n 1 "$TMP/err")"

# ---- daemons that are wrong

long=$TMP/$(printf '%0120d' 0).sock
said=$(netwatchd --socket "$long" --state-dir "$TMP/other" --runtime-dir "$TMP/other-run" 2>&1)
same "a path that is too long: status" "$?" 5
has "... its length and the limit are told" "$said" "at most 107 bytes, this one has ${#long}: $long"
said=$(packetclient --socket "$long" status 2>&1)
same "... packetclient too" "$?" 5
has "... says the same" "$said" "at most 107 bytes"

said=$(netwatchd --socket "$SOCK" --state-dir "$TMP/other" --runtime-dir "$TMP/other-run" 2>&1)
check "a second daemon ends" test "$?" -ne 0
same "... and says who was first" "$said" "netwatchd: another netwatchd (pid $DAEMON) answers at $SOCK"
same "... who still answers" "$(ask Status | field data pid)" "$DAEMON"

said=$(netwatchd --socket "$TMP/second.sock" --state-dir "$TMP/state" --runtime-dir "$TMP/other-run" 2>&1)
check "a second daemon on the same state ends" test "$?" -ne 0
has "... and names it" "$said" "$TMP/state"

mkdir "$TMP/foreign"
echo "mine" >"$TMP/foreign/thesis.txt"
cp -r "$TMP/foreign" "$TMP/before"
chmod 777 "$TMP/foreign"
[ "$(id -u)" -ne 0 ] || chown 12345 "$TMP/foreign"
said=$(timeout 5 netwatchd --socket "$TMP/second.sock" --state-dir "$TMP/foreign" --runtime-dir "$TMP/other-run" 2>&1)
status=$?
check "a state folder that is not ours ends it" test "$status" -ne 0 -a "$status" -ne 124
has "... and is named" "$said" "$TMP/foreign"
same "... and is as it was" "$(diff -r "$TMP/foreign" "$TMP/before" && echo same)" same

echo >"$TMP/file"
said=$(netwatchd --socket "$TMP/file" --state-dir "$TMP/other" --runtime-dir "$TMP/other-run" 2>&1)
same "a file in the place of the socket: status" "$?" 5
has "... it is no socket" "$said" "$TMP/file exists and is no socket"
check "... and stays" test -f "$TMP/file"

said=$(packetclient --no-start --socket "$TMP/nobody.sock" status 2>&1)
same "no daemon: status" "$?" 4
has "... and how to start one" "$said" "netwatchd --background --socket $TMP/nobody.sock"

# ---- the end

kill -9 "$DAEMON"
wait "$DAEMON" 2>/dev/null
BACKGROUND=
check "a killed daemon leaves its socket" test -S "$SOCK"
netwatchd --config "$TMP/c.yaml" >"$TMP/log" 2>&1 &
DAEMON=$!
BACKGROUND=$DAEMON
check "the next one takes it over" wait_for 10 ask Ping
same "Shutdown is answered" "$(ask Shutdown | field type)" Success
wait "$DAEMON"
same "... and ends it with status" "$?" 0
BACKGROUND=
check "neither socket nor lock is left" test ! -e "$SOCK" -a ! -e "$SOCK.lock"
