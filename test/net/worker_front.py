# SPDX-License-Identifier: MIT
#
# The front's side of a worker, as netwatchd.h describes it, with nothing but Python's standard library. The tests of
# record_worker.sh import it: they start a worker without netwatchd, give it orders, and look at what it leaves behind.
import array, fcntl, glob, json, mmap, os, re, select, signal, socket, struct, subprocess, sys, time

SOL_PACKET, PACKET_STATISTICS = 263, 6
NWBOX, TMP = os.environ['NWBOX'], os.environ['TMP']
failed = False


def ok(name, good, why=''):
    global failed
    if good:
        print('ok', name, flush=True)
    else:
        failed = True
        print('not ok %s: %s' % (name, str(why).replace('\n', '|')[:400]), flush=True)
    return good


def same(name, got, want):
    return ok(name, got == want, 'got <%s>, want <%s>' % (got, want))


def wait_for(seconds, what):
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


class Closed(Exception):
    pass


class Worker:
    """A session's directory, its control socket and its worker."""
    count = 0

    def __init__(self, directory=None, netns=None):
        Worker.count += 1
        self.id = '%012x' % (os.getpid() << 8 | Worker.count)
        self.dir = directory or os.path.join(TMP, 'session' + self.id)
        os.makedirs(self.dir, mode=0o700, exist_ok=True)
        os.chmod(self.dir, 0o700)
        self.path = os.path.join(TMP, self.id + '.sock')
        self.peer, self.netns, self.events, self.logs, self.sockets = None, netns, [], [], []
        self.start()

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        os.chmod(self.path, 0o600)
        listener.listen(4)
        directory = os.open(self.dir, os.O_RDONLY | os.O_DIRECTORY)
        fds = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (listener.fileno(), directory)]

        def place():
            os.dup2(fds[0], 3)
            os.dup2(fds[1], 4)
            os.closerange(5, 256)
        self.err = open(os.path.join(TMP, self.id + '.err'), 'ab')
        # In a build with sanitizers the sandbox has no room for LeakSanitizer.
        self.process = subprocess.Popen(['netwatchd', 'worker', self.id], executable=NWBOX, preexec_fn=place,
                                        close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.err, env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
        self.pid = self.process.pid
        for fd in fds + [directory]:
            os.close(fd)
        listener.close()

    def connect(self):
        """As a new front does; returns the worker's hello."""
        self.peer = socket.socket(socket.AF_UNIX)
        self.peer.settimeout(10)
        self.peer.connect(self.path)
        self.data, self.sockets = b'', []
        hello = self.receive()
        self.page = mmap.mmap(self.fds.pop(0), 4096, mmap.MAP_SHARED, mmap.PROT_READ)
        self.sockets = [socket.socket(fileno=fd) for fd in self.fds]
        return hello

    def disconnect(self):
        self.peer.close()
        self.peer = None

    def send(self, **message):
        text = json.dumps(message).encode()
        self.peer.sendall(struct.pack('<I', len(text)) + text)

    def receive(self, timeout=10):
        self.fds = []
        self.peer.settimeout(timeout)
        while len(self.data) < 4 or len(self.data) < 4 + struct.unpack('<I', self.data[:4])[0]:
            more, fds, _, _ = socket.recv_fds(self.peer, 65536, 16)
            if not more:
                raise Closed()
            self.data += more
            self.fds += fds
        length = struct.unpack('<I', self.data[:4])[0]
        message, self.data = json.loads(self.data[4:4 + length]), self.data[4 + length:]
        if message['type'] == 'event':
            self.events.append(message)
        if message['type'] == 'log':
            self.logs.append(message['text'])
        return message

    def until(self, kind, timeout=10):
        """The next message of this type (or event of this kind); those before are kept in events."""
        end = time.monotonic() + timeout
        while True:
            message = self.receive(max(0.01, end - time.monotonic()))
            if message['type'] == kind or message.get('event_type') == kind:
                return message

    def configure(self, **settings):
        """Orders, and the answer: ready or failed."""
        if self.netns:
            settings.setdefault('netns', self.netns)
        self.send(type='configure', session=self.id, **settings)
        while True:
            message = self.receive()
            if message['type'] in ('ready', 'failed'):
                self.sockets += [socket.socket(fileno=fd) for fd in self.fds]
                return message

    def record(self, **settings):
        """From nothing to recording."""
        self.connect()
        answer = self.configure(**settings)
        if answer['type'] != 'ready':
            raise SystemExit('not ok a worker records: %s' % answer)
        return answer

    def stop(self):
        """Orderly; what it says at the end."""
        self.send(type='stop')
        done = self.until('done', 20)
        self.status = self.process.wait(10)
        return done

    def kill(self):
        """As an accident would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    # ---- what it shows ----

    def progress(self):
        """The page is two copies of so many words; the lowest bit of a counter says which one is whole."""
        names = ('segment segment_bytes first_segment segments stored_bytes packets bytes taken written received dropped '
                 'ifdropped disk_dropped stated evicted first_ns last_ns updated_ns').split()
        while True:
            magic, size, before = struct.unpack_from('<3I', self.page)
            words = struct.unpack_from('<%dq' % len(names), self.page, 16 + (before & 1) * size)
            if size == 8 * len(names) and struct.unpack_from('<3I', self.page)[2] == before:
                return dict(zip(names, words))

    def socket_counters(self):
        """PACKET_STATISTICS of the packet sockets since they were asked last: received, dropped."""
        all = [struct.unpack('<3I', s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)) for s in self.sockets]
        return sum(a[0] for a in all), sum(a[1] for a in all)

    def segments(self):
        return sorted(glob.glob(os.path.join(self.dir, '[0-9]*.pcapng')))

    def packets(self):
        """In all segments, counted by somebody else's reader."""
        total = 0
        for name in self.segments():
            out = subprocess.run(['capinfos', '-Mc', name], capture_output=True, text=True).stdout
            total += sum(int(n) for n in re.findall(r'^Number of packets: *(\d+)', out, re.M))
        return total

    def ledger(self, kind=None):
        try:
            lines = [json.loads(line) for line in open(os.path.join(self.dir, 'ledger.ndjson'))]
        except FileNotFoundError:
            return []
        return [line for line in lines if kind in (None, line['kind'])]

    def lost(self, kind=None):
        return sum(line.get('packets') or 0 for line in self.ledger(kind))

    def memory(self):
        """KiB of its own (pages that are no file's), of all but the ring (the program itself is shared), and of the ring."""
        own = ring = all = 0
        name = ''
        for line in open('/proc/%d/smaps' % self.pid):
            if re.match(r'[0-9a-f]+-[0-9a-f]+ ', line):
                name = line.split(None, 5)[5].strip() if len(line.split(None, 5)) > 5 else ''
            elif line.startswith('Rss:') and name.startswith('socket:'):
                ring += int(line.split()[1])
            elif re.match(r'Anonymous:', line) and not name.startswith('socket:'):
                own += int(line.split()[1])
            elif line.startswith('Rss:'):
                all += int(line.split()[1])
        return own, all, ring

    def status_of(self, field):
        for line in open('/proc/%d/status' % self.pid):
            if line.startswith(field + ':'):
                return line.split(None, 1)[1].strip()

    def event(self, kind):
        return [e for e in self.events if e['event_type'] == kind]


def readable(worker):
    """Segments that another reader does not take; [] is good."""
    bad = []
    for name in worker.segments():
        r = subprocess.run(['tshark', '-n', '-r', name, '-w', '/dev/null'], capture_output=True, text=True)
        if r.returncode:
            bad.append(os.path.basename(name) + ': ' + r.stderr[-200:])
    return bad


def blast(count, size=60, rate=0, port=9999, wait=True):
    """Sends frames to the other end; their number, or the process when not waited for."""
    p = subprocess.Popen(['nsenter', '--net=/run/netns/' + os.environ['NS_A'], os.environ['BLAST'], os.environ['VETH_A'],
                          str(count), str(size), str(rate), str(port)], stdout=subprocess.PIPE)
    if not wait:
        return p
    return sent(p)


def sent(p):
    return int(p.communicate()[0].split()[1])

