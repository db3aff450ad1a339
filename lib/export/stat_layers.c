/* SPDX-License-Identifier: MIT */
/*
 * The protocol hierarchy, and nwexport --stats hierarchy: a tree of the protocols in the order of their headers, each with
 * the packets that have it there and their bytes (whole frames), as tshark -z io,phs has it.
 *
 *	frame           10  1234        A packet counts in each node from the root to its innermost layer. Of a packet quoted in an
 *	  eth           10  1234        ICMP error the network and transport headers are left out, as in Wireshark: they are
 *	    ip           9  1170        the ICMP message's.
 *	      udp        9  1170
 */
#include "stat.h"

#include <stdlib.h>

/* ---- the tree ---------------------------------------------------------------------------------------------- */

int layer_tree_init(struct layer_tree *t, struct decoder *d, struct errmsg *err)
{
	t->node = calloc(LAYER_NODES_MAX, sizeof(*t->node));
	if (!t->node)
		return errmsg_set(err, NW_ELIMIT, "no memory for a tree of protocols");
	t->node[0].proto = PROTO_frame;
	t->count = 1;
	t->folded = 0;
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		decoder_want(d, i);
	return 0;
}

void layer_tree_release(struct layer_tree *t)
{
	free(t->node);
	t->node = NULL;
}

/* The child of a node, made if need be; 0: there is no room. */
static uint16_t child_of(struct layer_tree *t, uint16_t parent, uint8_t proto)
{
	uint16_t *link = &t->node[parent].child;

	while (*link && t->node[*link].proto != proto)
		link = &t->node[*link].next;
	if (!*link && t->count < LAYER_NODES_MAX) {
		t->node[t->count] = (struct layer_node){ .proto = proto, .parent = parent };
		*link = (uint16_t)t->count++;
	}
	return *link;
}

/* Of a quoted packet what is the quoting message's. */
static bool belongs_to_quote(unsigned proto)
{
	return proto == PROTO_ip || proto == PROTO_ipv6 || proto == PROTO_tcp || proto == PROTO_udp || proto == PROTO_icmp ||
	       proto == PROTO_icmpv6;
}

/* How many nodes a layer is: none when the link is the network layer itself, one for each MPLS label. */
static unsigned nodes_of(const struct packet *p, const struct layer *l)
{
	if (l->proto == PROTO_raw && (p->frame->linktype == LINKTYPE_IPV4 || p->frame->linktype == LINKTYPE_IPV6))
		return 0;
	return l->proto == PROTO_mpls && l->hlen > 4 ? l->hlen / 4 : 1;
}

void layer_tree_packet(struct layer_tree *t, const struct packet *p)
{
	uint16_t at = 0;
	unsigned depth = 0;
	bool quoted = false;

	t->node[0].packets++;
	t->node[0].bytes += p->frame->wirelen;
	for (const struct layer *l = p->layers + 1; l < p->layers + p->nlayers; l++) {
		if (quoted && belongs_to_quote(l->proto))
			continue;
		quoted |= l->proto == PROTO_icmp || l->proto == PROTO_icmpv6;
		for (unsigned n = nodes_of(p, l); n; n--) {
			uint16_t child = child_of(t, at, l->proto);

			if (!child || ++depth == LAYER_DEPTH_MAX) {
				t->folded++;
				return;
			}
			t->node[child].packets++;
			t->node[child].bytes += p->frame->wirelen;
			at = child;
		}
	}
}

static bool comes_before(const struct layer_node *a, const struct layer_node *b)
{
	return a->packets != b->packets ? a->packets > b->packets : a->bytes > b->bytes;
}

/* Takes the children out and puts them back where they belong; few have more than a dozen. */
static void sort_children(struct layer_tree *t, uint32_t parent)
{
	uint16_t first = 0, child = t->node[parent].child;

	while (child) {
		uint16_t next = t->node[child].next, *link = &first;

		while (*link && !comes_before(&t->node[child], &t->node[*link]))
			link = &t->node[*link].next;
		t->node[child].next = *link;
		*link = child;
		child = next;
	}
	t->node[parent].child = first;
}

void layer_tree_sort(struct layer_tree *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		sort_children(t, i);
}

/* ---- --stats hierarchy ---------------------------------------------------------------------------------------- */

static const struct row_column columns[] = {
	{ "path", NULL, ROW_TEXT }, { "protocol", "Protocol", ROW_TEXT }, { "depth", NULL, ROW_NUMBER }, { "packets", "Packets", ROW_COUNT },
	{ "share", "Share", ROW_BAR }, { "bytes", "Bytes", ROW_BYTES }, { NULL }
};

struct hierarchy {
	struct rows *rows;             /* NULL: json, which is nested */
	struct layer_tree tree;
};

static int hierarchy_begin(struct export *e, struct errmsg *err)
{
	struct hierarchy *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	rc = layer_tree_init(&v->tree, e->decoder, err);
	if (!rc && strcmp(e->format->name, "json"))
		rc = rows_open(&v->rows, e, false, err);
	if (rc) {
		layer_tree_release(&v->tree);
		free(v);
		return rc;
	}
	e->state = v;
	return 0;
}

static void hierarchy_packet(struct export *e, struct packet *p)
{
	struct hierarchy *v = e->state;

	layer_tree_packet(&v->tree, p);
}

/* The next node in the order in which a tree is read; 0: that was the last. */
static uint16_t next_node(const struct layer_tree *t, uint16_t at, unsigned *depth)
{
	if (t->node[at].child) {
		(*depth)++;
		return t->node[at].child;
	}
	while (at && !t->node[at].next) {
		at = t->node[at].parent;
		(*depth)--;
	}
	return at ? t->node[at].next : 0;
}

static void path_put(const struct layer_tree *t, uint16_t at, struct outbuf *o)
{
	uint16_t up[LAYER_DEPTH_MAX + 1];
	unsigned n = 0;

	for (;; at = t->node[at].parent) {
		up[n++] = at;
		if (!at)
			break;
	}
	while (n--) {
		outbuf_str(o, protocols[t->node[up[n]].proto]->name);
		outbuf_str(o, n ? ":" : "");
	}
}

static void put_rows(struct hierarchy *v)
{
	const struct layer_tree *t = &v->tree;
	bool people = rows_style(v->rows) == ROWS_TABLE;
	unsigned depth = 0;
	uint16_t at = 0;

	rows_table(v->rows, NULL, NULL, columns);
	do {
		const struct layer_node *n = &t->node[at];
		char text[2048];
		struct outbuf o;

		outbuf_fixed(&o, text, sizeof(text));
		path_put(t, at, &o);
		rows_bytes(v->rows, text, outbuf_len(&o));
		outbuf_fixed(&o, text, sizeof(text));
		blanks_put(&o, people ? 2 * depth : 0);
		outbuf_str(&o, protocols[n->proto]->name);
		rows_bytes(v->rows, text, outbuf_len(&o));
		rows_u64(v->rows, depth);
		rows_u64(v->rows, n->packets);
		rows_real(v->rows, (double)n->packets / (double)t->node[0].packets);
		rows_u64(v->rows, n->bytes);
		at = next_node(t, at, &depth);
	} while (at);
}

/* {"protocol":"frame","packets":10,"bytes":1234,"children":[{...},...]}: as deep as packets are. */
static void put_nested(struct export *e, const struct layer_tree *t, uint16_t at)
{
	const struct layer_node *n = &t->node[at];

	outbuf_str(e->out, "{\"protocol\":\"");
	outbuf_str(e->out, protocols[n->proto]->name);
	outbuf_str(e->out, "\",\"packets\":");
	outbuf_u64(e->out, n->packets);
	outbuf_str(e->out, ",\"bytes\":");
	outbuf_u64(e->out, n->bytes);
	for (uint16_t child = n->child; child; child = t->node[child].next) {
		outbuf_str(e->out, child == n->child ? ",\"children\":[\n" : ",\n");
		put_nested(e, t, child);
	}
	outbuf_str(e->out, n->child ? "]}" : "}");
}

static void hierarchy_end(struct export *e)
{
	struct hierarchy *v = e->state;

	if (!e->abandoned) {
		layer_tree_sort(&v->tree);
		if (v->rows) {
			put_rows(v);
		} else {
			put_nested(e, &v->tree, 0);
			outbuf_char(e->out, '\n');
		}
	}
	rows_close(v->rows);
	if (v->tree.folded)
		export_say(e, "%llu packets are counted in their outer layers only: there are more than %d combinations of protocols",
			   (unsigned long long)v->tree.folded, LAYER_NODES_MAX);
	layer_tree_release(&v->tree);
	free(v);
}

const struct export_format hierarchy_formats[] = ROWS_FORMATS(hierarchy_begin, hierarchy_packet, hierarchy_end, NULL);
