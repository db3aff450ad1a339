/* SPDX-License-Identifier: MIT */
/* The configuration and its shipped example: what is in the table is in the example, with its default, and the example is
 * taken, as it is and with every setting switched on. */
#include "../../applets/netwatchd/config.h"
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

static struct complaints problems;
static struct errmsg err;

/* A configuration from text, through a file. NULL when it is refused. */
static struct config *loaded(const char *text)
{
	FILE *f = tmpfile();
	struct config *c;

	if (!CHECK(f && fwrite(text, 1, strlen(text), f) == strlen(text) && !fflush(f)))
		return NULL;
	lseek(fileno(f), 0, SEEK_SET);
	config_load_fd(fileno(f), "f", &c, &problems, &err);
	fclose(f);
	return c;
}

/* All that is wrong, each with a newline. */
static const char *refused(const char *text)
{
	static char all[16384];
	struct config *c = loaded(text);
	size_t len = 0;

	all[0] = 0;
	CHECK(!c == !!problems.count);
	for (unsigned i = 0; i < problems.kept; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s\n", problems.item[i].text);
	config_free(c);
	return all;
}

/* The example, or with each setting that is commented out switched on. Freed by the caller. */
static char *example(bool all)
{
	FILE *f = fopen("dist/netwatchd.yaml", "r");
	char *text = calloc(1, 1 << 17), line[512];

	if (!f) { /* not run from the top of the tree */
		free(text);
		return NULL;
	}
	while (fgets(line, sizeof(line), f)) {
		/* "# word" explains, "#setting" and "#  setting" wait to be switched on */
		const char *from = all && line[0] == '#' && (line[1] != ' ' || line[2] == ' ') ? line + 1 : line;

		strncat(text, from, (1 << 17) - 1 - strlen(text));
	}
	fclose(f);
	return text;
}

/* The value of a row's path, as "limits.bytes" or "sessions[].rules[].kind": of the first element that has it. */
static const struct json_value *at_path(const struct json_value *v, const char *path)
{
	char name[64];
	size_t n = strcspn(path, ".[");
	const struct json_value *member, *found = NULL;

	snprintf(name, sizeof(name), "%.*s", (int)n, path);
	member = json_get(v, name);
	path += n;
	if (!strncmp(path, "[]", 2))
		path += 2;
	if (!*path)
		return member;
	if (json_type(member) != JSON_ARRAY)
		return at_path(member, path + 1);
	for (size_t i = 0; i < json_count(member) && !found; i++)
		found = at_path(json_at(member, i), path + 1);
	return found;
}

/* As it would be written: texts as they are, numbers in decimal. */
static const char *plain(const struct json_value *v)
{
	static char text[64];

	if (json_string(v, NULL))
		return json_string(v, NULL);
	if (json_type(v) == JSON_BOOL)
		return json_bool(v) ? "true" : "false";
	snprintf(text, sizeof(text), "%llu", (unsigned long long)json_u64(v, NULL));
	return text;
}

TEST(config_defaults)
{
	struct config *c;

	CHECK_EQ(config_load(NULL, &c, &problems, &err), 0);
	if (!CHECK(c))
		return;
	CHECK_EQ(c->socket_mode, 0660);
	CHECK(c->group == (gid_t)-1);
	CHECK(!c->socket && !c->state_dir && !c->user && !c->log_file && !c->log_syslog);
	CHECK_EQ(c->log_level, LEVEL_INFO);
	CHECK_EQ(c->limits.bytes, 10ull << 30);
	CHECK_EQ(c->limits.free_percent, 10);
	CHECK_EQ(c->max_sessions, 64);
	CHECK_EQ(c->max_clients, 4096);
	CHECK_EQ(c->client_queue_bytes, 4 << 20);
	CHECK_EQ(c->orphan_ns, 600000000000);
	CHECK_EQ(c->backoff_min_ns, 1000000000);
	CHECK_EQ(c->backoff_max_ns, 60000000000);
	CHECK_EQ(c->restart_attempts, 10);
	CHECK_EQ(c->session_count, 0);
	config_free(c);
	config_free(NULL);
	CHECK_EQ(config_load("/nonexistent", &c, &problems, &err), NW_ESYS);
	CHECK_STR(err.text, "cannot open the configuration /nonexistent: No such file or directory");
}

/* The example as it is shipped is the defaults. */
TEST(config_example_as_shipped)
{
	char *text = example(false);
	struct config *c;

	if (!text)
		SKIP("dist/netwatchd.yaml is not here");
	c = loaded(text);
	if (CHECK(c)) {
		CHECK_EQ(json_type(json_root(c->doc)), JSON_NULL);
		CHECK_EQ(c->limits.bytes, 10ull << 30);
	}
	config_free(c);
	free(text);
}

/* Each row of the table is in it, with its preset. Users and groups of the example need not be on this machine. */
TEST(config_example_in_full)
{
	static char table[32768];
	char *text = example(true), *line, *rest = table;
	struct outbuf o;
	struct json *j;

	if (!text)
		SKIP("dist/netwatchd.yaml is not here");
	config_free(loaded(text));
	for (unsigned i = 0; i < problems.kept; i++)
		if (!strstr(problems.item[i].text, ": there is no user 'netwatchd'") &&
		    !strstr(problems.item[i].text, ": there is no group 'netwatchd'"))
			CHECK_STR(problems.item[i].text, "");
	CHECK_EQ(yaml_parse(&j, text, strlen(text), "example", &err), 0);
	outbuf_fixed(&o, table, sizeof(table));
	shape_table(&o, config_rows, "");
	outbuf_cstr(&o);
	CHECK(!o.cut);
	while ((line = strsep(&rest, "\n")) && *line) {
		char *path = strsep(&line, "\t"), *type = strsep(&line, "\t"), *preset = strsep(&line, "\t");
		const struct json_value *v = at_path(json_root(j), path);

		if (!strncmp(path, "profiles[].", 11)) /* of the same table as those of sessions */
			continue;
		if (!v)
			CHECK_STR("", path);
		else if (*preset && strncmp(path, "sessions[].rules", 16))
			CHECK_STR(plain(v), preset);
		CHECK(*type);
	}
	json_free(j);
	free(text);
}

TEST(config_sessions)
{
	struct config *c = loaded("profiles:\n- name: web\n  filter: port 80\n  snaplen: 96\n  limits: {bytes: 1G, age: 1d}\n"
				  "  interfaces: [eth0]\nsessions:\n- {name: xx, profile: web, limits: {age: 2d}}\n"
				  "- {name: yy, interfaces: lo, promiscuous: no, storage: memory, autostart: off}\n");
	const struct session_settings *s;

	if (!CHECK(c))
		return;
	CHECK_EQ(c->session_count, 2);
	s = &c->sessions[0];
	CHECK_STR(s->name, "xx");
	CHECK_STR(s->profile, "web");
	CHECK_STR(s->filter, "port 80");
	CHECK_EQ(s->snaplen, 96);
	CHECK_EQ(s->limits.bytes, 1 << 30);
	CHECK_EQ(s->limits.age_ns, 2 * 86400000000000);
	CHECK_STR(s->interfaces[0], "eth0");
	CHECK(!s->no_promiscuous && !s->in_memory);
	s = &c->sessions[1];
	CHECK(s->no_promiscuous && s->in_memory && s->no_autostart);
	CHECK_EQ(s->snaplen, 0);
	CHECK(config_profile(c, "web") == c->profiles && !config_profile(c, "xx"));
	config_free(c);
}

TEST(config_complaints)
{
	CHECK_STR(refused("a: [1\n"), "f:1: the list that begins here with '[' lacks a ',' or its ']'\n");
	CHECK_STR(refused("sokcet: /x\nmax_clients: 0\nstate_dir: var\nuser: \"no\\e\"\nroles: {admins: {users: [nobody-there]}}\n"
			  "restart:\n  backoff_min: 2m\n"),
		  "f:1: unknown setting 'sokcet'; did you mean socket?\n"
		  "f:2: max_clients: 0 is out of range (1 to 1000000)\n"
		  "f:3: state_dir: 'var' must be absolute, that is, begin with '/'\n"
		  "f:4: user: there is no user 'no\\x1b'\n"
		  "f:5: roles.admins.users[0]: there is no user 'nobody-there'\n"
		  "f:7: restart.backoff_min: is longer than backoff_max\n");
	CHECK_STR(refused("sessions:\n- interfaces: [lo]\n- name: cafe\n  interfaces: [lo]\n- name: xx\n- name: yy\n  profile: none\n"
			  "- name: zz\n  interfaces: [lo, a b]\n- name: zy\n  interfaces: [lo]\n- name: zy\n  interfaces: [lo]\n"
			  "- name: 'a/b'\n  interfaces: [lo]\n- name: ww\n  interfaces: [lo]\n  snaplen: x\n"),
		  "f:2: sessions[0].name: is missing; a session of the configuration is known by its name\n"
		  "f:3: sessions[1].name: 'cafe' could be the beginning of a session's id (0 to 9, a to f); put another letter into it\n"
		  "f:5: sessions[2].interfaces: is missing; name at least one, or any\n"
		  "f:7: sessions[3].profile: there is no profile 'none'\n"
		  "f:9: sessions[4].interfaces[1]: no interface can have a blank, a '/' or a control character in its name\n"
		  "f:12: sessions[6].name: there is another 'zy' before\n"
		  "f:14: sessions[7].name: may hold letters, digits, '-', '_' and '.' only\n"
		  "f:18: sessions[8].snaplen: a whole number, as in 10, is expected, not 'x'\n");
	CHECK_STR(refused("profiles:\n- name: p\n  profile: q\n- interfaces: [lo]\nsessions:\n- name: xx\n  interfaces: lo\n  rules:\n"
			  "  - kind: rate\n  - kind: loss\n    above: 5\n    below: 6\n"),
		  "f:3: profiles[0].profile: a profile has no profile itself; write its settings out\n"
		  "f:4: profiles[1].name: is missing; sessions name their profile by it\n"
		  "f:9: sessions[0].rules[0].above: is missing; a rule of kind rate needs a threshold\n");
}

TEST(config_filters)
{
	struct config *c = loaded("sessions:\n- {name: xx, interfaces: lo, filter: port 80}\n- name: yy\n  interfaces: lo\n"
				  "  filter: prot 80\n");

	if (!CHECK(c))
		return;
	config_check_filters(c, "f", &problems);
	CHECK_EQ(problems.count, 1);
	CHECK(!strncmp(problems.item[0].text, "f:5: sessions[1].filter: ", 25));
	config_free(c);
}

/* What is written of settings is read as the same. */
TEST(settings_there_and_back)
{
	char *text = example(true), *json = calloc(1, 65536);
	struct config *c;
	struct session_settings again;
	struct jsonout w;
	struct outbuf o;
	struct json *j;

	if (!text)
		SKIP("dist/netwatchd.yaml is not here");
	c = loaded(strstr(text, "\nprofiles:"));
	if (!CHECK(c && c->session_count == 2 && json))
		return;
	outbuf_fixed(&o, json, 65536);
	jsonout_begin(&w, &o);
	json_open_object(&w);
	settings_write(&w, c->sessions);
	json_close(&w);
	CHECK(jsonout_end(&w));
	CHECK_EQ(json_parse(&j, json, outbuf_len(&o), "written", &err), 0);
	CHECK_EQ(settings_read(&again, json_root(j), &err), 0);
	CHECK(settings_equal(&again, c->sessions));
	CHECK(!settings_equal(&again, &c->sessions[1]));
	CHECK_EQ(again.rule_count, 2);
	CHECK_EQ(again.rules[0].above, 800000000);
	CHECK(again.rules[1].freeze && !again.rules[0].freeze);
	json_free(j);
	config_free(c);
	free(json);
	free(text);
}

TEST(settings_rule_kinds)
{
	for (int kind = 0; kind < RULE_KINDS; kind++) {
		struct session_settings s, again;
		struct jsonout w;
		struct outbuf o;
		struct json *j;
		char text[200];

		snprintf(text, sizeof(text), "{\"rules\":[{\"kind\":\"%s\"}]}", rule_kind_names[kind]);
		CHECK_EQ(json_parse(&j, text, strlen(text), "t", &err), 0);
		CHECK_EQ(settings_read(&s, json_root(j), &err), 0);
		CHECK_EQ(s.rules[0].kind, kind);
		json_free(j);
		outbuf_fixed(&o, text, sizeof(text));
		jsonout_begin(&w, &o);
		json_open_object(&w);
		settings_write(&w, &s);
		json_close(&w);
		CHECK_EQ(json_parse(&j, text, outbuf_len(&o), "written", &err), 0);
		CHECK_EQ(settings_read(&again, json_root(j), &err), 0);
		CHECK(settings_equal(&s, &again));
		json_free(j);
	}
}
