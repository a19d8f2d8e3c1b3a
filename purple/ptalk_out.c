/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts of SIP users on their way out. They are on the disk before 202; then
 * the hub hands over what waits, and each is a job until libpurple has taken
 * it, or its sender is told that nothing will come of it.
 */
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"
#include "worker.h"

enum {
	QUEUE_S = 60,
	TEXT_MAX = 16000,
	TEXT_RATE = 5,
	LOSSES_MAX = 5,  /* links that broke under one text */
	LOOK_MS = 1000,
	BEHIND_MS = 100,
	RETRY_S = 30,
	SUBJECT_MAX = 300,
};

struct job {
	struct lnode node;    /* pgate.jobs */
	struct pgate *gate;   /* borrowed */
	struct msg *msg;      /* ref */
	struct buf name;
	uint64_t account, member;
	unsigned losses;
	bool sent;            /* told by pacct_send() */
	bool held;            /* counted in pacct.texts */
};

/* ---- words of SIP users ---- */

static void refuse(struct pask *ask, int status, unsigned retry_after,
		   struct view why)
{
	struct buf b = { 0 };

	gate_not_sent(&b, why, VIEW_NONE);
	pask_answer(ask, status, retry_after, buf_view(&b));
	buf_free(&b);
}

static void on_kept(int err, void *arg)
{
	struct pask *ask = arg;

	if (!err || err == EEXIST)
		pask_answer(ask, 202, 0, VIEW_NONE);
	else
		refuse(ask, 500, RETRY_S, VIEW("It could not be kept."));
	mem_deref(ask);
}

static int put_away(struct pask *ask, struct addr *conv)
{
	struct meta m = ask->req.meta;
	struct buf meta = { 0 };
	struct hub_say say = { .from = ask->req.from,
			       .kind = MSG_TEXT,
			       .text = ask->req.text,
			       .dedupe = ask->req.dedupe };
	int err;

	m.time_ms = ask->req.time_ms;
	meta_put(&meta, &m);
	say.meta = buf_view(&meta);
	err = hub_direct(ask->gate->conf.hub, conv, &say, on_kept,
			 mem_ref(ask));
	if (err)
		mem_deref(ask);
	buf_free(&meta);
	return err;
}

static void keep(struct pask *ask, struct pacct *a, struct view name)
{
	struct addr *conv = NULL;
	int err = pgate_conv(&conv, a, name);

	if (!err)
		err = put_away(ask, conv);
	mem_deref(conv);
	if (err == EBADMSG && !utf8_shows(ask->req.text))
		pask_answer(ask, 200, 0, VIEW_NONE);
	else if (err == EBADMSG)
		refuse(ask, 484, 0, VIEW("That can be nobody's name."));
	else if (err == EMSGSIZE)
		refuse(ask, 413, 0, VIEW("It is too long."));
	else if (err)
		refuse(ask, 480, RETRY_S,
		       VIEW("Too much waits for this network already."));
}

/* What is known by now. */
static bool can_speak(struct pask *ask, const struct pacct *a)
{
	struct buf why = { 0 };
	bool can;

	if (a->state == PACCT_FAILED) {
		buf_adds(&why, a->proto->title);
		buf_adds(&why, " login failed: ");
		buf_addv(&why, buf_view(&a->trouble));
	} else if (a->state != PACCT_ONLINE &&
		   (a->refused ||
		    (a->policy == PGATE_MANUAL && !a->manual))) {
		buf_adds(&why, "You are offline there: write :online first");
	}
	can = !why.n;
	if (!can)
		refuse(ask, 480, 0, buf_view(&why));
	buf_free(&why);
	return can;
}

static void typing(const struct pask *ask, struct pacct *a, struct view name)
{
	const struct purp p = { .verb = PURP_TYPING,
				.who = name,
				.kind = ask->req.kind == GATE_TYPING };

	if (!proom_find(a, name) && pshow_knows(a, name))
		(void)pacct_send(a, &p, NULL, NULL);
}

void ptalk_message(struct pask *ask, struct pacct *a)
{
	size_t max = ask->gate->conf.text_max;
	struct buf name = { 0 };

	if (pgate_name(&name, a, ask->target.name)) {
		refuse(ask, 484, 0, VIEW("That can be nobody's name."));
	} else if (ask->req.kind == GATE_TYPING ||
		   ask->req.kind == GATE_IDLE) {
		typing(ask, a, buf_view(&name));
		pask_answer(ask, 200, 0, VIEW_NONE);
	} else if (ask->req.kind != GATE_TEXT || ask->req.meta.notice) {
		/* what a device writes by itself is not for people */
		pask_answer(ask, 200, 0, VIEW_NONE);
	} else if (ask->req.text.n > (max ? max : TEXT_MAX)) {
		refuse(ask, 413, 0, VIEW("It is too long."));
	} else if (can_speak(ask, a)) {
		if (!proom_find(a, buf_view(&name)))
			pshow_meet(a, buf_view(&name));
		keep(ask, a, buf_view(&name));
	}
	buf_free(&name);
}

/* ---- jobs ---- */

static void hold(struct job *j, struct pacct *a, bool on)
{
	if (j->held == on)
		return;
	j->held = on;
	a->texts += on ? 1 : (size_t)-1;
}

static void job_free(struct job *j)
{
	struct pacct *a = pacct_find(j->gate, j->account);

	if (a) {
		pacct_untell(a, j);
		hold(j, a, false);
	}
	list_remove(&j->gate->jobs, &j->node);
	mem_deref(j->msg);
	buf_free(&j->name);
	mem_free(j);
}

static void look_soon(struct pgate *g, uint64_t ms);

static void tell(const struct job *j, struct view why)
{
	struct pacct *a = pacct_find(j->gate, j->account);
	struct addr *from = a ? pgate_addr_of(a, buf_view(&j->name)) : NULL;
	struct buf b = { 0 };

	gate_not_sent(&b, why, j->msg->text);
	if (j->gate->running)
		hub_gate_tell(j->gate->conf.hub, from ? from : j->gate->self,
			      j->msg->from, buf_view(&b));
	mem_deref(from);
	buf_free(&b);
}

/* The hub may hand over the next one before this returns. */
static void job_end(struct job *j, int status, struct view words)
{
	const struct hub_answer a = { .member = j->member,
				      .seq = j->msg->seq,
				      .status = status,
				      .text = words };
	struct pacct *acct = pacct_find(j->gate, j->account);
	struct hub *h = j->gate->conf.hub;

	if (status >= 300)
		tell(j, words);
	job_free(j);
	if (acct)
		pacct_look(acct);
	hub_on_member_answered(h, &a);
}

static bool is_late(const struct job *j)
{
	unsigned s = j->gate->conf.queue_s;

	return j->msg->time_ms + (s ? s : QUEUE_S) * UINT64_C(1000) <=
	       wall_ms();
}

static void on_told(int err, struct view words, void *arg)
{
	struct job *j = arg;
	struct buf why = { 0 };

	j->sent = false;
	buf_addv(&why, words); /* may be a part of what goes */
	if (!err)
		job_end(j, 202, VIEW_NONE);
	else if (err != EAGAIN)
		job_end(j, 480, why.n ? buf_view(&why) :
					VIEW("The network refused it"));
	else if (++j->losses >= LOSSES_MAX)
		job_end(j, 480, VIEW("The connection broke each time it was "
				     "tried"));
	else
		look_soon(j->gate, BEHIND_MS);
	buf_free(&why);
}

static void add_text(struct buf *b, const struct msg *m)
{
	struct meta meta;

	meta_get(&meta, m->meta);
	if (meta.subject.n && !view_starts(m->text, VIEW("/me "))) {
		buf_addc(b, '[');
		buf_addv(b, view_head(meta.subject, SUBJECT_MAX));
		buf_adds(b, "]\n");
	}
	buf_addv(b, m->text);
}

static int job_send(struct job *j, struct pacct *a, bool room)
{
	struct purp p = { .verb = PURP_SAY };
	struct buf text = { 0 }, id = { 0 };
	int err;

	add_text(&text, j->msg);
	buf_add_hex(&id, j->msg->id);
	p.text = buf_view(&text);
	p.id = buf_view(&id);
	if (room)
		p.place = buf_view(&j->name);
	else
		p.who = buf_view(&j->name);
	err = pacct_send(a, &p, on_told, j);
	j->sent = !err;
	buf_free(&text);
	buf_free(&id);
	return err;
}

static bool may_send(struct pacct *a)
{
	unsigned n = a->gate->conf.text_rate;
	const struct bucket_rate rate = { n ? n : TEXT_RATE, 1000,
					  4 * (n ? n : TEXT_RATE) };

	return bucket_take(&a->sending, &rate, now_ms());
}

/* Why it is no use to wait; empty: it may be. */
static void add_end(struct buf *why, const struct job *j,
		    const struct pacct *a)
{
	if (!a || a->state == PACCT_DISABLED)
		buf_adds(why, "Your account there is gone");
	else if (a->state == PACCT_FAILED || a->state == PACCT_UNSUPPORTED)
		buf_addv(why, buf_view(&a->trouble));
	else if (a->refused && a->state == PACCT_OFFLINE)
		buf_adds(why, "You are offline there");
	else if (is_late(j))
		buf_adds(why, "The network could not be reached in time");
}

/* Not sent yet: it waits, goes, or ends. False: j is no more. */
static bool job_step(struct job *j)
{
	struct pacct *a = pacct_find(j->gate, j->account);
	struct proom *r = a ? proom_find(a, buf_view(&j->name)) : NULL;
	struct buf why = { 0 };
	bool stays = true;
	int err = ENOTCONN;

	if (a) {
		hold(j, a, true);
		pacct_text(a);
	}
	if (a && a->state == PACCT_ONLINE && (!r || r->in))
		err = may_send(a) ? job_send(j, a, r) : EBUSY;
	if (err == EMSGSIZE)
		buf_adds(&why, "It is too long");
	else if (err)
		add_end(&why, j, a);
	if (why.n) {
		job_end(j, 480, buf_view(&why));
		stays = false;
	} else if (err) {
		look_soon(j->gate, err == EBUSY ? BEHIND_MS : LOOK_MS);
	}
	buf_free(&why);
	return stays;
}

static void on_soon(struct wtimer *t)
{
	struct pgate *g = CONTAINER(t, struct pgate, soon);
	size_t left = g->jobs.count;
	struct lnode *n;

	while (g->running && left-- && (n = list_shift(&g->jobs))) {
		struct job *j = CONTAINER(n, struct job, node);

		list_append(&g->jobs, n);
		if (!j->sent)
			(void)job_step(j);
	}
}

/* At the latest then. */
static void look_soon(struct pgate *g, uint64_t ms)
{
	if (ms < LOOK_MS || !wtimer_running(&g->soon))
		wheel_start(loop_wheel(g->conf.loop), &g->soon, ms, on_soon);
}

void ptalk_fanout(struct pgate *g, struct room *room, struct msg *msg,
		  struct member *const *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct job *j = mem_zalloc(sizeof(*j));
		struct pacct *a;

		j->gate = g;
		j->msg = mem_ref(msg);
		j->member = members[i]->id;
		a = pgate_conv_of(g, room->addr, &j->name);
		j->account = a ? a->id : 0;
		list_append(&g->jobs, &j->node);
	}
	look_soon(g, 0);
}

void ptalk_awake(struct pacct *a)
{
	if (a->gate->jobs.count)
		look_soon(a->gate, 0);
}

void ptalk_gone(struct pacct *a)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->gate->jobs, n, nx) {
		struct job *j = CONTAINER(n, struct job, node);

		if (j->account != a->id)
			continue;
		pacct_untell(a, j);
		j->sent = j->held = false;
		look_soon(a->gate, 0);
	}
}

void ptalk_free(struct pgate *g)
{
	struct lnode *n;

	wheel_stop(loop_wheel(g->conf.loop), &g->soon);
	while ((n = list_first(&g->jobs)))
		job_free(CONTAINER(n, struct job, node));
}

/* What the hub let go by itself. */
void ptalk_settled(void *gate, struct addr *to, const struct msg *m,
		   enum gate_fate fate, int status)
{
	struct pgate *g = gate;
	struct buf name = { 0 }, b = { 0 };
	struct addr *from = NULL;
	struct pacct *a;

	if (addr_is(to, "sip")) {
		if (fate != GATE_DELIVERED)
			log_info("purple %.*s: a text to %s did not get "
				 "there: %d", VIEW_ARG(m->from->text),
				 to->text.p, status);
		return;
	}
	a = pgate_conv_of(g, to, &name);
	if (a)
		from = pgate_addr_of(a, buf_view(&name));
	gate_not_sent(&b, VIEW("The network could not be reached"), m->text);
	hub_gate_tell(g->conf.hub, from ? from : g->self, m->from,
		      buf_view(&b));
	mem_deref(from);
	buf_free(&name);
	buf_free(&b);
}
