#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The test runner itself: what counts as a failure.
. "$(dirname "$0")/../lib.sh"

verdict() # LINE...: how test/run.sh judges a script of these lines
{
	printf '%s\n' "$@" >"$TMP/t.sh"
	TEST_TIMEOUT=1 sh test/run.sh --one "sh $TMP/t.sh" "$TMP/log"
	sed "s,sh $TMP/t.sh,T,; s/; last line:.*//" "$TMP/log" | grep -E '^(ok|not ok|skip)'
}

same "ok stays ok" "$(verdict 'echo ok a')" "ok a"
same "a failed case is not counted twice" "$(verdict 'echo not ok a: why' 'exit 1')" "not ok a: why"
same "an exit status without a failed case counts" "$(verdict 'echo ok a' 'exit 3')" "ok a
not ok T: exit status 3"
same "a crash counts" "$(verdict 'echo ok a' 'kill -SEGV $$')" "ok a
not ok T: killed by signal 11"
same "silence counts" "$(verdict 'echo hello')" "not ok T: printed no result"
same "a test without an end counts" "$(verdict 'sleep 10')" "not ok T: no end after 1 s"
