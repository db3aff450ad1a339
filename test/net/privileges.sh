#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What nwcap may still do once it captures: nothing but read its ring and write its files. As the kernel sees it in
# /proc/PID/status, and tried out by files that must rotate.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live

state() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$PID/status" | awk '{ print $1 }'; }

mkdir "$TMP/ring" && start root -i "$VETH_B" -w "$TMP/ring/a.pcap" -C 10k || exit 1
none=0000000000000000
same "capabilities: none, and none to be had" "$(state CapEff) $(state CapPrm) $(state CapInh) $(state CapAmb) $(state CapBnd)" \
	"$none $none $none $none $none"
same "no new privileges" "$(state NoNewPrivs)" 1
if [ "$(state Seccomp)" ]; then same "system call filter" "$(state Seccomp)" 2; else skip "system call filter" "not in this kernel"; fi
sent=$(blast 1000 100)
finish root
same "files rotate after that" "$STATUS $(number root captured) $([ "$(ls "$TMP/ring" | wc -l)" -gt 5 ] && echo many)" "0 $sent many"

start text -i "$VETH_B" -l -n || exit 1
same "lines: nothing left either" "$(state CapEff) $(state NoNewPrivs)" "$none 1"
finish text

if [ "$(id -u)" = 0 ] && [ -z "${NWBOX_USERNS:-}" ]; then
	uid=$(id -u nobody)
	chmod 755 "$TMP"
	mkdir "$TMP/theirs" && chown nobody "$TMP/theirs"
	start user -i "$VETH_B" -Z nobody -w "$TMP/theirs/a.pcap" -C 10k || exit 1
	same "-Z: is that user" "$(state Uid) $(state Gid)" "$uid $(id -g nobody)"
	same "-Z: has nothing" "$(state CapEff) $(state CapBnd)" "$none $none"
	same "-Z: no groups of root" "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$PID/status" | grep -wc 0)" 0
	sent=$(blast 1000 100)
	finish user
	same "-Z: files rotate" "$STATUS $(number user captured)" "0 $sent"
	same "-Z: files are the user's" "$(find "$TMP/theirs" -type f ! -user nobody)" ""

	mkdir -m 700 "$TMP/ours"
	err=$(in_b nwcap -i "$VETH_B" -Z nobody -w "$TMP/ours/a.pcap" -C 1 2>&1)
	same "-Z: a directory that user may not write: exit status" $? 7
	case $err in
	*listening*) not_ok "-Z: said before anything is captured" "$err" ;;
	*nobody*"$TMP/ours/a.pcap"*) ok "-Z: said before anything is captured" ;;
	*) not_ok "-Z: said before anything is captured" "$err" ;;
	esac
	err=$(in_b nwcap -i "$VETH_B" -Z nosuchuser -w "$TMP/x.pcap" 2>&1)
	same "-Z: unknown user" "$? $err" "5 nwcap: -Z nosuchuser: there is no such user on this machine"

	# root records into a directory of somebody else: the one right that takes, and only there
	start foreign -v -i "$VETH_B" -w "$TMP/theirs/b.pcap" -C 10k || exit 1
	same "somebody else's directory: one capability, to write there" "$(state CapEff)" 0000000000000002
	sent=$(blast 1000 100)
	finish foreign
	same "somebody else's directory: files rotate" "$STATUS $(number foreign captured)" "0 $sent"
else
	skip "-Z" "needs root"
fi
