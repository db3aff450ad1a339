# SPDX-License-Identifier: MIT
# See record_daemon.sh.
import fcntl, glob, random, re, signal
from netwatchd_daemon import *

IFACE, NS = os.environ['VETH_B'], os.environ['NS_B']


def blast(count, size=60, rate=0, wait=True):
    """Sends frames to the other end; their number, or the process when not waited for."""
    p = subprocess.Popen(['nsenter', '--net=/run/netns/' + os.environ['NS_A'], os.environ['BLAST'], os.environ['VETH_A'],
                          str(count), str(size), str(rate)], stdout=subprocess.PIPE)
    return sent(p) if wait else p


def sent(p):
    return int(p.communicate()[0].split()[1])


def begin(**settings):
    """A netwatchd with one session: both."""
    d = Daemon('user: root\n').start()
    s = d.data('Start', interfaces=[IFACE], netns=NS, name='faults', **settings)
    if not wait_for(10, lambda: d.session(s['id'])['state'] == 'running'):
        raise SystemExit('not ok a session runs: %s' % d.session(s['id']))
    return d, s['id']


def segments(d, id):
    return sorted(glob.glob(os.path.join(d.files(id), '[0-9]*.pcapng')))


def packets(d, id):
    """Counted by somebody else's reader."""
    out = [subprocess.run(['capinfos', '-Mc', name], capture_output=True, text=True).stdout for name in segments(d, id)]
    return sum(int(n) for n in re.findall(r'^Number of packets: *(\d+)', ''.join(out), re.M))


def unreadable(d, id):
    return [name for name in segments(d, id)
            if subprocess.run(['tshark', '-n', '-r', name, '-w', '/dev/null'], capture_output=True).returncode]


def losses(d, id):
    return d.data('Losses', session=id)['losses']


def lost(d, id, kind=None):
    return sum(l.get('packets') or 0 for l in losses(d, id) if kind in (None, l['kind']))


def written(d, id, count):
    return wait_for(5, lambda: d.session(id)['packets'] == count)


def end(d, id):
    d.data('Stop', session=id)
    d.wait_state(id, 'stopped')


# kill -9 of the worker, again and again, in the middle of traffic.
def worker():
    d, id = begin()
    n = saved = 0
    for round in range(3):
        p = blast(60000, 200, 30000, wait=False)
        time.sleep(0.5 + random.random() / 2)
        pid, began = d.session(id)['pid'], time.time()
        os.kill(pid, signal.SIGKILL)
        n += sent(p)
        ok('worker killed, %d: another one records' % round,
           wait_for(15, lambda: d.session(id)['state'] == 'running' and d.session(id)['pid'] != pid), d.session(id))
        late = [l for l in losses(d, id)[-2:] if not began - 2 < l['from'] <= l['to'] < time.time() + 1]
        same('worker killed, %d: the ledger says when' % round, late, [])
    n += blast(5000)
    time.sleep(1)
    end(d, id)
    found, gone = packets(d, id), lost(d, id)
    ok('worker killed: recorded + ledger = sent (%d + %d, %d sent)' % (found, gone, n), n <= found + gone <= n + 3 * 1200)
    ok('worker killed: there is a loss, of crash and not_running', lost(d, id, 'crash') > 0 and lost(d, id, 'not_running') > 0,
       losses(d, id))
    same('worker killed: told', len(d.events('process_crashed')), 3)
    same('worker killed: the session says the same', (d.session(id)['packets'], d.session(id).get('lost')), (found, gone))
    same('worker killed: every segment opens', unreadable(d, id), [])
    same('worker killed: status of the end', d.stop(), 0)


# kill -9 of netwatchd in the middle of traffic: the worker goes on, the next netwatchd adopts it, nothing is lost.
def daemon():
    d, id = begin()
    pid = d.session(id)['pid']
    p = blast(120000, 200, 30000, wait=False)
    time.sleep(1)
    d.kill()
    time.sleep(1)
    d.start()
    d.wait_state(id, 'running')
    same('netwatchd killed: the next one has the same worker', d.session(id)['pid'], pid)
    d.kill()
    n = sent(p) + blast(5000)
    d.start()
    d.wait_state(id, 'running')
    ok('netwatchd killed: the session counts them all', written(d, id, n), d.session(id))
    end(d, id)
    same('netwatchd killed twice: recorded = sent, no loss', (packets(d, id), lost(d, id)), (n, 0))
    same('netwatchd killed: every segment opens', unreadable(d, id), [])
    same('netwatchd killed: status of the end', d.stop(), 0)


# Both at once.
def both():
    d, id = begin()
    p = blast(60000, 200, 30000, wait=False)
    time.sleep(1)
    pid = d.session(id)['pid']
    d.kill()
    os.kill(pid, signal.SIGKILL)
    n = sent(p)
    d.start()
    d.wait_state(id, 'running')
    m = blast(5000)
    time.sleep(1)
    end(d, id)
    found = packets(d, id)
    ok('both killed: the ledger says that nobody counted', m <= found < n + m and
       [l for l in losses(d, id) if l['kind'] in ('crash', 'not_running') and l.get('packets') is None], losses(d, id))
    same('both killed: every segment opens', unreadable(d, id), [])
    d.stop()


# A reader that does not read: recording does not wait for it, and in the end it gets everything.
def paused():
    d, id = begin()
    out = open(os.path.join(TMP, 'tapped.pcapng'), 'wb')
    tap = subprocess.Popen(['packetclient', '--socket', d.socket, 'tap', id], executable=NWBOX, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    cat = subprocess.Popen(['cat'], stdin=tap.stdout, stdout=out)
    tap.stdout.close()
    time.sleep(1)
    n = blast(1000)
    wait_for(5, lambda: os.path.getsize(out.name) > 60000)
    cat.send_signal(signal.SIGSTOP)
    n += blast(60000, 500, 30000)
    ok('paused reader: recording goes on', written(d, id, n), d.session(id))
    same('paused reader: nothing is lost', lost(d, id), 0)
    cat.send_signal(signal.SIGCONT)

    def tapped():
        r = subprocess.run(['capinfos', '-Mc', out.name], capture_output=True, text=True).stdout
        return sum(int(x) for x in re.findall(r'^Number of packets: *(\d+)', r, re.M))
    ok('paused reader: it gets every packet later', wait_for(15, lambda: tapped() == n), '%d of %d' % (tapped(), n))
    end(d, id)
    cat.wait(10)
    tap.wait(10)
    same('paused reader: recorded = sent', packets(d, id), n)
    d.stop()


# The last interface goes and comes back.
def interface():
    def inside(*command):
        subprocess.run(['nsenter', '--net=/run/netns/' + NS, *command], check=True)

    def make():
        inside('ip', 'link', 'add', 'nwx0', 'type', 'veth', 'peer', 'name', 'nwx1')
        for name in ('nwx0', 'nwx1'):
            inside('ip', 'link', 'set', name, 'arp', 'off', 'up')

    def more(count):
        p = subprocess.run(['nsenter', '--net=/run/netns/' + NS, os.environ['BLAST'], 'nwx1', str(count)], capture_output=True)
        return int(p.stdout.split()[1])
    make()
    d = Daemon('user: root\nrestart: {backoff_min: 0.2s}\n').start()
    id = d.data('Start', interfaces=['nwx0'], netns=NS, filter='udp')['id']
    d.wait_state(id, 'running')
    n = more(1000)
    written(d, id, n)
    inside('ip', 'link', 'del', 'nwx0')
    ok('interface removed: told', wait_for(10, lambda: d.events('interface_gone')), d.events('interface_gone'))
    d.wait_state(id, 'restarting')
    make()
    d.wait_state(id, 'running', 20)
    n += more(1000)
    time.sleep(0.5)
    end(d, id)
    same('interface removed and made again: what came is recorded', (packets(d, id), lost(d, id, 'crash')), (n, 0))
    d.stop()


# The disk fills up beneath a session and the ring is too small: what is not there is in the ledger.
def disk():
    where = os.path.join(TMP, 'disk')
    os.makedirs(where, exist_ok=True)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=8M', 'tmpfs', where], capture_output=True).returncode:
        print('skip a full disk: no tmpfs can be mounted here', flush=True)
        return
    d = Daemon('user: root\n', state=os.path.join(where, 'state')).start()
    id = d.data('Start', interfaces=[IFACE], netns=NS, segment_bytes='512K')['id']
    d.wait_state(id, 'running')
    n = blast(20000, 1000, 20000)
    ok('full disk: it goes on', written(d, id, n) and d.session(id)['state'] == 'running', d.session(id))
    same('full disk: every segment opens', unreadable(d, id), [])
    ok('full disk: told', wait_for(70, lambda: d.events('segment_evicted')), d.session(id))
    end(d, id)
    s = d.session(id)
    ok('full disk: the oldest packets went, no others', 0 < packets(d, id) < n and s['packets'] == n and lost(d, id) == 0, s)
    d.stop()
    subprocess.run(['umount', '-l', where])


main(worker, daemon, both, paused, interface, disk)
