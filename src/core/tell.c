/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines to one person, beside the journal; and of the room itself, in it. */
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { TROUBLE_AGAIN_MS = 60 * 60 * 1000 };

void room_tell(struct room *room, const struct addr *to, struct view text)
{
	struct hub *h = room->hub;
	struct face *f = hub_face(h, to->network);

	if (f && f->ops->tell && h->state == HUB_RUNNING)
		f->ops->tell(f->obj, room, to, text);
}

static void notice(struct room *room, uint64_t audience, struct view text)
{
	struct store_txn *t;
	struct change *c;
	struct msg *msg;

	if (room->ending || room_line(&msg, room, text) || !msg)
		return;
	msg->audience = audience;
	c = change_new(room, NULL, NULL);
	t = store_begin(room->hub->store);
	room_give(room, msg, VIEW_NONE, t, c);
	mem_deref(msg);
	change_commit(c, t);
}

void room_tell_staff(struct room *room, struct view text)
{
	notice(room, MSG_TO_STAFF, text);
}

void room_tell_all(struct room *room, struct view text)
{
	notice(room, 0, text);
}

void leg_trouble(struct leg *l, struct view text)
{
	struct buf b = { 0 };
	uint64_t hash = hash_view(text);

	if (l->trouble == hash &&
	    now_ms() - l->trouble_ms < TROUBLE_AGAIN_MS)
		return;
	l->trouble = hash;
	l->trouble_ms = now_ms();
	buf_adds(&b, "*** Link ");
	buf_adds(&b, l->label);
	buf_adds(&b, ": ");
	buf_addv(&b, text);
	room_tell_staff(l->room, buf_view(&b));
	buf_free(&b);
}

void hub_on_notice(struct hub *h, uint64_t leg, bool staff, struct view text)
{
	struct leg *l = hub_leg_by_id(h, leg);

	if (!l || h->state != HUB_RUNNING || l->leaving)
		return;
	if (staff)
		leg_trouble(l, text);
	else
		notice(l->room, 0, text);
}

void hub_room_tell(struct room *r, const struct addr *to, struct view text)
{
	room_tell(r, to, text);
}
