/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SIP users want: texts and commands, each answered once. */
#include <errno.h>

#include "igate_priv.h"
#include "itext.h"
#include "mem.h"

enum { TEXT_MAX = 9000, FULL_RETRY_S = 30 };

/* ---- asks ---- */

static void ask_destroy(void *obj)
{
	struct iask *a = obj;

	gate_req_free(&a->req);
}

void iask_ok(struct iask *a, int status, struct view words)
{
	gate_req_answer(&a->req, status, 0, words);
}

void iask_refuse(struct iask *a, int status, unsigned retry_after,
		 struct view words)
{
	gate_req_answer(&a->req, status, retry_after, words);
}

static struct iask *ask_new(struct igate *g, const struct gate_msg *m,
			    const struct imap_target *t, gate_answer_h *h,
			    void *arg)
{
	struct iask *a = mem_new(sizeof(*a), ask_destroy);

	a->gate = g;
	a->target.kind = t->kind;
	a->target.network = t->network;
	a->target.name = t->name;
	gate_req_init(&a->req, m,
		      (struct view *const[]){ &a->target.network,
					      &a->target.name, NULL },
		      h, arg);
	return a;
}

/* ---- texts ---- */

void iask_not_sent(struct iask *a, int status, unsigned retry_after,
		   struct view why)
{
	struct buf b = { 0 };

	gate_not_sent(&b, why, VIEW_NONE);
	iask_refuse(a, status, retry_after, buf_view(&b));
	buf_free(&b);
}

static void on_kept(int err, void *arg)
{
	struct iask *a = arg;

	if (!err || err == EEXIST)
		iask_ok(a, 202, VIEW_NONE);
	else
		iask_not_sent(a, 500, FULL_RETRY_S, itext(ITEXT_SEND_FAILED));
	mem_deref(a);
}

static int put(struct iask *a, struct addr *inbox, struct meta m)
{
	struct buf meta = { 0 }, as = { 0 };
	struct hub_say say = { .from = a->req.from,
			       .kind = MSG_TEXT,
			       .text = a->req.text,
			       .dedupe = a->req.dedupe };
	int err;

	igate_as(a->gate, a->req.from, a->target.network, &as);
	m.as = buf_view(&as);
	meta_put(&meta, &m);
	say.meta = buf_view(&meta);
	err = hub_direct(a->gate->conf.hub, inbox, &say, on_kept, mem_ref(a));
	buf_free(&meta);
	buf_free(&as);
	return err;
}

void iask_keep(struct iask *a, struct addr *inbox, const struct meta *m)
{
	int err = put(a, inbox, *m);

	if (!err)
		return;
	if (err == EBADMSG) /* nothing of it is to be seen */
		iask_ok(a, 200, VIEW_NONE);
	else if (err == EMSGSIZE)
		iask_not_sent(a, 413, 0, itext(ITEXT_TOO_LONG));
	else
		iask_not_sent(a, 480, FULL_RETRY_S, itext(ITEXT_QUEUE_FULL));
	mem_deref(a);
}

/* ---- commands ---- */

/* Ours first, then those of the modules in their order. */
static const struct gate_verb *nth_verb(size_t n)
{
	if (n < IGATE_COMMANDS)
		return &igate_commands[n].verb;
	n -= IGATE_COMMANDS;
	for (size_t i = 0; i < IGATE_MODULES; i++) {
		if (n < igate_module(i)->command_count)
			return &igate_module(i)->commands[n].verb;
		n -= igate_module(i)->command_count;
	}
	return NULL;
}

static void help(struct iask *a)
{
	struct buf b = { 0 };

	gate_verb_help(&b, nth_verb, 1U << a->target.kind);
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static bool run_command(struct iask *a)
{
	const struct gate_verb *verb;
	struct view name, rest;
	bool known;

	if (a->req.kind != GATE_TEXT ||
	    !gate_verb_parse(a->req.text, &name, &rest))
		return false;
	if (view_ieqs(name, "help")) {
		help(a);
		return true;
	}
	verb = gate_verb_find(nth_verb, 1U << a->target.kind, name, &known);
	/* ":Sue, are you there?" to a person is meant for him */
	if (!verb && !known && a->target.kind == IMAP_PERSON)
		return false;
	a->req.text = rest;
	if (verb)
		CONTAINER(verb, const struct icommand, verb)->run(a);
	else
		gate_verb_unknown(&a->req, name, known);
	return true;
}

/* ---- the door of SIP ---- */

static void dispatch(struct iask *a)
{
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (igate_module(i)->message &&
		    (igate_module(i)->kinds & (1U << a->target.kind))) {
			igate_module(i)->message(a);
			return;
		}
	if (a->req.kind != GATE_TEXT)
		iask_refuse(a, 200, 0, VIEW_NONE);
	else if (a->target.kind == IMAP_NETWORK)
		iask_refuse(a, 404, 0,
			    VIEW("This is the gateway to a network of IRC: "
				 ":help lists its commands."));
	else
		iask_refuse(a, 404, 0,
			    VIEW("ERROR: nobody listens at this address."));
}

static void refuse_seat(int err, gate_answer_h *h, void *arg)
{
	if (err == ENOENT)
		gate_refuse_now(h, arg, 404, 0,
				VIEW("ERROR: There is no such network."));
	else
		gate_refuse_now(h, arg, 480, FULL_RETRY_S,
				VIEW("ERROR: The gateway to IRC is full."));
}

static void take(struct igate *g, const struct gate_msg *m,
		 const struct imap_target *t, gate_answer_h *h, void *arg)
{
	struct seat *s;
	struct iask *a;
	int err = seat_get(&s, g, m->from, t->network);

	if (err) {
		refuse_seat(err, h, arg);
		return;
	}
	a = ask_new(g, m, t, h, arg);
	a->seat = s;
	if (!igate_consent(a) && !run_command(a))
		dispatch(a);
	mem_deref(a);
}

void igate_message(void *gw, const struct gate_msg *m, gate_answer_h *h,
		   void *arg)
{
	struct igate *g = gw;
	struct imap_target t;
	struct buf text = { 0 };

	if (!g->running)
		gate_refuse_now(h, arg, 503, 5, VIEW_NONE);
	else if (imap_from_sip(g->map, m->to->user, m->to->host, &t, &text))
		gate_refuse_now(h, arg, 404, 0, VIEW_NONE);
	else if (t.kind == IMAP_BAD)
		gate_refuse_now(h, arg, (int)t.status, 0, t.why);
	else if (m->text.n > TEXT_MAX)
		gate_refuse_now(
			h, arg, 413, 0,
			VIEW("ERROR: Your message was not sent. It is too "
			     "long."));
	else
		take(g, m, &t, h, arg);
	buf_free(&text);
}
