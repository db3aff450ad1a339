#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Faults of a whole netwatchd while it records, and every packet is accounted for: sent = recorded + ledger. What a worker does
# by itself is in record_faults.sh. See record_daemon.py; PARTS="paused" runs one part alone.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need python3 capinfos tshark
netwatchd --version >/dev/null 2>&1 || { skip "record_daemon" "not in this profile"; exit 0; }
live
unset XDG_RUNTIME_DIR XDG_STATE_HOME NWBOX_SOCKET NOTIFY_SOCKET
export NWBOX TMP NS_A NS_B VETH_A VETH_B BLAST PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=test/e2e:test/net python3 test/net/record_daemon.py ${PARTS:-} || FAILED=1
