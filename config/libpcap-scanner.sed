# One pattern for IPv6 addresses instead of 60, one for each place of "::". What it takes in addition (too many groups) is
# refused by getaddrinfo(), which looks at every address anyway: "bogus IPv6 address". The tables of the scanner shrink from
# 45 to 18 kB.
s/^V6\t\t(.*$/V6\t\t({V680}|{V6604}|(({W}:)*{W})?::(({W}:)*({W}|{N}\\.{N}\\.{N}\\.{N}))?)/
