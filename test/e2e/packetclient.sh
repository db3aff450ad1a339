#!/bin/sh
# SPDX-License-Identifier: MIT
#
# packetclient against a daemon of the test's own (packetclient_fake.py), so that each answer and each misfortune can be had: output
# in every form, mistakes, exports that are interrupted, the prompt, the dashboard. With the real daemon: test/net/packetclient.sh.
. "$(dirname "$0")/../lib.sh"
"$NWBOX" --list | grep -q packetclient || { skip packetclient "not in this profile"; exit 0; }
need python3
HOME=$TMP/home TZ=UTC NWBOX_NO_START=1 NWBOX_SOCKET=$TMP/s
export HOME TZ NWBOX_NO_START NWBOX_SOCKET
unset NO_COLOR
mkdir "$HOME"
ln -s "$NWBOX" "$TMP/bin/nwbox"

fake()
{
	python3 "$TOP/test/e2e/packetclient_fake.py" "$NWBOX_SOCKET" >"$TMP/fake.log" 2>&1 &
	FAKE=$!
	BACKGROUND="$BACKGROUND $FAKE"
	wait_for 10 packetclient ping || { not_ok "the test's daemon answers" "$(cat "$TMP/fake.log")"; exit 1; }
}
fake

# says NAME STATUS EXPRESSION COMMAND...: its exit status, and what both outputs together match
says()
{
	name=$1 want=$2 expression=$3
	shift 3
	out=$("$@" 2>&1 </dev/null)
	status=$?
	if [ "$status" = "$want" ] && echo "$out" | grep -qE -- "$expression"; then ok "$name"
	else not_ok "$name" "status $status, wanted $want and '$expression': $out"; fi
}

# ---- answers
says "status: for people" 0 '^Disk used: +12\.3 GB' packetclient status
says "status: counts have their commas" 0 '^Packets: +1,234,567' packetclient status
says "nothing foreign reaches the terminal" 0 'red \\x1b\[31m' packetclient status
same "no escape in any table" "$(for w in status sessions logs events 'show uplink'; do packetclient $w; done | tr -dc '\033' | wc -c | tr -d ' ')" 0
says "sessions: columns" 0 '^a1b2c3d4e5f6  uplink .*running  eth0' packetclient sessions
says "sessions: a duration for people" 0 '2 h 13 min' packetclient sessions
same "quiet: ids" "$(packetclient sessions --output quiet | paste -sd ' ' -)" "a1b2c3d4e5f6 a7b2c3d4e5f6"
same "csv: plain numbers" "$(packetclient sessions --output csv | sed -n 2p)" \
	"a1b2c3d4e5f6,uplink,running,eth0,port 53,1700000000.000000000,8000.000000000,2000,12345678,1234567,98765,0"
same "json: the daemon's data" "$(packetclient --json show a1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["bits_per_second"])')" 1234567.0
same "yaml" "$(packetclient sessions --state stopped --output yaml | head -n 4 | tr '\n' '|')" 'sessions:|  - id: a7b2c3d4e5f6|    name: "la\u001b[2Jn"|    state: stopped|'
same "an option in front of the command" "$(packetclient --output quiet sessions --state running)" a1b2c3d4e5f6
same "delete: a sentence" "$(packetclient delete a1)" "a1b2c3d4e5f6 was removed"
same "delete: an object for programs" "$(packetclient delete a1 --json)" '{"message":"a1b2c3d4e5f6 was removed"}'
says "health: failing is status 1" 1 'disk +failing +full' packetclient health
says "stats: the last minute" 0 '█$' packetclient stats
says "an empty list is said" 0 '^No bundle' packetclient bundles
says "start: settings of the options" 0 '"interfaces":\["eth0","eth1"\].*"filter":"port 443".*"duration":90.*"limits":\{"bytes":10240.*"age":3600' \
	packetclient start --interface eth0,eth1 --filter "port 443" -d 90 --keep-bytes 10k --keep-time 1h --json
printf 'filter: icmp\nsnaplen: 96\nrules: [{name: r, kind: rate, above: 5}]\n' >"$TMP/settings.yaml"
says "start: a file, overruled by options" 0 '"snaplen":96,"rules":\[\{"name":"r".*"filter":"port 1"' \
	packetclient start -i eth0 --settings "$TMP/settings.yaml" -f "port 1" --json
says "times: so long ago" 0 '"from":1[0-9.]+,"' packetclient --debug packets a1 --from -5m --limit 1
says "--debug shows both directions" 0 '<- \{"id":1,"type":"Success"' packetclient --debug ping
same "a reader that has seen enough is no error" "$(packetclient packets a1 2>&1 | head -n 1 | cut -c 1-6)" number

# ---- mistakes
says "no such command" 5 "'strat' is no command; did you mean start" packetclient strat
says "no command" 5 'which command' packetclient
says "an unknown option in front" 5 'unknown option --sokcet; did you mean --socket' packetclient --sokcet x ping
says "an option of another command" 5 'unknown option --duration' packetclient show a1 --duration 5
says "a word too many" 5 "'b' is one word too many" packetclient show a1 b
says "a word is missing" 5 'SESSION is missing' packetclient show
says "no such session" 5 'zz: there is no such session' packetclient show zz
says "several sessions" 5 'these begin so: a1b2c3d4e5f6, a7b2c3d4e5f6' packetclient show a
says "start: on what" 5 'on which interface' packetclient start
says "start: options for a session that is there" 5 'leave the options out' packetclient start a1 -i eth0
says "a wrong filter has its caret" 5 '^\^$' packetclient start -i eth0 -f 'prot 80'
says "check-filter" 5 '^prot 80$' packetclient check-filter prot 80
says "check-filter: a good one" 0 'compiles' packetclient check-filter port 80
says "not allowed" 7 'only operators' packetclient start -i eth7
says "no answer in time" 3 'did not answer' packetclient reload --timeout 0.3
says "no daemon" 4 'no netwatchd answers' packetclient --socket "$TMP/none" status
says "version without a daemon" 0 'no daemon answers' packetclient --socket "$TMP/none" version
says "a socket path that is too long" 5 '1[0-9][0-9] bytes' packetclient --socket "$(printf '%0200d' 0)" status
says "--output takes what there is" 5 'is not one of: table json' packetclient --output xml status
says "a configuration with mistakes" 5 'config.yaml:1: .*outptu' sh -c 'echo "outptu: json" >"$0" && packetclient --config "$0" status' "$TMP/config.yaml"
esc=$(printf '\033[2J')
same "no escape in any message" "$({ packetclient show "$esc"; packetclient "$esc"; packetclient "--$esc"; packetclient --config "$TMP/$esc" ping
	packetclient --output "$esc" ping; packetclient events --kind "$esc" --since "$esc"; packetclient --socket "$TMP/$esc" ping
	packetclient export a1 -o "$TMP/$esc/x"; packetclient start -i "$esc" --settings "$TMP/$esc"; packetclient help "$esc"; } 2>&1 |
	tr -dc '\033' | wc -c | tr -d ' ')" 0
says "a message shows what it was" 5 'x1b\[2J' packetclient "$esc"
mkdir -p "$HOME/.packetclient"
echo 'output: quiet' >"$HOME/.packetclient/config.yaml"
same "the configuration at home" "$(packetclient sessions | head -n 1)" a1b2c3d4e5f6
rm "$HOME/.packetclient/config.yaml"
says "help of a command" 0 '^Usage: packetclient export' packetclient export --help
says "the list of commands" 0 '^  top-talkers ' packetclient help

# ---- packets
same "packets" "$(packetclient packets a1 --format csv | wc -l | tr -d ' ')" 2001
same "packets: options of nwexport behind --" "$(packetclient packets a1 --limit 2 --format csv -- --fields ip.src --no-header | paste -sd ' ' -)" "192.0.2.1 192.0.2.2"
same "packets: json" "$(packetclient packets a1 --limit 3 --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" 3
says "top-talkers" 0 '^192\.0\.2\.99 +2,000' packetclient top-talkers a1
says "protocols" 0 '^ +udp +2,000 +100' packetclient protocols a1
same "tap: a capture" "$(packetclient tap a1 | nwfilter -c)" 2000
if command -v script >/dev/null; then
	says "tap: not to a terminal" 0 'a terminal cannot show' script -qec 'packetclient tap a1 || true' /dev/null
	says "packets: a terminal gets the first 100" 0 'the first 100 packets' script -qec 'packetclient packets a1' /dev/null
else
	skip "a terminal" "script is not installed"
fi

# ---- exports
cd "$TMP" || exit 1
for format in pcapng pcap csv json ndjson; do
	says "export: $format" 0 "^Format: +$format" packetclient export a1 -o "x.$format"
done
same "export: all of it" "$(for f in x.pcapng x.pcap; do nwfilter -r $f -c; done | paste -sd ' ' -) $(wc -l <x.csv) $(wc -l <x.ndjson)" "2000 2000 2001 2000"
same "export: nothing is left beside the files" "$(ls | grep -c part)" 0
packetclient export a1 -o x.csv.gz >/dev/null
same "export: compressed" "$(gzip -dc x.csv.gz | cmp - x.csv && echo same)" same
says "export: to standard output" 0 '^number,time' packetclient export a1 --format csv --limit 1
says "export: an unknown format" 5 'no.*format' packetclient export a1 --format nonsense -o y
same "export: which leaves nothing" "$(ls | grep -c '^y')" 0
says "export: no such folder" 1 'no/such' packetclient export a1 -o no/such/x.pcap

# interrupted EXTENSION: Ctrl-C in the middle; then the same question to a daemon that does not stall
interrupted()
{
	rm -f r.*
	packetclient export a1 --filter stall -o "r.$1" >out 2>&1 &
	pid=$!
	wait_for 10 test -s "r.$1.part" || wait_for 1 true
	sleep 0.2
	kill -INT $pid
	wait $pid
	status=$?
	sed -i 's/"filter":"stall"/"filter":null/' "r.$1.part.state"
}
for kind in pcapng pcap csv ndjson; do
	interrupted $kind
	same "export $kind: an interrupt is a failure" $status 1
	check "export $kind: what is there stays" test -s "r.$kind.part" -a ! -e "r.$kind"
	says "export $kind: the same command goes on" 0 '^Resumed at' packetclient export a1 -o "r.$kind"
	same "export $kind: and the file is the same" "$(cmp "r.$kind" "x.$kind" && echo same)" same
done
interrupted pcapng
says "export: another question starts anew" 0 '^Bytes' packetclient export a1 --limit 10 -o r.pcapng
same "export: of its own packets" "$(nwfilter -r r.pcapng -c)" 10
interrupted pcapng
same "export: --no-resume" "$(packetclient export a1 --no-resume -o r.pcapng --json | grep -c resumed)" 0
interrupted pcapng
head -c 1000 /dev/urandom >>r.pcapng.part
packetclient export a1 -o r.pcapng >/dev/null
same "export: a torn tail is cut off" "$(cmp r.pcapng x.pcapng && echo same)" same
rm -f r.*
says "export: the daemon goes away" 4 'went away' packetclient export a1 --filter leave -o r.pcapng
check "export: what came stays" test -s r.pcapng.part
wait $FAKE
fake
sed -i 's/"filter":"leave"/"filter":null/' r.pcapng.part.state
packetclient export a1 -o r.pcapng >/dev/null
same "export: the next daemon goes on with it" "$(cmp r.pcapng x.pcapng && echo same)" same
(ulimit -f 64; packetclient export a1 -o full.pcapng) >out 2>&1
same "export: a full disk" "$? $(grep -c 'the same command goes on' out)" "1 1"
packetclient export a1 -o full.pcapng >/dev/null
same "export: goes on when there is room" "$(cmp full.pcapng x.pcapng && echo same)" same
cd "$TOP" || exit 1

# ---- what comes
timeout -s INT 2 packetclient events --follow --json >"$TMP/out"
same "events --follow: what there is, then what comes" "$(grep -c . "$TMP/out") $(grep -o '"state":"s[0-9]"' "$TMP/out" | sort -u | wc -l | tr -d ' ')" "7 3"
timeout -s INT 2 packetclient logs --follow >"$TMP/out"
same "logs --follow" "$(grep -c 'error.*line' "$TMP/out")" 3
timeout -s INT 2 packetclient events --follow --kind status_change --output quiet >"$TMP/out"
same "events --follow --kind" "$(grep -c '^status_change$' "$TMP/out")" 3
packetclient capture -i eth0 >"$TMP/out" 2>"$TMP/err" &
pid=$!
sleep 1
kill -INT $pid
wait $pid
same "capture: Ctrl-C ends it orderly" "$? $(grep -c '^State: *stopped' "$TMP/out") $(grep -c 'records; Ctrl-C ends it' "$TMP/err")" "0 1 1"

# ---- the prompt, without and with a terminal
printf '# a comment\nsessions --output quiet\nshow nobody\nping extra words\npacketclient version --output quiet\nexit\nsessions\n' |
	packetclient interactive >"$TMP/out" 2>"$TMP/err"
same "interactive: from a pipe" "$? $(wc -l <"$TMP/out") $(wc -l <"$TMP/err")" "5 3 2"
same "complete: commands" "$(packetclient complete -- st | sort | paste -sd ' ' -)" "start stats status stop"
same "complete: sessions" "$(packetclient complete -- show up)" uplink
same "complete: options of the command" "$(packetclient complete -- export --no-r)" --no-resume
same "complete: choices" "$(packetclient complete -- sessions --state st | paste -sd ' ' -)" "stopped starting stopping"
same "complete: interfaces" "$(packetclient complete -- start -i e | paste -sd ' ' -)" "eth0 eth1"
same "complete: fields of a filter" "$(packetclient complete -- packets a1 --filter tcp.urgent_p)" tcp.urgent_pointer

command -v tmux >/dev/null || { skip "the screen" "tmux is not installed"; exit 0; }
screen() { tmux -L "nw$$" "$@"; }
# shows NAME EXPRESSION: waits until the screen does
shows()
{
	if wait_for 10 sh -c "tmux -L nw$$ capture-pane -p | grep -qE -- '$2'"; then ok "$1"
	else not_ok "$1" "$(screen capture-pane -p | grep . | tail -n 8)"; fi
}
LC_ALL=C.UTF-8 TMUX_TMPDIR=$TMP
export LC_ALL TMUX_TMPDIR
screen -f /dev/null new-session -d -x 80 -y 24 "PS1='ready> ' sh" || { skip "the screen" "tmux does not start"; exit 0; }
screen send-keys packetclient Enter
shows "interactive: a prompt" '^packetclient>'
screen send-keys sess Tab
shows "interactive: Tab completes" '^packetclient> sessions'
screen send-keys ' --output quiet' Enter
shows "interactive: runs it" '^a7b2c3d4e5f6'
screen send-keys 'show u' Tab
shows "interactive: a session is completed" '^packetclient> show uplink'
screen send-keys C-c
screen send-keys 'events --follow' Enter
shows "interactive: a command that follows" 'state s2'
screen send-keys C-c
screen send-keys Up
shows "interactive: Ctrl-C ended the command, the history has it" '^packetclient> events --follow'
screen send-keys C-u
# A key that comes before the command runs is one of the line.
try_interrupt() { screen send-keys reload Enter; sleep 1; screen send-keys C-c; sleep 0.3; screen capture-pane -p | grep -q 'packetclient: interrupted'; }
try_interrupt || try_interrupt || try_interrupt
shows "interactive: Ctrl-C ends a wait for an answer" "^packetclient: interrupted"
screen send-keys C-z
shows "interactive: Ctrl-Z stops it" "^ready>\$"
screen send-keys fg Enter
shows "interactive: and it goes on" "^packetclient>\$"
screen send-keys C-d
shows "interactive: Ctrl-D ends it" '^ready>$'
same "the history is private" "$(stat -c %a "$HOME/.packetclient/history") $(grep -c . "$HOME/.packetclient/history")" "600 3"
screen send-keys 'packetclient top' Enter
shows "top: the daemon and its sessions" '^netwatchd 9\.9 .*1 running, 1 stopped'
shows "top: a session" '^a1b2c3d4 +uplink'
shows "top: keys" 'Enter details.*q quit'
screen send-keys '?'
shows "top: help" 'select a session'
screen send-keys q
screen send-keys Enter
shows "top: top talkers" '^192\.0\.2\.99 +2,000'
shows "top: protocols" ' udp +2,000'
screen resize-window -x 60 -y 12 2>/dev/null
screen send-keys Escape
shows "top: in a smaller window" '^ID +NAME'
screen send-keys q
shows "top: the terminal is as it was" '^ready>$'
kill $FAKE
wait $FAKE 2>/dev/null
screen send-keys 'packetclient top; echo gave $?' Enter
shows "top: no daemon" '^gave 4'
screen send-keys 'stty -a | grep -o " echo "' Enter
shows "the terminal echoes again" '^ echo$'
screen kill-server
