/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delivery to members. Who stands right before a new message gets it in one
 * fan-out with the others; who lags behind is pumped as his answers come
 * (late.c sends that). A member whose delivery failed for now is put
 * off (tries > 0): he is sent only the lowest message he lacks, at growing
 * intervals, until one gets through.
 */
#include <errno.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

static const uint64_t put_off_ms[] = { 30 * 1000, 2 * 60 * 1000,
				       10 * 60 * 1000, 60 * 60 * 1000 };

enum { PUT_OFF_STEPS = sizeof(put_off_ms) / sizeof(put_off_ms[0]) };

uint64_t room_next(const struct room *room, const struct cursor *cur)
{
	uint64_t seq = cursor_next(cur);

	return seq <= room->committed ? seq : 0;
}

static bool is_for(const struct msg *msg, const struct member *m)
{
	return (msg->audience & ~MSG_TO_STAFF) == m->id ||
	       ((msg->audience & MSG_TO_STAFF) && m->role >= ROLE_ADMIN);
}

static bool hears_himself(const struct member *m)
{
	return m->face && (m->face->ops->caps & FACE_ECHO);
}

/* His own words are no news to him, but a notice goes to all. */
bool member_wants(const struct member *m, const struct msg *msg)
{
	if (m->state != MEMBER_JOINED || m->expelled)
		return false;
	if (msg->audience && !is_for(msg, m))
		return false;
	return msg->kind == MSG_NOTICE || msg->origin || m->room->inbox ||
	       hears_himself(m) ||
	       !addr_eq(msg->from, m->addr);
}

static void settle(struct member *m, uint64_t seq)
{
	if (cursor_done(&m->cur, seq))
		member_dirty(m);
}

/* ---- one member ---- */

static bool member_ready(const struct member *m)
{
	if (!m->face || m->reading || m->room->hub->state != HUB_RUNNING)
		return false;
	return !m->tries ||
	       (cursor_idle(&m->cur) && !member_retry_running(m));
}

static void member_offer(struct member *m, uint64_t seq, struct msg *msg)
{
	if (!msg || !member_wants(m, msg) || member_expired(m, msg)) {
		settle(m, seq);
		return;
	}
	cursor_sent(&m->cur, seq);
	late_add(m, msg);
}

void member_normal(struct member *m)
{
	if (!m->tries)
		return;
	m->tries = 0;
	member_retry_stop(m);
	member_not_away(m);
}

void member_pump(struct member *m)
{
	struct msg *msg;
	uint64_t seq;

	while (member_ready(m)) {
		seq = room_next(m->room, &m->cur);
		if (!seq)
			break;
		if (journal_find(m->room, seq, &msg)) {
			m->reading = true;
			journal_want(m->room, seq);
			return;
		}
		member_offer(m, seq, msg);
	}
	/* A probe that found nothing left to send. */
	if (m->tries && m->cur.acked >= m->room->committed)
		member_normal(m);
}

static void on_retry(struct wtimer *t)
{
	member_pump(member_of_retry(t));
}

void member_put_off(struct member *m)
{
	unsigned step;

	if (member_retry_running(m))
		return;
	if (!m->tries)
		member_gone(m);
	if (m->tries < PUT_OFF_STEPS)
		m->tries++;
	step = m->tries - 1u;
	member_retry_start(m, put_off_ms[step], on_retry);
	log_debug("room %.*s: %.*s put off for %llu s",
		  VIEW_ARG(m->room->addr->text), VIEW_ARG(m->addr->text),
		  (unsigned long long)put_off_ms[step] / 1000);
}

void member_farewell(struct member *m, struct msg *msg)
{
	if (!m->face || m->room->hub->state != HUB_RUNNING)
		return;
	m->face->ops->fanout(m->face->obj, m->room, msg, &m, 1);
}

static void awake(struct member *m)
{
	if (!cursor_idle(&m->cur) || m->reading)
		return;
	member_retry_stop(m);
	member_pump(m);
}

void hub_member_awake(struct hub *h, const struct addr *a)
{
	struct hnode *n = htable_find(&h->waiting, a->hash);
	struct hnode *next;

	for (; n; n = next) {
		struct member *m =
			CONTAINER(n, struct member_more, waiting)->member;

		next = htable_more(n);
		if (addr_eq(m->addr, a))
			awake(m);
	}
}

/* ---- all of them ---- */

void hub_batch_reserve(struct hub *h, size_t count)
{
	if (count <= h->batch_cap)
		return;
	h->batch_cap = count + count / 2;
	h->batch = mem_array(h->batch, h->batch_cap, sizeof(h->batch[0]));
}

/* Returns how many of this face are to get it. */
static size_t collect(struct room *room, const struct face *f, uint64_t seq,
		      const struct msg *msg)
{
	struct hub *h = room->hub;
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m->face != f || m->tries || m->reading ||
		    cursor_next(&m->cur) != seq)
			continue;
		if (!msg || !member_wants(m, msg)) {
			settle(m, seq);
			continue;
		}
		cursor_sent(&m->cur, seq);
		h->batch[count++] = m;
	}
	return count;
}

void hub_deliver(struct room *room, uint64_t seq, struct msg *msg)
{
	struct hub *h = room->hub;
	struct lnode *n, *nx;
	size_t i, count;

	if (h->state != HUB_RUNNING)
		return;
	late_flush(h);
	hub_batch_reserve(h, room->members.count);
	for (i = 0; i < h->nfaces; i++) {
		struct face *f = &h->faces[i];

		if (!(f->ops->caps & FACE_MEMBERS))
			continue;
		count = collect(room, f, seq, msg);
		if (count)
			f->ops->fanout(f->obj, room, msg, h->batch, count);
	}
	LIST_EACH (&room->legs, n, nx)
		leg_deliver(CONTAINER(n, struct leg, in_room), seq, msg);
}

/* ---- answers ---- */

static void delivered(struct hub *h, uint64_t member, uint64_t seq, int status)
{
	const struct outcome o = { .fate = GATE_DELIVERED, .status = status };
	struct member *m = hub_member_by_id(h, member);

	if (!m || h->state != HUB_RUNNING)
		return;
	h->stats.delivered++;
	member_settled(m, seq, NULL, &o);
	if (m->more) {
		mem_deref(member_doomed(m, seq));
		member_back(m);
	}
	member_normal(m);
	settle(m, seq);
	member_pump(m);
}

static void give_up(struct member *m, uint64_t seq, int status,
		    struct view text)
{
	const struct outcome o = { GATE_REFUSED, status, text };

	struct msg *msg = NULL, *doomed = member_doomed(m, seq);

	m->room->hub->stats.given_up++;
	if (journal_find(m->room, seq, &msg) || !msg)
		msg = doomed;
	log_info("room %.*s: message %llu (id %016llx) for %.*s given up: "
		 "%.*s",
		 VIEW_ARG(m->room->addr->text), (unsigned long long)seq,
		 (unsigned long long)(msg ? msg->id : 0),
		 VIEW_ARG(m->addr->text), VIEW_ARG(text));
	room_failed(m->room, m->id, seq, text);
	member_settled(m, seq, msg, &o);
	mem_deref(doomed);
	member_normal(m);
	settle(m, seq);
	member_pump(m);
}

/* There is no other attempt when the journal has let it go meanwhile. */
static bool lose(struct member *m, uint64_t seq)
{
	struct msg *msg = member_doomed(m, seq);

	if (!msg)
		return false;
	m->room->hub->stats.given_up++;
	m->more->missed++;
	member_tell_sender(m, msg, &outcome_away);
	mem_deref(msg);
	settle(m, seq);
	return true;
}

static void failed_for_now(struct member *m, uint64_t seq)
{
	member_more(m)->failed_ms = now_ms();
	if (!lose(m, seq))
		cursor_undo(&m->cur, seq);
	member_put_off(m);
}

static void failed(struct hub *h, const struct hub_answer *a)
{
	struct member *m = hub_member_by_id(h, a->member);

	if (!m || h->state != HUB_RUNNING)
		return;
	h->stats.failed++;
	if (a->again)
		failed_for_now(m, a->seq);
	else
		give_up(m, a->seq, a->status, a->text);
}

void hub_on_member_answered(struct hub *h, const struct hub_answer *a)
{
	if (a->status >= 200 && a->status < 300)
		delivered(h, a->member, a->seq, a->status);
	else
		failed(h, a);
}

void hub_on_member_delivered(struct hub *h, uint64_t member, uint64_t seq)
{
	delivered(h, member, seq, 200);
}

void hub_on_member_failed(struct hub *h, uint64_t member, uint64_t seq,
			  bool again, struct view text)
{
	const struct hub_answer a = { .member = member, .seq = seq,
				      .status = 500, .again = again,
				      .text = text };

	failed(h, &a);
}
