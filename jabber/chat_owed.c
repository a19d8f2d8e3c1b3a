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
