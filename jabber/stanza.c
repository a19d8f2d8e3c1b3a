/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stanzas: small helpers over libstrophe's tree. */
#include "stanza.h"

#include <string.h>

#include "utf8.h"
#include "xml.h"

enum { ERROR_TEXT_MAX = 200 };

void out_attr(xmpp_stanza_t *s, const char *key, struct view value)
{
	struct buf b = { 0 };

	xml_clean(&b, value);
	xmpp_stanza_set_attribute(s, key, buf_str(&b));
	buf_free(&b);
}

xmpp_stanza_t *out_stanza(xmpp_ctx_t *ctx, const char *name, const char *type,
			  struct view to, struct view id)
{
	xmpp_stanza_t *s = xmpp_stanza_new(ctx);

	xmpp_stanza_set_name(s, name);
	if (type)
		xmpp_stanza_set_type(s, type);
	if (to.n)
		out_attr(s, "to", to);
	if (id.n)
		out_attr(s, "id", id);
	return s;
}

xmpp_stanza_t *out_child(xmpp_stanza_t *parent, const char *name,
			 const char *ns)
{
	xmpp_stanza_t *s = xmpp_stanza_new(xmpp_stanza_get_context(parent));

	xmpp_stanza_set_name(s, name);
	if (ns)
		xmpp_stanza_set_ns(s, ns);
	xmpp_stanza_add_child_ex(parent, s, 0);
	return s;
}

void out_text(xmpp_stanza_t *s, struct view text)
{
	xmpp_stanza_t *t = xmpp_stanza_new(xmpp_stanza_get_context(s));
	struct buf b = { 0 };

	xml_clean(&b, text);
	xmpp_stanza_set_text(t, buf_str(&b));
	xmpp_stanza_add_child_ex(s, t, 0);
	buf_free(&b);
}

xmpp_stanza_t *out_error(xmpp_stanza_t *in, const char *type,
			 const char *condition, struct view text)
{
	xmpp_stanza_t *s = out_stanza(xmpp_stanza_get_context(in),
				      xmpp_stanza_get_name(in), "error",
				      in_attr(in, "from"), in_attr(in, "id"));
	xmpp_stanza_t *e = out_child(s, "error", NULL);

	xmpp_stanza_set_type(e, type);
	out_child(e, condition, XMPP_NS_STANZAS_IETF);
	if (text.n)
		out_text(out_child(e, "text", XMPP_NS_STANZAS_IETF), text);
	return s;
}

struct view in_attr(xmpp_stanza_t *s, const char *key)
{
	return view_str(xmpp_stanza_get_attribute(s, key));
}

xmpp_stanza_t *in_child(xmpp_stanza_t *s, const char *name, const char *ns)
{
	if (!s)
		return NULL;
	if (ns)
		return xmpp_stanza_get_child_by_name_and_ns(s, name, ns);
	return xmpp_stanza_get_child_by_name(s, name);
}

void in_text(struct buf *b, xmpp_stanza_t *s, size_t max)
{
	char *text = s ? xmpp_stanza_get_text(s) : NULL;
	struct view v = view_str(text);

	buf_addv(b, view_head(v, utf8_cut(v, max)));
	if (text)
		xmpp_free(xmpp_stanza_get_context(s), text);
}

void in_error(struct in_error *out, xmpp_stanza_t *s)
{
	xmpp_stanza_t *e = in_child(s, "error", NULL), *c;

	out->type = out->condition = VIEW_NONE;
	if (!e)
		return;
	out->type = in_attr(e, "type");
	for (c = xmpp_stanza_get_children(e); c; c = xmpp_stanza_get_next(c)) {
		if (!xmpp_stanza_is_tag(c))
			continue;
		if (!view_eqs(in_attr(c, "xmlns"), XMPP_NS_STANZAS_IETF))
			continue;
		if (strcmp(xmpp_stanza_get_name(c), "text"))
			out->condition = view_str(xmpp_stanza_get_name(c));
	}
}

void in_error_text(struct buf *b, xmpp_stanza_t *s)
{
	xmpp_stanza_t *e = in_child(s, "error", NULL);
	xmpp_stanza_t *t = in_child(e, "text", XMPP_NS_STANZAS_IETF);

	if (!t)
		return;
	buf_adds(b, ": ");
	in_text(b, t, ERROR_TEXT_MAX);
}

size_t in_codes(unsigned codes[IN_CODES_MAX], xmpp_stanza_t *x)
{
	xmpp_stanza_t *c = x ? xmpp_stanza_get_children(x) : NULL;
	size_t n = 0;

	for (; c && n < IN_CODES_MAX; c = xmpp_stanza_get_next(c)) {
		uint64_t code;

		if (!xmpp_stanza_is_tag(c) ||
		    strcmp(xmpp_stanza_get_name(c), "status"))
			continue;
		if (!view_u64(&code, in_attr(c, "code"), 999))
			codes[n++] = (unsigned)code;
	}
	return n;
}
