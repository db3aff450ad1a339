#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The main job on real traffic, from nothing: on a bare Debian or Ubuntu with only a shell and root this installs what
# the build needs, builds nwbox, joins two network namespaces by a veth pair, makes traffic between them (a DNS server,
# a web server, pings), and captures it live: once through a pipe of capture, filter and export, once into a ring of
# files. Nothing of the machine's own network is touched; the namespaces are gone at the end. The captures stay in
# build/demo.
set -eu
[ $# -eq 0 ] || { echo "usage: sh dist/demo.sh" >&2; exit 2; }
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "demo: needs root: live capture and network namespaces" >&2; exit 1; }
sh config/packages.sh build demo
make -j"$(nproc)"

PATH=$PWD/build/demo/bin:$PATH:/usr/sbin:/sbin
client=nwdemo-client server=nwdemo-server
work=build/demo
rm -rf "$work" && mkdir -p "$work/bin" "$work/www"
for applet in nwcap nwfilter nwexport; do ln -s ../../full/nwbox "$work/bin/$applet"; done

stop()
{
	for pid in $(ip netns pids "$server" 2>/dev/null) $(ip netns pids "$client" 2>/dev/null); do kill "$pid" 2>/dev/null || :; done
	ip netns del "$client" 2>/dev/null || :
	ip netns del "$server" 2>/dev/null || :
}
trap stop EXIT
trap 'exit 130' INT TERM
stop

say() { printf '\n\033[1m%s\033[0m\n' "$*" | { [ -t 1 ] && cat || sed 's/\x1b\[[01]m//g'; }; }

# Not `ip netns exec` or `ip -n`: these also mount, which a chroot refuses.
inside()
{
	space=$1
	shift
	nsenter --net="/run/netns/$space" "$@"
}

# --- a small network: 192.0.2.1 asks, 192.0.2.2 answers
ip netns add "$client"
ip netns add "$server"
inside "$client" ip link add veth0 type veth peer name veth0 netns "$server"
inside "$client" ip addr add 192.0.2.1/24 dev veth0
inside "$server" ip addr add 192.0.2.2/24 dev veth0
for ns in "$client" "$server"; do
	inside "$ns" ip link set lo up
	inside "$ns" ip link set veth0 up
done
echo 'hello from the demo' >"$work/www/index.html"
head -c 200000 /dev/urandom >"$work/www/big.bin"
inside "$server" busybox httpd -p 80 -h "$work/www"
inside "$server" dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --log-facility=/dev/null \
	--address=/www.example.test/192.0.2.2 --local=/example.test/

traffic()
{
	for round in 1 2 3; do
		inside "$client" busybox ping -c 2 -i 0.2 192.0.2.2
		inside "$client" busybox nslookup www.example.test 192.0.2.2
		inside "$client" busybox nslookup "nothing$round.example.test" 192.0.2.2
		inside "$client" busybox wget -q -O /dev/null http://192.0.2.2/index.html
		inside "$client" busybox wget -q -O /dev/null http://192.0.2.2/big.bin
		inside "$client" busybox wget -q -O /dev/null http://192.0.2.2/missing
	done >/dev/null 2>&1 || :
}

# capture OPTION...: nwcap on the client's end, while the traffic runs; stopped after it as kill or Ctrl-C would
capture()
{
	{
		sleep 1
		traffic
		sleep 1
		kill -TERM "$(cat "$work/nwcap.pid")"
	} &
	sh -c 'echo $$ >"$0" && exec nwcap "$@"' "$work/nwcap.pid" --netns "$client" -i veth0 "$@"
}

say "\$ nwcap -i veth0 -w - | nwfilter 'dns or http' | nwexport -f csv      # live, while the traffic runs"
capture -w - | nwfilter 'dns or http' | nwexport -f csv >"$work/live.csv"
head -n 12 "$work/live.csv"
echo "... $(($(wc -l <"$work/live.csv") - 1)) rows, all in $work/live.csv"

say "\$ nwcap -i veth0 -w ring.pcapng -C 200k -W 3      # a ring of three files, the oldest is overwritten"
capture -w "$work/ring.pcapng" -C 200k -W 3
ls -l "$work" | grep ring

say "\$ nwfilter -r ring.pcapng0 -r ring.pcapng1 ... -c FILTER      # merged by time: how many packets match"
for file in "$work"/ring*; do set -- "$@" -r "$file"; done
for filter in dns http icmp 'tcp.flags.syn == 1' 'http.response.code == 404' 'frame.len > 1000 and ip.src == 192.0.2.2'; do
	printf '%8s  %s\n' "$(nwfilter "$@" -c "$filter")" "$filter"
done
