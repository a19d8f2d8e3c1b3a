/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * First words of strangers. They wait, on the disk, until the user has
 * answered the question whether he takes them: so many of a stranger, and so
 * many strangers, that nobody can fill anything.
 */
#include "clock.h"
#include "consent.h"
#include "italk_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum {
	WORDS_MAX = 20,          /* of a stranger */
	BYTES_MAX = 16 * 1024,
	STRANGERS_MAX = 50,      /* of a user */
	STRANGERS_RATE = 5,      /* new ones a second */
	NAME_MAX = 64, WHO_MAX = 255,
};

static const struct consent_words rules = {
	.wants = "wants to write to you",
	.may = "may write to you",
	.may_not = "may not write to you",
	.of = " to write",
};

/* ---- the question ---- */

/* "bob (~b@host, account bob) on libera" */
static void put_who(struct buf *b, const struct ipeer *p)
{
	utf8_clean_name(b, buf_view(&p->nick), NAME_MAX);
	buf_adds(b, " (");
	utf8_clean_line(b, buf_view(&p->mask), WHO_MAX);
	if (p->account.n) {
		buf_adds(b, p->mask.n ? ", account " : "account ");
		utf8_clean_line(b, buf_view(&p->account), WHO_MAX);
	} else if (!p->mask.n) {
		buf_adds(b, "unknown to services");
	}
	buf_adds(b, ") on ");
	buf_addv(b, buf_view(&p->network));
}

static int ask(struct ipeer *p)
{
	struct addr *from = ipeer_addr(p);
	struct buf who = { 0 };
	int err = 0;

	put_who(&who, p);
	if (from)
		err = consent_ask_as(p->all->gate->conf.hub, p->aor, p->other,
				     from, buf_view(&who));
	if (err)
		log_info("irc %s: the question about %s has to wait",
			 p->aor->text.p, p->other->text.p);
	mem_deref(from);
	buf_free(&who);
	return err;
}

/* Those who could not be asked about while too many questions were open. */
static void on_ask(struct wtimer *timer)
{
	struct italks *t = CONTAINER(timer, struct italks, ask_timer);
	struct lnode *n, *nx;

	LIST_EACH (&t->strangers, n, nx) {
		struct ipeer *p = CONTAINER(n, struct ipeer, as_stranger);

		/* a question that is too old takes its words with it */
		if (!list_empty(&p->words) &&
		    consent_of(t->gate->conf.hub, p->aor, p->other) ==
			    CONSENT_NONE)
			(void)ask(p);
	}
}

/* ---- the words ---- */

static size_t strangers_of(const struct italks *t, const struct addr *aor)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&t->strangers, n, nx)
		count += addr_eq(CONTAINER(n, struct ipeer, as_stranger)->aor,
				 aor);
	return count;
}

static bool has_room(const struct ipeer *p, struct view text)
{
	if (list_empty(&p->words) &&
	    strangers_of(p->all, p->aor) >= STRANGERS_MAX)
		return false;
	return p->words.count < WORDS_MAX &&
	       p->word_bytes + text.n <= BYTES_MAX;
}

static bool has_id(const struct ipeer *p, struct view id)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->words, n, nx)
		if (id.n && view_eq(buf_view(&CONTAINER(n, struct ipeer_word,
							node)->id), id))
			return true;
	return false;
}

static void add_word(struct ipeer *p, const struct ircp *in)
{
	struct ipeer_word *w = mem_zalloc(sizeof(*w));

	w->time_ms = in->time_ms ? in->time_ms : wall_ms();
	w->kind = in->kind;
	buf_addv(&w->text, in->text);
	buf_addv(&w->id, in->id);
	if (list_empty(&p->words))
		list_append(&p->all->strangers, &p->as_stranger);
	list_append(&p->words, &w->node);
	p->word_bytes += w->text.n;
	ipeer_put(p);
}

/* However many nicks there are. */
static bool within(const struct ipeer *p)
{
	static const struct bucket_rate rate = { STRANGERS_RATE, 1000,
						 STRANGERS_MAX };

	return igate_rate(p->all->gate, buf_view(&p->network), p->aor->text,
			  'x', &rate);
}

void italk_stranger(struct seat *s, struct ipeer *p, const struct ircp *in)
{
	bool first = list_empty(&p->words);

	if (!utf8_shows(in->text) || has_id(p, in->id))
		return;
	if (!has_room(p, in->text) || (first && !within(p))) {
		italk_answer(s, in,
			     VIEW("Your message was not delivered: its "
				  "reader has not answered yet whether he "
				  "takes messages from you."));
		if (first)
			ipeer_forget(p);
		return;
	}
	add_word(p, in);
	(void)ask(p);
	if (first)
		italk_answer(s, in,
			     VIEW("Your message waits: its reader is asked "
				  "first whether he takes messages from "
				  "you."));
}

/* ---- the answer ---- */

static void hand_over(struct ipeer *p)
{
	struct lnode *n;

	while ((n = list_first(&p->words))) {
		struct ipeer_word *w =
			CONTAINER(n, struct ipeer_word, node);
		const struct italk_word word = { .kind = w->kind,
						 .time_ms = w->time_ms,
						 .text = buf_view(&w->text),
						 .id = buf_view(&w->id) };

		italk_keep(p, &word);
		ipeer_unword(p, w);
	}
	ipeer_put(p);
}

static void let_go(struct ipeer *p)
{
	log_info("irc %s: %zu messages of %s are not wanted", p->aor->text.p,
		 p->words.count, p->other->text.p);
	while (!list_empty(&p->words))
		ipeer_unword(p, CONTAINER(list_first(&p->words),
					  struct ipeer_word, node));
	ipeer_put(p);
}

static struct ipeer *peer_of(const struct italks *t, const struct addr *user,
			     const struct addr *other)
{
	struct buf text = { 0 };
	struct ipeer *p = NULL;
	struct addr *conv;

	buf_addv(&text, other->text);
	buf_addc(&text, '/');
	buf_addv(&text, user->text);
	if (!addr_parse(&conv, buf_view(&text))) {
		p = ipeer_find(t, conv);
		mem_deref(conv);
	}
	buf_free(&text);
	return p;
}

static void on_consent(struct addr *user, struct addr *other,
		       enum consent now, void *arg)
{
	struct italks *t = arg;
	struct ipeer *p = peer_of(t, user, other);

	if (now == CONSENT_ASKED)
		return;
	if (p && !list_empty(&p->words)) {
		if (now == CONSENT_ALLOWED)
			hand_over(p);
		else
			let_go(p);
	}
	wheel_start(loop_wheel(t->gate->conf.loop), &t->ask_timer, 0, on_ask);
}

void italk_first_start(struct italks *t)
{
	const struct consent_listener l = { .network = "irc",
					    .h = on_consent,
					    .arg = t,
					    .words = &rules };

	consent_listen(t->gate->conf.hub, &l);
}

void italk_first_stop(struct italks *t)
{
	consent_unlisten(t->gate->conf.hub, t);
	wheel_stop(loop_wheel(t->gate->conf.loop), &t->ask_timer);
}
