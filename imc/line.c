/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands as people type them on phones, and room arguments by the rules
 * that Kamailio's users know: what has no scheme gets "sip:", what has no
 * host gets the one that the request went to, and only user and host count.
 */
#include <errno.h>

#include "line.h"
#include "sip.h"
#include "utf8.h"

static bool is_doubled(struct view text, struct view mark)
{
	return view_starts(text, mark) &&
	       view_starts(view_from(text, mark.n), mark);
}

/* A command is one line: the rest of the text is no part of it. */
static struct view first_line(struct view v)
{
	struct view rest = v;

	while (rest.n) {
		size_t n = v.n - rest.n;
		uint32_t cp = utf8_next(&rest);

		if (!cp || cp == '\n' || utf8_ends_line(cp))
			return view_head(v, n);
	}
	return v;
}

/* Phones put U+00A0 where the user typed two spaces. */
static void add_plain_spaces(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (view_starts(view_from(v, i), VIEW("\xc2\xa0"))) {
			buf_addc(b, ' ');
			i++;
		} else {
			buf_addc(b, v.p[i]);
		}
	}
}

static void trim_tail(struct buf *b)
{
	while (b->n && (b->p[b->n - 1] == ' ' || b->p[b->n - 1] == '\t'))
		b->n--;
}

bool line_is_command(struct buf *line, struct view *text, struct view mark)
{
	if (!view_starts(*text, mark))
		return false;
	if (is_doubled(*text, mark)) {
		*text = view_from(*text, mark.n);
		return false;
	}
	buf_clear(line);
	add_plain_spaces(line, first_line(view_from(*text, mark.n)));
	trim_tail(line);
	/* "#Join lobby.": two spaces make a full stop as well */
	if (line->n && line->p[line->n - 1] == '.')
		line->n--;
	trim_tail(line);
	return true;
}

static struct view without_brackets(struct view v)
{
	if (v.n >= 2 && v.p[0] == '<' && v.p[v.n - 1] == '>')
		v = view_mem(v.p + 1, v.n - 2);
	return v;
}

static bool has_scheme(struct view v)
{
	static const char *const schemes[] = { "sip:", "sips:", "im:",
					       "pres:" };

	for (size_t n = 0; n < sizeof(schemes) / sizeof(schemes[0]); n++)
		if (view_istarts(v, view_str(schemes[n])))
			return true;
	return false;
}

int place_parse(struct place *out, struct buf *bytes, struct view arg,
		struct view domain)
{
	struct sip_uri uri;
	int err;

	arg = without_brackets(arg);
	buf_clear(bytes);
	if (!has_scheme(arg))
		buf_adds(bytes, "sip:");
	buf_addv(bytes, arg);
	if (!view_has(arg, '@')) {
		buf_addc(bytes, '@');
		buf_addv(bytes, domain);
	}
	err = sip_uri_parse(&uri, buf_view(bytes));
	if (err)
		return err;
	if (view_empty(uri.user))
		return EBADMSG;
	out->name = uri.user;
	out->domain = uri.host;
	return 0;
}
