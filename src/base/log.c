/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log: levels, harmless lines, and where they go. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { LINE_MAX_BYTES = 4096 };

static const char *const names[] = { "error", "warning", "info", "debug",
				     "trace" };

static enum log_level threshold = LOG_INFO;
static log_h *handler;
static void *handler_arg;

void log_set_level(enum log_level level)
{
	threshold = level;
}

enum log_level log_get_level(void)
{
	return threshold;
}

bool log_on(enum log_level level)
{
	return level <= threshold;
}

void log_set_handler(log_h *h, void *arg)
{
	handler = h;
	handler_arg = arg;
}

const char *log_level_name(enum log_level level)
{
	return level <= LOG_TRACE ? names[level] : "?";
}

int log_level_parse(enum log_level *out, const char *name)
{
	for (size_t i = 0; i <= LOG_TRACE; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return EINVAL;
}

/* Control characters, and what could fake or hide part of a line (bidi
 * controls, line separators), are shown as escapes. */
static bool is_shown(uint32_t cp)
{
	if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return false;
	if (cp >= 0x200b && cp <= 0x200f)
		return false;
	return !((cp >= 0x2028 && cp <= 0x202e) ||
		 (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff);
}

static void add_harmless(struct buf *b, struct view v)
{
	while (v.n) {
		struct view before = v;
		uint32_t cp = utf8_next(&v);

		if (is_shown(cp))
			buf_add(b, before.p, before.n - v.n);
		else if (cp == UTF8_BAD)
			buf_addf(b, "\\x%02x", (uint8_t)before.p[0]);
		else if (cp < 0x100)
			buf_addf(b, "\\x%02x", (unsigned)cp);
		else
			buf_addf(b, "\\u%04x", (unsigned)cp);
	}
}

static void to_stderr(enum log_level level, const char *line)
{
	static const char prio[] = { '3', '4', '6', '7', '7' };
	char stamp[32];
	struct tm tm;
	time_t now = time(NULL);

	if (getenv("JOURNAL_STREAM")) {
		fprintf(stderr, "<%c>%s\n", prio[level], line);
		return;
	}
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(stderr, "%s %s %s\n", stamp, names[level], line);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char raw[LINE_MAX_BYTES];
	struct buf b = { .max = 4 * LINE_MAX_BYTES };
	va_list ap;
	int n;

	if (!log_on(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(raw))
		n = (int)utf8_cut(view_mem(raw, sizeof(raw) - 1),
				  sizeof(raw) - 1);
	add_harmless(&b, view_mem(raw, (size_t)n));
	if (handler)
		handler(level, buf_str(&b), handler_arg);
	else
		to_stderr(level, buf_str(&b));
	buf_free(&b);
}
