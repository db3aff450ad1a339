#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What bash, zsh and fish offer behind a half-typed command line, each asked in its own way.
. "$(dirname "$0")/../lib.sh"
need bash
ln -s "$NWBOX" "$TMP/bin/nwbox"
echo x >"$TMP/capture.pcap"

# bash_offers WORD...: the last word is being typed
bash_offers()
{
	bash -c '. dist/completions/nwbox.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_nwbox
		printf "%s\n" "${COMPREPLY[@]}" | sort | paste -sd " " -' bash "$@"
}
same "bash: a long option" "$(bash_offers nwcap --form)" "--format"
same "bash: a letter's value is one of its choices" "$(bash_offers nwcap -Q '')" "in inout out"
same "bash: the same behind =" "$(bash_offers nwcap --format = pcapn)" "pcapng"
same "bash: an applet" "$(bash_offers nwbox nwe)" "nwexport"
same "bash: options of nwbox APPLET" "$(bash_offers nwbox nwexport --list-f)" "--list-fields"
same "bash: files" "$(bash_offers nwcap -r "$TMP/capt")" "$TMP/capture.pcap"
same "bash: a field of the filter" "$(bash_offers nwfilter tcp.urgent_p)" "tcp.urgent_pointer"
same "bash: a command of packetclient" "$(bash_offers packetclient pac)" "packets"
same "bash: an option of its command" "$(bash_offers packetclient freeze --rea)" "--reason"
same "bash: a choice of it" "$(bash_offers nwbox packetclient sessions --state fai)" "failed"
same "bash: a field behind a comma" "$(bash_offers nwexport --fields ip.src,tcp.urgent_p)" "ip.src,tcp.urgent_pointer"

if command -v fish >/dev/null; then
	fish_offers() { fish --no-config -c 'source dist/completions/nwbox.fish; complete -C "$argv[1]"' "$1" 2>&1 | cut -f 1 | sort | paste -sd ' ' -; }
	same "fish: a long option" "$(fish_offers 'nwcap --form')" "--format"
	same "fish: choices" "$(fish_offers 'nwcap -Q ')" "in inout out"
	same "fish: an applet" "$(fish_offers 'nwbox nwe')" "nwexport"
	same "fish: options of nwbox APPLET" "$(fish_offers 'nwbox nwexport --list-f')" "--list-fields"
	same "fish: a field of the filter" "$(fish_offers 'nwfilter tcp.urgent_p')" "tcp.urgent_pointer"
	same "fish: a command of packetclient" "$(fish_offers 'packetclient pac')" "packets"
	same "fish: an option of its command" "$(fish_offers 'nwbox packetclient freeze --rea')" "--reason"
	same "fish: a field behind a comma" "$(fish_offers 'nwexport --fields ip.src,tcp.urgent_p')" "ip.src,tcp.urgent_pointer"
else
	skip "fish" "fish is not installed"
fi

if command -v zsh >/dev/null; then
	# zsh completes only in a terminal: it gets one, a line and a key, and what it shows is searched
	zsh_shows()
	{
		zsh -f -c 'zmodload zsh/zpty || exit 3
			zpty z "zsh -f -i"
			zpty -w z "PATH=$PATH; fpath=($PWD/dist/completions \$fpath); autoload -U compinit; compinit -u -D; bindkey \"^I\" list-choices; PS1=; echo re\"\"ady"
			while zpty -r z line; do [[ $line == *ready* ]] && break; done
			zpty -w -n z "$1"$'"'\\t'"'
			shown=
			for ((i = 0; i < 100; i++)); do
				while zpty -r -t z line; do shown+=$line; done
				[[ $shown == *$2* ]] && { echo yes; break; }
				sleep 0.1
			done
			zpty -d z' zsh "$1" "$2"
	}
	same "zsh: a long option" "$(zsh_shows 'nwcap --form' '--format  -- pcap or pcapng')" yes
	same "zsh: choices" "$(zsh_shows 'nwcap -Q ' inout)" yes
	same "zsh: an applet" "$(zsh_shows 'nwbox nwe' nwexport)" yes
	same "zsh: a command of packetclient" "$(zsh_shows 'packetclient top' top-talkers)" yes
	same "zsh: a field of the filter" "$(zsh_shows 'nwfilter tcp.urgent_p' tcp.urgent_pointer)" yes
else
	skip "zsh" "zsh is not installed"
fi
