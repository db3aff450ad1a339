/* SPDX-License-Identifier: MIT */
/* The settings of a session out of the options; --settings FILE has the rest, and what is an option overrules it. */
#include "packetclient.h"

#include "base/jsonout.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_all(const char *path, char *text, size_t size, size_t *len, struct errmsg *err)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	long n = 1;

	if (fd < 0)
		return errmsg_errno(err, "%s", path);
	*len = 0;
	while (*len < size && (n = io_read(fd, text + *len, size - *len, path, err)) > 0)
		*len += (size_t)n;
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return NW_ESYS;
	return *len == size ? errmsg_set(err, NW_EINPUT, "%s: is larger than %zu bytes; these are no settings", path,
					 size - 1) : 0;
}

static int settings_file(const char *path, struct json **j, struct errmsg *err)
{
	char *text = malloc(JSON_TEXT_MAX + 1);
	size_t len;
	int rc;

	if (!text)
		return errmsg_set(err, NW_ELIMIT, "no memory for settings");
	rc = read_all(path, text, JSON_TEXT_MAX + 1, &len, err);
	if (!rc)
		rc = yaml_parse(j, text, len, path, err);
	if (!rc && json_type(json_root(*j)) != JSON_OBJECT)
		rc = errmsg_set(err, NW_EINPUT, "%s: settings of one session are expected, as below sessions: in "
				"netwatchd.yaml", path);
	free(text);
	return rc;
}

/* Members that an option has set, blank-separated, so that the file's are left out. */
static bool given(const struct client_options *o, const char *name)
{
	const struct {
		const char *name;
		bool given;
	} all[] = {
		{ "interfaces", o->interfaces.count }, { "filter", o->filter },
		{ "name", o->name }, { "profile", o->profile },
		{ "netns", o->netns }, { "storage", o->storage }, { "direction", o->direction }, { "snaplen", o->snaplen },
		{ "promiscuous", o->no_promiscuous }, { "buffer", o->buffer }, { "duration", o->duration_ns },
		{ "packets", o->packets }, { "bytes", o->bytes }, { "segment_bytes", o->segment_bytes },
		{ "segment_time", o->segment_ns }, { "limits", o->keep_bytes || o->keep_ns || o->keep_free },
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].name, name))
			return all[i].given;
	return false;
}

/* --interface eth0,eth1 is two. */
static void add_interfaces(const struct client_options *o, struct jsonout *w)
{
	if (!o->interfaces.count)
		return;
	json_add_array(w, "interfaces");
	for (int i = 0; i < o->interfaces.count; i++)
		for (const char *p = o->interfaces.item[i], *end; *p; p = *end ? end + 1 : end) {
			end = p + strcspn(p, ",");
			if (end > p)
				json_put_string(w, p, (size_t)(end - p));
		}
	json_close(w);
}

static void add_text(struct jsonout *w, const char *name, const char *text)
{
	if (text)
		json_add_str(w, name, text);
}

static void add_number(struct jsonout *w, const char *name, uint64_t v)
{
	if (v)
		json_add_u64(w, name, v);
}

static void add_duration(struct jsonout *w, const char *name, int64_t ns)
{
	if (ns)
		json_add_ns(w, name, ns);
}

static void add_options(const struct client_options *o, const struct json_value *limits, struct jsonout *w)
{
	const struct json_value *one;
	struct json_iter it = { 0 };
	const char *name;

	add_interfaces(o, w);
	add_text(w, "filter", o->filter);
	add_text(w, "name", o->name);
	add_text(w, "profile", o->profile);
	add_text(w, "netns", o->netns);
	add_text(w, "storage", o->storage);
	add_text(w, "direction", o->direction);
	add_number(w, "snaplen", o->snaplen);
	add_number(w, "buffer", o->buffer);
	add_number(w, "packets", o->packets);
	add_number(w, "bytes", o->bytes);
	add_number(w, "segment_bytes", o->segment_bytes);
	add_duration(w, "segment_time", o->segment_ns);
	add_duration(w, "duration", o->duration_ns);
	if (o->no_promiscuous)
		json_add_bool(w, "promiscuous", false);
	if (!given(o, "limits"))
		return;
	json_add_object(w, "limits");
	add_number(w, "bytes", o->keep_bytes);
	add_duration(w, "age", o->keep_ns);
	add_number(w, "free_percent", o->keep_free);
	while ((one = json_each(limits, &it, &name)))
		if (!(o->keep_bytes && !strcmp(name, "bytes")) && !(o->keep_ns && !strcmp(name, "age")) &&
		    !(o->keep_free && !strcmp(name, "free_percent"))) {
			json_key(w, name);
			json_copy(w, one);
		}
	json_close(w);
}

int settings_add(struct client *c, struct jsonout *w, struct errmsg *err)
{
	const struct json_value *one, *file;
	struct json_iter it = { 0 };
	struct json *j = NULL;
	const char *name;
	int rc = c->o.settings ? settings_file(c->o.settings, &j, err) : 0;

	file = json_root(j);
	while (!rc && (one = json_each(file, &it, &name)))
		if (!given(&c->o, name)) {
			json_key(w, name);
			json_copy(w, one);
		}
	if (!rc)
		add_options(&c->o, json_get(file, "limits"), w);
	json_free(j);
	return rc;
}

static int check_start(const struct client_options *o, int argc, char **argv, struct errmsg *err)
{
	static const char *const names[] = { "interfaces", "filter", "profile", "netns", "storage", "direction", "snaplen",
					     "promiscuous", "buffer", "duration", "packets", "bytes", "segment_bytes",
					     "segment_time", "limits" };
	bool any = o->settings || o->name;

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		any = any || given(o, names[i]);
	if (argc && any)
		return errmsg_set(err, NW_EINPUT, "start: a session that is there (%s) has its settings; leave the options "
				  "out, or leave out %s for a new one", argv[0], argv[0]);
	if (!argc && !o->interfaces.count && !o->profile && !o->settings)
		return errmsg_set(err, NW_EINPUT, "start: on which interface? --interface IFACE says so; packetclient "
				  "interfaces lists them");
	return 0;
}

int run_start(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	struct jsonout *w;
	int rc = check_start(&c->o, argc, argv, err);

	if (!rc)
		rc = daemon_connect(c, true, err);
	if (rc)
		return rc;
	w = request_begin(c, "Start");
	if (argc)
		json_add_str(w, "session", argv[0]);
	else
		rc = settings_add(c, w, err);
	if (!rc)
		rc = request_call(c, &a, err);
	if (!rc)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	return rc;
}
