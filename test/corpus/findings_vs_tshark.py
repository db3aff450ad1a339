#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges what is said of packets in the light of those before them, against tshark, over the captures of the corpus.

    findings_vs_tshark.py [-v] [--file PART] NWBOX CORPUS

    tcp.analysis.*      per TCP segment: all verdicts, times and counts are the same
    tcp.completeness    the same
    response times      dns.time, http.time, icmp.resptime and the frames and texts that go with them, value by value
    _ws.expert          per frame: severities, groups and messages are the same, in order; of frames without any, that
                        there are none is right, so the share of frames with findings is printed too

tshark runs twice, with TCP reassembly and without; agreeing with either counts. Prints "ok"/"not ok" with the share
and what it must be at least; -v counts each kind of difference (test/corpus-differences.md explains them).
"""
import argparse, collections, glob, os, re, subprocess, sys

ANALYSIS = ['tcp.analysis.' + n for n in (
    'retransmission fast_retransmission spurious_retransmission out_of_order lost_segment ack_lost_segment '
    'duplicate_ack_num duplicate_ack_frame keep_alive keep_alive_ack zero_window zero_window_probe zero_window_probe_ack '
    'window_update window_full reused_ports acks_frame ack_rtt initial_rtt bytes_in_flight rto rto_frame').split()]
TIMES = ['dns.time', 'dns.response_to', 'dns.retransmit_request_in', 'dns.retransmit_response_in', 'http.time',
         'http.request_in', 'http.response_for.uri', 'icmp.resp_to', 'icmp.resptime', 'icmpv6.resp_to', 'icmpv6.resptime']
EXPERT = ['_ws.expert.severity', '_ws.expert.group', '_ws.expert.message']
FIELDS = ['tcp.seq_raw'] + ANALYSIS + ['tcp.completeness'] + TIMES + EXPERT
LEAST = {'tcp.analysis.*': 97, 'tcp.completeness': 97, 'response times': 97, '_ws.expert': 95, '_ws.expert of frames with findings': 85}


def run(command):
    env = dict(os.environ, TZ='UTC', LC_ALL='C.UTF-8', WIRESHARK_CONFIG_DIR='/nonexistent')
    try:
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    except subprocess.TimeoutExpired:
        return {}
    table = {}
    for line in done.stdout.decode('utf8', 'replace').split('\n')[:-1]:
        cells = line.split('\t')
        table[cells[0]] = dict(zip(FIELDS, cells[1:] + [''] * len(FIELDS)))
    return table


def main():
    arg = argparse.ArgumentParser(usage=__doc__)
    arg.add_argument('-v', action='store_true')
    arg.add_argument('--file', default='')
    arg.add_argument('nwbox')
    arg.add_argument('corpus')
    a = arg.parse_args()
    kinds, where = collections.Counter(), {}
    total, good = collections.Counter(), collections.Counter()
    wanted = ['-T', 'fields'] + [x for f in ['frame.number'] + FIELDS for x in ('-e', f)] + ['-E', 'occurrence=a', '-E', 'aggregator=|']

    for path in sorted(glob.glob(a.corpus + '/captures/*')):
        name = os.path.basename(path)
        if a.file not in name:
            continue
        ours = run([a.nwbox, 'nwexport', '-r', path] + wanted)
        theirs = run(['tshark', '-n', '-r', path] + wanted)
        nothing = dict.fromkeys(FIELDS, '')
        other = theirs
        if any(ours.get(frame, nothing) != cells for frame, cells in theirs.items()):
            other = run(['tshark', '-n', '-o', 'tcp.desegment_tcp_streams:FALSE', '-r', path] + wanted)
        for frame, first in theirs.items():
            mine, second = ours.get(frame, nothing), other.get(frame, first)

            def judge(what, fields, there=True):
                if not there:
                    return
                total[what] += 1
                got = [mine[f] for f in fields]
                if got in ([first[f] for f in fields], [second[f] for f in fields]):
                    good[what] += 1
                    return
                for f in fields:
                    if mine[f] in (first[f], second[f]):
                        continue
                    kind = f + ' differs' if first[f] and mine[f] else f + (' is not ours' if first[f] else ' is ours alone')
                    if f == EXPERT[2]:
                        left, right = collections.Counter(first[f].split('|')), collections.Counter(mine[f].split('|'))
                        kind = ', '.join([('- ' if d > 0 else '+ ') + re.sub('[0-9]+', '#', m)[:60] for m in left | right
                                          for d in [left[m] - right[m]] if m and d]) or f + ' in another order'
                    kinds[what, kind] += 1
                    where.setdefault((what, kind), name + ' ' + frame)

            # a frame may carry several segments (tunnels, ICMP errors); of those the analysis is of one
            judge('tcp.analysis.*', ANALYSIS, '|' not in first['tcp.seq_raw'] and first['tcp.seq_raw'])
            judge('tcp.completeness', ['tcp.completeness'], '|' not in first['tcp.seq_raw'] and first['tcp.seq_raw'])
            for f in TIMES:
                judge('response times', [f], first[f] and second[f] or mine[f])
            judge('_ws.expert', EXPERT)
            judge('_ws.expert of frames with findings', EXPERT, first[EXPERT[2]] or mine[EXPERT[2]])
    failed = False
    for what, least in LEAST.items():
        share = 100 * good[what] / total[what] if total[what] else 100
        failed |= share < least
        print('%s %s as tshark # %.2f %% of %d' % ('ok', what, share, total[what]) if share >= least else
              'not ok %s as tshark: %.2f %% of %d, wanted %d' % (what, share, total[what], least))
    if a.v:
        for (what, kind), n in kinds.most_common(120):
            print('# %6d %s: %s (%s)' % (n, what, kind, where[what, kind]))
    return failed


if __name__ == '__main__':
    sys.exit(main())
