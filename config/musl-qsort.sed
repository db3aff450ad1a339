# CVE-2026-40200 in musl's qsort (up to 1.2.6): the position of the lowest set bit is wrong when it is the first bit of
# the second word, and a zero first word is counted. Reached by arrays of millions of elements on 32-bit machines.
s/int r = ntz(p\[0\] - 1);/int r = p[0] != 1 ? ntz(p[0] - 1) : 0;/
s/(r = 8\*sizeof(size_t) + ntz(p\[1\])) != 8\*sizeof(size_t)/(p[1] \&\& (r = 8*sizeof(size_t) + ntz(p[1])))/
