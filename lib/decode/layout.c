/* SPDX-License-Identifier: MIT */
/* Emits fields by table; see layout.h. */
#include "layout.h"
#include "summary.h"

static uint64_t load(const uint8_t *p, size_t width, bool little)
{
	uint64_t v = 0;

	for (size_t i = 0; i < width; i++)
		v = v << 8 | p[little ? width - 1 - i : i];
	return v;
}

static void walk_slot(struct walk *w, const struct slot *slot, const uint8_t *h, size_t len)
{
	size_t width = slot->width & ~(unsigned)SLOT_LE;
	uint64_t v;

	if (!walk_wants(w, slot->field) || len < slot->offset + width || (!width && len == slot->offset))
		return;
	if (w->proto->fields[slot->field].type >= FIELD_IPV4) {
		walk_bytes(w, slot->field, h + slot->offset, (uint32_t)(width ? width : len - slot->offset));
		return;
	}
	v = load(h + slot->offset, width, slot->width & SLOT_LE);
	if (slot->mask)
		v = (v & slot->mask) >> __builtin_ctz(slot->mask);
	walk_uint(w, slot->field, v);
}

void layout_walk(struct walk *w, const struct slot *slots, size_t n, const uint8_t *h, size_t len)
{
	for (const struct slot *slot = slots; slot < slots + n; slot++)
		walk_slot(w, slot, h, len);
}

void layout_walk_type(struct walk *w, const struct typed_slot *slots, size_t n, unsigned type, const uint8_t *h, size_t len)
{
	for (const struct typed_slot *t = slots; t < slots + n; t++)
		if (t->type == type)
			walk_slot(w, &t->slot, h, len);
}

void layout_name(struct outbuf *o, const struct named_values *names, uint32_t value, const char *prefix)
{
	const char *name = named_value(names, value);

	outbuf_str(o, name ? name : prefix);
	if (!name)
		outbuf_u64(o, value);
}

void layout_bits(struct outbuf *o, const struct named_values *bits, uint32_t value, const char *between)
{
	bool any = false;

	for (struct named_value bit = { 0 }; named_values_next(bits, &bit);)
		if (value & bit.value) {
			if (any)
				outbuf_str(o, between);
			outbuf_str(o, bit.name);
			any = true;
		}
	if (!any)
		outbuf_str(o, "none");
}

void layout_address(struct outbuf *o, const uint8_t *address, unsigned len)
{
	if (len == 4)
		outbuf_ipv4(o, address);
	else if (len == 16)
		outbuf_ipv6(o, address);
	else if (len == 6)
		outbuf_mac(o, address);
	else
		outbuf_hexbytes(o, address, len, 0);
}
