#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Everything from nothing: on a bare Debian or Ubuntu with only a shell and root this installs what the build and the
# tests need, builds, and runs all tests: as shipped, under the sanitizers, in every configuration, and the build's own.
# .ci/run calls it. Each part says how long it took; the last line is the sum over everything that ran.
cd "$(dirname "$0")/.." || exit 1
export TALLY="$PWD/build/tally"
mkdir -p build
: >"$TALLY"
jobs=$(nproc)

stage() # NAME COMMAND...: runs it; a stage that fails without having counted a failure counts as one
{
	name=$1
	shift
	echo "=== $name"
	before=$(awk '{ bad += $2 } END { print bad + 0 }' "$TALLY")
	begin=$(date +%s)
	"$@" || [ "$(awk '{ bad += $2 } END { print bad + 0 }' "$TALLY")" -gt "$before" ] || {
		echo "not ok $name"
		echo 0 1 0 >>"$TALLY"
	}
	echo "=== $name: $(($(date +%s) - begin)) s"
}

stage packages sh config/packages.sh build test
stage build make -j"$jobs"
stage check make -j"$jobs" check
stage "check, sanitizers" make -j"$jobs" SAN=1 check PART="unit golden e2e live fuzz corpus"
stage "sizes of all profiles" make -j"$jobs" size
stage "the build itself" make check PART=build

awk '{ ok += $1; bad += $2; skipped += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", ok, bad, skipped; exit bad > 0 || !ok }' "$TALLY"
