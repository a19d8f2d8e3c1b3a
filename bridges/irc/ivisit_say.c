/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user says in a channel. It is in an inbox of his for that channel
 * before he hears 202, and leaves that when the server has taken it; what a
 * connection broke under is said again, in its order, by the next one.
 */
#include <errno.h>

#include "clock.h"
#include "ivisit_priv.h"
#include "log.h"
#include "mem.h"
#include "worker.h"

enum { DELAY_S = 90, LOOK_MS = 1000, LOSSES_MAX = 5 };

/* One message on its way. */
struct said {
	struct lnode node;    /* ivisit.said, in order */
	struct ivisit *visit; /* borrowed */
	struct msg *msg;      /* ref */
	uint64_t member, at_ms;
	unsigned losses;
	bool sent;
};

/* ---- the door of SIP ---- */

/* He writes, so he wants to be there; false: he can't be, and knows it. */
static bool can_speak(struct iask *a)
{
	struct view why;

	if (seat_wake(a->seat, true) != EACCES)
		return true;
	why = seat_trouble(a->seat);
	iask_not_sent(a, 403, 0, why.n ? why : itext(ITEXT_NO_LOGIN));
	return false;
}

/* What a device writes by itself is not for people. */
void ivisit_message(struct iask *a)
{
	const struct ivisit *v = ivisit_at(a->gate, a->req.from,
					   a->target.network, a->target.name);

	if (a->req.kind != GATE_TEXT || a->req.meta.notice)
		iask_ok(a, 200, VIEW_NONE);
	else if (!v)
		iask_not_sent(a, 403, 0, itext(ITEXT_NOT_JOINED));
	else if (can_speak(a))
		iask_keep(a, v->inbox, &a->req.meta);
}

/* ---- on to the channel ---- */

static void said_free(struct said *s)
{
	struct ivisit *v = s->visit;

	if (v->seat)
		seat_untell(v->seat, s);
	list_remove(&v->said, &s->node);
	mem_deref(s->msg);
	mem_free(s);
}

/* The inbox is done with it. */
static void done(struct said *s)
{
	struct hub *h = ivisit_gate(s->visit)->conf.hub;
	uint64_t member = s->member, seq = s->msg->seq;

	said_free(s);
	hub_on_member_delivered(h, member, seq);
}

/* He is told; so it is dealt with. */
static void failed(struct said *s, struct view why)
{
	struct buf b = { 0 };

	gate_not_sent(&b, why.n ? why : itext(ITEXT_SEND_FAILED),
		      s->msg->text);
	ivisit_tell(s->visit, buf_view(&b));
	buf_free(&b);
	done(s);
}

static void on_told(int err, struct view words, void *arg)
{
	struct said *s = arg;

	if (!err)
		done(s);
	else if (err != EAGAIN)
		failed(s, words);
	else if (s->visit->seat->state == SEAT_UP)
		s->sent = false; /* too much waits there: on_late() */
	else if (++s->losses >= LOSSES_MAX)
		failed(s, itext(ITEXT_BROKE));
	else
		s->sent = false; /* in its order, with all the others */
}

static int say(struct said *s)
{
	struct ivisit *v = s->visit;
	struct view text = s->msg->text, me = VIEW("/me ");
	struct ircp p = { .verb = IRCP_SAY, .place = buf_view(&v->place) };
	struct buf id = { 0 };
	int err;

	buf_add_hex(&id, s->msg->id);
	p.id = buf_view(&id);
	p.text = text;
	if (view_starts(text, me) && text.n > me.n) {
		p.kind = SAY_EMOTE;
		p.text = view_from(text, me.n);
	}
	err = seat_send(v->seat, &p, on_told, s);
	buf_free(&id);
	return err;
}

static bool is_by_another(const struct said *s)
{
	const struct ivisit *v = s->visit;
	struct meta m;

	meta_get(&m, s->msg->meta);
	return !igate_is_as(ivisit_gate(v), v->owner, buf_view(&v->network),
			    m.as);
}

static struct said *next_unsent(const struct ivisit *v)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->said, n, nx) {
		struct said *s = CONTAINER(n, struct said, node);

		if (!s->sent && !is_by_another(s))
			return s;
	}
	return NULL;
}

/* What can't be said at all is left to on_late(): the hub may be calling. */
void ivisit_say_now(struct ivisit *v)
{
	struct said *s;

	while (v->state == IVISIT_IN && v->seat && (s = next_unsent(v))) {
		if (say(s))
			return;
		s->sent = true;
	}
}

static bool is_late(const struct said *s)
{
	unsigned delay_s = ivisit_gate(s->visit)->conf.delay_s;

	return now_ms() - s->at_ms >= (delay_s ? delay_s : DELAY_S) * 1000ULL;
}

/* What has waited for too long for the channel to be there again, and what
 * would go by another account. */
static void on_late(struct wtimer *t)
{
	struct ivisit *v = CONTAINER(t, struct ivisit, late);
	struct lnode *n, *nx;

	ivisit_say_now(v);
	LIST_EACH (&v->said, n, nx) {
		struct said *s = CONTAINER(n, struct said, node);

		if (!s->sent && is_by_another(s))
			failed(s, itext(ITEXT_ACCOUNT));
		else if (!s->sent && is_late(s))
			failed(s, itext(ITEXT_EXPIRED));
	}
	if (!list_empty(&v->said))
		wheel_start(ivisit_wheel(v), t, LOOK_MS, on_late);
}

void ivisit_say_end(struct ivisit *v, struct view words)
{
	struct lnode *n, *nx;

	wheel_stop(ivisit_wheel(v), &v->late);
	LIST_EACH (&v->said, n, nx) {
		struct said *s = CONTAINER(n, struct said, node);

		if (words.n)
			failed(s, words);
		else
			said_free(s); /* the inbox has it */
	}
}

/* ---- what the inbox hands on ---- */

static void add_said(struct ivisit *v, struct msg *msg, uint64_t member)
{
	struct said *s = mem_zalloc(sizeof(*s));

	s->visit = v;
	s->msg = mem_ref(msg);
	s->member = member;
	s->at_ms = now_ms();
	list_append(&v->said, &s->node);
	if (!wtimer_running(&v->late))
		wheel_start(ivisit_wheel(v), &v->late, LOOK_MS, on_late);
}

/* He had left before it could be said. The hub is just calling: all that is
 * done by the timer. */
struct unsaid {
	struct lnode node;  /* ivisits.unsaid */
	struct addr *inbox; /* ref */
	struct msg *msg;    /* ref */
	uint64_t member;
};

static void unsaid_free(struct unsaid *u)
{
	mem_deref(u->inbox);
	mem_deref(u->msg);
	mem_free(u);
}

static void tell_unsaid(const struct igate *g, const struct unsaid *u)
{
	struct buf name = { 0 }, b = { 0 };
	struct addr *from = NULL;
	struct view aor;

	if (!imap_addr_cut(u->inbox->resource, &name, &aor))
		from = igate_addr(g, imap_network_find(g->map, u->inbox->host),
				  buf_view(&name));
	gate_not_sent(&b, itext(ITEXT_HAS_LEFT), u->msg->text);
	if (g->running)
		hub_gate_tell(g->conf.hub, from ? from : u->msg->from,
			      u->msg->from, buf_view(&b));
	mem_deref(from);
	buf_free(&name);
	buf_free(&b);
}

static void on_unsaid(struct wtimer *t)
{
	struct ivisits *all = CONTAINER(t, struct ivisits, never);
	struct hub *h = all->gate->conf.hub;
	struct lnode *n;

	while ((n = list_shift(&all->unsaid))) {
		struct unsaid *u = CONTAINER(n, struct unsaid, node);

		tell_unsaid(all->gate, u);
		hub_on_member_delivered(h, u->member, u->msg->seq);
		unsaid_free(u);
	}
}

static void never(struct ivisits *all, struct addr *inbox, struct msg *msg,
		  uint64_t member)
{
	struct unsaid *u = mem_zalloc(sizeof(*u));

	u->inbox = mem_ref(inbox);
	u->msg = mem_ref(msg);
	u->member = member;
	list_append(&all->unsaid, &u->node);
	if (!wtimer_running(&all->never))
		wheel_start(loop_wheel(all->gate->conf.loop), &all->never, 0,
			    on_unsaid);
}

void ivisit_unsaid_free(struct ivisits *all)
{
	struct lnode *n;

	wheel_stop(loop_wheel(all->gate->conf.loop), &all->never);
	while ((n = list_shift(&all->unsaid)))
		unsaid_free(CONTAINER(n, struct unsaid, node));
}

static bool is_place(const struct addr *inbox, struct buf *name)
{
	struct view aor;

	return !imap_addr_cut(inbox->resource, name, &aor) && name->n &&
	       view_has(VIEW("#&+!"), name->p[0]);
}

bool ivisits_fanout(struct igate *g, struct room *room, struct msg *msg,
		    struct member *const *members, size_t count)
{
	struct ivisit *v = ivisit_find(ivisits_of(g), room->addr);
	struct buf name = { 0 };
	bool ours = is_place(room->addr, &name);

	for (size_t i = 0; ours && i < count; i++)
		if (v)
			add_said(v, msg, members[i]->id);
		else
			never(ivisits_of(g), room->addr, msg, members[i]->id);
	if (ours && v)
		ivisit_say_now(v);
	buf_free(&name);
	return ours;
}
