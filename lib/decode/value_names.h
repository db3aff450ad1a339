/* SPDX-License-Identifier: MIT */
/* Names of numbers that several protocols use, as Wireshark's filters take them (ip.proto == "TCP"). They are those of the
 * assigned numbers that this program meets: IANA's protocol numbers, IEEE's EtherTypes, ICMPv6 types. */
#ifndef LIB_DECODE_VALUE_NAMES_H
#define LIB_DECODE_VALUE_NAMES_H

#include "decode/protocol.h"

/* For a row of a field table; a build without labels has none of them either. */
#define NAMES_OR_NONE(table) (ENABLE_FIELD_LABELS ? (table) : NULL)

extern const struct named_values ip_proto_names, ether_type_names, icmpv6_type_names;

#endif
