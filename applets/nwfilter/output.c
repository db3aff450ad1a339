/* SPDX-License-Identifier: MIT */
/* One capture file being written anew: interfaces become known to it with their first packet. */
#include "nwfilter.h"

#include <stdlib.h>
#include <string.h>

static int add_interface(struct packet_file *o, const struct interface *in, const struct frame *f, struct errmsg *err)
{
	struct out_interface *grown = realloc(o->interfaces, (o->count + 1) * sizeof(*grown));
	struct interface as = *in;
	int rc;

	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", o->count + 1);
	o->interfaces = grown;
	as.linktype = f->linktype;
	if (o->bare) {
		as = (struct interface){ .linktype = f->linktype, .snaplen = in->snaplen, .tsresol = in->tsresol,
					 .tsoffset_s = in->tsoffset_s, .received = UINT64_MAX, .dropped = UINT64_MAX,
					 .ifdropped = UINT64_MAX, .delivered = UINT64_MAX };
		memcpy(as.name, in->name, sizeof(as.name));
	}
	grown[o->count] = (struct out_interface){ .ifid = f->ifid, .linktype = f->linktype };
	rc = writer_add_interface(o->writer, &as, &grown[o->count].number, err);
	if (!rc)
		o->last = o->count++;
	return rc;
}

int packet_file_add(struct packet_file *o, const struct interface *in, const struct frame *f, struct errmsg *err)
{
	const struct out_interface *i = o->count ? &o->interfaces[o->last] : NULL;

	if (!i || i->ifid != f->ifid || i->linktype != f->linktype) {
		unsigned n = 0;
		int rc;

		while (n < o->count && (o->interfaces[n].ifid != f->ifid || o->interfaces[n].linktype != f->linktype))
			n++;
		o->last = n;
		rc = n < o->count ? 0 : add_interface(o, in, f, err);
		if (rc)
			return rc;
		i = &o->interfaces[o->last];
	}
	return writer_frame(o->writer, f, i->number, NULL, err);
}

void packet_file_release(struct packet_file *o)
{
	free(o->interfaces);
	o->interfaces = NULL;
	o->count = o->last = 0;
}
