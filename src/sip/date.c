/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of a Date header. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sip.h"

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct view sip_date(char dst[SIP_DATE_MAX], uint64_t wall_ms)
{
	/* not by strftime(): names must not follow the locale */
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	int n;

	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	n = snprintf(dst, SIP_DATE_MAX,
		     "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		     days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
		     tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return view_mem(dst, n > 0 && n < SIP_DATE_MAX ? (size_t)n : 0);
}

static bool take_number(struct view *v, size_t digits, int *out)
{
	uint64_t n;

	if (v->n < digits || view_u64(&n, view_head(*v, digits), 9999))
		return false;
	*v = view_from(*v, digits);
	*out = (int)n;
	return true;
}

static bool take_text(struct view *v, const char *text)
{
	if (!view_starts(*v, view_str(text)))
		return false;
	*v = view_from(*v, strlen(text));
	return true;
}

static bool take_name(struct view *v, const char *names, int *out)
{
	for (*out = 0; *names; names += 3, ++*out)
		if (view_starts(*v, view_mem(names, 3))) {
			*v = view_from(*v, 3);
			return true;
		}
	return false;
}

static bool in_range(const struct tm *tm)
{
	return tm->tm_mday >= 1 && tm->tm_mday <= 31 && tm->tm_hour <= 23 &&
	       tm->tm_min <= 59 && tm->tm_sec <= 60 && tm->tm_year >= 70;
}

/* RFC 3261 25.1: SIP-date is an rfc1123-date, GMT only. */
int sip_date_parse(uint64_t *wall_ms, struct view text)
{
	struct tm tm = { 0 };
	time_t t;

	if (!take_name(&text, days, &tm.tm_wday) || !take_text(&text, ", ") ||
	    !take_number(&text, 2, &tm.tm_mday) || !take_text(&text, " ") ||
	    !take_name(&text, months, &tm.tm_mon) || !take_text(&text, " ") ||
	    !take_number(&text, 4, &tm.tm_year) || !take_text(&text, " ") ||
	    !take_number(&text, 2, &tm.tm_hour) || !take_text(&text, ":") ||
	    !take_number(&text, 2, &tm.tm_min) || !take_text(&text, ":") ||
	    !take_number(&text, 2, &tm.tm_sec) || !view_eqs(text, " GMT"))
		return EBADMSG;
	tm.tm_year -= 1900;
	t = in_range(&tm) ? timegm(&tm) : -1;
	if (t < 0)
		return EBADMSG;
	*wall_ms = (uint64_t)t * 1000;
	return 0;
}
