/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines to one person, beside the journal. */
#include "hub_priv.h"

void room_tell(struct room *room, const struct addr *to, struct view text)
{
	struct hub *h = room->hub;
	struct face *f = hub_face(h, to->network);

	if (f && f->ops->tell && h->state == HUB_RUNNING)
		f->ops->tell(f->obj, room, to, text);
}
