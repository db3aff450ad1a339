/* SPDX-License-Identifier: MIT */
/*
 * Dropbox LAN sync discovery: a JSON object in broadcasts to port 17500. There is no specification; what it has of
 * fields belongs to JSON.
 *
 *	{"host_int": 9223, "version": [2, 0], "displayname": "", "port": 17500, "namespaces": [1, 2]}
 */
#include "decode/service.h"

static bool disc_detect(const struct decode *d, const struct cursor *payload)
{
	(void)d;
	return cursor_left(payload) >= 2 && *payload->pos == '{' && text_likely(payload, 64);
}

static const struct claim claims[] = { { CLAIM_UDP_PORT, 17500 }, { CLAIM_NONE, 0 } };

const struct protocol proto_db_lsp_disc = {
	.name = "db-lsp-disc",
	.column = "DB-LSP-DISC/JSON",
	.title = "Dropbox LAN Sync Discovery",
	.reference = "none",
	.application = true,
	.decode = service_silent,
	.detect = disc_detect,
	.claims = claims,
};
