#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the shared benchmark scripts beside their peers and writes test/bench/RESULTS.md.
#
#     bash test/bench/run.sh [PART...]     parts: filter pipes export more capture footprint (default: all)
#
# Needs root, the shared scripts (BENCH=, default ../shared/bench beside the checkout), the peers (tcpdump, tshark,
# netsniff-ng, ngrep; those that are missing are left out) and a quiet machine: PRIO=1 gives the run precedence.
# It takes about 25 minutes. Compare ratios within a table; absolute figures are this machine's.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
BENCH=${BENCH:-$top/../shared/bench}
export NWBOX=${NWBOX:-$top/build/full/nwbox} WORK=${WORK:-/dev/shm/nwbench} RUNS=${RUNS:-5}
[ -x "$BENCH/filter_offline.sh" ] || { echo "no benchmark scripts in $BENCH; set BENCH=" >&2; exit 1; }
[ -x "$NWBOX" ] || { echo "no $NWBOX; run make first" >&2; exit 1; }
parts=${*:-filter pipes export more capture footprint}
out=$top/test/bench/RESULTS.md

title_filter='Filtering a file'         command_filter='filter_offline.sh 1G'
title_pipes='Pipes'                     command_pipes='pipes.sh 1G'
title_export='Text, CSV and JSON'       command_export='export_offline.sh 100M'
title_more='Display filters and all fields beside tshark' command_more='more'
title_capture='Live capture'            command_capture='capture_lossless.sh 64 imix 1500'
title_footprint='Memory, start-up, size' command_footprint='footprint.sh'

# What the shared scripts have no row for: display filters, and every decoded field, beside tshark.
more() {
	bash -c '. "$0/lib.sh"; input 100M; F=$INPUT
	for e in "tcp.port == 443" "udp.port == 53" "dns.qry.name contains \"example\"" "frame contains \"needle-7f3a9c\"" \
		"ip.src == 10.0.0.0/8 and tcp.flags.syn == 1"; do
		group "Display filter: $e"
		peer tshark "tshark -Y" "tshark -n -r $F -Y '"'\$e'"' -w /dev/null"
		row ours nwfilter "$NWBOX nwfilter '"'\$e'"' <$F >/dev/null"
		measure "$BYTES" "$PACKETS"
	done
	group "All decoded fields"
	peer tshark "tshark -T ek" "tshark -n -r $F -T ek"
	row ours "nwexport -f ndjson --fields all" "$NWBOX nwexport -f ndjson --fields all <$F"
	measure "$BYTES" "$PACKETS"' "$BENCH"
}

machine() {
	echo "- $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r)"
	echo "- nwbox $(git -C "$top" rev-parse --short HEAD), $(stat -c %s "$NWBOX") bytes"
	local t
	for t in "tcpdump --version" "tshark --version" "netsniff-ng --version"; do
		command -v "${t%% *}" >/dev/null && echo "- $($t 2>&1 | head -n 1)"
	done
	echo "- load when it began: $(cut -d' ' -f1-3 /proc/loadavg)"
}

{
	echo "# Results of one run"
	echo
	echo "Made by \`bash test/bench/run.sh\` ($(date -u +%Y-%m-%d)); what the columns mean is said in the shared"
	echo "benchmark's README: \`x peer\` is the speed relative to the fastest peer, \`x limit\` to the fastest limit program."
	echo
	machine
	for part in $parts; do
		title=title_$part command=command_$part
		echo
		echo "## ${!title}"
		echo
		[ "$part" = more ] || echo "\`${!command}\`"
		echo '```'
		if [ "$part" = more ]; then more; else "$BENCH"/${!command}; fi 2>&1 | sed "s#$BENCH/##g; s#$WORK/##g"
		echo '```'
	done
} >"$out.new" && mv "$out.new" "$out" && echo "wrote $out"
