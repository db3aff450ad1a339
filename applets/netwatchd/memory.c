/* SPDX-License-Identifier: MIT */
/* Kernel rings are memory that nobody can swap out: all sessions together may take a quarter of the machine's. */
#include "front.h"
#include "capture/capture.h"

#include <sys/sysinfo.h>

enum { SHARE = 4 };

/* What the rings of a session take, one for each interface. */
static uint64_t rings_of(const struct session *s)
{
	uint64_t one = s->settings.buffer_bytes ? s->settings.buffer_bytes : capture_default_ring();
	uint64_t n = s->settings.interface_count ? s->settings.interface_count : 1;

	return one > UINT64_MAX / 16 / n ? UINT64_MAX / 16 : one * n;
}

int memory_check(const struct session *s, struct errmsg *err)
{
	const struct front *f = s->front;
	uint64_t taken = 0, own = rings_of(s), most;
	char text[3][24];
	struct sysinfo info;

	if (sysinfo(&info))
		return 0; /* no /proc is needed for it: it does not fail */
	most = (uint64_t)info.totalram * info.mem_unit / SHARE;
	for (unsigned i = 0; i < f->count; i++)
		if (f->sessions[i] != s && session_active(f->sessions[i]))
			taken += rings_of(f->sessions[i]);
	if (own <= most && taken <= most - own)
		return 0;
	return errmsg_set(err, NW_ELIMIT, "buffer: its kernel rings would take %s, those of other sessions have %s; all together may "
			  "have %s, a quarter of the memory", human_bytes(own, text[0]), human_bytes(taken, text[1]),
			  human_bytes(most, text[2]));
}
