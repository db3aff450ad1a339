/* SPDX-License-Identifier: MIT */
/*
 * nwexport --summary -f html: what stands around the sections, and traffic over time as a picture. One file that needs
 * nothing else: no scripts, no fonts, no requests (the policy in its head forbids them), light or dark as the reader has it.
 */
#include "summary.h"

enum { SPARK_COLUMNS = 60, LEFT = 90, TOP = 12, WIDTH = 860, HEIGHT = 180 };

/* ---- the page ------------------------------------------------------------------------------------------------ */

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--muted:#57606a;--line:#d0d7de;--bar:#0969da;--head:#f6f8fa}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--muted:#9da7b1;--line:#30363d;--bar:#58a6ff;--head:#161b22}}\n"
	"body{margin:0 auto;max-width:76em;padding:1.5em;font:16px/1.5 system-ui,sans-serif;background:var(--bg);color:var(--fg)}\n"
	"h1{font-size:1.6em;margin:0 0 .5em;overflow-wrap:anywhere}h2{font-size:1.15em;margin:2em 0 .5em}\n"
	"main{display:flex;flex-wrap:wrap;gap:0 3em}h1,section:has(svg){width:100%}section{max-width:100%}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.2em .8em;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}\n"
	"thead th{background:var(--head)}.facts th{font-weight:400;color:var(--muted)}.n{text-align:right}\n"
	".bar{display:inline-block;height:.7em;background:var(--bar)}\n"
	"svg{width:100%;height:auto}svg text{fill:var(--muted);font-size:13px}svg .grid{stroke:var(--line)}svg .area{fill:var(--bar)}\n"
	"footer{margin-top:3em;color:var(--muted);font-size:.85em}summary{cursor:pointer;color:var(--muted)}\n"
	"@media print{body{max-width:none}}\n";

static void escaped_put(struct outbuf *o, const char *text)
{
	char harmless[1024];
	struct outbuf t;

	outbuf_fixed(&t, harmless, sizeof(harmless));
	outbuf_escaped(&t, text, strlen(text));
	html_text_put(o, harmless, outbuf_len(&t));
}

void page_begin(struct outbuf *o, const char *title)
{
	outbuf_str(o, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	escaped_put(o, title ? title : "Capture");
	outbuf_str(o, " – summary</title>\n<style>\n");
	outbuf_str(o, style);
	outbuf_str(o, "</style>\n</head>\n<body>\n<main>\n<h1>");
	escaped_put(o, title ? title : "Capture");
	outbuf_str(o, "</h1>\n");
}

void page_end(struct outbuf *o)
{
	outbuf_str(o, "</main>\n<footer>Made by nwexport --summary</footer>\n</body>\n</html>\n");
}

/* ---- traffic over time ----------------------------------------------------------------------------------------- */

static double bps(const struct timeline *t, uint32_t from, uint32_t to)
{
	uint64_t bytes = 0;

	for (uint32_t i = from; i < to; i++)
		bytes += t->slice[i].bytes;
	return (double)bytes * 8e9 / ((double)(to - from) * (double)t->interval_ns);
}

static void time_put(struct outbuf *o, int64_t ts_ns, bool utc)
{
	struct timefmt f;

	timefmt_init(&f, TIMEFMT_DATE_TIME, 3, utc);
	timefmt_put(&f, o, ts_ns);
}

static void spark(const struct timeline *t, struct outbuf *o, bool utc)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	uint32_t columns = t->count < SPARK_COLUMNS ? t->count : SPARK_COLUMNS;
	double highest = 0, rate;

	for (unsigned pass = 0; pass < 2; pass++) {
		outbuf_str(o, pass ? "  " : "");
		for (uint32_t c = 0; c < columns; c++) {
			rate = bps(t, c * t->count / columns, (c + 1) * t->count / columns);
			if (!pass)
				highest = rate > highest ? rate : highest;
			else
				outbuf_str(o, blocks[rate > 0 ? 1 + (unsigned)(rate / highest * 7.5) : 0]);
		}
	}
	outbuf_str(o, "\n  ");
	time_put(o, t->base_ns, utc);
	outbuf_str(o, " to ");
	time_put(o, timeline_at(t, t->count), utc);
	outbuf_str(o, ", a column is ");
	human_duration(o, timeline_start(t, t->count) / columns);
	outbuf_str(o, ", the highest ");
	human_scaled(o, highest, "bit/s");
	outbuf_char(o, '\n');
}

static void axes(const struct timeline *t, struct outbuf *o, double highest, bool utc)
{
	for (int i = 0; i <= 2; i++) {
		double y = TOP + HEIGHT * i / 2.0;

		outbuf_printf(o, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
			      "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT, LEFT + WIDTH, y, y, LEFT - 8, y + 4);
		human_scaled(o, highest * (2 - i) / 2, "bit/s");
		outbuf_str(o, "</text>\n");
	}
	outbuf_printf(o, "<text x=\"%d\" y=\"%d\">", LEFT, TOP + HEIGHT + 20);
	time_put(o, t->base_ns, utc);
	outbuf_printf(o, "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT + WIDTH, TOP + HEIGHT + 20);
	time_put(o, timeline_at(t, t->count), utc);
	outbuf_str(o, "</text>\n");
}

/* The same numbers for who does not see pictures: a row per tenth of the time or more. */
static void fallback(const struct timeline *t, struct outbuf *o, bool utc)
{
	uint32_t rows = t->count < 24 ? t->count : 24;

	outbuf_str(o, "<details><summary>As a table</summary>\n<table>\n<thead><tr><th scope=\"col\">From</th>"
		   "<th scope=\"col\" class=\"n\">Packets</th><th scope=\"col\" class=\"n\">Bit rate</th></tr></thead>\n<tbody>\n");
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t from = i * t->count / rows, to = (i + 1) * t->count / rows;
		uint64_t packets = 0;

		for (uint32_t s = from; s < to; s++)
			packets += t->slice[s].packets;
		outbuf_str(o, "<tr><td>");
		time_put(o, timeline_at(t, from), utc);
		outbuf_str(o, "</td><td class=\"n\">");
		human_count(o, packets);
		outbuf_str(o, "</td><td class=\"n\">");
		human_scaled(o, bps(t, from, to), "bit/s");
		outbuf_str(o, "</td></tr>\n");
	}
	outbuf_str(o, "</tbody>\n</table>\n</details>\n");
}

static void chart(const struct timeline *t, struct outbuf *o, bool utc)
{
	double highest = 0, step = (double)WIDTH / t->count;

	for (uint32_t i = 0; i < t->count; i++)
		highest = bps(t, i, i + 1) > highest ? bps(t, i, i + 1) : highest;
	outbuf_printf(o, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"traffic\">\n<title id=\"traffic\">Bit rate over time, "
		      "at most ", LEFT + WIDTH + 10, TOP + HEIGHT + 30);
	human_scaled(o, highest, "bit/s");
	outbuf_str(o, "</title>\n");
	axes(t, o, highest, utc);
	outbuf_printf(o, "<path class=\"area\" d=\"M%d %d", LEFT, TOP + HEIGHT);
	for (uint32_t i = 0; i < t->count; i++)
		outbuf_printf(o, "V%.1fh%.2f", TOP + HEIGHT - (highest > 0 ? bps(t, i, i + 1) / highest * HEIGHT : 0), step);
	outbuf_printf(o, "V%dz\"/>\n</svg>\n", TOP + HEIGHT);
	fallback(t, o, utc);
}

void timeline_draw(const struct timeline *t, struct outbuf *o, bool html, bool utc)
{
	if (!t->count)
		return;
	if (html)
		chart(t, o, utc);
	else
		spark(t, o, utc);
}
