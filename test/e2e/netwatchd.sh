#!/bin/sh
# SPDX-License-Identifier: MIT
#
# netwatchd without any right: configuration, places, a second daemon, signals, the service manager, answers
# (netwatchd.py). What takes packets is in test/net/netwatchd.sh.
. "$(dirname "$0")/../lib.sh"
need python3
netwatchd --version >/dev/null 2>&1 || { skip "netwatchd" "not in this profile"; exit 0; }
export NWBOX TMP
unset XDG_RUNTIME_DIR XDG_STATE_HOME NWBOX_SOCKET NOTIFY_SOCKET
python3 test/e2e/netwatchd.py "$@" || FAILED=1
