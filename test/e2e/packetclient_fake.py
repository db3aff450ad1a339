#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packetclient_fake.py SOCKET: a daemon for test/e2e/packetclient.sh that misbehaves when told to, by the filter of Open: "stall"
sends half of the packets and waits, "leave" sends half and ends the whole daemon. The record is 2000 UDP packets."""
import array, json, os, socket, struct, sys, threading, time

path, T0, COUNT = sys.argv[1], 1700000000, 2000

def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

def packet(n):
    udp = struct.pack(">HHHH", 1000 + n % 50, 53, 58, 0) + b"x" * 50
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 78, n & 0xffff, 0, 64, 17, 0, bytes([192, 0, 2, 1 + n % 5]), b"\xc0\0\2\x63")
    frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + udp
    ts = T0 * 1000000 + n * 1000
    return block(6, struct.pack("<IIIII", 0, ts >> 32, ts & 0xffffffff, len(frame), len(frame)) + frame)

HEAD = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 65535))
PACKETS = [packet(n) for n in range(COUNT)]

def session(id, name, state, **more):
    s = {"id": id, "name": name, "state": state, "interfaces": ["eth0"], "filter": "port 53", "storage": "disk", "created": T0,
         "started": T0, "duration": 8000, "packets": COUNT, "bytes": 12345678, "stored_bytes": 98765, "segments": 1, "first_packet": T0,
         "last_packet": T0 + 2, "received": COUNT, "dropped": 0, "interface_dropped": 0, "disk_dropped": 0, "lost": 0,
         "packets_per_second": 12.5, "bits_per_second": 1234567.0, "restarts": 0, "owner": "root"}
    return dict(s, **more)

SESSIONS = [session("a1b2c3d4e5f6", "uplink", "running", pid=4711), session("a7b2c3d4e5f6", "la\x1b[2Jn", "stopped", lost=7)]

class Refused(Exception):
    pass

def find(word):
    found = [s for s in SESSIONS if s["id"].startswith(word) or s["name"] == word]
    if not found:
        raise Refused("not_found", "%s: there is no such session" % word)
    if len(found) > 1:
        raise Refused("ambiguous", "%s: these begin so: %s" % (word, ", ".join(s["id"] for s in found)))
    return found[0]

def stream(m, r, w):
    some = PACKETS[m.get("skip", 0):][:m.get("limit", COUNT)]
    how = m.get("filter")
    try:
        with os.fdopen(w, "wb") as f:
            f.write(HEAD)
            for i, p in enumerate(some):
                if how and i == len(some) // 2:
                    f.write(p[:20]) # half a packet
                    f.flush()
                    time.sleep(0.3)
                    if how == "leave":
                        os._exit(0)
                    time.sleep(60)
                f.write(p)
    except BrokenPipeError:
        pass

def answer(c, m):
    t = m["type"]
    if t == "Ping": return "Success", "pong"
    if t == "Version": return "Data", {"version": "9.9", "profile": "full", "pid": os.getpid(), "protocol": 1}
    if t == "Status" and "session" not in m:
        return "Data", {"version": "9.9", "pid": os.getpid(), "started": T0, "uptime": 8000, "sessions": {"running": 1, "stopped": 1, "failed": 0},
                        "disk": {"used": 12300000000, "free": 5}, "warnings": ["red \x1b[31m"], "packets": 1234567}
    if t in ("Show", "Status", "Start", "Stop", "Restart"):
        s = find(m.get("session", "uplink"))
        if t == "Start" and m.get("filter") == "prot 80": raise Refused("invalid", "column 1: syntax error\nprot 80\n^")
        if t == "Start" and m.get("interfaces") == ["eth7"]: raise Refused("permission", "eth7: only operators may start sessions")
        if t == "Stop": s["state"] = "stopped"
        if t == "Start": s["state"] = "running"
        return "Data", dict(s, asked=m)
    if t == "List": return "Data", {"sessions": [s for s in SESSIONS if m.get("state", s["state"]) == s["state"]]}
    if t == "Health": return "Data", {"status": "failing", "checks": [{"name": "disk", "status": "failing", "message": "full"}]}
    if t == "Stats": return "Data", {"packets": 5, "bytes": 6, "packets_per_second": 1, "bits_per_second": 2, "history": [{"time": T0 + i, "packets": i, "bytes": i} for i in range(60)]}
    if t == "Delete": return "Success", "%s was removed" % find(m["session"])["id"]
    if t == "CheckFilter": return "Data", {"valid": m["filter"] != "prot 80", "message": "column 1: syntax error\nprot 80\n^" if m["filter"] == "prot 80" else ""}
    if t == "Logs": return "Data", {"logs": [{"time": T0, "level": "info", "text": "evil \x1b]0;x\x07", "session": "a1b2c3d4e5f6"}]}
    if t == "Events": return "Data", {"events": [{"type": "Event", "event_type": "daemon_started", "time": T0, "data": {"version": "9.9"}}]}
    if t == "Alerts": return "Data", {"alerts": [], "active": []}
    if t == "Interfaces": return "Data", {"interfaces": [{"name": "eth0", "up": True}, {"name": "eth1", "up": False}]}
    if t == "Profiles": return "Data", {"profiles": [{"name": "web", "interfaces": ["eth0"]}]}
    if t == "Bundles": return "Data", {"bundles": []}
    if t == "Reload": time.sleep(5); return "Success", "late"
    if t == "Subscribe":
        threading.Thread(target=events, args=(c,), daemon=True).start()
        return "Success", "subscribed"
    if t == "Open":
        s, (r, w) = find(m["session"]), os.pipe()
        threading.Thread(target=stream, args=(m, r, w), daemon=True).start()
        return "Data", {"session": s["id"], "format": "pcapng", "packets_at_most": COUNT, "bytes": COUNT * len(PACKETS[0]), "chunks": 2, "chunks_read": 1}, r
    raise Refused("unknown_type", "there is no operation %s" % t)

def events(c):
    for i in range(3):
        time.sleep(0.2)
        send(c, {"type": "Event", "event_type": "status_change", "time": time.time(), "session": "a1b2c3d4e5f6", "data": {"state": "s%d" % i}})
        send(c, {"type": "Event", "event_type": "log_line", "time": time.time(), "data": {"level": "error", "text": "line %d" % i}})

def send(c, o, fd=None):
    text = json.dumps(o).encode()
    message = struct.pack("<I", len(text)) + text
    if fd is None:
        c.sendall(message)
    else:
        c.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
        os.close(fd)

def take(c, n):
    data = b""
    while len(data) < n:
        more = c.recv(n - len(data))
        if not more:
            raise ConnectionResetError
        data += more
    return data

def serve(c):
    try:
        while True:
            m = json.loads(take(c, struct.unpack("<I", take(c, 4))[0]))
            try:
                kind, what, *fd = answer(c, m)
                send(c, {"id": m["id"], "type": kind, "data" if kind == "Data" else "message": what}, *fd)
            except Refused as e:
                send(c, {"id": m["id"], "type": "Error", "code": e.args[0], "message": e.args[1]})
    except (BrokenPipeError, ConnectionResetError):
        pass

s = socket.socket(socket.AF_UNIX)
try:
    os.unlink(path)
except FileNotFoundError:
    pass
s.bind(path)
s.listen(64)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
