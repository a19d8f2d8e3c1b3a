/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Start tags, and the text behind them. */
#include "xmltext.h"

#include <string.h>

static const struct {
	const char *name, *text;
} entities[] = {
	{ "&lt;", "<" },   { "&gt;", ">" },    { "&amp;", "&" },
	{ "&quot;", "\"" }, { "&apos;", "'" },
};

/* Behind the first of end; all of it where there is none. */
static struct view behind(struct view v, const char *end)
{
	const char *at = memmem(v.p, v.n, end, strlen(end));

	return view_from(v, at ? (size_t)(at - v.p) + strlen(end) : v.n);
}

/* Bytes up to the '>' that ends a tag. */
static size_t tag_len(struct view v)
{
	char quote = 0;
	size_t i;

	for (i = 0; i < v.n && (quote || v.p[i] != '>'); i++) {
		if (quote && v.p[i] == quote)
			quote = 0;
		else if (!quote && (v.p[i] == '"' || v.p[i] == '\''))
			quote = v.p[i];
	}
	return i;
}

/* v begins behind a '<' of which this is the rest; true: a start tag was
 * taken off, of this local name. */
static bool take_tag(struct view *v, struct view *name)
{
	struct view prefix, local;
	size_t n = 0;

	if (view_starts(*v, VIEW("!--"))) {
		*v = behind(*v, "-->");
		return false;
	}
	if (view_starts(*v, VIEW("![CDATA["))) {
		*v = behind(*v, "]]>");
		return false;
	}
	while (n < v->n && !strchr(" \t\r\n/>", v->p[n]))
		n++;
	*name = view_head(*v, n);
	if (view_cut(*name, ':', &prefix, &local))
		*name = local;
	*v = view_from(*v, tag_len(*v));
	if (view_empty(*v))
		return false; /* it does not end */
	*v = view_from(*v, 1);
	return n > 0;
}

/* *v is what follows it. */
static bool find(struct view *v, const char *local)
{
	struct view before, name;

	while (view_cut(*v, '<', &before, v))
		if (take_tag(v, &name) && view_eqs(name, local))
			return true;
	return false;
}

static size_t take_entity(struct buf *out, struct view v)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (view_starts(v, view_str(entities[i].name))) {
			buf_adds(out, entities[i].text);
			return strlen(entities[i].name);
		}
	buf_addc(out, '&');
	return 1;
}

bool xmltext_get(struct buf *out, struct view doc, const char *local)
{
	struct view text, rest;

	if (!find(&doc, local))
		return false;
	view_cut(doc, '<', &text, &rest);
	text = view_trim(text);
	while (!view_empty(text)) {
		size_t n = 1;

		if (*text.p == '&')
			n = take_entity(out, text);
		else
			buf_addc(out, *text.p);
		text = view_from(text, n);
	}
	return true;
}

bool xmltext_has(struct view doc, const char *local)
{
	return find(&doc, local);
}

void xmltext_put(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		size_t e = 0, count = sizeof(entities) / sizeof(entities[0]);

		while (e < count && *entities[e].text != v.p[i])
			e++;
		if (e < count)
			buf_adds(out, entities[e].name);
		else
			buf_addc(out, v.p[i]);
	}
}
