/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Those who lag behind. Answers come in bursts, and each lets a message go to
 * one member: gathered until the end of the loop's turn they make fan-outs
 * again. Members may go meanwhile, so they are kept by id. A newer message is
 * never sent before what waits here (hub_deliver flushes first).
 */
#include <stdlib.h>

#include "hub_priv.h"
#include "mem.h"

struct late {
	struct msg *msg;   /* ref */
	struct face *face; /* borrowed: the hub's */
	uint64_t room, member;
};

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int late_cmp(const void *pa, const void *pb)
{
	const struct late *a = pa, *b = pb;
	int c = by_number(a->room, b->room);

	if (!c)
		c = by_number(a->msg->seq, b->msg->seq);
	if (!c)
		c = by_number((uintptr_t)a->face, (uintptr_t)b->face);
	return c;
}

static void late_send(struct hub *h, const struct late *list, size_t count)
{
	struct room *room = hub_room_by_id(h, list->room);
	const struct face *f = list->face;
	size_t i, n = 0;

	hub_batch_reserve(h, count);
	for (i = 0; i < count; i++) {
		struct member *m = hub_member_by_id(h, list[i].member);

		if (m)
			h->batch[n++] = m;
	}
	if (n)
		f->ops->fanout(f->obj, room, list->msg, h->batch, n);
}

static void late_clear(struct hub *h)
{
	size_t i;

	for (i = 0; i < h->late_count; i++)
		mem_deref(h->late[i].msg);
	h->late_count = 0;
}

/* What is answered at once lets more go: that is for the next turn. */
void late_flush(struct hub *h)
{
	struct late *list = h->late;
	size_t i, end, n = h->late_count, cap = h->late_cap;

	if (!n)
		return;
	h->late = NULL;
	h->late_count = h->late_cap = 0;
	qsort(list, n, sizeof(list[0]), late_cmp);
	for (i = 0; i < n; i = end) {
		end = i + 1;
		while (end < n && !late_cmp(&list[i], &list[end]))
			end++;
		late_send(h, &list[i], end - i);
	}
	for (i = 0; i < n; i++)
		mem_deref(list[i].msg);
	if (h->late) {
		mem_free(list);
	} else {
		h->late = list;
		h->late_cap = cap;
	}
}

static void on_turn(void *arg)
{
	late_flush(arg);
}

void late_add(struct member *m, struct msg *msg)
{
	struct hub *h = m->room->hub;

	if (h->late_count == h->late_cap) {
		h->late_cap = h->late_cap ? 2 * h->late_cap : 64;
		h->late = mem_array(h->late, h->late_cap, sizeof(h->late[0]));
	}
	h->late[h->late_count++] = (struct late){
		.msg = mem_ref(msg),
		.face = m->face,
		.room = m->room->id,
		.member = m->id,
	};
	h->late_job.h = on_turn;
	h->late_job.arg = h;
	loop_defer(h->loop, &h->late_job);
}

void late_stop(struct hub *h)
{
	loop_undefer(h->loop, &h->late_job);
	late_clear(h);
	mem_free(h->late);
	h->late = NULL;
	h->late_cap = 0;
}
