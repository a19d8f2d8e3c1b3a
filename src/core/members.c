/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members come and go. A room that had an owner keeps one for as long as it
 * has members; the banned are rows only, and invitations end by themselves.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "core_priv.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { INVITE_AGAIN_MS = 60 * 1000 };

static const uint64_t day_ms = 24 * 3600 * 1000;

/* ---- notices ---- */

static int make_notice(struct msg **mp, const struct room *room,
		       struct view text, struct view meta)
{
	struct msg_conf conf = {
		.kind = MSG_NOTICE,
		.from = room->addr,
		.name = room_name(room),
		.text = text,
		.seq = room->head + 1,
		.meta = meta,
	};


	if (view_empty(text)) {
		*mp = NULL;
		return 0;
	}
	return msg_new(mp, &conf);
}

int room_notice(struct msg **mp, struct room *room, struct view text)
{
	return make_notice(mp, room, text,
			   room->hub->nwatches ? VIEW("event=1\n") :
						 VIEW_NONE);
}

int room_line(struct msg **mp, struct room *room, struct view text)
{
	return make_notice(mp, room, text, VIEW_NONE);
}

uint64_t notice_audience(const struct room *room, const struct member *m)
{
	switch (room->notices) {
	case NOTICES_OFF:
		return m->id;
	case NOTICES_QUIET:
		return m->id | MSG_TO_STAFF;
	default:
		return room_is_large(room) ? m->id | MSG_TO_STAFF : 0;
	}
}

void room_give(struct room *room, struct msg *msg, struct view dedupe,
	       struct store_txn *t, struct change *c)
{
	struct store_msg sm = {
		.room = room->id,
		.inbox = room->inbox,
		.seq = msg->seq,
		.id = msg->id,
		.kind = msg->kind,
		.from = msg->from->text,
		.name = msg->name,
		.text = msg->text,
		.time_ms = msg->time_ms,
		.origin = msg->origin,
		.reply_to = msg->reply_to,
		.audience = msg->audience,
		.dedupe = dedupe,
		.meta = msg->meta,
	};

	room->head = msg->seq;
	store_put_msg(t, &sm);
	c->msg = mem_ref(msg);
}

/* ---- owners ---- */

static bool is_owner(const struct member *m)
{
	return m->role == ROLE_OWNER && m->state == MEMBER_JOINED &&
	       !m->leaving;
}

/* Is there another owner; is there anybody else? */
static void look_around(const struct member *m, bool *owner, bool *other)
{
	struct lnode *n, *nx;

	*owner = *other = false;
	LIST_EACH (&m->room->order, n, nx) {
		struct member *o = CONTAINER(n, struct member, order);

		if (o == m || o->leaving || o->state == MEMBER_BANNED)
			continue;
		*other = true;
		*owner = *owner || is_owner(o);
	}
}

int owner_check(const struct member *m, enum member_role role,
		enum member_state state, bool stays)
{
	bool owner, other;

	stays = stays && state == MEMBER_JOINED;
	if (!is_owner(m) || (stays && role == ROLE_OWNER))
		return 0;
	look_around(m, &owner, &other);
	return !owner && (other || stays) ? EPERM : 0;
}

/* ---- coming ---- */

static void on_added(struct change *c, struct room *room, int err)
{
	struct member *m = hub_member_by_id(room->hub, c->subject);

	if (!m)
		return;
	if (!err) {
		room->hub->stats.notices += c->msg != NULL;
		log_info("room %.*s: %.*s is %s", VIEW_ARG(room->addr->text),
			 VIEW_ARG(m->addr->text), member_state_name(m->state));
		watch_came(m);
		return;
	}
	log_warning("room %.*s: %.*s could not be stored: %s",
		    VIEW_ARG(room->addr->text), VIEW_ARG(m->addr->text),
		    strerror(err));
	mem_deref(m);
}

static int add_check(const struct room *r, const struct hub_join *join,
		     struct buf *nick)
{
	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (r->ending)
		return ENOENT;
	if (room_member(r, join->addr))
		return EEXIST;
	if (room_member_count(r) >= r->hub->max_members)
		return EBUSY;
	return nick_check(nick, r, join->nick, NULL);
}

static struct member *add(struct room *r, const struct hub_join *join,
			  struct view nick)
{
	struct store_member sm = { .role = join->role,
				   .state = join->state,
				   .nick = nick,
				   .acked = r->head };
	struct member *m = member_new(r, join->addr, &sm);

	member_set_inviter(m, join->inviter);
	if (m->state == MEMBER_INVITED && r->hub->state == HUB_RUNNING)
		member_invite_timer(m);
	return m;
}

int hub_member_add(struct room *r, const struct hub_join *join,
		   hub_done_h *doneh, void *arg)
{
	struct buf nick = { 0 };
	struct store_txn *t;
	struct member *m;
	struct change *c;
	struct msg *msg;
	int err;

	err = add_check(r, join, &nick);
	if (!err)
		err = room_notice(&msg, r, join->notice);
	if (err)
		goto out;

	m = add(r, join, buf_view(&nick));
	t = store_begin(r->hub->store);
	c = change_new(r, doneh, arg);
	c->settle = on_added;
	c->subject = m->id;
	member_put(t, m);
	if (msg) {
		msg->audience = notice_audience(r, m);
		room_give(r, msg, VIEW_NONE, t, c);
	}
	mem_deref(msg);
	change_commit(c, t);
 out:
	buf_free(&nick);
	return err;
}

/* ---- going ---- */

static void on_removed(struct change *c, struct room *room, int err)
{
	struct member *m = hub_member_by_id(room->hub, c->subject);

	if (!m)
		return;
	if (err) {
		log_warning("room %.*s: removal of %.*s was not stored: %s",
			    VIEW_ARG(room->addr->text),
			    VIEW_ARG(m->addr->text), strerror(err));
		m->leaving = m->expelled = false;
		return;
	}
	room->hub->stats.notices += c->msg != NULL;
	if (c->msg && m->state == MEMBER_JOINED && !m->expelled &&
	    !cursor_has(&m->cur, c->msg->seq))
		member_farewell(m, c->msg);
	log_info("room %.*s: %.*s is gone", VIEW_ARG(room->addr->text),
		 VIEW_ARG(m->addr->text));
	if (m->state == MEMBER_JOINED)
		watch_went(m, c->way, c);
	mem_deref(m);
}

static int may_go(struct room *r, struct member *m, struct view notice,
		  struct msg **msg)
{
	int err;

	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (m->leaving || r->ending)
		return ENOENT;
	err = owner_check(m, m->role, m->state, false);
	return err ? err : room_notice(msg, r, notice);
}

/* Takes both. */
static void take_out(struct room *r, struct member *m, struct msg *msg,
		     struct change *c)
{
	struct store_txn *t = store_begin(r->hub->store);

	m->leaving = true;
	c->settle = on_removed;
	c->subject = m->id;
	store_del_member(t, m->id);
	if (msg) {
		msg->audience = notice_audience(r, m);
		room_give(r, msg, VIEW_NONE, t, c);
	}
	mem_deref(msg);
	change_commit(c, t);
}

int hub_member_remove(struct room *r, struct member *m, struct view notice,
		      hub_done_h *doneh, void *arg)
{
	struct msg *msg;
	int err = may_go(r, m, notice, &msg);

	if (!err)
		take_out(r, m, msg, change_new(r, doneh, arg));
	return err;
}

int hub_member_expel(struct room *r, struct member *m, struct view notice,
		     hub_done_h *doneh, void *arg)
{
	int err = hub_member_remove(r, m, notice, doneh, arg);

	if (!err)
		m->expelled = true;
	return err;
}

int hub_member_kick(struct member *m, struct view notice,
		    const struct room_by *by, hub_done_h *doneh, void *arg)
{
	struct change *c;
	struct msg *msg;
	int err = may_go(m->room, m, notice, &msg);

	if (err)
		return err;
	c = change_new(m->room, doneh, arg);
	c->way = WENT_KICKED;
	change_by(c, by);
	take_out(m->room, m, msg, c);
	m->expelled = true;
	return 0;
}

/* ---- invitations ---- */

static void tell_inviter(struct room *room, const struct member *m)
{
	struct buf b = { 0 };

	buf_adds(&b, "*** [");
	buf_addv(&b, m->nick);
	buf_adds(&b, "] did not answer your invitation to ");
	buf_addv(&b, room_name(room));
	buf_adds(&b, ": it has expired");
	room_tell(room, member_inviter(m), buf_view(&b));
	buf_free(&b);
}

static void on_expired(struct change *c, struct room *room, int err)
{
	struct member *m = hub_member_by_id(room->hub, c->subject);
	struct hub *h = room->hub;

	if (!m)
		return;
	if (err) {
		m->leaving = false;
		member_invite_timer(m);
		return;
	}
	log_info("room %.*s: the invitation of %.*s has expired",
		 VIEW_ARG(room->addr->text), VIEW_ARG(m->addr->text));
	if (member_inviter(m) && h->state == HUB_RUNNING)
		tell_inviter(room, m);
	mem_deref(m);
}

static void expire(struct member *m)
{
	struct store_txn *t = store_begin(m->room->hub->store);
	struct change *c = change_new(m->room, NULL, NULL);

	m->leaving = true;
	c->settle = on_expired;
	c->subject = m->id;
	store_del_member(t, m->id);
	change_commit(c, t);
}

/* The clock may have been set meanwhile, and the wheel has its own end. */
static void on_invite_over(struct wtimer *t)
{
	struct member *m = member_of_retry(t);
	uint64_t ends = m->joined_ms + m->room->hub->invite_days * day_ms;

	if (m->leaving || m->room->ending || m->state != MEMBER_INVITED)
		return;
	if (wall_ms() < ends)
		member_invite_timer(m);
	else
		expire(m);
}

void member_invite_timer(struct member *m)
{
	uint64_t now = wall_ms();
	uint64_t ends = m->joined_ms + m->room->hub->invite_days * day_ms;

	if (m->state != MEMBER_INVITED || m->leaving)
		return;
	/* Overdue: a moment of quiet, also after a disk that refused. */
	member_retry_start(m, now < ends ? ends - now : INVITE_AGAIN_MS,
			   on_invite_over);
}
