#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes a capture file of text, so that captures can be read, reviewed and changed like anything else in the tree.
#
#   hex2pcap.sh FILE.hex >out.pcap          as it stands
#   hex2pcap.sh --cut FILE.hex >out.pcap    every packet once for every snaplen from 0 to its length
#
#   # comment
#   linktype 1                              LINKTYPE_ number; 1 (Ethernet) when nothing is said
#   1700000000.123456 450000...             time, bytes; blanks between the bytes do not matter
#   1700000000.123456/1500 450000...        the packet was 1500 bytes long on the wire
#
# Nothing but sh and awk: awk writes octal escapes, printf makes the bytes.
set -u
cut=0
if [ "$1" = --cut ]; then cut=1; shift; fi
awk -v cut="$cut" '
	function le(v, n,   i, s) { for (i = 0; i < n; i++) { s = s sprintf("\\%03o", v % 256); v = int(v / 256) } return s }
	function record(bytes, n, wire) { print le(sec, 4) le(usec, 4) le(n, 4) le(wire, 4) substr(bytes, 1, 4 * n) }
	function start() { if (!started++) print le(2712847316, 4) le(2, 2) le(4, 2) le(0, 8) le(262144, 4) le(linktype, 4) }
	BEGIN { linktype = 1 }
	/^ *(#|$)/ { next }
	$1 == "linktype" { linktype = $2; next }
	{
		start()
		split($1, t, "[./]")
		sec = t[1]; usec = t[2]
		hex = ""
		for (i = 2; i <= NF; i++) hex = hex tolower($i)
		n = length(hex) / 2
		bytes = ""
		for (i = 0; i < n; i++)
			bytes = bytes sprintf("\\%03o", (index("0123456789abcdef", substr(hex, 2 * i + 1, 1)) - 1) * 16 + \
			                                 index("0123456789abcdef", substr(hex, 2 * i + 2, 1)) - 1)
		wire = t[3] != "" ? t[3] : n
		for (k = cut ? 0 : n; k <= n; k++) record(bytes, k, wire)
	}
	END { start() }' "$1" | while IFS= read -r line; do printf "$line"; done
