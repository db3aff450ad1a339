# SPDX-License-Identifier: MIT
# bash completion for nwbox and its applets. Nothing is listed here: options come from nwbox --options, fields and
# operators of display filters from nwfilter --complete, interfaces from nwcap -D; packetclient knows itself what may stand where
# (sessions and profiles of the daemon, if one runs).

# The value of an option: _nwbox_value ARGUMENT-WORD CHOICES
_nwbox_value()
{
	local list=
	if [ -n "$2" ]; then
		COMPREPLY=($(compgen -W "$2" -- "$cur"))
		return
	fi
	case $1 in
	*FILE* | *DIR* | NAME) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	IFACE*) COMPREPLY=($(compgen -W "any $("${box[@]}" nwcap -D 2>/dev/null | sed 's/^[0-9]*\.\([^ ]*\).*/\1/')" -- "$cur")) ;;
	*FILTER* | FIELD) COMPREPLY=($(compgen -W "$("${box[@]}" nwfilter --complete "$cur" 2>/dev/null)" -- "$cur")) ;;
	A,B,*)
		case $cur in *,*) list=${cur%,*}, ;; esac
		COMPREPLY=($(compgen -P "$list" -W "$("${box[@]}" nwfilter --complete "${cur##*,}" 2>/dev/null)" -- "${cur##*,}"))
		compopt -o nospace 2>/dev/null
		;;
	USER) COMPREPLY=($(compgen -u -- "$cur")) ;;
	esac
}

# Everything of packetclient, but files.
_nwbox_client()
{
	local first=1 IFS=$'\n'
	[ "${COMP_WORDS[0]##*/}" = packetclient ] || first=2
	case $prev in
	-o | --file | --settings | --config | --socket)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	esac
	COMPREPLY=($("${box[@]}" packetclient complete -- "${COMP_WORDS[@]:first:COMP_CWORD-first+1}" 2>/dev/null))
}

_nwbox()
{
	local applet=${COMP_WORDS[0]##*/} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local box letter name word choices help options= IFS=$' \t\n'
	box=("${COMP_WORDS[0]}")
	COMPREPLY=()
	if [ "$applet" = nwbox ]; then
		applet=${COMP_WORDS[1]}
		if [ "$COMP_CWORD" = 1 ]; then
			COMPREPLY=($(compgen -W "$("${box[@]}" --list 2>/dev/null | cut -f 1) --list --options --install --help --version" -- "$cur"))
			return
		fi
	else
		# the applet is a link to the binary, which is called by its own name for the rest
		box=(bash -c 'exec -a nwbox "$0" "$@"' "$(type -P -- "${COMP_WORDS[0]}")")
	fi
	if [ "$applet" = packetclient ]; then
		_nwbox_client
		return
	fi
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	while IFS=$'\x1f' read -r letter name word choices help; do
		[ -z "$letter" ] || options="$options -$letter"
		[ -z "$name" ] || options="$options --$name"
		case $word in '' | \[*) continue ;; esac
		if [ "$prev" = "-$letter" ] || [ "$prev" = "--$name" ]; then
			_nwbox_value "$word" "$choices"
			return
		fi
	done < <("${box[@]}" --options "$applet" 2>/dev/null | tr '\t' '\037')
	case $cur in
	-*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
	*) if [ "$applet" = nwfilter ]; then _nwbox_value FILTER ''; else _nwbox_value FILE ''; fi ;;
	esac
}

complete -F _nwbox nwbox nwcap nwfilter nwexport netwatchd packetclient
