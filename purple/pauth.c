/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user is asked: whether somebody of another network may see him
 * (answered by /allow and /deny, consent.h), and what libpurple has to know to
 * go on (answered by /code, which nobody else may see).
 */

#include "consent.h"
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"

enum {
	ASKED_MAX = 50,      /* of one account */
	QUESTIONS_MAX = 5,   /* likewise */
	ANSWER_MS = 10 * 60 * 1000,
	TEXT_MAX = 2000, NAME_MAX = 128,
};

struct pauth {
	struct pgate *gate;    /* borrowed */
	struct list asked;     /* owned */
	struct list questions; /* owned */
	uint64_t number;       /* the last question's */
};

/* Somebody asks to see the owner. */
struct asked {
	struct lnode node;
	uint64_t account, number; /* number: the worker's */
	struct addr *other;       /* ref: he, in rules of consent */
};

struct question {
	struct lnode node;
	struct pauth *all;        /* borrowed */
	uint64_t account, number; /* number: the worker's */
	uint64_t shown;           /* and the one that he was told */
	struct wtimer timer;
};

/* ---- who asks ---- */

static void asked_free(struct pauth *all, struct asked *q)
{
	list_remove(&all->asked, &q->node);
	mem_deref(q->other);
	mem_free(q);
}

/* "purple:xmpp/carol%40example.org": one person, whichever account. */
static struct addr *other_of(const struct pacct *a, struct view name)
{
	struct buf text = { 0 };
	struct addr *addr = NULL;

	buf_adds(&text, "purple:");
	buf_adds(&text, a->proto->label);
	buf_addc(&text, '/');
	pmap_escape(&text, name);
	if (addr_parse(&addr, buf_view(&text)))
		addr = NULL;
	buf_free(&text);
	return addr;
}

static void decide(struct pacct *a, uint64_t number, bool yes)
{
	const struct purp p = { .verb = yes ? PURP_ALLOW : PURP_DENY,
				.number = number };

	(void)pacct_send(a, &p, NULL, NULL);
}

static size_t asked_of(const struct pauth *all, uint64_t account)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&all->asked, n, nx)
		count += CONTAINER(n, struct asked, node)->account == account;
	return count;
}

/* "carol@example.org (XMPP): please" */
static void put_who(struct buf *b, const struct pacct *a, struct view name,
		    const struct purp *p)
{
	utf8_clean_line(b, name, NAME_MAX);
	buf_addc(b, ' ');
	buf_addc(b, '(');
	if (p->other.n && !view_eq(p->other, name)) {
		utf8_clean_name(b, p->other, NAME_MAX);
		buf_adds(b, ", ");
	}
	buf_adds(b, a->proto->title);
	buf_addc(b, ')');
}

static void ask(struct pacct *a, struct addr *other, struct view name,
		const struct purp *p)
{
	struct pauth *all = a->gate->auth;
	struct asked *q;
	struct buf who = { 0 };
	int err;

	if (asked_of(all, a->id) >= ASKED_MAX) {
		log_info("purple %s of %s: too many ask; the server asks "
			 "again", a->name, a->owner->text.p);
		return;
	}
	q = mem_zalloc(sizeof(*q));
	q->account = a->id;
	q->number = p->number;
	q->other = mem_ref(other);
	list_append(&all->asked, &q->node);
	put_who(&who, a, name, p);
	err = consent_ask_as(a->gate->conf.hub, a->owner, other,
			     a->gate->self, buf_view(&who));
	if (err)
		log_info("purple %s of %s: the question about %s has to wait",
			 a->name, a->owner->text.p, other->text.p);
	buf_free(&who);
}

static bool lets_in(const struct pacct *a, struct view name,
		    const struct purp *p)
{
	return a->auth == PGATE_ALLOW ||
	       (a->auth == PGATE_KNOWN &&
		(p->kind || pshow_is_watched(a, name)));
}

static void on_asked(struct pacct *a, const struct purp *p)
{
	struct hub *h = a->gate->conf.hub;
	struct buf name = { 0 };
	struct addr *other = NULL;

	if (!pgate_name(&name, a, p->who))
		other = other_of(a, buf_view(&name));
	if (!other || a->auth == PGATE_DENY ||
	    consent_of(h, a->owner, other) == CONSENT_DENIED)
		decide(a, p->number, false);
	else if (lets_in(a, buf_view(&name), p) ||
		 consent_of(h, a->owner, other) == CONSENT_ALLOWED)
		decide(a, p->number, true);
	else
		ask(a, other, buf_view(&name), p);
	mem_deref(other);
	buf_free(&name);
}

static void on_consent(struct addr *user, struct addr *other,
		       enum consent now, void *arg)
{
	struct pauth *all = arg;
	struct lnode *n, *nx;

	if (now != CONSENT_ALLOWED && now != CONSENT_DENIED)
		return;
	LIST_EACH (&all->asked, n, nx) {
		struct asked *q = CONTAINER(n, struct asked, node);
		struct pacct *a = pacct_find(all->gate, q->account);

		if (!a || !addr_eq(a->owner, user) ||
		    !addr_eq(q->other, other))
			continue;
		decide(a, q->number, now == CONSENT_ALLOWED);
		asked_free(all, q);
	}
}

static void on_ask_over(struct pacct *a, uint64_t number)
{
	struct pauth *all = a->gate->auth;
	struct lnode *n, *nx;

	LIST_EACH (&all->asked, n, nx) {
		struct asked *q = CONTAINER(n, struct asked, node);

		if (q->account == a->id && q->number == number)
			asked_free(all, q);
	}
}

/* ---- what libpurple asks ---- */

static void question_free(struct question *q)
{
	wheel_stop(loop_wheel(q->all->gate->conf.loop), &q->timer);
	list_remove(&q->all->questions, &q->node);
	mem_free(q);
}

/* An empty answer is none: the worker cancels. */
static void reply(const struct question *q, struct view text)
{
	struct pacct *a = pacct_find(q->all->gate, q->account);
	const struct purp p = { .verb = PURP_ANSWER, .number = q->number,
				.text = text };

	if (a)
		(void)pacct_send(a, &p, NULL, NULL);
}

static void on_late(struct wtimer *t)
{
	struct question *q = CONTAINER(t, struct question, timer);

	reply(q, VIEW_NONE);
	question_free(q);
}

static void tell_question(struct pacct *a, const struct question *q,
			  const struct purp *p)
{
	struct buf b = { 0 };

	pacct_title(&b, a);
	buf_adds(&b, " asks: ");
	utf8_clean_line(&b, p->text, TEXT_MAX);
	buf_addf(&b, "\nAnswer within ten minutes, here and never in a room: "
		     "/code %llu ANSWER", (unsigned long long)q->shown);
	pgate_tell(a, NULL, buf_view(&b));
	buf_free(&b);
}

static size_t questions_of(const struct pauth *all, uint64_t account)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&all->questions, n, nx)
		count += CONTAINER(n, struct question,
				   node)->account == account;
	return count;
}

static void on_question(struct pacct *a, const struct purp *p)
{
	/* A long form, with some mistakes. */
	static const struct bucket_rate rate = { 30, 10 * 60 * 1000, 30 };
	struct pauth *all = a->gate->auth;
	const struct purp none = { .verb = PURP_ANSWER,
				   .number = p->number };
	struct question *q;

	if (questions_of(all, a->id) >= QUESTIONS_MAX ||
	    !pgate_rate(a->gate, a, VIEW_NONE, 'Q', &rate)) {
		(void)pacct_send(a, &none, NULL, NULL);
		return;
	}
	q = mem_zalloc(sizeof(*q));
	q->all = all;
	q->account = a->id;
	q->number = p->number;
	q->shown = ++all->number;
	list_append(&all->questions, &q->node);
	wheel_start(loop_wheel(a->gate->conf.loop), &q->timer, ANSWER_MS,
		    on_late);
	tell_question(a, q, p);
}

static void on_question_over(struct pacct *a, uint64_t number)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->gate->auth->questions, n, nx) {
		struct question *q = CONTAINER(n, struct question, node);

		if (q->account == a->id && q->number == number)
			question_free(q);
	}
}

/* "/code 17 123456" */
static bool cut_code(struct view text, uint64_t *number, struct view *rest)
{
	struct view word;

	*number = 0;
	*rest = VIEW_NONE;
	if (!view_word(&text, " \t\r\n", &word) ||
	    !view_ieqs(word, "/code"))
		return false;
	if (view_word(&text, " \t\r\n", &word) &&
	    !view_u64(number, word, UINT64_MAX))
		(void)view_cut(view_trim(text), '\n', rest, &word);
	*rest = view_trim(*rest);
	return true;
}

bool pgate_is_code(struct view text)
{
	uint64_t number;
	struct view rest;

	return cut_code(text, &number, &rest);
}

bool pgate_is_own(const struct pgate *g, const struct addr *a)
{
	struct pmap_target t = { .kind = PMAP_BAD };
	struct buf text = { 0 };
	bool own = !pmap_from_sip(g->map, a->user, a->host, VIEW_NONE, &t,
				  &text) &&
		   (t.kind == PMAP_SELF || t.kind == PMAP_GATE);

	buf_free(&text);
	return own;
}

int pgate_code(struct pgate *g, const struct addr *user, struct view text,
	       struct buf *words)
{
	struct lnode *n, *nx;
	struct view rest;
	uint64_t number;

	if (!cut_code(text, &number, &rest) || !number || !rest.n) {
		buf_adds(words, "*** Send /code NUMBER ANSWER");
		return 400;
	}
	LIST_EACH (&g->auth->questions, n, nx) {
		struct question *q = CONTAINER(n, struct question, node);
		const struct pacct *a = pacct_find(g, q->account);

		if (q->shown != number || !a || !addr_eq(a->owner, user))
			continue;
		reply(q, rest);
		question_free(q);
		buf_adds(words, "*** The answer is on its way");
		return 200;
	}
	buf_adds(words, "*** Nothing with this number was asked, or it is "
			"answered, or too old");
	return 404;
}

/* ---- all of it ---- */

void pauth_parcel(struct pacct *a, const struct purp *p)
{
	if (p->verb == PURP_ASKED)
		on_asked(a, p);
	else if (p->verb == PURP_ASK_OVER)
		on_ask_over(a, p->number);
	else if (p->verb == PURP_QUESTION)
		on_question(a, p);
	else
		on_question_over(a, p->number);
}

void pauth_down(struct pacct *a)
{
	struct pauth *all = a->gate->auth;
	struct lnode *n, *nx;

	LIST_EACH (&all->asked, n, nx)
		if (CONTAINER(n, struct asked, node)->account == a->id)
			asked_free(all, CONTAINER(n, struct asked, node));
	LIST_EACH (&all->questions, n, nx)
		if (CONTAINER(n, struct question, node)->account == a->id)
			question_free(CONTAINER(n, struct question, node));
}

void pauth_start(struct pgate *g)
{
	struct pauth *all = mem_zalloc(sizeof(*all));
	const struct consent_listener l = { .network = "purple",
					    .h = on_consent,
					    .arg = all };

	all->gate = g;
	list_init(&all->asked);
	list_init(&all->questions);
	g->auth = all;
	consent_listen(g->conf.hub, &l);
}

void pauth_stop(struct pgate *g)
{
	consent_unlisten(g->conf.hub, g->auth);
}

void pauth_free(struct pgate *g)
{
	struct lnode *n;

	while ((n = list_first(&g->auth->asked)))
		asked_free(g->auth, CONTAINER(n, struct asked, node));
	while ((n = list_first(&g->auth->questions)))
		question_free(CONTAINER(n, struct question, node));
	mem_free(g->auth);
	g->auth = NULL;
}
