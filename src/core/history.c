/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The newest words of a room, for those who come. Where thousands have come,
 * thousands of notices lie before and behind those words, each for one only:
 * so a room remembers between which numbers there are words at all.
 */
#include <errno.h>

#include "hub_priv.h"
#include "mem.h"

enum { HISTORY_MAX = 200 };

struct asked {
	struct hub *hub; /* ref */
	uint64_t room;
	struct store_span span;
	size_t count; /* 0: what there is need not be learnt */
	hub_history_h *h;
	void *arg;
};

static void asked_destroy(void *obj)
{
	mem_deref(((struct asked *)obj)->hub);
}

/* count texts were found where this was asked. */
static void learn(struct room *room, const struct asked *q,
		  const struct store_msg *sms, size_t count)
{
	uint64_t last = count ? sms[count - 1].seq : 0;

	if (room->talk_last == q->span.upto && last < room->talk_last)
		room->talk_last = last;
	if (count < q->count)
		room->talk_first = count ? sms[0].seq : q->span.upto + 1;
}

static void on_history(int err, const struct store_msg *sms, size_t count,
		       void *arg)
{
	struct asked *q = arg;
	struct room *room = hub_room_by_id(q->hub, q->room);
	struct msg *msgs[HISTORY_MAX];
	size_t n = 0;

	if (!err && !room)
		err = ENOENT;
	if (!err && q->count)
		learn(room, q, sms, count);
	if (!err)
		n = journal_msgs(msgs, room, sms, count);
	q->h(err, msgs, n, q->arg);
	while (n)
		mem_deref(msgs[--n]);
	mem_deref(q);
}

void hub_history(struct room *r, size_t count, hub_history_h *h, void *arg)
{
	struct asked *q = mem_new(sizeof(*q), asked_destroy);

	q->hub = mem_ref(r->hub);
	q->room = r->id;
	q->h = h;
	q->arg = arg;
	if (count > HISTORY_MAX)
		count = HISTORY_MAX;
	q->count = count ? count : 1;
	q->span.after = r->talk_first ? r->talk_first - 1 : 0;
	q->span.upto = r->talk_last;
	store_history(r->hub->store, r->id, q->span, q->count, on_history, q);
}

void hub_archive(struct room *r, const struct store_archive *a,
		 hub_history_h *h, void *arg)
{
	struct asked *q = mem_new(sizeof(*q), asked_destroy);
	struct store_archive sa = *a;

	q->hub = mem_ref(r->hub);
	q->room = r->id;
	q->h = h;
	q->arg = arg;
	if (sa.max > HISTORY_MAX)
		sa.max = HISTORY_MAX;
	sa.max += !sa.max;
	store_archive(r->hub->store, r->id, &sa, on_history, q);
}
