#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The local socket: requests a second and round trips of a netwatchd, of lib/ipc alone and of the limit program, which
# answers each frame with a ready one; memory of 10,000 idle clients; latency beside them and beside 100 subscribers.
# A part of run.sh. The daemon is on CPU 0, the load on CPU 1.
#
#     BENCH=, NWBOX=, WORK=, SECS= (of a row, default 2), LOAD= (test/bench/ipc_load, built beside NWBOX)
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
BENCH=${BENCH:-$top/../shared/bench} NWBOX=${NWBOX:-$top/build/full/nwbox} WORK=${WORK:-/dev/shm/nwbench} T=${SECS:-2}
LOAD=${LOAD:-${NWBOX%/*}/test/bench/ipc_load}
[ -x "$LOAD" ] || { echo "no $LOAD; run make ${LOAD#"$top"/} first" >&2; exit 1; }
D=$WORK/ipc
mkdir -p "$D" && cc -O2 -o "$D/limit_ipc" "$BENCH/limit_ipc.c" || exit 1
printf 'socket: %s/s\nstate_dir: %s/state\nruntime_dir: %s/run\nmax_clients: 12000\n' "$D" "$D" "$D" >"$D/c.yaml"
taskset -c 0 "$NWBOX" netwatchd --config "$D/c.yaml" >"$D/log" 2>&1 &
daemon=$!
trap 'kill $daemon; wait $daemon; rm -rf "$D"' EXIT
for _ in {1..100}; do [ -S "$D/s" ] && break; sleep 0.1; done
[ -S "$D/s" ] || { cat "$D/log" >&2; exit 1; }

row() { printf '  %-34s %s\n' "$1" "$("${@:2}")"; }
echo "Requests of Status and answers; the limit program's frames have 200 bytes"
for what in '1 client, 1 under way:-c 1' '1 client, 16 under way:-c 1 -p 16' '50 clients, 1 under way:-c 50' \
	'50 clients, 16 under way:-c 50 -p 16'; do
	echo "${what%%:*}"
	row 'limit_ipc' "$D/limit_ipc" local ${what#*:} -t "$T"
	row 'lib/ipc, 200 bytes' "$LOAD" requests ${what#*:} -t "$T"
	row 'netwatchd' "$LOAD" requests -s "$D/s" ${what#*:} -t "$T"
done
echo "Memory of netwatchd and round trips of another client"
row '10,000 idle clients' "$LOAD" idle -s "$D/s" -c 10000 -t "$T"
sleep 1
row '100 subscribers, 50 events a second' "$LOAD" subscribers -s "$D/s" -c 100 -t "$T"
