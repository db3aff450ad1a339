#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Faults while a worker records, and every packet is accounted for: sent = recorded + ledger (+ what the front computes from
# the progress page and the packet socket of a worker that was killed). See record_faults.py.
#
# PARTS="ring full" runs these parts alone; CLOCK=1 also steps the machine's clock, by half a minute for two seconds.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need python3 capinfos tshark
netwatchd --version >/dev/null 2>&1 || { skip "record_faults" "not in this profile"; exit 0; }
live
export NWBOX TMP NS_A NS_B VETH_A VETH_B BLAST PYTHONDONTWRITEBYTECODE=1
python3 test/net/record_faults.py ${PARTS:-} || FAILED=1
