#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the tests, part by part, and counts. Called by `make check`, which has built everything.
#
#   test/run.sh BUILD_FOLDER [PART]...       parts: unit golden e2e live fuzz size lint corpus, and build when named
#
# A test is a program or a shell script that prints "ok NAME", "not ok NAME: why" or "skip NAME: reason" for each of its
# cases. A crash, an exit status other than 0 without a "not ok" line, or no line at all counts as one failure.
# Logs stay in BUILD_FOLDER/test/log. The last line is the sum; $TALLY names a file to which it is appended.
set -u
cd "$(dirname "$0")/.." || exit 1
if [ "$1" = --one ]; then # --one COMMAND LOG: one test, its output and its verdict go to the log
	status=0
	timeout "${TEST_TIMEOUT:-900}" $2 >"$3" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 0 ] && ! grep -q '^not ok ' "$3"; then
		case $status in
		124) why="no end after ${TEST_TIMEOUT:-900} s" ;;
		12[89] | 1[3-9]? | 2??) why="killed by signal $((status - 128))" ;;
		*) why="exit status $status" ;;
		esac
		echo "not ok $2: $why; last line: $(tail -n 1 "$3" | cut -c1-300)" >>"$3"
	elif ! grep -qE '^(ok|not ok|skip) ' "$3"; then
		echo "not ok $2: printed no result" >>"$3"
	fi
	exit 0
fi

B=$1
shift
NWBOX=${NWBOX:-$PWD/$B/nwbox}
export NWBOX
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
unset MAKEFLAGS MFLAGS MAKELEVEL # tests that call make start afresh
LOG=$B/test/log

scripts() { for t in "test/$1"/*.sh; do [ -f "$t" ] && [ "${t##*/}" != lib.sh ] && echo "sh $t"; done; }
programs() { for t in "test/$1"/*.c; do [ -f "$t" ] && [ "$t" != test/fuzz/replay.c ] && echo "$B/${t%.c}"; done; }

commands() # PART: one command per line
{
	case $1 in
	unit | fuzz) programs "$1" ;;
	golden | corpus) [ -f "test/$1/run.sh" ] && echo "sh test/$1/run.sh" ;;
	e2e | lint | build) scripts "$1" ;;
	live) scripts net ;;
	size) case $B in build/san) ;; *) echo "sh test/size/size.sh $B" ;; esac ;;
	*) echo "no_such_part_$1" ;;
	esac
}

now() { date +%s%3N; }

started=$(now)
total_ok=0 total_bad=0 total_skip=0
[ $# -gt 0 ] || set -- unit golden e2e live fuzz size lint corpus
for part; do
	begin=$(now)
	jobs=${JOBS:-2}
	leaks=1
	# What counts losses wants the machine for itself; LeakSanitizer cannot work behind our seccomp filter.
	[ "$part" != live ] || { jobs=1 leaks=0; }
	rm -rf "$LOG/$part"
	mkdir -p "$LOG/$part"
	commands "$part" | awk -v dir="$LOG/$part" '{ n = $0; gsub(/[^A-Za-z0-9_.-]+/, "_", n); print $0; print dir "/" n ".log" }' |
		xargs -d '\n' -r -n 2 -P "$jobs" env ASAN_OPTIONS="detect_leaks=$leaks" sh test/run.sh --one
	set -- $(cat "$LOG/$part"/*.log 2>/dev/null |
		awk '/^ok /{ok++} /^not ok /{bad++} /^skip /{skip++} END{print ok + 0, bad + 0, skip + 0}') "$@"
	cat "$LOG/$part"/*.log 2>/dev/null | grep -E '^(not ok|skip) ' | sed 's/^/    /'
	end=$(now)
	printf '%-8s %6d passed %4d failed %4d skipped  %6s s\n' "$part" "$1" "$2" "$3" \
		"$(echo "$begin $end" | awk '{printf "%.1f", ($2 - $1) / 1000}')"
	total_ok=$((total_ok + $1)) total_bad=$((total_bad + $2)) total_skip=$((total_skip + $3))
	shift 3
done
echo "$B: $(echo "$started $(now)" | awk '{printf "%.1f", ($2 - $1) / 1000}') s"
[ -z "${TALLY:-}" ] || echo "$total_ok $total_bad $total_skip" >>"$TALLY"
echo "$total_ok passed, $total_bad failed, $total_skip skipped"
[ "$total_bad" -eq 0 ]
