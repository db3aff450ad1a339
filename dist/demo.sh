#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The main job on real traffic, from nothing: on a bare Debian or Ubuntu with only a shell and root this installs what
# the build needs, builds nwbox, joins two network namespaces by a veth pair, makes traffic between them (a DNS server,
# a web server, pings), and captures it live: once through a pipe of capture, filter and export, once into a ring of
# files. Nothing of the machine's own network is touched; the namespaces are gone at the end. The captures stay in
# build/demo.
set -eu
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

# --- a small network: 192.0.2.1 asks, 192.0.2.2 answers
ip netns add "$client"
ip netns add "$server"
ip -n "$client" link add veth0 type veth peer name veth0 netns "$server"
ip -n "$client" addr add 192.0.2.1/24 dev veth0
ip -n "$server" addr add 192.0.2.2/24 dev veth0
for ns in "$client" "$server"; do
	ip -n "$ns" link set lo up
	ip -n "$ns" link set veth0 up
done
echo 'hello from the demo' >"$work/www/index.html"
head -c 200000 /dev/urandom >"$work/www/big.bin"
printf 'www.example.test 192.0.2.2\nmail.example.test 192.0.2.25\n' >"$work/dns.conf"
ip netns exec "$server" busybox httpd -p 80 -h "$work/www"
ip netns exec "$server" busybox dnsd -c "$work/dns.conf" >/dev/null 2>&1 &

traffic()
{
	for round in 1 2 3; do
		ip netns exec "$client" busybox ping -c 2 -i 0.2 192.0.2.2
		ip netns exec "$client" busybox nslookup www.example.test 192.0.2.2
		ip netns exec "$client" busybox nslookup "nothing$round.example.test" 192.0.2.2
		ip netns exec "$client" busybox wget -q -O /dev/null http://192.0.2.2/index.html
		ip netns exec "$client" busybox wget -q -O /dev/null http://192.0.2.2/big.bin
		ip netns exec "$client" busybox wget -q -O /dev/null http://192.0.2.2/missing
	done >/dev/null 2>&1 || :
}

say '$ nwcap -i veth0 -w - | nwfilter "dns or http" | nwexport -f csv     (live, while the traffic runs)'
{ sleep 1; traffic; sleep 1; } &
maker=$!
ip netns exec "$client" timeout -s INT 6 nwcap -i veth0 -w - | nwfilter 'dns or http' | nwexport -f csv >"$work/live.csv"
wait "$maker"
head -n 12 "$work/live.csv"
echo "... $(($(wc -l <"$work/live.csv") - 1)) rows in $work/live.csv"

say '$ nwcap -i veth0 -w ring.pcapng -C 200kB -W 3     (a ring of three files, the oldest is overwritten)'
{ sleep 1; traffic; sleep 1; } &
maker=$!
ip netns exec "$client" timeout -s INT 6 nwcap -i veth0 -w "$work/ring.pcapng" -C 0.2 -W 3 || :
wait "$maker"
ls -l "$work" | grep ring

say '$ nwfilter -c FILTER ring*     (how many packets of what)'
for filter in dns http icmp 'tcp.flags.syn == 1' 'http.response.code == 404'; do
	printf '%-28s %s\n' "$filter" "$(for f in "$work"/ring*; do nwfilter "$filter" "$f" 2>/dev/null | nwexport -f csv; done |
		grep -cv '^frame' || :)"
done
