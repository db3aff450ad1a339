/* SPDX-License-Identifier: MIT */
#include "value_names.h"

NAMED_VALUES(ip_proto_names,
	(0, "IPv6 Hop-by-Hop Option"), (1, "ICMP"), (2, "IGMP"), (4, "IPIP"), (6, "TCP"), (8, "EGP"), (9, "IGRP"),
	(17, "UDP"), (33, "Datagram Congestion Control Protocol"), (41, "IPv6"), (43, "Routing Header for IPv6"),
	(44, "Fragment Header for IPv6"), (46, "Reservation Protocol"), (47, "Generic Routing Encapsulation"),
	(50, "Encap Security Payload"), (51, "Authentication Header"), (58, "ICMPv6"), (59, "No Next Header for IPv6"),
	(60, "Destination Options for IPv6"), (88, "EIGRP"), (89, "OSPF IGP"), (94, "IP in IP"), (97, "Ether in IP"),
	(103, "PIM"), (108, "IPComp"), (112, "VRRP"), (113, "PGM"), (115, "Layer 2 Tunneling"), (124, "ISIS over IP"),
	(132, "SCTP"), (135, "Mobile IPv6"), (136, "UDPLite"), (137, "MPLS in IP"), (139, "HIP"), (140, "Shim6 header"),
	(143, "Ethernet")
);

NAMED_VALUES(ether_type_names,
	(0x0800, "IPv4"), (0x0806, "ARP"), (0x0842, "Wake on LAN"), (0x22f4, "Intermediate System to Intermediate System"),
	(0x6558, "Transparent Ethernet bridging"), (0x8035, "RARP"), (0x809b, "AppleTalk LLAP bridging"), (0x80f3, "AARP"),
	(0x8100, "802.1Q Virtual LAN"), (0x8137, "Netware IPX/SPX"), (0x86dd, "IPv6"), (0x8808, "MAC Control"),
	(0x8809, "Slow Protocols"), (0x8847, "MPLS label switched packet"), (0x8848, "MPLS multicast label switched packet"),
	(0x8863, "PPPoE Discovery"), (0x8864, "PPPoE Session"), (0x872d, "Cisco Wireless Lan Context Control Protocol"),
	(0x888e, "802.1X Authentication"), (0x8892, "PROFINET"), (0x88a2, "ATA over Ethernet"), (0x88a4, "EtherCAT frame"),
	(0x88a8, "802.1ad Provider Bridge (Q-in-Q)"), (0x88ca, "Transparent Inter Process Communication"),
	(0x88cc, "802.1 Link Layer Discovery Protocol (LLDP)"), (0x88e5, "802.1AE (MACsec)"),
	(0x88e7, "802.1ah Provider Backbone Bridge (mac-in-mac)"), (0x88f7, "PTPv2 over Ethernet (IEEE1588)"),
	(0x8902, "IEEE 802.1ag Connectivity Fault Management (CFM) protocol"), (0x8906, "Fibre Channel over Ethernet"),
	(0x894f, "Network Service Header"), (0x9000, "Loopback"), (0x9100, "QinQ: old non-standard 802.1ad")
);

NAMED_VALUES(icmpv6_type_names,
	(1, "Destination Unreachable"), (2, "Packet Too Big"), (3, "Time Exceeded"), (4, "Parameter Problem"),
	(128, "Echo (ping) request"), (129, "Echo (ping) reply"), (130, "Multicast Listener Query"),
	(131, "Multicast Listener Report"), (132, "Multicast Listener Done"), (133, "Router Solicitation"),
	(134, "Router Advertisement"), (135, "Neighbor Solicitation"), (136, "Neighbor Advertisement"), (137, "Redirect"),
	(138, "Router Renumbering"), (139, "Node Information Query"), (140, "Node Information Reply"),
	(141, "Inverse Neighbor Discovery Solicitation"), (142, "Inverse Neighbor Discovery Advertisement"),
	(143, "Multicast Listener Report Message v2"), (144, "Home Agent Address Discovery Request"),
	(145, "Home Agent Address Discovery Reply"), (146, "Mobile Prefix Solicitation"),
	(147, "Mobile Prefix Advertisement"), (148, "Certification Path Solicitation"),
	(149, "Certification Path Advertisement"), (151, "Multicast Router Advertisement"),
	(152, "Multicast Router Solicitation"), (153, "Multicast Router Termination"), (155, "RPL Control"),
	(157, "Duplicate Address Request"), (158, "Duplicate Address Confirmation"), (160, "Extended Echo request"),
	(161, "Extended Echo reply")
);
