#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Includes go down or stay in their folder (the levels below, lowest first); a third-party header is included only where
# it is wrapped. One line of the table is one level: a folder may include those of the levels above its line here, and
# itself; "a<b" lets a folder be used by a neighbour on its own level.
. "$(dirname "$0")/../lib.sh"

bad=$(grep -nE '^[[:space:]]*#[[:space:]]*include' $(find lib applets include -name '*.[ch]' | sort) /dev/null | awk -F: '
	BEGIN {
		n = split("base sys loop crypto | decode pcapio capture | filter edit flow ipc net term | " \
			  "api store host insight export auth | applets", word, " ")
		for (i = 1; i <= n; i++)
			if (word[i] == "|") levels++
			else level[word[i]] = levels + 0
		split("loop>base sys>base flow>decode api>store", pair, " ")
		for (i in pair) allowed[pair[i]]

		only["pcap.h"] = only["pcap/pcap.h"] = only["pcap/bpf.h"] = "^(lib/capture/|lib/filter/bpf)"
		only["zlib.h"] = "^lib/pcapio/gzip"
		only["mbedtls/"] = only["psa/"] = "^lib/(crypto/|net/tls|auth/)"
		only["yyjson.h"] = "^lib/base/json\\.c"
		only["yaml.h"] = "^lib/base/yaml\\.c"
		only["lz4.h"] = "^lib/pcapio/lz4"
		only["maxminddb.h"] = "^lib/host/"
		only["qrcodegen.h"] = "^lib/term/"
	}
	{
		file = $1
		if (!match($0, /[<"][^>"]*[>"]/))
			next
		header = substr($0, RSTART + 1, RLENGTH - 2)
		quoted = substr($0, RSTART, 1) == "\""
		split(file, part, "/")
		from = part[1] == "applets" ? "applets" : part[2]
		split(header, to_part, "/")
		to = to_part[1]

		for (third in only)
			if ((third == header || (third ~ /\/$/ && index(header, third) == 1)) && file !~ only[third])
				print file ":" $2 ": " header " is wrapped elsewhere (" only[third] ")"
		if (header ~ /\.c$/)
			print file ":" $2 ": a .c file is included"
		if (!(from in level))
			print file ": folder " from " has no level, see test/lint/includes.sh"
		if (!quoted || index(header, "/") == 0 || !(to in level) || to == from)
			next
		if (system("test -f include/" header)) # a private header is for its own folder
			print file ":" $2 ": " header " is private to lib/" to
		if (level[to] > level[from] || (level[to] == level[from] && !((from ">" to) in allowed)))
			print file ":" $2 ": " from " must not include " header
	}' | sort -u)
same "includes go down" "$bad" ""
