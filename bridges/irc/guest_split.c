/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Netsplits: hundreds go in a second and come back in another. They are
 * gathered for a moment and told at once; who went by one is remembered for a
 * while, as servers without batches let them come back one by one.
 */
#include "clock.h"
#include "guest_priv.h"
#include "hash.h"
#include "mem.h"
#include "shim.h"

enum {
	NAMED = 3,
	BACK_MS = 30 * 60 * 1000,
	REMEMBERED = 5000
};

/* Somebody who is lost to a channel. */
struct gsplit {
	struct hnode hnode; /* its hash is of channel and nick */
	struct lnode node;
	uint64_t at_ms;
};

static uint64_t split_hash(const struct groom *r, struct view nick)
{
	enum ircb_casemap map = guest_map(r->guest);
	struct buf b = { 0 };
	uint64_t hash;

	for (const char *c = r->name; *c; c++)
		buf_addc(&b, ircb_fold(map, *c));
	buf_addc(&b, ' ');
	for (size_t i = 0; i < nick.n; i++)
		buf_addc(&b, ircb_fold(map, nick.p[i]));
	hash = hash_view(buf_view(&b));
	buf_free(&b);
	return hash;
}

static void split_free(struct guest *g, struct gsplit *s)
{
	htable_del(&g->splits, &s->hnode);
	list_remove(&g->split, &s->node);
	mem_free(s);
}

void guest_splits_free(struct guest *g)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->split, n, nx)
		split_free(g, CONTAINER(n, struct gsplit, node));
	htable_free(&g->splits);
}

static void remember(struct groom *r, struct view nick)
{
	struct guest *g = r->guest;
	struct gsplit *s = mem_zalloc(sizeof(*s));

	if (g->split.count >= REMEMBERED)
		split_free(g, CONTAINER(list_first(&g->split), struct gsplit,
					node));
	s->at_ms = now_ms();
	list_append(&g->split, &s->node);
	htable_add(&g->splits, &s->hnode, split_hash(r, nick));
}

/* ---- what is gathered ---- */

static void fold_free(struct groom_fold *f)
{
	buf_free(&f->nicks);
	buf_free(&f->servers);
	f->count = 0;
}

void guest_split_room_free(struct groom *r)
{
	wheel_stop(loop_wheel(r->guest->pool->loop), &r->fold);
	fold_free(&r->gone);
	fold_free(&r->back);
}

static void tell_fold(struct groom *r, struct groom_fold *f,
		      enum ircp_change what)
{
	struct ircp p = { .verb = IRCP_PEOPLE,
			  .kind = what,
			  .place = view_str(r->name),
			  .other = buf_view(&f->servers) };

	if (!f->count)
		return;
	if (f->count > NAMED) {
		buf_adds(&f->nicks, " and ");
		buf_add_u64(&f->nicks, f->count - NAMED);
		buf_adds(&f->nicks,
			 f->count == NAMED + 1 ? " other" : " others");
	}
	p.text = buf_view(&f->nicks);
	guest_tell(r->guest, &p);
	fold_free(f);
}

static void on_fold(struct wtimer *t)
{
	struct groom *r = CONTAINER(t, struct groom, fold);

	tell_fold(r, &r->gone, IRCP_SPLIT);
	tell_fold(r, &r->back, IRCP_MENDED);
}

static void add_to_fold(struct groom *r, struct groom_fold *f,
			struct view nick)
{
	if (f->count && f->count < NAMED)
		buf_adds(&f->nicks, ", ");
	if (f->count < NAMED)
		buf_addv(&f->nicks, nick);
	f->count++;
	if (!wtimer_running(&r->fold))
		wheel_start(loop_wheel(r->guest->pool->loop), &r->fold,
			    r->guest->fold_ms, on_fold);
}

void guest_split_gone(struct groom *r, struct view nick, struct view servers)
{
	if (!r->gone.count)
		ircb_plain(&r->gone.servers, servers);
	add_to_fold(r, &r->gone, nick);
	remember(r, nick);
}

bool guest_split_back(struct groom *r, struct view nick)
{
	struct guest *g = r->guest;
	struct hnode *n = htable_find(&g->splits, split_hash(r, nick));
	struct gsplit *s;
	bool late;

	if (!n)
		return false;
	s = CONTAINER(n, struct gsplit, hnode);
	late = now_ms() - s->at_ms > BACK_MS;
	split_free(g, s);
	if (!late)
		add_to_fold(r, &r->back, nick);
	return !late;
}
