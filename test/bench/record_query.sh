#!/bin/bash
# SPDX-License-Identifier: MIT
# One flow out of a large record, beside tcpdump over the same files in the same run.
#
#     bash test/bench/record_query.sh [SIZE] [RUNS]      SIZE as pcapgen takes it: 10G (default), 1G, 100M; RUNS 5
#
# Makes a record of generated traffic in WORK (default: a folder in TMPDIR, removed at the end; it takes SIZE and 2 %), then asks for
#   a flow of a moment   one TCP connection from the middle of the record
#   the rare flow        203.0.113.7:31337 <-> 198.51.100.9:4444, a packet every 12,000: it is in a chunk of almost every 6 MB
# "cold index": the .idx files are dropped from the page cache before each run (posix_fadvise); "all cold": the segments, too.
# Prints a Markdown table of medians. BENCH= (../shared/bench beside the checkout), B= (build/full) say where programs are.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
BENCH=${BENCH:-$top/../shared/bench} B=${B:-$top/build/full}
size=${1:-10G} runs=${2:-5}
[ -f "$BENCH/pcapgen.c" ] || { echo "no pcapgen.c in $BENCH; set BENCH=" >&2; exit 1; }
[ -x "$B/test/bench/record" ] || { echo "no $B/test/bench/record; run make tests first" >&2; exit 1; }
own=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/nwbench.XXXXXX") || exit 1
trap 'rm -rf "$own"' EXIT
trap 'exit 130' INT TERM
dir=$own/record record=$B/test/bench/record
cc -O2 -o "$own/pcapgen" "$BENCH/pcapgen.c" || exit 1

made=$("$own/pcapgen" -b "$size" | "$record" write "$dir") || exit 1
data=$(cat "$dir"/*.pcapng | wc -c) index=$(cat "$dir"/*.idx | wc -c)
echo "Record: $made, $(ls "$dir"/*.pcapng | wc -l) segments of $data bytes, index $index bytes:" \
	"$(awk -v i="$index" -v d="$data" 'BEGIN { printf "%.2f %%", 100 * i / d }')"
echo

drop() # idx or pcapng: out of the page cache
{
	python3 -c 'import glob, os, sys
for f in glob.glob(sys.argv[1]):
    fd = os.open(f, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)' "$dir/*.$1"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
member() { sed "s/.*\"$1\":\([0-9.]*\).*/\1/"; }

row() # NAME FILTER TO_DROP…: the median of the runs, and what was read
{
	local name=$1 filter=$2 times='' cpu='' out
	shift 2
	for ((i = 0; i < runs; i++)); do
		for kind; do drop "$kind"; done
		out=$("$record" query "$dir" "$filter") || exit 1
		times+="$(member milliseconds <<<"$out")"$'\n'
		cpu+="$(member cpu_milliseconds <<<"$out")"$'\n'
	done
	echo "| $name | $(printf %s "$times" | median) ms | $(printf %s "$cpu" | median) ms | $(member packets <<<"$out") |" \
		"$(member chunks_read <<<"$out") of $(member chunks <<<"$out") chunks," \
		"$(($(member bytes_read <<<"$out") / 1000000)) MB | $(member peak_kib <<<"$out") KiB |"
}

beside() # NAME EXPRESSION: tcpdump, every segment once
{
	local begin end used n
	begin=$(date +%s%N)
	n=$({ for f in "$dir"/*.pcapng; do tcpdump -nr "$f" "($2) or (vlan and ($2))" 2>/dev/null; done; times >"$own/times"; } | wc -l)
	end=$(date +%s%N)
	used=$(tail -n 1 "$own/times" | tr 'ms' '  ' | awk '{ print int(($1 * 60 + $2 + $3 * 60 + $4) * 1000) }')
	echo "| $1 | $(((end - begin) / 1000000)) ms | $used ms | $n | everything | |"
}

# A connection of the middle segment with at least 40 packets.
middle=$(ls "$dir"/*.pcapng | awk '{ f[NR] = $0 } END { print f[int((NR + 1) / 2)] }')
IFS=, read -r a ap b bp < <("$B/nwbox" nwexport -r "$middle" --flows -f csv |
	awk -F, '$4 == "tcp" && $9 + $10 >= 40 && $9 + $10 < 200 && $5 !~ /:/ { print $5 "," $6 "," $7 "," $8 }' | sed -n 20p)
flow() { echo "ip.addr == $1 and ip.addr == $3 and tcp.port == $2 and tcp.port == $4"; }
moment=$(flow "$a" "$ap" "$b" "$bp") rare=$(flow 203.0.113.7 31337 198.51.100.9 4444)

echo "| $size | time | CPU | packets | read | memory |"
echo "|---|---|---|---|---|---|"
cat "$dir"/*.pcapng >/dev/null # as far as there is memory for it
row "a flow of a moment, cold index" "$moment" idx
row "a flow of a moment, all cold" "$moment" idx pcapng
cat "$dir"/*.pcapng >/dev/null
beside "tcpdump -r, the same" "host $a and host $b and tcp port $ap and tcp port $bp"
row "the rare flow, cold index" "$rare" idx
row "the rare flow, all cold" "$rare" idx pcapng
cat "$dir"/*.pcapng >/dev/null
beside "tcpdump -r, the same" "host 203.0.113.7 and host 198.51.100.9 and tcp port 31337 and tcp port 4444"
