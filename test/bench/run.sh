#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the shared benchmark scripts beside their peers and writes test/bench/RESULTS.md.
#
#     bash test/bench/run.sh [PART...]     parts: filter pipes export more streams capture lossless footprint ipc (default: all)
#
# The tables of earlier parts are kept in build/bench, so that a part can be run again alone.
# Needs root, the shared scripts (BENCH=, default ../shared/bench beside the checkout), the peers (tcpdump, tshark,
# netsniff-ng, ngrep, tcpflow; those that are missing are left out) and a quiet machine: PRIO=1 gives the run precedence.
# It takes about 25 minutes. Compare ratios within a table; absolute figures are this machine's.
set -u
if [ "${PRIO:-0}" = 1 ] && [ -z "${NWBENCH_PRIO:-}" ]; then # as the shared scripts' prio does, for all parts at once
	NWBENCH_PRIO=1 exec setsid -w bash -c 'echo -19 >/proc/self/autogroup 2>/dev/null
		exec nice -n -19 bash "$0" "$@"' "$0" "$@"
fi
top=$(cd "$(dirname "$0")/../.." && pwd)
BENCH=${BENCH:-$top/../shared/bench}
export NWBOX=${NWBOX:-$top/build/full/nwbox} WORK=${WORK:-/dev/shm/nwbench} RUNS=${RUNS:-5}
[ -x "$BENCH/filter_offline.sh" ] || { echo "no benchmark scripts in $BENCH; set BENCH=" >&2; exit 1; }
[ -x "$NWBOX" ] || { echo "no $NWBOX; run make first" >&2; exit 1; }
# Columns for the JSON rows as the peers and the limit program print them; without, every field is written.
export NW_EXPORT="$NWBOX nwexport -f {F} \$(case {F} in *json) echo --fields number,time,src,dst,sport,dport,proto,length ;; esac)"
all='filter pipes export more streams capture lossless footprint ipc'
parts=${*:-$all}
out=$top/test/bench/RESULTS.md kept=$top/build/bench
mkdir -p "$kept"

title_filter='Filtering a file'         command_filter='filter_offline.sh 1G'
title_pipes='Pipes'                     command_pipes='pipes.sh 1G'
title_export='Text, CSV and JSON'       command_export='export_offline.sh 100M'
title_more='Display filters and all fields beside tshark' command_more='more'
title_streams='Streams of TCP'          command_streams='streams'
title_capture='Live capture'            command_capture='env SECS=2 SEARCH=0 capture_lossless.sh 64 imix 1500'
title_lossless='Live capture, highest lossless rate' command_lossless='env SECS=2 capture_lossless.sh imix 1500'
title_footprint='Memory, start-up, size' command_footprint='footprint.sh'
title_ipc='Local socket of netwatchd'   command_ipc='ipc.sh'

# What the shared scripts have no row for: a scan, display filters and every decoded field beside tshark.
more() {
	bash -c '. "$0/lib.sh"; input 1G
	group "Scan of a file in which nothing matches"
	peer tcpdump tcpdump "tcpdump -r $INPUT -w /dev/null tcp port 1"
	row ours nwfilter "$NWBOX nwfilter tcp and port 1 <$INPUT >/dev/null"
	row limit "limit_filter read" "$BIN/limit_filter -i read -o copy -p 1 <$INPUT >/dev/null"
	measure "$BYTES" "$PACKETS"
	input 100M; F=$INPUT
	for e in "tcp.port == 443" "udp.port == 53" "dns.qry.name contains \"example\"" "frame contains \"needle-7f3a9c\"" \
		"ip.src == 10.0.0.0/8 and tcp.flags.syn == 1"; do
		group "Display filter: $e"
		peer tshark "tshark -Y" "tshark -n -r $F -Y '"'\$e'"' -w /dev/null"
		row ours nwfilter "$NWBOX nwfilter '"'\$e'"' <$F >/dev/null"
		measure "$BYTES" "$PACKETS"
	done
	group "All decoded fields"
	peer tshark "tshark -T ek" "tshark -n -r $F -T ek"
	row ours "nwexport -f ndjson" "$NWBOX nwexport -f ndjson <$F"
	row ours "nwexport -f ek" "$NWBOX nwexport -f ek <$F"
	measure "$BYTES" "$PACKETS"
	group "Conversations"
	peer tshark "tshark -z conv,tcp" "tshark -n -q -r $F -z conv,tcp"
	peer softflowd "softflowd (to nowhere)" "softflowd -d -r $F -n 127.0.0.1:9"
	row ours "nwexport --stats conv,tcp" "$NWBOX nwexport --stats conv,tcp -f csv <$F"
	row ours "nwexport --stats conv" "$NWBOX nwexport --stats conv -f csv <$F"
	row limit "limit_export flows" "$BIN/limit_export -m flows <$F"
	measure "$BYTES" "$PACKETS"
	group "Protocol hierarchy"
	peer tshark "tshark -z io,phs" "tshark -n -q -r $F -z io,phs"
	row ours "nwexport --stats hierarchy" "$NWBOX nwexport --stats hierarchy <$F"
	measure "$BYTES" "$PACKETS"
	group "Everything about a capture on a page"
	peer tshark "tshark -z expert -z io,phs -z conv,ip" "tshark -n -q -r $F -z expert -z io,phs -z conv,ip"
	row ours "nwexport --summary -f html" "$NWBOX nwexport --summary -f html <$F"
	measure "$BYTES" "$PACKETS"' "$BENCH"
}

# streams_offline.sh with all the ways that we have to put streams together.
streams() {
	bash -c '. "$0/lib.sh"; input 100M; F=$INPUT D=$WORK/dir
	group "All TCP streams"
	peer tcpflow "tcpflow (a file for each half)" "rm -rf $D; mkdir $D; tcpflow -q -r $F -o $D"
	peer tcpflow "tcpflow -c (to a pipe)" "cd $WORK; tcpflow -q -c -r $F | cat"
	peer tshark "tshark, dissects all, no output" "tshark -n -q -r $F -z io,phs"
	row ours "nwexport --streams (files)" "rm -rf $D; $NWBOX nwexport --streams $D -f csv <$F"
	row ours "nwexport --follow tcp,all" "$NWBOX nwexport --follow tcp,all <$F | cat"
	row ours "nwexport --follow tcp,all -f raw" "$NWBOX nwexport --follow tcp,all -f raw <$F | cat"
	row limit "limit_export streams" "$BIN/limit_export -m streams <$F | cat"
	measure "$BYTES" "$PACKETS"
	group "One TCP stream"
	peer tshark "tshark -z follow,tcp,raw,7" "tshark -n -q -r $F -z follow,tcp,raw,7"
	peer tcpflow "tcpflow -c with a filter" "cd $WORK; tcpflow -q -c -r $F host 203.0.113.7 | cat"
	row ours "nwexport --follow tcp,7 -f raw" "$NWBOX nwexport --follow tcp,7 -f raw <$F | cat"
	measure "$BYTES" "$PACKETS"
	rm -rf "$D" "$WORK/report.xml"' "$BENCH"
}

machine() {
	echo "- $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r)"
	echo "- nwbox of $(stat -c %s "$NWBOX") bytes"
	local t
	for t in "tcpdump --version" "tshark --version" "netsniff-ng --version"; do
		command -v "${t%% *}" >/dev/null && echo "- $($t 2>&1 | grep -m 1 '[0-9][.][0-9]')"
	done
}

# A part's table, with the commit and the load it was made under.
for part in $parts; do
	command=command_$part only=
	[ "$part" = lossless ] && only='^(tcpdump|dumpcap|nwcap|ring, copy, write)$'
	{
		echo "nwbox $(git -C "$top" rev-parse --short HEAD), load $(cut -d' ' -f1-3 /proc/loadavg)"
		if [ "$part" = more ] || [ "$part" = streams ]; then "$part"; else PATH=$BENCH:$top/test/bench:$PATH ONLY=${only:-.} ${!command}; fi 2>&1 |
			sed "s#$BENCH/##g; s#$WORK/##g"
	} >"$kept/$part.new" && mv "$kept/$part.new" "$kept/$part"
done

{
	echo "# Results"
	echo
	echo "Made by \`bash test/bench/run.sh\` ($(date -u +%Y-%m-%d)); what the columns mean is said in the shared"
	echo "benchmark's README: \`x peer\` is the speed relative to the fastest peer, \`x limit\` to the fastest limit program."
	echo
	machine
	for part in $all; do
		[ -s "$kept/$part" ] || continue
		title=title_$part command=command_$part
		echo
		echo "## ${!title}"
		echo
		echo "\`${!command}\`, $(head -n 1 "$kept/$part")"
		echo '```'
		tail -n +2 "$kept/$part"
		echo '```'
	done
} >"$out.new" && mv "$out.new" "$out" && echo "wrote $out"
