/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is told of what changes in rooms. */
#include "watch.h"

#include <errno.h>

#include "hub_priv.h"

int hub_watch_rooms(struct hub *h, const struct hub_room_watch *w)
{
	if (h->nwatches == WATCHES_MAX)
		return ENOBUFS;
	h->watches[h->nwatches++] = *w;
	return 0;
}

void hub_unwatch_rooms(struct hub *h, const void *arg)
{
	size_t left = 0;

	for (size_t i = 0; i < h->nwatches; i++)
		if (h->watches[i].arg != arg)
			h->watches[left++] = h->watches[i];
	h->nwatches = left;
}

#define EACH_WATCH(h, w)                                                      \
	for (const struct hub_room_watch *w = (h)->watches;                   \
	     w < (h)->watches + (h)->nwatches && (h)->state == HUB_RUNNING;   \
	     w++)

static struct room_by by_of(const struct change *c)
{
	return (struct room_by){ c->by, view_str(c->reason) };
}

void watch_came(struct member *m)
{
	EACH_WATCH (m->room->hub, w)
		if (w->came)
			w->came(m, w->arg);
}

void watch_went(struct member *m, enum room_way way, const struct change *c)
{
	const struct room_by by = by_of(c);

	EACH_WATCH (m->room->hub, w)
		if (w->went)
			w->went(m, way, &by, w->arg);
}

void watch_changed(struct member *m, const struct member_before *before,
		   const struct change *c)
{
	const struct room_by by = by_of(c);

	EACH_WATCH (m->room->hub, w)
		if (w->changed)
			w->changed(m, before, &by, w->arg);
}

void watch_room(struct room *room, unsigned what, const struct change *c)
{
	const struct room_by by = by_of(c);

	EACH_WATCH (room->hub, w)
		if (w->room)
			w->room(room, what, &by, w->arg);
}

void watch_gone(struct room *room)
{
	EACH_WATCH (room->hub, w)
		if (w->gone)
			w->gone(room, w->arg);
}
