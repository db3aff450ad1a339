#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flows_capture.py OUT.pcap [N]: conversations whose records are known, for the tests of nwexport --flows.

 tcp 0  10.1.0.2:40000 > 192.0.2.80:80     HTTP: GET (200, 5 bytes), POST (100 Continue, then 404), closed by both
 tcp 1  10.1.0.2:40001 > 192.0.2.80:81     SYN, refused by RST
 tcp 2  10.1.0.2:40002 > 192.0.2.80:82     SYN twice, no answer
 tcp 3  192.0.2.80:22 > 10.1.0.2:40003     SSH banners, established, goes on; SYN+ACK seen first (its SYN is not in the capture)
 udp 0  [2001:db8::2]:5000 > [2001:db8::53]:53   www.example.com A: CNAME and two A; udp 1: nx.example.com, NXDOMAIN; udp 2: no answer
 icmp   10.1.0.2 > 192.0.2.80              echo request, answered
 vlan   udp 10.1.0.2:6000 > 10.1.0.3:6000 in VLAN 7 and, the same ends, in VLAN 8
 later  400 s: one more packet of the SSH conversation
with N: N conversations of one SYN each, a thousand a second."""
import struct, sys

packets = []

def csum(data):
    data += b'\0' * (len(data) % 2)
    s = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff

def ip4(a): return bytes(int(x) for x in a.split('.'))
def ip6(a):
    import socket
    return socket.inet_pton(socket.AF_INET6, a)

def frame(t, src, dst, proto, payload, vlan=None):
    v6 = ':' in src
    if v6:
        ip = struct.pack('!IHBB', 6 << 28, len(payload), proto, 64) + ip6(src) + ip6(dst)
    else:
        h = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0) + ip4(src) + ip4(dst)
        ip = h[:10] + struct.pack('!H', csum(h)) + h[12:]
    ether = struct.pack('!H', 0x86dd if v6 else 0x0800)
    if vlan: ether = struct.pack('!HH', 0x8100, vlan) + ether
    packets.append((t, b'\0\x53\0\0\0\2\0\x53\0\0\0\1' + ether + ip + payload))

class Tcp:
    def __init__(self, a, ap, b, bp): self.ends, self.seq = ((a, ap), (b, bp)), [1000, 5000]
    def send(self, t, side, flags, data=b''):
        (s, sp), (d, dp) = self.ends[side], self.ends[not side]
        ack = self.seq[not side] if flags & 0x10 else 0
        frame(t, s, d, 6, struct.pack('!HHIIBBHHH', sp, dp, self.seq[side], ack, 0x50, flags, 65535, 0, 0) + data)
        self.seq[side] += len(data) + (1 if flags & 3 else 0)
    def open(self, t, rtt=0.010):
        self.send(t, 0, 2); self.send(t + rtt / 2, 1, 0x12); self.send(t + rtt, 0, 0x10)

def udp(t, a, ap, b, bp, data, vlan=None): frame(t, a, b, 17, struct.pack('!HHHH', ap, bp, 8 + len(data), 0) + data, vlan)

def name(n): return b''.join(bytes([len(x)]) + x.encode() for x in n.split('.')) + b'\0'
def query(i, n, t=1): return struct.pack('!HHHHHH', i, 0x0100, 1, 0, 0, 0) + name(n) + struct.pack('!HH', t, 1)
def answer(i, n, flags, records):
    out = struct.pack('!HHHHHH', i, flags, 1, len(records), 0, 0) + name(n) + struct.pack('!HH', 1, 1)
    for owner, kind, ttl, data in records: out += name(owner) + struct.pack('!HHIH', kind, 1, ttl, len(data)) + data
    return out

if len(sys.argv) == 3:
    for i in range(int(sys.argv[2])):
        Tcp('10.%d.%d.%d' % (i >> 16 & 255, i >> 8 & 255, i & 255), 1024 + i % 60000, '192.0.2.80', 80).send(1700000000 + i / 1000, 0, 2)
else:
    T = 1700000000
    web = Tcp('10.1.0.2', 40000, '192.0.2.80', 80)
    web.open(T)
    web.send(T + .02, 0, 0x18, b'GET /a?b=1 HTTP/1.1\r\nHost: www.example.com:80\r\nUser-Agent: test/1\r\nOrigin: http://o.example\r\n\r\n')
    web.send(T + .03, 1, 0x18, b'HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello')
    web.send(T + .04, 0, 0x18, b'POST /form HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 3\r\nX-Forwarded-For: 10.9.9.9\r\n\r\nx=1')
    web.send(T + .05, 1, 0x18, b'HTTP/1.1 100 Continue\r\n\r\n')
    web.send(T + .06, 1, 0x18, b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    web.send(T + .07, 0, 0x11); web.send(T + .08, 1, 0x11); web.send(T + .09, 0, 0x10)
    no = Tcp('10.1.0.2', 40001, '192.0.2.80', 81); no.send(T + 1, 0, 2); no.send(T + 1.001, 1, 0x14)
    lost = Tcp('10.1.0.2', 40002, '192.0.2.80', 82); lost.send(T + 1.1, 0, 2); lost.seq[0] -= 1; lost.send(T + 2.1, 0, 2)
    ssh = Tcp('10.1.0.2', 40003, '192.0.2.80', 22); ssh.seq[0] += 1
    ssh.send(T + 3, 1, 0x12); ssh.send(T + 3.001, 0, 0x10)
    ssh.send(T + 3.01, 1, 0x18, b'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'); ssh.send(T + 3.02, 0, 0x18, b'SSH-2.0-client_1.0\r\n')
    a, b = '2001:db8::2', '2001:db8::53'
    udp(T + 4, a, 5000, b, 53, query(77, 'www.example.com'))
    udp(T + 4.02, b, 53, a, 5000, answer(77, 'www.example.com', 0x8180, [
        ('www.example.com', 5, 60, name('web.example.com')), ('web.example.com', 1, 30, ip4('192.0.2.80')), ('web.example.com', 1, 30, ip4('192.0.2.81'))]))
    udp(T + 4.1, a, 5001, b, 53, query(78, 'nx.example.com')); udp(T + 4.11, b, 53, a, 5001, answer(78, 'nx.example.com', 0x8183, []))
    udp(T + 4.2, a, 5002, b, 53, query(79, 'lost.example.com', 28))
    frame(T + 5, '10.1.0.2', '192.0.2.80', 1, struct.pack('!BBHHH', 8, 0, 0, 1, 1) + b'ping')
    frame(T + 5.01, '192.0.2.80', '10.1.0.2', 1, struct.pack('!BBHHH', 0, 0, 0, 1, 1) + b'ping')
    udp(T + 6, '10.1.0.2', 6000, '10.1.0.3', 6000, b'seven', 7); udp(T + 6.5, '10.1.0.3', 6000, '10.1.0.2', 6000, b'eight', 8)
    ssh.send(T + 400, 0, 0x18, b'\0\0\0\x0c\x0a\x15\0\0\0\0\0\0\0\0\0\0')
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for t, data in packets:
        f.write(struct.pack('<IIII', int(t), round(t % 1 * 1e6), len(data), len(data)) + data)
