/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Charsets by iconv(3). Its names are ours, never the peer's: a name could
 * carry options ("//IGNORE") or load any module that is installed.
 */
#include <errno.h>
#include <iconv.h>

#include "charset.h"
#include "utf8.h"

enum { STEP = 1024, NAME_MAX_LEN = 16 };

static const struct {
	const char *name, *iconv; /* iconv NULL: as it is */
} names[] = {
	{ "utf-8", NULL },
	{ "utf8", NULL },
	{ "us-ascii", NULL },
	{ "ascii", NULL },
	{ "latin1", "ISO-8859-1" },
	{ "latin-1", "ISO-8859-1" },
	{ "utf-16", "UTF-16BE" }, /* RFC 2781 4.3: without a mark */
	{ "utf-16be", "UTF-16BE" },
	{ "utf-16le", "UTF-16LE" },
};

/* "prefixN" for N from..to, as "PREFIXN". */
static const struct {
	const char *prefix, *iconv;
	uint64_t from, to;
} series[] = {
	{ "iso-8859-", "ISO-8859-", 1, 16 },
	{ "iso8859-", "ISO-8859-", 1, 16 },
	{ "windows-", "CP", 1250, 1258 },
	{ "cp", "CP", 1250, 1258 },
};

static bool name_of_series(struct buf *out, struct view name)
{
	uint64_t n;

	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		struct view prefix = view_str(series[i].prefix);

		if (!view_istarts(name, prefix) ||
		    view_u64(&n, view_from(name, prefix.n), series[i].to) ||
		    n < series[i].from)
			continue;
		buf_adds(out, series[i].iconv);
		buf_add_u64(out, n);
		return true;
	}
	return false;
}

/* False: not taken. An empty name: no conversion. */
static bool name_of(struct buf *out, struct view name)
{
	if (view_empty(name))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!view_ieqs(name, names[i].name))
			continue;
		if (names[i].iconv)
			buf_adds(out, names[i].iconv);
		return true;
	}
	return name_of_series(out, name);
}

/* A byte order mark says more than the name. */
static const char *mark_take(const char *name, struct view *text)
{
	bool le = view_starts(*text, VIEW("\xff\xfe"));

	if (!view_starts(view_str(name), VIEW("UTF-16")) ||
	    (!le && !view_starts(*text, VIEW("\xfe\xff"))))
		return name;
	*text = view_from(*text, 2);
	return le ? "UTF-16LE" : "UTF-16BE";
}

/* One unit that means nothing. */
static void skip(struct buf *out, char **in, size_t *left, size_t unit)
{
	size_t n = *left < unit ? *left : unit;

	*in += n;
	*left -= n;
	utf8_put(out, 0xfffd);
}

static void convert(struct buf *out, iconv_t cd, struct view text,
		    size_t unit)
{
	char step[STEP];
	char *in = (char *)text.p; /* iconv(3) does not write to it */
	size_t left = text.n;

	while (left) {
		char *to = step;
		size_t room = sizeof(step), n;

		n = iconv(cd, &in, &left, &to, &room);
		buf_add(out, step, sizeof(step) - room);
		if (n == (size_t)-1 && errno != E2BIG)
			skip(out, &in, &left, unit);
	}
}

bool charset_to_utf8(struct buf *out, struct view name, struct view text)
{
	struct buf own = { 0 };
	const char *from;
	iconv_t cd;
	bool ok;

	buf_init(&own, NAME_MAX_LEN);
	ok = name_of(&own, name);
	if (!ok || !own.n) {
		if (ok)
			buf_addv(out, text);
		goto out;
	}
	from = mark_take(buf_str(&own), &text);
	cd = iconv_open("UTF-8", from);
	ok = cd != (iconv_t)-1; /* its module is not installed */
	if (ok) {
		convert(out, cd, text, from[0] == 'U' ? 2 : 1);
		iconv_close(cd);
	}
 out:
	buf_free(&own);
	return ok;
}
