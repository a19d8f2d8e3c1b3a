/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts on their way to IRC. The hub hands over what waits in the inbox of a
 * conversation; each is a job until the server has it, or until its sender is
 * told that nothing will come of it. It goes by his own seat, and by no
 * other's.
 */
#include <errno.h>

#include "clock.h"
#include "italk_priv.h"
#include "log.h"
#include "mem.h"
#include "worker.h"

enum {
	BEHIND_MS = 100,  /* the worker is: so long until the next try */
	LOSSES_MAX = 5,   /* links that went away under one text */
	DELAY_S = 90,
	REFUSED_MS = 10 * 1000,
	SUBJECT_MAX = 300,
};

/* What becomes of a job. */
enum fate {
	FATE_AGAIN,   /* the hub tries again */
	FATE_BEHIND,  /* we do, soon */
	FATE_ANEW,    /* likewise, before whatever comes next */
	FATE_TOLD,    /* never; why is said by text */
};

struct job {
	struct lnode node;    /* italks.jobs or italks.soon */
	struct italks *all;   /* borrowed */
	struct addr *conv, *aor; /* ref */
	struct msg *msg;      /* ref */
	struct buf network, nick;
	struct seat *seat;    /* borrowed; held while it waits or is sent */
	uint64_t member;
	enum fate fate;       /* in italks.soon */
	enum itext text;
};

static void let_go(struct job *j)
{
	struct seat *s = j->seat;

	j->seat = NULL;
	if (!s)
		return;
	seat_unwait(s, j);
	seat_untell(s, j);
	seat_release(s);
}

static void job_free(struct job *j)
{
	let_go(j);
	list_remove(&j->all->jobs, &j->node);
	mem_deref(j->conv);
	mem_deref(j->aor);
	mem_deref(j->msg);
	buf_free(&j->network);
	buf_free(&j->nick);
	mem_free(j);
}

/* ---- the end of a job ---- */

static bool is_late(const struct job *j)
{
	unsigned delay_s = j->all->gate->conf.delay_s;

	return j->msg->time_ms + (delay_s ? delay_s : DELAY_S) * 1000ULL <=
	       wall_ms();
}

/* Where the network is not there any more nobody has an address on it: it
 * is a note to himself. */
static void tell(const struct job *j, struct view why)
{
	const struct igate *g = j->all->gate;
	struct addr *from = igate_addr(g, buf_view(&j->network),
				       buf_view(&j->nick));
	struct buf b = { 0 };

	gate_not_sent(&b, why, j->msg->text);
	if (g->running)
		hub_gate_tell(g->conf.hub, from ? from : j->aor, j->aor,
			      buf_view(&b));
	mem_deref(from);
	buf_free(&b);
}

/* The hub may hand over the next one before this returns. */
static void job_end(struct job *j, bool again, struct view words)
{
	struct hub_answer a = { .member = j->member, .seq = j->msg->seq,
				.status = 480, .again = again,
				.text = words };
	struct hub *h = j->all->gate->conf.hub;
	struct buf why = { 0 };

	buf_addv(&why, words); /* may be a part of what goes */
	a.text = buf_view(&why);
	if (!again)
		tell(j, a.text);
	job_free(j);
	hub_on_member_answered(h, &a);
	buf_free(&why);
}

static void on_soon(struct wtimer *t);

static bool is_next(const struct job *j)
{
	return j->fate == FATE_BEHIND || j->fate == FATE_ANEW;
}

/* Not now: the hub, or the seat, is just calling us. */
static void later(struct job *j, enum fate fate, enum itext text)
{
	struct italks *t = j->all;
	struct ipeer *p = ipeer_find(t, j->conv);

	let_go(j);
	j->fate = fate;
	j->text = text;
	if (p && is_next(j))
		p->behind++;
	list_remove(&t->jobs, &j->node);
	list_append(&t->soon, &j->node);
	if (fate != FATE_BEHIND || !wtimer_running(&t->soon_timer))
		wheel_start(loop_wheel(t->gate->conf.loop), &t->soon_timer,
			    fate == FATE_BEHIND ? BEHIND_MS : 0, on_soon);
}

/* A text under which link after link breaks is what breaks them. */
static bool is_poison(const struct job *j)
{
	struct ipeer *p = ipeer_find(j->all, j->conv);

	if (!p || !j->all->gate->running)
		return false;
	if (p->lost_seq != j->msg->seq) {
		p->lost_seq = j->msg->seq;
		p->losses = 0;
	}
	return ++p->losses >= LOSSES_MAX;
}

/* ---- its way ---- */

static void note_refusal(const struct job *j)
{
	struct ipeer *p = ipeer_find(j->all, j->conv);

	if (p)
		p->refused_ms = now_ms();
}

static void on_told(int err, struct view words, void *arg)
{
	struct job *j = arg;
	struct hub *h = j->all->gate->conf.hub;
	uint64_t member = j->member, seq = j->msg->seq;

	if (!err) {
		job_free(j);
		hub_on_member_delivered(h, member, seq);
	} else if (err != EAGAIN) {
		note_refusal(j);
		log_info("irc %s: not sent: %.*s", j->conv->text.p,
			 VIEW_ARG(words));
		job_end(j, false, words.n ? words : itext(ITEXT_SEND_FAILED));
	} else if (j->seat->state == SEAT_UP) { /* its queue is full */
		later(j, is_late(j) ? FATE_TOLD : FATE_BEHIND,
		      ITEXT_QUEUE_FULL);
	} else if (is_poison(j)) {
		job_end(j, false, itext(ITEXT_BROKE));
	} else {
		later(j, FATE_ANEW, ITEXT_SEND_FAILED);
	}
}

/* IRC knows no subjects: a line of its own. */
static void add_text(struct buf *b, unsigned *kind, const struct msg *m)
{
	struct view text = m->text, me = VIEW("/me ");
	struct meta meta;

	meta_get(&meta, m->meta);
	*kind = SAY_TEXT;
	if (view_starts(text, me) && text.n > me.n) {
		*kind = SAY_EMOTE;
		text = view_from(text, me.n);
	} else if (meta.subject.n) {
		buf_addc(b, '[');
		buf_addv(b, view_head(meta.subject, SUBJECT_MAX));
		buf_adds(b, "]\n");
	}
	buf_addv(b, text);
}

static void say(struct job *j)
{
	struct ircp p = { .verb = IRCP_SAY, .place = buf_view(&j->nick) };
	struct buf text = { 0 }, id = { 0 };
	int err;

	add_text(&text, &p.kind, j->msg);
	buf_add_hex(&id, j->msg->id);
	p.text = buf_view(&text);
	p.id = buf_view(&id);
	err = seat_send(j->seat, &p, on_told, j);
	buf_free(&text);
	buf_free(&id);
	if (err == EBUSY && is_late(j))
		later(j, FATE_TOLD, ITEXT_QUEUE_FULL);
	else if (err == EBUSY)
		later(j, FATE_BEHIND, ITEXT_QUEUE_FULL);
	else if (err == EMSGSIZE)
		later(j, FATE_TOLD, ITEXT_TOO_LONG);
	else if (err)
		later(j, FATE_AGAIN, ITEXT_SEND_FAILED);
}

/* Whoever had the nick may have gone: all that was said to it before. */
static bool is_for_another(const struct job *j)
{
	const struct ipeer *p = ipeer_find(j->all, j->conv);

	return p && (p->left || j->msg->time_ms < p->since_ms);
}

static bool is_by_another(const struct job *j)
{
	struct meta m;

	meta_get(&m, j->msg->meta);
	return !igate_is_as(j->all->gate, j->aor, buf_view(&j->network), m.as);
}

static void job_send(struct job *j)
{
	if (is_for_another(j))
		later(j, FATE_TOLD, ITEXT_SOMEBODY);
	else if (is_by_another(j))
		later(j, FATE_TOLD, ITEXT_ACCOUNT);
	else
		say(j);
}

static void on_ready(int err, void *arg)
{
	struct job *j = arg;
	struct ipeer *p = ipeer_find(j->all, j->conv);

	if (!err) {
		job_send(j);
		return;
	}
	if (p && (err == ETIMEDOUT || err == ECANCELED))
		p->expired_ms = wall_ms();
	later(j, FATE_TOLD,
	      err == EACCES    ? ITEXT_NO_LOGIN :
	      err == ENOSPC    ? ITEXT_QUEUE_FULL :
	      err == ECANCELED ? ITEXT_OFFLINE :
				 ITEXT_EXPIRED);
}

/* A text before this one has waited in vain when this one waited already: it
 * does not begin anew. */
static bool has_waited(const struct job *j, const struct seat *s)
{
	const struct ipeer *p = ipeer_find(j->all, j->conv);

	return p && p->expired_ms >= j->msg->time_ms &&
	       (is_late(j) || s->refused);
}

static void job_wait(struct job *j, struct seat *s)
{
	int err = has_waited(j, s) ? ETIMEDOUT : seat_wake(s, false);

	j->seat = s;
	seat_hold(s);
	if (err == EBUSY) /* all workers are full: that may pass */
		later(j, is_late(j) ? FATE_TOLD : FATE_AGAIN, ITEXT_FULL);
	else if (err)
		on_ready(err, j);
	else
		seat_wait(s, on_ready, j);
}

static void job_start(struct job *j)
{
	struct seat *s;
	int err = seat_get(&s, j->all->gate, j->aor, buf_view(&j->network));

	if (err == ENOENT) {
		later(j, FATE_TOLD, ITEXT_NO_NETWORK);
	} else if (err) {
		later(j, is_late(j) ? FATE_TOLD : FATE_AGAIN, ITEXT_FULL);
	} else if (is_for_another(j)) {
		later(j, FATE_TOLD, ITEXT_SOMEBODY);
	} else if (is_by_another(j)) {
		later(j, FATE_TOLD, ITEXT_ACCOUNT);
	} else if (s->state == SEAT_UP) {
		j->seat = s;
		seat_hold(s);
		seat_busy(s);
		job_send(j);
	} else {
		job_wait(j, s);
	}
}

/* What came before it is sent before it. */
static void job_begin(struct job *j)
{
	const struct ipeer *p = ipeer_find(j->all, j->conv);

	if (p && p->behind)
		later(j, FATE_BEHIND, ITEXT_QUEUE_FULL);
	else
		job_start(j);
}

static void job_again(struct job *j)
{
	struct ipeer *p = ipeer_find(j->all, j->conv);

	if (p && p->behind)
		p->behind--;
	job_start(j);
}

/* Whose time has come: they fail, or try again. */
static void on_soon(struct wtimer *timer)
{
	struct italks *t = CONTAINER(timer, struct italks, soon_timer);
	size_t left = t->soon.count;
	struct lnode *n;

	while (left-- && (n = list_shift(&t->soon))) {
		struct job *j = CONTAINER(n, struct job, node);

		list_append(&t->jobs, n);
		if (is_next(j))
			job_again(j);
		else
			job_end(j, j->fate == FATE_AGAIN, itext(j->text));
	}
}

/* As he wrote it; else as the inbox has it. */
static void take_names(struct job *j, const struct addr *conv)
{
	const struct igate *g = j->all->gate;
	struct view aor;
	struct meta m;

	meta_get(&m, j->msg->meta);
	buf_addv(&j->network, imap_network_find(g->map, conv->host));
	if (m.to.n)
		buf_addv(&j->nick, m.to);
	else
		(void)imap_addr_cut(conv->resource, &j->nick, &aor);
}

void italks_fanout(struct igate *g, struct room *room, struct msg *msg,
		   struct member *const *members, size_t count)
{
	struct italks *t = italks_of(g);

	for (size_t i = 0; i < count; i++) {
		struct job *j = mem_zalloc(sizeof(*j));

		j->all = t;
		j->conv = mem_ref(room->addr);
		j->aor = mem_ref(msg->from);
		j->msg = mem_ref(msg);
		j->member = members[i]->id;
		list_append(&t->jobs, &j->node);
		take_names(j, room->addr);
		job_begin(j);
	}
}

/* ---- seats ---- */

void italk_out_gone(struct italks *t, struct seat *s)
{
	struct lnode *n, *nx;

	LIST_EACH (&t->jobs, n, nx) {
		struct job *j = CONTAINER(n, struct job, node);

		if (j->seat == s)
			later(j, FATE_AGAIN, ITEXT_SEND_FAILED);
	}
}

/* What failed while it was away is tried again now, not in 30 s. */
void italk_out_awake(struct italks *t, const struct seat *s)
{
	struct lnode *n, *nx;

	LIST_EACH (&t->used, n, nx) {
		const struct ipeer *p = CONTAINER(n, struct ipeer, by_use);

		if (addr_eq(p->aor, s->aor) &&
		    view_eq(buf_view(&p->network), s->network))
			hub_member_awake(t->gate->conf.hub, p->conv);
	}
}

void italk_out_free(struct italks *t)
{
	struct lnode *n;

	wheel_stop(loop_wheel(t->gate->conf.loop), &t->soon_timer);
	while ((n = list_shift(&t->soon)))
		list_append(&t->jobs, n);
	while ((n = list_first(&t->jobs)))
		job_free(CONTAINER(n, struct job, node));
}

/* ---- beside texts ---- */

static bool seldom(const struct seat *s, struct view nick, char what)
{
	static const struct bucket_rate rate = { 1, 60 * 1000, 1 };
	struct buf key = { 0 };
	bool yes;

	imap_addr(&key, s->network, nick, s->aor->text);
	yes = igate_rate(s->gate, s->network, buf_view(&key), what, &rate);
	buf_free(&key);
	return yes;
}

/* So few for all of them that no crowd can fill his queue. */
void italk_notice(struct seat *s, struct view nick, struct view text)
{
	static const struct bucket_rate rate = { 1, 5000, 10 };
	const struct ircp p = { .verb = IRCP_SAY, .kind = SAY_NOTICE,
				.place = nick, .text = text };

	if (s->state == SEAT_UP && seldom(s, nick, 'N') &&
	    igate_rate(s->gate, s->network, s->aor->text, 'n', &rate))
		(void)seat_send(s, &p, NULL, NULL);
}

void italk_answer(struct seat *s, const struct ircp *in, struct view text)
{
	if (in->kind != SAY_NOTICE)
		italk_notice(s, in->nick, text);
}

/* A text that is under way will be told of by itself. */
static bool is_told(const struct ipeer *p)
{
	struct lnode *n, *nx;

	if (p->refused_ms && now_ms() - p->refused_ms < REFUSED_MS)
		return true;
	LIST_EACH (&p->all->jobs, n, nx)
		if (addr_eq(CONTAINER(n, struct job, node)->conv, p->conv))
			return true;
	return false;
}

void italk_refused(struct seat *s, const struct ircp *in)
{
	struct ipeer *p = in->nick.n ? ipeer_of(s, in->nick) : NULL;
	struct buf b = { 0 }, why = { 0 };

	if (!p || !p->called || is_told(p) || !seldom(s, in->nick, 'R'))
		return;
	itext_why(&why, in->kind, in->text);
	gate_not_sent(&b, buf_view(&why), VIEW_NONE);
	ipeer_tell(p, buf_view(&b));
	buf_free(&why);
	buf_free(&b);
}
