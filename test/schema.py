#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""schema.py SCHEMA[#/$defs/name] <lines: each line of standard input is a JSON object that must fit. A small reader of JSON Schema
that needs no module: type, required, properties, additionalProperties, items, enum, const, pattern, minimum, oneOf by
if/then lists in allOf, $ref. No key may stand twice in an object. Prints how many there were; fails on the first that does not fit."""
import json, re, sys

path, _, at = sys.argv[1].partition('#')
root = json.load(open(path))

def resolve(ref):
    s = root
    for part in ref.lstrip('#').strip('/').split('/'):
        if part: s = s[part]
    return s

TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'number': (int, float), 'integer': int, 'null': type(None)}
def is_type(v, t): return isinstance(v, TYPES[t]) and (t in ('boolean',) or not isinstance(v, bool))

def check(v, s, at):
    if s is True: return
    assert s is not False, (at, 'not allowed', v)
    if '$ref' in s: check(v, resolve(s['$ref']), at)
    if 'type' in s:
        types = s['type'] if isinstance(s['type'], list) else [s['type']]
        assert any(is_type(v, t) for t in types), (at, types, v)
    if 'const' in s: assert v == s['const'], (at, s['const'], v)
    if 'enum' in s: assert v in s['enum'], (at, s['enum'], v)
    if 'pattern' in s and isinstance(v, str): assert re.search(s['pattern'], v), (at, s['pattern'], v)
    if 'minimum' in s and not isinstance(v, str): assert v >= s['minimum'], (at, v)
    for one in s.get('allOf', []):
        if 'if' not in one: check(v, one, at); continue
        try: check(v, one['if'], at)
        except AssertionError: continue
        check(v, one['then'], at)
    if isinstance(v, dict):
        for k in s.get('required', []): assert k in v, (at, 'lacks', k)
        for k, x in v.items():
            if k in s.get('properties', {}): check(x, s['properties'][k], at + '/' + k)
            elif 'additionalProperties' in s: check(x, s['additionalProperties'], at + '/' + k)
    if isinstance(v, list) and 'items' in s:
        for i, x in enumerate(v): check(x, s['items'], '%s/%d' % (at, i))

def once(pairs):
    keys = [k for k, v in pairs]
    assert len(keys) == len(set(keys)), 'a key twice: %s' % keys
    return dict(pairs)

n = 0
for n, line in enumerate(sys.stdin, 1):
    try: check(json.loads(line, object_pairs_hook=once), resolve(at) if at else root, '')
    except (AssertionError, ValueError) as why: sys.exit('line %d: %s\n%s' % (n, why, line[:400]))
print(n)
