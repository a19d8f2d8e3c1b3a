/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people of XMPP say to SIP users: jabber.md 4.4, 4.8 to 4.11. */
#include "chat_priv.h"
#include "clock.h"
#include "log.h"
#include "mem.h"

enum {
	TEXT_MAX = 9000,
	CORRECT_MS = 3600 * 1000, /* a text may be corrected for so long */
	THREAD_MAX = 256,
	STATE_RATE = 1, STATE_BURST = 5,
	LEAVE_MS = 600 * 1000,    /* a room is told once in this time */
};

/* How a message came. */
struct source {
	struct view with; /* the other end */
	struct view mark; /* what is said of it, or empty */
	bool copy;        /* another device of ours deals with it */
};

static struct view domain_of(struct view jid)
{
	struct view user, host;

	return view_cut(chat_bare(jid), '@', &user, &host) ? host :
							   chat_bare(jid);
}

/* No message of our own users comes back to us by XMPP. */
static bool is_ours(const struct gate *g, struct view jid)
{
	enum jmap_zone kind;

	return jmap_zone_of(g->map, domain_of(jid), &kind);
}

/* ---- answers to them ---- */

static const struct jerror_xmpp flood = { 0, "policy-violation", "wait" },
				too_big = { 0, "policy-violation", "modify" };

void chat_confirm(struct person *p, struct view to, struct view id)
{
	struct buf key = { 0 }, b = { 0 };
	char mine[24];

	buf_adds(&key, "got ");
	buf_addv(&key, p->aor->text);
	buf_addc(&key, ' ');
	buf_addv(&key, id);
	if (person_is_online(p) &&
	    !gate_seen(p->gate, chat_bare(to), buf_view(&key))) {
		stanza_open(&b, "message", VIEW("chat"), person_from(p), to,
			    stanza_id(mine));
		elem_open(&b, "received", NS_RECEIPTS);
		elem_attr(&b, "id", id);
		elem_close(&b);
		elem_close(&b);
		(void)xlink_send(person_link(p), &b);
	}
	buf_free(&b);
	buf_free(&key);
}

/* Over the rate: said once in ten seconds, then they talk to nobody. Of a
 * copy, never: another device has got it. */
static void too_many(struct person *p, const struct elem *e,
		     const struct source *src)
{
	static const struct bucket_rate seldom = { 1, 10 * 1000, 1 };
	struct view from = elem_get(e, "from");

	if (!src->copy &&
	    gate_rate(p->gate, chat_bare(from), 'F', &seldom))
		chat_error(p, from, elem_get(e, "id"), &flood,
			   VIEW("Too many messages: wait a little."));
	else
		log_debug("xmpp %.*s: too many messages of %.*s",
			  VIEW_ARG(p->aor->text), VIEW_ARG(from));
}

/* ---- one conversation ---- */

static uint64_t hash_of(struct view v)
{
	return hash_view(v) | 1;
}

/* It corrects a text that he got from the same device. */
static bool is_correction(const struct chat *c, struct view id,
			  struct view from)
{
	uint64_t key = hash_of(id), by = hash_of(from);

	for (size_t i = 0; id.n && i < CHAT_HEARD; i++)
		if (c->heard[i].at_ms && c->heard[i].id == key &&
		    c->heard[i].from == by &&
		    now_ms() - c->heard[i].at_ms <= CORRECT_MS)
			return true;
	return false;
}

static void remember(struct chat *c, const struct elem *e, bool receipt)
{
	struct view id = elem_get(e, "id");

	if (!id.n)
		return;
	c->heard[c->next_heard] = (struct chat_heard){
		.id = hash_of(id),
		.from = hash_of(elem_get(e, "from")),
		.at_ms = now_ms(),
		.receipt = receipt,
	};
	c->next_heard = (c->next_heard + 1) % CHAT_HEARD;
}

/* The device that speaks is the one to answer. */
static void lock(struct chat *c, struct view from)
{
	buf_clear(&c->device);
	if (view_has(from, '/'))
		buf_addv(&c->device, from);
	c->device_ms = now_ms();
}

static void on_state(struct chat *c, struct person *p, struct view from,
		     const struct chat_words *w, bool with_words)
{
	struct gate *g = p->gate;
	bool types = w->state == CHAT_COMPOSING;
	struct addr *a;

	if (w->state == CHAT_STATE_NONE) {
		if (with_words)
			c->manners = CHAT_SILENT;
		return;
	}
	c->manners = CHAT_SPEAKS;
	if (w->state == CHAT_GONE)
		buf_clear(&c->device);
	if (with_words) /* words end it by themselves (RFC 3994 3.3) */
		c->types = false;
	if (with_words || c->types == types ||
	    !gate_within(g, chat_bare(from), 'S', STATE_RATE, STATE_BURST))
		return;
	c->types = types;
	a = chat_gate_addr(g, c->addr);
	hub_gate_typing(g->conf.hub, a, p->aor,
			types ? GATE_TYPING : GATE_IDLE, VIEW_NONE);
	mem_deref(a);
}

/* What the own server says of when it was said; nobody else may. */
static uint64_t said_at(const struct person *p, const struct elem *e)
{
	uint64_t ms;

	if (!p->account)
		return 0;
	ms = chat_delay(e, buf_view(&p->jid));
	return ms ? ms : chat_delay(e, domain_of(buf_view(&p->jid)));
}

/* A server has no address here: the registrar speaks for it. */
static void add_speaker(struct buf *text, const struct chat *c,
			const struct addr *from, const struct gate *g)
{
	if (c->addr->user.n || !addr_eq(from, g->registrar))
		return;
	buf_addc(text, '[');
	buf_addv(text, chat_peer(c->addr));
	buf_adds(text, "] ");
}

static size_t text_max(const struct gate *g)
{
	size_t max = g->conf.text_max ? g->conf.text_max : TEXT_MAX;

	return max < MSG_TEXT_MAX ? max : MSG_TEXT_MAX;
}

static void on_words(struct chat *c, struct person *p, const struct elem *e,
		     const struct chat_words *w, const struct source *src)
{
	struct view from = elem_get(e, "from"), id = elem_get(e, "id");
	bool correction = is_correction(c, w->replaces, from);
	bool receipt = w->receipt && !w->encrypted && !w->notice && id.n &&
		       !src->copy;
	const struct meta meta = {
		.subject = w->has_body ? w->subject : VIEW_NONE,
		.lang = w->lang,
		.thread = w->thread,
		.id = id,
		.to = src->copy ? VIEW_NONE : from,
		.replaces = correction ? w->replaces : VIEW_NONE,
		.receipt = receipt,
		.notice = w->notice,
		.time_ms = said_at(p, e),
	};
	struct addr *sip = chat_gate_addr(p->gate, c->addr);
	struct buf text = { 0 };
	size_t marks;

	add_speaker(&text, c, sip, p->gate);
	buf_addv(&text, src->mark);
	marks = text.n;
	chat_compose(&text, w, correction);
	if (text.n > marks && text.n > text_max(p->gate)) {
		chat_error(p, meta.to, id, &too_big, VIEW("It is too long."));
	} else if (text.n > marks) {
		remember(c, e, receipt);
		person_busy(p);
		chat_keep(p, e, sip, buf_view(&text), &meta);
	}
	buf_free(&text);
	mem_deref(sip);
}

static bool has_words(const struct chat_words *w)
{
	return !w->reaction && (w->has_body || w->withdrawn || w->encrypted ||
				w->url.n || view_trim(w->subject).n);
}

/* ---- one message ---- */

static bool has_rate(const struct person *p, struct view from, bool words)
{
	unsigned rate = p->gate->conf.peer_rate;

	return !words || !rate ||
	       gate_within(p->gate, chat_bare(from), 'm', rate, 4 * rate);
}

static void converse(struct person *p, const struct elem *e, struct chat *c,
		     const struct chat_words *w, const struct source *src)
{
	bool words = has_words(w);

	if (w->received.n && !src->copy)
		chat_got(chats_of(p->gate), p, c->addr, w->received);
	if (!src->copy && (words || w->state)) {
		lock(c, src->with);
		on_state(c, p, src->with, w, words);
	}
	if (w->thread.n && w->thread.n <= THREAD_MAX && words) {
		buf_clear(&c->thread);
		buf_addv(&c->thread, w->thread);
	}
	if (words)
		on_words(c, p, e, w, src);
}

/* Whom he invites himself, from another device, is nothing to tell him. */
static void invited(struct person *p, const struct chat_invite *i,
		    const struct source *src)
{
	if (!src->mark.n)
		chat_invited(p, i);
}

/* From somebody who is who he says. */
static void heard(struct person *p, const struct elem *e,
		  const struct source *src)
{
	struct chats *cs = chats_of(p->gate);
	struct chat_words w;
	struct chat_invite i;
	struct addr *conv;
	struct chat *c;

	if (chat_addr(&conv, p->aor, chat_bare(src->with))) {
		chat_error(p, src->copy ? VIEW_NONE : src->with,
			   elem_get(e, "id"), &too_big,
			   VIEW("Your address is too long."));
		return;
	}
	c = chat_find(cs, conv);
	chat_read(&w, e, c ? buf_view(&c->lang) : VIEW_NONE);
	if (!has_rate(p, src->with, has_words(&w)))
		too_many(p, e, src);
	else if (chat_invite(&i, e))
		invited(p, &i, src);
	else
		converse(p, e, chat_get(cs, conv, p->aor), &w, src);
	mem_deref(conv);
}

static void on_error(struct person *p, const struct elem *e)
{
	struct view from = elem_get(e, "from");
	struct addr *conv;

	if (!from.n || chat_addr(&conv, p->aor, chat_bare(from)))
		return;
	chat_failed(chats_of(p->gate), p, conv, e);
	mem_deref(conv);
}

/* ---- copies of others (XEP-0280) ---- */

static bool forwarded(struct elem *out, const struct elem *copy)
{
	struct elem f;

	return elem_child(&f, copy, "forwarded", "urn:xmpp:forward:0") &&
	       elem_child(out, &f, "message", NS_CLIENT) &&
	       !view_eqs(elem_get(out, "type"), "error") &&
	       !view_eqs(elem_get(out, "type"), "groupchat") &&
	       !chat_is_whisper(out);
}

/* Only the own account's server copies, and only when asked to. */
static void on_copy(struct person *p, const struct elem *e,
		    const struct elem *copy, bool sent)
{
	struct elem m;

	if (!p->account || !p->gate->conf.carbons ||
	    !view_ieq(elem_get(e, "from"), buf_view(&p->jid)) ||
	    !forwarded(&m, copy)) {
		log_info("xmpp %.*s: a copy that is none, by %.*s",
			 VIEW_ARG(p->aor->text),
			 VIEW_ARG(elem_get(e, "from")));
		return;
	}
	const struct source src = {
		.with = elem_get(&m, sent ? "to" : "from"),
		.mark = sent ? VIEW("[you, on another device] ") : VIEW_NONE,
		.copy = true,
	};

	if (src.with.n && !is_ours(p->gate, src.with))
		heard(p, &m, &src);
}

/* ---- what is no message to anybody ---- */

/* A room that we are not in, as it should know. */
static void leave(struct person *p, const struct elem *e)
{
	static const struct bucket_rate once = { 1, LEAVE_MS, 1 };
	struct view from = elem_get(e, "from");
	struct buf b = { 0 };

	if (!gate_rate(p->gate, chat_bare(from), 'G', &once))
		return;
	stanza_open(&b, "presence", VIEW("unavailable"), person_from(p), from,
		    VIEW_NONE);
	elem_close(&b);
	(void)xlink_send(person_link(p), &b);
	buf_free(&b);
}

/* Between two of ours nothing goes by XMPP: whoever tries hears so, and by
 * words in a circle nothing is made (an error is never answered). */
static void refuse_ours(struct person *p, const struct elem *e)
{
	static const struct jerror_xmpp why = { 0, "not-allowed", "cancel" };
	static const struct bucket_rate rate = { 10, 60 * 1000, 10 };
	struct view from = elem_get(e, "from");

	if (!elem_has(e, "body", NS_CLIENT) ||
	    !gate_rate(p->gate, chat_bare(from), 'u', &rate))
		return;
	log_info("xmpp %.*s: a text of %.*s was refused: both are ours",
		 VIEW_ARG(p->aor->text), VIEW_ARG(from));
	chat_error(p, from, elem_get(e, "id"), &why,
		   VIEW("This is a user of yours: write to the SIP address."));
}

/* True: dealt with, or not to be believed. */
static bool is_special(struct person *p, const struct elem *e)
{
	struct view type = elem_get(e, "type");
	struct elem copy;

	if (view_eqs(type, "error"))
		on_error(p, e);
	else if (view_eqs(type, "groupchat"))
		leave(p, e);
	else if (elem_child(&copy, e, "received", NS_CARBONS))
		on_copy(p, e, &copy, false);
	else if (elem_child(&copy, e, "sent", NS_CARBONS))
		on_copy(p, e, &copy, true);
	else if (view_eqs(type, "headline") || chat_is_whisper(e) ||
		 elem_has(e, "result", "urn:xmpp:mam:2"))
		return true;
	else if (is_ours(p->gate, elem_get(e, "from")))
		refuse_ours(p, e);
	else
		return false;
	return true;
}

/* The user is not there, or it is for the domain itself. */
static void nobody(struct gate *g, struct xlink *x, const struct elem *e)
{
	static const struct bucket_rate rate = { 10, 60 * 1000, 10 };
	struct view from = elem_get(e, "from"), type = elem_get(e, "type");
	bool domain = !view_has(elem_get(e, "to"), '@');
	struct buf b = { 0 };

	if (view_eqs(type, "groupchat") || view_eqs(type, "headline") ||
	    is_ours(g, from) || !elem_has(e, "body", NS_CLIENT) ||
	    !gate_rate(g, chat_bare(from), 'u', &rate))
		return;
	if (stanza_error(&b, e, "cancel",
			 domain ? "service-unavailable" : "item-not-found",
			 VIEW_NONE))
		(void)xlink_send(x, &b);
	buf_free(&b);
}

bool chats_stanza(struct gate *g, struct xlink *x, struct person *p,
		  const struct elem *e)
{
	const struct view from = elem_get(e, "from");
	/* without one it is the account's own server's */
	const struct source src = { .with = from.n ? from :
					    view_str(x->domain) };

	if (x->kind == XLINK_ROOMS || !elem_is(e, "message", NS_CLIENT))
		return false;
	if (!p)
		nobody(g, x, e);
	else if (!is_special(p, e))
		heard(p, e, &src);
	return true;
}
