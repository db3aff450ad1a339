#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The main job on real traffic, from nothing: on a bare Debian or Ubuntu with only a shell and root this installs what
# the build needs, builds nwbox, joins two network namespaces by a veth pair, makes traffic between them (names asked,
# pages fetched, a TLS hello, pings), and captures it live: as lines, through a pipe of capture, filter and export, and
# into a ring of files. What was found is compared with what was sent. Nothing of the machine's own network is touched;
# the namespaces are gone at the end. The captures stay in build/demo.
set -eu
[ $# -eq 0 ] || { echo "usage: sh dist/demo.sh" >&2; exit 2; }
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "demo: needs root: live capture and network namespaces" >&2; exit 1; }
sh config/packages.sh build demo
mkdir -p build
echo "building nwbox; the first time takes a minute or two (build/demo.log)"
make -j"$(nproc)" >build/demo.log 2>&1 || { tail -n 20 build/demo.log >&2; exit 1; }

client=nwdemo server=nwdemo-server
work=$PWD/build/demo
rm -rf "$work" && mkdir -p "$work/bin" "$work/www"
for applet in nwcap nwfilter nwexport; do ln -s ../../full/nwbox "$work/bin/$applet"; done
PATH=$work/bin:$PATH:/usr/sbin:/sbin

stop()
{
	for pid in $(ip netns pids "$server" 2>/dev/null) $(ip netns pids "$client" 2>/dev/null); do kill "$pid" 2>/dev/null || :; done
	ip netns del "$client" 2>/dev/null || :
	ip netns del "$server" 2>/dev/null || :
}
trap stop EXIT
trap 'exit 130' INT TERM
stop

# Not `ip netns exec` or `ip -n`: these also mount, which a chroot refuses.
inside()
{
	space=$1
	shift
	nsenter --net="/run/netns/$space" "$@"
}

# --- a small network: 192.0.2.1 asks, 192.0.2.2 answers. Without IPv6 nothing is sent that we did not ask for.
ip netns add "$client" && ip netns add "$server" || { echo "demo: this machine lets nobody make network namespaces" >&2; exit 1; }
inside "$client" ip link add veth0 type veth peer name veth0 netns "$server"
inside "$client" ip addr add 192.0.2.1/24 dev veth0
inside "$server" ip addr add 192.0.2.2/24 dev veth0
for ns in "$client" "$server"; do
	inside "$ns" ip link set veth0 addrgenmode none
	inside "$ns" ip link set lo up
	inside "$ns" ip link set veth0 up
done
echo 'hello from the demo' >"$work/www/index.html"
head -c 200000 /dev/urandom >"$work/www/big.bin"
inside "$server" busybox httpd -p 80 -h "$work/www"
inside "$server" busybox httpd -p 443 -h "$work/www"
inside "$server" dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --log-facility=/dev/null \
	--host-record=www.example.test,192.0.2.2 --local=/example.test/
hellos=0
! busybox --list | grep -qx ssl_client || hellos=3

traffic() # three rounds
{
	for round in 1 2 3; do
		inside "$client" busybox nslookup www.example.test 192.0.2.2
		inside "$client" busybox nslookup "nothing$round.example.test" 192.0.2.2
		inside "$client" busybox wget -q -O /dev/null http://192.0.2.2/index.html
		inside "$client" busybox wget -q -O /dev/null "http://192.0.2.2/missing$round"
		[ "$hellos" = 0 ] || inside "$client" timeout 1 busybox nc 192.0.2.2 443 -e busybox ssl_client -s 0 -n "www$round.example.test"
		inside "$client" busybox ping -c 2 -i 0.2 192.0.2.2
		inside "$client" busybox wget -q -O /dev/null http://192.0.2.2/big.bin
	done >/dev/null 2>&1 </dev/null || :
}

# How many packets veth0 itself has counted.
crossed() { inside "$client" ip -s link show dev veth0 | awk '/[RT]X:.*packets/ { getline; n += $2 } END { print n }'; }

say() { [ -t 1 ] && printf '\n\033[1m$ %s\033[0m\n' "$1" || printf '\n$ %s\n' "$1"; }

# show COMMAND: says it and runs it, with traffic; its nwcap is then stopped as Ctrl-C would do it
show()
{
	say "$1"
	: >nwcap.err
	{
		tries=100
		until grep -q 'listening on' nwcap.err || [ $((tries -= 1)) = 0 ]; do sleep 0.1; done
		crossed >before
		traffic
		sleep 0.5
		crossed >after
		[ ! -e nwcap.pid ] || kill -INT "$(cat nwcap.pid)"
	} &
	eval "$1" || :
	wait
	cat nwcap.err
	grep -q ' captured' nwcap.err || exit 1
}
nwcap()
{
	sh -c 'echo $$ >nwcap.pid && exec nwcap "$@"' nwcap "$@" 2>nwcap.err || :
	rm -f nwcap.pid
}

wrong=0
expect() # GOT WANT WHAT
{
	[ "$1" = "$2" ] && printf '%6s  %s\n' "$1" "$3" || { wrong=1; printf '%6s  %s   WRONG: there were %s\n' "$1" "$3" "$2"; }
}

cd "$work"
show "nwcap --netns $client -i veth0 -c 12 udp or icmp or arp"

show "nwcap --netns $client -i veth0 -w - | nwfilter 'tls or http.request' |
    nwexport -f csv --fields number,time,src,dst,proto,http.request.uri,tls.handshake.extensions_server_name"

# Nobody asks for addresses from here on, so that nothing crosses while the capture starts and stops.
inside "$client" ip neigh change 192.0.2.2 dev veth0 nud permanent
inside "$server" ip neigh change 192.0.2.1 dev veth0 nud permanent
show "nwcap --netns $client -i veth0 -w ring.pcapng -C 250k -W 5"
ls -l ring.pcapng*
for file in ring.pcapng*; do set -- "$@" -r "$file"; done
say "nwfilter -r ring.pcapng0 -r ring.pcapng1 -r ... -c FILTER      # merged by time: how many packets match"
expect "$(nwfilter "$@" -c)" "$(($(cat after) - $(cat before)))" "(all; veth0 itself has counted as many)"
while read -r want filter; do
	expect "$(nwfilter "$@" -c "$filter")" "$want" "$filter"
done <<EOF
6 icmp.type == 8
6 dns.flags.response == 0 and dns.qry.type == 1
3 dns.qry.name contains "nothing" and dns.flags.rcode == 3 and dns.qry.type == 1
9 http.request.method == "GET"
3 http.response.code == 404
$hellos tls.handshake.type == 1 and ip.dst == 192.0.2.0/24
9 tcp.flags.syn == 1 and tcp.flags.ack == 0 and tcp.dstport == 80
EOF
[ "$wrong" = 0 ] || { echo "demo: some counts are WRONG; the captures are in build/demo" >&2; exit 1; }
printf '\nEvery count is what the traffic was. The captures are in build/demo; the binary is build/full/nwbox (%s bytes).\n' \
	"$(wc -c <"$work/../full/nwbox")"
