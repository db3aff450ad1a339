# SPDX-License-Identifier: MIT
# See record_faults.sh. Names of parts may be given; all is the default.
import random
from worker_front import *

IFACE, NS = os.environ['VETH_B'], os.environ['NS_B']
IN_B = ['nsenter', '--net=/run/netns/' + NS]


def inside(*command):
    subprocess.run(IN_B + list(command), check=True)


def idle(w, packets):
    """So many are in the file."""
    return wait_for(5, lambda: w.progress()['packets'] == packets)


# The ring is too small and the worker does not run: the kernel drops, and each packet is in the ledger.
def ring():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], buffer='512K')
    n = blast(1000)
    time.sleep(1.2)
    os.kill(w.pid, signal.SIGSTOP)
    begun = time.time()
    n += blast(20000)
    os.kill(w.pid, signal.SIGCONT)
    event = w.until('packet_loss')
    ended = time.time()
    n += blast(1000)
    done = w.stop()
    lost = w.lost('kernel')
    ok('small ring: there is a loss, and it is told', lost > 1000 and event['data']['packets'] <= lost, (lost, event))
    same('small ring: recorded + ledger = sent', w.packets() + lost, n)
    same('small ring: the events say the same', sum(e['data']['packets'] for e in w.event('packet_loss')), lost)
    l = w.ledger('kernel')[0]
    ok('small ring: the time is right to two seconds', begun - 2 < l['from'] <= l['to'] < ended + 2, (begun, l, ended))
    same('small ring: done', (done['packets'], readable(w)), (w.packets(), []))


# Nobody is there to be told: the ledger has it, and the next front hears of it, in one event.
def unheard():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], buffer='512K')
    w.disconnect()
    n = 0
    for _ in range(2):
        os.kill(w.pid, signal.SIGSTOP)
        n += blast(12000)
        os.kill(w.pid, signal.SIGCONT)
        time.sleep(1.3)
    inside('ip', 'link', 'set', IFACE, 'down')
    time.sleep(1.3)
    inside('ip', 'link', 'set', IFACE, 'up')
    time.sleep(1.3)
    w.connect()
    time.sleep(1.2)
    w.stop()
    lost = w.lost('kernel')
    same('without a front: recorded + ledger = sent', w.packets() + lost, n)
    same('without a front: the next one is told the sum at once', [e['data']['packets'] for e in w.event('packet_loss')],
         [lost])
    same('without a front: and what else happened', [e['event_type'] for e in w.events if 'interface' in e['event_type']],
         ['interface_down', 'interface_up'])


def lost_in_crash(w):
    """What the front does: all that the kernel took, but what is in the file. The worker is dead, its sockets are ours."""
    received, _ = w.socket_counters()
    p = w.progress()
    return p['received'] + received - p['written'] - p['stated']


# kill -9 in the middle of traffic, again and again: what is not in the file is what page and socket say. A write that the
# worker could not tell of any more is a saved one: then the loss is less than what is computed, by no more than a buffer.
def killed():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE])
    n = lost = saved = 0
    for round in range(4):
        p = blast(60000, 200, 50000, wait=False)
        time.sleep(0.3 + random.random() / 2)
        w.kill()
        n += sent(p)
        lost += lost_in_crash(w)
        said = w.progress()['packets']
        same('kill -9, %d: what it left is readable' % round, cut_readable(w), [])
        w.start()
        w.record(interfaces=[IFACE])
        more = w.packets() - said
        saved += more
        ok('kill -9, %d: all that it said to be written is there, and %d packets more' % (round, more),
           0 <= more <= 272 * 1024 // 232, more)
    n += blast(5000)
    done = w.stop()
    found = w.packets()
    ok('kill -9: there is a loss', lost > saved, lost)
    same('kill -9: recorded + computed loss = sent + saved', found + lost, n + saved)
    same('kill -9: the count goes on', (done['packets'], readable(w)), (found, []))


def cut_readable(w):
    """As readable(), but the last packet of the last segment may be cut."""
    return [b for b in readable(w) if 'cut short' not in b]


# Two interfaces; one goes, then the other.
def interfaces():
    inside('ip', 'link', 'add', 'nwx0', 'type', 'veth', 'peer', 'name', 'nwx1')
    inside('ip', 'link', 'set', 'nwx0', 'arp', 'off', 'up')
    inside('ip', 'link', 'set', 'nwx1', 'arp', 'off', 'up')
    inside('ip', 'link', 'add', 'nwy0', 'type', 'veth', 'peer', 'name', 'nwy1')
    inside('ip', 'link', 'set', 'nwy1', 'arp', 'off', 'up')
    inside('ip', 'link', 'set', 'nwy0', 'arp', 'off', 'up')
    w = Worker(netns=NS)
    w.record(interfaces=['nwx0', 'nwy0'], filter='udp')
    more = lambda dev, count: sent(subprocess.Popen(IN_B + [os.environ['BLAST'], dev, str(count)], stdout=subprocess.PIPE))
    n = more('nwx1', 1000) + more('nwy1', 500)
    inside('ip', 'link', 'set', 'nwx0', 'down')
    w.until('interface_down')
    inside('ip', 'link', 'set', 'nwx0', 'up')
    w.until('interface_up')
    n += more('nwx1', 1000)
    time.sleep(0.3)
    n += more('nwx1', 3000)
    inside('ip', 'link', 'del', 'nwx0')
    same('an interface disappears: told', w.until('interface_gone')['data']['interface'], 'nwx0')
    n += more('nwy1', 700)
    idle(w, n)
    same('an interface disappears: the other is recorded on', w.progress()['packets'], n)
    inside('ip', 'link', 'del', 'nwy0')
    failed = w.until('failed')
    ok('the last one disappears: told, status 4', failed['code'] == 'unavailable' and 'nwy0' in failed['message'] and
       w.process.wait(5) == 4, failed)
    same('and nothing that came is lost', (w.packets(), readable(w)), (n, []))
    inside('ip', 'link', 'add', 'nwy0', 'type', 'veth', 'peer', 'name', 'nwy1')
    inside('ip', 'link', 'set', 'nwy1', 'arp', 'off', 'up')
    inside('ip', 'link', 'set', 'nwy0', 'arp', 'off', 'up')
    w.start()
    w.connect()
    answer = w.configure(interfaces=['nwx0', 'nwy0'])
    same('started again it goes on with those there are', (answer['type'], answer.get('interfaces')), ('ready', ['nwy0']))
    n += more('nwy1', 100)
    w.stop()
    same('and adds to its record', w.packets(), n)
    inside('ip', 'link', 'del', 'nwy0')


def small_disk(size):
    where = os.path.join(TMP, 'disk')
    os.makedirs(where, exist_ok=True)
    r = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%d' % size, 'tmpfs', where], capture_output=True)
    if r.returncode:
        print('skip a full disk: no tmpfs can be mounted here', flush=True)
        return None
    return where


# A disk that is too small: the oldest segments go and recording goes on.
def full():
    where = small_disk(4 << 20)
    if not where:
        return
    w = Worker(netns=NS, directory=os.path.join(where, 's'))
    w.record(interfaces=[IFACE], segment_bytes='256K')
    n = blast(20000, 1000, 20000)
    time.sleep(1)
    ok('full disk: it goes on', w.process.poll() is None and idle(w, n), w.progress())
    same('full disk: what is there is readable', readable(w), [])
    done = w.stop()
    p = w.progress()
    same('full disk: taken = sent, nothing dropped', (p['taken'], p['disk_dropped'], done['packets']), (n, 0, n))
    ok('full disk: the oldest went', p['evicted'] > 0 and w.packets() < n and p['first_segment'] > 1, p)
    # The newest are what is left.
    out = subprocess.run(['tcpdump', '-xnr', w.segments()[-1]], capture_output=True, text=True).stdout
    ok('full disk: the newest are there', '%04x' % ((n - 1) & 0xffff) in out, out[-300:])
    subprocess.run(['umount', '-l', where])


# Somebody else fills the disk, and of this session there is nothing to evict: counted as lost, and it recovers.
def no_room():
    where = small_disk(4 << 20)
    if not where:
        return
    w = Worker(netns=NS, directory=os.path.join(where, 's'))
    w.record(interfaces=[IFACE], segment_bytes='4M')
    n = blast(500, 1000)
    idle(w, n)
    filler = open(os.path.join(where, 'filler'), 'wb', buffering=0)
    try:
        while True:
            filler.write(b'x' * 4096)
    except OSError:
        pass
    n += blast(3000, 1000, 3000)
    w.until('disk_full')
    time.sleep(1)
    n += blast(3000, 1000, 3000)
    p = w.progress()
    ok('no room at all: it waits, and counts', w.process.poll() is None and p['disk_dropped'] > 1000, p)
    same('no room at all: what is there is readable', readable(w), [])
    filler.close()
    os.unlink(os.path.join(where, 'filler'))
    time.sleep(1.2) # it is tried once a second
    n += blast(700, 1000)
    w.until('disk_recovered', 15)
    done = w.stop()
    p = w.progress()
    lost = w.lost('disk')
    told = sum(e['data']['packets'] for e in w.event('disk_recovered'))
    same('room again: told, and in the ledger', (told, lost), (p['disk_dropped'], p['disk_dropped']))
    same('room again: recorded + ledger = sent', (w.packets() + lost + evicted(done, w), readable(w)), (n, []))
    subprocess.run(['umount', '-l', where])


# A limit of packets counts those that are recorded: what a disk refuses does not end the session.
def refused():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], packets=100, limits={'free_bytes': 10 ** 15})
    blast(500)
    time.sleep(1)
    p = w.progress()
    ok('100 packets that are refused are not a limit of 100', w.process.poll() is None and p['packets'] == 0 and
       p['disk_dropped'] >= 500 and not w.event('limit_reached'), p)
    w.send(type='limits', limits={})
    time.sleep(1.5)
    blast(500)
    event = w.until('limit_reached')
    w.process.wait(10)
    same('100 that are recorded are', (event['data']['limit'], w.packets()), ('packets', 100))


def evicted(done, w):
    return done['packets'] - w.packets()


# The live segment opens at every moment.
def live():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], segment_bytes='8M')
    p = blast(600000, 300, 30000, wait=False)
    tries = cut = wrong = 0
    while tries < 200 and p.poll() is None:
        name = w.segments()[-1:]
        if not name:
            continue
        r = subprocess.run(['capinfos', '-Mc', name[0]], capture_output=True, text=True)
        tries += 1
        if r.returncode:
            cut += 'cut short' in r.stderr
            wrong += 'cut short' not in r.stderr
    p.terminate()
    p.wait()
    w.stop()
    ok('live segment: %d reads, %d saw a packet being written, none more than that' % (tries, cut),
       not wrong and cut <= tries // 20, (tries, cut, wrong))
    same('live segment: at the end', readable(w), [])


def damaged():
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], segment_bytes='256K')
    n = blast(3000, 300)
    idle(w, n)
    w.kill()
    torn = w.segments()[-1]
    with open(torn, 'ab') as f:  # half of a packet block of 300 bytes
        f.write(struct.pack('<IIIIIII', 6, 332, 0, 0, 0, 300, 300) + b'torn' * 30)
    segments = w.segments()
    os.unlink(segments[0][:-6] + 'idx')
    with open(segments[1][:-6] + 'idx', 'r+b') as f:
        f.seek(40)
        f.write(b'\xff' * 64)
    w.start()
    w.record(interfaces=[IFACE], segment_bytes='256K')
    ok('a torn block is cut off, and told', any('cut off' in l for l in w.logs) or wait_for(1, lambda: False), w.logs)
    n += blast(1000, 300)
    w.stop()
    same('torn block, missing and damaged index: no packet is lost', (w.packets(), readable(w)), (n, []))
    same('and each segment has its index', [s for s in w.segments() if not os.path.exists(s[:-6] + 'idx')], [])


def clock():
    if os.environ.get('CLOCK') != '1':
        print('skip a clock step: it would move the clock of the machine; CLOCK=1 allows it', flush=True)
        return
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE], limits={'age': '20s'})
    n = blast(1000)
    idle(w, n)
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    try:
        time.clock_settime(time.CLOCK_REALTIME, time.time() - 30)
    except OSError as why:
        print('skip a clock step: %s' % why, flush=True)
        return
    try:
        n += blast(1000)
        back = w.until('clock_changed')
    finally:
        time.clock_settime(time.CLOCK_REALTIME, time.time() + 30)
    forth = w.until('clock_changed')
    n += blast(1000)
    steps = back['data']['step'], forth['data']['step']
    ok('clock steps are told, to the second', abs(steps[0] + 30) < 1 and abs(steps[1] - 30) < 1, steps)
    w.stop()
    same('clock steps cost nothing', (w.packets(), readable(w)), (n, []))


parts = (ring, unheard, killed, interfaces, full, no_room, refused, live, damaged, clock)
for part in parts:
    if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
        part()
sys.exit(failed)
