/* SPDX-License-Identifier: MIT */
/* The table of operations: every row whole, nothing twice, Help as JSON, what each takes and refuses. */
#include "check.h"

#include "api/operations.h"
#include "base/json.h"

#include <ctype.h>
#include <stdlib.h>

TEST(rows_are_whole)
{
	for (unsigned i = 0; i < OPERATIONS; i++) {
		const struct operation *o = &operations[i];

		if (!CHECK(o->name && o->type && o->method && o->path && o->rows && o->help && o->answer))
			return;
		CHECK(isupper((unsigned char)o->type[0]) && !strpbrk(o->type, " _-"));
		CHECK(*o->help && *o->answer && o->help[strlen(o->help) - 1] != '.');
		CHECK(o->role < ROLES);
		CHECK(!*o->method == !*o->path);
		CHECK(!*o->path || !strncmp(o->path, "/api/v1/", 8));
		/* what changes something is not asked with GET, and takes more than a viewer */
		CHECK(o->role == ROLE_VIEWER || strcmp(o->method, "GET"));
	}
}

TEST(nothing_stands_twice)
{
	for (unsigned i = 0; i < OPERATIONS; i++)
		for (unsigned j = i + 1; j < OPERATIONS; j++) {
			CHECK(strcmp(operations[i].type, operations[j].type));
			CHECK(!*operations[i].path || strcmp(operations[i].path, operations[j].path) ||
			      strcmp(operations[i].method, operations[j].method));
		}
}

/* The name in the enum and the type of the request are the same word, written two ways. */
TEST(names_are_types)
{
	for (unsigned i = 0; i < OPERATIONS; i++) {
		const char *n = operations[i].name, *t = operations[i].type;

		for (; *n; n++)
			if (*n != '_')
				CHECK_EQ(tolower((unsigned char)*n), tolower((unsigned char)*t++));
		CHECK(!*t);
	}
}

/* A parameter in a path is a parameter of the operation. */
TEST(paths_name_parameters)
{
	for (unsigned i = 0; i < OPERATIONS; i++) {
		const char *colon = strchr(operations[i].path, ':');
		bool found = !colon;
		size_t len = colon ? strcspn(colon + 1, "/") : 0;

		for (const struct shape_row *r = operations[i].rows; colon && r->type != SHAPE_TYPE_END; r++)
			found |= strlen(r->name) == len && !strncmp(r->name, colon + 1, len) && r->required;
		CHECK(found);
	}
}

TEST(rows_of_parameters_are_whole)
{
	for (unsigned i = 0; i < OPERATIONS; i++)
		for (const struct shape_row *r = operations[i].rows; r->type != SHAPE_TYPE_END; r++) {
			CHECK(r->name && *r->name && r->help && *r->help);
			CHECK(r->offset < sizeof(struct operation_params));
			CHECK(strcmp(r->name, "id") && strcmp(r->name, "type"));
		}
}

TEST(tables_of_words_are_whole)
{
	for (int i = 0; i < EVENT_KINDS; i++) {
		CHECK(event_rows[i].name && *event_rows[i].help);
		CHECK_EQ(event_kind_find(event_rows[i].name), i);
	}
	CHECK(EVENT_KINDS <= 32); /* bits of a subscription */
	CHECK_EQ(event_kind_find("nothing"), -1);
	CHECK_EQ(event_kind_find(NULL), -1);
	for (int i = 0; i < API_ERRORS; i++) {
		CHECK(api_errors[i].code && *api_errors[i].help && api_errors[i].http >= 400);
		CHECK_EQ(api_error_nw(api_errors[i].code), api_errors[i].nw_err);
	}
	CHECK_EQ(api_error_nw("of another day"), NW_EFAIL);
	for (int i = 0; i < SESSION_STATES; i++)
		CHECK(strstr(SESSION_STATE_CHOICES, session_state_names[i]));
	for (int i = 0; i < LOG_LEVELS; i++)
		CHECK(strstr(LOG_LEVEL_CHOICES, log_level_names[i]));
}

TEST(errors_of_the_library_have_a_code)
{
	CHECK_EQ(api_error_of(NW_EINPUT), API_INVALID);
	CHECK_EQ(api_error_of(NW_EPERM), API_PERMISSION);
	CHECK_EQ(api_error_of(NW_ELIMIT), API_LIMIT);
	CHECK_EQ(api_error_of(NW_ESYS), API_FAILED);
	/* a client ends with the status that the sentence deserves */
	CHECK_EQ(errmsg_exit_code(api_error_nw("permission")), 7);
	CHECK_EQ(errmsg_exit_code(api_error_nw("not_found")), 5);
	CHECK_EQ(errmsg_exit_code(api_error_nw("timeout")), 3);
	CHECK_EQ(errmsg_exit_code(api_error_nw("unavailable")), 4);
}

TEST(subscriptions_divide_events)
{
	for (int k = 0; k < EVENT_KINDS; k++) {
		CHECK(subscription_wants(SUBSCRIBE_ALL, (enum event_kind)k));
		CHECK_EQ(subscription_wants(SUBSCRIBE_LOGS, (enum event_kind)k), k == EVENT_LOG_LINE || k == EVENT_DROPPED);
		CHECK_EQ(subscription_wants(SUBSCRIBE_STATUS, (enum event_kind)k), k != EVENT_LOG_LINE);
	}
}

TEST(an_unknown_type_has_a_neighbour)
{
	const char *near = NULL;

	CHECK(operation_find("Status", NULL) == &operations[OPERATION_STATUS]);
	CHECK(!operation_find("status", NULL));
	CHECK(!operation_find("Statsu", &near));
	CHECK(near && (!strcmp(near, "Status") || !strcmp(near, "Stats")));
	CHECK(!operation_find("Whatever is this", &near));
	CHECK(!near);
}

static int take(enum operation_id id, const char *text, struct operation_params *p, struct errmsg *err)
{
	static struct json *j; /* strings of *p live in it */
	int bad;

	json_free(j);
	bad = json_parse(&j, text, strlen(text), "request", err);
	memset(p, 0, sizeof(*p));
	return bad ? bad : shape_request(operations[id].rows, json_root(j), p, err);
}

TEST(parameters_are_taken)
{
	struct operation_params p;
	struct errmsg err;

	CHECK_EQ(take(OPERATION_OPEN, "{\"session\":\"a1\",\"from\":1700000000.5,\"limit\":7,\"follow\":true}", &p, &err), 0);
	CHECK_STR(p.session, "a1");
	CHECK_EQ(p.from_ns, 1700000000500000000);
	CHECK_EQ(p.limit, 7);
	CHECK(p.follow);
	CHECK_EQ(p.to_ns, 0);
	CHECK_EQ(take(OPERATION_LIST, "{\"state\":\"running\"}", &p, &err), 0);
	CHECK(p.state_given && p.state == STATE_RUNNING);
	CHECK_EQ(take(OPERATION_LIST, "{}", &p, &err), 0);
	CHECK(!p.state_given);
	CHECK_EQ(take(OPERATION_LOGS, "{\"level\":\"error\"}", &p, &err), 0);
	CHECK_EQ(p.level, LEVEL_ERROR);
	CHECK_EQ(p.limit, 100);
	CHECK_EQ(take(OPERATION_SUBSCRIBE, "{\"events\":\"LogEvents\"}", &p, &err), 0);
	CHECK_EQ(p.events, SUBSCRIBE_LOGS);
	CHECK_EQ(take(OPERATION_FREEZE, "{\"session\":\"x\",\"before\":\"5m\",\"after\":0}", &p, &err), 0);
	CHECK(p.before_given && p.after_given);
	CHECK_EQ(p.before_ns, 300000000000);
}

TEST(wrong_parameters_are_named)
{
	struct operation_params p;
	struct errmsg err = { "" };

	CHECK_EQ(take(OPERATION_STOP, "{}", &p, &err), NW_EINPUT);
	CHECK(strstr(err.text, "session"));
	CHECK_EQ(take(OPERATION_STOP, "{\"session\":7}", &p, &err), NW_EINPUT);
	CHECK_EQ(take(OPERATION_STOP, "{\"session\":\"\"}", &p, &err), NW_EINPUT);
	CHECK_EQ(take(OPERATION_OPEN, "{\"session\":\"a\",\"limit\":-1}", &p, &err), NW_EINPUT);
	CHECK(strstr(err.text, "limit"));
	CHECK_EQ(take(OPERATION_LIST, "{\"state\":\"sleeping\"}", &p, &err), NW_EINPUT);
	CHECK_EQ(take(OPERATION_SUBSCRIBE, "{\"events\":\"all\"}", &p, &err), NW_EINPUT);
}

TEST(help_is_json_and_complete)
{
	struct json *j = NULL;
	struct jsonout w;
	struct outbuf o;
	char *text = malloc(1 << 17);
	struct errmsg err = { "" };

	if (!CHECK(text))
		return;
	outbuf_fixed(&o, text, 1 << 17);
	jsonout_begin(&w, &o);
	json_open_object(&w);
	operations_write(&w);
	json_close(&w);
	CHECK(jsonout_end(&w));
	CHECK_EQ(json_parse(&j, text, outbuf_len(&o), "help", &err), 0);
	CHECK_EQ(json_count(json_get(json_root(j), "operations")), OPERATIONS);
	CHECK_EQ(json_count(json_get(json_root(j), "events")), EVENT_KINDS);
	CHECK_EQ(json_count(json_get(json_root(j), "errors")), API_ERRORS);
	for (unsigned i = 0; i < OPERATIONS; i++) {
		const struct json_value *v = json_at(json_get(json_root(j), "operations"), i);

		CHECK_STR(json_string(json_get(v, "type"), NULL), operations[i].type);
		CHECK(json_type(json_get(v, "parameters")) == JSON_ARRAY);
	}
	/* Start takes the settings of a session, too */
	CHECK(json_count(json_get(json_at(json_get(json_root(j), "operations"), OPERATION_START), "parameters")) > 10);
	json_free(j);
	free(text);
}

TEST(ids_of_sessions)
{
	CHECK(session_id_valid("0123456789ab"));
	CHECK(!session_id_valid("0123456789a"));
	CHECK(!session_id_valid("0123456789abc"));
	CHECK(!session_id_valid("0123456789AB"));
	CHECK(!session_id_valid("../../../etc"));
	CHECK(!session_id_valid(""));
}
