/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content types: plain text in the charsets that phones really send, CPIM
 * (RFC 3862) around plain text, and what clients send unasked (typing notices,
 * receipts), which is no text and must never reach a room.
 */
#include "content.h"
#include "utf8.h"

static const struct {
	const char *type;
	bool text;
} types[] = {
	{ "text/plain", true },
	/* RFC 3994 and RFC 5438; refused with 415, some phones stop sending
	 * their texts as well */
	{ "application/im-iscomposing+xml", false },
	{ "message/imdn+xml", false },
};

static const struct {
	const char *name;
	bool latin1;
} charsets[] = {
	{ "utf-8", false },
	{ "utf8", false },
	{ "us-ascii", false },
	{ "ascii", false },
	{ "iso-8859-1", true },
	{ "latin1", true },
};

static struct view without_line_ends(struct view v)
{
	while (v.n && (v.p[v.n - 1] == '\n' || v.p[v.n - 1] == '\r'))
		v.n--;
	return v;
}

static struct view unquoted(struct view v)
{
	v = view_trim(v);
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = view_mem(v.p + 1, v.n - 2);
	return v;
}

static void add_latin1(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		utf8_put(out, (unsigned char)v.p[i]);
}

static enum content read_plain(struct buf *out, struct view charset,
			       struct view body)
{
	const size_t count = sizeof(charsets) / sizeof(charsets[0]);
	size_t i = 0;

	charset = unquoted(charset);
	body = without_line_ends(body);
	if (view_empty(body))
		return CONTENT_NOTHING;
	while (!view_empty(charset) && i < count &&
	       !view_ieqs(charset, charsets[i].name))
		i++;
	if (i == count)
		return CONTENT_FOREIGN;
	if (charsets[i].latin1)
		add_latin1(out, body);
	else
		buf_addv(out, body);
	return CONTENT_TEXT;
}

static enum content read_simple(struct buf *out, const struct content_in *in)
{
	if (view_empty(in->type))
		return read_plain(out, in->charset, in->body);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_ieqs(in->type, types[i].type))
			return types[i].text ? read_plain(out, in->charset,
							  in->body) :
					       CONTENT_NOTHING;
	return CONTENT_FOREIGN;
}

/* Takes one line, without its end, off *v; false where no end is left. */
static bool cut_line(struct view *v, struct view *line)
{
	if (!view_cut(*v, '\n', line, v))
		return false;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* Takes a header section with its empty line off *v. */
static bool cut_head(struct view *v, struct view *head)
{
	struct view line;

	*head = view_mem(v->p, 0);
	while (cut_line(v, &line)) {
		if (!line.n)
			return true;
		head->n = (size_t)(v->p - head->p);
	}
	return false;
}

/* The value of the first header of this name, with its folded lines; or
 * empty. */
static struct view head_value(struct view head, const char *name)
{
	struct view line, key, value;

	while (cut_line(&head, &line)) {
		if (!view_cut(line, ':', &key, &value) ||
		    !view_ieqs(view_trim(key), name))
			continue;
		while (head.n && (head.p[0] == ' ' || head.p[0] == '\t')) {
			cut_line(&head, &line);
			value.n = (size_t)(line.p + line.n - value.p);
		}
		return view_trim(value);
	}
	return VIEW_NONE;
}

/* The value of a parameter in "; name=value; ...", or empty. */
static struct view param_value(struct view params, const char *name)
{
	struct view param, key, value;

	while (!view_empty(params)) {
		view_cut(params, ';', &param, &params);
		if (view_cut(param, '=', &key, &value) &&
		    view_ieqs(view_trim(key), name))
			return view_trim(value);
	}
	return VIEW_NONE;
}

static bool encoding_is_none(struct view encoding)
{
	return view_empty(encoding) || view_ieqs(encoding, "7bit") ||
	       view_ieqs(encoding, "8bit") || view_ieqs(encoding, "binary");
}

/* RFC 3862 2.1: message headers, an empty line, MIME headers, an empty line,
 * the content. */
static enum content read_cpim(struct buf *out, struct view body)
{
	struct content_in inner;
	struct view head, params;

	if (!cut_head(&body, &head) || !cut_head(&body, &head))
		return CONTENT_BROKEN;
	if (!encoding_is_none(head_value(head, "content-transfer-encoding")))
		return CONTENT_FOREIGN;
	view_cut(head_value(head, "content-type"), ';', &inner.type, &params);
	inner.type = view_trim(inner.type);
	inner.charset = param_value(params, "charset");
	inner.body = body;
	return read_simple(out, &inner);
}

enum content content_read(struct buf *out, const struct content_in *in)
{
	if (view_empty(without_line_ends(in->body)))
		return CONTENT_NOTHING;
	if (view_ieqs(in->type, "message/cpim"))
		return read_cpim(out, in->body);
	return read_simple(out, in);
}
