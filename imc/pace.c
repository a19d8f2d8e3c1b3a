/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lane is what waits for one room; it is there while something does. */
#include "pace.h"
#include "mem.h"

struct lane {
	struct lnode in_turn;
	struct hnode by_room;
	uint64_t room;
	struct list items; /* borrowed */
};

void pace_init(struct pace *p)
{
	*p = (struct pace){ 0 };
	list_init(&p->lanes);
}

bool pace_empty(const struct pace *p)
{
	return list_empty(&p->lanes);
}

static struct lane *lane_of(const struct pace *p, uint64_t room)
{
	struct hnode *n = htable_find(&p->by_room, hash_u64(room));

	for (; n; n = htable_more(n)) {
		struct lane *l = CONTAINER(n, struct lane, by_room);

		if (l->room == room)
			return l;
	}
	return NULL;
}

static struct lane *lane_new(struct pace *p, uint64_t room)
{
	struct lane *l = mem_zalloc(sizeof(*l));

	l->room = room;
	list_init(&l->items);
	list_append(&p->lanes, &l->in_turn);
	htable_add(&p->by_room, &l->by_room, hash_u64(room));
	return l;
}

static void lane_free(struct pace *p, struct lane *l)
{
	list_remove(&p->lanes, &l->in_turn);
	htable_del(&p->by_room, &l->by_room);
	mem_free(l);
	if (list_empty(&p->lanes))
		htable_free(&p->by_room);
}

bool pace_has(const struct pace *p, uint64_t room)
{
	return !pace_empty(p) && lane_of(p, room);
}

void pace_add(struct pace *p, struct pace_item *item)
{
	struct lane *l = lane_of(p, item->room);

	if (!l)
		l = lane_new(p, item->room);
	list_append(&l->items, &item->node);
}

void pace_remove(struct pace *p, struct pace_item *item)
{
	struct lane *l = lane_of(p, item->room);

	list_remove(&l->items, &item->node);
	if (list_empty(&l->items))
		lane_free(p, l);
}

struct pace_item *pace_turn(struct pace *p)
{
	struct lnode *n = list_shift(&p->lanes);
	struct lane *l;

	if (!n)
		return NULL;
	list_append(&p->lanes, n);
	l = CONTAINER(n, struct lane, in_turn);
	return CONTAINER(list_first(&l->items), struct pace_item, node);
}
