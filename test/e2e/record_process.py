#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays the front to netwatchd's readers and bundlers, and makes captures for them.

 record_process.py capture OUT.pcap N [FIRST]     N packets, one a millisecond: UDP 10.0.a.b:1024+n%50 > 10.9.0.1:53, 1000 bytes
 record_process.py reader|bundler NWBOX DIR REQUEST [HOW]
        stdout: the stream; stderr: what the process told, and "exit N". HOW, after so many bytes of the stream:
        take:N    close the pipe        slow:N     wait a second, then go on      hang:N     close the socket, read nothing more
        status:N  print its rights, then close the socket                         kill:S     SIGKILL after S seconds
        then:TEXT a second message, a second after the first                      gone:S     close the socket after S seconds"""
import json, os, select, signal, socket, struct, subprocess, sys, time

T0 = 1700000000
GIVE_UP = 60 # seconds; then it is killed, which is an exit status of its own

def capture(path, count, first=0):
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for n in range(first, first + count):
            udp = struct.pack('!HHHH', 1024 + n % 50, 53, 8 + 958, 0) + bytes(958)
            source = bytes([10, 0, n // 250 % 250, n % 250])
            ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 1, 0x4000, 64, 17, 0) + source + bytes([10, 9, 0, 1])
            data = bytes(12) + b'\x08\x00' + ip + udp
            out.write(struct.pack('<IIII', T0 + n // 1000, n % 1000 * 1000, len(data), len(data)) + data)

def start(kind, nwbox, directory):
    ours, theirs = socket.socketpair()
    r, w = os.pipe()
    null = os.open('/dev/null', os.O_RDWR)
    wanted = [(null, 0), (w, 1), (theirs.fileno(), 3), (os.open(directory, os.O_RDONLY), 4), (null, 5)]
    pid = os.fork()
    if pid == 0:
        high = [(os.dup2(fd, 100 + to), to) for fd, to in wanted]
        for fd, to in high:
            os.dup2(fd, to, True)
        os.closerange(6, 200)
        os.execv(nwbox, ['netwatchd', kind, 'feedfeedfeed'])
    os.close(w)
    theirs.close()
    return pid, ours, r

def main():
    if sys.argv[1] == 'capture':
        return capture(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 0)
    kind, nwbox, directory, request = sys.argv[1:5]
    how, _, after = (sys.argv[5] if len(sys.argv) > 5 else ':').partition(':')
    pid, control, stream = start(kind, nwbox, directory)
    control.sendall(struct.pack('<I', len(request)) + request.encode())
    told, taken, since = b'', 0, time.monotonic()
    watched = [stream, control]
    while watched:
        ready, _, _ = select.select(watched, [], [], 0.05)
        if stream in ready:
            data = os.read(stream, 65536)
            if not data:
                watched.remove(stream)
            taken += len(data)
            sys.stdout.buffer.write(data)
        if control in ready:
            data = control.recv(65536)
            if not data:
                watched.remove(control)
            told += data
            while len(told) >= 4 and len(told) >= 4 + struct.unpack('<I', told[:4])[0]:
                n = struct.unpack('<I', told[:4])[0]
                print(told[4:4 + n].decode(), file=sys.stderr)
                told = told[4 + n:]
        if (how == 'kill' and time.monotonic() - since > float(after)) or time.monotonic() - since > GIVE_UP:
            os.kill(pid, signal.SIGKILL)
            how = ''
        elif how == 'then' and time.monotonic() - since > 1:
            control.sendall(struct.pack('<I', len(after)) + after.encode())
            how = ''
        elif how == 'gone' and time.monotonic() - since > float(after):
            control.close()
            watched = [stream]
            how = ''
        elif how in ('take', 'slow', 'hang', 'status') and taken > int(after):
            if how == 'take':
                os.close(stream)
                watched.remove(stream)
            elif how == 'slow':
                time.sleep(1)
            else:
                if how == 'status':
                    for line in open('/proc/%d/status' % pid):
                        if line.startswith(('CapEff', 'CapPrm', 'NoNewPrivs', 'Seccomp:')):
                            print(line.strip().replace('\t', ' '), file=sys.stderr)
                control.close()
                watched = []
            how = ''
    _, status = os.waitpid(pid, 0)
    print('exit', os.waitstatus_to_exitcode(status), file=sys.stderr)

main()
