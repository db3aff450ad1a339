/* SPDX-License-Identifier: MIT */
/* Names of link types: libpcap's DLT names, as tcpdump -L and -y use them.
 * Numbers and names: https://www.tcpdump.org/linktypes.html */
#include "base/frame.h"
#include "base/text.h"

#include <strings.h>

static const struct {
	uint16_t number;
	const char *name, *description;
} linktypes[] = {
	{ 0, "NULL", "BSD loopback" },
	{ 1, "EN10MB", "Ethernet" },
	{ 6, "IEEE802", "Token ring" },
	{ 7, "ARCNET", "BSD ARCNET" },
	{ 8, "SLIP", "SLIP" },
	{ 9, "PPP", "PPP" },
	{ 10, "FDDI", "FDDI" },
	{ 12, "RAW", "Raw IP" },
	{ 14, "RAW", "Raw IP" },
	{ 50, "PPP_SERIAL", "PPP over serial" },
	{ 51, "PPP_ETHER", "PPP over Ethernet" },
	{ 101, "RAW", "Raw IP" },
	{ 104, "C_HDLC", "Cisco HDLC" },
	{ 105, "IEEE802_11", "802.11" },
	{ 107, "FRELAY", "Frame Relay" },
	{ 108, "LOOP", "OpenBSD loopback" },
	{ 113, "LINUX_SLL", "Linux cooked v1" },
	{ 117, "PFLOG", "OpenBSD pflog file" },
	{ 119, "PRISM_HEADER", "802.11 plus Prism header" },
	{ 127, "IEEE802_11_RADIO", "802.11 plus radiotap header" },
	{ 129, "ARCNET_LINUX", "Linux ARCNET" },
	{ 140, "MTP2", "SS7 MTP2" },
	{ 141, "MTP3", "SS7 MTP3" },
	{ 143, "DOCSIS", "DOCSIS" },
	{ 147, "USER0", "for private use" },
	{ 163, "IEEE802_11_RADIO_AVS", "802.11 plus AVS radio information header" },
	{ 177, "LINUX_LAPD", "Linux vISDN LAPD" },
	{ 187, "BLUETOOTH_HCI_H4", "Bluetooth HCI UART transport layer" },
	{ 189, "USB_LINUX", "USB with Linux header" },
	{ 192, "PPI", "Per-packet information header" },
	{ 195, "IEEE802_15_4", "IEEE 802.15.4 with FCS" },
	{ 220, "USB_LINUX_MMAPPED", "USB with padded Linux header" },
	{ 227, "CAN_SOCKETCAN", "CAN-bus with SocketCAN headers" },
	{ 228, "IPV4", "Raw IPv4" },
	{ 229, "IPV6", "Raw IPv6" },
	{ 230, "IEEE802_15_4_NOFCS", "IEEE 802.15.4 without FCS" },
	{ 239, "NFLOG", "Linux netfilter log messages" },
	{ 249, "USBPCAP", "USB with USBPcap header" },
	{ 252, "WIRESHARK_UPPER_PDU", "Wireshark Upper PDU export" },
	{ 253, "NETLINK", "Linux netlink" },
	{ 276, "LINUX_SLL2", "Linux cooked v2" },
};

enum { LINKTYPES = sizeof(linktypes) / sizeof(*linktypes) };

const char *linktype_name(unsigned linktype)
{
	for (unsigned i = 0; i < LINKTYPES; i++)
		if (linktypes[i].number == linktype)
			return linktypes[i].name;
	return NULL;
}

const char *linktype_description(unsigned linktype)
{
	for (unsigned i = 0; i < LINKTYPES; i++)
		if (linktypes[i].number == linktype)
			return linktypes[i].description;
	return NULL;
}

int linktype_parse(const char *text)
{
	uint64_t v;

	/* "RAW" stands for the number that files hold, 101, not for the BSDs' old ones */
	for (unsigned i = LINKTYPES; i--;)
		if (!strcasecmp(linktypes[i].name, text))
			return linktypes[i].number;
	return text_parse_u64(text, &v) && v <= 0xffff ? (int)v : -1;
}
