# SPDX-License-Identifier: MIT
# See record_worker.sh.
import stat
from worker_front import *

IFACE, NS = os.environ['VETH_B'], os.environ['NS_B']
SANITIZED = b'__asan_init' in open(NWBOX, 'rb').read()


def life():
    w = Worker(netns=NS)
    hello = w.connect()
    same('hello: pid, not recording, a page', (hello['pid'], hello['recording'], len(w.fds)), (w.pid, False, 0))
    ready = w.configure(interfaces=[IFACE], packets=0)
    same('ready: interfaces, link types, sockets',
         (ready['type'], ready.get('interfaces'), ready.get('linktypes'), len(w.sockets)), ('ready', [IFACE], [1], 1))
    same('no capability is left', int(w.status_of('CapEff'), 16) | int(w.status_of('CapPrm'), 16), 0)
    same('no new privileges, system calls are filtered', (w.status_of('NoNewPrivs'), w.status_of('Seccomp')), ('1', '2'))
    same('one thread', w.status_of('Threads'), '1')
    n = blast(20000)
    ok('all is written within a second', wait_for(2, lambda: w.progress()['written'] == n), w.progress())
    own, all, ring = w.memory()
    if not SANITIZED:
        ok('beside its ring it has at most 2 MiB (%d KiB, with the program %d KiB; ring %d KiB)' % (own, all, ring), own <= 2048)
    wait_for(3, lambda: w.progress()['received'] == n)
    p = w.progress()
    same('page: taken, received, dropped', (p['taken'], p['received'], p['dropped']), (n, n, 0))
    done = w.stop()
    same('stop: status, packets', (w.status, done['packets'], done['reason']), (0, n, 'stop'))
    same('all packets are in the file', w.packets(), n)
    same('the file is complete', readable(w), [])
    same('an index for each segment', [os.path.exists(s[:-6] + 'idx') for s in w.segments()], [True])


def limits():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], packets=100)
    blast(5000)
    event = w.until('limit_reached')
    done = w.until('done')
    same('packets: exact', (event['data']['limit'], done['packets'], w.packets(), w.process.wait(5)), ('packets', 100, 100, 0))
    w.start()
    w.connect()
    w.configure(interfaces=[IFACE], packets=150)
    blast(5000)
    w.until('done')
    w.process.wait(5)
    same('packets: earlier runs count', w.packets(), 150)

    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], bytes=1000 * 100)
    blast(5000, 100)
    w.until('done')
    same('bytes: to the packet that reaches it', (w.packets(), w.process.wait(5)), (1000, 0))

    w = Worker(netns=NS)
    begun = time.monotonic()
    w.record(interfaces=[IFACE], duration=1.5)
    n = blast(300, 60, 1000)
    event = w.until('limit_reached')
    done = w.until('done')
    same('duration: the packets of that time', (event['data']['limit'], done['packets'], 1.4 < time.monotonic() - begun < 4),
         ('duration', n, True))
    w.process.wait(5)


def orders():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], filter='udp port 7777', snaplen=64)
    blast(500, 200, 0, 9999)
    n = blast(300, 200, 0, 7777)
    wait_for(3, lambda: w.progress()['written'] == n)
    w.send(type='rotate')
    n += blast(200, 200, 0, 7777)
    w.send(type='limits', limits={'bytes': '100M'})
    w.send(type='loss', kind='crash', packets=7, **{'from': 1700000000.5, 'to': 1700000001, 'note': 'a test'})
    w.send(type='something of a newer front')
    done = w.stop()
    same('filter and rotation: packets, segments', (done['packets'], w.packets(), len(w.segments())), (n, n, 2))
    sizes = subprocess.run(['capinfos', '-TrMs', '-l', w.segments()[0]], capture_output=True, text=True).stdout
    ok('snaplen: packets are cut', '64' in sizes, sizes)
    same('a loss of the front is in the ledger', [(l['kind'], l['packets'], l['note']) for l in w.ledger()],
         [('crash', 7, 'a test')])


def wrong():
    for name, settings, code, words in (
            ('no such interface', dict(interfaces=['nosuch0']), 'not_found', 'nosuch0: no such interface'),
            ('a filter that is none', dict(interfaces=[IFACE], filter='prot 443'), 'invalid', '^'),
            ('no interface', dict(interfaces=[]), 'invalid', 'interfaces'),
            ('no such namespace', dict(interfaces=[IFACE], netns='nosuchns'), 'invalid', 'nosuchns')):
        w = Worker(netns=NS)
        w.connect()
        answer = w.configure(**settings)
        good = answer['type'] == 'failed' and answer.get('code') == code and words in answer.get('message', '')
        ok(name + ': told, status 5', good and w.process.wait(5) == 5, answer)
        same(name + ': nothing is left', w.segments(), [])


def fronts():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], orphan_time=60)
    n = blast(1000)
    w.peer.sendall(b'\xff\xff\xff\xff' + b'x' * 100)
    try:
        while True:
            w.receive(5)
    except (Closed, ConnectionError):
        ok('a length that lies ends the connection', True)
    n += blast(1000)
    hello = w.connect()
    same('and the next one finds it recording', (hello['recording'], hello['interfaces'], len(w.sockets)), (True, [IFACE], 1))
    w.send(type='limits', limits=17)
    try:
        while True:
            w.receive(5)
    except (Closed, ConnectionError):
        ok('an order of the wrong shape ends the connection', any('limits' in l for l in w.logs), w.logs)
    w.connect()
    for text in (b'{"type":', b'[1,2]', b'"stop"', b'\x00\x01\x02\x03'):
        w.peer.sendall(struct.pack('<I', len(text)) + text)
        try:
            while True:
                w.receive(5)
        except (Closed, ConnectionError):
            pass
        w.connect()
    second = socket.socket(socket.AF_UNIX)
    second.connect(w.path)
    second.settimeout(0.5)
    try:
        second.recv(1)
        ok('one front at a time', False, 'a second one was greeted')
    except socket.timeout:
        ok('one front at a time', True)
    w.disconnect()
    second.settimeout(5)
    ok('the one that waited is next', second.recv(4) != b'')
    second.close()
    n += blast(1000)
    w.connect()
    done = w.stop()
    same('nothing of all that cost a packet', (done['packets'], w.packets(), w.lost()), (n, n, 0))

    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], orphan_time=1)
    n = blast(500)
    w.disconnect()
    n += blast(500)
    same('without a front it records, then ends orderly', (w.process.wait(10), w.packets(), readable(w)), (0, n, []))

    if os.getuid() == 0 and not os.environ.get('NWBOX_USERNS'):
        w = Worker(netns=NS)
        os.chown(w.path, 65534, 65534)
        os.chmod(TMP, 0o711)
        other = subprocess.run([sys.executable, '-c', 'import os, socket, sys\nos.setuid(65534)\n'
                                's = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.settimeout(5)\n'
                                'print(s.recv(10))', w.path], capture_output=True, text=True)
        same('another user is hung up on', other.stdout.strip(), "b''")
        w.connect()
        w.disconnect()
        w.kill()
        w = Worker(netns=NS, directory=os.path.join(TMP, 'owned'))
        w.kill()
        os.chown(w.dir, 65534, 65534)
        w.start()
        w.record(interfaces=[IFACE])
        same('it becomes the owner of the directory', w.status_of('Uid').split(), ['65534'] * 4)
        n = blast(1000)
        w.stop()
        same('and its files are that user\'s', (w.packets(), {os.stat(s).st_uid for s in w.segments()}), (n, {65534}))
        same('which nobody outside his group can read',
             {oct(stat.S_IMODE(os.stat(s).st_mode) & 0o027) for s in w.segments()}, {'0o0'})


for part in (life, limits, orders, wrong, fronts):
    part()
sys.exit(failed)
