#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Packets changed by nwfilter: the same as editcap and tcprewrite make of them, where these can; split files hold together
# what was in one; wrong combinations are refused with the reason.
. "$(dirname "$0")/../lib.sh"
export TZ=UTC
for g in dns tcp udp vlan; do sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/$g/in.hex" >"$TMP/$g.pcap"; done
cd "$TMP" || exit 1
n_tcp=$(nwfilter -c -r tcp.pcap)

# What a capture holds: times, lengths and bytes.
content() { nwexport -r "$1" -f csv --fields frame.time_epoch,frame.len,frame.cap_len; nwexport -r "$1" -f hex 2>/dev/null; }
equal() { content "$2" >got 2>&1; content "$3" >want 2>&1; check "$1" cmp got want; }
refused() { name=$1 why=$2; shift 2; out=$("$@" 2>&1 >/dev/null </dev/null); r=$?
	case $r:$out in 5:*"$why"*) ok "$name" ;; *) not_ok "$name" "status $r: $out" ;; esac; }

# ---- as editcap does it
if command -v editcap >/dev/null; then
	for c in 4 -4 12:4 20:-4 -8:4 -8:-4 2000 -2000; do
		editcap -F pcap -C "$c" tcp.pcap e.pcap && nwfilter -r tcp.pcap --chop="$c" -w n.pcap
		equal "--chop $c is editcap -C $c" n.pcap e.pcap
	done
	editcap -F pcap -L -C 12:4 tcp.pcap e.pcap && nwfilter -r tcp.pcap -L --chop=12:4 -w n.pcap
	equal "-L --chop is editcap -L -C" n.pcap e.pcap
	editcap -F pcap -L -s 40 tcp.pcap e.pcap && nwfilter -r tcp.pcap -L -s 40 -w n.pcap
	equal "-L -s is editcap -L -s" n.pcap e.pcap
	editcap -F pcap -t -3.5 tcp.pcap e.pcap && nwfilter -r tcp.pcap --shift=-3.5 -w n.pcap
	equal "--shift is editcap -t" n.pcap e.pcap
	editcap -F pcap -r tcp.pcap e.pcap 1-2 4 6-8 && nwfilter -r tcp.pcap --range 6-8,1-2,4 -w n.pcap
	equal "--range is editcap -r" n.pcap e.pcap
	nwfilter -r tcp.pcap -r tcp.pcap -w twice.pcap
	editcap -F pcap -D 5 twice.pcap e.pcap 2>/dev/null && nwfilter -r twice.pcap --dedup=4 --dedup-by exact -w n.pcap 2>said
	equal "--dedup is editcap -D" n.pcap e.pcap
	check "--dedup says how many" grep -q "duplicates left out" said
	editcap -F pcap -w 0.00001 twice.pcap e.pcap 2>/dev/null && nwfilter -r twice.pcap --dedup=10us --dedup-by exact -w n.pcap 2>/dev/null
	equal "--dedup with a time is editcap -w" n.pcap e.pcap
	echo "CLIENT_RANDOM 00 11" >keys
	editcap --inject-secrets tls,keys tcp.pcap e.pcapng && nwfilter -r tcp.pcap --inject-keys keys -w n.pcapng
	check "--inject-keys: the keys are in the file" grep -q "CLIENT_RANDOM 00 11" n.pcapng
	equal "--inject-keys: the packets are as they were" n.pcapng e.pcapng
else
	skip "as editcap does it" "editcap is not installed"
fi

# ---- as tcprewrite does it
if command -v tcprewrite >/dev/null; then
	nwfilter -r vlan.pcap -w one.pcap 'eth.type == 0x8100 and not vlan#2'
	tcprewrite --enet-vlan=del --infile=one.pcap --outfile=e.pcap 2>/dev/null
	nwfilter -r one.pcap --strip-vlan=1 -w n.pcap
	equal "--strip-vlan=1 is tcprewrite --enet-vlan=del" n.pcap e.pcap
else
	skip "as tcprewrite does it" "tcprewrite is not installed"
fi
same "--strip-vlan leaves no tag" "$(nwfilter -r vlan.pcap --strip-vlan | nwfilter -c vlan)" 0

# ---- link types, there and back
for t in raw sll sll2 null; do
	same "--link $t: the packets are there" "$(nwfilter -r tcp.pcap --link $t | nwfilter -c tcp)" "$(nwfilter -c -r tcp.pcap tcp)"
	same "--link $t and back: payload and addresses" \
		"$(nwfilter -r tcp.pcap --link $t | nwfilter --link ether | nwexport -f csv --fields ip.src,tcp.srcport,tcp.len,ip.len | cksum)" \
		"$(nwfilter -r tcp.pcap | nwexport -f csv --fields ip.src,tcp.srcport,tcp.len,ip.len | cksum)"
done

# ---- anonymizing
echo "some words" >key
nwfilter -r tcp.pcap --anonymize key -w a.pcap
same "--anonymize: the payload is gone" "$(nwfilter -c -r a.pcap 'tcp.payload')" 0
same "--anonymize: no address is left" "$(for a in $(nwexport -r tcp.pcap -f csv --fields ip.src,ip.dst | sed 1d | tr , '\n' | sort -u); do
	nwfilter -c -r a.pcap "ip.addr == $a"; done | sort -u | tr -d '\n')" 0
same "--anonymize: as many flows" "$(nwexport -r a.pcap -f csv --fields ip.src,tcp.srcport,ip.dst,tcp.dstport | sort -u | wc -l)" \
	"$(nwexport -r tcp.pcap -f csv --fields ip.src,tcp.srcport,ip.dst,tcp.dstport | sort -u | wc -l)"
nwfilter -r tcp.pcap --anonymize key -w b.pcap
check "--anonymize: the same key gives the same" cmp a.pcap b.pcap
nwfilter -r tcp.pcap --anonymize key --anonymize-payload keep -w a.pcap
if command -v tshark >/dev/null; then
	bad() { tshark -n -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -r "$1" -Y "ip.checksum.status == 0 or tcp.checksum.status == 0" \
		-T fields -e frame.number 2>/dev/null | tr '\n' ' '; }
	same "--anonymize: checksums are as right as they were" "$(bad a.pcap)" "$(bad tcp.pcap)"
fi

# ---- splitting
for by in flow host packets:3 bytes:200 seconds:1; do
	rm -rf parts; mkdir parts
	nwfilter -r tcp.pcap --split $by -w parts/x.pcap
	all=$(for f in parts/x-*.pcap; do nwfilter -c -r "$f"; done | awk '{ n += $1 } END { print n }')
	[ $by = host ] && want=$((2 * n_tcp)) || want=$n_tcp
	same "--split $by: every packet is in a file" "$all" "$want"
done
same "--split packets:3: as many files" "$(rm -rf parts; mkdir parts; nwfilter -r tcp.pcap --split packets:3 -w parts/x.pcap; ls parts | wc -l | tr -d ' ')" "$(((n_tcp + 2) / 3))"
# more files than may be open, each gone back to
python3 - >many.pcap 2>/dev/null <<'PY' || skip "--split: files are opened again" "python3 is not installed"
import struct, sys
o = sys.stdout.buffer
o.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
for r in range(3):
    for i in range(200):
        p = struct.pack('>BBHHHBBH4B4BHHHH', 0x45, 0, 28, 0, 0, 64, 17, 0, 10, 0, 0, 1, 10, 0, 0, i, 1000, 2000, 8, 0)
        o.write(struct.pack('<IIII', r, i, len(p), len(p)) + p)
PY
if [ -s many.pcap ]; then
	for suffix in pcap pcapng; do
		rm -rf parts; mkdir parts
		nwfilter -r many.pcap --split flow -w parts/x.$suffix
		same "--split flow: 200 $suffix files of 3 packets, 64 of them open" \
			"$(ls parts | wc -l | tr -d ' ') $(for f in parts/*; do nwfilter -c -r "$f"; done | sort -u)" "200 3"
	done
fi

if [ -s many.pcap ] && (ulimit -f 40 2>/dev/null); then
	rm -rf parts; mkdir parts
	(ulimit -f 40; nwfilter -r many.pcap --split packets:1000 -w parts/x.pcap 2>stderr; echo $? >status)
	same "--split on a full disk: exit status, file, cure" "$(cat status) $(grep -c 'parts/x-00000.pcap: File too large.*make room' stderr)" "1 1"
	same "--split on a full disk: whole packets, and some" \
		"$(nwfilter -c -r parts/x-00000.pcap >count 2>&1; echo $?) $([ "$(cat count)" -gt 100 ] && echo some)" "0 some"
fi

# ---- a file that is read is not written to
cp tcp.pcap x.pcap
refused "-r X >> X is refused" "standard output is also the input" sh -c 'nwfilter -r x.pcap >>x.pcap'
check "and X is as it was" cmp x.pcap tcp.pcap

# ---- wrong combinations
refused "--split without a name" "name them with -w" nwfilter -r tcp.pcap --split flow
refused "--split by nothing known" "none of flow, host" nwfilter -r tcp.pcap --split colour -w y.pcap
refused "--inject-keys into pcap" "no place for keys" nwfilter -r tcp.pcap --inject-keys key -F pcap -w y.pcap
printf 'root:x:0:0:root:/root:/bin/sh\n' >nokeys
refused "--inject-keys of a file without keys" "nokeys: holds no keys" nwfilter -r tcp.pcap --inject-keys nokeys -w y.pcapng
refused "--shift and --shift-to" "use one of them" nwfilter -r tcp.pcap --shift 1 --shift-to 2 -w y.pcap
refused "--shift-to and --shift" "use one of them" nwfilter -r tcp.pcap --shift-to 2 --shift 1 -w y.pcap
refused "--anonymize with keys" "at odds" nwfilter -r tcp.pcap --anonymize key --inject-keys key -w y.pcapng
refused "--anonymize-payload alone" "goes with --anonymize" nwfilter -r tcp.pcap --anonymize-payload keep
refused "an empty key" "is empty" nwfilter -r tcp.pcap --anonymize /dev/null
refused "a window that is none" "is no window" nwfilter -r tcp.pcap --dedup=x
refused "a cut that is none" "no [OFFSET:]LENGTH" nwfilter -r tcp.pcap --chop x
refused "a range that is none" "packet numbers are written" nwfilter -r tcp.pcap --range 5-1
refused "-L without a cut" "add --chop or -s" nwfilter -r tcp.pcap -L
refused "before 1970" "before 1970" nwfilter -r tcp.pcap --shift=-100000d
refused "-c has no packets to change" "name a file with -w" nwfilter -r tcp.pcap -c --shift 1

# ---- completion
same "--complete names fields" "$(nwfilter --complete 'udp and tcp.flags.sy' | cut -f 1)" "tcp.flags.syn"
same "--complete names relations" "$(nwfilter --complete 'ip.src i' | cut -f 1)" "in"
