/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fan-out: one template a message, one transaction a member. An op must
 * not call up, so what can't be sent at once waits for the end of the loop's
 * turn.
 *
 * To many it goes in pieces, no more than can be answered (sip_window()), and
 * the next one when answers have come: else our own burst would make the
 * answers get lost, and all would be sent twice.
 */
#include "fanout_priv.h"

#include <errno.h>
#include <string.h>

#include "blocks.h"
#include "clock.h"
#include "cpim.h"
#include "fork.h"
#include "mem.h"
#include "meta.h"
#include "sms.h"

enum {
	LATE_MS = 60 * 1000,
	SMALL = 64,   /* members; such rooms wait for nobody */
	PIECE = 512,  /* copies in one turn of the loop, */
	SHARE = 128,  /* and of one room's, while others wait as well */
	PAUSE_MS = 10,
};

/* A message on its way to many. */
struct fan {
	struct imc *imc;   /* borrowed */
	struct room *room; /* borrowed; looked up again when it has waited */
	struct msg *msg;   /* borrowed, or a ref while it waits */
	struct buf body;
	struct buf marks;       /* of a room: what goes on of its meta */
	struct sip_template *t; /* ref, or NULL: too long for any MESSAGE */
	char *text;             /* ref, or NULL; the body, for letters */
	bool asks;              /* its sender wants to hear when it is there */
	/* while it waits */
	struct pace_item item;
	uint64_t *members;      /* owned: those who have not got it yet */
	size_t at, count;
};

static void fan_end(struct fan *f)
{
	mem_deref(f->t);
	mem_deref(f->text);
	buf_free(&f->body);
	buf_free(&f->marks);
}

/* The body for those who can't have it as the others do. */
static void need_text(struct fan *f)
{
	if (f->text)
		return;
	f->text = mem_new(f->body.n, NULL);
	memcpy(f->text, f->body.p, f->body.n);
}

static size_t first_line(struct view v)
{
	struct view line, rest;

	view_cut(v, '\n', &line, &rest);
	return line.n;
}

/* Bytes of "[alice]: ". */
static size_t prefix_of(const struct fan *f)
{
	return first_line(buf_view(&f->body)) - first_line(f->msg->text);
}

/* Who is seen to speak: the room, or to one by himself whoever does. */
static struct view fan_from(const struct fan *f)
{
	return f->room->inbox ? f->msg->from->text : f->room->addr->text;
}

/* When it was said, where somebody knows better than we. */
static uint64_t said_ms(const struct msg *msg)
{
	struct meta m;

	meta_get(&m, msg->meta);
	return m.time_ms ? m.time_ms : msg->time_ms;
}

/* To all his devices, or to one that wants it in its own form. */
static int send_letters(const struct fan *f, const struct member *mb,
			const struct ways *ways)
{
	const struct letter_conf conf = {
		.from = fan_from(f),
		.flow.anew = ways->way[0].flow.anew,
		.text = view_mem(f->text, f->body.n),
		.owner = f->text,
		.prefix = prefix_of(f),
		.meta = f->room->inbox ? f->msg->meta : buf_view(&f->marks),
		.id = f->msg->id,
		.key = mb->id,
		.time_ms = said_ms(f->msg),
		.doneh = fanout_on_letter,
		.a = mb->id,
		.b = f->msg->seq,
	};

	return fork_send(f->imc, &conf, ways->way, ways->count);
}

static int send_copy(const struct fan *f, const struct member *mb,
		     const struct way *way)
{
	return sip_send(f->imc->sip, f->t, &way->flow, way->dest, mb->id,
			mb->id, f->msg->seq);
}

static void set_error(struct unsent *u, int err)
{
	u->again = err == ENOBUFS || err == ESHUTDOWN;
	u->status = u->again ? 503 : err == EMSGSIZE ? 513 : 400;
	if (err == ESHUTDOWN)
		u->why = "SIP is down";
	else if (err == ENOBUFS)
		u->why = "too many requests are under way";
	else if (err == EMSGSIZE)
		u->why = "too long for a SIP request";
	else
		u->why = "no SIP request can carry it";
}

/* The one template will do. */
static bool copy_fits(const struct fan *f, const struct way *way)
{
	const struct device_form form = imc_form(way);

	return f->t && form.type == DEVICE_TYPE_FULL &&
	       !(f->asks && form.reports) &&
	       f->body.n <= form.body_max &&
	       (!form.sms || f->body.n <= sms_max(SMS_UCS2)) &&
	       (!form.chars || f->body.n <= form.chars) &&
	       imc_packet_fits(f->imc, f->t, way);
}

/* False: u says why not. */
static bool send_one(struct fan *f, const struct member *mb,
		     struct unsent *u)
{
	struct ways ways;
	struct way *way = &ways.way[0];
	int err;

	u->again = true;
	u->status = 480;
	switch (imc_ways(f->imc, mb->addr, &ways)) {
	case ROUTE_UNKNOWN:
		u->why = "no contact is known: not heard from yet";
		return false;
	case ROUTE_UNRESOLVED:
		u->why = "the outbound proxy, or his domain, is not resolved";
		return false;
	case ROUTE_OK:
		break;
	}
	way->flow.anew = member_failed_ms(mb) &&
			 now_ms() - member_failed_ms(mb) < SIP_MEMORY_MS;
	if (ways.count == 1 && copy_fits(f, way)) {
		err = send_copy(f, mb, way);
	} else {
		need_text(f);
		err = send_letters(f, mb, &ways);
	}
	if (err)
		set_error(u, err);
	return !err;
}

/* Who gets it long after it was said is told when that was. */
static void add_late_mark(struct buf *b, const struct imc *i,
			  const struct msg *m)
{
	if (i->time_marks && m->kind != MSG_NOTICE &&
	    wall_ms() > m->time_ms + LATE_MS)
		dialect_add_time(b, m->time_ms);
}

static void take_meta(struct fan *f, struct headers_more *more)
{
	struct meta m;

	meta_get(&m, f->msg->meta);
	more->notice = m.notice;
	more->hops = (unsigned)m.hops;
	if (!f->room->inbox) {
		const struct meta marks = { .notice = m.notice,
					    .hops = m.hops };

		meta_put(&f->marks, &marks);
		return;
	}
	more->subject = m.subject;
	more->lang = m.lang;
	f->asks = m.receipt && cpim_id_ok(m.id);
}

static int prepare(struct fan *f)
{
	struct imc_text text = {
		.id = f->msg->id,
		.from = fan_from(f),
		.time_ms = said_ms(f->msg),
		.doneh = fanout_on_copy,
	};
	int err;

	if (!f->imc->sip)
		return ESHUTDOWN;
	if (f->msg->meta.n)
		take_meta(f, &text.more);
	add_late_mark(&f->body, f->imc, f->msg);
	if (f->room->inbox)
		buf_addv(&f->body, f->msg->text);
	else
		dialect_render(&f->body, f->imc->dialect, f->msg);
	text.body = buf_view(&f->body);
	err = imc_template(&f->t, f->imc, &text);
	return err == EMSGSIZE ? 0 : err;
}

static void send_to(struct fan *f, const struct member *m)
{
	struct unsent u = { .member = m->id, .seq = f->msg->seq };

	if (f->imc->sip && send_one(f, m, &u))
		return;
	if (!f->imc->sip)
		set_error(&u, ESHUTDOWN);
	fanout_add_unsent(f->imc, &u);
}

/* ---- waiting ---- */

static void fan_destroy(void *obj)
{
	struct fan *f = obj;

	fan_end(f);
	mem_deref(f->msg);
	mem_free(f->members);
}

/* Takes what f holds. */
static void fan_wait(const struct fan *f, struct member *const *members,
		     size_t count)
{
	struct fanout *all = &f->imc->fanout;
	struct fan *w = mem_new(sizeof(*w), fan_destroy);

	*w = *f;
	w->item.room = f->room->id;
	mem_ref(w->msg);
	w->members = mem_array(NULL, count, sizeof(w->members[0]));
	for (w->count = 0; w->count < count; w->count++)
		w->members[w->count] = members[w->count]->id;
	pace_add(&all->waiting, &w->item);
	if (!wtimer_running(&all->timer))
		wheel_start(loop_wheel(f->imc->loop), &all->timer, PAUSE_MS,
			    all->timer.h);
}

/* Some have left meanwhile, or the room is no more. */
static void fan_go_on(struct fan *f, size_t count)
{
	const struct hub *h = f->imc->hub;
	struct member *m;

	f->room = hub_room_by_id(h, f->item.room);
	if (!f->room)
		count = f->count - f->at;
	for (; count; count--, f->at++) {
		m = f->room ? hub_member_by_id(h, f->members[f->at]) : NULL;
		if (m)
			send_to(f, m);
	}
}

static size_t window_of(const struct imc *i)
{
	return i->sip ? sip_window(i->sip) : SIZE_MAX; /* all fail at once */
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void send_more(struct imc *i)
{
	struct fanout *all = &i->fanout;
	size_t budget = least(PIECE, window_of(i)), n;
	struct pace_item *item;
	struct fan *f;

	while (budget && (item = pace_turn(&all->waiting)) != NULL) {
		f = CONTAINER(item, struct fan, item);
		n = least(least(SHARE, budget), f->count - f->at);
		fan_go_on(f, n);
		budget -= n;
		if (f->at < f->count)
			continue;
		pace_remove(&all->waiting, item);
		mem_deref(f);
	}
}

static void on_next(void *arg)
{
	struct imc *i = arg;
	struct wtimer *timer = &i->fanout.timer;

	send_more(i);
	if (pace_empty(&i->fanout.waiting))
		wheel_stop(loop_wheel(i->loop), timer);
	else
		wheel_start(loop_wheel(i->loop), timer, PAUSE_MS, timer->h);
}

static void on_pause_over(struct wtimer *t)
{
	on_next(CONTAINER(t, struct imc, fanout.timer));
}

/* ---- the op ---- */

/* How many of count go at once. Who is leaving will not be there later. */
static size_t first_piece(const struct imc *i, const struct room *room,
			  const struct member *first, size_t count)
{
	if (count == 1 && first->leaving)
		return 1;
	if (pace_has(&i->fanout.waiting, room->id))
		return 0;
	return count <= SMALL ? count :
				least(count, least(PIECE, window_of(i)));
}

static void fail_all(struct imc *i, int err, uint64_t seq,
		     struct member *const *members, size_t count)
{
	struct unsent u = { .seq = seq };

	set_error(&u, err);
	for (size_t n = 0; n < count; n++) {
		u.member = members[n]->id;
		fanout_add_unsent(i, &u);
	}
}

/* He has blocked the sender, maybe while this was waiting for him. */
static void refuse_blocked(struct imc *i, uint64_t seq,
			   const struct member *mb)
{
	const struct unsent u = {
		.member = mb->id,
		.seq = seq,
		.status = 403,
		.why = "he takes nothing from you",
	};

	fanout_add_unsent(i, &u);
}

void fanout_send(struct imc *i, struct room *room, struct msg *msg,
		 struct member *const *members, size_t count)
{
	struct fan f = { .imc = i, .room = room, .msg = msg };
	size_t first = first_piece(i, room, members[0], count);
	int err;

	if (room->inbox && blocks_has(i->blocks, room->addr, msg->from)) {
		refuse_blocked(i, msg->seq, members[0]);
		return;
	}
	err = prepare(&f);

	if (err) {
		fail_all(i, err, msg->seq, members, count);
		first = count;
	}
	for (size_t n = 0; n < first && !err; n++)
		send_to(&f, members[n]);
	if (first < count)
		fan_wait(&f, members + first, count - first);
	else
		fan_end(&f);
}

void fanout_init(struct imc *i)
{
	i->fanout.job.h = fanout_tell_unsent;
	i->fanout.job.arg = i;
	i->fanout.next.h = on_next;
	i->fanout.next.arg = i;
	i->fanout.timer.h = on_pause_over;
	pace_init(&i->fanout.waiting);
}

void fanout_stop(struct imc *i)
{
	struct fanout *f = &i->fanout;
	struct pace_item *item;

	loop_undefer(i->loop, &f->job);
	loop_undefer(i->loop, &f->next);
	wheel_stop(loop_wheel(i->loop), &f->timer);
	while ((item = pace_turn(&f->waiting)) != NULL) {
		pace_remove(&f->waiting, item);
		mem_deref(CONTAINER(item, struct fan, item));
	}
	mem_free(f->list);
	f->list = NULL;
	f->count = f->size = 0;
}
