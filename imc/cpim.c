/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CPIM encoder. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cpim.h"

/* RFC 3862 3.1: no control may stand in a header, and the URI ends at '>'. */
static bool is_clean(struct view uri)
{
	for (size_t i = 0; i < uri.n; i++) {
		unsigned char c = (unsigned char)uri.p[i];

		if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return false;
	}
	return uri.n > 0;
}

/* RFC 3862 4.4, RFC 3339: 2010-11-13T23:29:00Z */
static void add_time(struct buf *out, uint64_t time_ms)
{
	time_t t = (time_t)(time_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	buf_addf(out, "DateTime: %04d-%02d-%02dT%02d:%02d:%02dZ\r\n",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec);
}

static void add_uri(struct buf *out, const char *name, struct view uri)
{
	buf_adds(out, name);
	buf_adds(out, ": <");
	buf_addv(out, uri);
	buf_adds(out, ">\r\n");
}

static void add_head(struct buf *out, const struct cpim *c)
{
	add_uri(out, "From", c->from);
	add_uri(out, "To", c->to);
	add_time(out, c->time_ms);
	buf_adds(out, "\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\n");
}

int cpim_add(struct buf *out, const struct cpim *c)
{
	if (!is_clean(c->from) || !is_clean(c->to))
		return EBADMSG;
	add_head(out, c);
	buf_addv(out, c->text);
	return 0;
}

size_t cpim_overhead(const struct cpim *c)
{
	struct buf head = { 0 };
	size_t n;

	add_head(&head, c);
	n = head.n;
	buf_free(&head);
	return n;
}
