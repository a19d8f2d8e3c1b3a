/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SIP users want: texts and commands, each answered once. */
#include "gate_priv.h"
#include "jtext.h"
#include "mem.h"

enum { TEXT_MAX = 9000 };

/* ---- asks ---- */

static void ask_destroy(void *obj)
{
	struct gate_ask *a = obj;

	gate_req_free(&a->req);
}

void gate_ok(struct gate_ask *a, int status, struct view words)
{
	gate_req_answer(&a->req, status, 0, words);
}

void gate_refuse(struct gate_ask *a, int status, unsigned retry_after,
		 struct view words)
{
	gate_req_answer(&a->req, status, retry_after, words);
}

static struct gate_ask *ask_new(struct gate *g, const struct gate_msg *m,
				const struct jmap_target *t, gate_answer_h *h,
				void *arg)
{
	struct gate_ask *a = mem_new(sizeof(*a), ask_destroy);

	a->gate = g;
	a->target.kind = t->kind;
	a->target.bare = t->bare;
	a->target.nick = t->nick;
	gate_req_init(&a->req, m,
		      (struct view *const[]){ &a->target.bare, &a->target.nick,
					      NULL },
		      h, arg);
	return a;
}

/* ---- commands ---- */

static const struct gate_verb *nth_verb(size_t n)
{
	for (size_t i = 0; i < GATE_MODULES; i++) {
		const struct gate_module *m = gate_module(i);

		if (n < m->command_count)
			return &m->commands[n].verb;
		n -= m->command_count;
	}
	return NULL;
}

static unsigned here(const struct gate_ask *a)
{
	return 1U << a->target.kind | (a->registrar ? GATE_TO_REGISTRAR : 0);
}

static void help(struct gate_ask *a)
{
	struct buf b = { 0 };

	gate_verb_help(&b, nth_verb, here(a));
	gate_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static bool run_command(struct gate_ask *a)
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
	verb = gate_verb_find(nth_verb, here(a), name, &known);
	/* ":Sue, are you there?" to a person is meant for him */
	if (!verb && !known && a->target.kind == JMAP_PERSON && !a->registrar)
		return false;
	a->req.text = rest;
	if (verb)
		CONTAINER(verb, const struct gate_command, verb)->run(a);
	else
		gate_verb_unknown(&a->req, name, known);
	return true;
}

/* ---- the door ---- */

static void dispatch(struct gate_ask *a)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->message && !a->registrar &&
		    (gate_module(i)->kinds & (1U << a->target.kind))) {
			gate_module(i)->message(a);
			return;
		}
	gate_refuse(a, a->req.kind == GATE_TEXT ? 404 : 200, 0,
		    a->registrar ? VIEW("This is the gateway to XMPP: :help "
					"lists its commands.") :
				   VIEW("ERROR: nobody listens at this "
					"address."));
}

static int target_of(struct gate *g, const struct gate_msg *m,
		     struct jmap_target *t, struct buf *text)
{
	if (!addr_eq(m->to, g->registrar))
		return jmap_from_sip(g->map, m->to->user, m->to->host, t,
				     text);
	*t = (struct jmap_target){ .kind = JMAP_SERVICE };
	return 0;
}

static void take(struct gate *g, const struct gate_msg *m,
		 const struct jmap_target *t, gate_answer_h *h, void *arg)
{
	size_t max = g->conf.text_max ? g->conf.text_max : TEXT_MAX;
	struct person *p;
	struct gate_ask *a;
	int err;

	if (m->text.n > max) {
		gate_refuse_now(
			h, arg, 413, 0,
			VIEW("ERROR: Your message was not sent. It is too "
			     "long."));
		return;
	}
	err = person_get(&p, g, m->from);
	if (err) {
		gate_refuse_now(h, arg, 403, 0, jtext(JTEXT_NO_ACCOUNT));
		return;
	}
	a = ask_new(g, m, t, h, arg);
	a->person = p;
	a->registrar = addr_eq(m->to, g->registrar);
	if (!gate_req_consent(&a->req, g->conf.hub, p->aor) && !run_command(a))
		dispatch(a);
	mem_deref(a);
}

void gate_message(void *gw, const struct gate_msg *m, gate_answer_h *h,
		  void *arg)
{
	struct gate *g = gw;
	struct jmap_target t;
	struct buf text = { 0 };

	if (!g->running)
		gate_refuse_now(h, arg, 503, 5, VIEW_NONE);
	else if (target_of(g, m, &t, &text))
		gate_refuse_now(h, arg, 404, 0, VIEW_NONE);
	else if (t.kind == JMAP_BAD)
		gate_refuse_now(h, arg, (int)t.status, 0, t.why);
	else
		take(g, m, &t, h, arg);
	buf_free(&text);
}
