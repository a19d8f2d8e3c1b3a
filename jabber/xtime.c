/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as text, and back. */
#include "xtime.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

struct view stanza_time(char dst[32], uint64_t time_ms)
{
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;
	int n;

	gmtime_r(&s, &tm);
	n = snprintf(dst, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ",
		     tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		     tm.tm_min, tm.tm_sec, (unsigned)(time_ms % 1000));
	return view_mem(dst, n < 32 ? (size_t)n : 31);
}

static bool number(int *out, struct view *v, size_t digits, char after)
{
	uint64_t n;

	if (v->n < digits || view_u64(&n, view_head(*v, digits), 9999))
		return false;
	*out = (int)n;
	*v = view_from(*v, digits);
	if (!after)
		return true;
	if (!v->n || v->p[0] != after)
		return false;
	*v = view_from(*v, 1);
	return true;
}

/* Minutes east of UTC. */
static bool zone(int *minutes, struct view v)
{
	int h, m, sign = v.n && v.p[0] == '-' ? -1 : 1;

	*minutes = 0;
	if (view_eqs(v, "Z"))
		return true;
	if (!v.n || (v.p[0] != '+' && v.p[0] != '-'))
		return false;
	v = view_from(v, 1);
	if (!number(&h, &v, 2, ':') || !number(&m, &v, 2, 0) || v.n ||
	    h > 14 || m > 59)
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

static bool calendar(struct tm *tm, struct view *v)
{
	if (!number(&tm->tm_year, v, 4, '-') ||
	    !number(&tm->tm_mon, v, 2, '-') ||
	    !number(&tm->tm_mday, v, 2, 'T') ||
	    !number(&tm->tm_hour, v, 2, ':') ||
	    !number(&tm->tm_min, v, 2, ':') || !number(&tm->tm_sec, v, 2, 0))
		return false;
	if (tm->tm_year < 1970 || tm->tm_mon < 1 || tm->tm_mon > 12 ||
	    tm->tm_mday < 1 || tm->tm_mday > 31 || tm->tm_hour > 23 ||
	    tm->tm_min > 59 || tm->tm_sec > 60)
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	return true;
}

static uint64_t fraction(struct view *v)
{
	uint64_t ms = 0, unit = 100;

	if (!v->n || v->p[0] != '.')
		return 0;
	for (*v = view_from(*v, 1); v->n; *v = view_from(*v, 1)) {
		if (v->p[0] < '0' || v->p[0] > '9')
			break;
		ms += (uint64_t)(v->p[0] - '0') * unit;
		unit /= 10;
	}
	return ms;
}

uint64_t stanza_time_parse(struct view v)
{
	struct tm tm = { 0 };
	uint64_t ms;
	time_t s;
	int east;

	if (!calendar(&tm, &v))
		return 0;
	ms = fraction(&v);
	if (!zone(&east, v))
		return 0;
	s = timegm(&tm) - (time_t)east * 60;
	return s > 0 ? (uint64_t)s * 1000 + ms : 0;
}
