/* SPDX-License-Identifier: MIT */
/*
 * The client's own configuration, YAML:
 *
 *	socket: /run/netwatchd/netwatchd.sock
 *	output: table            # table, json, yaml, csv, quiet
 *	start: true              # start a daemon when none runs
 *	colour: auto             # auto, always, never
 *	utc: false
 *	timeout: 30s
 *	daemon_config: /etc/netwatchd/netwatchd.yaml   # for a daemon that is started from here
 */
#include "packetclient.h"

#include "base/shape.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_CONFIG "/etc/netwatchd/packetclient.yaml"
enum { FILE_MAX = 65536 };

struct file_words {
	const char *socket, *daemon_config;
	int output, colour;
	bool output_given, start, utc;
	int64_t timeout_ns;
};

#define W struct file_words
static const struct shape_row rows[] = {
	SHAPE_STRING("socket", W, socket, NULL, "where the daemon listens"),
	SHAPE_CHOICE("output", W, output, "table", "table json yaml csv quiet", "how answers look"),
	SHAPE_BOOL("start", W, start, "true", "start a daemon when none runs"),
	SHAPE_CHOICE("colour", W, colour, "auto", "auto always never", "colours on a terminal"),
	SHAPE_BOOL("utc", W, utc, "false", "times in UTC"),
	SHAPE_DURATION("timeout", W, timeout_ns, "30s", 1000000, 0, "how long an answer may take"),
	SHAPE_STRING("daemon_config", W, daemon_config, NULL, "configuration of a daemon that is started"),
	SHAPE_END
};
#undef W

bool config_path(const char *name, char *path, size_t size)
{
	const char *home = getenv("HOME");
	struct passwd *user;

	if (!home || *home != '/') {
		user = getpwuid(getuid());
		home = user ? user->pw_dir : NULL;
	}
	if (!home || (size_t)snprintf(path, size, "%s/.packetclient", home) >= size)
		return false;
	if (mkdir(path, 0700) && errno != EEXIST)
		return false;
	return (size_t)snprintf(path, size, "%s/.packetclient/%s", home, name) < size;
}

/* The path of ~/.packetclient/config.yaml, without making the folder. */
static bool own_path(char *path, size_t size)
{
	const char *home = getenv("HOME");

	return home && *home == '/' && (size_t)snprintf(path, size, "%s/.packetclient/config.yaml", home) < size;
}

static int read_file(struct client *c, const char *path, struct errmsg *err)
{
	char *text = malloc(FILE_MAX + 1);
	size_t len = 0;
	long n = -1;
	int fd, rc;

	if (!text)
		return errmsg_set(err, NW_ELIMIT, "no memory for a configuration");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? errmsg_errno(err, "%s", path) : 0;
	while (!rc && len <= FILE_MAX && (n = io_read(fd, text + len, FILE_MAX + 1 - len, path, err)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		close(fd);
	if (!rc && n < 0)
		rc = NW_ESYS;
	if (!rc && len > FILE_MAX)
		rc = errmsg_set(err, NW_EINPUT, "%s: is larger than %d bytes; this is no configuration of packetclient",
				path, FILE_MAX);
	if (!rc)
		rc = yaml_parse(&c->config, text, len, path, err);
	free(text);
	return rc;
}

/* All complaints at once; the last of them is the error. */
static int understand(struct client *c, const char *path, struct errmsg *err)
{
	struct complaints *wrong = calloc(1, sizeof(*wrong));
	struct file_words words = { 0 };
	int rc = 0;

	if (!wrong)
		return errmsg_set(err, NW_ELIMIT, "no memory for a configuration");
	if (c->config && json_type(json_root(c->config)) != JSON_NULL) {
		rc = shape_configuration(rows, c->config, path, &words, wrong);
		for (unsigned i = 0; i + 1 < wrong->kept; i++)
			client_say(c, 0, "%s", wrong->item[i].text);
		if (rc)
			errmsg_set(err, rc, "%s", wrong->item[wrong->kept - 1].text);
	} else {
		rc = shape_request(rows, NULL, &words, err);
	}
	free(wrong);
	if (rc)
		return rc;
	c->set = (struct client_config){ .socket = words.socket, .output = output_names[words.output],
					 .daemon_config = words.daemon_config, .start = words.start,
					 .utc = words.utc, .colour = words.colour, .timeout_ns = words.timeout_ns };
	return 0;
}

int config_read(struct client *c, struct errmsg *err)
{
	char own[4096];
	const char *path = c->o.config;
	int rc;

	if (!path && own_path(own, sizeof(own)) && !access(own, F_OK))
		path = own;
	if (!path && !access(SYSTEM_CONFIG, R_OK))
		path = SYSTEM_CONFIG;
	rc = path ? read_file(c, path, err) : 0;
	return rc ? rc : understand(c, path ? path : "", err);
}
