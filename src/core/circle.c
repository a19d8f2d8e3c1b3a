/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A leg whose words run in a circle is not listened to for a while. */
#include "clock.h"
#include "hub_priv.h"
#include "log.h"

enum { DEAF_MS = 5 * 60 * 1000 };

static void tell(const struct leg *l, const char *what, uint64_t count)
{
	struct buf b = { 0 };

	buf_adds(&b, "*** Link ");
	buf_adds(&b, l->label);
	buf_adds(&b, ": ");
	if (count)
		buf_addf(&b, "%llu ", (unsigned long long)count);
	buf_adds(&b, what);
	log_warning("room %.*s: %.*s", VIEW_ARG(l->room->addr->text),
		    VIEW_ARG(view_from(buf_view(&b), 4)));
	room_tell_staff(l->room, buf_view(&b));
	buf_free(&b);
}

static void hears_again(struct leg *l)
{
	uint64_t unheard = l->unheard;

	l->deaf_until_ms = l->unheard = 0;
	if (unheard)
		tell(l, "messages were not passed on meanwhile; it is "
			"listened to again", unheard);
}

bool leg_is_deaf(struct leg *l, const struct hub_heard *in)
{
	uint64_t now = now_ms();

	if (l->face->ops->caps & FACE_MIRROR)
		return false;
	if (l->deaf_until_ms && now >= l->deaf_until_ms)
		hears_again(l);
	if (!l->deaf_until_ms) {
		if (!l->repeat)
			l->repeat = repeat_new();
		if (!repeat_heard(l->repeat, in->nick, in->text, now))
			return false;
		l->deaf_until_ms = now + DEAF_MS;
		tell(l, "the same words come again and again under other "
			"names, as if another gateway led them in a circle. "
			"Nothing is taken from there for 5 minutes", 0);
	}
	l->unheard++;
	return true;
}

void leg_said(struct leg *l, const struct msg *msg)
{
	if (!l->repeat)
		l->repeat = repeat_new();
	repeat_said(l->repeat, msg->text, now_ms());
}
