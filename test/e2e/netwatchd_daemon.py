# SPDX-License-Identifier: MIT
#
# A netwatchd of a test: its own directories below TMP, its client, its end. Imported by e2e/netwatchd.py and net/netwatchd.py.
import json, os, signal, subprocess, sys, time, traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__))))
from ipc_client import Client

NWBOX, TMP = os.environ['NWBOX'], os.environ['TMP']
failed = False
running = []


def ok(name, good, why=''):
    global failed
    if good:
        print('ok', name, flush=True)
    else:
        failed = True
        print('not ok %s: %s' % (name, str(why).replace('\n', '|')[:400]), flush=True)
    return bool(good)


def same(name, got, want):
    return ok(name, got == want, 'got <%s>, want <%s>' % (got, want))


def wait_for(seconds, what):
    until = time.monotonic() + seconds
    while True:
        try:
            if what():
                return True
        except (OSError, EOFError):
            pass
        if time.monotonic() > until:
            return False
        time.sleep(0.05)


def run(*arguments, env=None, timeout=30):
    """netwatchd with these arguments, to its end: status, stdout, stderr."""
    p = subprocess.run(['netwatchd', *arguments], executable=NWBOX, capture_output=True, text=True, timeout=timeout,
                       env=dict(os.environ, **(env or {})))
    return p.returncode, p.stdout, p.stderr


class Daemon:
    count = 0

    def __init__(self, config=None, state=None, prefix=(), **kept):
        Daemon.count += 1
        self.dir = os.path.join(TMP, 'd%d' % Daemon.count)
        os.makedirs(self.dir, exist_ok=True)
        self.state = state or os.path.join(self.dir, 'state')
        self.runtime = os.path.join(self.dir, 'run')
        self.socket = os.path.join(self.dir, 'sock')
        self.config = os.path.join(self.dir, 'c.yaml')
        self.prefix, self.kept = list(prefix), kept
        self.write(config or '')

    def write(self, text):
        with open(self.config, 'w') as f:
            f.write(text)

    def arguments(self):
        return ['--config', self.config, '--socket', self.socket, '--state-dir', self.state, '--runtime-dir', self.runtime]

    def start(self, *more, env=None, wait=True, **popen):
        self.err = open(os.path.join(self.dir, 'err'), 'ab')
        self.process = subprocess.Popen(self.prefix + ['netwatchd', *self.arguments(), *more] if self.prefix else
                                        ['netwatchd', *self.arguments(), *more], executable=None if self.prefix else NWBOX,
                                        stdin=subprocess.DEVNULL, stdout=self.err, stderr=self.err,
                                        env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0', **(env or {})), **popen)
        running.append(self)
        if wait and not wait_for(10, lambda: self.call('Ping')['type'] == 'Success'):
            raise SystemExit('not ok netwatchd starts: %s' % self.log())
        return self

    def log(self):
        with open(os.path.join(self.dir, 'err')) as f:
            return f.read()

    def client(self):
        return Client(self.socket)

    def call(self, type, **parameters):
        return self.client().call(type, **parameters)

    def data(self, type, **parameters):
        answer = self.call(type, **parameters)
        if answer['type'] == 'Error':
            raise SystemExit('not ok %s %s: %s' % (type, parameters, answer))
        return answer.get('data', answer)

    def session(self, name):
        return self.data('Show', session=name)

    def events(self, kind, **more):
        return [e['data'] for e in self.data('Events', kind=kind, limit=4096, **more)['events']]

    def wait_state(self, name, state, seconds=15):
        if not wait_for(seconds, lambda: self.session(name)['state'] == state):
            raise SystemExit('not ok session %s is %s: %s' % (name, state, self.session(name)))

    def signal(self, signo):
        self.process.send_signal(signo)

    def stop(self, seconds=30):
        """TERM; its exit status."""
        if self in running:
            running.remove(self)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return 'no end'

    def kill(self):
        self.process.kill()
        self.process.wait()

    def files(self, id):
        return os.path.join(self.state, 'sessions', id)


def main(*tests):
    global failed
    for test in tests:
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        try:
            test()
        except SystemExit as e:
            failed = True
            print(e, flush=True)
        except Exception:
            ok(test.__name__, False, traceback.format_exc()[-380:])
        for d in list(running):
            d.stop(10)
    sys.exit(failed)
