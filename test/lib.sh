# SPDX-License-Identifier: MIT
#
# Sourced by the shell tests: . "$(dirname "$0")/../lib.sh"
#
#   ok NAME            not_ok NAME WHY            skip NAME REASON         one line per case, counted by test/run.sh
#   check NAME CMD...  ok if the command succeeds; its output is the reason otherwise
#   same NAME GOT WANT ok if both texts are equal
#   need TOOL...       ends the whole script with a skip when a tool is missing
#   need_net           ends with a skip unless network namespaces can be made; without root it re-runs the script in a
#                      user namespace
#   netns_pair         makes two namespaces $NS_A (10.9.0.1, fd09::1) and $NS_B (10.9.0.2, fd09::2), joined by $VETH_A
#                      and $VETH_B; in_a CMD..., in_b CMD... run there; removed at exit
#
# $NWBOX is the binary under test (absolute) and each applet is in $PATH by its name; $TMP is a private folder, removed
# at exit; $TOP is the top of the checkout, also the current folder.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
SCRIPT=$(cd "$(dirname "$0")" && pwd)/${0##*/}
cd "$TOP" || exit 1
NWBOX=${NWBOX:-$TOP/build/full/nwbox}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/nwbox-test.XXXXXX") || exit 1
FAILED=0
NS_A='' NS_B='' BACKGROUND=''

cleanup()
{
	status=$?
	trap - EXIT
	for pid in $BACKGROUND; do kill "$pid" 2>/dev/null; done
	[ -z "$NS_A" ] || ip netns del "$NS_A" 2>/dev/null
	[ -z "$NS_B" ] || ip netns del "$NS_B" 2>/dev/null
	rm -rf "$TMP"
	[ "$status" -ne 0 ] || status=$FAILED
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

mkdir "$TMP/bin"
for applet in $(sed -n 's/^APPLET(\([a-z]*\),.*/\1/p' applets/applets.def 2>/dev/null); do
	ln -s "$NWBOX" "$TMP/bin/$applet"
done
PATH=$TMP/bin:$PATH:/usr/sbin:/sbin

ok() { echo "ok $1"; }
not_ok() { FAILED=1; echo "not ok $1: $(printf %s "$2" | tr '\n' '|' | cut -c1-400)"; }
skip() { echo "skip $1: $2"; }
check() { name=$1; shift; if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* gave $?: $out"; fi; }
same() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got <$2>, want <$3>"; fi; }

need()
{
	for tool; do
		command -v "$tool" >/dev/null || { skip "$(basename "$SCRIPT" .sh)" "$tool is not installed"; exit 0; }
	done
}

need_net()
{
	need ip unshare
	if [ -z "${NWBOX_USERNS:-}" ]; then
		if ip netns add "nwprobe$$" 2>/dev/null; then
			ip netns del "nwprobe$$"
			return
		fi
		if unshare -Urnm mount -t tmpfs none /run 2>/dev/null; then
			rm -rf "$TMP"
			NWBOX_USERNS=1 exec unshare -Urnm sh -c 'mount -t tmpfs none /run && mkdir /run/netns && exec sh "$0"' "$SCRIPT"
		fi
		skip "$(basename "$SCRIPT" .sh)" "needs root, or user namespaces"
		exit 0
	fi
}

# Not `ip netns exec` or `ip -n`: these also mount, which a chroot refuses.
in_a() { nsenter --net="/run/netns/$NS_A" "$@"; }
in_b() { nsenter --net="/run/netns/$NS_B" "$@"; }

# Duplicate address detection is off, so that IPv6 works at once.
netns_pair()
{
	NS_A=nwa$$ NS_B=nwb$$ VETH_A=nwva$$ VETH_B=nwvb$$
	ip netns add "$NS_A" && ip netns add "$NS_B" &&
		in_a ip link add "$VETH_A" type veth peer name "$VETH_B" netns "$NS_B" || exit 1
	in_a ip addr add 10.9.0.1/24 dev "$VETH_A" && in_b ip addr add 10.9.0.2/24 dev "$VETH_B"
	in_a ip addr add fd09::1/64 dev "$VETH_A" nodad 2>/dev/null
	in_b ip addr add fd09::2/64 dev "$VETH_B" nodad 2>/dev/null
	for link in lo "$VETH_A"; do in_a ip link set "$link" up; done
	for link in lo "$VETH_B"; do in_b ip link set "$link" up; done
}

# wait_for SECONDS CMD...: until the command succeeds; polls ten times a second.
wait_for()
{
	tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
