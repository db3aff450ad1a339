#!/bin/sh
# SPDX-License-Identifier: MIT
#
# config/packages.sh build [demo] [test]: install what this machine lacks, on Debian and Ubuntu; asks nothing and does
# nothing when all is there. The build needs its packages; a test whose tool cannot be had is skipped, so those of
# demo and test are tried one by one.
set -u

# COMMAND:PACKAGE; a command that is there needs no package
build='gcc:gcc ld:binutils make:make flex:flex bison:bison m4:m4 xz:xz-utils bzip2:bzip2 gzip:gzip tar:tar
	/usr/include/stdio.h:libc6-dev /usr/include/linux/if_packet.h:linux-libc-dev flock:util-linux'
demo='ip:iproute2 busybox:busybox dnsmasq:dnsmasq-base'
test='ip:iproute2 tshark:tshark tcpdump:tcpdump python3:python3 ping:iputils-ping file:file unshare:util-linux
	mandoc:mandoc zsh:zsh fish:fish nfcapd:nfdump /usr/lib/python3/dist-packages/jsonschema:python3-jsonschema'

missing() # LIST: the packages whose command is not found
{
	for pair in $1; do
		case $pair in
		/*) [ -e "${pair%%:*}" ] ;;
		*) PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null ;;
		esac || printf '%s ' "${pair##*:}"
	done
}

get() { apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null; }

required='' optional=''
for set; do
	case $set in
	build) required=$(missing "$build") ;;
	demo) optional="$optional$(missing "$demo")" ;;
	test) optional="$optional$(missing "$test")" ;;
	*) echo "usage: config/packages.sh build [demo] [test]" >&2; exit 2 ;;
	esac
done
[ -n "$required$optional" ] || exit 0

command -v apt-get >/dev/null || { echo "packages: no apt-get here; please install: $required$optional" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "packages: not root; please run: apt-get install $required$optional" >&2; [ -z "$required" ]; exit; }
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "packages: installing $required$optional"
apt-get update -qq >"$log" 2>&1 || tail -n 5 "$log" >&2
[ -z "$required" ] || get $required || { tail -n 20 "$log" >&2; exit 1; }
[ -z "$optional" ] || get $optional || for package in $optional; do
	get "$package" || echo "packages: $package cannot be installed: what needs it is skipped" >&2
done
exit 0
