/* SPDX-License-Identifier: MIT */
/* A file or list that FTP transfers, on the connection that its control connection announced, or from the server's port 20. */
#include "decode/service.h"

static const struct claim claims[] = { { CLAIM_TCP_PORT, 20 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ftp_data = {
	.name = "ftp-data",
	.column = "FTP-DATA",
	.title = "FTP Data",
	.reference = "RFC 959",
	.application = true,
	.decode = service_silent,
	.claims = claims,
};
