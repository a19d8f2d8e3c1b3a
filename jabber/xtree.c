/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From events to trees: "at" is the element that is open. */
#include "xtree.h"

#include "mem.h"
#include "xflat.h"

enum { FLAT_KEPT = 2048 }; /* bytes that one may hold for the next */

struct xtree {
	xmpp_ctx_t *ctx;             /* borrowed */
	const struct xtree_ops *ops; /* borrowed: static */
	void *arg;
	struct xlimit *limit;        /* owned */
	xmpp_stanza_t *top;          /* owned: the stanza so far, or NULL */
	xmpp_stanza_t *at[64];       /* borrowed: in top */
	unsigned depth;              /* how many of them */
	struct buf text;             /* of at, since its last child */
	struct xflat *flat;          /* owned; NULL: trees */
};

/* view_str() of names that xlimit gives ends by NUL, but a namespace has the
 * name behind it. */
static void set_ns(xmpp_stanza_t *s, struct view ns)
{
	char *text;

	if (!ns.n)
		return;
	text = view_dup(ns);
	xmpp_stanza_set_ns(s, text);
	mem_free(text);
}

static xmpp_stanza_t *element(struct xtree *t, const struct xlimit_tag *tag)
{
	xmpp_stanza_t *s = xmpp_stanza_new(t->ctx);

	xmpp_stanza_set_name(s, tag->name.p);
	for (size_t i = 0; i < tag->attr_count; i++)
		xmpp_stanza_set_attribute(s, tag->attrs[2 * i],
					  tag->attrs[2 * i + 1]);
	set_ns(s, tag->ns);
	return s;
}

static void end_text(struct xtree *t)
{
	xmpp_stanza_t *s;

	if (!t->text.n)
		return;
	s = xmpp_stanza_new(t->ctx);
	xmpp_stanza_set_text_with_size(s, t->text.p, t->text.n);
	xmpp_stanza_add_child_ex(t->at[t->depth - 1], s, 0);
	buf_free(&t->text);
}

static void forget(struct xtree *t)
{
	if (t->top)
		xmpp_stanza_release(t->top);
	t->top = NULL;
	t->depth = 0;
	buf_free(&t->text);
	buf_init(&t->text, 0);
}

static void on_start(const struct xlimit_tag *tag, unsigned depth, void *arg)
{
	struct xtree *t = arg;
	xmpp_stanza_t *s;

	if (!depth) {
		t->ops->header(tag, t->arg);
		return;
	}
	if (t->flat) {
		xflat_start(t->flat, tag, depth);
		return;
	}
	s = element(t, tag);
	if (t->depth) {
		end_text(t);
		xmpp_stanza_add_child_ex(t->at[t->depth - 1], s, 0);
	} else {
		t->top = s;
	}
	t->at[t->depth++] = s;
}

static void on_text(struct view text, void *arg)
{
	struct xtree *t = arg;

	if (t->flat)
		xflat_text(t->flat, text);
	else
		buf_addv(&t->text, text);
}

/* A connection that is idle is to hold little. */
static void end_flat(struct xtree *t, unsigned depth)
{
	struct buf *b = &t->flat->flat;

	if (!xflat_end(t->flat, depth))
		return;
	t->ops->flat(b->over ? VIEW_NONE : buf_view(b), t->arg);
	if (b->cap > FLAT_KEPT)
		buf_free(b);
	buf_clear(b);
}

static void on_end(unsigned depth, void *arg)
{
	struct xtree *t = arg;

	if (!depth) {
		t->ops->end(t->arg);
		return;
	}
	if (t->flat) {
		end_flat(t, depth);
		return;
	}
	end_text(t);
	if (--t->depth)
		return;
	t->ops->stanza(t->top, t->arg);
	forget(t);
}

static void xtree_destroy(void *obj)
{
	struct xtree *t = obj;

	forget(t);
	if (t->flat)
		xflat_free(t->flat);
	mem_free(t->flat);
	mem_deref(t->limit);
}

struct xtree *xtree_new(xmpp_ctx_t *ctx, const struct xtree_ops *ops,
			void *arg)
{
	static const struct xlimit_ops events = { on_start, on_text, on_end };
	struct xtree *t = mem_new(sizeof(*t), xtree_destroy);

	t->ctx = ctx;
	t->ops = ops;
	t->arg = arg;
	t->limit = xlimit_new(NULL, &events, t);
	return t;
}

int xtree_feed(struct xtree *t, struct view bytes, size_t *used)
{
	return xlimit_feed(t->limit, bytes, used);
}

void xtree_stop(struct xtree *t)
{
	xlimit_stop(t->limit);
}

void xtree_flat(struct xtree *t)
{
	t->flat = mem_zalloc(sizeof(*t->flat));
	t->flat->ns = "jabber:client";
}

void xtree_restart(struct xtree *t)
{
	/* Within the handler of a stanza none is open. */
	if (t->depth)
		forget(t);
	xlimit_restart(t->limit);
}

const char *xtree_condition(const struct xtree *t)
{
	return xlimit_condition(t->limit);
}

const char *xtree_why(const struct xtree *t)
{
	return xlimit_why(t->limit);
}
