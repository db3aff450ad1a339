#!/bin/sh
# SPDX-License-Identifier: MIT
#
# netwatchd records: sessions through their life, workers and daemons that are killed in the middle of traffic, limits,
# quotas over all sessions, readers, freezes; packets are counted (netwatchd.py).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need python3 capinfos tshark
netwatchd --version >/dev/null 2>&1 || { skip "netwatchd" "not in this profile"; exit 0; }
live
export NWBOX TMP NS_A NS_B VETH_A VETH_B BLAST
unset XDG_RUNTIME_DIR XDG_STATE_HOME NWBOX_SOCKET NOTIFY_SOCKET
PYTHONPATH=test/e2e python3 -B test/net/netwatchd.py "$@" || FAILED=1
