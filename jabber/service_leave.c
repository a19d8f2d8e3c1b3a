/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Going (XEP-0045 7.14): by a word, by an error, or lost without either. */
#include "service_priv.h"

void service_left(struct service *s, struct room *r, struct member *m)
{
	bool stays = m->role >= ROLE_ADMIN || room_is_private(r);
	const struct house_ask a = {
		.act = stays ? HOUSE_AWAY : HOUSE_LEAVE,
		.room = r,
		.who = m->addr,
		.text = stays ? VIEW(SERVICE_AWAY) : VIEW_NONE,
	};
	struct hub_member_change c = { .what = MEMBER_SET_AWAY,
				       .away = VIEW(SERVICE_AWAY) };
	struct buf notice = { 0 };

	hub_house_notice(service_hub(s), &notice, &a);
	c.notice = buf_view(&notice);
	if (stays)
		(void)hub_member_change(m, &c, NULL, NULL);
	else
		(void)hub_member_remove(r, m, c.notice, NULL, NULL);
	buf_free(&notice);
}

/* The last seat goes with its owner's presence for all others. */
static void stand_up(struct service *s, struct seat *seat,
		     const struct show_how *how, bool wait)
{
	struct show_how one = *how;
	struct room *r = place_room(seat->place);
	struct member *m = hub_member_by_id(service_hub(s), seat->member);
	uint64_t member = seat->member;
	bool last = seat_count(seat->place, member) == 1;

	one.self = seat;
	if (m)
		service_show(s, m, m->nick, &one);
	seat_free(seat);
	if (!last || !m || !r)
		return;
	service_show(s, m, m->nick, how);
	if (wait)
		service_miss(s, member);
	else
		service_left(s, r, m);
}

void service_seat_lost(struct service *s, struct seat *seat, bool wait)
{
	const struct show_how how = { .gone = true, .code = { 333 } };

	stand_up(s, seat, &how, wait);
}

void service_gone(struct service *s, const struct elem *e, struct room *r)
{
	const struct show_how how = { .gone = true };
	struct seat *seat = r ? seat_by_jid(s, r->id, elem_get(e, "from")) :
				NULL;

	if (!seat)
		return;
	if (view_eqs(elem_get(e, "type"), "error"))
		service_seat_lost(s, seat, false);
	else
		stand_up(s, seat, &how, false);
}
