#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flows_vs_truth.py CORPUS: the records of nwexport --flows beside the conversations that tshark counted in the corpus
(truth/conv.tsv.gz: ends, packets and bytes each way), and the Community ID of each beside tshark's, when there is one.

Prints each difference and a last line "records N sums N of N community_id N of N". Known differences: see corpus-differences.md."""
import csv, gzip, io, os, subprocess, sys

corpus = sys.argv[1]
# flows book a packet by its innermost IP and transport layer that no ICMP error quotes; tshark counts quoted ones and every
# TCP or UDP layer of a tunnel, and the truth says so in its last column
truth = {}
with gzip.open(os.path.join(corpus, 'truth/conv.tsv.gz'), 'rt') as f:
    for row in csv.DictReader(f, delimiter='\t'):
        truth.setdefault(row['file'], []).append(row)

def flows(path):
    out = subprocess.run(['nwexport', '--flows', '--flow-idle', '0', '-f', 'csv', path], capture_output=True)
    return list(csv.DictReader(io.StringIO(out.stdout.decode())))

def community_ids(path):
    """By frame: tshark's ids of the packets that have one transport layer; empty without its plug-in."""
    out = subprocess.run(['tshark', '-n', '--enable-protocol', 'communityid', '-r', path, '-T', 'fields', '-E', 'occurrence=l', '-e',
                          'communityid', '-e', 'tcp.stream', '-e', 'udp.stream'], capture_output=True, text=True)
    ids = {}
    for line in out.stdout.splitlines():
        c, t, u = (line.split('\t') + ['', '', ''])[:3]
        if c and (t == '') != (u == ''):
            ids.setdefault(('tcp' if t else 'udp', t or u), set()).add(c)
    return ids

records = good = wanted = same = asked = 0
for name, rows in sorted(truth.items()):
    path = os.path.join(corpus, name)
    have = flows(path)
    records += len(have)
    by_ends = {}
    for r in have:
        if r['transport'] in ('tcp', 'udp'):
            ends = tuple(sorted([(r['src'], r['sport']), (r['dst'], r['dport'])]))
            by_ends.setdefault((r['transport'], ends), []).append(r)
    ids = community_ids(path) if '--no-tshark' not in sys.argv else {}
    for row in rows:
        if row['agrees_with_conv_table'] != 'yes': # packets that an ICMP error quotes are among them
            continue
        ends = tuple(sorted([(row['addr_a'], row['port_a']), (row['addr_b'], row['port_b'])]))
        found = by_ends.get((row['proto'], ends), [])
        wanted += 1
        pick = None
        for r in found:
            a = (r['src'], r['sport']) == (row['addr_a'], row['port_a'])
            ours = (r['src_packets'], r['src_bytes'], r['dst_packets'], r['dst_bytes']) if a else \
                   (r['dst_packets'], r['dst_bytes'], r['src_packets'], r['src_bytes'])
            if ours == (row['frames_ab'], row['bytes_ab'], row['frames_ba'], row['bytes_ba']):
                pick = r
        if pick:
            good += 1
            found.remove(pick)
            if (row['proto'], row['stream']) in ids and pick['stream'] == row['stream']:
                asked += 1
                if ids[(row['proto'], row['stream'])] == {pick['community_id']}:
                    same += 1
                else:
                    print(name, row['proto'], row['stream'], 'community_id', pick['community_id'], ids[(row['proto'], row['stream'])])
        else:
            print(name, row['proto'], row['stream'], ends, 'want', row['frames_ab'], row['bytes_ab'], row['frames_ba'], row['bytes_ba'],
                  'have', [(r['src_packets'], r['src_bytes'], r['dst_packets'], r['dst_bytes']) for r in found])
print('records %d sums %d of %d community_id %d of %d' % (records, good, wanted, same, asked))
