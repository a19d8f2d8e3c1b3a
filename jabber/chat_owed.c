/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of texts of XMPP, for their senders: receipts and errors. While
 * their way is down they are owed, and said when it is up again; nobody logs
 * in for that. In memory only, the newest thousand.
 */
#include "chat_priv.h"
#include "log.h"
#include "mem.h"

enum { OWED_MAX = 1000 };

static const struct jerror_xmpp away = { 0, "recipient-unavailable", "wait" };

struct owed {
	struct lnode node;  /* chats.owed */
	struct addr *aor;   /* ref */
	struct buf jid;     /* who he was on XMPP: nobody else says it */
	struct buf to, id, words;
	const struct jerror_xmpp *error;
	bool component;     /* he spoke by it */
};

static void owed_free(struct chats *cs, struct owed *o)
{
	list_remove(&cs->owed, &o->node);
	mem_deref(o->aor);
	buf_free(&o->jid);
	buf_free(&o->to);
	buf_free(&o->id);
	buf_free(&o->words);
	mem_free(o);
}

void chat_owed_free(struct chats *cs)
{
	struct lnode *n;

	while ((n = list_first(&cs->owed)))
		owed_free(cs, CONTAINER(n, struct owed, node));
}

static void make_room(struct chats *cs)
{
	struct owed *first;

	if (cs->owed.count < OWED_MAX)
		return;
	first = CONTAINER(list_first(&cs->owed), struct owed, node);
	log_info("xmpp %s: too much is owed: what became of a text is not "
		 "said", first->aor->text.p);
	owed_free(cs, first);
}

static void owe(struct person *p, const struct chat_fate *f)
{
	struct chats *cs = chats_of(p->gate);
	struct owed *o = mem_zalloc(sizeof(*o));

	make_room(cs);
	o->aor = mem_ref(p->aor);
	o->component = !p->account;
	o->error = f->error;
	buf_addv(&o->jid, buf_view(&p->jid));
	buf_addv(&o->to, f->to);
	buf_addv(&o->id, f->id);
	buf_addv(&o->words, f->words);
	list_append(&cs->owed, &o->node);
}

void chat_fate(struct person *p, const struct chat_fate *f)
{
	if (!person_is_online(p))
		owe(p, f);
	else if (f->error)
		chat_error(p, f->to, f->id, f->error, f->words);
	else
		chat_confirm(p, f->to, f->id);
}

static void pay(struct person *p, const struct owed *o)
{
	const struct chat_fate f = {
		.to = buf_view(&o->to),
		.id = buf_view(&o->id),
		.words = buf_view(&o->words),
		.error = o->error,
	};

	if (person_is_online(p) &&
	    view_eq(buf_view(&p->jid), buf_view(&o->jid)))
		chat_fate(p, &f);
}

void chat_owed_up(struct chats *cs, struct person *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&cs->owed, n, nx) {
		struct owed *o = CONTAINER(n, struct owed, node);
		struct person *who = p;

		if (p ? !addr_eq(o->aor, p->aor) : !o->component)
			continue;
		if (p || !person_get(&who, cs->gate, o->aor))
			pay(who, o);
		owed_free(cs, o);
	}
}

/* A text to XMPP that the hub let go: also before the gate is running, after
 * a long time without us. */
static void tell_expired(const struct gate *g, const struct addr *conv,
			 const struct msg *m)
{
	struct addr *from = chat_gate_addr(g, conv);
	struct meta meta;

	meta_get(&meta, m->meta);
	if (meta.notice)
		log_info("xmpp %.*s: a notice was not sent",
			 VIEW_ARG(conv->text));
	else
		hub_gate_tell(g->conf.hub, from, m->from,
			      jtext(JTEXT_EXPIRED));
	mem_deref(from);
}

/* Of a failure; words is for what its text points to. */
static void fail(struct chat_fate *f, struct buf *words, enum gate_fate fate,
		 int status)
{
	if (fate == GATE_EXPIRED) {
		f->error = &away;
		f->words = VIEW("The user was away for too long.");
		return;
	}
	f->error = jerror_xmpp((unsigned)status);
	jerror_words(words, (unsigned)status,
		     view_str(jerror_sip(view_str(f->error->condition))
				      ->reason));
	f->words = buf_view(words);
}

void chats_settled(void *gate, struct addr *to, const struct msg *m,
		   enum gate_fate fate, int status)
{
	struct gate *g = gate;
	struct chat_fate f = { .to = VIEW_NONE };
	struct buf words = { 0 };
	struct person *p;
	struct meta meta;

	if (!addr_is(to, "sip")) {
		tell_expired(g, to, m);
		return;
	}
	meta_get(&meta, m->meta);
	if (!g->running || !meta.to.n ||
	    (fate == GATE_DELIVERED && (status != 200 || !meta.receipt)) ||
	    person_get(&p, g, to))
		return;
	f.to = meta.to;
	f.id = meta.id;
	if (fate != GATE_DELIVERED)
		fail(&f, &words, fate, status);
	chat_fate(p, &f);
	buf_free(&words);
}
