#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares every value of our fields with tshark's, over the captures of the corpus.

    fields_vs_tshark.py [-v] [--least PERCENT] [--file PART] NWBOX CORPUS PROTOCOL...

For each PROTOCOL ("all": every one of ours) its fields are printed by both programs for each capture that has the
protocol by the corpus's MANIFEST; a frame agrees when all values of the field, in order, are the same. tshark runs
twice, with reassembly and without; agreeing with either counts. Prints one line per field: how many frames had it in
either program, how many agree; fields that tshark does not know by that name are said. -v shows disagreements.
"ok"/"not ok" lines compare the sum of a protocol with --least (default 98).
"""
import argparse, collections, csv, ipaddress, os, re, subprocess, sys

NO_REASSEMBLY = ['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE']
BATCH = 60
# Our name of a protocol, where the MANIFEST has another.
MANIFEST_NAMES = {'null': 'null', 'dhcp': 'dhcp', 'ssdp': 'ssdp'}


def run(command):
    env = dict(os.environ, TZ='UTC', LC_ALL='C.UTF-8', WIRESHARK_CONFIG_DIR='/nonexistent')
    try:
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    except subprocess.TimeoutExpired:
        return []
    return done.stdout.decode('utf8', 'replace').split('\n')[:-1]


def value(text):
    """One value in a form that two spellings share."""
    text = text.strip()
    if text in ('True', 'False'):
        return '1' if text == 'True' else '0'
    if re.fullmatch(r'0x[0-9a-fA-F]+', text):
        return str(int(text, 16))
    if re.fullmatch(r'-?[0-9]{1,40}', text):
        return str(int(text))
    if re.fullmatch(r'[0-9]+\.[0-9]{9,}', text):
        return text.rstrip('0')
    if ':' in text:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            pass
        if re.fullmatch(r'[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})*', text):
            return text.replace(':', '').lower()
    return re.sub('[^ -~]+', '?', text)


def values(text):
    return [value(t) for t in text.split('|')] if text else []


def columns(lines, n):
    """frame number -> its n values"""
    table = {}
    for line in lines:
        cells = line.split('\t')
        table[cells[0]] = cells[1:] + [''] * (n + 1 - len(cells))
    return table


def main():
    arg = argparse.ArgumentParser(usage=__doc__)
    arg.add_argument('-v', action='store_true')
    arg.add_argument('--least', type=float, default=98)
    arg.add_argument('--file', default='')
    arg.add_argument('nwbox')
    arg.add_argument('corpus')
    arg.add_argument('protocols', nargs='+')
    a = arg.parse_args()

    ours, types = collections.defaultdict(list), {}
    for line in run([a.nwbox, 'nwexport', '--list-fields']):
        name, kind = line.split()[:2]
        types[name] = kind
        if '.' in name:
            ours[name.split('.')[0]].append(name)
    known = {line.split('\t')[2] for line in run(['tshark', '-G', 'fields']) if line.startswith('F')}
    with open(a.corpus + '/MANIFEST.tsv', encoding='utf8') as fh:
        manifest = [r for r in csv.DictReader(fh, delimiter='\t') if r['file'].startswith('captures/')]
    wanted = sorted(ours) if a.protocols == ['all'] else a.protocols
    failed = False

    for proto in wanted:
        fields = [f for f in ours[proto] if f in known]
        for f in ours[proto]:
            if f not in known:
                print('# %s: tshark has no such field' % f)
        frames, agree, shown = collections.Counter(), collections.Counter(), collections.Counter()
        for row in manifest:
            seen = ' '.join(v or '' for k, v in row.items() if k and 'protocol' in k)
            name = MANIFEST_NAMES.get(proto, proto)
            if a.file not in row['file'] or not re.search(r'(^|[^a-z0-9_.])%s($|[^a-z0-9_.])' % re.escape(name), seen):
                continue
            path = a.corpus + '/' + row['file']
            for at in range(0, len(fields), BATCH):
                part = fields[at:at + BATCH]
                tail = ['-E', 'occurrence=a', '-E', 'aggregator=|']
                names = [x for f in ['frame.number'] + part for x in ('-e', f)]
                got = columns(run([a.nwbox, 'nwexport', '-r', path, '-T', 'fields'] + names + tail), len(part))
                want = columns(run(['tshark', '-n', '-r', path, '-T', 'fields'] + names + tail), len(part))
                other = columns(run(['tshark', '-n', '-r', path] + NO_REASSEMBLY + ['-T', 'fields'] + names + tail), len(part))
                for frame, cells in want.items():
                    mine = got.get(frame, [''] * len(part))
                    second = other.get(frame, cells)
                    for i, f in enumerate(part):
                        if not (mine[i] or cells[i]):
                            continue
                        frames[f] += 1
                        m = values(mine[i])
                        if m == values(cells[i]) or m == values(second[i]):
                            agree[f] += 1
                        elif a.v and shown[f] < 5:
                            shown[f] += 1
                            print('#   %s %s %s: tshark %.150r ours %.150r' % (row['file'], frame, f, cells[i], mine[i]))
        for f in fields:
            if frames[f]:
                print('# %-45s %6d frames %6.2f %%' % (f, frames[f], 100 * agree[f] / frames[f]))
            else:
                print('# %-45s not in the corpus' % f)
        total = sum(frames.values())
        share = 100 * sum(agree.values()) / total if total else 100
        good = share >= a.least
        failed |= not good
        print('%s fields of %s as tshark # %.2f %% of %d' % ('ok' if good else 'not ok', proto, share, total) if good else
              'not ok fields of %s as tshark: %.2f %% of %d, wanted %.1f' % (proto, share, total, a.least))
        sys.stdout.flush()
    return failed


if __name__ == '__main__':
    sys.exit(main())
