/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tags and times. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "tags.h"

bool ircb_tag(struct view tags, const char *key, struct view *value)
{
	struct view tag, name, text;
	bool found = false;

	while (tags.n) {
		view_cut(tags, ';', &tag, &tags);
		view_cut(tag, '=', &name, &text);
		if (!view_eqs(name, key))
			continue;
		*value = text;
		found = true;
	}
	return found;
}

/* IRCv3 message-tags: \: is ';', \s a space; \r and \n would be controls. */
static char unescaped(char c)
{
	return c == ':' ? ';' : c == 's' ? ' ' : c;
}

void ircb_tag_text(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c == '\\') {
			if (++i == v.n)
				return;
			c = v.p[i];
			if (c == 'r' || c == 'n')
				continue;
			c = unescaped(c);
		}
		if ((unsigned char)c >= 0x20 && c != 0x7f)
			buf_addc(b, c);
	}
}

/* n digits off the front of *v, then sep (0: none). */
static bool number(int *out, struct view *v, size_t n, char sep)
{
	uint64_t u;
	size_t all = n + (sep != 0);

	if (v->n < all || view_u64(&u, view_head(*v, n), 9999) ||
	    (sep && v->p[n] != sep))
		return false;
	*out = (int)u;
	*v = view_from(*v, all);
	return true;
}

int ircb_time_parse(uint64_t *ms, struct view v)
{
	struct tm tm = { 0 };
	int frac = 0;
	time_t t;

	if (!number(&tm.tm_year, &v, 4, '-') ||
	    !number(&tm.tm_mon, &v, 2, '-') ||
	    !number(&tm.tm_mday, &v, 2, 'T') ||
	    !number(&tm.tm_hour, &v, 2, ':') ||
	    !number(&tm.tm_min, &v, 2, ':') || !number(&tm.tm_sec, &v, 2, 0))
		return EBADMSG;
	if (v.n && v.p[0] == '.') {
		v = view_from(v, 1);
		if (!number(&frac, &v, 3, 0))
			return EBADMSG;
	}
	if (!view_eqs(v, "Z") || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_year < 1970)
		return EBADMSG;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = timegm(&tm);
	*ms = (uint64_t)t * 1000 + (uint64_t)frac;
	return 0;
}

void ircb_time_put(struct buf *b, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (unsigned)(ms % 1000));
}
