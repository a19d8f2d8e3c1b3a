/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stanzas from events, and as XML again. */
#include "xflat.h"

#include <string.h>

/* ---- reading ---- */

static struct view ns_of(const struct xflat *f, const struct xlimit_tag *tag)
{
	return view_eqs(tag->ns, f->ns) ? VIEW("jabber:client") : tag->ns;
}

/* Is it what the parent has? */
static bool is_known(const struct xflat *f, struct view ns, unsigned depth)
{
	return depth > 1 &&
	       view_eq(ns, view_mem(f->flat.p + f->ns_at[depth - 1],
				    f->ns_len[depth - 1]));
}

static void put_ns(struct xflat *f, struct view ns, unsigned depth)
{
	if (is_known(f, ns, depth)) {
		f->ns_at[depth] = f->ns_at[depth - 1];
		f->ns_len[depth] = f->ns_len[depth - 1];
		return;
	}
	buf_addc(&f->flat, ELEM_NS);
	f->ns_at[depth] = f->flat.n;
	f->ns_len[depth] = ns.n;
	buf_addv(&f->flat, ns);
}

void xflat_start(struct xflat *f, const struct xlimit_tag *tag,
		 unsigned depth)
{
	if (depth == 1) {
		buf_clear(&f->flat);
		f->flat.max = ELEM_MAX;
		f->flat.over = false;
	}
	f->in_text = false;
	if (f->flat.over || depth > ELEM_DEPTH_MAX) {
		f->flat.over = true;
		return;
	}
	buf_addc(&f->flat, ELEM_OPEN);
	buf_addv(&f->flat, tag->name);
	put_ns(f, ns_of(f, tag), depth);
	for (size_t i = 0; i < tag->attr_count; i++) {
		buf_addc(&f->flat, ELEM_KEY);
		buf_adds(&f->flat, tag->attrs[2 * i]);
		buf_addc(&f->flat, ELEM_VALUE);
		buf_adds(&f->flat, tag->attrs[2 * i + 1]);
	}
}

void xflat_text(struct xflat *f, struct view text)
{
	if (!f->in_text)
		buf_addc(&f->flat, ELEM_TEXT);
	buf_addv(&f->flat, text);
	f->in_text = true;
}

bool xflat_end(struct xflat *f, unsigned depth)
{
	f->in_text = false;
	buf_addc(&f->flat, ELEM_CLOSE);
	return depth == 1;
}

void xflat_free(struct xflat *f)
{
	buf_free(&f->flat);
}

/* ---- writing ---- */

static void escape(struct buf *b, struct view v)
{
	static const char *const as[256] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",
		['"'] = "&quot;", ['\''] = "&apos;",
	};
	size_t from = 0;

	for (size_t i = 0; i < v.n; i++) {
		const char *word = as[(unsigned char)v.p[i]];

		if (!word)
			continue;
		buf_add(b, v.p + from, i - from);
		buf_adds(b, word);
		from = i + 1;
	}
	buf_add(b, v.p + from, v.n - from);
}

static void attr(struct buf *b, struct view key, struct view value)
{
	buf_addc(b, ' ');
	buf_addv(b, key);
	buf_adds(b, "='");
	escape(b, value);
	buf_addc(b, '\'');
}

/* Where a walk over a flat stanza is. */
struct writing {
	struct buf *out;
	struct view left, to;
	struct view open[ELEM_DEPTH_MAX]; /* names */
	unsigned depth;
	bool in_tag;
};

static struct view piece(struct writing *w)
{
	struct view v = w->left;

	v.n = 0;
	while (v.n < w->left.n && ((unsigned char)v.p[v.n] > ELEM_TEXT))
		v.n++;
	w->left.p += v.n;
	w->left.n -= v.n;
	return v;
}

static void start(struct writing *w)
{
	w->open[w->depth++] = piece(w);
	buf_addc(w->out, '<');
	buf_addv(w->out, w->open[w->depth - 1]);
	w->in_tag = true;
}

static void key(struct writing *w)
{
	struct view name = piece(w), value;

	w->left.p++; /* VALUE */
	w->left.n--;
	value = piece(w);
	if (w->depth == 1 && w->to.n && view_eqs(name, "to"))
		return;
	attr(w->out, name, value);
}

/* The stream has "jabber:client" as its default, under whatever name. */
static void ns(struct writing *w)
{
	struct view v = piece(w);

	if (w->depth == 1 && w->to.n)
		attr(w->out, VIEW("to"), w->to);
	if (w->depth > 1 || !view_eqs(v, "jabber:client"))
		attr(w->out, VIEW("xmlns"), v);
}

static void end_tag(struct writing *w, const char *with)
{
	if (w->in_tag)
		buf_adds(w->out, with);
	w->in_tag = false;
}

static void end(struct writing *w)
{
	struct view name = w->open[--w->depth];

	if (w->in_tag) {
		end_tag(w, "/>");
		return;
	}
	buf_adds(w->out, "</");
	buf_addv(w->out, name);
	buf_addc(w->out, '>');
}

static void step(struct writing *w, char mark)
{
	switch (mark) {
	case ELEM_OPEN:
		end_tag(w, ">");
		start(w);
		break;
	case ELEM_NS:
		ns(w);
		break;
	case ELEM_KEY:
		key(w);
		break;
	case ELEM_TEXT:
		end_tag(w, ">");
		escape(w->out, piece(w));
		break;
	default:
		end(w);
	}
}

void xflat_write(struct buf *out, struct view flat, struct view to)
{
	struct writing w = { .out = out, .left = flat, .to = to };

	while (w.left.n) {
		char mark = w.left.p[0];

		w.left.p++;
		w.left.n--;
		step(&w, mark);
	}
}
