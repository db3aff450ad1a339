#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares --stats hierarchy with the protocol hierarchies of the truth (tshark -z io,phs).

    phs_vs_truth.py CORPUS NWBOX [-v]

A node is a path of protocols in one file and agrees when its frames and bytes are equal. Judged are the nodes all of whose
protocols are ours; names that are no protocols (fields, bodies that Wireshark shows in the tree) and what is below them are
left out. Prints "ok NAME" or "not ok NAME: why", and with -v each difference.
"""
import collections, csv, gzip, io, subprocess, sys

CORPUS, NWBOX, VERBOSE = sys.argv[1], sys.argv[2], '-v' in sys.argv
MIN = 87.0


def nwexport(*words):
    return subprocess.run([NWBOX, 'nwexport', *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()


def truth():
    files = collections.defaultdict(dict)
    with gzip.open(CORPUS + '/truth/phs.tsv.gz', 'rt', encoding='utf8', newline='\n') as fh:
        for row in csv.DictReader(fh, delimiter='\t', quoting=csv.QUOTE_NONE):
            files[row['file']][row['protocol_path']] = (int(row['frames']), int(row['bytes']))
    return files


def main():
    known = {line.split('\t')[0] for line in nwexport('--list-fields').splitlines() if line.split('\t')[1] == 'protocol'}
    total = good = skipped = 0
    by_protocol = collections.defaultdict(lambda: [0, 0])
    for file, want in truth().items():
        have = {r['path']: (int(r['packets']), int(r['bytes']))
                for r in csv.DictReader(io.StringIO(nwexport('--stats', 'hierarchy', '-f', 'csv', CORPUS + '/' + file)))}
        for path, counts in want.items():
            if any(p not in known for p in path.split(':')):
                skipped += 1
                continue
            total += 1
            last = by_protocol[path.split(':')[-1]]
            last[1] += 1
            if have.get(path) == counts:
                good += 1
                last[0] += 1
            elif VERBOSE:
                print('#', file.split('/')[-1], path, 'want', counts, 'have', have.get(path))
    for name, (n, of) in sorted(by_protocol.items(), key=lambda x: x[1][0] - x[1][1])[:12]:
        if n < of:
            print('# hierarchy: %s: %d of %d' % (name, n, of))
    share = 100.0 * good / total
    ok = share >= MIN
    print('%s corpus hierarchy%s (%d of %d nodes agree, %.2f %%; %d have protocols that are not ours)' %
          ('ok' if ok else 'not ok', '' if ok else ': too few', good, total, share, skipped))
    return 0 if ok else 1


sys.exit(main())
