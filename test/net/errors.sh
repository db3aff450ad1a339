#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What can go wrong before a capture: one sentence with its cure, the right exit status, nothing captured.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live

# refused NAME STATUS PATTERN ARG...: nwcap says one line that matches
refused()
{
	what=$1 want=$2 pattern=$3
	shift 3
	err=$(in_b timeout 10 nwcap "$@" 2>&1 >/dev/null </dev/null)
	status=$?
	if [ "$status" != "$want" ]; then
		not_ok "$what" "exit status $status, not $want: $err"
	elif [ "$(printf '%s\n' "$err" | wc -l)" != 1 ]; then
		not_ok "$what" "more than one line: $err"
	else
		case $err in
		"nwcap: "$pattern) ok "$what" ;;
		*) not_ok "$what" "said: $err" ;;
		esac
	fi
}

refused "unknown interface" 5 "nosuch0: no such interface*nwcap -D*" -i nosuch0
refused "unknown interface, nearly right" 5 "${VETH_B}x: no such interface; did you mean $VETH_B?*" -i "${VETH_B}x"
refused "interface number" 5 "*only*interfaces*nwcap -D*" -i 99

# pointed NAME TEXT WANT: the message below "nwcap: capture filter, "
pointed() { same "$1" "$(in_b timeout 10 nwcap -i "$VETH_B" "$2" 2>&1 >/dev/null)" "nwcap: capture filter, $3"; }
pointed "bad capture filter: where, and the nearest word" 'tcp prot 80' "$(printf \
	'column 5: "prot" is not understood here; did you mean port?\n  tcp prot 80\n      ^~~~')"
pointed "bad capture filter: the end is missing" 'udp and (tcp or port 3' "$(printf \
	'column 23: something is missing at the end\n  udp and (tcp or port 3\n                        ^')"
pointed "bad capture filter: a display filter" 'tcp.port == 443' "$(printf \
	'column 1: "tcp.port" is not understood here (man pcap-filter has the words)\n  tcp.port == 443\n  ^~~~~~~~
As a display filter it is fine: give it with -Y')"
pointed "bad capture filter: no such service" 'udp and port nosuchservice' "$(printf \
	"column 14: unknown port 'nosuchservice'\n  udp and port nosuchservice\n               ^~~~~~~~~~~~~")"
same "bad capture filter beside a good display filter" "$(in_b nwcap -i "$VETH_B" -Y udp tcp prot 80 2>&1 | head -n 1)" \
	'nwcap: capture filter, column 5: "prot" is not understood here; did you mean port?'
refused "two filters" 5 "*-F*" -i "$VETH_B" -F /dev/null udp
refused "filter file that is not there" 1 "-F /nonexistent*" -i "$VETH_B" -F /nonexistent
refused "option without its number" 5 "-c needs a value*" -i "$VETH_B" -c
refused "option with a bad number" 5 "*-c*'x'*" -i "$VETH_B" -c x
refused "unknown option" 5 "*--intrface*--interface*" --intrface x
refused "unknown link type" 5 "-y NOSUCH*-L*" -i "$VETH_B" -y NOSUCH
refused "link type of another kind of interface" 5 "*PPP*EN10MB*" -i "$VETH_B" -y PPP
refused "-W alone" 5 "-W needs -C*" -i "$VETH_B" -w "$TMP/x" -W 3
refused "-b with an unknown key" 5 "-b size:3*filesize:KB*" -i "$VETH_B" -w "$TMP/x" -b size:3
refused "-a without its number" 5 "-a duration:x*seconds*" -i "$VETH_B" -a duration:x
refused "-C without a file" 5 "-C*-w FILE*" -i "$VETH_B" -C 1
refused "-C to standard output" 5 "-C*-w FILE*" -i "$VETH_B" -C 1 -w -
refused "lines and packets to one place" 5 "*--print*-w -*" -i "$VETH_B" -w - --print
refused "a directory that is not there" 1 "$TMP/nosuch/x.pcap*No such file*" -i "$VETH_B" -w "$TMP/nosuch/x.pcap"
refused "unknown namespace" 5 "nosuch: no such network namespace*" --netns nosuch -i lo
refused "unknown namespace, nearly right" 5 "*did you mean $NS_B?*" --netns "${NS_B}x" -i lo
refused "no such process" 5 "*no process*" --netns 999999999 -i lo
refused "file and interface" 5 "*-r*-i*" -r x.pcap -i "$VETH_B"
refused "file that is not there" 1 "*$TMP/none.pcap*No such file*" -r "$TMP/none.pcap"

in_b ip link set lo down
refused "interface that is down" 5 "lo: the interface is down; ip link set lo up" -i lo
in_b ip link set lo up
if in_b ip tuntap add dev nwtun mode tun 2>/dev/null && in_b ip link set nwtun up; then
	refused "two link types into pcap" 5 "*$VETH_B has EN10MB*nwtun has RAW*--format pcapng*" -i "$VETH_B" -i nwtun -w "$TMP/x.pcap"
else
	skip "two link types into pcap" "this machine has no /dev/net/tun"
fi

if [ "$(id -u)" = 0 ] && [ -z "${NWBOX_USERNS:-}" ] && command -v setpriv >/dev/null; then
	cp "$NWBOX" "$TMP/nwcap" && chmod 755 "$TMP" "$TMP/nwcap"
	err=$(in_b setpriv --reuid=nobody --regid=nogroup --clear-groups "$TMP/nwcap" -i "$VETH_B" 2>&1)
	same "no permission: exit status" $? 7
	case $err in
	"nwcap: $VETH_B: capturing needs the capability CAP_NET_RAW; "*"setcap cap_net_raw"*"$TMP/nwcap") ok "no permission: the cure" ;;
	*) not_ok "no permission: the cure" "$err" ;;
	esac
else
	skip "no permission" "needs root and setpriv"
fi

# signals reach what waits: a FIFO that nobody opens, a pipe that nobody empties (the second signal)
mkfifo "$TMP/fifo"
nsenter --net="/run/netns/$NS_B" nwcap -i "$VETH_B" -w "$TMP/fifo" 2>"$TMP/fifo.err" &
PID=$!
BACKGROUND="$BACKGROUND $PID"
sleep 0.5
kill -INT "$PID"
wait_for 3 sh -c '! kill -0 "$1" 2>/dev/null' - "$PID" && ok "INT ends what waits for the reader of a FIFO" ||
	not_ok "INT ends what waits for the reader of a FIFO" "it waits"
mkfifo "$TMP/full"
sleep 30 <"$TMP/full" &
BACKGROUND="$BACKGROUND $!"
start full -i "$VETH_B" -w "$TMP/full"
blast 3000 1400 >/dev/null
sleep 0.3
kill -TERM "$PID"
sleep 0.5
kill -TERM "$PID"
wait "$PID"
same "the second TERM ends what writes into a pipe that nobody empties" $? 143

if command -v script >/dev/null; then
	out=$(in_b script -qec "timeout 5 nwcap -i $VETH_B -w -" /dev/null </dev/null 2>&1 | tr -d '\r')
	case $out in
	*"standard output is a terminal"*) ok "binary to a terminal is refused" ;;
	*) not_ok "binary to a terminal is refused" "$out" ;;
	esac
else
	skip "binary to a terminal is refused" "script is not installed"
fi

same "-D lists the interface" "$(in_b nwcap -D | grep -c "^[0-9]*\.$VETH_B \[Up, Running\] 10\.9\.0\.2")" 1
same "-D in another namespace" "$(nwcap --netns "$NS_A" -D | grep -c "\.$VETH_A ")" 1
same "-L" "$(in_b nwcap -i "$VETH_B" -L | sed -n 2p)" "  EN10MB (Ethernet)"
same "-i by number" "$(in_b timeout -s INT 2 nwcap -i "$(in_b nwcap -D | sed -n "s/\.$VETH_B .*//p")" -w /dev/null 2>&1 |
	grep -c "listening on $VETH_B,")" 1
same "-d as tcpdump compiles it" "$(in_b nwcap -d -y EN10MB tcp port 80)" "$(tcpdump -y EN10MB -d tcp port 80 2>/dev/null)"
same "-ddd as tcpdump compiles it" "$(in_b nwcap -ddd -y EN10MB udp)" "$(tcpdump -y EN10MB -ddd udp 2>/dev/null)"
