/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms change: as members do, see change.c. */
#include <errno.h>
#include <string.h>

#include "hub_priv.h"
#include "log.h"
#include "mem.h"

struct room_was {
	unsigned what; /* ROOM_SET_... */
	uint32_t flags;
	enum room_notices notices;
	struct view subject; /* owned */
};

static void room_was_destroy(void *obj)
{
	mem_free((void *)((struct room_was *)obj)->subject.p);
}

static struct room_was *room_was(const struct room *room, unsigned what)
{
	struct room_was *was = mem_new(sizeof(*was), room_was_destroy);

	was->what = what;
	was->flags = room->flags;
	was->notices = room->notices;
	was->subject = view_mem(view_dup(room->subject), room->subject.n);
	return was;
}

static void subject_swap(struct view *a, struct view *b)
{
	struct view c = *a;

	*a = *b;
	*b = c;
}

static void room_restore(struct room *room, struct room_was *was)
{
	if (was->what & ROOM_SET_FLAGS)
		room->flags = was->flags;
	if (was->what & ROOM_SET_NOTICES)
		room->notices = was->notices;
	if (was->what & ROOM_SET_SUBJECT)
		subject_swap(&room->subject, &was->subject);
}

static void room_hand_over(struct room_was *was, struct room_was *later)
{
	unsigned both = was->what & later->what;

	if (both & ROOM_SET_FLAGS)
		later->flags = was->flags;
	if (both & ROOM_SET_NOTICES)
		later->notices = was->notices;
	if (both & ROOM_SET_SUBJECT)
		subject_swap(&later->subject, &was->subject);
	was->what &= ~both;
}

static void on_room_changed(struct change *c, struct room *room, int err);

static bool room_hand_on(const struct change *c)
{
	struct lnode *n, *nx;
	bool any = false;

	LIST_EACH (&c->hub->changes, n, nx) {
		struct change *later = CONTAINER(n, struct change, in_hub);

		if (later->settle != on_room_changed || later->room != c->room)
			continue;
		room_hand_over(c->was, later->was);
		any = true;
	}
	return any;
}

static void room_put_again(struct room *room)
{
	struct store_txn *t = store_begin(room->hub->store);

	room_put(t, room);
	store_commit(t, NULL, NULL);
}

static void on_room_changed(struct change *c, struct room *room, int err)
{
	bool later;

	if (!err) {
		room->hub->stats.notices += c->msg != NULL;
		watch_room(room, ((struct room_was *)c->was)->what, c);
		if (((const struct room_was *)c->was)->what &
		    ROOM_SET_SUBJECT)
			topic_changed(room, c->subject);
		return;
	}
	log_warning("room %.*s: a change was not stored: %s",
		    VIEW_ARG(room->addr->text), strerror(err));
	later = room_hand_on(c);
	room_restore(room, c->was);
	if (later)
		room_put_again(room);
}

static void apply_room(struct room *room, const struct hub_room_change *c)
{
	struct buf b = { 0 };
	size_t n;

	if (c->what & ROOM_SET_FLAGS)
		room->flags = c->flags;
	if (c->what & ROOM_SET_NOTICES)
		room->notices = c->notices;
	if (!(c->what & ROOM_SET_SUBJECT))
		return;
	hub_clean_line(&b, c->subject, ROOM_SUBJECT_MAX);
	n = b.n;
	mem_free((void *)room->subject.p);
	room->subject = view_mem(buf_take(&b), n);
}

int hub_room_change(struct room *r, const struct hub_room_change *c,
		    hub_done_h *doneh, void *arg)
{
	struct store_txn *t;
	struct change *ch;
	struct msg *msg;
	int err;

	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (r->ending)
		return ENOENT;
	err = room_notice(&msg, r, c->notice);
	if (err)
		return err;

	ch = change_new(r, doneh, arg);
	ch->settle = on_room_changed;
	ch->subject = c->origin;
	ch->was = room_was(r, c->what);
	change_by(ch, &c->by);
	apply_room(r, c);
	t = store_begin(r->hub->store);
	room_put(t, r);
	change_give(r, msg, 0, t, ch);
	return 0;
}
