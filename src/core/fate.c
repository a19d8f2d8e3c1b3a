/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of a message. The cursors know what is settled; why something
 * was given up is remembered for the newest few of each room, as long as the
 * process runs.
 */
#include <errno.h>

#include "hub_priv.h"
#include "mem.h"

enum { FAILS = 32, REASON_MAX = 80, DETAILS_MAX = 20 };

struct fail {
	uint64_t seq, target; /* member or leg */
	char reason[REASON_MAX + 1];
};

struct room_fails {
	struct fail list[FAILS];
	size_t next;
};

void member_said(struct member *m, const struct msg *msg)
{
	struct member_more *more = member_more(m);

	more->said = msg->seq;
	more->said_ms = msg->time_ms;
}

void room_failed(struct room *room, uint64_t target, uint64_t seq,
		 struct view reason)
{
	struct buf b = { 0 };
	struct fail *f;

	if (!room->fails)
		room->fails = mem_zalloc(sizeof(*room->fails));
	f = &room->fails->list[room->fails->next++ % FAILS];
	f->seq = seq;
	f->target = target;
	hub_clean_line(&b, reason, REASON_MAX);
	view_copy(f->reason, sizeof(f->reason), buf_view(&b));
	buf_free(&b);
}

static const struct fail *find_fail(const struct room *room, uint64_t target,
				    uint64_t seq)
{
	size_t i;

	for (i = 0; room->fails && i < FAILS; i++) {
		const struct fail *f = &room->fails->list[i];

		if (f->seq == seq && f->target == target)
			return f;
	}
	return NULL;
}

/* ---- asking ---- */

struct asking {
	struct hub_fate *out;
	struct buf *details;
	size_t lines;
};

/* Who, and how it stands; why may be NULL. */
static void detail(struct asking *q, const char *kind, struct view who,
		   const char *how, const char *why)
{
	struct buf *b = q->details;

	if (!b || q->lines++ >= DETAILS_MAX)
		return;
	buf_adds(b, kind);
	buf_addv(b, who);
	buf_adds(b, how);
	if (why && *why) {
		buf_adds(b, ": ");
		buf_adds(b, why);
	}
	buf_addc(b, '\n');
}

/* What is settled without a failure has arrived. */
static void ask_one(struct asking *q, const struct cursor *cur,
		    const struct fail *f, const char *kind, struct view who,
		    const char *waits)
{
	if (f) {
		q->out->failed++;
		detail(q, kind, who, ": failed", f->reason);
	} else if (cursor_settled(cur, q->out->seq)) {
		q->out->delivered++;
	} else {
		q->out->waiting++;
		detail(q, kind, who, ": waiting", waits);
	}
}

/* He was there already. */
static bool heard_of_it(const struct member *m, uint64_t seq)
{
	return !m->since || (int32_t)((uint32_t)seq - m->since) > 0;
}

static void ask_members(struct asking *q, const struct room *r,
			const struct member *from)
{
	struct lnode *n, *nx;

	LIST_EACH (&r->order, n, nx) {
		const struct member *m = CONTAINER(n, struct member, order);

		if (m == from || m->state != MEMBER_JOINED ||
		    !heard_of_it(m, q->out->seq))
			continue;
		ask_one(q, &m->cur, find_fail(r, m->id, q->out->seq), "",
			m->nick, m->tries ? "cannot be reached now" : NULL);
	}
}

static void ask_legs(struct asking *q, const struct room *r)
{
	struct lnode *n, *nx;

	LIST_EACH (&r->legs, n, nx) {
		const struct leg *l = CONTAINER(n, struct leg, in_room);
		const char *state =
			l->state == LEG_UP ? NULL : leg_state_name(l->state);

		ask_one(q, &l->cur, find_fail(r, l->id, q->out->seq), "link ",
			view_str(l->label), state);
	}
}

int hub_fate(struct hub_fate *out, struct buf *details, struct room *r,
	     const struct addr *from)
{
	const struct member *m = room_member(r, from);
	struct asking q = { .out = out, .details = details };

	if (!m || m->state != MEMBER_JOINED || !m->more || !m->more->said)
		return ENOENT;
	*out = (struct hub_fate){ .seq = m->more->said,
				  .time_ms = m->more->said_ms };
	ask_members(&q, r, m);
	ask_legs(&q, r);
	return 0;
}
