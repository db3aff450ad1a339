#!/bin/sh
# SPDX-License-Identifier: MIT
#
# One worker without netwatchd: its orders, its limits, its rights, its memory, and who may talk to it
# (record_worker.py; worker_front.py is the front).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need python3 capinfos tshark
netwatchd --version >/dev/null 2>&1 || { skip "record_worker" "not in this profile"; exit 0; }
live
export NWBOX TMP NS_A NS_B VETH_A VETH_B BLAST PYTHONDONTWRITEBYTECODE=1
python3 test/net/record_worker.py || FAILED=1
