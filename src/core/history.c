/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The newest words of a room, for those who come. */
#include <errno.h>

#include "hub_priv.h"
#include "mem.h"

enum { HISTORY_MAX = 200 };

struct asked {
	struct hub *hub; /* ref */
	uint64_t room;
	hub_history_h *h;
	void *arg;
};

static void asked_destroy(void *obj)
{
	mem_deref(((struct asked *)obj)->hub);
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
	store_history(r->hub->store, r->id, count ? count : 1, on_history, q);
}
