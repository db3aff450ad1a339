#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What recording a session costs beside nwcap writing a file: processor time per packet (all threads, user and system, as the
# scheduler counts it) on the same traffic, through a pair of namespaces, in turn. The least of RUNS (5) after one that is not
# counted.
#
#	NWBOX=build/full/nwbox sh test/bench/record_live.sh
. "$(dirname "$0")/../lib.sh"
. test/net/lib.sh
need python3
live
export NWBOX TMP NS_A NS_B VETH_A VETH_B BLAST PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=test/net python3 test/bench/record_live.py
