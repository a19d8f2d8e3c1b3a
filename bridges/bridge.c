/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A face whose network lives in workers. What is wanted stands here: accounts
 * and the legs attached through them. It is told to a worker when the worker
 * is ready, and leg by leg from then on. A leg that was lost is forgotten: the
 * hub attaches it again.
 */
#include <errno.h>

#include "bridge_priv.h"
#include "clock.h"
#include "mem.h"

enum {
	ACCOUNTS_PER_WORKER = 50,
	PING_MS = 5000,
	PONG_MS = 15000,
};

/* ---- the ops ---- */

static int op_start(void *face, struct hub *hub)
{
	struct bridge *b = face;

	b->hub = hub;
	return 0;
}

static void op_stop(void *face)
{
	struct bridge *b = face;
	struct lnode *n, *nx, *m, *mx;
	size_t i;

	b->hub = NULL;
	sessions_stop(b);
	for (i = 0; i < b->crews_count; i++)
		sup_stop(b->crews[i].sup);
	LIST_EACH (&b->accounts, n, nx) {
		struct account *a = CONTAINER(n, struct account, in_bridge);

		a->told = false;
		LIST_EACH (&a->wants, m, mx)
			want_drop(b, CONTAINER(m, struct want, in_account));
	}
}

/* What follows "scheme:"; EINVAL when the target is another's. */
static int rest_of(const struct bridge *b, struct view target,
		   struct view *rest)
{
	struct view scheme;

	if (!view_cut(target, ':', &scheme, rest) ||
	    !view_ieqs(scheme, b->scheme))
		return EINVAL;
	return 0;
}

/* Another way than by an account. */
static bool is_other(const struct bridge *b, struct view via)
{
	return b->legs && !account_find(b, via) &&
	       b->legs->has(b->legs_arg, via);
}

static int op_check(void *face, struct view target, struct view via,
		    struct buf *viaout, struct buf *why)
{
	struct bridge *b = face;
	struct view rest;

	if (rest_of(b, target, &rest)) {
		buf_addf(why, "has to begin with \"%s:\"", b->scheme);
		return EINVAL;
	}
	if (is_other(b, via))
		return b->legs->check(b->legs_arg, rest, via, viaout, why);
	if (b->legs && b->legs->own && b->legs->own(b->legs_arg, rest)) {
		buf_adds(why, "this is a room of our own: it would be linked "
			      "in a circle");
		return EINVAL;
	}
	return b->conf.check(b->conf.arg, rest, via, viaout, why);
}

static int op_attach(void *face, struct leg *leg)
{
	struct bridge *b = face;
	struct account *a = account_find(b, view_str(leg->via));
	struct want *w = want_find(b, leg->id);
	struct buf place = { 0 };
	struct view rest;
	int err;

	if (!b->hub)
		return ENOTCONN;
	if (rest_of(b, view_str(leg->target), &rest))
		return EINVAL;
	if (is_other(b, view_str(leg->via)))
		return b->legs->attach(b->legs_arg, leg, rest);
	if (!a)
		return EINVAL;
	if (a->off)
		return EACCES;
	err = b->conf.place(b->conf.arg, rest, &place);
	if (err)
		goto out;
	if (w)
		want_drop(b, w);
	if (a->sup && sup_retiring(a->sup) && list_empty(&a->wants))
		account_move(b, a);
	w = want_new(b, a, leg, buf_view(&place));
	if (!a->sup)
		a->sup = worker_pick(b);
	if (sup_ready(a->sup))
		tell_join(b, w);
	else
		sup_start(a->sup);
out:
	buf_free(&place);
	return err;
}

static void op_detach(void *face, struct leg *leg)
{
	struct bridge *b = face;
	struct account *a = account_find(b, view_str(leg->via));
	struct want *w = want_find(b, leg->id);

	if (is_other(b, view_str(leg->via))) {
		b->legs->detach(b->legs_arg, leg);
		return;
	}
	if (w) {
		tell_part(w);
		want_drop(b, w);
	}
	/* Nobody uses it any more: no reason to stay logged in. */
	if (a && list_empty(&a->wants))
		tell_account_del(a);
}

/* Why it may not be attached. */
static void op_refusal(void *face, const struct leg *leg, struct buf *why)
{
	const struct bridge *b = face;
	const struct account *a = account_find(b, view_str(leg->via));

	if (a && a->off)
		buf_adds(why, a->off);
}

static int say_by_account(const struct want *w, const struct leg *leg,
			  const struct msg *msg)
{
	struct wire_msg m = {
		.type = WIRE_SAY,
		.u = { leg->id, msg->seq, msg->id, msg->kind, msg->time_ms },
		.s = { msg->name, msg->text },
	};

	if (sup_full(w->account->sup))
		return EBUSY;
	return sup_send(w->account->sup, &m);
}

static int op_deliver(void *face, struct leg *leg, struct msg *msg)
{
	struct bridge *b = face;
	const struct want *w = want_find(b, leg->id);
	int err = ENOTSUP;

	if (is_other(b, view_str(leg->via)))
		return b->legs->deliver(b->legs_arg, leg, msg);
	if (!w)
		return ENOTCONN;
	if (b->voices && w->up)
		err = b->voices->deliver(b->voices_arg, leg, msg);
	return err == ENOTSUP ? say_by_account(w, leg, msg) : err;
}

static int op_subject(void *face, struct leg *leg, struct view text)
{
	struct bridge *b = face;
	const struct want *w = want_find(b, leg->id);
	struct wire_msg m = {
		.type = WIRE_SAY,
		.u = { leg->id, 0, 0, MSG_SUBJECT, wall_ms() },
		.s = { VIEW_NONE, text },
	};

	if (is_other(b, view_str(leg->via)))
		return b->legs->subject(b->legs_arg, leg, text);
	if (!w)
		return ENOTCONN;
	if (sup_full(w->account->sup))
		return EBUSY;
	return sup_send(w->account->sup, &m);
}

static int op_expel(void *face, struct leg *leg, struct view nick, bool ban,
		    struct view reason)
{
	struct bridge *b = face;
	const struct want *w = want_find(b, leg->id);
	const struct wire_msg m = {
		.type = WIRE_EXPEL,
		.u = { leg->id, ban },
		.s = { nick, reason },
	};

	if (is_other(b, view_str(leg->via)))
		return b->legs->expel ?
			       b->legs->expel(b->legs_arg, leg, nick, ban,
					      reason) :
			       ENOTSUP;
	if (!b->conf.expels)
		return ENOTSUP;
	if (!w)
		return ENOTCONN;
	if (sup_full(w->account->sup))
		return EBUSY;
	return sup_send(w->account->sup, &m);
}

static void op_at(void *face, const struct leg *leg, struct buf *out)
{
	const struct bridge *b = face;

	if (is_other(b, view_str(leg->via)))
		buf_adds(out, b->legs->at);
}

void bridge_legs(struct bridge *b, const struct bridge_legs *ops, void *arg)
{
	b->legs = ops;
	b->legs_arg = arg;
	b->ops.at = op_at;
}

void bridge_voices(struct bridge *b, const struct bridge_voices *ops,
		   void *arg)
{
	b->voices = ops;
	b->voices_arg = arg;
}

void bridge_links(struct bridge *b,
		  void (*link)(void *arg, struct view label,
			       struct bridge_link *out),
		  void *arg)
{
	b->link = link;
	b->link_arg = arg;
}

void bridge_unwanted(struct bridge *b,
		     void (*h)(void *arg, struct view label, struct view who),
		     void *arg)
{
	b->unwanted = h;
	b->unwanted_arg = arg;
}

static void op_fanout(void *face, struct room *room, struct msg *msg,
		      struct member *const *members, size_t count)
{
	struct bridge *b = face;

	b->fanout(b->members_arg, room, msg, members, count);
}

static void op_tell(void *face, struct room *room, const struct addr *to,
		    struct view text)
{
	struct bridge *b = face;

	b->tell(b->members_arg, room, to, text);
}

void bridge_members(struct bridge *b,
		    void (*fanout)(void *arg, struct room *room,
				   struct msg *msg,
				   struct member *const *members,
				   size_t count),
		    void (*tell)(void *arg, struct room *room,
				 const struct addr *to, struct view text),
		    void *arg)
{
	b->fanout = fanout;
	b->tell = tell;
	b->members_arg = arg;
	b->ops.caps |= FACE_MEMBERS | FACE_ECHO;
	b->ops.fanout = op_fanout;
	b->ops.tell = op_tell;
}

static int status_line(struct sink *out, const struct bridge *b,
		       const struct sup *s)
{
	size_t load = worker_load(b, s);
	int err = sup_print(out, s);

	if (!err)
		err = sink_printf(out, ", %zu account%s", load,
				  load == 1 ? "" : "s");
	if (!err && sup_error(s)[0])
		err = sink_printf(out, ", last error: %s", sup_error(s));
	return err ? err : sink_printf(out, "\n");
}

static int op_status(void *face, struct sink *out)
{
	const struct bridge *b = face;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < b->crews_count; i++)
		err = status_line(out, b, b->crews[i].sup);
	return err;
}

/* ---- for the network ---- */

static uint64_t or_else(uint64_t n, uint64_t otherwise)
{
	return n ? n : otherwise;
}

int bridge_new(struct bridge **bp, const struct bridge_conf *conf)
{
	struct bridge *b;

	if (!conf->loop || !conf->scheme || !conf->program || !conf->check ||
	    !conf->place)
		return EINVAL;
	b = mem_new(sizeof(*b), NULL);
	b->conf = *conf;
	b->conf.accounts_per_worker =
		or_else(conf->accounts_per_worker, ACCOUNTS_PER_WORKER);
	b->conf.worker_ping_ms = or_else(conf->worker_ping_ms, PING_MS);
	b->conf.worker_pong_ms = or_else(conf->worker_pong_ms, PONG_MS);
	b->scheme = mem_strdup(conf->scheme);
	b->program = mem_strdup(conf->program);
	b->ops = (struct face_ops){
		.scheme = b->scheme,
		.caps = FACE_LINKS,
		.start = op_start,
		.stop = op_stop,
		.check = op_check,
		.attach = op_attach,
		.detach = op_detach,
		.refusal = op_refusal,
		.deliver = op_deliver,
		.subject = conf->topics ? op_subject : NULL,
		.expel = op_expel,
		.status = op_status,
	};
	list_init(&b->accounts);
	*bp = b;
	return 0;
}

void bridge_free(struct bridge *b)
{
	struct lnode *n;
	size_t i;

	if (!b)
		return;
	op_stop(b);
	sessions_forget(b);
	for (i = 0; i < b->crews_count; i++)
		mem_deref(b->crews[i].sup);
	mem_free(b->crews);
	while ((n = list_shift(&b->accounts)))
		account_free(CONTAINER(n, struct account, in_bridge));
	htable_free(&b->wants);
	htable_free(&b->sessions);
	if (b->conf.destroy)
		b->conf.destroy(b->conf.arg);
	mem_free(b->scheme);
	mem_free(b->program);
	mem_deref(b);
}

const struct face_ops *bridge_ops(const struct bridge *b)
{
	return &b->ops;
}

size_t bridge_pids(const struct bridge *b, int *pids, size_t max)
{
	size_t i, n = 0;

	for (i = 0; i < b->crews_count && n < max; i++) {
		if (sup_pid(b->crews[i].sup))
			pids[n++] = sup_pid(b->crews[i].sup);
	}
	return n;
}
