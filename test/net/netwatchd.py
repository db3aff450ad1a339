# SPDX-License-Identifier: MIT
# See netwatchd.sh.
import glob
from netwatchd_daemon import *

IFACE, NS, NS_A, VETH_A, BLAST = (os.environ[n] for n in ('VETH_B', 'NS_B', 'NS_A', 'VETH_A', 'BLAST'))
QUICK = 'restart:\n  backoff_min: 0.1\n  backoff_max: 0.3\n'


def blast(count, size=60, rate=0, wait=True):
    p = subprocess.Popen(['nsenter', '--net=/run/netns/' + NS_A, BLAST, VETH_A, str(count), str(size), str(rate)],
                         stdout=subprocess.PIPE, text=True)
    return p if not wait else sent(p)


def sent(p):
    return int(p.communicate()[0].split()[1])


def count(path):
    out = subprocess.run(['capinfos', '-TrMc', path], capture_output=True, text=True).stdout
    return int(out.split('\n')[0].split('\t')[1]) if '\t' in out else -1


def recorded(d, id):
    return sum(count(f) for f in sorted(glob.glob(d.files(id) + '/*.pcapng')))


def readable(d, id):
    return [f for f in glob.glob(d.files(id) + '/*.pcapng')
            if subprocess.run(['tshark', '-r', f], capture_output=True).returncode]


def daemon(config=QUICK):
    return Daemon(config)


def start(d, **more):
    return d.data('Start', interfaces=[IFACE], netns=NS, **more)


def settled(d, id, n):
    return wait_for(5, lambda: d.session(id)['packets'] + d.session(id)['lost'] >= n)


def life():
    d = daemon().start()
    s = start(d, name='web')
    same('Start answers with the session, running', (s['state'], s['name'], s['interfaces'], len(s['id'])),
         ('running', 'web', [IFACE], 12))
    n = blast(5000)
    settled(d, 'web', n)
    s = d.session('web')
    same('all packets are recorded', (s['packets'], s['dropped'], s['lost']), (n, 0, 0))
    same('by id, beginning and name', {d.session(w)['id'] for w in ('web', s['id'], s['id'][:3])}, {s['id']})
    same('the name is taken', d.call('Start', interfaces=[IFACE], netns=NS, name='web').get('code'), 'conflict')
    same('it runs already', d.call('Start', session='web').get('code'), 'conflict')
    same('not while it runs', d.call('Delete', session='web').get('code'), 'conflict')
    status = d.data('Status')
    same('Status counts', (status['sessions']['running'], status['packets']), (1, n))
    wait_for(4, lambda: sum(h['packets'] for h in d.data('Stats', session='web')['history']) == n)
    same('Stats: the last minute', sum(h['packets'] for h in d.data('Stats')['history']), n)
    s = d.data('Stop', session='web')
    same('Stop answers when it is stopped', (s['state'], s['packets']), ('stopped', n))
    same('the files have them', (recorded(d, s['id']), readable(d, s['id'])), (n, []))
    s = d.data('Start', session='web')
    n += blast(1000)
    settled(d, 'web', n)
    s = d.data('Restart', session='web')
    same('started again, the record goes on', (s['state'], d.session('web')['packets']), ('running', n))
    kinds = [e['event_type'] for e in d.data('Events', session='web', limit=100)['events']]
    ok('events tell', kinds.count('process_started') == 3 and 'status_change' in kinds and 'process_exited' in kinds, kinds)
    same('Delete with force', d.call('Delete', session='web', force=True)['type'], 'Success')
    ok('nothing is left', not os.path.exists(d.files(s['id'])) and d.data('List')['sessions'] == [])
    same('no worker is left', d.stop(), 0)


def limits():
    d = daemon().start()
    s = start(d, packets=100)
    blast(500)
    d.wait_state(s['id'], 'stopped')
    same('packets: it ends by itself, exact',
         (d.session(s['id'])['packets'], [e['limit'] for e in d.events('limit_reached')]), (100, ['packets']))
    s = start(d, duration=1)
    d.wait_state(s['id'], 'stopped')
    same('duration: it ends by itself', [e['limit'] for e in d.events('limit_reached')], ['packets', 'duration'])
    d.stop()
    d.start()
    same('and is not started again with the daemon', d.session(s['id'])['state'], 'stopped')
    d.stop()


def worker_killed():
    d = daemon().start()
    s = start(d, name='x')
    p = blast(40000, 60, 10000, wait=False)
    for _ in range(2):
        wait_for(5, lambda: d.session('x')['packets'] > 2000 and d.session('x')['state'] == 'running')
        restarts = d.session('x')['restarts']
        os.kill(d.session('x')['pid'], signal.SIGKILL)
        wait_for(10, lambda: d.session('x')['restarts'] > restarts and d.session('x')['state'] == 'running')
        ok('a killed worker: every segment can be read', readable(d, s['id']) == [])
    n = sent(p)
    settled(d, 'x', n)
    s = d.data('Stop', session='x')
    lost = sum(l.get('packets') or 0 for l in d.data('Losses', session='x')['losses'])
    here = recorded(d, s['id'])
    same('the ledger and the session say the same', (s['lost'], d.data('Losses', session='x')['packets']), (lost, lost))
    # what came between the next worker's socket and its ready is in both: some packets at this rate
    ok('sent = recorded + ledger (%d = %d + %d)' % (n, here, lost), 0 <= here + lost - n <= 20, (n, here, lost))
    ok('something was lost', lost > 0)
    same('events: two crashes, two restarts', (len(d.events('process_crashed')), len(d.events('process_restarting'))), (2, 2))
    d.stop()


def unstated():
    """Packets that were dropped and not entered in the ledger yet when the worker was killed (it sums them up for a minute)."""
    d = daemon().start()
    s = start(d, name='x', limits={'free_bytes': 10 ** 15})
    n = 0
    for _ in range(2):
        n += blast(1000)
        wait_for(5, lambda: d.session('x')['disk_dropped'] >= n)
    os.kill(d.session('x')['pid'], signal.SIGKILL)
    wait_for(5, lambda: d.session('x')['restarts'] == 1 and d.session('x')['state'] == 'running')
    d.data('Stop', session='x')
    same('a killed worker: what was dropped and not yet in the ledger is in it',
         recorded(d, s['id']) + sum(l.get('packets') or 0 for l in d.data('Losses', session='x')['losses']), n)
    d.stop()


def daemon_killed():
    d = daemon().start()
    s = start(d, name='x')
    pid = s['pid']
    p = blast(30000, 60, 10000, wait=False)
    wait_for(5, lambda: d.session('x')['packets'] > 2000)
    d.kill()
    time.sleep(0.5)
    d.start()
    d.wait_state('x', 'running')
    same('kill -9 of the daemon: the same worker', (d.session('x')['pid'], d.session('x')['restarts']), (pid, 0))
    n = sent(p)
    settled(d, 'x', n)
    s = d.data('Stop', session='x')
    same('and no packet is lost', (s['packets'], recorded(d, s['id']), s['lost']), (n, n, 0))
    same('the ledger is empty', d.data('Losses', session='x')['losses'], [])
    d.data('Start', session='x')
    d.kill()
    os.kill(int(d_pid(d, s['id'])), signal.SIGKILL)
    d.start()
    d.wait_state('x', 'running')
    same('both killed: the ledger says that nobody recorded',
         [l['kind'] for l in d.data('Losses', session='x')['losses']], ['not_running'])
    d.stop()


def d_pid(d, id):
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(path) as f:
                if f.read() == 'netwatchd\0worker\0%s\0' % id:
                    return path.split('/')[2]
        except OSError:
            pass
    return 0


def stopped_and_started():
    d = daemon().start()
    s = start(d, name='x')
    same('TERM with a session: status 0', d.stop(), 0)
    same('its worker has ended', d_pid(d, s['id']), 0)
    same('its files are complete', readable(d, s['id']), [])
    d.start()
    d.wait_state('x', 'running')
    ok('it runs again with the daemon', True)
    d.data('Stop', session='x')
    d.stop()
    d.start()
    time.sleep(0.7)
    same('one that was stopped does not', d.session('x')['state'], 'stopped')
    d.stop()


def numbers():
    """What a session came to is known to the next daemon, too, and the time it ran before it."""
    d = daemon().start()
    s = start(d, name='x')
    n = blast(20)
    settled(d, 'x', n)
    d.data('Stop', session='x')
    members = ('state', 'packets', 'bytes', 'received', 'dropped', 'lost')
    before = d.session('x')
    d.stop()
    d.start()
    after = d.session('x')
    same('after stop and a new daemon: the same numbers', [after[m] for m in members], [before[m] for m in members])
    same('packets are among them', (after['packets'], after['received']), (n, n))
    times = ('stopped', 'duration', 'first_packet', 'last_packet')
    ok('and the times', all(abs(after[m] - before[m]) < 1e-5 for m in times), (before, after))
    d.data('Start', session='x')
    time.sleep(1.2)
    d.kill()
    d.start()
    d.wait_state('x', 'running')
    ok('adopted: the time it ran before counts', d.session('x')['duration'] > 1, d.session('x')['duration'])
    d.stop()


def reloads():
    quick = QUICK.replace('backoff_min', 'attempts: 1\n  window: 60\n  backoff_min')
    one = quick + 'sessions:\n  - name: x\n    netns: %s\n    interfaces: [%s]\n' % (NS, IFACE)
    d = daemon(one).start()
    d.wait_state('x', 'running')
    count = 0

    def reload(text):
        nonlocal count
        d.write(text)
        d.signal(signal.SIGHUP)
        count += 1
        wait_for(5, lambda: len(d.events('configuration_reloaded')) == count)
    reload(quick)
    d.wait_state('x', 'stopped')
    reload(one)
    d.wait_state('x', 'running')
    ok('reload: a session that is in the configuration again runs again', True)
    d.data('Stop', session='x')
    reload(one + '    snaplen: 100\n')
    time.sleep(0.5)
    same('one that somebody stopped does not', d.session('x')['state'], 'stopped')
    d.data('Start', session='x')
    for i in range(2):
        d.wait_state('x', 'running')
        os.kill(d.session('x')['pid'], signal.SIGKILL)
        wait_for(5, lambda: len(d.events('process_crashed')) == i + 1)
    d.wait_state('x', 'failed')
    reload(one)
    d.wait_state('x', 'running')
    ok('one that failed and has other settings now runs', True)
    d.data('Stop', session='x')
    d.stop()


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def second_pair():
    ip('-n', NS_A, 'link', 'add', 'w0', 'type', 'veth', 'peer', 'name', 'w1', 'netns', NS)
    for ns, name in ((NS_A, 'w0'), (NS, 'w1')):
        subprocess.run(['ip', 'netns', 'exec', ns, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6' % name])
        ip('-n', ns, 'link', 'set', name, 'arp', 'off', 'up')


def interface_back():
    second_pair()
    d = daemon().start()
    s = d.data('Start', interfaces=[IFACE, 'w1'], netns=NS, name='x')
    n = blast(100)
    settled(d, 'x', n)
    ip('-n', NS, 'link', 'del', 'w1')
    ok('an interface goes: the session says so, and which is left',
       wait_for(5, lambda: d.session('x')['reason'].startswith('w1 is not there')) and d.session('x')['state'] == 'running',
       d.session('x'))
    n += blast(100)
    same('the other one is recorded', settled(d, 'x', n), True)
    second_pair()
    ok('it comes back: all are recorded', wait_for(15, lambda: d.session('x')['interfaces'] == [IFACE, 'w1'] and
                                                    d.session('x')['state'] == 'running' and not d.session('x').get('reason')),
       d.session('x'))
    n += sent(subprocess.Popen(['nsenter', '--net=/run/netns/' + NS_A, BLAST, 'w0', '100', '60', '0'], stdout=subprocess.PIPE,
                               text=True))
    settled(d, 'x', n)
    same('packets', d.session('x')['packets'], n)
    losses = d.data('Losses', session='x')['losses']
    same('the ledger: a time without, of unknown packets', [(l['kind'], l.get('packets')) for l in losses], [('not_running', None)])
    ok('from gone to back, with its name', losses and losses[0]['to'] - losses[0]['from'] > 0.3 and 'w1' in losses[0]['note'], losses)
    ip('-n', NS, 'link', 'del', 'w1')
    d.stop()


def gone():
    d = daemon(QUICK.replace('backoff_min', 'attempts: 3\n  window: 60\n  backoff_min')).start()
    s = start(d, name='x')
    for i in range(4):
        wait_for(10, lambda: d.session('x')['state'] == 'running' and d.session('x').get('pid'))
        if d.session('x')['state'] != 'running':
            break
        os.kill(d.session('x')['pid'], signal.SIGKILL)
        wait_for(10, lambda: len(d.events('process_crashed')) == i + 1)
    d.wait_state('x', 'failed')
    same('too many crashes: it is given up', [e['attempts'] for e in d.events('process_gave_up')], [3])
    same('Health: failing', d.data('Health')['status'], 'failing')
    same('it can be started again', d.data('Start', session='x')['state'], 'running')
    d.stop()


def readers():
    d = daemon().start()
    s = start(d, name='x')
    n = blast(3000)
    settled(d, 'x', n)

    def packets(**words):
        c = d.client()
        answer = c.call('Open', session='x', **words)
        if not c.pipes:
            return answer
        with os.fdopen(c.pipes[0], 'rb') as f, open(TMP + '/out.pcapng', 'wb') as to:
            to.write(f.read())
        return count(TMP + '/out.pcapng')
    same('Open: all packets as pcapng', packets(), n)
    same('Open: limit, skip', (packets(limit=10), packets(skip=n - 7)), (10, 7))
    same('Open: a filter', (packets(filter='udp.port == 9999', limit=5), packets(filter='tcp')), (5, 0))
    same('Open: a filter that does not compile', packets(filter='udp.prot == 1').get('code'), 'invalid')
    same('Open: no such bundle', packets(bundle='nosuch').get('type'), 'Error')
    c = d.client()
    c.call('Open', session='x', follow=True)
    time.sleep(0.5)
    n += blast(100)
    settled(d, 'x', n)
    same('a reader that is not read disturbs nobody', d.session('x')['packets'], n)
    os.close(c.pipes[0])
    many = [d.client() for _ in range(70)]
    answers = [m.call('Open', session='x', follow=True) for m in many]
    refused = [a.get('code') for a in answers if a['type'] == 'Error']
    ok('at most 64 readers, then an error', set(refused) == {'limit'} and 5 <= len(refused) <= 7, refused)
    for m in many:
        for fd in m.pipes:
            os.close(fd)
    answer = d.data('Freeze', session='x', before=600, after=0, reason='test')
    ok('Freeze: a bundle', wait_for(20, lambda: d.events('bundle_finished') or d.events('bundle_failed')) and
       [e['bundle'] for e in d.events('bundle_finished')] == [answer['bundle']], d.events('bundle_failed'))
    same('Bundles lists it', [(b['name'], b.get('packets')) for b in d.data('Bundles')['bundles']], [(answer['bundle'], n)])
    same('Open: the bundle', packets(bundle=answer['bundle']), n)
    d.stop()


def freezes():
    """The bundler begins at the trigger: what lies before may be evicted within `after`; events since then are in it; and a
    daemon that is killed meanwhile is told of by the next."""
    def bundle(name):
        with open(d.files(id) + '/bundles/' + name + '/bundle.json') as f:
            return json.load(f)

    def events_of(name):
        with open(d.files(id) + '/bundles/' + name + '/events.ndjson') as f:
            return [json.loads(l) for l in f]

    def ended(name):
        return [e['event_type'] for e in d.data('Events', session=id, limit=200)['events']
                if e.get('bundle', e.get('data', {}).get('bundle')) == name and e['event_type'] != 'bundle_started']

    d = daemon().start()
    id = start(d, name='x', segment_bytes='256K', limits={'bytes': 16 << 20})['id']
    n = blast(2000, 1400)
    settled(d, 'x', n)
    name = d.data('Freeze', session='x', before=60, after=4)['bundle']
    time.sleep(2)
    later = d.data('Freeze', session='x', before=0.001, after=0)['bundle']
    n += blast(12000, 1400)
    ok('Freeze: finished', wait_for(20, lambda: ended(name)), ended(name))
    b = bundle(name)
    first = d.session('x')['first_packet']
    ok('the first packets are in it, though they were evicted meanwhile', b['first_packet'] < first and b['packets'] >= 2000,
       (b['packets'], b['first_packet'], first))
    ok('and it is said that the record began later', any('the record begins' in p for p in b['problems']), b['problems'])
    ok('events of after the trigger, too', later in json.dumps(events_of(name)), events_of(name))
    time.sleep(1)
    total = sum(os.path.getsize(f) for f in glob.glob(d.files(id) + '/**', recursive=True) if os.path.isfile(f))
    ok('record and bundles stay within the limit', total <= 16 << 20, total)

    name = d.data('Freeze', session='x', before=60, after=3)['bundle']
    time.sleep(1)
    d.kill()
    d.start()
    ok('a daemon that is killed: the bundler goes on, and the next one says so', wait_for(20, lambda: ended(name)) and
       ended(name) == ['bundle_finished'] and bundle(name)['packets'] > 0, (ended(name), bundle(name)['problems']))

    name = d.data('Freeze', session='x', before=60, after=60)['bundle']
    part = d.files(id) + '/bundles/.' + name + '.part'
    ok('a part while it is made', wait_for(5, lambda: os.path.exists(part)), os.listdir(d.files(id) + '/bundles'))
    pids = [int(p) for p in os.listdir('/proc') if p.isdigit() and id.encode() in command(p) and b'bundler' in command(p)]
    d.kill()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    d.start()
    ok('the bundler killed, too: bundle_failed', wait_for(20, lambda: ended(name)) and ended(name) == ['bundle_failed'], ended(name))
    ok('and nothing of it is left', len(pids) == 1 and not os.path.exists(part), (pids, os.listdir(d.files(id) + '/bundles')))
    d.stop()


def command(pid):
    try:
        with open('/proc/%s/cmdline' % pid, 'rb') as f:
            return f.read()
    except OSError:
        return b''


def quota():
    d = daemon('limits:\n  bytes: 4M\n').start()
    def used():
        sizes = 0
        for path in glob.glob(d.state + '/sessions/*/0*'):
            try:
                sizes += os.path.getsize(path)
            except OSError:
                pass # it was evicted, or renamed
        return sizes
    fast = start(d, name='fast')
    blast(30000, 1000)
    ok('one session, faster than anybody looks, segments as large as they like: within the limit', used() <= 4 << 20, used())
    same('with packets', d.session('fast')['state'], 'running')
    late = start(d, name='late')
    flood, most = blast(30000, 1000, 10000, wait=False), 0
    while flood.poll() is None:
        most = max(most, used())
        time.sleep(.01)
    sent(flood)
    ok('two, one of which came when the room was given away: within it at every look', most <= 4 << 20, most)
    ok('and that one has packets, too', wait_for(10, lambda: d.session('late')['segments'] > 1), d.session('late'))
    for name in ('fast', 'late'):
        same('nothing of %s was refused for want of room' % name, d.data('Losses', session=name)['losses'], [])
        d.call('Delete', session=name, force=True)
    a = start(d, name='x', segment_bytes='512K')
    blast(3000, 1000)
    d.data('Stop', session='x')
    b = start(d, name='y', segment_bytes='512K')
    for _ in range(8):
        blast(700, 1000)
        time.sleep(1)
    ok('all sessions keep to their limit', wait_for(10, lambda: used() <= 4 << 20), used())
    ok('the oldest packets went first', d.session('x')['segments'] <= 1 and d.session('y')['packets'] == 5600,
       (d.session('x'), d.session('y')))
    same('and events say so', bool(d.events('segment_evicted', session='x')), True)
    before = d.session('x')
    d.data('Stop', session='y')
    d.data('Start', session='x')
    blast(10, 1000)
    ok('one that gave its packets goes on with its sums',
       settled(d, before['id'], 3010) and d.session('x')['evicted_segments'] >= before['evicted_segments'] > 0,
       (before, d.session('x')))
    d.stop()


def in_memory():
    """A session whose record is not on the disk."""
    shm = '/dev/shm/nwtest%d' % os.getpid()
    d = daemon()
    d.runtime = shm
    d.start()
    s = start(d, storage='memory')
    blast(300)
    settled(d, s['id'], 300)
    same('memory: recorded, below the runtime directory alone',
         (d.session(s['id'])['packets'], os.path.exists('%s/memory/%s/000001.pcapng' % (shm, s['id'])),
          os.path.exists('%s/sessions/%s/000001.pcapng' % (d.state, s['id']))), (300, True, False))
    d.stop()
    subprocess.run(['rm', '-rf', shm])


def rights():
    if os.geteuid():
        return
    d = daemon().start()
    s = start(d, name='x')

    def status(pid, field):
        with open('/proc/%s/status' % pid) as f:
            return [l.split(None, 1)[1].strip() for l in f if l.startswith(field + ':')][0]
    same('the front has no capability, new privileges or free system calls',
         [int(status(d.process.pid, 'CapEff'), 16), status(d.process.pid, 'NoNewPrivs'), status(d.process.pid, 'Seccomp')],
         [0, '1', '2'])
    own = int(status(d.process.pid, 'VmRSS').split()[0])
    with open('/proc/%d/task/%d/children' % (d.process.pid, d.process.pid)) as f:
        starter = f.read().split()[0]
    both = own + int(status(starter, 'VmRSS').split()[0])
    if b'__asan_init' not in open(NWBOX, 'rb').read():
        ok('front and starter have at most 3 MiB resident (%d KiB)' % both, both <= 3072, both)
    d.stop()


main(life, limits, worker_killed, unstated, daemon_killed, stopped_and_started, numbers, reloads, interface_back, gone, readers, freezes, quota, in_memory, rights)
