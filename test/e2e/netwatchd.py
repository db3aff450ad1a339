# SPDX-License-Identifier: MIT
# See netwatchd.sh.
import fcntl, socket, struct
from netwatchd_daemon import *


def check():
    d = Daemon('max_clients: many\nsessions:\n  - name: web\n    interfaces: [eth0]\n    filtr: port 80\n')
    status, out, err = run('--check', '--config', d.config)
    same('--check of a wrong file: status 5', status, 5)
    lines = err.splitlines()
    ok('every complaint has file and line', len(lines) == 2 and all(d.config + ':' in l for l in lines), err)
    ok('a misspelt member has its neighbour', 'filter' in err, err)
    d.write('sessions:\n  - name: web\n    interfaces: [eth0]\n    filter: "prot 80"\n')
    status, out, err = run('--check', '--config', d.config)
    ok('a filter that does not compile is a complaint', status == 5 and 'prot' in err, err)
    d.write('sessions:\n  - name: web\n    interfaces: [eth0]\n    filter: port 80\nprofiles:\n  - name: p\n')
    status, out, err = run('--check', '--config', d.config)
    ok('--check of a right file: status 0 and what is in it', status == 0 and '1 session, 1 profile' in out, out + err)
    status, out, err = run('--check', '--config', d.dir + '/none.yaml')
    ok('--check of no file', status != 0 and 'none.yaml' in err, err)
    d.write('sessions: [')
    status, out, err = run(*d.arguments())
    ok('a daemon does not start with a wrong file', status == 5 and d.config + ':' in err, err)


def wrong_words():
    for name, words, want, text in (
            ('an unknown option', ['--stat-dir', 'x'], 5, '--state-dir'),
            ('a command', ['start'], 5, 'packetclient'),
            ('contradiction', ['-f', '-b'], 5, '--background'),
            ('--output alone', ['--output', 'json'], 5, '--doctor'),
            ('a level that is none', ['--log-level', 'loud'], 5, 'warning')):
        status, out, err = run(*words)
        ok('command line: ' + name, status == want and text in err and err.startswith('netwatchd: '), (status, err))


def doctor():
    status, out, err = run('--doctor', '--output', 'json', '--state-dir', TMP + '/s', '--runtime-dir', TMP + '/r')
    report = json.loads(out)
    names = {c['check'] for c in report['checks']}
    ok('--doctor as JSON', {'user', 'landlock', 'seccomp', 'packet sockets', 'state directory', 'socket',
                                'daemon'} <= names, names)
    same('its status says whether it can record', status, 0 if report['can_record'] else 7)
    ok('what is missing has a cure', all(c['cure'] for c in report['checks'] if c['status'] == 'missing'), report)
    ok('it makes nothing', not os.path.exists(TMP + '/s') and not os.path.exists(TMP + '/r'))
    status, out, err = run('--list-operations')
    ok('--list-operations', status == 0 and 'CheckFilter' in out and '/api/v1/capture/start' in out, out)


def answers():
    d = Daemon().start()
    same('Ping', d.call('Ping')['message'], 'pong')
    status = d.data('Status')
    same('Status: pid, places', (status['pid'], status['socket'], status['state_dir']), (d.process.pid, d.socket, d.state))
    same('Status: no sessions', status['sessions'], {'running': 0, 'stopped': 0, 'failed': 0})
    same('Health', d.data('Health')['status'], 'ok')
    types = [o['type'] for o in d.data('Help')['operations']]
    ok('Help lists what there is', 'Freeze' in types and len(types) == len(set(types)), types)
    quick = {'Ping', 'Version', 'Health', 'Status', 'List', 'Stats', 'Logs', 'Events', 'Alerts', 'Profiles', 'Bundles', 'Help',
             'Unsubscribe', 'Subscribe'}
    same('each operation without needs answers', [t for t in sorted(quick) if d.call(t)['type'] == 'Error'], [])
    same('each other one names what it needs', [t for t in types if t not in quick | {'Reload', 'Shutdown', 'Interfaces'} and
                                                 d.call(t).get('code') != 'invalid'], [])
    for name, type, words, code in (
            ('an unknown type', 'Statsu', {}, 'unknown_type'), ('no such session', 'Show', {'session': 'nosuch'}, 'not_found'),
            ('no such profile', 'Start', {'profile': 'nosuch'}, 'not_found'),
            ('a wrong member', 'Logs', {'limit': -1}, 'invalid'), ('no such kind', 'Events', {'kind': 'x'}, 'invalid'),
            ('a freeze of years', 'Freeze', {'session': 'x', 'after': 1e9}, 'invalid'),
            ('a misspelt setting', 'Start', {'interfaces': ['lo'], 'filtr': 'port 80'}, 'invalid'),
            ('a misspelt setting within', 'Start', {'interfaces': ['lo'], 'limits': {'byts': '10M'}}, 'invalid'),
            ('bundles of years', 'Start', {'interfaces': ['lo'], 'freeze': {'before': 9e9}}, 'invalid'),
            ('no interface', 'Start', {'filter': 'port 80'}, 'invalid')):
        answer = d.call(type, **words)
        same('error: ' + name, (answer['type'], answer.get('code')), ('Error', code))
        ok('words of a person: ' + name, not any(w in answer['message'] for w in ('List ', 'Help ', 'Profiles ')), answer)
    disk = [c['message'] for c in d.data('Health')['checks'] if c['name'] == 'disk'][0]
    ok('Health: sizes as people write them', disk.endswith('B free') and ' ' in disk, disk)
    same('a filter is checked', (d.data('CheckFilter', filter='port 80')['valid'],
                                 d.data('CheckFilter', filter='prot 80')['valid'],
                                 d.data('CheckFilter', filter='tcp.port == 80', display=True)['valid'],
                                 d.data('CheckFilter', filter='tcp.prot == 80', display=True)['valid']),
         (True, False, True, False))
    ok('the message of a filter points', '^' in d.data('CheckFilter', filter='port 80 und')['message'])
    ok('interfaces', 'lo' in [i['name'] for i in d.data('Interfaces')['interfaces']])
    ok('interfaces of a path: refused', d.call('Interfaces', netns='/proc/1/ns/net').get('code') == 'invalid')
    same('TERM: status 0', d.stop(), 0)
    ok('the socket is gone', not os.path.exists(d.socket))
    d.start()
    ok('events are there after a restart', len(d.events('daemon_started')) == 2, d.events('daemon_started'))
    answer = d.call('Shutdown')
    same('Shutdown', (answer['type'], d.process.wait(10)), ('Success', 0))


def flood():
    """Questions that cost a process each, more at once than there is room for between front and starter."""
    d = Daemon().start()
    text = json.dumps({'type': 'CheckFilter', 'filter': 'port 80'}).encode()
    message = struct.pack('<I', len(text)) + text
    clients = [d.client() for _ in range(12)]
    for c in clients:
        c.socket.sendall(message * 100)
        c.socket.settimeout(20)
    same('flood: it answers others', d.call('Ping')['type'], 'Success')
    answers = [c.receive() for c in clients for _ in range(100)]
    valid = [a for a in answers if a['type'] == 'Data' and a['data']['valid']]
    refused = [a for a in answers if a.get('code') == 'limit']
    late = [a for a in answers if a.get('code') == 'timeout'] # a slow machine's
    ok('flood: each question is answered, by a limit beyond what is reasonable',
       len(valid) + len(refused) + len(late) == 1200 and valid and refused, (len(valid), len(refused), len(late)))
    same('flood: then it is as before', d.data('CheckFilter', filter='port 80')['valid'], True)
    same('flood: TERM ends it', d.stop(), 0)


def memory():
    """Many clients that ask for much and read nothing, or send half of something large: bounded for all together."""
    d = Daemon().start()
    text = json.dumps({'type': 'Help'}).encode()
    half = struct.pack('<I', 1 << 20) + b'{"type":"Ping","x":"' + b'a' * 1000000
    clients = []
    for data, count in ((200 * (struct.pack('<I', len(text)) + text), 120), (half, 120)):
        for _ in range(count):
            c = d.client()
            c.socket.settimeout(2)
            try:
                c.socket.sendall(data)
            except OSError:
                pass # refused
            clients.append(c)
    same('memory: others are answered', d.call('Ping')['type'], 'Success')
    with open('/proc/%d/status' % d.process.pid) as f:
        resident = [int(l.split()[1]) >> 10 for l in f if l.startswith('VmRSS')][0]
    if b'__asan_init' not in open(NWBOX, 'rb').read():
        ok('memory: of all clients (%d MiB)' % resident, resident < 160, resident)
    same('memory: TERM ends it', d.stop(), 0)


def places():
    d = Daemon().start()
    if os.geteuid():
        same('the runtime directory of a user is closed to others', os.stat(d.runtime).st_mode & 0o77, 0)
    e = Daemon(state=d.state)
    status, out, err = run(*e.arguments())
    ok('a second daemon in the same directory', status == 1 and 'pid %d' % d.process.pid in err and d.state in err,
       (status, err))
    status, out, err = run('--socket', d.socket, '--state-dir', e.dir + '/s', '--runtime-dir', e.dir + '/r')
    ok('a second daemon at the same socket', status == 1 and 'pid %d' % d.process.pid in err, (status, err))
    same('the first one is not disturbed', d.call('Ping')['type'], 'Success')
    d.stop()
    foreign = os.path.join(TMP, 'foreign')
    os.makedirs(foreign)
    with open(foreign + '/letter', 'w') as f:
        f.write('mine')
    status, out, err = run('--socket', e.socket, '--state-dir', foreign, '--runtime-dir', e.runtime)
    ok('a directory that is not ours', status == 5 and foreign in err and 'not empty' in err, (status, err))
    same('and nothing was made in it', os.listdir(foreign), ['letter'])
    status, out, err = run('--socket', e.socket, '--state-dir', foreign + '/letter', '--runtime-dir', e.runtime)
    ok('a file instead of a directory', status in (1, 5) and 'letter' in err, (status, err))
    status, out, err = run('--socket', '/tmp/' + 'x' * 200, '--state-dir', e.state, '--runtime-dir', e.runtime)
    ok('a socket path that is too long', status == 5 and '107' in err, (status, err))
    os.makedirs(e.dir + '/empty')
    d = Daemon(state=e.dir + '/empty').start()
    ok('an empty directory becomes ours', os.path.exists(e.dir + '/empty/netwatchd.state'))
    d.kill()
    d.start()
    same('a stale socket and a stale lock are taken over', d.call('Ping')['type'], 'Success')
    d.stop()


def pid_file():
    d = Daemon()
    path = d.dir + '/pid'
    d.start('--pid-file', path)
    with open(path) as f:
        same('the PID file has the pid', f.read(), '%d\n' % d.process.pid)
    e = Daemon()
    status, out, err = run(*e.arguments(), '--pid-file', path)
    ok('a PID file that is held', status == 1 and str(d.process.pid) in err, (status, err))
    d.stop()
    ok('the PID file goes with the daemon', not os.path.exists(path))


def background():
    d = Daemon()
    status, out, err = run(*d.arguments(), '--background', '--pid-file', d.dir + '/pid')
    same('--background returns when it answers', (status, err, d.call('Ping')['type']), (0, '', 'Success'))
    e = Daemon(state=d.state)
    status, out, err = run(*e.arguments(), '--background')
    ok('--background says why it does not', status == 1 and 'another netwatchd' in err, (status, err))
    d.call('Shutdown')
    ok('and ends when asked', wait_for(10, lambda: not os.path.exists(d.dir + '/pid')))


def reload():
    d = Daemon('sessions:\n  - name: one\n    interfaces: [nosuch0]\n    autostart: false\n').start()
    same('sessions of the configuration are known', [s['name'] for s in d.data('List')['sessions']], ['one'])
    d.write('sessions:\n  - name: one\n    interfaces: [nosuch0]\n    autostart: false\n'
            '  - name: two\n    interfaces: [nosuch1]\n    autostart: false\n')
    d.signal(signal.SIGHUP)
    ok('HUP: new ones, too', wait_for(5, lambda: len(d.data('List')['sessions']) == 2))
    same('and an event says so', [e['valid'] for e in d.events('configuration_reloaded')], [True])
    d.write('sessions: 7\n')
    d.signal(signal.SIGHUP)
    ok('HUP with a wrong file: an event',
       wait_for(5, lambda: [e['valid'] for e in d.events('configuration_reloaded')] == [True, False]))
    same('what was in force stays', len(d.data('List')['sessions']), 2)
    ok('Health knows', d.data('Health')['status'] == 'degraded' and 'c.yaml:1' in str(d.data('Health')), d.data('Health'))
    ok('the log has the line', 'c.yaml:1' in d.log(), d.log())
    d.write('profiles:\n  - name: p\n    interfaces: [nosuch2]\n    filter: port 80\n')
    d.signal(signal.SIGHUP)
    ok('HUP with a right one: well again', wait_for(5, lambda: d.data('Health')['status'] == 'ok'), d.data('Health'))
    same('profiles', [(p['name'], p['filter']) for p in d.data('Profiles')['profiles']], [('p', 'port 80')])
    d.signal(signal.SIGUSR1)
    ok('USR1: counters in the log', wait_for(5, lambda: ' requests, ' in d.log()))
    d.stop()


def failures():
    d = Daemon('restart:\n  backoff_min: 0.1\n  backoff_max: 0.2\n').start()
    answer = d.call('Start', interfaces=['nosuch0'])
    same('Start on no interface: an error', (answer['type'], answer['code']), ('Error', 'not_found' if os.geteuid() == 0 else
                                                                               answer['code']))
    same('and nothing is left of it', d.data('List')['sessions'], [])
    answer = d.call('Start', interfaces=['nosuch0'], name='bad name')
    same('a name with a blank', answer.get('code'), 'invalid')
    answer = d.call('Start', interfaces=['nosuch0'], filter='prot 7')
    same('a filter that does not compile',
         (answer['type'], answer.get('code') in ('invalid', 'permission', 'not_found')), ('Error', True))
    d.stop()


def manager():
    """A service manager: notifications, an adopted socket."""
    d = Daemon()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(d.dir + '/notify')
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind('\0nwbox-test-%d' % os.getpid())
    notify.settimeout(10)
    adopted = socket.socket(socket.AF_UNIX)
    adopted.bind(d.socket)
    adopted.listen(5)

    def place():
        os.environ['LISTEN_PID'] = str(os.getpid())
        os.dup2(fcntl.fcntl(adopted.fileno(), fcntl.F_DUPFD, 20), 3)
    # the variable has to hold the pid of the daemon itself: a shell that becomes it
    p = subprocess.Popen(['sh', '-c', 'LISTEN_PID=$$ exec "$0" netwatchd "$@"', NWBOX, *d.arguments()], preexec_fn=place,
                         close_fds=False, stderr=open(d.dir + '/err', 'ab'),
                         env=dict(os.environ, LISTEN_FDS='1', NOTIFY_SOCKET='@nwbox-test-%d' % os.getpid(),
                                  WATCHDOG_USEC='400000', ASAN_OPTIONS='detect_leaks=0'))
    d.process = p
    running.append(d)
    first = notify.recv(1000).decode()
    ok('READY=1 comes first, with the pid', first.startswith('READY=1\n') and 'MAINPID=%d' % p.pid in first, first)
    same('the adopted socket answers', d.call('Ping')['type'], 'Success')
    same('the watchdog is fed', [notify.recv(1000) for _ in range(2)], [b'WATCHDOG=1'] * 2)

    def next_state():
        while (text := notify.recv(1000).decode()) == 'WATCHDOG=1':
            pass
        return text
    d.signal(signal.SIGHUP)
    ok('RELOADING=1 with the time', next_state().startswith('RELOADING=1\nMONOTONIC_USEC='))
    ok('READY=1 after a reload', next_state().startswith('READY=1\n'))
    d.signal(signal.SIGTERM)
    ok('STOPPING=1', next_state().startswith('STOPPING=1'))
    same('status 0', p.wait(10), 0)
    ok('an adopted socket is left where it is', os.path.exists(d.socket))
    running.remove(d)


def subscriptions():
    d = Daemon().start()
    c = d.client()
    c.call('Subscribe', events='StatusEvents')
    d.write('sessions: 7\n')
    d.signal(signal.SIGHUP)
    same('StatusEvents: an event as it happens', c.receive()['event_type'], 'configuration_reloaded')
    log = d.client()
    log.call('Subscribe', events='LogEvents')
    c.call('Unsubscribe')
    d.signal(signal.SIGUSR1)
    event = log.receive()
    ok('LogEvents: log lines', event['event_type'] == 'log_line' and 'clients' in event['data']['text'], event)
    same('Unsubscribe: no more', (c.call('Ping')['type'], c.events), ('Success', []))
    d.stop()


def roles():
    if os.geteuid():
        print('skip roles: needs root to be somebody else')
        return
    d = Daemon('socket_mode: "0666"\n')
    os.chmod(TMP, 0o755)
    os.chmod(d.dir, 0o755)
    d.start()

    def as_nobody(type):
        """By a child that has changed its user: the interpreter's files may be closed to others."""
        out, into = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                os.write(into, str(d.call(type)).encode())
            finally:
                os._exit(0)
        os.close(into)
        os.waitpid(child, 0)
        with os.fdopen(out) as f:
            return f.read()
    ok('a stranger may look', "'Data'" in as_nobody('Status'), as_nobody('Status'))
    text = as_nobody('Shutdown')
    ok('and not more: the role is named', "'permission'" in text and 'admin' in text, text)
    d.write('socket_mode: "0666"\nroles:\n  admins:\n    users: [nobody]\n')
    d.signal(signal.SIGHUP)
    wait_for(5, lambda: d.events('configuration_reloaded'))
    ok('a role by the configuration', "'Success'" in as_nobody('Shutdown'))
    same('and it ends', d.process.wait(10), 0)


main(check, wrong_words, doctor, answers, flood, memory, places, pid_file, background, reload, failures, manager, subscriptions, roles)
