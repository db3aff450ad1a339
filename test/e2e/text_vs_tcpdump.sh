#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nwexport -f text and nwcap -r against tcpdump -nn -r, line by line, on the shared captures: the same words for the same packet.
# Counted are the lines of the protocols we have; of the others (GRE, SCTP, SNMP, ...) tcpdump tells more by design.
. "$(dirname "$0")/../lib.sh"
need tcpdump awk
CORPUS=${CORPUS:-$TOP/../shared/corpus}
LEAST=${LEAST:-99}
if [ ! -d "$CORPUS/captures" ]; then
	skip text_vs_tcpdump "no captures in $CORPUS (set CORPUS)"
	exit 0
fi
export TZ=UTC

# What tcpdump prints for protocols that are not ours yet.
FOREIGN=' (NVGRE|NSH|OSSP|NFS|kip|BCM-LI|SOMEIP|ZEP|gtp|rpc|CAPWAP|truncated-ip|slow|Slow|RX|AODV|CNFP|OLSR|WB|VQP|AFS|Quake)|: (OpenFlow)'

# A packet's first line: those that begin with a time.
first_lines() { grep -aE '^([0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]+|\[Error converting time\]) '; }

compare() # NAME TCPDUMP-OPTIONS OUR-COMMAND...: over all captures
{
	name=$1 options=$2
	shift 2
	: >"$TMP/$name.pairs"
	for f in "$CORPUS"/captures/*; do
		tcpdump -nn $options -r "$f" 2>"$TMP/err" | first_lines >"$TMP/theirs"
		grep -qE 'EN10MB|type (RAW|PPP|C_HDLC|FRELAY|IEEE802_11|PPI|NFLOG)|NULL|LINUX_SLL|IPV[46]' "$TMP/err" || continue
		[ -s "$TMP/theirs" ] || continue
		"$@" "$f" 2>/dev/null | first_lines >"$TMP/ours"
		paste "$TMP/theirs" "$TMP/ours" | head -n "$(wc -l <"$TMP/theirs")" >>"$TMP/$name.pairs"
	done
	# the interface of a cooked capture is a number of that machine; tcpdump looks it up on this one
	awk -F '\t' -v foreign="$FOREIGN" -v least="$LEAST" -v name="$name" -v show="$TMP/$name.diff" '
		{ sub(/ (\?|[a-z]+[0-9]*) +(In|Out|B|M|P) +/, " ", $1); sub(/ (\?|[a-z]+[0-9]*) +(In|Out|B|M|P) +/, " ", $2) }
		$1 ~ foreign || $1 ~ /: $/ { next }
		# it stops where we go on: ERSPAN, PPP in GRE, HDLC in PPP, pseudowires
		$1 ~ /gre-proto-0x(88be|22eb|880b)$|unknown PPP protocol \(0x000f\)|MPLS .*\[S\], ttl [0-9]+\)$/ { next }
		{ all++ }
		$1 == $2 { same++; next }
		# what tcpdump does not look into
		index($2, $1) == 1 && substr($2, length($1) + 1) ~ /^: (GTPv|CAPWAP|Teredo|STUN|MQTT|RTP|RTCP|SKINNY|NBDS|Socks|IRC|POP|IMAP|BitTorrent|TFTP, |WireGuard|OpenVPN|NetFlow|IPFIX|IP6? )/ { same++; next }
		{ print "tcpdump: " $1 > show; print "ours:    " $2 > show }
		END {
			share = all ? 100 * same / all : 0
			line = sprintf("%d of %d lines, %.2f %%, are the same", same, all, share)
			if (share >= least) print "ok " name " # " line
			else print "not ok " name ": only " line
		}' "$TMP/$name.pairs" >"$TMP/$name.verdict"
	cat "$TMP/$name.verdict"
	[ -z "${SHOW:-}" ] || cat "$TMP/$name.diff"
	grep -q '^ok' "$TMP/$name.verdict" || FAILED=1
}

compare nwexport_as_tcpdump "" nwexport -f text
compare nwcap_as_tcpdump_-e "-e" nwcap -nn -e -r
