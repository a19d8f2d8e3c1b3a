/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTML as chat clients write it: a few tags around a line of text. One pass,
 * no tree; what is no tag stays text, what is never closed ends the text.
 */
#include "html.h"
#include "utf8.h"

enum { HREF_MAX = 2000, ENTITY_MAX = 10 };

struct html {
	struct buf *out;
	size_t start;      /* of our text in out */
	struct view rest;
	bool space;        /* white space is due before the next word */
	struct view href;  /* of the link we are in, raw; or empty */
	size_t link;       /* where its text begins in out */
};

/* ---- text ---- */

static void break_line(struct html *h)
{
	if (h->out->n > h->start)
		buf_addc(h->out, '\n');
	h->space = false;
}

static bool at_line_start(const struct html *h)
{
	return h->out->n == h->start || h->out->p[h->out->n - 1] == '\n';
}

static void put_word(struct html *h, uint32_t cp)
{
	if (h->space && !at_line_start(h))
		buf_addc(h->out, ' ');
	h->space = false;
	utf8_put(h->out, cp);
}

static void put_char(struct html *h, char c)
{
	if (h->space && !at_line_start(h))
		buf_addc(h->out, ' ');
	h->space = false;
	buf_addc(h->out, c);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

/* ---- entities ---- */

static const struct {
	const char *name;
	uint32_t cp;
} entities[] = {
	{ "amp", '&' },	       { "lt", '<' },	      { "gt", '>' },
	{ "quot", '"' },       { "apos", '\'' },      { "nbsp", ' ' },
	{ "copy", 0xa9 },      { "reg", 0xae },	      { "deg", 0xb0 },
	{ "laquo", 0xab },     { "raquo", 0xbb },     { "szlig", 0xdf },
	{ "auml", 0xe4 },      { "ouml", 0xf6 },      { "uuml", 0xfc },
	{ "Auml", 0xc4 },      { "Ouml", 0xd6 },      { "Uuml", 0xdc },
	{ "agrave", 0xe0 },    { "eacute", 0xe9 },    { "egrave", 0xe8 },
	{ "ndash", 0x2013 },   { "mdash", 0x2014 },   { "lsquo", 0x2018 },
	{ "rsquo", 0x2019 },   { "ldquo", 0x201c },   { "rdquo", 0x201d },
	{ "bull", 0x2022 },    { "hellip", 0x2026 },  { "euro", 0x20ac },
};

static int digit_of(char c, unsigned base)
{
	int n = -1;

	if (c >= '0' && c <= '9')
		n = c - '0';
	else if (is_letter(c))
		n = (c | 0x20) - 'a' + 10;
	return n < (int)base ? n : -1;
}

/* Of "#38" and "#x26", without the '#'. UTF8_BAD: no number. */
static uint32_t number_entity(struct view v)
{
	unsigned base = v.n && (v.p[0] | 0x20) == 'x' ? 16 : 10;
	uint32_t cp = 0;

	v = view_from(v, base == 16);
	if (view_empty(v))
		return UTF8_BAD;
	for (size_t i = 0; i < v.n; i++) {
		int n = digit_of(v.p[i], base);

		if (n < 0)
			return UTF8_BAD;
		if (cp <= 0x10ffff)
			cp = cp * base + (uint32_t)n;
	}
	if (!cp || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0xfffd;
	return cp;
}

static uint32_t named_entity(struct view v)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (view_eqs(v, entities[i].name))
			return entities[i].cp;
	return UTF8_BAD;
}

/* *v begins with '&': takes an entity off it; UTF8_BAD: there is none. */
static uint32_t entity_take(struct view *v)
{
	struct view name, rest;
	uint32_t cp;

	if (!view_cut(view_head(view_from(*v, 1), ENTITY_MAX), ';', &name,
		      &rest))
		return UTF8_BAD;
	if (name.n && name.p[0] == '#')
		cp = number_entity(view_from(name, 1));
	else
		cp = named_entity(name);
	if (cp != UTF8_BAD)
		*v = view_from(*v, name.n + 2);
	return cp;
}

/* ---- links ---- */

static bool scheme_is_shown(struct view url)
{
	static const char *const schemes[] = {
		"http:", "https:", "ftp:", "mailto:", "sip:", "sips:",
		"xmpp:", "tel:",
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (view_istarts(url, view_str(schemes[i])))
			return true;
	return false;
}

/* False: nothing that should be shown. */
static bool url_decode(struct buf *out, struct view raw)
{
	raw = view_trim(raw);
	if (raw.n > HREF_MAX)
		return false;
	while (!view_empty(raw)) {
		uint32_t cp = UTF8_BAD;

		if (raw.p[0] == '&')
			cp = entity_take(&raw);
		if (cp == UTF8_BAD) {
			cp = (unsigned char)raw.p[0];
			raw = view_from(raw, 1);
			buf_addc(out, (char)cp);
		} else {
			utf8_put(out, cp);
		}
		if (cp <= ' ' || cp == 0x7f || cp == '<' || cp == '>')
			return false;
	}
	return scheme_is_shown(buf_view(out));
}

static void link_end(struct html *h)
{
	struct view text = view_from(buf_view(h->out), h->link);
	struct view scheme, bare;
	struct buf url = { 0 };

	if (url_decode(&url, h->href)) {
		view_cut(buf_view(&url), ':', &scheme, &bare);
		text = view_trim(text);
		if (view_empty(text)) {
			put_char(h, url.p[0]);
			buf_addv(h->out, view_from(buf_view(&url), 1));
		} else if (!view_eq(text, buf_view(&url)) &&
			   !view_eq(text, bare)) {
			buf_adds(h->out, " (");
			buf_addv(h->out, buf_view(&url));
			buf_addc(h->out, ')');
		}
	}
	h->href = VIEW_NONE;
	buf_free(&url);
}

/* ---- tags ---- */

enum tag_kind { TAG_INLINE, TAG_BREAK, TAG_BLOCK, TAG_HIDDEN, TAG_LINK };

static const struct {
	const char *name;
	enum tag_kind kind;
} tags[] = {
	{ "br", TAG_BREAK },	     { "p", TAG_BLOCK },
	{ "div", TAG_BLOCK },	     { "li", TAG_BLOCK },
	{ "ul", TAG_BLOCK },	     { "ol", TAG_BLOCK },
	{ "tr", TAG_BLOCK },	     { "table", TAG_BLOCK },
	{ "blockquote", TAG_BLOCK }, { "pre", TAG_BLOCK },
	{ "hr", TAG_BLOCK },	     { "h1", TAG_BLOCK },
	{ "h2", TAG_BLOCK },	     { "h3", TAG_BLOCK },
	{ "h4", TAG_BLOCK },	     { "h5", TAG_BLOCK },
	{ "h6", TAG_BLOCK },	     { "body", TAG_BLOCK },
	{ "script", TAG_HIDDEN },    { "style", TAG_HIDDEN },
	{ "title", TAG_HIDDEN },     { "template", TAG_HIDDEN },
	{ "a", TAG_LINK },
};

static enum tag_kind tag_kind(struct view name)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (view_ieqs(name, tags[i].name))
			return tags[i].kind;
	return TAG_INLINE;
}

static struct view tag_name(struct view *v)
{
	size_t n = 0;
	struct view name;

	while (n < v->n && (is_letter(v->p[n]) ||
			    (v->p[n] >= '0' && v->p[n] <= '9')))
		n++;
	name = view_head(*v, n);
	*v = view_from(*v, n);
	return name;
}

static void skip_spaces(struct view *v)
{
	while (v->n && is_space(v->p[0]))
		*v = view_from(*v, 1);
}

static struct view attr_value(struct view *v)
{
	char quote = v->n ? v->p[0] : 0;
	struct view value;
	size_t n = 0;

	if (quote == '"' || quote == '\'') {
		view_cut(view_from(*v, 1), quote, &value, v);
		return value;
	}
	while (n < v->n && !is_space(v->p[n]) && v->p[n] != '>')
		n++;
	value = view_head(*v, n);
	*v = view_from(*v, n);
	return value;
}

/* Takes the attributes and the '>' off; the first href's value, or empty. */
static struct view attrs_take(struct view *v)
{
	struct view href = VIEW_NONE, name, value;
	size_t n;

	for (;;) {
		while (v->n && (is_space(v->p[0]) || v->p[0] == '/'))
			*v = view_from(*v, 1);
		if (view_empty(*v) || v->p[0] == '>')
			break;
		for (n = 1; n < v->n && !is_space(v->p[n]) &&
			    !view_has(VIEW("=>/"), v->p[n]); n++)
			;
		name = view_head(*v, n);
		*v = view_from(*v, n);
		skip_spaces(v);
		if (view_empty(*v) || v->p[0] != '=')
			continue;
		*v = view_from(*v, 1);
		skip_spaces(v);
		value = attr_value(v);
		if (!href.p && view_ieqs(name, "href"))
			href = value;
	}
	*v = view_from(*v, 1);
	return href;
}

/* To behind the end tag of this name, or to the end. */
static void skip_hidden(struct html *h, struct view name)
{
	struct view head, rest = h->rest;

	while (view_cut(rest, '<', &head, &rest)) {
		if (rest.n <= name.n || rest.p[0] != '/' ||
		    !view_istarts(view_from(rest, 1), name))
			continue;
		rest = view_from(rest, name.n + 1);
		if (rest.n && is_letter(rest.p[0]))
			continue;
		attrs_take(&rest);
		break;
	}
	h->rest = rest;
}

static void on_tag(struct html *h, struct view name, struct view href,
		   bool end)
{
	enum tag_kind kind = tag_kind(name);

	if (kind == TAG_BREAK || (kind == TAG_BLOCK && !at_line_start(h)))
		break_line(h);
	if (kind == TAG_HIDDEN && !end)
		skip_hidden(h, name);
	if (kind != TAG_LINK)
		return;
	if (h->href.p)
		link_end(h);
	if (!end && href.n) {
		h->href = href;
		h->link = h->out->n;
	}
}

/* "<!-- ... -->", "<!DOCTYPE ...>", "<?xml ...>" */
static void skip_markup(struct html *h)
{
	struct view head, rest = view_from(h->rest, 4);

	if (!view_starts(h->rest, VIEW("<!--"))) {
		view_cut(h->rest, '>', &head, &h->rest);
		return;
	}
	while (view_cut(rest, '>', &head, &rest))
		if (head.n >= 2 && view_eqs(view_from(head, head.n - 2), "--"))
			break;
	h->rest = rest;
}

/* rest begins with '<'; false: it is only a character. */
static bool markup_take(struct html *h)
{
	bool end = h->rest.n > 1 && h->rest.p[1] == '/';
	struct view v = view_from(h->rest, end ? 2 : 1), name, href;

	if (!end && v.n && (v.p[0] == '!' || v.p[0] == '?')) {
		skip_markup(h);
		return true;
	}
	if (view_empty(v) || !is_letter(v.p[0]))
		return false;
	name = tag_name(&v);
	href = attrs_take(&v);
	h->rest = v;
	on_tag(h, name, href, end);
	return true;
}

static void next(struct html *h)
{
	char c = h->rest.p[0];
	uint32_t cp;

	if (c == '<' && markup_take(h))
		return;
	if (c == '&') {
		cp = entity_take(&h->rest);
		if (cp == ' ')
			h->space = true;
		else if (cp != UTF8_BAD)
			put_word(h, cp);
		if (cp != UTF8_BAD)
			return;
	}
	h->rest = view_from(h->rest, 1);
	if (is_space(c))
		h->space = true;
	else
		put_char(h, c);
}

void html_text(struct buf *out, struct view html)
{
	struct html h = { .out = out, .start = out->n, .rest = html };

	while (!view_empty(h.rest))
		next(&h);
	if (h.href.p)
		link_end(&h);
	while (out->n > h.start && out->p[out->n - 1] == '\n')
		out->n--;
}
