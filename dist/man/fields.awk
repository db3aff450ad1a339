# SPDX-License-Identifier: MIT
#
# nwbox-fields(7) from the tables in the binary: nwexport --list-fields | awk -v date=... -f dist/man/fields.awk
# A line is "NAME protocol TITLE (REFERENCE)" or "NAME TYPE WHAT".
function roff(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

# A macro's argument: its own quotation marks, and words that are macros themselves.
function argument(text)
{
	gsub(/"/, "\\(dq", text)
	return "\"" text "\""
}

BEGIN {
	print ".\\\" Made from the tables of nwbox by dist/man/fields.awk."
	print ".Dd " date
	print ".Dt NWBOX-FIELDS 7"
	print ".Os"
	print ".Sh NAME"
	print ".Nm nwbox-fields"
	print ".Nd protocols and fields that nwbox decodes"
	print ".Sh DESCRIPTION"
	print "Every field here can be used in display filters"
	print ".Pq Xr nwbox-filter 7"
	print "and as a column of"
	print ".Xr nwexport 1 ."
	print "The names are Wireshark's."
	print "A protocol's own name is a field too:"
	print "whether the packet has it, or all its bytes."
	print ".Pp"
	print "The types: number is an integer, boolean is 0 or 1, time is a date,"
	print "duration is in seconds, ipv4, ipv6 and ether are addresses,"
	print "text is as found in the packet, bytes is anything else."
}
{
	name = $1
	type = $2
	what = $0
	sub(/^[^ \t]+[ \t]+[^ \t]+[ \t]*/, "", what)
}
type == "protocol" {
	if (open)
		print ".El"
	print ".Ss " argument(roff(name)) " \\(en " roff(what)
	open = 0
	next
}
{
	if (!open)
		print ".Bl -tag -width Ds -compact"
	open = 1
	print ".It " argument(roff(name)) " Pq " type
	print roff(what)
}
END {
	if (open)
		print ".El"
	print ".Sh SEE ALSO"
	print ".Xr nwexport 1 ,"
	print ".Xr nwfilter 1 ,"
	print ".Xr nwbox-filter 7"
}
