/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Refusals of XMPP that come within a moment are the answer to the request
 * that they are about, with its own status: until then 202 waits. One text of
 * a conversation at a time is held so; who writes faster than that is not
 * slowed down, and hears by a text what became of the others.
 */
#include "chat_priv.h"
#include "clock.h"
#include "mem.h"

enum { EARLY_MAX = 4096 };

static const struct chat_answer kept = { .status = 202 };

struct early {
	struct lnode node;    /* chats.early, in the order of their ends */
	struct gate_ask *ask; /* ref */
	struct addr *conv;    /* ref */
	uint64_t id;          /* of the message */
	uint64_t until_ms;    /* monotonic */
};

/* The handler of an answer may bring the next text. */
static void early_end(struct chats *cs, struct early *e,
		      const struct chat_answer *answer)
{
	struct chat *c = chat_find(cs, e->conv);
	struct gate_ask *a = e->ask;

	if (c && c->early == e)
		c->early = NULL;
	list_remove(&cs->early, &e->node);
	mem_deref(e->conv);
	mem_free(e);
	if (answer->status < 300)
		gate_ok(a, answer->status, answer->words);
	else
		gate_refuse(a, answer->status, 0, answer->words);
	mem_deref(a);
}

static struct early *first(const struct chats *cs)
{
	struct lnode *n = list_first(&cs->early);

	return n ? CONTAINER(n, struct early, node) : NULL;
}

static void on_early(struct wtimer *t)
{
	struct chats *cs = CONTAINER(t, struct chats, early_timer);
	struct early *e;

	while ((e = first(cs)) && e->until_ms <= now_ms())
		early_end(cs, e, &kept);
	if (e && !wtimer_running(t))
		wheel_start(loop_wheel(cs->gate->conf.loop), t,
			    e->until_ms - now_ms(), on_early);
}

bool chat_early_hold(struct gate_ask *a, struct addr *conv, uint64_t id)
{
	struct chats *cs = chats_of(a->gate);
	struct chat *c = chat_find(cs, conv);
	struct person *p = c ? person_find(a->gate, c->aor) : NULL;
	unsigned ms = a->gate->conf.early_error_ms;
	struct early *e;

	if (!ms || !p || !person_is_online(p) || c->early ||
	    a->req.meta.notice || cs->early.count >= EARLY_MAX)
		return false;
	e = c->early = mem_zalloc(sizeof(*e));
	e->ask = mem_ref(a);
	e->conv = mem_ref(conv);
	e->id = id;
	e->until_ms = now_ms() + ms;
	list_append(&cs->early, &e->node);
	if (!wtimer_running(&cs->early_timer))
		wheel_start(loop_wheel(cs->gate->conf.loop),
			    &cs->early_timer, ms, on_early);
	return true;
}

bool chat_early_end(struct chats *cs, const struct addr *conv, uint64_t id,
		    const struct chat_answer *answer)
{
	struct chat *c = chat_find(cs, conv);

	if (!c || !c->early || c->early->id != id)
		return false;
	early_end(cs, c->early, answer);
	return true;
}

void chat_early_stop(struct chats *cs)
{
	struct early *e;

	wheel_stop(loop_wheel(cs->gate->conf.loop), &cs->early_timer);
	while ((e = first(cs)))
		early_end(cs, e, &kept);
}
