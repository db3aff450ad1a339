#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Owners that a pcapng names (option 8 and comments, both byte orders), as fields of filters and exports, in ECS and in lines;
# and names of addresses from answers of DNS. How owners are found is tested by test/net/proc.sh.
. "$(dirname "$0")/../lib.sh"
nwexport --list-fields 2>/dev/null | grep -q '^proc\.pid' || { skip proc "this build has no proc.* fields"; exit 0; }
need python3

python3 - "$TMP" <<'EOF'
import struct, sys
def block(e, kind, body): return struct.pack(e + "II", kind, len(body) + 12) + body + struct.pack(e + "I", len(body) + 12)
def option(e, code, value): return struct.pack(e + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
def udp(src, dst, sport, dport, payload):
    u = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(u), 1, 0, 64, 17, 0, bytes(src), bytes(dst))
    return bytes(12) + b"\x08\0" + ip + u
def begin(e): return block(e, 0x0a0d0d0a, struct.pack(e + "IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(e, 1, struct.pack(e + "HHI", 1, 0, 0))
def packet(e, data, options=b""):
    return block(e, 6, struct.pack(e + "IIIII", 0, 0, 1000000, len(data), len(data)) + data + bytes(-len(data) % 4) + options)

frame = udp((10, 0, 0, 1), (10, 0, 0, 2), 40000, 7, b"hello")
comments = [b"proc: curl%20x[1234] end=src match=exact user=root uid=0 netns=4026531840 container=0123456789abcdef runtime=docker "
            b"later=1 cmd=curl -s 100%25 =x", b"proc: nginx[55] end=dst match=listener uid=33"]
with open(sys.argv[1] + "/owners.pcapng", "wb") as f:
    for e in "<", ">":
        options = option(e, 8, struct.pack(e + "II", 1234, 77)) + b"".join(option(e, 1, c) for c in comments) + option(e, 0, b"")
        f.write(begin(e) + packet(e, frame, options) + packet(e, frame, option(e, 1, b"just a comment") + option(e, 0, b"")) + packet(e, frame))
# what the options say is broken: lengths beyond the end, a comment cut short, an unknown match
with open(sys.argv[1] + "/broken.pcapng", "wb") as f:
    f.write(begin("<"))
    for options in (struct.pack("<HH", 8, 8) + b"1234", struct.pack("<HH", 1, 500) + b"proc: x[1] end=src", option("<", 8, b"1234"),
                    option("<", 1, b"proc: x[1] end=src match=magic"), option("<", 1, b"proc: x[99999999999]"), b"\x01\0"):
        f.write(packet("<", frame, options + bytes(-len(options) % 4)))
name = b"\3www\7example\3com\0"
answer = struct.pack(">HHHHHH", 1, 0x8180, 1, 2, 0, 0) + name + struct.pack(">HH", 1, 1)
answer += b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 14) + b"\4edge\3cdn\3net\0"
answer += b"\xc0\x2d" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes((192, 0, 2, 7))
with open(sys.argv[1] + "/names.pcapng", "wb") as f:
    f.write(begin("<") + packet("<", udp((10, 0, 0, 1), (192, 0, 2, 7), 1, 2, b"x")))
    f.write(packet("<", udp((10, 0, 0, 53), (10, 0, 0, 1), 53, 40000, answer)) + packet("<", udp((10, 0, 0, 1), (192, 0, 2, 7), 1, 2, b"x")))
EOF

F=$TMP/owners.pcapng
both() { printf '%s\n%s' "$1" "$1"; }
same "fields of two owners, both byte orders" "$(nwexport -f tsv --no-header -E occurrence=a -e proc.pid -e proc.tid -e proc.name -e proc.cmdline -e proc.user -e proc.uid \
	-e proc.match -e proc.end -e proc.netns -e container.id -e container.runtime "$F" | grep curl)" \
	"$(both "$(printf '1234,55\t77\tcurl x,nginx\tcurl -s 100%% =x\troot\t0,33\texact,listener\tsrc,dst\t4026531840\t0123456789abcdef\tdocker')")"
same "every comment" "$(nwexport -f csv --no-header -e frame.comment "$F" | grep -c 'just a comment')" 2
same "packets without options have none" "$(nwexport -f csv --no-header -e frame.number -e proc.pid -e frame.comment "$F" | sed -n 3p)" "3,,"
count() { nwfilter -r "$F" "$1" --count 2>&1; }
same "filter: either end" "$(count 'proc.pid == 55 and proc.name == "curl x"')" 2
same "filter: part of a container's id" "$(count 'container.id contains "4567"')" 2
same "filter: none" "$(count 'not proc.pid')" 4
same "filter: comments as in Wireshark" "$(count 'frame.comment contains "just"')" 2
if command -v tshark >/dev/null; then
	HOME=$TMP
	export HOME
	same "tshark sees the same comments" "$(tshark -n -r "$F" -T fields -e frame.comment 2>/dev/null | grep -c 'end=src.*end=dst')" 2
fi
same "all fields" "$(nwexport -f ndjson --fields all "$F" | grep -c '"proc.pid":\[1234,55\]')" 2
same "ECS" "$(nwexport -f ndjson --profile ecs "$F" | sed -n 's/.*\("process":.*\),"message".*/\1/p')" "$(both '"process":{"pid":1234,"name":"curl x","command_line":"curl -s 100% =x"},"user":{"name":"root","id":"0"},"container":{"id":"0123456789abcdef","runtime":"docker"}')"
same "lines, when asked" "$(nwcap -r "$F" -n -t --proc 2>/dev/null | head -n 1 | sed 's/.*length 5//')" " src=curl%20x[1234] dst=nginx[55]"
nwfilter -w "$TMP/merged.pcapng" -r "$F" -r "$F" 2>"$TMP/err"
same "written anew in one byte order" "$(nwexport -f csv --no-header -E occurrence=f -e proc.pid -e proc.tid -e proc.name "$TMP/merged.pcapng" | sort | uniq -c | sed 's/ *//')" \
	"$(printf '8 ,,\n4 1234,77,curl x')"
same "broken options: what can be read" "$(nwexport -f csv --no-header -E occurrence=a -e proc.pid -e proc.match "$TMP/broken.pcapng" 2>&1 | tr '\n' ' ')" ", , , 1,none , , "
same "names: none before the answer, then the one that was asked for" "$(nwexport -f csv --no-header -e ip.src_host -e ip.dst_host "$TMP/names.pcapng" | tr '\n' ' ')" \
	"10.0.0.1,192.0.2.7 10.0.0.53,10.0.0.1 10.0.0.1,www.example.com "
same "names: in a filter" "$(nwfilter -r "$TMP/names.pcapng" 'ip.host == "www.example.com"' --count)" 1
same "names: not among all fields, unless asked for" "$(nwexport -f ndjson --fields all "$TMP/names.pcapng" | grep -c _host)" 0
