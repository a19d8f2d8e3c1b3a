/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content types: text in the charsets and wrappers (CPIM of RFC 3862,
 * multipart of RFC 2046) that phones really send, and what clients send
 * unasked (typing notices, receipts), which is no text and must never reach a
 * room as one. Who a CPIM message says it is from does not count.
 */
#include <errno.h>

#include "charset.h"
#include "content.h"
#include "html.h"
#include "mime.h"

/* One body, on its way down through the wrappers. */
struct reading {
	struct buf *out;
	bool cpim;       /* inside one */
	unsigned depth;  /* of multiparts */
	unsigned *parts; /* seen so far in all */
	struct view *head; /* of the CPIM */
};

typedef enum content (read_h)(const struct reading *r,
			      const struct content_in *in);

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

static enum content text_end(struct buf *out, size_t start)
{
	struct view text = view_from(buf_view(out), start);

	out->n = start + without_line_ends(text).n;
	return out->n > start ? CONTENT_TEXT : CONTENT_NOTHING;
}

static enum content read_plain(const struct reading *r,
			       const struct content_in *in)
{
	size_t start = r->out->n;

	if (!charset_to_utf8(r->out, unquoted(in->charset), in->body))
		return CONTENT_FOREIGN;
	return text_end(r->out, start);
}

static enum content read_html(const struct reading *r,
			      const struct content_in *in)
{
	size_t start = r->out->n;
	struct buf html = { 0 };
	bool ok = charset_to_utf8(&html, unquoted(in->charset), in->body);

	if (ok)
		html_text(r->out, buf_view(&html));
	buf_free(&html);
	return ok ? text_end(r->out, start) : CONTENT_FOREIGN;
}

static enum content add_document(const struct reading *r,
				 const struct content_in *in,
				 enum content what)
{
	if (in->body.n > CONTENT_TYPING_MAX)
		return CONTENT_NOTHING;
	buf_addv(r->out, in->body);
	return what;
}

static enum content read_typing(const struct reading *r,
				const struct content_in *in)
{
	return add_document(r, in, CONTENT_TYPING);
}

static enum content read_receipt(const struct reading *r,
				 const struct content_in *in)
{
	return add_document(r, in, CONTENT_RECEIPT);
}

static read_h read_any;

/* The entity that v is: MIME headers, an empty line, a body. */
static enum content read_entity(const struct reading *r, struct view v)
{
	struct content_in in;
	struct buf body = { 0 };
	struct view head;
	enum content c = CONTENT_FOREIGN;

	if (!mime_head(&v, &head))
		return CONTENT_BROKEN;
	view_cut(mime_value(head, "content-type"), ';', &in.type, &in.params);
	in.type = view_trim(in.type);
	in.charset = mime_param(in.params, "charset");
	if (mime_decode(&body, mime_value(head, "content-transfer-encoding"),
			v)) {
		in.body = buf_view(&body);
		c = read_any(r, &in);
	}
	buf_free(&body);
	return c;
}

/* RFC 3862 2.1: message headers, an empty line, then an entity. */
static enum content read_cpim(const struct reading *r,
			      const struct content_in *in)
{
	struct reading inner = *r;
	struct view head, body = in->body;

	if (r->cpim || r->depth)
		return CONTENT_FOREIGN;
	inner.cpim = true;
	if (!mime_head(&body, &head))
		return CONTENT_BROKEN;
	*r->head = head;
	return read_entity(&inner, body);
}

/* How much a part is wanted: plain text first, then a multipart, which may
 * have some, then HTML. A file is not the user's words. */
static int part_worth(struct view part)
{
	struct view head, type, params;

	if (!mime_head(&part, &head) ||
	    view_istarts(mime_value(head, "content-disposition"),
			 VIEW("attachment")))
		return 0;
	view_cut(mime_value(head, "content-type"), ';', &type, &params);
	type = view_trim(type);
	if (view_empty(type) || view_ieqs(type, "text/plain"))
		return 3;
	if (view_istarts(type, VIEW("multipart/")))
		return 2;
	return view_ieqs(type, "text/html");
}

/* Parts are counted over all levels. */
static enum content parts_check(const struct reading *r,
				const struct mime_parts *first)
{
	struct mime_parts mp = *first;
	struct view part;
	int err;

	while (!(err = mime_parts_next(&mp, &part)))
		if (++*r->parts > CONTENT_PARTS_MAX)
			return CONTENT_BROKEN;
	return err == ENOENT ? CONTENT_TEXT : CONTENT_BROKEN;
}

/* The first part of this worth that can be read. */
static enum content read_parts(const struct reading *r,
			       struct mime_parts mp, int worth)
{
	enum content c = CONTENT_FOREIGN;
	struct view part;

	while (c == CONTENT_FOREIGN && !mime_parts_next(&mp, &part))
		if (part_worth(part) == worth)
			c = read_entity(r, part);
	return c;
}

static enum content read_multipart(const struct reading *r,
				   const struct content_in *in)
{
	struct view boundary = mime_param(in->params, "boundary");
	struct reading inner = *r;
	struct mime_parts mp;
	enum content c;

	if (++inner.depth > CONTENT_DEPTH_MAX)
		return CONTENT_FOREIGN;
	if (mime_parts_start(&mp, in->body, boundary) ||
	    parts_check(r, &mp) == CONTENT_BROKEN)
		return CONTENT_BROKEN;
	c = CONTENT_FOREIGN;
	for (int worth = 3; worth && c == CONTENT_FOREIGN; worth--)
		c = read_parts(&inner, mp, worth);
	return c;
}

static const struct {
	const char *type;
	read_h *read;
} types[] = {
	{ "text/plain", read_plain },
	{ "text/html", read_html },
	{ "message/cpim", read_cpim },
	{ "multipart/mixed", read_multipart },
	{ "multipart/alternative", read_multipart },
	{ "multipart/related", read_multipart },
	/* RFC 3994 and RFC 5438; refused with 415, some phones stop sending
	 * their texts as well */
	{ CONTENT_TYPE_TYPING, read_typing },
	{ "message/imdn+xml", read_receipt },
};

static enum content read_any(const struct reading *r,
			     const struct content_in *in)
{
	if (view_empty(in->type))
		return read_plain(r, in);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_ieqs(in->type, types[i].type))
			return types[i].read(r, in);
	return CONTENT_FOREIGN;
}

enum content content_read_cpim(struct buf *out, struct view *cpim,
			       const struct content_in *in)
{
	unsigned parts = 0;
	const struct reading r = { .out = out, .parts = &parts, .head = cpim };

	*cpim = VIEW_NONE;
	if (view_empty(without_line_ends(in->body)))
		return CONTENT_NOTHING;
	return read_any(&r, in);
}

enum content content_read(struct buf *out, const struct content_in *in)
{
	struct view cpim;

	return content_read_cpim(out, &cpim, in);
}
