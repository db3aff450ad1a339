#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares --stats conv with the conversations of the truth, stream by stream.

    conv_vs_truth.py CORPUS NWBOX [-v]

A conversation agrees when number, ends, packets and bytes each way are equal and the times it spans as well. Those that
do not are put into classes (corpus-differences.md); prints "ok NAME" or "not ok NAME: why" and how many are in each class.

The truth counts packets quoted in ICMP errors and says where tshark -z conv, which does not, has other numbers. Those
conversations are compared with what a tshark that is installed prints: ends and packets each way.
"""
import collections, csv, gzip, io, re, shutil, subprocess, sys

CORPUS, NWBOX, VERBOSE = sys.argv[1], sys.argv[2], '-v' in sys.argv
KEYS = 'addr_a port_a addr_b port_b frames_ab bytes_ab frames_ba bytes_ba'.split()


def truth():
    files = collections.defaultdict(dict)
    with gzip.open(CORPUS + '/truth/conv.tsv.gz', 'rt', encoding='utf8', newline='\n') as fh:
        for row in csv.DictReader(fh, delimiter='\t', quoting=csv.QUOTE_NONE):
            files[row['file']][row['proto'], row['stream']] = row
    return files


def ours(file):
    out = subprocess.run([NWBOX, 'nwexport', '--stats', 'conv', '-f', 'csv', CORPUS + '/' + file],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    return {(r['table'], r['stream']): r for r in csv.DictReader(io.StringIO(out))}


def want(row):
    """The row as ours would be: the one way, or the other when somebody else counts as the first."""
    one = [row[k] for k in KEYS]
    return one, one[2:4] + one[0:2] + one[6:8] + one[4:6]


def have(row):
    return [row[k] for k in 'addr_a port_a addr_b port_b packets_a bytes_a packets_b bytes_b'.split()]


def ns(text):
    s, _, f = text.partition('.')
    return int(s) * 10**9 + int((f + '0' * 9)[:9])


def times_agree(row, mine):
    if not row['first_epoch'] or not mine['first']:
        return row['first_epoch'] == mine['first']
    if not row['last_epoch']:
        row['last_epoch'] = row['first_epoch']
    first, last = sorted((ns(row['first_epoch']), ns(row['last_epoch'])))  # the truth has the first and last in the file
    return ns(mine['first']) <= first and ns(mine['first']) + ns(mine['duration']) >= last


def same(row, mine):
    """Ends, packets and bytes each way, whoever counts as the first."""
    return have(mine) in want(row)


def judge(key, row, mine):
    """Why it does not agree, or None. Takes what it has found out of `mine`."""
    if key in mine and same(row, mine[key]):
        return None if times_agree(row, mine.pop(key)) else 'times that a signed number of nanoseconds cannot hold'
    for other in mine:
        if other[0] == key[0] and same(row, mine[other]):
            del mine[other]
            return 'another number'
    return QUOTED if row['agrees_with_conv_table'] == 'no' else 'counts'


def split_end(text):
    addr, _, port = text.rpartition(':')
    return addr, port


def tshark(file, proto):
    """What tshark's own table has: {ends: packets}."""
    out = subprocess.run(['tshark', '-n', '-q', '-r', CORPUS + '/' + file, '-z', 'conv,' + proto], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout.decode()
    table = collections.Counter()
    for line in out.splitlines():
        m = re.match(r'(\S+:\d+) +<-> (\S+:\d+) +(\d+) [\d,.]+ ?[a-zA-Z]* +(\d+) ', line)
        if m:
            a, b = split_end(m[1]), split_end(m[2])
            table[frozenset(((a, int(m[4])), (b, int(m[3]))))] += 1
    return table


def compare_with_tshark(files):
    """Every conversation of these files, with tshark's own table."""
    total = good = 0
    for file in sorted(files):
        mine = list(ours(file).items())
        for proto in 'tcp', 'udp':
            want = tshark(file, proto)
            got = collections.Counter(frozenset((((h[0], h[1]), int(h[4])), ((h[2], h[3]), int(h[6]))))
                                      for h in (have(r) for (t, _), r in mine if t == proto))
            total += sum(want.values())
            good += sum((want & got).values())
            if VERBOSE and want != got:
                print('#', file, proto, 'tshark only', list(want - got), 'ours only', list(got - want))
    share = 100.0 * good / total
    print('%s corpus conversations where the truth counts quoted packets (%d of %d as tshark -z conv, %.2f %%)' %
          ('ok' if share >= MIN else 'not ok', good, total, share))
    return share >= MIN


def main():
    total, good, classes = 0, 0, collections.defaultdict(collections.Counter)
    for file, rows in truth().items():
        mine = ours(file)
        left = []
        for key, row in sorted(rows.items(), key=lambda x: (x[0] not in mine or not same(x[1], mine[x[0]]))):
            why = judge(key, row, mine)
            total += why != QUOTED
            if why is None:
                good += 1
                continue
            classes[why][file] += 1
            if why == 'counts':
                left.append((key, want(row)[0]))
        if VERBOSE and left:
            print('#', file, *left, 'ours:', *[have(m) for m in mine.values()], sep='\n#   ')
    for why, files in sorted(classes.items(), key=lambda x: -sum(x[1].values())):
        print('# %d: %s (%s)' % (sum(files.values()), why, ', '.join('%s %d' % (f.split('/')[-1], c) for f, c in files.most_common(8))))
    share = 100.0 * good / total
    ok = share >= MIN
    print('%s corpus conversations%s (%d of %d agree, %.2f %%)' % ('ok' if ok else 'not ok', '' if ok else ': too few', good, total, share))
    if shutil.which('tshark'):
        ok &= compare_with_tshark(classes[QUOTED])
    else:
        print('skip corpus conversations where the truth counts quoted packets: no tshark')
    return 0 if ok else 1


QUOTED = 'packets quoted in ICMP errors'
MIN = 96.0
sys.exit(main())
