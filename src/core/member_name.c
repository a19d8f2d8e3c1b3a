/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of members: nicks, and what others may take for one. */
#include "hub_priv.h"

#include "look.h"
#include "mem.h"

static struct member *find_named(const struct room *room, struct view nick,
				 const struct member *but,
				 bool (*same)(struct view, struct view))
{
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m != but && m->state != MEMBER_BANNED &&
		    same(m->nick, nick))
			return m;
	}
	return NULL;
}

struct member *room_by_nick(const struct room *room, struct view nick,
			    const struct member *but)
{
	return find_named(room, nick, but, view_ieq);
}

struct member *room_by_look(const struct room *room, struct view nick,
			    const struct member *but)
{
	return find_named(room, nick, but, look_same);
}

static bool is_odd(struct view nick)
{
	for (size_t i = 0; i < nick.n; i++)
		if ((unsigned char)nick.p[i] >= 0x80)
			return true;
	return false;
}

void member_name_clear(struct member *m)
{
	if (m->own_nick)
		m->room->own_nicks--;
	m->own_nick = false;
	m->room->odd_nicks -= is_odd(m->nick);
	if (m->nick.p != m->addr->user.p)
		mem_free((void *)m->nick.p);
	m->nick = VIEW_NONE;
}

void member_name_own(struct member *m, struct view own)
{
	member_name_clear(m);
	m->nick = own;
	m->room->odd_nicks += is_odd(own);
	m->own_nick = true;
	m->room->own_nicks++;
}

/* Could somebody be taken for another of the room by this name? Names as they
 * are made from plain addresses differ. */
static bool is_ambiguous(const struct member *m, struct view nick)
{
	const struct room *r = m->room;

	return (r->own_nicks || r->odd_nicks || is_odd(nick)) &&
	       room_by_look(r, nick, m);
}

/* Somebody may have chosen what his name would be: nobody can choose one with
 * an @. */
void member_name(struct member *m)
{
	struct buf b = { 0 };
	size_t n;

	member_name_clear(m);
	hub_name_user(m->room->hub, &b, m->addr);
	if (is_ambiguous(m, buf_view(&b))) {
		buf_clear(&b);
		hub_name_join(&b, m->addr->user, m->addr->host);
	}
	m->room->odd_nicks += is_odd(buf_view(&b));
	if (view_eq(buf_view(&b), m->addr->user)) {
		m->nick = m->addr->user;
		buf_free(&b);
		return;
	}
	n = b.n;
	m->nick = view_mem(buf_take(&b), n);
}

void member_name_loaded(struct member *m, struct view own)
{
	if (view_empty(own) || room_by_nick(m->room, own, m))
		member_name(m);
	else
		member_name_own(m, view_mem(view_dup(own), own.n));
}
