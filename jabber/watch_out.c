/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How our users are shown on XMPP: by one presence of the account, whose
 * server does the rest; or by the component to each who may see them. What
 * changes is shown at the end of a short while, once, some users at a time.
 */
#include <errno.h>

#include "log.h"
#include "mem.h"
#include "roster.h"
#include "watch_priv.h"

enum {
	SOON_MS = 10,
	AGAIN_MS = 500,   /* while the worker is behind */
	AT_ONCE = 50,     /* users */
	RCPTS = 60 * 1024, /* bytes of addresses in one frame */
	GONE_PRIORITY = -1,
	LATE_MAX = 50000, /* stanzas */
};

struct late {
	struct lnode node;
	struct addr *aor;  /* ref: whose */
	struct buf stanza; /* owned */
};

#define OFFLINE_WORDS VIEW("SIP phone offline")

/* ---- what is shown ---- */

/* RFC 6121 4.7.2.1 */
static const char *show_word(enum show show)
{
	return show == SHOW_ONLINE ? NULL : show_name(show);
}

static void put_words(struct buf *b, enum show show, struct view note,
		      int priority)
{
	const char *word = show_word(show);
	struct buf n = { 0 };

	if (word)
		elem_leaf(b, "show", NULL, view_str(word));
	if (note.n)
		elem_leaf(b, "status", NULL, note);
	buf_addf(&n, "%d", priority);
	elem_leaf(b, "priority", NULL, buf_view(&n));
	roster_caps(b);
	buf_free(&n);
}

/* jabber.md 4.13: one whose phone is off still gets what is said to him. One
 * who never registers is not known to be off. */
static void put_account(struct buf *b, const struct mine *m,
			const struct presence_state *s)
{
	const struct gate_conf *conf = &m->person->gate->conf;
	enum show best = presence_best(s);

	stanza_open(b, "presence", VIEW_NONE, VIEW_NONE, VIEW_NONE,
		    VIEW_NONE);
	if (best != SHOW_OFFLINE)
		put_words(b, best, s->place[0].note, conf->priority);
	else if (m->left || s->count)
		put_words(b, SHOW_AWAY, OFFLINE_WORDS, GONE_PRIORITY);
	else
		put_words(b, SHOW_ONLINE, VIEW_NONE, conf->priority);
	elem_close(b);
}

/* to: empty for many. */
static void put_user(struct buf *b, const struct mine *m,
		     const struct presence_state *s, struct view to)
{
	const struct person *p = m->person;
	enum show best = presence_best(s);
	bool off = best == SHOW_OFFLINE;

	stanza_open(b, "presence", off ? VIEW("unavailable") : VIEW_NONE,
		    person_from(p), to, VIEW_NONE);
	if (!off)
		put_words(b, best, s->place[0].note, p->gate->conf.priority);
	else if (s->count && s->place[0].note.n)
		elem_leaf(b, "status", NULL, s->place[0].note);
	elem_close(b);
}

static void state_of(const struct mine *m, struct presence_state *s)
{
	hub_gate_presence_of(m->person->gate->conf.hub, m->person->aor, s);
}

/* It is what was shown last: nothing to do. */
static bool is_same(struct mine *m, const struct buf *b)
{
	bool same = !m->forced && view_eq(buf_view(&m->sent), buf_view(b));

	m->forced = false;
	return same;
}

static void note_sent(struct mine *m, const struct buf *b)
{
	buf_clear(&m->sent);
	buf_addv(&m->sent, buf_view(b));
}

/* ---- to one ---- */

static void on_timer(struct wtimer *t);

static void soon(struct watches *ws, uint64_t ms)
{
	if (!wtimer_running(&ws->timer))
		wheel_start(loop_wheel(ws->gate->conf.loop), &ws->timer, ms,
			    on_timer);
}

static void late_add(struct watches *ws, const struct person *p,
		     const struct buf *stanza)
{
	struct late *l;

	if (ws->late.count >= LATE_MAX) {
		log_warning("xmpp %s: too much waits, a presence is lost",
			    p->aor->text.p);
		return;
	}
	l = mem_zalloc(sizeof(*l));
	l->aor = mem_ref(p->aor);
	buf_addv(&l->stanza, buf_view(stanza));
	list_append(&ws->late, &l->node);
	soon(ws, AGAIN_MS);
}

void out_send(const struct person *p, const struct buf *stanza)
{
	struct watches *ws = watches_of(p->gate);

	if (!person_is_online(p))
		return;
	if (!list_empty(&ws->late) ||
	    xlink_send(person_link(p), stanza) == EBUSY)
		late_add(ws, p, stanza);
}

static void late_free(struct watches *ws, struct late *l)
{
	list_remove(&ws->late, &l->node);
	mem_deref(l->aor);
	buf_free(&l->stanza);
	mem_free(l);
}

/* False: a worker is still behind. */
static bool send_late(struct watches *ws)
{
	struct lnode *n, *nx;

	LIST_EACH (&ws->late, n, nx) {
		struct late *l = CONTAINER(n, struct late, node);
		const struct person *p = person_find(ws->gate, l->aor);

		if (p && person_is_online(p) &&
		    xlink_send(person_link(p), &l->stanza) == EBUSY)
			return false;
		late_free(ws, l);
	}
	return true;
}

void out_one(struct mine *m, struct view to)
{
	struct presence_state s;
	struct buf b = { 0 };

	state_of(m, &s);
	put_user(&b, m, &s, to);
	out_send(m->person, &b);
	buf_clear(&b);
	/* and what others have seen is this as well */
	put_user(&b, m, &s, VIEW_NONE);
	if (!m->sent.n)
		note_sent(m, &b);
	buf_free(&b);
}

/* ---- to all ---- */

struct batch {
	struct xlink *x;
	const struct buf *stanza;
	struct buf rcpts;
	int err;
};

static void flush(struct batch *bt)
{
	if (bt->rcpts.n && !bt->err)
		bt->err = xlink_send_many(bt->x, bt->stanza,
					  buf_view(&bt->rcpts));
	buf_clear(&bt->rcpts);
}

static void add_rcpt(struct addr *other, void *arg)
{
	struct batch *bt = arg;
	struct view bare = watch_bare(other);

	if (bt->rcpts.n + bare.n + 1 > RCPTS)
		flush(bt);
	buf_addv(&bt->rcpts, bare);
	buf_addc(&bt->rcpts, '\n');
}

/* ENOTCONN, EBUSY: not all have it. */
static int to_all(struct mine *m, const struct buf *stanza)
{
	struct person *p = m->person;
	struct batch bt = { .x = person_link(p), .stanza = stanza };

	if (!consent_each(p->gate->conf.hub, p->aor, "xmpp", CONSENT_ALLOWED,
			  add_rcpt, &bt) &&
	    m->watched) {
		m->watched = false;
		person_release(p);
	}
	flush(&bt);
	buf_free(&bt.rcpts);
	return bt.err;
}

/* Whom a yes is owed to hears it before he sees anything. */
static int pay(struct mine *m)
{
	struct person *p = m->person;
	struct buf b = { 0 };
	int err = 0;

	if (!m->owed.n)
		return 0;
	stanza_open(&b, "presence", VIEW("subscribed"), buf_view(&p->jid),
		    VIEW_NONE, VIEW_NONE);
	elem_close(&b);
	err = xlink_send_many(person_link(p), &b, buf_view(&m->owed));
	if (!err)
		buf_clear(&m->owed);
	buf_free(&b);
	return err;
}

/* EBUSY: again, later. */
static int show_one(struct mine *m)
{
	struct person *p = m->person;
	struct presence_state s;
	struct buf b = { 0 };
	int err = 0;

	if (!person_is_online(p))
		return 0;
	state_of(m, &s);
	if (p->account)
		put_account(&b, m, &s);
	else
		put_user(&b, m, &s, VIEW_NONE);
	if (is_same(m, &b))
		goto out;
	if (p->account)
		err = xlink_send(p->account, &b);
	else if (!(err = pay(m)))
		err = to_all(m, &b);
	if (!err)
		note_sent(m, &b);
	m->forced = err == EBUSY;
 out:
	buf_free(&b);
	return err;
}

/* ---- when ---- */

static void on_timer(struct wtimer *t)
{
	struct watches *ws = CONTAINER(t, struct watches, timer);
	uint64_t pause_ms = SOON_MS;
	struct lnode *n;
	int left = AT_ONCE;

	if (!send_late(ws)) {
		soon(ws, AGAIN_MS);
		return;
	}
	while (left-- && (n = list_shift(&ws->due))) {
		struct mine *m = CONTAINER(n, struct mine, due_node);

		if (show_one(m) != EBUSY)
			continue;
		list_append(&ws->due, &m->due_node);
		pause_ms = AGAIN_MS;
		break;
	}
	if (!list_empty(&ws->due))
		soon(ws, pause_ms);
}

void out_due(struct mine *m, bool forced)
{
	struct watches *ws = watches_of(m->person->gate);

	m->forced |= forced;
	if (!m->due_node.next)
		list_append(&ws->due, &m->due_node);
	soon(ws, SOON_MS);
}

void out_account(struct mine *m)
{
	m->forced = true;
	if (show_one(m) == EBUSY)
		out_due(m, true);
}

void out_all(struct gate *g)
{
	struct hub *h = g->conf.hub;
	struct addr *user = NULL;
	struct person *p;
	size_t pos = 0;

	while ((user = consent_users(h, &pos, user))) {
		if (!consent_each(h, user, "xmpp", CONSENT_ALLOWED, NULL,
				  NULL) ||
		    person_get(&p, g, user) || p->account)
			continue;
		if (!mine_get(p)->watched)
			person_hold(p);
		mine_get(p)->watched = true;
		out_due(mine_get(p), true);
	}
}

void out_goodbye(struct mine *m)
{
	const struct presence_state s = { .count = 0 };
	struct buf b = { 0 };

	if (!m->person->account && m->sent.n && person_is_online(m->person)) {
		put_user(&b, m, &s, VIEW_NONE);
		if (!view_eq(buf_view(&b), buf_view(&m->sent)))
			(void)to_all(m, &b);
	}
	buf_free(&b);
}

void out_stop(struct watches *ws)
{
	wheel_stop(loop_wheel(ws->gate->conf.loop), &ws->timer);
	while (!list_empty(&ws->late))
		late_free(ws, CONTAINER(list_first(&ws->late), struct late,
					node));
}
