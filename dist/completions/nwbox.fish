# SPDX-License-Identifier: MIT
# fish completion for nwbox and its applets. Nothing is listed here: options come from nwbox --options, fields and
# operators of display filters from nwfilter --complete, interfaces from nwcap -D; packetclient knows itself what may stand where.

function __nwbox_fields
    set -l word (commandline -ct)
    set -l before (string match -r '^.*,' -- $word); or set before ''
    for found in (nwbox nwfilter --complete (string replace -r '^.*,' '' -- $word) 2>/dev/null)
        echo $before$found
    end
end

function __nwbox_interfaces
    echo any
    nwbox nwcap -D 2>/dev/null | string replace -r '^[0-9]*\.(\S*).*' '$1'
end

function __nwbox_client
    set -l words (commandline -opc) (commandline -ct)
    set -l first 2
    string match -q '*packetclient' -- $words[1]; or set first 3
    nwbox packetclient complete -- $words[$first..-1] 2>/dev/null
end

for applet in (nwbox --list 2>/dev/null | string replace -r '\t.*' '')
    set -l under "__fish_seen_subcommand_from $applet"
    complete -c nwbox -f -n __fish_use_subcommand -a $applet
    for row in (nwbox --options $applet)
        set -l column (string split \t -- $row)
        set -l spec -d $column[5]
        test -n "$column[1]"; and set -a spec -s $column[1]
        test -n "$column[2]"; and set -a spec -l $column[2]
        if test -n "$column[3]"; and not string match -q '[*' -- $column[3]
            if test -n "$column[4]"
                set -a spec -x -a $column[4]
            else
                switch $column[3]
                    case '*FILE*' '*DIR*' NAME
                        set -a spec -r -F
                    case 'IFACE*'
                        set -a spec -x -a '(__nwbox_interfaces)'
                    case '*FILTER*' FIELD 'A,B,*'
                        set -a spec -x -a '(__nwbox_fields)'
                    case USER
                        set -a spec -x -a '(__fish_complete_users)'
                    case '*'
                        set -a spec -x
                end
            end
        end
        complete -c $applet $spec
        complete -c nwbox -n $under $spec
    end
end
complete -c nwfilter -f -a '(__nwbox_fields)'
complete -c nwbox -f -n '__fish_seen_subcommand_from nwfilter' -a '(__nwbox_fields)'
complete -c packetclient -f -a '(__nwbox_client)'
complete -c nwbox -f -n '__fish_seen_subcommand_from packetclient' -a '(__nwbox_client)'
