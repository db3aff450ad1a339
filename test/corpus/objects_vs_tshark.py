#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""objects_vs_tshark.py [-v] NWBOX CAPTURE...: nwexport --objects DIR beside tshark --export-objects http,DIR, by content.

Prints how many of tshark's objects are among ours byte for byte, and how many of ours tshark has not; with -v one line for each
that only one of them has. Exit status 1 if we lack more than EXPLAINED says."""
import csv
import hashlib
import os
import subprocess
import sys
import tempfile

# How many of tshark's objects are not ours, and why; also in test/corpus-differences.md.
EXPLAINED = {
    'libpcap__AH-IPcomp-IPv6.pcap': 1,               # what IPComp has compressed is not inflated
    'suricata-verify__dns-over-http2-limit.pcap': 1, # HTTP/2
    'zeek__ipv6-http-atomic-frag.pcap': 4,           # HTTP/0.9: a request without a version, an answer without a head
    'zeek__mixed-vlan-mpls.pcap': 3,                 # the same, and tshark takes each segment for an object
}


def contents(folder):
    """{hash: [names]} of the files."""
    out = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as f:
            out.setdefault(hashlib.sha256(f.read()).hexdigest(), []).append(name)
    return out


def main():
    verbose = sys.argv[1] == '-v'
    nwbox, *captures = sys.argv[1 + verbose:]
    theirs_all = equal = more = explained = bad = incomplete = 0
    for path in captures:
        with tempfile.TemporaryDirectory() as top:
            a, b = os.path.join(top, 'tshark'), os.path.join(top, 'ours')
            os.mkdir(b)
            subprocess.run(['tshark', '-n', '-Q', '-r', path, '--export-objects', 'http,' + a], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            p = subprocess.run([nwbox, 'nwexport', '--objects', b, '-f', 'csv', path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            rows = {r['file']: r for r in csv.DictReader(p.stdout.decode().splitlines())}
            theirs, ours = contents(a) if os.path.isdir(a) else {}, contents(b)
            assert sorted(rows) == sorted(n for names in ours.values() for n in names), (path, 'rows and files differ')
            for h, names in ours.items():
                for n in names:
                    assert (rows[n]['complete'] == 'yes') != n.endswith('.incomplete'), (path, n)
                    assert int(rows[n]['size']) == os.path.getsize(os.path.join(b, n)), (path, n)
                    incomplete += n.endswith('.incomplete')
            lacking = 0
            for h in sorted(set(theirs) | set(ours)):
                they, we = theirs.get(h, []), ours.get(h, [])
                theirs_all += len(they)
                equal += min(len(they), len(we))
                more += max(0, len(we) - len(they))
                lacking += max(0, len(they) - len(we))
                for name in they[len(we):]:
                    if verbose:
                        print('%s: only tshark: %s (%d bytes)' % (os.path.basename(path), name, os.path.getsize(os.path.join(a, name))))
                for name in we[len(they):]:
                    if verbose:
                        print('%s: only ours: %s (%s bytes, %s)' % (os.path.basename(path), name, rows[name]['size'], rows[name]['complete']))
            known = EXPLAINED.get(os.path.basename(path), 0)
            explained += min(lacking, known)
            bad += max(0, lacking - known)
    print('%d objects of tshark: %d of ours are equal, %d are explained; %d of ours besides; %d of ours are incomplete' %
          (theirs_all, equal, explained, more, incomplete))
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
