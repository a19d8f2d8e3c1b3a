/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said in a linked room, both ways. Ours go out in their order: a word
 * of somebody whose puppet is still coming holds up those behind it. All our
 * occupants hear all that is said there, so nothing is lost when the listener
 * changes; what has an id of the room is taken from whoever hears it first,
 * other words only from the listener.
 */
#include <errno.h>

#include "log.h"
#include "mem.h"
#include "mention.h"
#include "puppet_priv.h"
#include "render.h"

struct saying {
	struct lnode node;
	struct msg *msg; /* ref */
};

/* ---- out ---- */

/* "cf-" and the leg: what no other gateway says. */
static void add_mark(struct buf *b, const struct plink *l)
{
	buf_adds(b, "cf-");
	buf_add_hex(b, l->leg);
	buf_addc(b, '-');
}

static bool is_there(struct view name, void *arg)
{
	return occupant_is_called(arg, name);
}

/* o says it: for himself, or for somebody who is not there. */
static void add_words(struct buf *text, const struct msg *m,
		      struct occupant *o, bool his)
{
	struct buf words = { 0 };

	if (his)
		buf_addv(&words, m->text);
	else
		render_relay(&words, m);
	if (o)
		mention_spare(text, buf_view(&words), is_there, o);
	else
		buf_addv(text, buf_view(&words));
	buf_free(&words);
}

/* EBUSY: he who says it is not in. */
static int say(struct plink *l, const struct msg *m, const struct puppet *p)
{
	struct buf text = { 0 }, id = { 0 };
	int err;

	add_mark(&id, l);
	buf_add_hex(&id, m->id);
	add_words(&text, m, p ? p->o : l->relay, p != NULL);
	if (p && p->state != PUPPET_IN)
		err = EBUSY;
	else
		err = occupant_speak(p ? p->o : l->relay,
				     &(struct occupant_words){
			.tag = m->seq, .time_ms = m->time_ms, .kind = m->kind,
			.text = buf_view(&text), .id = buf_view(&id) });
	buf_free(&text);
	buf_free(&id);
	return err == ENOTCONN ? EBUSY : err;
}

static bool relay_comes(const struct plink *l)
{
	return l->relay && occupant_state(l->relay) == OCCUPANT_JOINING;
}

/* Not 0: not yet; whoever is waited for says when. */
static int say_first(struct plink *l, const struct msg *m)
{
	const struct puppet *p = puppet_of(l, m);
	int err = say(l, m, p);

	if (err != EBUSY)
		return err;
	return (p && p->state == PUPPET_COMING) || (!p && relay_comes(l)) ?
		       EAGAIN :
		       EBUSY;
}

/* Within an op nothing may be called up: a puppet that is made there may be
 * refused at once. */
static bool speaker_is_in(struct plink *l, const struct msg *m)
{
	struct lnode *n, *nx;

	if (!l->own || m->origin || m->kind > MSG_EMOTE)
		return occupant_state(l->relay) == OCCUPANT_IN;
	LIST_EACH (&l->puppets, n, nx) {
		struct puppet *p = CONTAINER(n, struct puppet, in_link);

		if (p->state == PUPPET_IN && addr_eq(p->who, m->from))
			return true;
	}
	return false;
}

int talk_deliver(struct plink *l, struct msg *m)
{
	struct saying *s;
	int err = EAGAIN;

	if (list_empty(&l->queue) && speaker_is_in(l, m))
		err = say(l, m, puppet_of(l, m));
	if (!err || err == EBUSY)
		return err;
	s = mem_zalloc(sizeof(*s));
	s->msg = mem_ref(m);
	list_append(&l->queue, &s->node);
	plink_soon(l);
	return 0;
}

static void saying_free(struct plink *l, struct saying *s)
{
	list_remove(&l->queue, &s->node);
	mem_deref(s->msg);
	mem_free(s);
}

static void later(struct plink *l)
{
	struct lnode *n;

	while ((n = list_first(&l->queue)) != NULL) {
		struct saying *s = CONTAINER(n, struct saying, node);
		uint64_t seq = s->msg->seq;

		saying_free(l, s);
		hub_on_failed(plink_hub(l), l->leg, seq, true,
			      VIEW("not in the room yet"));
	}
}

void talk_step(struct plink *l)
{
	struct lnode *n;

	while ((n = list_first(&l->queue)) != NULL) {
		struct saying *s = CONTAINER(n, struct saying, node);
		struct msg *m = mem_ref(s->msg);
		uint64_t seq = m->seq;
		int err = say_first(l, m);

		mem_deref(m);
		/* a puppet that is refused at once may end the link */
		if (err == EAGAIN || list_first(&l->queue) != n)
			return;
		if (err == EBUSY) {
			later(l);
			return;
		}
		saying_free(l, s);
		if (err)
			talk_said(l, seq, err, VIEW_NONE);
	}
}

void talk_said(struct plink *l, uint64_t seq, int err, struct view words)
{
	struct hub *h = plink_hub(l);

	if (!err)
		hub_on_delivered(h, l->leg, seq);
	else if (err == EAGAIN)
		hub_on_failed(h, l->leg, seq, true, words);
	else if (err == EACCES)
		hub_on_failed(h, l->leg, seq, false,
			      VIEW("no right to speak there"));
	else
		hub_on_failed(h, l->leg, seq, false,
			      words.n ? words : VIEW("it was refused there"));
}

void talk_free(struct plink *l)
{
	struct lnode *n;

	while ((n = list_first(&l->queue)) != NULL)
		saying_free(l, CONTAINER(n, struct saying, node));
}

/* ---- in ---- */

bool talk_is_ours(const struct plink *l, const struct occupant_heard *h)
{
	struct buf mark = { 0 };
	bool ours;

	add_mark(&mark, l);
	ours = view_starts(h->origin, buf_view(&mark));
	buf_free(&mark);
	return ours || puppet_is_nick(l, h->nick) ||
	       (l->relay && view_eq(h->nick, occupant_nick(l->relay)));
}

/* Each of our occupants hears it; once is enough. */
static bool looked_at(struct plink *l, struct view id)
{
	uint64_t hash = hash_view(id);

	for (size_t i = 0; i < 64; i++)
		if (l->looked[i] == hash)
			return true;
	l->looked[l->looked_next++ % 64] = hash;
	return false;
}

void talk_heard(struct plink *l, struct occupant *o,
		const struct occupant_heard *h)
{
	const struct occupant *ear = plink_listener(l);
	bool has_id = view_starts(h->id, VIEW("s:"));

	if (!ear || ear == o)
		l->ids = has_id;
	if (ear && ear != o && !(has_id && l->ids))
		return;
	if (!h->nick.n || (has_id && looked_at(l, h->id)) ||
	    talk_is_ours(l, h))
		return;
	past_heard(l, h);
}

void talk_whispered(struct plink *l, struct occupant *o,
		    const struct occupant_heard *h)
{
	static const struct bucket_rate rate = { 1, 60 * 1000, 1 };
	struct buf who = { 0 };
	char id[24];

	buf_adds(&who, l->place);
	buf_addc(&who, '/');
	buf_addv(&who, h->nick);
	if (gate_rate(l->pups->gate, buf_view(&who), 'p', &rate))
		(void)occupant_whisper(o, 0, h->nick,
				       VIEW("This is a link between chat "
					    "rooms: private messages do not "
					    "get through."),
				       stanza_id(id));
	buf_free(&who);
}
