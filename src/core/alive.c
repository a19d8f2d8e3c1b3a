/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When we were last here: what was said in linked places while no confabd ran
 * is missing in the rooms, and they are told how long that was. Written once a
 * minute while a link is UP, and at the end.
 */
#include "clock.h"
#include "hub_priv.h"

#define NETWORK VIEW("hub")
#define KEY VIEW("alive")

enum { ALIVE_MS = 60 * 1000 };

void alive_load(struct hub *h, const struct store_kept *k)
{
	uint64_t ms;

	if (view_eq(k->network, NETWORK) && view_eq(k->key, KEY) &&
	    !view_u64(&ms, k->value, UINT64_MAX))
		h->alive_ms = ms;
}

static bool any_up(const struct hub *h)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&h->legs, &pos, n)) != NULL)
		if (CONTAINER(n, struct leg, by_id)->state == LEG_UP)
			return true;
	return false;
}

static void keep(struct hub *h)
{
	struct store_txn *t;
	struct buf value = { 0 };

	if (!any_up(h))
		return;
	buf_add_u64(&value, wall_ms());
	t = store_begin(h->store);
	store_put_kept(t, &(struct store_kept){ NETWORK, KEY,
						buf_view(&value) });
	store_commit(t, NULL, NULL);
	buf_free(&value);
}

static void on_alive(struct wtimer *t)
{
	struct hub *h = CONTAINER(t, struct hub, alive);

	keep(h);
	alive_start(h);
}

void alive_start(struct hub *h)
{
	wheel_start(h->wheel, &h->alive, ALIVE_MS, on_alive);
}

void alive_stop(struct hub *h)
{
	keep(h);
	wheel_stop(h->wheel, &h->alive);
}

uint64_t alive_gap(const struct leg *l)
{
	uint64_t now = wall_ms(), then = l->room->hub->alive_ms;

	if (l->down_ms)
		return now_ms() - l->down_ms;
	return l->stored && then && then < now ? now - then : 0;
}
