/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes out to XMPP. All of it goes through one queue, so that no
 * presence overtakes a word; it is empty for as long as the worker keeps up.
 * A member has a message when the server has it; it is asked for that at the
 * end of the turn, for all that was said till then, and once at a time. What
 * needs no asking the hub hears at the end of the turn as well, because a face
 * never calls up before it returns.
 */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "service_priv.h"

enum {
	CHUNK = 64 * 1024,       /* of recipients in one frame */
	OUT_MAX = 32 * 1024 * 1024,
	AGAIN_MS = 20,
};

struct outgoing {
	struct lnode node;
	struct buf stanza, rcpts;
	size_t at;               /* recipients that have it */
	struct ack *acks;        /* owned */
	size_t ack_count;
};

/* ---- answers to the hub ---- */

static void acks_add(struct acks *as, struct ack a)
{
	if (as->count == as->cap) {
		as->cap = as->cap ? as->cap * 2 : 64;
		as->all = mem_array(as->all, as->cap, sizeof(a));
	}
	as->all[as->count++] = a;
}

static void acks_free(struct acks *as)
{
	mem_free(as->all);
	*as = (struct acks){ 0 };
}

/* The hub may have more to be said before this returns. */
static void acks_tell(struct service *s, struct acks *as, bool failed)
{
	struct acks told = *as;

	*as = (struct acks){ 0 };
	for (size_t i = 0; i < told.count; i++) {
		const struct ack *a = &told.all[i];

		if (a->failed || failed)
			hub_on_member_failed(service_hub(s), a->member,
					     a->seq, true,
					     VIEW("he is not connected"));
		else
			hub_on_member_delivered(service_hub(s), a->member,
						a->seq);
	}
	acks_free(&told);
}

static void again(struct service *s);
static void want_turn(struct service *s);

static void on_flushed(int err, struct view text, void *arg)
{
	struct service *s = arg;

	(void)text;
	acks_tell(s, &s->flushing, err != 0);
	if (s->posted.count)
		want_turn(s);
}

/* Has the server what was posted? */
static void flush(struct service *s)
{
	int err;

	if (!s->posted.count || s->flushing.count)
		return;
	err = xlink_flush(s->gate->rooms, on_flushed, s);
	if (err == EBUSY) {
		again(s);
	} else if (err) {
		acks_tell(s, &s->posted, true);
	} else {
		s->flushing = s->posted;
		s->posted = (struct acks){ 0 };
	}
}

static void on_turn(void *arg)
{
	struct service *s = arg;

	acks_tell(s, &s->known, false);
	flush(s);
}

static void want_turn(struct service *s)
{
	s->ack_job.h = on_turn;
	s->ack_job.arg = s;
	loop_defer(s->gate->conf.loop, &s->ack_job);
}

void service_ack(struct service *s, struct ack a)
{
	acks_add(&s->known, a);
	want_turn(s);
}

static void ack_out(struct service *s, const struct outgoing *o, bool failed)
{
	for (size_t i = 0; i < o->ack_count; i++) {
		o->acks[i].failed = failed;
		acks_add(failed ? &s->known : &s->posted, o->acks[i]);
	}
	if (o->ack_count)
		want_turn(s);
}

/* ---- the queue ---- */

/* Whole lines, CHUNK at most (or one that is longer). */
static struct view chunk_of(struct view rcpts)
{
	struct view v = view_head(rcpts, CHUNK);

	if (v.n == rcpts.n)
		return v;
	while (v.n && v.p[v.n - 1] != '\n')
		v.n--;
	return v;
}

static int send_now(struct service *s, const struct buf *stanza,
		    struct view rcpts, size_t *at)
{
	struct xlink *x = s->gate->rooms;
	struct view rest = view_from(rcpts, *at), part;
	int err = 0;

	if (!rcpts.n)
		return xlink_send(x, stanza);
	while (!err && rest.n) {
		part = chunk_of(rest);
		err = xlink_send_many(x, stanza, part);
		if (err)
			break;
		*at += part.n;
		rest = view_from(rest, part.n);
	}
	return err;
}

static void out_free(struct service *s, struct outgoing *o)
{
	list_remove(&s->out, &o->node);
	s->out_bytes -= o->stanza.n + o->rcpts.n;
	buf_free(&o->stanza);
	buf_free(&o->rcpts);
	mem_free(o->acks);
	mem_free(o);
}

static void on_again(struct wtimer *t);

static void again(struct service *s)
{
	if (wtimer_running(&s->out_timer))
		return;
	wheel_start(loop_wheel(s->gate->conf.loop), &s->out_timer, AGAIN_MS,
		    on_again);
}

static void on_again(struct wtimer *t)
{
	struct service *s = CONTAINER(t, struct service, out_timer);
	struct lnode *n;

	while ((n = list_first(&s->out))) {
		struct outgoing *o = CONTAINER(n, struct outgoing, node);
		int err = send_now(s, &o->stanza, buf_view(&o->rcpts),
				   &o->at);

		if (err == EBUSY) {
			again(s);
			return;
		}
		ack_out(s, o, err && err != EMSGSIZE);
		out_free(s, o);
	}
	flush(s);
}

static void put(struct service *s, const struct buf *stanza,
		struct view rcpts, size_t at, struct ack *acks, size_t count)
{
	struct outgoing *o = mem_zalloc(sizeof(*o));

	buf_addv(&o->stanza, buf_view(stanza));
	buf_addv(&o->rcpts, rcpts);
	o->at = at;
	o->acks = acks;
	o->ack_count = count;
	list_append(&s->out, &o->node);
	s->out_bytes += o->stanza.n + o->rcpts.n;
	again(s);
}

void service_post(struct service *s, const struct buf *stanza,
		  struct view rcpts, struct ack *acks, size_t count)
{
	struct outgoing o = { .acks = acks, .ack_count = count };
	int err = list_empty(&s->out) ?
			  send_now(s, stanza, rcpts, &o.at) : EBUSY;

	if (err == EBUSY && s->out_bytes < OUT_MAX) {
		put(s, stanza, rcpts, o.at, acks, count);
		return;
	}
	if (err && err != ENOTCONN)
		log_warning("xmpp %s: a stanza was not sent: %s",
			    s->gate->rooms->label, strerror(err));
	ack_out(s, &o, err && err != EMSGSIZE);
	mem_free(acks);
}

void service_send(struct service *s, const struct buf *stanza,
		  struct view rcpts)
{
	if (service_is_up(s))
		service_post(s, stanza, rcpts, NULL, 0);
}

void service_out_down(struct service *s)
{
	struct lnode *n;

	wheel_stop(loop_wheel(s->gate->conf.loop), &s->out_timer);
	while ((n = list_first(&s->out))) {
		struct outgoing *o = CONTAINER(n, struct outgoing, node);

		ack_out(s, o, true);
		out_free(s, o);
	}
	/* what comes next goes another way */
	for (size_t i = 0; i < s->posted.count; i++) {
		s->posted.all[i].failed = true;
		service_ack(s, s->posted.all[i]);
	}
	acks_free(&s->posted);
}

void service_out_free(struct service *s)
{
	struct lnode *n;

	wheel_stop(loop_wheel(s->gate->conf.loop), &s->out_timer);
	while ((n = list_first(&s->out)))
		out_free(s, CONTAINER(n, struct outgoing, node));
	loop_undefer(s->gate->conf.loop, &s->ack_job);
	if (s->gate->rooms)
		xlink_forget(s->gate->rooms, s);
	acks_free(&s->known);
	acks_free(&s->posted);
	acks_free(&s->flushing);
}

/* ---- refusals ---- */

void service_refuse(struct service *s, const struct elem *e, const char *type,
		    const char *condition, struct view text)
{
	struct buf b = { 0 };

	if (stanza_error(&b, e, type, condition, text))
		service_send(s, &b, VIEW_NONE);
	buf_free(&b);
}

void service_refuse_no(struct service *s, const struct elem *e,
		       enum house_no no)
{
	static const struct {
		const char *type, *condition, *text;
	} is[] = {
		[HOUSE_NO_ROOM] = { "cancel", "not-allowed",
				    "There is no such room, and none is made "
				    "by going there" },
		[HOUSE_BAD_NAME] = { "cancel", "not-acceptable",
				     "No room may be called this" },
		[HOUSE_NOT_IN] = { "cancel", "not-acceptable",
				   "You are not in this room" },
		[HOUSE_MEMBERS_ONLY] = { "auth", "registration-required",
					 "This room is private" },
		[HOUSE_IS_BANNED] = { "auth", "forbidden",
				      "You are banned from this room" },
		[HOUSE_RIGHT] = { "auth", "forbidden",
				  "You have no right to do that" },
		[HOUSE_FAST] = { "wait", "policy-violation",
				 "Too much at once: try again later" },
		[HOUSE_FULL] = { "wait", "service-unavailable",
				 "That would be one room too many" },
		[HOUSE_BLOCKED] = { "cancel", "not-acceptable",
				    "Does not want to hear from you" },
		[HOUSE_SELF] = { "cancel", "not-allowed",
				 "Nobody does that to himself" },
	};

	service_refuse(s, e, is[no].type, is[no].condition,
		       view_str(is[no].text));
}

void service_refuse_flat(struct service *s, const struct buf *flat,
			 const char *type, const char *condition,
			 struct view text)
{
	struct elem e;

	elem_read(&e, buf_view(flat));
	service_refuse(s, &e, type, condition, text);
}
