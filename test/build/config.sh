#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every profile builds and starts, and so does the full one with each switch alone turned off.
. "$(dirname "$0")/../lib.sh"
make -s -j2 check-config 2>&1 | grep -E '^(ok|not ok) |error:|undefined reference'
