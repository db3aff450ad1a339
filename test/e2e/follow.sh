#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport --follow and --streams: what was said in conversations, beside tshark's follow; gaps, order, terminals, live pipes.
#
#   CORPUS=DIR FOLLOW_ALL=1    every capture of the corpus instead of a sample (some minutes)
. "$(dirname "$0")/../lib.sh"
need python3
export TZ=UTC
CORPUS=${CORPUS:-$TOP/../shared/corpus}
cd "$TMP" || exit 1

# segments.py FILE: raw IPv4, from lines "o|r SEQ ACK FLAGS TEXT" (\n, \xNN) of standard input
cat >segments.py <<'PY'
import struct, sys
out = open(sys.argv[1], 'wb')
out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
for n, line in enumerate(l for l in sys.stdin if l.strip()):
    who, seq, ack, flags, text = (line.rstrip('\n').split(' ', 4) + [''])[:5]
    text = text.encode().decode('unicode_escape').encode('latin-1')
    a, b, p, q = (b'\n\0\0\1', b'\n\0\0\2', 40000, 80) if who in 'ou' else (b'\n\0\0\2', b'\n\0\0\1', 80, 40000)
    if who in 'uv':
        l4 = struct.pack('>HHHH', p, q, 8 + len(text), 0) + text
    else:
        bits = sum({'F': 1, 'S': 2, 'R': 4, 'P': 8, 'A': 16}.get(c, 0) for c in flags)
        l4 = struct.pack('>HHIIBBHHH', p, q, int(seq), int(ack), 0x50, bits, 1000, 0, 0) + text
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(l4), n, 0, 64, 17 if who in 'uv' else 6, 0) + a + b + l4
    out.write(struct.pack('<IIII', 1700000000 + n, 0, len(ip), len(ip)) + ip)
    out.flush()
PY
python3 segments.py talk.pcap <<'TALK'
o 99 0 S
r 499 100 SA
o 100 500 A GET / HTTP/1.1\r\nHost: \xc3
o 123 500 A \xa4\x1b[31m\r
r 500 130 A HTTP/1.1 200 OK\r\nX: a\tb\\\r\n
o 130 526 A \n\r\n
r 539 133 A late
r 526 133 A out of order,
r 526 133 A OUT OF ORDER,
r 549 133 A !
o 133 550 A bye
o 136 550 FA
r 550 137 FA
TALK

# ---- forms
want='# tcp.stream 0: 10.0.0.1:40000 > 10.0.0.2:80
> GET / HTTP/1.1
> Host: ä\x1b[31m\r
< HTTP/1.1 200 OK
< X: a	b\\
> |
> |
< out of order,late
[6 bytes missing in the capture]
< !
> bye'
want=$(printf '%s' "$want" | sed 's/|$//') # a blank at the end of a line
same "text: in order, escaped, gaps marked" "$(nwexport --follow tcp,0 talk.pcap)" "$want"
same "one direction" "$(nwexport --follow tcp,0,resp talk.pcap | sed 1d)" "$(printf '%s\n' "$want" | grep '^<\|^\[')"
same "the other" "$(nwexport --follow tcp,0,orig -f raw talk.pcap | od -An -tx1 | tr -d ' \n')" \
	"$(printf 'GET / HTTP/1.1\r\nHost: \303\244\033[31m\r\n\r\nbye' | od -An -tx1 | tr -d ' \n')"
same "by its ends" "$(nwexport --follow tcp,10.0.0.2:80,10.0.0.1:40000 talk.pcap)" "$want"
same "beside a filter that puts messages together" "$(nwexport --follow tcp,0 -Y 'tcp or http.request.uri' talk.pcap)" "$want"
same "everything" "$(nwexport --follow tcp,all talk.pcap)" "$want"
nwexport --follow tcp,0 -f raw talk.pcap >raw 2>said
same "raw says what is missing" "$(cat said)" \
	"nwexport: 6 bytes are missing in the capture, at 1 places; text and hex show where"
same "raw is the bytes" "$(wc -c <raw)" 80
same "hex: offsets go on behind a gap" "$(nwexport --follow tcp,0,resp -f hex talk.pcap | tail -n 2)" \
	"$(printf '\t[6 bytes missing in the capture]\n\t00000031  21                                                !')"
same "nothing found" "$(nwexport --follow tcp,5 talk.pcap 2>&1)" \
	"nwexport: --follow tcp,5: nothing was said in such a conversation (nwexport --stats conv lists them)"
printf 'u 0 0 - question\nv 0 0 - answer\\n\nu 0 0 - again\n' | python3 segments.py udp.pcap
same "udp: a datagram begins a line" "$(nwexport --follow udp,0 udp.pcap | sed 1d)" "$(printf '> question\n< answer\n> again')"
fails() { name=$1 text=$2; shift 2; out=$("$@" 2>&1); same "$name" "$? $(printf %s "$out" | grep -c "$text")" "5 1"; }
fails "a wrong choice" "names no conversation" nwexport --follow tcp,x talk.pcap
fails "a wrong direction" "there are orig" nwexport --follow tcp,0,up talk.pcap
fails "a wrong format" "text, hex, raw" nwexport --follow tcp,0 -f json talk.pcap
fails "no records, no time-outs" "leave them out" nwexport --follow tcp,0 --flow-idle 5m talk.pcap
if command -v script >/dev/null; then
	same "raw is not written to a terminal" "$(script -qec "nwexport --follow tcp,0 -f raw talk.pcap" /dev/null </dev/null | grep -c 'not written to a terminal')" 1
	same "colours on a terminal, no escape of the packet" \
		"$(script -qec "nwexport --follow tcp,0 talk.pcap" /dev/null </dev/null | tr -d '\r' | sed -n '3,4p' | cat -v)" \
		"$(printf '^[[31mHost: M-CM-$\\x1b[31m\\r^[[m\n^[[36mHTTP/1.1 200 OK^[[m')"
fi

# ---- a live pipe: what is there is shown before the next packet comes
mkfifo pipe
nwexport --follow tcp,0 <pipe >live &
BACKGROUND=$!
{
	printf 'o 99 0 S\nr 499 100 SA\no 100 500 A first\\n\n' | python3 segments.py /dev/stdout
	wait_for 5 grep -q first live && echo seen >shown
} >pipe
wait $BACKGROUND
BACKGROUND=''
same "a live pipe is followed closely" "$(cat shown)" seen

# ---- bounds: what waits is given with its gap, and it is said
python3 - <<'PY' | python3 segments.py waits.pcap
print('o 0 0 A a')
for i in range(10050): print('o %d 0 A x' % (10 + 2 * i))
PY
nwexport --follow tcp,0 -f raw waits.pcap >waits 2>said
same "more than 10,000 segments wait: nothing is lost" "$(wc -c <waits) $(grep -c 'had more than 10000 segments' said)" "10051 1"

# ---- --streams
nwexport --streams out -f csv talk.pcap >rows 2>said
same "a file for each side" "$(ls out)" "010.000.000.001.40000-010.000.000.002.00080
010.000.000.002.00080-010.000.000.001.40000"
same "what the other side said" "$(cat out/010.000.000.002*)" "$(nwexport --follow tcp,0,resp -f raw talk.pcap 2>/dev/null)"
same "a row for each connection" "$(cut -d, -f1,3- rows | tail -n 1)" \
	0,10.0.0.1,40000,10.0.0.2,80,36,44,0,6,010.000.000.001.40000-010.000.000.002.00080,010.000.000.002.00080-010.000.000.001.40000
same "and what is missing is said" "$(grep -c '6 bytes are missing' said)" 1
nwexport --streams out talk.pcap >/dev/null 2>&1
same "files of another run stay" "$(ls out | wc -l) $(ls out | grep -c c0)" "4 2"
python3 -c 'for i in range(60): print("o %d 0 A %s" % (1 + 900 * i, "x" * 900))' | python3 segments.py long.pcap
(trap '' XFSZ 2>/dev/null; ulimit -f 8; nwexport --streams full long.pcap >/dev/null 2>said; echo $? >status)
same "a full disk: what is cut has no name of its own" "$(cat status) $(ls full) $(grep -c 'full/010.*make room or name another folder' said)" \
	"1 010.000.000.001.40000-010.000.000.002.00080.incomplete 1"
rm -r full; nwexport --streams full long.pcap >/dev/null 2>&1
same "and with room it has" "$(ls full) $(cat full/* | wc -c)" "010.000.000.001.40000-010.000.000.002.00080 54000"
touch file
fails "no folder" "cannot open the folder" sh -c 'nwexport --streams file talk.pcap; [ $? = 1 ] && exit 5'
same "a dry run makes nothing" "$(nwexport --streams none --fields ip.src talk.pcap 2>/dev/null; ls none 2>/dev/null)" ""

# ---- beside tshark, every stream, byte for byte
if [ -d "$CORPUS/captures" ] && command -v tshark >/dev/null; then
	set -- "$CORPUS"/captures/PcapPlusPlus__tcp* "$CORPUS"/captures/dpkt* "$CORPUS"/captures/snabb__tcp-ipv6-2* "$CORPUS"/captures/suricata*defrag-ppp*
	[ -z "${FOLLOW_ALL:-}" ] || set -- "$CORPUS"/captures/* "$CORPUS"/derived/*
	if python3 "$TOP/test/corpus/follow_vs_tshark.py" "$NWBOX" "$@" >"$TMP/compared" 2>&1; then
		while read -r line; do ok "$(echo "as tshark, $line" | tr -d :)"; done <"$TMP/compared"
	else
		not_ok "as tshark" "$(cat "$TMP/compared")"
	fi
else
	skip "as tshark" "no tshark, or no corpus at $CORPUS"
fi
