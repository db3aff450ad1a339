#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""follow_vs_tshark.py [-v] NWBOX CAPTURE...: nwexport --follow tcp|udp,N -f raw beside tshark -z follow,tcp|udp,raw,N.

Every stream is compared byte for byte, both directions as they are interleaved. Those that cannot be equal are counted apart:

  gaps       the capture lacks bytes (either program says so); tshark writes a sentence in their place
  tunnels    a frame has two conversations, one in the other: tshark gives the bytes of both as those of each; or the
             conversation carries packets (OpenFlow): tshark takes their ends for its own
  numbers    the two programs give the frames of the stream different numbers (udp.stream and tcp.stream in
             corpus-differences.md)

Prints a line for TCP and one for UDP; with -v also one for each stream that differs. Exit status 1 if one that can be equal
differs."""
import collections
import os
import re
import subprocess
import sys

MISSING = re.compile(rb'\[\d+ bytes missing in capture file\]\0?')
CLASSES = 'gaps', 'tunnels', 'numbers'


def run(*words):
    p = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return p.stdout, p.stderr.decode()


def frames(*words):
    """Which frames each stream has, and the streams that share a frame with another one."""
    of, shared = collections.defaultdict(list), set()
    for line in run(*words)[0].decode().splitlines():
        frame, numbers, protocols = (line + '\t').split('\t')[:3]
        numbers = {int(n) for n in numbers.split(',') if n.isdigit()}
        if frame.isdigit():
            for n in numbers:
                of[n].append(int(frame))
            if len(numbers) > 1 or re.search(':(tcp|udp):.*:ip(v6)?(:|$)', protocols):
                shared |= numbers
    return of, shared


def tshark(path, transport, numbers):
    """The bytes of every stream."""
    streams = {}
    for at in range(0, len(numbers), 200):
        words = [w for n in numbers[at:at + 200] for w in ('-z', 'follow,%s,raw,%d' % (transport, n))]
        for block in run('tshark', '-n', '-q', '-r', path, *words)[0].split(b'=' * 67 + b'\n'):
            head = re.match(rb'Follow: \w+,raw\nFilter: \w+\.stream eq (\d+)\nNode 0: .*\nNode 1: .*\n', block)
            if head:
                streams[int(head[1])] = b''.join(bytes.fromhex(l.strip().decode()) for l in block[head.end():].split(b'\n'))
    return streams


def main():
    verbose = sys.argv[1] == '-v'
    nwbox, *captures = sys.argv[1 + verbose:]
    bad = 0
    for transport in ('tcp', 'udp'):
        field = transport + '.stream'
        count = collections.Counter()
        for path in captures:
            theirs, shared = frames('tshark', '-n', '-r', path, '-T', 'fields', '-e', 'frame.number', '-e', field, '-e', 'frame.protocols')
            ours, _ = frames(nwbox, 'nwexport', '-T', 'fields', '-e', 'frame.number', '-e', field, path)
            for number, want in sorted(tshark(path, transport, sorted(theirs)).items()):
                got, said = run(nwbox, 'nwexport', '--follow', '%s,%d' % (transport, number), '-f', 'raw', path)
                kind = 'tunnels' if number in shared else 'numbers' if theirs[number] != ours[number] else \
                    'gaps' if 'missing' in said or MISSING.search(want) else 'complete'
                equal = got == (MISSING.sub(b'', want) if kind == 'gaps' else want)
                count[kind] += 1
                count[kind, equal] += 1
                if verbose and not equal:
                    print('%s %s %d: %s: %d bytes, tshark %d, equal up to %d %s' % (
                        os.path.basename(path), field, number, kind, len(got), len(want), len(os.path.commonprefix([got, want])), said.strip()))
        bad += count['complete', False]
        print('%s: %d streams compared, %d equal; besides %s' % (transport, count['complete'], count['complete', True], ', '.join(
            '%d %s (%d equal)' % (count[c], c, count[c, True]) for c in CLASSES)), flush=True)
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
