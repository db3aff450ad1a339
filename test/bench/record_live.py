# SPDX-License-Identifier: MIT
# See record_live.sh.
import shutil
from worker_front import *

IFACE, NS = os.environ['VETH_B'], os.environ['NS_B']
COUNT, RUNS = int(os.environ.get('COUNT', 200000)), int(os.environ.get('RUNS', 5))


def spent(pid):
    """Nanoseconds on a processor, of all threads."""
    return sum(int(open(f).read().split()[0]) for f in glob.glob('/proc/%d/task/*/schedstat' % pid))


def per_packet(pid, size, rate, written):
    before = spent(pid)
    n = blast(COUNT, size, rate)
    if not wait_for(10, lambda: written() >= n * (size + 16)):
        raise SystemExit('not all was written')
    time.sleep(0.3)
    return (spent(pid) - before) / n


def worker(size, rate):
    w = Worker(netns=NS)
    w.record(interfaces=[IFACE])
    cost = per_packet(w.pid, size, rate, lambda: w.progress()['written'] // COUNT * COUNT * (size + 16))
    w.stop()
    shutil.rmtree(w.dir)
    return cost


def nwcap(size, rate, name):
    out = os.path.join(TMP, name)
    p = subprocess.Popen(['nsenter', '--net=/run/netns/' + NS, 'nwcap', '-i', IFACE, '-w', out], stderr=subprocess.PIPE,
                         text=True)
    p.stderr.readline()
    cost = per_packet(p.pid, size, rate, lambda: os.path.getsize(out))
    p.send_signal(signal.SIGINT)
    p.communicate()
    os.unlink(out)
    return cost


print('%-7s %9s %15s %17s %12s %10s %12s' % ('bytes', 'per s', 'nwcap -w .pcap', 'nwcap -w .pcapng', 'netwatchd',
                                            'of .pcap', 'of .pcapng'))
for size, rate in ((60, 0), (60, 100000), (594, 60000), (1514, 30000)):
    rows = [(nwcap(size, rate, 'a.pcap'), nwcap(size, rate, 'a.pcapng'), worker(size, rate)) for _ in range(RUNS + 1)][1:]
    a, b, c = map(min, zip(*rows))
    print('%-7d %9s %12.0f ns %14.0f ns %9.0f ns %9.0f%% %11.0f%%' % (size, rate or 'most', a, b, c, c / a * 100, c / b * 100),
          flush=True)
