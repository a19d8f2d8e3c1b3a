/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delivery to legs. The same cursors as members have, with two differences: a
 * leg that comes back after a long time does not pour old talk into the other
 * network, it says how much was left out; and while its face is busy sending
 * is held for a moment.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { SKIP_BEHIND = 200, SKIP_AGE_MS = 10 * 60 * 1000, HOLD_STEPS = 5 };

/* Rooms' own notices (who came, who went) stay on this side. */
static bool leg_wants(const struct leg *l, const struct msg *msg)
{
	return msg->origin != l->id && !msg->audience &&
	       msg->kind != MSG_NOTICE;
}

static void settle(struct leg *l, uint64_t seq)
{
	if (cursor_done(&l->cur, seq))
		leg_dirty(l);
}

static bool leg_ready(const struct leg *l)
{
	return l->state == LEG_UP && !l->reading &&
	       !l->room->hub->draining &&
	       !wtimer_running(&l->retry) &&
	       l->room->hub->state == HUB_RUNNING;
}

static void on_hold_over(struct wtimer *t)
{
	leg_pump(CONTAINER(t, struct leg, retry));
}

void leg_hold(struct leg *l)
{
	struct hub *h = l->room->hub;

	if (l->state != LEG_UP || wtimer_running(&l->retry))
		return;
	wheel_start(h->wheel, &l->retry, h->backoff_ms << l->held,
		    on_hold_over);
	if (l->held < HOLD_STEPS)
		l->held++;
}

static void release(struct leg *l)
{
	l->held = 0;
	if (l->state == LEG_UP)
		wheel_stop(l->room->hub->wheel, &l->retry);
}

/* ---- what is too old ---- */

static bool too_old(const struct leg *l, const struct msg *msg)
{
	return msg->seq <= l->skip_upto ||
	       msg->time_ms + SKIP_AGE_MS < wall_ms();
}

static void skip(struct leg *l, uint64_t seq)
{
	l->skipped++;
	l->room->hub->stats.skipped++;
	settle(l, seq);
}

static int skip_notice(struct msg **mp, const struct leg *l)
{
	struct buf text = { 0 };
	struct msg_conf conf = {
		.kind = MSG_NOTICE,
		.from = l->room->addr,
		.name = room_name(l->room),
	};
	int err;

	buf_addf(&text, "%llu %s not relayed while the link was down",
		 (unsigned long long)l->skipped,
		 l->skipped == 1 ? "message was" : "messages were");
	conf.text = buf_view(&text);
	err = msg_new(mp, &conf);
	buf_free(&text);
	return err;
}

/* Tells the other side once how much it missed; number 0, because this is not
 * in the journal. Not 0: can't be sent now, the leg is held. */
static int tell_skipped(struct leg *l)
{
	struct msg *msg;
	int err;

	if (!l->skipped)
		return 0;
	err = skip_notice(&msg, l);
	if (err)
		return err;
	err = l->face->ops->deliver(l->face->obj, l, msg);
	mem_deref(msg);
	if (err) {
		leg_hold(l);
		return err;
	}
	log_info("link %s: %llu messages were not relayed", l->label,
		 (unsigned long long)l->skipped);
	l->skipped = 0;
	return 0;
}

/* ---- sending ---- */

static void trouble(struct leg *l, struct view text)
{
	struct buf b = { 0 };

	buf_adds(&b, "a message did not get through: ");
	buf_addv(&b, view_head(text, 200));
	leg_trouble(l, buf_view(&b));
	buf_free(&b);
}

static void leg_give_up(struct leg *l, uint64_t seq, struct view text)
{
	struct msg *msg = NULL;

	l->room->hub->stats.given_up++;
	if (journal_find(l->room, seq, &msg))
		msg = NULL;
	log_info("link %s: message %llu (id %016llx) given up: %.*s", l->label,
		 (unsigned long long)seq,
		 (unsigned long long)(msg ? msg->id : 0), VIEW_ARG(text));
	room_failed(l->room, l->id, seq, text);
	trouble(l, text);
	settle(l, seq);
}

/* Not 0: not now, the leg is held. */
static int leg_send(struct leg *l, uint64_t seq, struct msg *msg)
{
	int err = l->face->ops->deliver(l->face->obj, l, msg);

	if (!err) {
		leg_said(l, msg);
		cursor_sent(&l->cur, seq);
		return 0;
	}
	if (err == EBUSY || err == ENOTCONN) {
		leg_hold(l);
		return err;
	}
	l->failed++;
	l->room->hub->stats.failed++;
	leg_give_up(l, seq, view_str(strerror(err)));
	return 0;
}

static int leg_offer(struct leg *l, uint64_t seq, struct msg *msg)
{
	int err;

	if (!msg || !leg_wants(l, msg)) {
		settle(l, seq);
		return 0;
	}
	if (l->skipping && too_old(l, msg)) {
		skip(l, seq);
		return 0;
	}
	l->skipping = false;
	err = tell_skipped(l);
	return err ? err : leg_send(l, seq, msg);
}

void leg_deliver(struct leg *l, uint64_t seq, struct msg *msg)
{
	if (leg_ready(l) && cursor_next(&l->cur) == seq)
		leg_offer(l, seq, msg);
}

void leg_pump(struct leg *l)
{
	struct msg *msg;
	uint64_t seq;

	if (!leg_ready(l))
		return;
	if (l->topic_due)
		leg_topic(l);
	while ((seq = room_next(l->room, &l->cur)) != 0) {
		if (journal_find(l->room, seq, &msg)) {
			l->reading = true;
			journal_want(l->room, seq);
			return;
		}
		if (leg_offer(l, seq, msg))
			return;
	}
	if (l->cur.acked >= l->room->committed) {
		l->skipping = false;
		tell_skipped(l);
	}
}

void leg_catch_up(struct leg *l)
{
	uint64_t head = l->room->committed;

	cursor_reset(&l->cur);
	release(l);
	l->topic_out = 0;
	l->topic_due = false;
	l->skipping = true;
	l->skip_upto = head > SKIP_BEHIND ? head - SKIP_BEHIND : 0;
	leg_pump(l);
}

/* ---- answers ---- */

void hub_on_delivered(struct hub *h, uint64_t leg, uint64_t seq)
{
	struct leg *l = hub_leg_by_id(h, leg);

	if (!l || !seq || h->state != HUB_RUNNING)
		return;
	h->stats.relayed++;
	l->sent++;
	l->traffic_ms = now_ms();
	release(l);
	settle(l, seq);
	leg_pump(l);
}

void hub_on_failed(struct hub *h, uint64_t leg, uint64_t seq, bool again,
		   struct view text)
{
	struct leg *l = hub_leg_by_id(h, leg);

	if (!l || !seq || l->state != LEG_UP || h->state != HUB_RUNNING)
		return;
	h->stats.failed++;
	l->failed++;
	if (again) {
		cursor_undo(&l->cur, seq);
		leg_hold(l);
		return;
	}
	leg_give_up(l, seq, text);
	leg_pump(l);
}
