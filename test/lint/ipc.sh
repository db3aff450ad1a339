#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwbox-ipc(7) and the daemon's table say the same: operations with their roles and parameters, kinds of events, codes of
# errors. Requests in its examples are JSON that the table allows.
. "$(dirname "$0")/../lib.sh"
[ -n "$("$NWBOX" --list | grep -w netwatchd)" ] || { skip "nwbox-ipc(7)" "netwatchd is not in this profile"; exit; }
need python3

netwatchd --list-operations --output json >"$TMP/table" || { not_ok "netwatchd --list-operations" "fails"; exit; }
cat >"$TMP/compare.py" <<'PY'
import json, re, sys

table, page = json.load(open(sys.argv[1])), open("dist/man/nwbox-ipc.7").read()
sections = {m[1]: m[2] for m in re.finditer(r"^\.Sh (.*)\n((?:(?!\.Sh ).*\n)*)", page, re.M)}
parts = {m[1]: m[2] for m in re.finditer(r"^\.Ss (.*)\n((?:(?!\.Ss ).*\n)*)", sections["OPERATIONS"], re.M)}

def same(name, got, want):
    print(f"ok {name}" if got == want else f"not ok {name}: only one has {sorted(set(got) ^ set(want)) or 'another order'}")

# "\&.It Cm a , b" names a and b
def names(text):
    return [name for m in re.finditer(r"^\.It Cm (.*)", text, re.M) for name in m[1].replace(",", " ").split()]

same("nwbox-ipc(7) has the operations", list(parts), [o["type"] for o in table["operations"]])
for o in table["operations"]:
    part = parts.get(o["type"], "")
    same(f"{o['type']}: parameters", names(part), [p["name"] for p in o["parameters"]])
    same(f"{o['type']}: role", part.split("\n")[0].split()[-1:], [o["role"]])
    same(f"{o['type']}: required", re.findall(r"^\.It Cm (\w+)\ntext, required$", part, re.M),
         [p["name"] for p in o["parameters"] if p["required"]])
    for text in re.findall(r"^> (.*(?:\n   .*)*)", part, re.M):
        request = json.loads(text.replace("\n", ""))
        known = {"id", "type"} | {p["name"] for p in o["parameters"]}
        print(f"ok {o['type']}: its example" if request["type"] == o["type"] and set(request) <= known
              else f"not ok {o['type']}: its example: {request}")
same("nwbox-ipc(7) has the kinds of events", names(sections["EVENTS"]), list(table["events"]))
codes = dict(re.findall(r"^\.It Cm (\w+) Ta (\d) Ta", page, re.M))
same("nwbox-ipc(7) has the codes of errors", sorted(codes), sorted(table["errors"]))
PY
python3 "$TMP/compare.py" "$TMP/table" 2>"$TMP/err" || not_ok "nwbox-ipc(7) can be read" "$(tail -n 1 "$TMP/err")"
