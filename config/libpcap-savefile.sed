# Our own reader reads pcapng. libpcap's reader of files is there for the header of an empty pcap (lib/filter/bpf.c), so its
# own for pcapng (5 kB) is left out of its list of formats.
/^static pcap_t \*(\*check_headers\[\])/,/^};/s/^\tpcap_check_header,$/\tpcap_check_header/
/^static pcap_t \*(\*check_headers\[\])/,/^};/{/^\tpcap_ng_check_header$/d;}
