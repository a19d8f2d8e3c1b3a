/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people of IRC say to a SIP user by himself, and what services and the
 * network say. Whom he has let in, or written to, is heard.
 */
#include <errno.h>
#include <string.h>

#include "consent.h"
#include "digest.h"
#include "italk_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"
#include "worker.h"

enum { PEER_RATE = 2, SAID_RATE = 2, SAID_BURST = 30, NAME_MAX = 64 };

/* ---- into his inbox ---- */

/* Whose words are on their way to the disk. */
struct keeping {
	const struct igate *gate; /* borrowed: it outlives the hub */
	struct addr *aor;         /* ref */
	struct buf network, nick;
	bool notice;              /* never to be answered */
};

static void keeping_destroy(void *obj)
{
	struct keeping *k = obj;

	mem_deref(k->aor);
	buf_free(&k->network);
	buf_free(&k->nick);
}

static void not_kept(const struct keeping *k, int err)
{
	struct seat *s = seat_find(k->gate, k->aor, buf_view(&k->network));

	log_info("irc %s: words of %.*s could not be kept: %s",
		 k->aor->text.p, VIEW_ARG(buf_view(&k->nick)), strerror(err));
	/* nothing is to be seen of what is EBADMSG */
	if (s && err != EBADMSG && !k->notice)
		italk_notice(s, buf_view(&k->nick),
			     VIEW("Your message was not delivered: too much "
				  "waits for its reader. Try again "
				  "later."));
}

static void on_kept(int err, void *arg)
{
	struct keeping *k = arg;

	if (err && err != EEXIST && k->gate->running)
		not_kept(k, err);
	mem_deref(k);
}

static void compose(struct buf *b, const struct ipeer *p,
		    const struct italk_word *w)
{
	if (w->kind == SAY_EMOTE) {
		buf_adds(b, "* ");
		utf8_clean_name(b, buf_view(&p->nick), NAME_MAX);
		buf_addc(b, ' ');
	}
	buf_addv(b, w->text);
}

/* The same wherever and whenever it comes again. */
static void dedupe_of(struct buf *out, const struct ipeer *p, struct view id)
{
	const struct view parts[] = { p->conv->text, id };
	char hex[DIGEST_HEX_MAX];

	if (!id.n || digest_hex(hex, DIGEST_SHA256, parts, 2))
		return;
	buf_adds(out, "irc ");
	buf_adds(out, hex);
}

void italk_keep(struct ipeer *p, const struct italk_word *w)
{
	struct keeping *k = mem_new(sizeof(*k), keeping_destroy);
	struct igate *g = p->all->gate;
	const struct meta meta = { .to = buf_view(&p->nick),
				   .time_ms = w->time_ms,
				   .notice = w->kind == SAY_NOTICE };
	struct buf text = { 0 }, dedupe = { 0 };
	struct addr *from = ipeer_addr(p);
	int err = from ? 0 : ENOENT;

	k->gate = g;
	k->notice = w->kind == SAY_NOTICE;
	k->aor = mem_ref(p->aor);
	buf_addv(&k->network, buf_view(&p->network));
	buf_addv(&k->nick, buf_view(&p->nick));
	compose(&text, p, w);
	dedupe_of(&dedupe, p, w->id);
	if (!err)
		err = igate_say(g, from, p->aor, MSG_TEXT, buf_view(&text),
				&meta, buf_view(&dedupe), on_kept,
				mem_ref(k));
	if (err) {
		not_kept(k, err);
		if (from)
			mem_deref(k);
	}
	mem_deref(k);
	mem_deref(from);
	buf_free(&text);
	buf_free(&dedupe);
}

/* ---- people ---- */

static bool within(const struct seat *s, const struct ircp *in)
{
	unsigned peer_rate = s->gate->conf.peer_rate;
	struct bucket_rate rate = { peer_rate ? peer_rate : PEER_RATE, 1000,
				    0 };
	struct buf key = { 0 };
	bool yes;

	rate.burst = 4 * rate.count;
	imap_addr(&key, s->network, in->nick, s->aor->text);
	yes = igate_rate(s->gate, s->network, buf_view(&key), 'm', &rate);
	buf_free(&key);
	return yes;
}

static bool lets_in(const struct igate *g, const struct ircp *in)
{
	return g->conf.first == IGATE_FIRST_ALLOW ||
	       (g->conf.first == IGATE_FIRST_ACCOUNT && in->account.n);
}

static void answer_closed(struct seat *s, const struct ircp *in)
{
	italk_answer(s, in, VIEW("Your message was not delivered: its reader "
				 "takes none of people he has not written "
				 "to."));
}

static void take(struct seat *s, struct ipeer *p, const struct ircp *in)
{
	const struct italk_word w = { .kind = in->kind,
				      .time_ms = in->time_ms,
				      .text = in->text,
				      .id = in->id };
	struct igate *g = s->gate;
	enum consent rule;

	ipeer_is(p, in->mask, in->account);
	rule = consent_of(g->conf.hub, p->aor, p->other);
	if (rule == CONSENT_DENIED) {
		log_debug("irc %s: %.*s is denied", p->aor->text.p,
			  VIEW_ARG(in->nick));
	} else if (p->called || rule == CONSENT_ALLOWED || lets_in(g, in)) {
		seat_busy(s);
		if (!p->stored)
			ipeer_put(p);
		italk_keep(p, &w);
	} else if (g->conf.first == IGATE_FIRST_DENY) {
		answer_closed(s, in); /* it was another one who was known */
	} else {
		italk_stranger(s, p, in);
	}
}

/* Nobody whom he has not written to is heard, nor remembered. */
static bool is_closed(const struct seat *s, const struct ircp *in)
{
	const struct ipeer *p;

	if (s->gate->conf.first != IGATE_FIRST_DENY)
		return false;
	p = ipeer_of(s, in->nick);
	return !p || !ipeer_is_known(p);
}

void italk_heard(struct seat *s, const struct ircp *in)
{
	struct ipeer *p = NULL;

	if (!s->gate->map)
		return;
	if (!within(s, in))
		italk_answer(s, in, VIEW("Too many messages: wait a little. "
					 "Your message was not delivered."));
	else if (is_closed(s, in))
		answer_closed(s, in);
	else if (!(p = ipeer_get(italks_of(s->gate), s->aor, s->network,
				 in->nick)))
		log_info("irc %s: words of %.*s, who can't have an address",
			 s->aor->text.p, VIEW_ARG(in->nick));
	else
		take(s, p, in);
}

/* ---- services and servers ---- */

static void say_network(struct seat *s, const struct ircp *in)
{
	static const struct bucket_rate rate = { SAID_RATE, 1000,
						 SAID_BURST };
	struct addr *from = igate_addr(s->gate, s->network, VIEW_NONE);
	const struct meta meta = { .notice = true };
	struct buf b = { 0 };
	int err = from ? 0 : ENOENT;

	if (in->nick.n) {
		buf_addc(&b, '[');
		utf8_clean_name(&b, in->nick, NAME_MAX);
		buf_adds(&b, "] ");
	}
	buf_addv(&b, in->text);
	if (!err && !igate_rate(s->gate, s->network, s->aor->text, 'S', &rate))
		err = EBUSY;
	if (!err)
		err = igate_say(s->gate, from, s->aor, MSG_TEXT, buf_view(&b),
				&meta, VIEW_NONE, NULL, NULL);
	if (err && err != EBADMSG)
		log_info("irc %s: words of %s are not shown: %s",
			 s->aor->text.p, s->network.p, strerror(err));
	mem_deref(from);
	buf_free(&b);
}

/* A service that he has written to answers from its own address. */
void italk_said(struct seat *s, const struct ircp *in)
{
	struct ipeer *p = NULL;
	const struct italk_word w = { .kind = SAY_NOTICE,
				      .time_ms = in->time_ms,
				      .text = in->text,
				      .id = in->id };

	if (!s->gate->map)
		return;
	if (in->nick.n)
		p = ipeer_of(s, in->nick);
	if (p && p->called)
		italk_keep(p, &w);
	else
		say_network(s, in);
}
