/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Expiry: a journal forgets what is too old or too much. Before it does, the
 * senders of what somebody still lacks hear of it, a page a step, however
 * much that is; then whoever lags behind goes on with what is left.
 */
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { PRUNE_MS = 10 * 60 * 1000, STEP = 256 };
/* Ten thousand rooms at once would stop everything else. */
enum { ROOMS_A_TURN = 64, TURN_MS = 100 };
static const uint64_t day_ms = 24 * 3600 * 1000;

struct expiry {
	struct hub *hub; /* ref */
	uint64_t room;
	uint64_t below, before_ms; /* what goes */
	uint64_t committed;
	bool stuck; /* of an inbox: what comes next is not settled */
};

static void expiry_destroy(void *obj)
{
	mem_deref(((struct expiry *)obj)->hub);
}

static struct expiry *expiry_new(struct room *room, uint64_t before_ms)
{
	struct expiry *ex = mem_new(sizeof(*ex), expiry_destroy);
	uint64_t keep = room->hub->keep_msgs;

	ex->hub = mem_ref(room->hub);
	ex->room = room->id;
	ex->before_ms = before_ms;
	ex->committed = room->committed;
	ex->stuck = false;
	ex->below = ex->committed > keep ? ex->committed - keep + 1 : 0;
	return ex;
}

/* NULL: it is gone, or the hub is stopping. */
static struct room *room_of(const struct expiry *ex)
{
	return ex->hub->state == HUB_RUNNING
		       ? hub_room_by_id(ex->hub, ex->room)
		       : NULL;
}

const struct outcome outcome_away = { GATE_EXPIRED, 480,
				      VIEW("he was away too long") };

/* ---- between two rounds ---- */

bool member_expired(struct member *m, const struct msg *msg)
{
	struct hub *h = m->room->hub;

	if (msg->time_ms + h->keep_days * day_ms >= wall_ms())
		return false;
	h->stats.given_up++;
	member_more(m)->missed++;
	member_tell_sender(m, msg, &outcome_away);
	return true;
}

/* ---- going on without ---- */

/* His cursor has gone over them. */
static void expired(struct member *m, uint64_t lost)
{
	log_info("room %.*s: %llu messages for %.*s expired",
		 VIEW_ARG(m->room->addr->text), (unsigned long long)lost,
		 VIEW_ARG(m->addr->text));
	m->room->hub->stats.given_up += lost;
	if (m->state == MEMBER_JOINED)
		member_more(m)->missed += lost;
	member_dirty(m);
	member_pump(m);
}

static void expire_member(struct member *m, uint64_t first)
{
	uint64_t lost = first - 1 - m->cur.acked;

	cursor_upto(&m->cur, first - 1);
	expired(m, lost);
}

static void expire_leg(struct leg *l, uint64_t first)
{
	uint64_t lost = first - 1 - l->cur.acked;

	l->skipped += lost;
	l->room->hub->stats.skipped += lost;
	cursor_set(&l->cur, first - 1);
	leg_dirty(l);
}

/* Whoever has not got that far will not get it any more. What is under way
 * to him is left alone: its answer settles it. */
static void expire_upto(struct room *room, uint64_t first)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m->cur.acked + 1 < first && !m->reading &&
		    cursor_idle(&m->cur))
			expire_member(m, first);
	}
	LIST_EACH (&room->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		if (l->cur.acked + 1 < first && l->state != LEG_UP)
			expire_leg(l, first);
	}
}

static void on_first(int err, const struct store_msg *msgs, size_t count,
		     void *arg)
{
	struct expiry *ex = arg;
	struct room *room = room_of(ex);

	if (room && !err)
		expire_upto(room, count ? msgs[0].seq : ex->committed + 1);
	mem_deref(ex);
}

static bool has_laggard(const struct room *room)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		if (CONTAINER(n, struct member, order)->cur.acked <
		    room->committed)
			return true;
	}
	LIST_EACH (&room->legs, n, nx) {
		if (CONTAINER(n, struct leg, in_room)->cur.acked <
		    room->committed)
			return true;
	}
	return false;
}

/* All who are concerned have been told. Takes ex. */
static void prune(struct expiry *ex, struct room *room)
{
	struct store_txn *t = store_begin(ex->hub->store);

	/* what he has by himself is nobody's business any more */
	if (room->inbox)
		store_prune(t, room->id,
			    room_member(room, room->addr)->cur.acked + 1, 0);
	else
		store_prune(t, room->id, ex->below, ex->before_ms);
	store_commit(t, NULL, NULL);
	room->expiring = false;
	journal_page_free(room);
	weigh_free(room);
	if (!room->inbox && has_laggard(room))
		store_read(ex->hub->store, room->id, 0, 1, on_first, ex);
	else
		mem_deref(ex);
}

/* ---- telling ---- */

static bool is_laggard(const struct member *m)
{
	return m->state == MEMBER_JOINED &&
	       m->cur.acked < m->room->committed;
}

/* One more attempt may be under way to him who is put off; after so many that
 * failed it counts as lost. A first one may well get through: its answer tells
 * (member_doomed()). */
static void tell_one(struct member *m, struct msg *msg)
{
	if (cursor_settled(&m->cur, msg->seq) || !member_wants(m, msg))
		return;
	if (!m->tries && cursor_has(&m->cur, msg->seq))
		member_doom(m, msg);
	else
		member_tell_sender(m, msg, &outcome_away);
}

static bool goes(const struct expiry *ex, uint64_t seq, uint64_t time_ms)
{
	return seq < ex->below || time_ms < ex->before_ms;
}

static void tell_for(const struct expiry *ex, struct member *m,
		     struct msg *const *msgs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (goes(ex, msgs[i]->seq, msgs[i]->time_ms))
			tell_one(m, msgs[i]);
	}
}

/* What is too old at the head of an inbox is settled in the same moment, so
 * that each is told once, whatever comes in between; and no more than that is
 * taken from the disk. While something is under way the next round, or the
 * next attempt, does it. */
static void tell_inbox(struct expiry *ex, struct member *m,
		       struct msg *const *msgs, size_t count)
{
	uint64_t upto = m->cur.acked, lost = 0;

	if (m->reading || !cursor_idle(&m->cur))
		return;
	for (size_t i = 0; i < count && !ex->stuck; i++) {
		ex->stuck = msgs[i]->time_ms >= ex->before_ms;
		if (ex->stuck)
			break;
		if (!cursor_settled(&m->cur, msgs[i]->seq)) {
			member_tell_sender(m, msgs[i], &outcome_away);
			lost++;
		}
		upto = msgs[i]->seq;
	}
	if (upto <= m->cur.acked)
		return;
	cursor_upto(&m->cur, upto);
	expired(m, lost);
}

static void tell(struct expiry *ex, struct room *room,
		 const struct store_msg *sms, size_t count)
{
	struct msg *msgs[STEP];
	struct lnode *n, *nx;
	size_t got = journal_msgs(msgs, room, sms, count);

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (room->inbox)
			tell_inbox(ex, m, msgs, got);
		else if (is_laggard(m))
			tell_for(ex, m, msgs, got);
	}
	while (got)
		mem_deref(msgs[--got]);
}

static void on_step(int err, const struct store_msg *sms, size_t count,
		    void *arg)
{
	struct expiry *ex = arg;
	struct room *room = room_of(ex);

	if (!room) {
		mem_deref(ex);
		return;
	}
	if (err) {
		/* Nothing goes untold: the next time. */
		log_warning("room %.*s: journal can't be read: %s",
			    VIEW_ARG(room->addr->text), strerror(err));
		room->expiring = false;
		mem_deref(ex);
		return;
	}
	tell(ex, room, sms, count);
	/* To the end: a clock that stepped back left old ones behind new. */
	if (count == STEP)
		store_read(ex->hub->store, room->id, sms[count - 1].seq, STEP,
			   on_step, ex);
	else
		prune(ex, room);
}

static void expire_room(struct room *room, uint64_t before_ms)
{
	struct expiry *ex = expiry_new(room, before_ms);
	uint64_t after = UINT64_MAX;
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_laggard(m) && m->cur.acked < after)
			after = m->cur.acked;
	}
	room->expiring = true;
	if (after == UINT64_MAX)
		prune(ex, room);
	else
		store_read(ex->hub->store, room->id, after, STEP, on_step, ex);
}

/* ---- every ten minutes, and some rooms a turn ---- */

/* True: some are left. It goes on behind whole chains only, because a chain
 * has one place in the walk. */
static bool expire_some(struct hub *h)
{
	uint64_t now = wall_ms(), keep = h->keep_days * day_ms;
	struct room *room = NULL;
	size_t count = 0;

	while ((room = hub_each_journal(h, &h->prune_at, room)) != NULL) {
		if (room->committed && !room->expiring &&
		    !(room->inbox && inbox_tidy(room)))
			expire_room(room, now > keep ? now - keep : 0);
		if (++count >= ROOMS_A_TURN && !room->by_id.next)
			return true;
	}
	h->prune_at = 0;
	return false;
}

static void on_prune(struct wtimer *t)
{
	struct hub *h = CONTAINER(t, struct hub, prune);

	if (expire_some(h)) {
		wheel_start(h->wheel, t, TURN_MS, on_prune);
		return;
	}
	member_more_tidy(h);
	expire_start(h);
}

void expire_start(struct hub *h)
{
	wheel_start(h->wheel, &h->prune, PRUNE_MS, on_prune);
}
