/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches: BATCH +ref type, BATCH -ref, and the tag "batch" between. */
#include <errno.h>
#include <string.h>

#include "batch.h"
#include "tags.h"

static enum ircb_batch type_named(struct view v)
{
	if (view_eqs(v, "netsplit"))
		return IRCB_BATCH_NETSPLIT;
	if (view_eqs(v, "netjoin"))
		return IRCB_BATCH_NETJOIN;
	if (view_eqs(v, "chathistory") || view_eqs(v, "draft/chathistory"))
		return IRCB_BATCH_HISTORY;
	return IRCB_BATCH_OTHER;
}

/* The place of ref, or with an empty one the first that is free; -1. */
static int find(const struct ircb_batches *b, struct view ref)
{
	for (int i = 0; i < IRCB_BATCHES; i++)
		if (view_eqs(ref, b->open[i].ref))
			return i;
	return -1;
}

static int open_batch(struct ircb_batches *b, const struct ircb_line *l,
		      struct view ref)
{
	enum ircb_batch around = ircb_batch_of(b, l->tags);
	int i = find(b, ref);

	if (i < 0)
		i = find(b, VIEW_NONE);
	if (i < 0)
		return EMSGSIZE;
	view_copy(b->open[i].ref, IRCB_BATCH_REF, ref);
	b->open[i].type = type_named(ircb_param(l, 1));
	/* What is in what is past, is past. */
	if (around == IRCB_BATCH_HISTORY)
		b->open[i].type = around;
	return 0;
}

int ircb_batch_line(struct ircb_batches *b, const struct ircb_line *l)
{
	struct view v = ircb_param(l, 0), ref = view_from(v, 1);
	int i;

	if (!ref.n || ref.n >= IRCB_BATCH_REF)
		return EBADMSG;
	if (v.p[0] == '+')
		return open_batch(b, l, ref);
	i = find(b, ref);
	if (v.p[0] != '-' || i < 0)
		return EBADMSG;
	b->open[i].ref[0] = '\0';
	return 0;
}

enum ircb_batch ircb_batch_of(const struct ircb_batches *b, struct view tags)
{
	struct view ref;
	int i;

	if (!ircb_tag(tags, "batch", &ref) || !ref.n)
		return IRCB_BATCH_NONE;
	i = find(b, ref);
	return i < 0 ? IRCB_BATCH_NONE : b->open[i].type;
}
