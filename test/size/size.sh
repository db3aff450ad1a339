#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test/size/size.sh BUILD_FOLDER: where the bytes of one binary are, and whether it keeps to test/size/budget.txt.
# The table comes from the linker's map: text (code and constants), data and bss for each folder of lib/, each applet
# and each library; then text and data of each protocol: its file of lib/decode and those that begin with its name and
# an underscore (dns: dns.c, dns_name.c, dns_text.c). A string that several files have counts for the first. Padding and
# headers make the small rest up to the size of the file.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${1:-build/full}
profile=${B##*/}

awk -v build="$B/obj/" '
	# " .text.name  0xADDRESS  0xSIZE  OBJECT", or the name alone with the rest on the next line
	/^Linker script and memory map/ { on = 1 }
	!on { next }
	/^ [.a-zA-Z_][^ ]*$/ { section = $1; next }
	NF >= 4 && /^ [.a-zA-Z]/ && $2 ~ /^0x/ && $3 ~ /^0x/ { add($1, $2, $3, $4); next }
	NF == 3 && /^  +0x/ && $2 ~ /^0x/ { add(section, $1, $2, $3) }

	function hex(text,   i, n) {
		n = 0
		text = tolower(text)
		for (i = 3; i <= length(text); i++)
			n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return n
	}
	function add(section, address, size, object,   owner, part, bytes) {
		bytes = hex(size)
		if (!bytes || hex(address) == 0 || section ~ /^\.(debug|comment|note\.gnu\.prop|symtab|strtab|shstrtab)/)
			return
		owner = object
		if (index(owner, build) == 1) {
			owner = substr(owner, length(build) + 1)
			split(owner, part, "/")
			owner = part[1] "/" part[2]
			sub(/\.o$/, "", owner)
			if (part[2] == "decode" && section !~ /^\.bss/) {
				sub(/[_.].*/, "", part[3])
				protocol[part[3]] += bytes
			}
		} else if (match(owner, /[^\/]*\.a\(/))
			owner = substr(owner, RSTART, RLENGTH - 1)
		else
			owner = "start files"
		seen[owner]
		if (section ~ /^(\.bss|\.tbss|COMMON)/) bss[owner] += bytes
		else if (section ~ /^\.(data|tdata|init_array|fini_array|got|dynamic)/) data[owner] += bytes
		else text[owner] += bytes
	}
	END {
		printf "%-24s %8s %8s %8s\n", "'"$profile"'", "text", "data", "bss"
		for (owner in seen) {
			printf "%-24s %8d %8d %8d\n", owner, text[owner], data[owner], bss[owner] | "sort"
			t += text[owner]; d += data[owner]; b += bss[owner]
		}
		close("sort")
		printf "%-24s %8d %8d %8d\n", "sum", t, d, b
		print "protocols, bytes:"
		for (name in protocol)
			printf "  %s %d\n", name, protocol[name] | "sort -k2,2nr -k1,1 | paste -d \" \" - - - - - - - -"
		close("sort -k2,2nr -k1,1 | paste -d \" \" - - - - - - - -")
	}' "$B/nwbox.map" || exit 1

# The cheapest of three runs: a busy machine only ever adds.
file=$(stat -c %s "$B/nwbox")
set -- $(for _ in 1 2 3; do "$B/test/size/start" 100 "$B/nwbox" --version; done | sort -n | head -n 1)
printf '%-24s %8d bytes, starts in %s us, %s KiB resident\n' file "$file" "${1:--}" "${2:--}"

awk -v profile="$profile" -v file="$file" -v start_us="${1:-}" -v rss_kib="${2:-}" '
	/^#/ || !NF || ($1 != profile && $1 != "all") { next }
	{
		got = $2 == "file" ? file : $2 == "start_us" ? start_us : rss_kib
		if (got == "" || got + 0 > $3 + 0) {
			printf "not ok size %s %s: %s, the budget is %s\n", profile, $2, got == "" ? "not measured" : got, $3
			bad = 1
		} else
			printf "ok size %s %s %d of %d%s\n", profile, $2, got, $3, ($4 != "-" && got > $4 + 0) ? ", above the aim of " $4 : ""
	}
	END { exit bad }' test/size/budget.txt
