/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of a Date header. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sip.h"

struct view sip_date(char dst[SIP_DATE_MAX], uint64_t wall_ms)
{
	/* not by strftime(): names must not follow the locale */
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
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
