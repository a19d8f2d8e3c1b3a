/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members change; rooms do so in change_room.c. What is new counts at once, so
 * that whoever comes next builds on it, and is taken back if the disk refuses:
 * the old values wait in change.was. Where a later change of the same thing is
 * on its way as well, the old values are handed to that one.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { AWAY_MAX = 200, NICK_MAX = 64, NICK_TRIES = 100, SUFFIX_MAX = 3 };

/* ---- members: taking back ---- */

struct member_was {
	unsigned what; /* MEMBER_SET_... */
	enum member_role role;
	enum member_state state;
	uint64_t joined_ms, muted_until_ms;
	bool own_nick;
	char *nick; /* owned, where own_nick */
	char *away; /* owned */
	char *shown; /* owned; for those who watch, with SET_NICK */
	bool away_before;
};

static void member_was_destroy(void *obj)
{
	struct member_was *was = obj;

	mem_free(was->nick);
	mem_free(was->away);
	mem_free(was->shown);
}

static struct member_was *member_was(const struct member *m, unsigned what)
{
	struct member_was *was = mem_new(sizeof(*was), member_was_destroy);

	was->what = what;
	was->role = m->role;
	was->state = m->state;
	was->joined_ms = m->joined_ms;
	was->muted_until_ms = member_muted_until_ms(m);
	was->own_nick = m->own_nick;
	was->nick = m->own_nick ? view_dup(m->nick) : NULL;
	was->away = member_away(m) ? mem_strdup(member_away(m)) : NULL;
	was->away_before = was->away != NULL;
	if ((what & MEMBER_SET_NICK) && m->room->hub->nwatches)
		was->shown = view_dup(m->nick);
	return was;
}

static void member_restore(struct member *m, struct member_was *was)
{
	if (was->what & MEMBER_SET_ROLE)
		member_set_role(m, was->role);
	if (was->what & MEMBER_SET_STATE) {
		member_set_state(m, was->state);
		m->joined_ms = was->joined_ms;
		member_invite_timer(m);
	}
	if (was->what & MEMBER_SET_MUTED)
		member_set_muted(m, was->muted_until_ms);
	if ((was->what & MEMBER_SET_NICK) && was->own_nick) {
		member_name_own(m, view_str(was->nick));
		was->nick = NULL;
	} else if (was->what & MEMBER_SET_NICK) {
		member_name(m);
	}
	if (was->what & MEMBER_SET_AWAY) {
		member_set_away(m, was->away);
		was->away = NULL;
	}
}

static void swap(char **a, char **b)
{
	char *c = *a;

	*a = *b;
	*b = c;
}

/* The later change takes back to where this one would have. */
static void member_hand_over(struct member_was *was, struct member_was *later)
{
	unsigned both = was->what & later->what;

	if (both & MEMBER_SET_ROLE)
		later->role = was->role;
	if (both & MEMBER_SET_STATE) {
		later->state = was->state;
		later->joined_ms = was->joined_ms;
	}
	if (both & MEMBER_SET_MUTED)
		later->muted_until_ms = was->muted_until_ms;
	if (both & MEMBER_SET_NICK) {
		later->own_nick = was->own_nick;
		swap(&later->nick, &was->nick);
	}
	if (both & MEMBER_SET_AWAY)
		swap(&later->away, &was->away);
	was->what &= ~both;
}

static void on_member_changed(struct change *c, struct room *room, int err);

static bool member_hand_on(const struct change *c)
{
	struct lnode *n, *nx;
	bool any = false;

	LIST_EACH (&c->hub->changes, n, nx) {
		struct change *later = CONTAINER(n, struct change, in_hub);

		if (later->settle != on_member_changed ||
		    later->subject != c->subject)
			continue;
		member_hand_over(c->was, later->was);
		any = true;
	}
	return any;
}

/* A later change has the refused values in its row. */
static void member_put_again(struct member *m)
{
	struct store_txn *t = store_begin(m->room->hub->store);

	member_put(t, m);
	store_commit(t, NULL, NULL);
}

static void tell_changed(struct member *m, const struct member_was *was,
			 const struct change *c)
{
	const struct member_before before = {
		.what = was->what & ~(unsigned)MEMBER_SET_STATE,
		.role = was->role,
		.nick = view_str(was->shown),
		.muted = was->muted_until_ms > wall_ms(),
		.away = was->away_before,
	};

	if (m->state == MEMBER_JOINED && before.what)
		watch_changed(m, &before, c);
}

static void tell_state(struct member *m, const struct member_was *was,
		       const struct change *c)
{
	if (m->state == MEMBER_JOINED)
		watch_came(m);
	else if (m->state == MEMBER_BANNED && was->state == MEMBER_JOINED)
		watch_went(m, WENT_BANNED, c);
}

static void member_changed(struct change *c, struct member *m)
{
	const struct member_was *was = c->was;

	m->room->hub->stats.notices += c->msg != NULL;
	if (!(was->what & MEMBER_SET_STATE)) {
		tell_changed(m, was, c);
		return;
	}
	member_set_inviter(m, NULL);
	if (m->state == MEMBER_BANNED && was->state == MEMBER_JOINED && c->msg)
		member_farewell(m, c->msg);
	log_info("room %.*s: %.*s is %s", VIEW_ARG(m->room->addr->text),
		 VIEW_ARG(m->addr->text), member_state_name(m->state));
	tell_state(m, was, c);
}

static void on_member_changed(struct change *c, struct room *room, int err)
{
	struct member *m = hub_member_by_id(room->hub, c->subject);
	bool later;

	if (!m)
		return;
	if (!err) {
		member_changed(c, m);
		return;
	}
	log_warning("room %.*s: a change of %.*s was not stored: %s",
		    VIEW_ARG(room->addr->text), VIEW_ARG(m->addr->text),
		    strerror(err));
	later = member_hand_on(c);
	member_restore(m, c->was);
	if (later)
		member_put_again(m);
}

/* ---- members: may it be? ---- */

static bool way_leads(enum member_state from, enum member_state to)
{
	return to == MEMBER_BANNED
		       ? from != MEMBER_BANNED
		       : from == MEMBER_INVITED && to == MEMBER_JOINED;
}

static int nick_clean(struct buf *nick, struct view wish)
{
	utf8_clean_name(nick, wish, NICK_MAX);
	return view_eqs(buf_view(nick), "?") ? EBADMSG : 0;
}

int nick_check(struct buf *nick, const struct room *room, struct view wish,
	       const struct member *but)
{
	int err = view_empty(wish) ? 0 : nick_clean(nick, wish);

	if (!err && nick->n && room_by_look(room, buf_view(nick), but))
		err = EADDRINUSE;
	return err;
}

/* "nick-2" and so on. */
static int nick_vary(struct buf *nick, const struct room *room,
		     const struct member *but)
{
	size_t n = utf8_cut(buf_view(nick), NICK_MAX - SUFFIX_MAX);
	struct buf tail = { 0 };
	int err = EADDRINUSE;

	for (uint64_t i = 2; err && i < NICK_TRIES; i++) {
		buf_clear(&tail);
		buf_addc(&tail, '-');
		buf_add_u64(&tail, i);
		nick->n = n;
		buf_addv(nick, buf_view(&tail));
		if (!room_by_look(room, buf_view(nick), but))
			err = 0;
	}
	buf_free(&tail);
	return err;
}

int hub_nick_pick(struct buf *nick, const struct room *r,
		  const struct addr *who, struct view wish)
{
	const struct member *but = room_member(r, who);
	int err = nick_clean(nick, wish);

	if (err)
		return err;
	if (room_by_nick(r, buf_view(nick), but))
		return EADDRINUSE;
	return room_by_look(r, buf_view(nick), but) ?
		       nick_vary(nick, r, but) : 0;
}

static int check_change(const struct member *m,
			const struct hub_member_change *c, struct buf *nick)
{
	enum member_role role = c->what & MEMBER_SET_ROLE ? c->role : m->role;
	enum member_state state =
		c->what & MEMBER_SET_STATE ? c->state : m->state;
	int err;

	if (m->room->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (m->leaving || m->room->ending)
		return ENOENT;
	if ((c->what & MEMBER_SET_STATE) && !way_leads(m->state, state))
		return EINVAL;
	err = owner_check(m, role, state, true);
	if (!err && (c->what & MEMBER_SET_NICK))
		err = nick_check(nick, m->room, c->nick, m);
	return err == EADDRINUSE ? EEXIST : err;
}

/* ---- members: doing it ---- */

static void apply_state(struct member *m, enum member_state state)
{
	struct room *room = m->room;

	member_retry_stop(m);
	member_normal(m);
	member_set_state(m, state);
	if (state != MEMBER_JOINED)
		return;
	/* From here on, and the last one in the row. */
	cursor_set(&m->cur, room->head);
	m->since = (uint32_t)room->head;
	m->joined_ms = joined_now(room);
	list_remove(&room->order, &m->order);
	list_append(&room->order, &m->order);
}

static void apply_away(struct member *m, struct view away)
{
	struct buf b = { 0 };

	hub_clean_line(&b, away, AWAY_MAX);
	member_set_away(m, b.n ? mem_strdup(buf_str(&b)) : NULL);
	buf_free(&b);
}

/* Takes the nick. */
static void apply_nick(struct member *m, struct buf *nick)
{
	size_t n = nick->n;

	if (n)
		member_name_own(m, view_mem(buf_take(nick), n));
	else
		member_name(m);
}

static void apply_member(struct member *m, const struct hub_member_change *c,
			 struct buf *nick)
{
	if (c->what & MEMBER_SET_ROLE)
		member_set_role(m, c->role);
	if (c->what & MEMBER_SET_STATE)
		apply_state(m, c->state);
	if (c->what & MEMBER_SET_MUTED)
		member_set_muted(m, c->muted_until_ms);
	if (c->what & MEMBER_SET_NICK)
		apply_nick(m, nick);
	if (c->what & MEMBER_SET_AWAY)
		apply_away(m, c->away);
}

void change_give(struct room *room, struct msg *msg, uint64_t audience,
		 struct store_txn *t, struct change *c)
{
	if (msg) {
		msg->audience = audience;
		room_give(room, msg, VIEW_NONE, t, c);
	}
	mem_deref(msg);
	change_commit(c, t);
}

static void member_commit(struct member *m, const struct hub_member_change *c,
			  struct buf *nick, struct msg *msg, struct change *ch)
{
	struct store_txn *t = store_begin(m->room->hub->store);

	ch->settle = on_member_changed;
	ch->subject = m->id;
	ch->was = member_was(m, c->what);
	change_by(ch, &c->by);
	apply_member(m, c, nick);
	member_put(t, m);
	change_give(m->room, msg,
		    c->what & MEMBER_SET_STATE ? notice_audience(m->room, m)
					       : 0,
		    t, ch);
}

int hub_member_change(struct member *m, const struct hub_member_change *c,
		      hub_done_h *doneh, void *arg)
{
	struct buf nick = { 0 };
	struct msg *msg;
	int err;

	err = check_change(m, c, &nick);
	if (!err)
		err = room_notice(&msg, m->room, c->notice);
	if (!err)
		member_commit(m, c, &nick, msg,
			      change_new(m->room, doneh, arg));
	buf_free(&nick);
	return err;
}
