/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of a long list: where they begin and end. */
#include "rsm.h"

#define NOWHERE SIZE_MAX

void rsm_read(struct rsm *r, const struct elem *query)
{
	struct elem set;
	uint64_t n;

	*r = (struct rsm){ .max = RSM_MAX, .upto = NOWHERE };
	r->asked = elem_child(&set, query, "set", NS_RSM);
	if (!r->asked)
		return;
	if (!view_u64(&n, elem_child_words(&set, "max", NULL), RSM_MAX))
		r->max = (size_t)n;
	r->after = elem_child_words(&set, "after", NULL);
	r->before = elem_child_words(&set, "before", NULL);
	r->back = elem_has(&set, "before", NULL);
	if (r->after.n)
		r->from = NOWHERE;
}

/* Between what it is behind and what it is before, at its end of that. */
static void set_page(struct rsm *r)
{
	r->lost = r->from == NOWHERE ||
		  (r->before.n && r->upto == NOWHERE);
	if (r->upto > r->count)
		r->upto = r->count;
	if (r->lost || r->from >= r->upto)
		r->upto = r->from;
	else if (r->upto - r->from > r->max && r->back)
		r->from = r->upto - r->max;
	else if (r->upto - r->from > r->max)
		r->upto = r->from + r->max;
}

bool rsm_walk(struct rsm *r)
{
	if (r->walk == 1) {
		r->count = r->at;
		set_page(r);
	}
	r->at = 0;
	return ++r->walk == 1 || (r->walk == 2 && !r->lost);
}

bool rsm_wants(struct rsm *r)
{
	size_t i = r->at++;

	if (r->walk == 1)
		return r->after.n || r->before.n;
	return i >= r->from && i < r->upto;
}

/* The first walk: is it one of those that were named? */
static void find(struct rsm *r, struct view id)
{
	if (r->after.n && view_eq(id, r->after))
		r->from = r->at;
	if (r->before.n && view_eq(id, r->before))
		r->upto = r->at - 1;
}

bool rsm_is_in(struct rsm *r, struct view id)
{
	if (r->walk == 1) {
		find(r, id);
		return false;
	}
	if (!r->first.n)
		buf_addv(&r->first, id);
	buf_clear(&r->last);
	buf_addv(&r->last, id);
	return true;
}

static void put_first(const struct rsm *r, struct buf *b)
{
	elem_open(b, "first", NULL);
	elem_attr_u64(b, "index", r->from);
	elem_text(b, buf_view(&r->first));
	elem_close(b);
}

void rsm_put(struct rsm *r, struct buf *b)
{
	struct buf n = { 0 };

	if (!r->lost && (r->asked || r->upto - r->from < r->count)) {
		elem_open(b, "set", NS_RSM);
		if (r->first.n) {
			put_first(r, b);
			elem_leaf(b, "last", NULL, buf_view(&r->last));
		}
		buf_add_u64(&n, r->count);
		elem_leaf(b, "count", NULL, buf_view(&n));
		elem_close(b);
	}
	buf_free(&n);
	buf_free(&r->first);
	buf_free(&r->last);
}
