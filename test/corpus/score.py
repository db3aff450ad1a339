#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scores a report of the corpus check over the frames whose protocols we know.

    score.py CORPUS REPORT PROTOCOL...

CORPUS is the corpus directory, REPORT what its check.py wrote with --report and
an unlimited --report-limit, PROTOCOL every protocol of ours. A frame counts when
each protocol on its path (frame.protocols of the truth) is one of ours: the sum
over all frames that check.py prints mostly tells how many protocols of other
issues the corpus has.

Prints one line per field and per protocol (of the frames where it is the
innermost), "ok NAME" or "not ok NAME: why", and with -v every kind of
disagreement with its count.
"""
import collections, gzip, sys

# Not protocols of their own, or shown by Wireshark where a body or a certificate is.
NO_LAYER = set('''frame ethertype data pcapng raw llc x509sat x509ce x509af pkix1explicit pkix1implicit ocsp ber data-text-lines
    media text image-gif image-jfif png json xml urlencoded-form mime_multipart multipart_form_data pcap_pktdata wlan_radio ipv6.hopopts
    ipv6.routing ipv6.dstopts ipv6.fraghdr _ws.malformed'''.split())
# Wireshark counts custom blocks as frames, so that all numbers in these files differ.
CUSTOM_BLOCKS = ('pcapngtest__test017', 'pcapngtest__test102')
CORE = 'frame. eth. vlan. arp. ip. ipv6. tcp. udp. icmp. icmpv6.'.split()
STATEFUL = {'tcp.stream', 'udp.stream'}
# Wireshark renumbers UDP conversations where SNMP, the port mapper or signalled RTP set one up with an open end: an artifact
# of its own book-keeping, so both directions of such a conversation have two numbers there (test/corpus-differences.md).
UDP_STREAM = 90.0
# A protocol of fewer values than FEW is not judged: a broken packet or two would decide.
CORE_MIN, OTHER_MIN, FEW = 99.5, 98.0, 1000
# Segments that came twice or out of order, connections that change to TLS (test/corpus-differences.md).
LESS = {'udp.stream': UDP_STREAM, '_ws.col.Protocol': 98.8, 'tls.handshake.type': 95.0, 'tls.handshake.extensions_server_name': 98.0}


def table(corpus, name):
    with gzip.open('%s/truth/%s' % (corpus, name), 'rt', encoding='utf8', newline='\n') as fh:
        head = fh.readline().rstrip('\n').split('\t')
        for line in fh:
            yield dict(zip(head, line.rstrip('\n').split('\t')))


def main():
    verbose = '-v' in sys.argv
    corpus, report, *ours = [a for a in sys.argv[1:] if a != '-v']
    known = set(ours) | NO_LAYER
    wrong = {}
    with open(report, encoding='utf8', errors='replace') as fh:
        for line in fh:
            kind, f, frame, field, want, got = line.rstrip('\n').split('\t')
            if kind == 'field':
                wrong[f, frame, field] = want, got
    other = collections.defaultdict(dict)
    for t in table(corpus, 'fields-noreasm.tsv.gz'):
        other[t['file'], t['frame']][t['field']] = t['value_without_reassembly']
    field_sum, proto_sum = collections.defaultdict(lambda: [0, 0]), collections.defaultdict(lambda: [0, 0])
    kinds, frames, scope = collections.defaultdict(list), 0, 0
    for t in table(corpus, 'fields.tsv.gz'):
        if not t['file'].startswith('captures/') or any(c in t['file'] for c in CUSTOM_BLOCKS):
            continue
        f, n = t['file'], t['frame.number']
        path = t['frame.protocols'].split(':')
        frames += 1
        if not set(path) <= known:
            continue
        scope += 1
        layers = [p for p in path if p in ours]
        for x in t:
            if x == 'file' or x == 'frame.protocols' or x.endswith('.all'):
                continue
            bad = (f, n, x) in wrong
            if not bad and not t[x] and not other[f, n].get(x):
                continue
            field_sum[x][0] += 1
            field_sum[x][1] += not bad
            if layers and x != 'udp.stream':
                proto_sum[layers[-1]][0] += 1
                proto_sum[layers[-1]][1] += not bad
            if bad:
                kinds[x, layers[-1] if layers else '-'].append((f, n) + wrong[f, n, x])
    print('# %d of %d frames have only protocols of ours' % (scope, frames))
    failed = 0
    for what, sums in (('field', field_sum), ('protocol', proto_sum)):
        for name, (n, good) in sorted(sums.items()):
            core = what == 'field' and name not in STATEFUL and any(name.startswith(c) for c in CORE)
            least = CORE_MIN if core else LESS.get(name, OTHER_MIN)
            per_cent = 100.0 * good / n
            low = per_cent < least and (what == 'field' or n >= FEW)
            failed |= low
            if low:
                print('not ok corpus %s %s: %.2f %% of %d agree, not %.1f' % (what, name, per_cent, n, least))
            else:
                print('ok corpus %s %s (%.2f %% of %d)' % (what, name, per_cent, n))
    if verbose:
        for (x, p), l in sorted(kinds.items(), key=lambda kv: -len(kv[1])):
            by_file = collections.Counter(e[0] for e in l)
            print('# %5d %s in %s: %s; first %s frame %s: want %s, got %s' % (
                len(l), x, p, ', '.join('%s %d' % (k.split('/')[1], v) for k, v in by_file.most_common(4)), *l[0]))
    return failed


if __name__ == '__main__':
    sys.exit(main())
