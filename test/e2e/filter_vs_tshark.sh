#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The same filters, judged by tshark: the number of frames that each selects, in every capture of the list. One
# run of tshark counts for all filters. Reassembly is off in tshark, as nwfilter sees each frame by itself. The captures hold
# nothing but protocols that both decode; CORPUS says where they are.
. "$(dirname "$0")/../lib.sh"
need tshark

CORPUS=${CORPUS:-$TOP/../shared/corpus}
if [ ! -d "$CORPUS/captures" ]; then
	skip filter_vs_tshark "no captures in $CORPUS (set CORPUS)"
	exit
fi

# No commas: tshark's option is a list.
cat >"$TMP/filters" <<'END'
tcp
not tcp
!(udp or arp)
udp or tcp and not ip
tcp.port == 80
tcp.port != 80
tcp.port === 80
tcp.port !== 80
any tcp.port > 1024
all tcp.port > 1024
tcp.port >= 1024 and tcp.port <= 5000
tcp.dstport in {80} or tcp.dstport in {440..8080}
tcp.dstport not in {80..443}
tcp.flags & 0x02
tcp.flags & 0x12 == 0x10
tcp.flags.syn == 1 && tcp.flags.ack == 0
tcp.flags.fin
tcp.flags.push == True
tcp[13] & 2
tcp.srcport == tcp.dstport
tcp.srcport > tcp.dstport
tcp.hdr_len > 20
tcp.len > 0
tcp.options.mss_val >= 1460
tcp.window_size_value < 0x2000
udp.port == 53 or udp.port == 5353
udp.length > 40
ip.addr == 10.0.0.0/8
ip.addr != 10.0.0.0/8
ip.src > 10.0.0.0/8
ip.src >= 192.168.0.0/16 and ip.src < 224.0.0.0
ip.src === 192.168.0.0/16
ip.dst in {10.0.0.0/8} or ip.dst in {192.168.0.0..192.168.255.255}
ip.src == ip.dst
ip.src != ip.dst
ip.ttl < 64
ip.ttl == 0100
ip.ttl & 1
ip.flags.df == 1
ip.proto == 17
ip.proto ~= 6
ipv6.addr == fe80::/10
ipv6.src != fe80::/10
ipv6.dst > ff00::
eth.src[0:3] == eth.dst[0:3]
eth.dst[0] & 1
eth.addr == ff:ff:ff:ff:ff:ff
eth.src != 00:00:00:00:00:00
eth.src[-1] >= 80
frame[12:2] == 08:00
frame[0-1] != 00:00
frame[14] == 45
frame contains "GET"
frame contains 00:00:00
frame matches "get|post"
frame matches "[a-z]{8}"
frame matches "^[\\x00-\\x7f]{6}"
tcp.payload contains "HTTP"
len(tcp.payload) > 100
count(ip.addr) == 2
count(tcp.port) > 2
string(ip.src) matches "^192"
string(frame.number) matches "[02468]$"
frame.len > 100
frame.len in {60..70}
frame.len == frame.cap_len
frame.number <= 5
frame.time > "2012-01-01 00:00:00"
frame.time_epoch < 1500000000
dns.flags.response == 1
dns.qry.name contains "com"
dns.qry.name matches "^www\\."
upper(dns.qry.name) contains "COM"
len(dns.qry.name) > 12
arp.opcode == 1
icmp.type == 8 or icmp.type == 0
tcp.srcport - tcp.dstport > 100
tcp.srcport - tcp.dstport < 100
abs(tcp.srcport - tcp.dstport) > 1000
udp and -udp.dstport == -53
udp.length / 2 > 20
udp.length * 2 - 3 > 100
udp.dstport % 2 == 1
udp.dstport >= udp.srcport + 1
udp.dstport & udp.srcport == 21
udp.dstport & udp.length
max(tcp.port) > 50000
min(udp.port) == 53
len(udp.payload) + 8 == udp.length
count(ip.addr) + 1 == 3
count(tcp.port) == count(ip.addr)
ip.len - ip.hdr_len - tcp.hdr_len == tcp.len
frame.time_delta < 0.01
frame.time_relative > 1
frame.time_relative - frame.time_delta > 0.5
ip.src#1 == 10.0.0.0/8
ip.addr#2
tcp.port#[-1] == 80
string(ip.src)[0:2] == "10"
ip.src == frame[26:4]
eth.src == frame[6:6]
eth.src[0:3] & 0f:ff:00
eth.src[0] & 0x0f == 2
.tcp.port == 80
len(tcp.port) == 2
tcp.flags.syn == "Set"
ip.proto == "TCP"
ip.proto == "Generic Routing Encapsulation" or ip.proto == "ICMP"
ipv6.nxt == "ICMPv6"
eth.type == "IPv4"
eth.type != "IPv6"
icmpv6.type == "Echo (ping) reply"
tcp.completeness == 31
tcp.completeness & 8
tcp.analysis.retransmission and tcp.len > 0
dns.time > 0.02
dns.response_to
icmp.resptime > 20
icmpv6.resptime <= 20.044
_ws.expert.message contains "SYN"
_ws.expert.message == "Connection reset (RST)"
frame contains "\u00e9"
END

columns=$(paste -sd, "$TMP/filters")
compared=0
for name in joy__firefox58.pcap arkime__v6.pcap snabb__lamernews.pcap nDPI__kerberos.pcap zeek__wikipedia.pcap \
	zeek__icmp6-mldv2.pcap PcapPlusPlus__VlanPackets.pcap nDPI__443-opvn.pcap packetnet__udp-ip-fragmented.pcap \
	ipfixprobe__mixed.pcap PcapPlusPlus__sll2.pcap zeek__sctp.pcap tcpflow__local2.pcap; do
	f=$CORPUS/captures/$name
	[ -f "$f" ] || continue
	TZ=UTC tshark -n -q -r "$f" -o tcp.desegment_tcp_streams:FALSE -o ip.defragment:FALSE -o ipv6.defragment:FALSE \
		-z "io,stat,0,$columns" 2>"$TMP/err" | grep '<>' | tr -d ' ' | tr '|' '\n' | sed 1,2d >"$TMP/theirs"
	n=0
	bad=
	while IFS= read -r filter; do
		n=$((n + 1))
		theirs=$(sed -n $((2 * n - 1))p "$TMP/theirs")
		ours=$(TZ=UTC nwfilter -r "$f" -c "$filter" 2>&1)
		[ "$ours" = "$theirs" ] || bad="$bad; $filter: tshark $theirs, nwfilter $ours"
	done <"$TMP/filters"
	compared=$((compared + n))
	[ -z "$bad" ] && ok "filter_vs_tshark $name" || not_ok "filter_vs_tshark $name" "${bad#; }"
done
[ "$compared" -gt 0 ] || skip filter_vs_tshark "none of the captures is in $CORPUS"
