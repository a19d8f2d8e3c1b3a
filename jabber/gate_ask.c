/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SIP users want: texts and commands, each answered once. */
#include <string.h>

#include "consent.h"
#include "gate_priv.h"
#include "jtext.h"
#include "mem.h"

enum { TEXT_MAX = 9000 };

/* ---- asks ---- */

static void ask_destroy(void *obj)
{
	struct gate_ask *a = obj;

	mem_deref(a->to);
	buf_free(&a->texts);
}

static void answer(struct gate_ask *a, int status, unsigned retry_after,
		   struct view words)
{
	const struct gate_answer ga = { status, retry_after, words };

	if (a->answered)
		return;
	a->answered = true;
	a->h(&ga, a->arg);
}

void gate_ok(struct gate_ask *a, int status, struct view words)
{
	answer(a, status, 0, words);
}

void gate_refuse(struct gate_ask *a, int status, unsigned retry_after,
		struct view words)
{
	answer(a, status, retry_after, words);
}

/* Copies v behind what is there; the views are made when all is. */
static size_t put(struct gate_ask *a, struct view v)
{
	size_t at = a->texts.n;

	buf_addv(&a->texts, v);
	buf_addc(&a->texts, '\0');
	return at;
}

static struct gate_ask *ask_new(struct gate *g, const struct gate_msg *m,
				const struct jmap_target *t, gate_answer_h *h,
				void *arg)
{
	struct gate_ask *a = mem_new(sizeof(*a), ask_destroy);
	struct buf meta = { 0 };
	size_t bare, nick, text, dedupe, at;

	meta_put(&meta, &m->meta);
	a->gate = g;
	a->to = mem_ref(m->to);
	a->kind = m->kind;
	a->time_ms = m->time_ms;
	a->h = h;
	a->arg = arg;
	bare = put(a, t->bare);
	nick = put(a, t->nick);
	text = put(a, m->text);
	dedupe = put(a, m->dedupe);
	at = put(a, buf_view(&meta));
	a->target.kind = t->kind;
	a->target.bare = view_mem(a->texts.p + bare, t->bare.n);
	a->target.nick = view_mem(a->texts.p + nick, t->nick.n);
	a->text = view_mem(a->texts.p + text, m->text.n);
	a->dedupe = view_mem(a->texts.p + dedupe, m->dedupe.n);
	meta_get(&a->meta, view_mem(a->texts.p + at, meta.n));
	buf_free(&meta);
	return a;
}

/* ---- commands ---- */

static bool has_name(const char *names, struct view name)
{
	struct view v = view_str(names), word;

	while (view_word(&v, " ", &word))
		if (view_ieq(word, name))
			return true;
	return false;
}

static bool is_for(const struct gate_command *c, const struct gate_ask *a)
{
	return (c->kinds & (1U << a->target.kind)) ||
	       (a->registrar && (c->kinds & GATE_TO_REGISTRAR));
}

static const struct gate_command *command_find(const struct gate_ask *a,
					       struct view name, bool *known)
{
	*known = false;
	for (size_t i = 0; i < GATE_MODULES; i++)
		for (size_t j = 0; j < gate_module(i)->command_count; j++) {
			const struct gate_command *c =
				&gate_module(i)->commands[j];

			if (!has_name(c->names, name))
				continue;
			*known = true;
			if (is_for(c, a))
				return c;
		}
	return NULL;
}

static void help(struct gate_ask *a)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < GATE_MODULES; i++)
		for (size_t j = 0; j < gate_module(i)->command_count; j++) {
			const struct gate_command *c =
				&gate_module(i)->commands[j];

			if (!is_for(c, a))
				continue;
			if (b.n)
				buf_addc(&b, '\n');
			buf_adds(&b, c->help);
		}
	gate_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static void unknown(struct gate_ask *a, struct view name, bool known)
{
	struct buf b = { 0 };

	buf_adds(&b, "ERROR: :");
	buf_addv(&b, view_head(name, 32));
	buf_adds(&b, known ? " is not for this address" :
			     " is no command");
	buf_adds(&b, "; :help lists what there is here.");
	gate_refuse(a, 400, 0, buf_view(&b));
	buf_free(&b);
}

static bool run_command(struct gate_ask *a)
{
	struct view line = view_trim(a->text), name, rest;
	const struct gate_command *c;
	bool known;

	if (a->kind != GATE_TEXT || line.n < 2 || line.p[0] != ':' ||
	    (line.p[1] | 32) < 'a' || (line.p[1] | 32) > 'z')
		return false;
	line = view_from(line, 1);
	name = line;
	for (name.n = 0; name.n < line.n; name.n++)
		if (strchr(" \t\r\n", line.p[name.n]))
			break;
	rest = view_trim(view_from(line, name.n));
	if (view_ieqs(name, "help")) {
		help(a);
		return true;
	}
	c = command_find(a, name, &known);
	/* ":Sue, are you there?" to a person is meant for him */
	if (!c && !known && a->target.kind == JMAP_PERSON && !a->registrar)
		return false;
	a->text = rest;
	if (c)
		c->run(a);
	else
		unknown(a, name, known);
	return true;
}

/* ---- the door ---- */

static void refuse_now(gate_answer_h *h, void *arg, int status,
		       unsigned retry_after, struct view words)
{
	const struct gate_answer a = { status, retry_after, words };

	h(&a, arg);
}

static void dispatch(struct gate_ask *a)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->message && !a->registrar &&
		    (gate_module(i)->kinds & (1U << a->target.kind))) {
			gate_module(i)->message(a);
			return;
		}
	gate_refuse(a, a->kind == GATE_TEXT ? 404 : 200, 0,
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

/* "/allow 17" at any of our addresses. */
static bool run_consent(struct gate_ask *a)
{
	struct hub *h = a->gate->conf.hub;
	struct buf words = { 0 };
	enum consent_verb verb;
	struct view arg;
	int status;

	if (a->kind != GATE_TEXT || !consent_parse(a->text, &verb, &arg))
		return false;
	status = consent_do(h, a->person->aor, verb, arg, &words);
	if (status == 200)
		gate_ok(a, 200, buf_view(&words));
	else
		gate_refuse(a, status, 0, buf_view(&words));
	buf_free(&words);
	return true;
}

static void take(struct gate *g, const struct gate_msg *m,
		 const struct jmap_target *t, gate_answer_h *h, void *arg)
{
	size_t max = g->conf.text_max ? g->conf.text_max : TEXT_MAX;
	struct person *p;
	struct gate_ask *a;
	int err;

	if (m->text.n > max) {
		refuse_now(h, arg, 413, 0,
			   VIEW("ERROR: Your message was not sent. It is too "
				"long."));
		return;
	}
	err = person_get(&p, g, m->from);
	if (err) {
		refuse_now(h, arg, 403, 0, jtext(JTEXT_NO_ACCOUNT));
		return;
	}
	a = ask_new(g, m, t, h, arg);
	a->person = p;
	a->registrar = addr_eq(m->to, g->registrar);
	if (!run_consent(a) && !run_command(a))
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
		refuse_now(h, arg, 503, 5, VIEW_NONE);
	else if (target_of(g, m, &t, &text))
		refuse_now(h, arg, 404, 0, VIEW_NONE);
	else if (t.kind == JMAP_BAD)
		refuse_now(h, arg, (int)t.status, 0, t.why);
	else
		take(g, m, &t, h, arg);
	buf_free(&text);
}
