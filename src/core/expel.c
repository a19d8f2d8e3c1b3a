/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People behind links are thrown out there, where we may. */
#include <errno.h>

#include "hub_priv.h"

static bool is_place(const struct leg *l, struct view place)
{
	struct buf at = { 0 };
	bool is;

	leg_place(l, &at);
	is = view_ieq(buf_view(&at), place);
	buf_free(&at);
	return is && !l->leaving;
}

static int expel(struct leg *l, struct view nick, bool ban, struct view reason)
{
	if (!l->face || !l->face->ops->expel)
		return ENOTSUP;
	if (l->state != LEG_UP || l->room->hub->state != HUB_RUNNING)
		return ENOTCONN;
	return l->face->ops->expel(l->face->obj, l, nick, ban, reason);
}

/* Several places of one network may be linked, and he may be in any. */
int hub_expel(struct room *r, struct view shown, bool ban, struct view reason)
{
	struct lnode *n, *nx;
	struct view nick, place;
	int err = ENOENT;

	if (!view_rcut(shown, '@', &nick, &place) || !nick.n)
		return ENOENT;
	LIST_EACH (&r->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		if (err && is_place(l, place))
			err = expel(l, nick, ban, reason);
		else if (is_place(l, place))
			(void)expel(l, nick, ban, reason);
	}
	return err;
}
