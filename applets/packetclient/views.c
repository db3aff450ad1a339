/* SPDX-License-Identifier: MIT */
/* Which members of an answer people see, in which order, under which title. Keys of csv are those of JSON. */
#include "packetclient.h"

#include <string.h>

#define COLUMNS(name) static const struct row_column name[]

COLUMNS(status_columns) = {
	{ "version", "netwatchd", ROW_TEXT },
	{ "pid", "Process", ROW_NUMBER },
	{ "user", "User", ROW_TEXT },
	{ "started", "Started", ROW_MOMENT },
	{ "uptime", "Up", ROW_DURATION },
	{ "sessions.running", "Sessions running", ROW_COUNT },
	{ "sessions.stopped", "Sessions stopped", ROW_COUNT },
	{ "sessions.failed", "Sessions failed", ROW_COUNT },
	{ "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES },
	{ "dropped", "Dropped", ROW_COUNT },
	{ "disk.used", "Disk used", ROW_BYTES },
	{ "disk.limit", "Disk allowed", ROW_BYTES },
	{ "disk.free", "Disk free", ROW_BYTES },
	{ "clients", "Clients", ROW_COUNT },
	{ "subscribers", "Subscribers", ROW_COUNT },
	{ "socket", "Socket", ROW_TEXT },
	{ "state_dir", "Record", ROW_TEXT },
	{ NULL }
};

static void put_warnings(struct client *c, const struct json_value *data, struct outbuf *o)
{
	const struct json_value *one;
	struct json_iter it = { 0 };
	char text[1024];
	struct outbuf line;

	(void)c;
	while ((one = json_each(json_get(data, "warnings"), &it, NULL))) {
		outbuf_fixed(&line, text, sizeof(text));
		value_text(&line, one);
		outbuf_str(o, "Warning:  ");
		outbuf_escaped(o, text, outbuf_len(&line));
		outbuf_char(o, '\n');
	}
}
const struct view view_status = { .id = "pid", .columns = status_columns, .more = put_warnings };

COLUMNS(session_columns) = {
	{ "id", "Session", ROW_TEXT },
	{ "name", "Name", ROW_TEXT },
	{ "profile", "Profile", ROW_TEXT },
	{ "state", "State", ROW_TEXT },
	{ "reason", "Reason", ROW_TEXT },
	{ "interfaces", "Interfaces", ROW_TEXT },
	{ "netns", "Namespace", ROW_TEXT },
	{ "filter", "Filter", ROW_TEXT },
	{ "storage", "Storage", ROW_TEXT },
	{ "owner", "Owner", ROW_TEXT },
	{ "created", "Created", ROW_MOMENT },
	{ "started", "Started", ROW_MOMENT },
	{ "stopped", "Stopped", ROW_MOMENT },
	{ "duration", "Duration", ROW_DURATION },
	{ "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES },
	{ "packets_per_second", "Packets/s", ROW_PPS },
	{ "bits_per_second", "Rate", ROW_BPS },
	{ "first_packet", "First packet", ROW_MOMENT },
	{ "last_packet", "Last packet", ROW_MOMENT },
	{ "stored_bytes", "On disk", ROW_BYTES },
	{ "segments", "Segments", ROW_COUNT },
	{ "received", "Received", ROW_COUNT },
	{ "dropped", "Dropped", ROW_COUNT },
	{ "interface_dropped", "By the interface", ROW_COUNT },
	{ "disk_dropped", "For want of disk", ROW_COUNT },
	{ "lost", "Lost", ROW_COUNT },
	{ "restarts", "Restarts", ROW_COUNT },
	{ "pid", "Process", ROW_NUMBER },
	{ "limits.bytes", "At most", ROW_BYTES },
	{ "limits.age", "At most for", ROW_DURATION },
	{ "limits.free_percent", "Keeps free, %", ROW_COUNT },
	{ "limits.free_bytes", "Keeps free", ROW_BYTES },
	{ NULL }
};
const struct view view_session = { .id = "id", .columns = session_columns };

/* One that has just begun has no numbers yet. */
COLUMNS(started_columns) = {
	{ "id", "Session", ROW_TEXT },
	{ "name", "Name", ROW_TEXT },
	{ "profile", "Profile", ROW_TEXT },
	{ "state", "State", ROW_TEXT },
	{ "reason", "Reason", ROW_TEXT },
	{ "interfaces", "Interfaces", ROW_TEXT },
	{ "netns", "Namespace", ROW_TEXT },
	{ "filter", "Filter", ROW_TEXT },
	{ "storage", "Storage", ROW_TEXT },
	{ "limits", "Limits", ROW_TEXT },
	{ "pid", "Process", ROW_NUMBER },
	{ NULL }
};
const struct view view_started = { .id = "id", .columns = started_columns };

COLUMNS(sessions_columns) = {
	{ "id", "ID", ROW_TEXT },
	{ "name", "NAME", ROW_TEXT },
	{ "state", "STATE", ROW_TEXT },
	{ "interfaces", "INTERFACES", ROW_TEXT },
	{ "filter", "FILTER", ROW_TEXT },
	{ "started", "STARTED", ROW_MOMENT },
	{ "duration", "DURATION", ROW_DURATION },
	{ "packets", "PACKETS", ROW_COUNT },
	{ "bytes", "BYTES", ROW_BYTES },
	{ "bits_per_second", "RATE", ROW_BPS },
	{ "stored_bytes", "DISK", ROW_BYTES },
	{ "lost", "LOST", ROW_COUNT },
	{ NULL }
};
COLUMNS(sessions_narrow) = {
	{ "id", "ID", ROW_TEXT },
	{ "name", "NAME", ROW_TEXT },
	{ "state", "STATE", ROW_TEXT },
	{ "interfaces", "ON", ROW_TEXT },
	{ "duration", "DURATION", ROW_DURATION },
	{ "packets", "PACKETS", ROW_COUNT },
	{ "bytes", "BYTES", ROW_BYTES },
	{ "lost", "LOST", ROW_COUNT },
	{ NULL }
};
const struct view view_sessions = {
	.list = "sessions", .id = "id", .columns = sessions_columns, .narrow = sessions_narrow,
	.none = "No session yet. packetclient start --interface IFACE makes one.",
};

/* One that is over: what it was and what it has. */
COLUMNS(ended_columns) = {
	{ "id", "Session", ROW_TEXT },
	{ "name", "Name", ROW_TEXT },
	{ "state", "State", ROW_TEXT },
	{ "reason", "Reason", ROW_TEXT },
	{ "interfaces", "Interfaces", ROW_TEXT },
	{ "filter", "Filter", ROW_TEXT },
	{ "started", "Started", ROW_MOMENT },
	{ "duration", "Duration", ROW_DURATION },
	{ "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES },
	{ "stored_bytes", "On disk", ROW_BYTES },
	{ "received", "Received", ROW_COUNT },
	{ "dropped", "Dropped", ROW_COUNT },
	{ "lost", "Lost", ROW_COUNT },
	{ NULL }
};
const struct view view_ended = { .id = "id", .columns = ended_columns };

/* ---- show: settings and history too ---------------------------------------------------------------------- */

static void put_settings(const struct json_value *settings, struct outbuf *o)
{
	const struct json_value *one;
	struct json_iter it = { 0 };
	const char *name;
	char text[2048];
	struct outbuf line;

	if (!json_count(settings))
		return;
	outbuf_str(o, "\nSettings\n");
	while ((one = json_each(settings, &it, &name))) {
		outbuf_fixed(&line, text, sizeof(text));
		value_text(&line, one);
		outbuf_str(o, "  ");
		outbuf_escaped(o, name, strlen(name));
		outbuf_str(o, ":");
		for (size_t n = strlen(name); n < 18; n++)
			outbuf_char(o, ' ');
		outbuf_escaped(o, text, outbuf_len(&line));
		outbuf_char(o, '\n');
	}
}

COLUMNS(history_columns) = {
	{ "time", "TIME", ROW_MOMENT },
	{ "state", "STATE", ROW_TEXT },
	{ "reason", "REASON", ROW_TEXT },
	{ NULL }
};

static void put_show(struct client *c, const struct json_value *data, struct outbuf *o)
{
	struct rows_look look = { .header = true, .colour = c->colour, .utc = c->o.utc };
	const struct json_value *history = json_get(data, "history"), *one;
	struct json_iter it = { 0 };
	struct rows *r;

	put_settings(json_get(data, "settings"), o);
	if (!json_count(history) || rows_begin(&r, ROWS_TABLE, &look, false, o, NULL))
		return;
	outbuf_char(o, '\n');
	rows_table(r, NULL, "History", history_columns);
	while ((one = json_each(history, &it, NULL))) {
		rows_ns(r, value_ns(json_get(one, "time")));
		rows_text(r, json_string(json_get(one, "state"), NULL));
		rows_text(r, json_string(json_get(one, "reason"), NULL));
	}
	rows_close(r);
}
const struct view view_show = { .id = "id", .columns = session_columns, .more = put_show };

/* ---- the others ---------------------------------------------------------------------------------------- */

COLUMNS(health_columns) = { { "status", "Health", ROW_TEXT }, { NULL } };
COLUMNS(check_columns) = { { "name", "CHECK", ROW_TEXT }, { "status", "STATUS", ROW_TEXT },
			   { "message", "MESSAGE", ROW_TEXT }, { NULL } };

static void put_checks(struct client *c, const struct json_value *data, struct outbuf *o)
{
	struct rows_look look = { .header = true, .colour = c->colour, .utc = c->o.utc };
	const struct json_value *one;
	struct json_iter it = { 0 };
	struct rows *r;

	if (!json_count(json_get(data, "checks")) || rows_begin(&r, ROWS_TABLE, &look, false, o, NULL))
		return;
	outbuf_char(o, '\n');
	rows_table(r, NULL, NULL, check_columns);
	while ((one = json_each(json_get(data, "checks"), &it, NULL)))
		for (const struct row_column *column = check_columns; column->key; column++)
			rows_text(r, json_string(json_get(one, column->key), NULL));
	rows_close(r);
}
const struct view view_health = { .id = "status", .columns = health_columns, .more = put_checks };

COLUMNS(version_columns) = {
	{ "client", "packetclient", ROW_TEXT },
	{ "daemon.version", "netwatchd", ROW_TEXT },
	{ "daemon.profile", "Profile", ROW_TEXT },
	{ "daemon.pid", "Process", ROW_NUMBER },
	{ "daemon.protocol", "Protocol", ROW_TEXT },
	{ NULL }
};
const struct view view_version = { .id = "client", .columns = version_columns };

COLUMNS(stats_columns) = {
	{ "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES },
	{ "packets_per_second", "Packets/s", ROW_PPS },
	{ "bits_per_second", "Rate", ROW_BPS },
	{ "received", "Received", ROW_COUNT },
	{ "dropped", "Dropped", ROW_COUNT },
	{ "interface_dropped", "By the interface", ROW_COUNT },
	{ "disk_dropped", "For want of disk", ROW_COUNT },
	{ "lost", "Lost", ROW_COUNT },
	{ "stored_bytes", "On disk", ROW_BYTES },
	{ NULL }
};

/* The last minute, a character a second. */
static void put_history(struct client *c, const struct json_value *data, struct outbuf *o)
{
	static const char *const level[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	const struct json_value *history = json_get(data, "history"), *one;
	struct json_iter it = { 0 }, again = { 0 };
	double most = 0;

	(void)c;
	while ((one = json_each(history, &it, NULL)))
		if (json_real(json_get(one, "packets")) > most)
			most = json_real(json_get(one, "packets"));
	if (!json_count(history) || most <= 0)
		return;
	outbuf_str(o, "\nPackets per second, the last minute; the highest is ");
	human_count(o, (uint64_t)most);
	outbuf_str(o, "\n");
	while ((one = json_each(history, &again, NULL)))
		outbuf_str(o, level[(unsigned)(json_real(json_get(one, "packets")) * 7 / most + 0.5)]);
	outbuf_char(o, '\n');
}
const struct view view_stats = { .id = "packets", .columns = stats_columns, .more = put_history };

COLUMNS(log_columns) = {
	{ "time", "TIME", ROW_MOMENT }, { "level", "LEVEL", ROW_TEXT }, { "session", "SESSION", ROW_TEXT },
	{ "text", "TEXT", ROW_TEXT }, { NULL }
};
const struct view view_logs = { .list = "logs", .id = "text", .columns = log_columns, .none = "No log line." };

COLUMNS(event_columns) = {
	{ "time", "TIME", ROW_MOMENT }, { "event_type", "EVENT", ROW_TEXT }, { "session", "SESSION", ROW_TEXT },
	{ "data", "WHAT", ROW_TEXT }, { NULL }
};
const struct view view_events = { .list = "events", .id = "event_type", .columns = event_columns,
				  .none = "Nothing has happened." };

COLUMNS(alert_columns) = {
	{ "time", "TIME", ROW_MOMENT }, { "event_type", "EVENT", ROW_TEXT }, { "session", "SESSION", ROW_TEXT },
	{ "data.rule", "RULE", ROW_TEXT }, { "data.value", "VALUE", ROW_COUNT }, { "data.threshold", "THRESHOLD", ROW_COUNT },
	{ "data.text", "WHAT", ROW_TEXT }, { NULL }
};

static void put_active(struct client *c, const struct json_value *data, struct outbuf *o)
{
	(void)c;
	if (json_count(json_get(data, "active")))
		outbuf_printf(o, "Of them %zu still hold%s.\n", json_count(json_get(data, "active")),
			      json_count(json_get(data, "active")) == 1 ? "s" : "");
}
const struct view view_alerts = { .list = "alerts", .id = "data.rule", .columns = alert_columns, .none = "No alert.",
				  .more = put_active };

COLUMNS(loss_columns) = {
	{ "time", "TIME", ROW_MOMENT }, { "kind", "KIND", ROW_TEXT }, { "from", "FROM", ROW_MOMENT },
	{ "to", "TO", ROW_MOMENT },
	{ "packets", "PACKETS", ROW_COUNT }, { "bytes", "BYTES", ROW_BYTES }, { "note", "NOTE", ROW_TEXT }, { NULL }
};

static void put_lost(struct client *c, const struct json_value *data, struct outbuf *o)
{
	bool known;
	uint64_t n = json_u64(json_get(data, "packets"), &known);

	(void)c;
	if (!known || !json_count(json_get(data, "losses")))
		return;
	outbuf_str(o, "In all ");
	human_count(o, n);
	outbuf_str(o, " packets.\n");
}
const struct view view_losses = {
	.list = "losses", .id = "kind", .columns = loss_columns, .none = "Nothing was lost.", .more = put_lost,
};

COLUMNS(bundle_columns) = {
	{ "session", "SESSION", ROW_TEXT }, { "name", "NAME", ROW_TEXT }, { "created", "CREATED", ROW_MOMENT },
	{ "from", "FROM", ROW_MOMENT }, { "to", "TO", ROW_MOMENT }, { "packets", "PACKETS", ROW_COUNT },
	{ "bytes", "BYTES", ROW_BYTES }, { "reason", "REASON", ROW_TEXT }, { "path", "PATH", ROW_TEXT }, { NULL }
};
COLUMNS(bundle_narrow) = {
	{ "session", "SESSION", ROW_TEXT }, { "name", "NAME", ROW_TEXT }, { "packets", "PACKETS", ROW_COUNT },
	{ "bytes", "BYTES", ROW_BYTES }, { "reason", "REASON", ROW_TEXT }, { NULL }
};
const struct view view_bundles = { .list = "bundles", .id = "name", .columns = bundle_columns, .narrow = bundle_narrow,
				   .none = "No bundle." };

COLUMNS(profile_columns) = {
	{ "name", "NAME", ROW_TEXT }, { "interfaces", "INTERFACES", ROW_TEXT }, { "filter", "FILTER", ROW_TEXT },
	{ "duration", "DURATION", ROW_DURATION }, { "limits.bytes", "AT MOST", ROW_BYTES },
	{ "limits.age", "FOR", ROW_DURATION },
	{ "storage", "STORAGE", ROW_TEXT }, { NULL }
};
const struct view view_profiles = {
	.list = "profiles", .id = "name", .columns = profile_columns, .none = "No profile. They are set in netwatchd.yaml.",
};

COLUMNS(interface_columns) = {
	{ "name", "NAME", ROW_TEXT }, { "up", "UP", ROW_BOOL }, { "running", "RUNNING", ROW_BOOL },
	{ "addresses", "ADDRESSES", ROW_TEXT },
	{ "description", "DESCRIPTION", ROW_TEXT }, { NULL }
};
const struct view view_interfaces = { .list = "interfaces", .id = "name", .columns = interface_columns,
				      .none = "No interface." };

COLUMNS(frozen_columns) = { { "session", "Session", ROW_TEXT }, { "bundle", "Bundle", ROW_TEXT },
			    { "path", "Path", ROW_TEXT }, { NULL } };
const struct view view_frozen = { .id = "bundle", .columns = frozen_columns };

COLUMNS(message_columns) = { { "message", "Done", ROW_TEXT }, { NULL } };
const struct view view_message = { .columns = message_columns };

COLUMNS(exported_columns) = {
	{ "file", "File", ROW_TEXT }, { "format", "Format", ROW_TEXT }, { "session", "Session", ROW_TEXT },
	{ "bytes", "Bytes", ROW_BYTES }, { "resumed_at", "Resumed at", ROW_BYTES }, { NULL }
};
const struct view view_exported = { .id = "file", .columns = exported_columns };

COLUMNS(operation_columns) = {
	{ "type", "TYPE", ROW_TEXT }, { "method", "METHOD", ROW_TEXT }, { "path", "PATH", ROW_TEXT },
	{ "role", "ROLE", ROW_TEXT },
	{ "help", "WHAT IT DOES", ROW_TEXT }, { NULL }
};
const struct view view_operations = { .list = "operations", .id = "type", .columns = operation_columns };
