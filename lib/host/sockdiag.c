/* SPDX-License-Identifier: MIT */
/*
 * Questions and answers of sock_diag:
 *
 *   | nlmsghdr 16 | inet_diag_req_v2 56: family, protocol, extensions, -, states 4, ends 48 |
 *   | nlmsghdr 16 | inet_diag_msg 72: family, state, timer, retransmissions, ends 48, expires, queues 8, uid, inode | attributes
 *
 *   ends: source port 2, destination port 2, source 16, destination 16, interface 4, cookie 8; ports and addresses big-endian
 *
 * "Source" is the local end, but for one historic reason: in a question for a single UDP socket the two are swapped.
 */
#include "host/sockdiag.h"
#include "base/bytes.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

enum { TCP = 6, UDP = 17, CGROUP_ID = 21 /* of Linux 5.8: headers may be older */, ATTRIBUTE_MASK = 0x3fff };

_Static_assert(NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2) == SOCKDIAG_REQUEST, "the kernel's layout");

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool address_is_ipv4(const uint8_t address[16])
{
	return !memcmp(address, mapped, sizeof(mapped));
}

void address_from_ipv4(uint8_t address[16], const uint8_t ipv4[4])
{
	memcpy(address, mapped, sizeof(mapped));
	memcpy(address + sizeof(mapped), ipv4, 4);
}

bool address_is_any(const uint8_t address[16])
{
	static const uint8_t zero[16];

	return !memcmp(address, zero, 16) || (address_is_ipv4(address) && !memcmp(address + 12, zero, 4));
}

/* ---- questions ---------------------------------------------------------------------------- */

static void put_request(uint8_t message[SOCKDIAG_REQUEST], const struct inet_diag_req_v2 *r, uint16_t flags, uint32_t sequence)
{
	const struct nlmsghdr h = { .nlmsg_len = SOCKDIAG_REQUEST, .nlmsg_type = SOCK_DIAG_BY_FAMILY,
				    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags), .nlmsg_seq = sequence };

	memcpy(message, &h, sizeof(h));
	memcpy(message + NLMSG_HDRLEN, r, sizeof(*r));
}

void sockdiag_dump_request(uint8_t message[SOCKDIAG_REQUEST], uint8_t proto, bool ipv6, uint32_t states, uint32_t sequence)
{
	const struct inet_diag_req_v2 r = { .sdiag_family = ipv6 ? AF_INET6 : AF_INET, .sdiag_protocol = proto,
					    .idiag_states = states };

	put_request(message, &r, NLM_F_DUMP, sequence);
}

static void put_address(__be32 to[4], const uint8_t address[16])
{
	if (address_is_ipv4(address))
		memcpy(to, address + 12, 4);
	else
		memcpy(to, address, 16);
}

void sockdiag_find_request(uint8_t message[SOCKDIAG_REQUEST], const struct socket_ends *e, uint32_t sequence)
{
	bool ipv4 = address_is_ipv4(e->local);
	struct inet_diag_req_v2 r = { .sdiag_family = ipv4 ? AF_INET : AF_INET6, .sdiag_protocol = e->proto, .idiag_states = ~0u };
	struct inet_diag_sockid *id = &r.id;
	uint8_t local[2], remote[2];

	local[0] = (uint8_t)(e->local_port >> 8), local[1] = (uint8_t)e->local_port;
	remote[0] = (uint8_t)(e->remote_port >> 8), remote[1] = (uint8_t)e->remote_port;
	put_address(e->proto == UDP ? id->idiag_dst : id->idiag_src, e->local);
	put_address(e->proto == UDP ? id->idiag_src : id->idiag_dst, e->remote);
	memcpy(e->proto == UDP ? &id->idiag_dport : &id->idiag_sport, local, 2);
	memcpy(e->proto == UDP ? &id->idiag_sport : &id->idiag_dport, remote, 2);
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	put_request(message, &r, 0, sequence);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void take_address(uint8_t to[16], const __be32 from[4], bool ipv4)
{
	uint8_t bytes[16];

	memcpy(bytes, from, sizeof(bytes));
	if (ipv4)
		address_from_ipv4(to, bytes);
	else
		memcpy(to, bytes, 16);
}

static void take_attributes(const uint8_t *p, size_t left, struct diag_socket *s)
{
	struct nlattr a;

	while (left >= sizeof(a)) {
		size_t step;

		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > left)
			return;
		if ((a.nla_type & ATTRIBUTE_MASK) == CGROUP_ID && a.nla_len == sizeof(a) + sizeof(s->cgroup))
			memcpy(&s->cgroup, p + sizeof(a), sizeof(s->cgroup));
		step = NLA_ALIGN((size_t)a.nla_len);
		if (step > left)
			return;
		p += step;
		left -= step;
	}
}

static bool take_socket(const uint8_t *p, size_t len, uint8_t proto, struct diag_socket *s)
{
	struct inet_diag_msg m;
	uint8_t ports[4];

	if (len < sizeof(m))
		return false;
	memcpy(&m, p, sizeof(m));
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return false;
	memcpy(ports, &m.id.idiag_sport, 2);
	memcpy(ports + 2, &m.id.idiag_dport, 2);
	*s = (struct diag_socket){
		.ends = { .proto = proto, .local_port = get_be16(ports), .remote_port = get_be16(ports + 2) },
		.state = m.idiag_state, .uid = m.idiag_uid, .inode = m.idiag_inode, .ifindex = m.id.idiag_if,
	};
	take_address(s->ends.local, m.id.idiag_src, m.idiag_family == AF_INET);
	take_address(s->ends.remote, m.id.idiag_dst, m.idiag_family == AF_INET);
	take_attributes(p + sizeof(m), len - sizeof(m), s);
	return true;
}

int sockdiag_next(const uint8_t **at, size_t *left, uint8_t proto, uint32_t sequence, struct diag_socket *s, int *error)
{
	struct nlmsghdr h;

	while (*left >= NLMSG_HDRLEN) {
		const uint8_t *body = *at + NLMSG_HDRLEN;
		size_t len, step;
		int32_t code;

		memcpy(&h, *at, sizeof(h));
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > *left)
			return NW_EINPUT;
		len = h.nlmsg_len - (size_t)NLMSG_HDRLEN;
		step = NLMSG_ALIGN((size_t)h.nlmsg_len);
		step = step < *left ? step : *left;
		*at += step;
		*left -= step;
		if (h.nlmsg_seq != sequence)
			continue;
		if (h.nlmsg_type == NLMSG_DONE)
			return SOCKDIAG_DONE;
		if (h.nlmsg_type == NLMSG_ERROR) {
			if (len < sizeof(code))
				return NW_EINPUT;
			memcpy(&code, body, sizeof(code));
			*error = code < 0 && code > INT32_MIN ? -code : 0;
			return SOCKDIAG_ERROR;
		}
		if (h.nlmsg_type == SOCK_DIAG_BY_FAMILY && take_socket(body, len, proto, s))
			return SOCKDIAG_SOCKET;
	}
	return SOCKDIAG_END;
}
