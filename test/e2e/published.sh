#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Command lines that people have in scripts, from the manual pages of tcpdump, tshark, editcap, mergecap and capinfos and
# from the usual cheat sheets: each is run as it is published and as our applets have it, on several captures, and what
# comes out is compared byte for byte. Where there is a difference that is meant, the row's comment says which, and
# `normal` takes it out on both sides.
#
#   CORPUS=DIR   the captures (../shared/corpus beside the checkout); those made from test/golden are used always
#   SHOW=1       the first differing lines of each row
. "$(dirname "$0")/../lib.sh"
need tcpdump tshark editcap mergecap capinfos
CORPUS=${CORPUS:-$TOP/../shared/corpus}
export TZ=UTC
cd "$TMP" || exit 1
mkdir caps
# CASE N: its first N packets. What follows them is broken on purpose; of that each program tells in its own words.
for pair in "arp 3" "dns 8" "http 4" "icmp 9" "tls 3"; do
	sh "$TOP/test/golden/hex2pcap.sh" "$TOP/test/golden/${pair% *}/in.hex" >all.pcap
	editcap -F pcap -r all.pcap "caps/${pair% *}.pcap" "1-${pair#* }" 2>/dev/null
done
for f in joy__firefox58.pcap tcpflow__local2.pcap zeek__206_example_c.pcap PcapPlusPlus__QinQ_802.1_AD.pcapng; do
	[ -f "$CORPUS/captures/$f" ] && ln -s "$CORPUS/captures/$f" caps/
done
{ cat caps/tls.pcap; i=0; while [ $i -lt 6000 ]; do tail -c +25 caps/tls.pcap; i=$((i + 1)); done; } >big.pcap

normal() { cat; }
AS_US=
[ "$(id -u)" != 0 ] || AS_US="-Z root"

# row NAME PEER-COMMAND OUR-COMMAND [CAPTURE...]: $F is the capture; what each prints, or leaves in files, must be the same
row()
{
	name=$1 same=0 all=0 differ='' bytes=0 peer=$2 ours=$3
	shift 3
	[ $# -gt 0 ] || set -- caps/*
	for F; do
		export F
		rm -rf peer ours
		mkdir peer ours
		(cd peer && F=../$F && eval "$peer" >stdout 2>/dev/null </dev/null)
		(cd ours && F=../$F && eval "$ours" >stdout 2>stderr </dev/null)
		rm -f ours/stderr
		for side in peer ours; do normal <$side/stdout >$side/n && mv $side/n $side/stdout; done
		all=$((all + 1))
		bytes=$((bytes + $(cat peer/* | wc -c)))
		if diff -r peer ours >diff.txt 2>&1; then
			same=$((same + 1))
		else
			differ="$differ ${F#caps/}"
			[ -z "${SHOW:-}" ] || { echo "# $name: $F"; head -n 6 diff.txt | cut -c1-220 | sed 's/^/#   /'; }
		fi
	done
	if [ $bytes -eq 0 ]; then
		not_ok "$name" "nothing to compare: the command printed nothing for any capture"
	elif [ $same -eq $all ]; then
		ok "$name # $all captures"
	else
		not_ok "$name" "differs for$differ"
	fi
}

# ---- tcpdump
row "tcpdump -nn 'port 53'" "tcpdump -nn -r \$F 'port 53'" "nwcap -nn -r \$F 'port 53'"
row "tcpdump -nn -c 5" "tcpdump -nn -c 5 -r \$F 'tcp or udp or arp or icmp'" "nwcap -nn -c 5 -r \$F 'tcp or udp or arp or icmp'"
row "tcpdump -tttt, connections" "tcpdump -nn -tttt -r \$F 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0'" \
	"nwcap -nn -tttt -r \$F 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0'"
row "tcpdump, SYN without ACK" "tcpdump -nnS -r \$F 'tcp[tcpflags] & (tcp-syn) != 0 and tcp[tcpflags] & (tcp-ack) = 0'" \
	"nwcap -nnS -r \$F 'tcp[tcpflags] & (tcp-syn) != 0 and tcp[tcpflags] & (tcp-ack) = 0'"
row "tcpdump -A of HTTP with data (the manual's example)" \
	"tcpdump -nn -A -r \$F 'tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)'" \
	"nwcap -nn -A -r \$F 'tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)'"
row "tcpdump -X, pings" "tcpdump -nn -X -r \$F 'icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply or icmp6'" \
	"nwcap -nn -X -r \$F 'icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply or icmp6'"
row "tcpdump -e, ARP" "tcpdump -nn -e -r \$F arp" "nwcap -nn -e -r \$F arp"
row "tcpdump -q -tt" "tcpdump -nn -q -tt -r \$F 'tcp or udp'" "nwcap -nn -q -tt -r \$F 'tcp or udp'"
row "tcpdump -ttt -v, DNS answers" "tcpdump -nn -ttt -v -r \$F 'udp src port 53'" "nwcap -nn -ttt -v -r \$F 'udp src port 53'"
# tcpdump reads pcapng as one link type and writes pcap
row "tcpdump -w, a selection" "tcpdump -r \$F -w out.pcap 'udp'" "nwcap -r \$F -w out.pcap --format pcap 'udp'"
# tcpdump (which would become the user tcpdump, who may not write here) begins a new file when one has become too large, ours
# before it does: the names and all packets in their order are the same
row "tcpdump -C, numbered files" "tcpdump \$AS_US -r \$F -w out.pcap -C 1; ls out*; for f in out*; do tail -c +25 \$f; done | cksum; rm out*" \
	"nwcap -r \$F -w out.pcap --format pcap -C 1; ls out*; for f in out*; do tail -c +25 \$f; done | cksum; rm out*" big.pcap
# the program returns the snaplen of the file; ours the largest there is
normal() { sed 's/ret      #[1-9][0-9]*/ret      #all/'; }
row "tcpdump -d" "tcpdump -d -r \$F 'host 10.0.0.1 and not port 22'" "nwcap -d -r \$F 'host 10.0.0.1 and not port 22'"
normal() { cat; }
row "tcpdump --count" "tcpdump --count -r \$F 'tcp'" "nwcap --count -r \$F 'tcp'"

# ---- tshark
row "tshark -T fields, DNS queries" "tshark -n -r \$F -Y 'dns.flags.response == 0' -T fields -e frame.number -e ip.src -e dns.qry.name" \
	"nwexport -r \$F -Y 'dns.flags.response == 0' -T fields -e frame.number -e ip.src -e dns.qry.name"
row "tshark -E, connections as CSV" \
	"tshark -n -r \$F -Y 'tcp.flags.syn == 1 and tcp.flags.ack == 0' -T fields -E header=y -E separator=, -E quote=d -E occurrence=f -e frame.time_epoch -e ip.src -e tcp.srcport -e ip.dst -e tcp.dstport" \
	"nwexport -r \$F -Y 'tcp.flags.syn == 1 and tcp.flags.ack == 0' -T fields -E header=y -E separator=, -E quote=d -E occurrence=f -e frame.time_epoch -e ip.src -e tcp.srcport -e ip.dst -e tcp.dstport"
row "tshark, HTTP requests" "tshark -n -r \$F -Y http.request -T fields -e http.host -e http.request.method -e http.request.uri -e http.user_agent" \
	"nwexport -r \$F -Y http.request -T fields -e http.host -e http.request.method -e http.request.uri -e http.user_agent"
row "tshark, names in TLS" "tshark -n -r \$F -Y 'tls.handshake.type == 1' -T fields -e ip.dst -e tls.handshake.extensions_server_name" \
	"nwexport -r \$F -Y 'tls.handshake.type == 1' -T fields -e ip.dst -e tls.handshake.extensions_server_name"
row "tshark -c 10, lengths and addresses" "tshark -n -r \$F -c 10 -T fields -e frame.number -e frame.len -e eth.src -e ip.dst -e ip.ttl -e ip.proto" \
	"nwexport -r \$F -c 10 -T fields -e frame.number -e frame.len -e eth.src -e ip.dst -e ip.ttl -e ip.proto"
row "tshark -T ek -e" "tshark -n -r \$F -T ek -e ip.src -e udp.port -e tcp.flags.syn -e dns.qry.name" \
	"nwexport -r \$F -T ek -e ip.src -e udp.port -e tcp.flags.syn -e dns.qry.name"
# tshark's JSON has every value as text in an array below _source.layers; ours has values: the same ones, read by a parser
if command -v python3 >/dev/null; then
	normal() { python3 -c 'import json, sys
def text(v): return [("1" if x else "0") if isinstance(x, bool) else str(x) for x in (v if isinstance(v, list) else [v])]
for o in json.load(sys.stdin):
    o = o["_source"]["layers"] if "_source" in o else o
    print(sorted((k, text(v)) for k, v in o.items()))'; }
	row "tshark -T json -e" "tshark -n -r \$F -T json -e ip.src -e udp.port -e tcp.flags.syn -e ip.ttl" \
		"nwexport -r \$F -T json -e ip.src -e udp.port -e tcp.flags.syn -e ip.ttl"
	normal() { cat; }
else
	skip "tshark -T json -e" "python3 is not installed"
fi
row "tshark -Y -w, a conversation" "tshark -n -r \$F -Y 'tcp.stream == 0' -w - -F pcap | tail -c +25 | cksum" \
	"nwfilter -r \$F -F pcap 'tcp.stream == 0' | tail -c +25 | cksum"
row "tshark -q, how many match" "tshark -n -r \$F -Y 'udp or icmp' | wc -l" "nwfilter -r \$F -c 'udp or icmp'"

# ---- editcap, mergecap, capinfos. The header of a pcap has the snaplen of its maker: packets are compared.
packets() { tail -c +25 | cksum; }
row "editcap -r, a range" "editcap -F pcap -r \$F - 2-4 | packets" "nwfilter -r \$F -F pcap 'frame.number in {2..4}' | packets"
row "editcap -s 64" "editcap -F pcap -s 64 \$F - | packets" "nwfilter -r \$F -F pcap -s 64 | packets"
row "editcap -A -B, a span of time" "editcap -F pcap -A '2011-03-18 19:06:08' -B '2023-11-14 22:13:22' \$F - | packets" \
	"nwfilter -r \$F -F pcap --after '2011-03-18 19:06:08' --before '2023-11-14 22:13:22' | packets"
if nwfilter --help | grep -q -- --dedup; then
	# -d looks at the four packets before
	row "editcap -d" "editcap -F pcap -d \$F - | packets" "nwfilter -r \$F -F pcap --dedup=4 | packets"
	row "editcap -t 3600" "editcap -F pcap -t 3600 \$F - | packets" "nwfilter -r \$F -F pcap --shift 3600 | packets"
fi
row "editcap -c 4" "editcap -F pcap -c 4 \$F out.pcap; for f in out*; do packets <\$f; rm \$f; done" \
	"nwexport -f pcap -o out.pcap --split packets:4 \$F; for f in out*; do packets <\$f; rm \$f; done"
# of packets with one time, those of the later file come first there, those of the first file here: the shift avoids them
row "mergecap" "editcap -F pcap -t 0.2500017 \$F b && mergecap -F pcap -w - \$F b | packets; rm -f b" \
	"editcap -F pcap -t 0.2500017 \$F b && nwfilter -r \$F -r b -F pcap | packets; rm -f b"
# what capinfos calls by other names or does not know is left out on both sides
normal() { grep -E '^(Number of packets|Data size|First packet time|Earliest packet time|Last packet time|Latest packet time|Capture duration|Average packet size|Strict time order)' |
	sed 's/^Earliest/First/; s/^Latest/Last/' | tr -s ' '; }
row "capinfos -M" "capinfos -M \$F" "nwexport --info \$F"
