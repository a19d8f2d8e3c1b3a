/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was sent to XMPP, for as long as something may come back: an error for
 * 300 s, and the receipt that its sender asked for until a day has passed.
 * Nothing that we did not send, or that comes from somebody else, is believed
 * (jabber.md 4.4).
 */
#include <string.h>

#include "chat_priv.h"
#include "clock.h"
#include "log.h"
#include "mem.h"

enum {
	SENT_MAX = 65536,
	FRESH_BYTES = 32 << 20, /* of their texts */
	KEPT_MS = 24 * 3600 * 1000,
	SWEEP_MS = 10 * 1000,
};

struct chat_sent {
	struct hnode by_id;   /* chats.sent, by the id of the message */
	struct lnode by_time; /* chats.fresh, then chats.kept */
	uint64_t id;
	struct addr *conv;    /* ref */
	struct msg *msg;      /* ref; NULL in chats.kept */
	struct buf receipt;   /* what SIP calls it; empty: nobody asked */
	uint64_t at_ms;
	bool to_full;         /* it went to one device */
	bool told;            /* of its failure */
};

static struct chat_sent *find(const struct chats *cs, uint64_t id,
			      const struct addr *conv)
{
	struct hnode *n = htable_find(&cs->sent, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct chat_sent *s = CONTAINER(n, struct chat_sent, by_id);

		if (s->id == id && addr_eq(s->conv, conv))
			return s;
	}
	return NULL;
}

/* "cf-" and 16 hex digits. */
static struct chat_sent *find_id(const struct chats *cs, struct view id,
				 const struct addr *conv)
{
	uint64_t n = 0;

	if (id.n != 19 || !view_starts(id, VIEW("cf-")))
		return NULL;
	for (size_t i = 3; i < id.n; i++) {
		const char *hex = "0123456789abcdef";
		const char *at = memchr(hex, id.p[i], 16);

		if (!at)
			return NULL;
		n = n << 4 | (uint64_t)(at - hex);
	}
	return find(cs, n, conv);
}

static void let_go(struct chats *cs, struct chat_sent *s)
{
	if (s->msg)
		cs->fresh_bytes -= s->msg->text.n;
	s->msg = mem_deref(s->msg);
}

static void sent_free(struct chats *cs, struct chat_sent *s)
{
	htable_del(&cs->sent, &s->by_id);
	list_remove(s->msg ? &cs->fresh : &cs->kept, &s->by_time);
	let_go(cs, s);
	mem_deref(s->conv);
	buf_free(&s->receipt);
	mem_free(s);
}

/* No error is believed any more; a receipt is. */
static void grow_old(struct chats *cs, struct chat_sent *s)
{
	if (!s->receipt.n || s->told) {
		sent_free(cs, s);
		return;
	}
	list_remove(&cs->fresh, &s->by_time);
	let_go(cs, s);
	list_append(&cs->kept, &s->by_time);
}

static struct chat_sent *first(const struct list *l)
{
	struct lnode *n = list_first(l);

	return n ? CONTAINER(n, struct chat_sent, by_time) : NULL;
}

static void sweep(struct chats *cs)
{
	struct chat_sent *s;

	while ((s = first(&cs->fresh)) &&
	       (cs->fresh_bytes > FRESH_BYTES ||
		now_ms() - s->at_ms >= CHAT_SENT_MS))
		grow_old(cs, s);
	while ((s = first(&cs->kept)) && now_ms() - s->at_ms >= KEPT_MS)
		sent_free(cs, s);
	while (cs->sent.count >= SENT_MAX) {
		s = first(&cs->kept);
		sent_free(cs, s ? s : first(&cs->fresh));
	}
}

static void on_sweep(struct wtimer *t)
{
	struct chats *cs = CONTAINER(t, struct chats, sweep);

	sweep(cs);
	if (cs->sent.count)
		wheel_start(loop_wheel(cs->gate->conf.loop), t, SWEEP_MS,
			    on_sweep);
}

void chat_sent_add(struct chats *cs, struct addr *conv, struct msg *m,
		   bool to_full)
{
	struct chat_sent *s = find(cs, m->id, conv);
	struct meta meta;

	if (s) /* once more, after the link was lost */
		sent_free(cs, s);
	if (cs->sent.count >= SENT_MAX || cs->fresh_bytes > FRESH_BYTES)
		sweep(cs);
	s = mem_zalloc(sizeof(*s));
	s->id = m->id;
	s->conv = mem_ref(conv);
	s->msg = mem_ref(m);
	cs->fresh_bytes += m->text.n;
	s->at_ms = now_ms();
	s->to_full = to_full;
	meta_get(&meta, m->meta);
	if (meta.receipt)
		buf_addv(&s->receipt, meta.id);
	htable_add(&cs->sent, &s->by_id, hash_u64(m->id));
	list_append(&cs->fresh, &s->by_time);
	if (!wtimer_running(&cs->sweep))
		wheel_start(loop_wheel(cs->gate->conf.loop), &cs->sweep,
			    SWEEP_MS, on_sweep);
}

void chat_sent_free(struct chats *cs)
{
	struct chat_sent *s;

	wheel_stop(loop_wheel(cs->gate->conf.loop), &cs->sweep);
	while ((s = first(&cs->fresh)) || (s = first(&cs->kept)))
		sent_free(cs, s);
	htable_free(&cs->sent);
}

/* ---- errors ---- */

static struct view condition_of(const struct elem *error, struct view *text)
{
	struct view name = VIEW_NONE;
	struct elem child;
	size_t pos = 0;

	*text = VIEW_NONE;
	while (elem_next(&child, error, &pos)) {
		if (!view_eqs(child.ns, "urn:ietf:params:xml:ns:xmpp-stanzas"))
			continue;
		if (view_eqs(child.name, "text"))
			*text = elem_words(&child);
		else
			name = child.name;
	}
	return name;
}

/* His device has gone: he may have another (RFC 6121 8.5.3.2). */
static bool is_stale(struct view condition)
{
	static const char *const stale[] = {
		"service-unavailable", "item-not-found", "gone",
		"recipient-unavailable",
	};

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		if (view_eqs(condition, stale[i]))
			return true;
	return false;
}

static bool send_again(struct chats *cs, struct person *p,
		       struct chat_sent *s)
{
	struct chat *c = chat_find(cs, s->conv);
	struct buf b = { 0 };
	int err;

	if (!chat_is_by(s->msg, p))
		return false;
	if (c)
		buf_clear(&c->device);
	s->to_full = false;
	chat_stanza(&b, cs, p, s->msg, chat_peer(s->conv));
	err = xlink_send(person_link(p), &b);
	buf_free(&b);
	return !err;
}

static void tell_why(struct chats *cs, const struct chat_sent *s,
		     struct view condition, struct view text)
{
	const struct jerror_sip *e = jerror_sip(condition);
	struct buf words = { 0 }, reason = { 0 };
	struct chat_answer why = {
		.status = (int)(s->to_full ? e->full : e->bare)
	};

	jerror_phrase(&reason, e, text);
	jtext_not_sent(&words, buf_view(&reason), s->msg->text);
	why.words = buf_view(&words);
	chat_not_sent(cs, s->conv, s->msg, &why);
	buf_free(&reason);
	buf_free(&words);
}

void chat_failed(struct chats *cs, struct person *p, const struct addr *conv,
		 const struct elem *e)
{
	struct chat_sent *s = find_id(cs, elem_get(e, "id"), conv);
	struct view condition, text;
	struct elem error = { .name = VIEW_NONE };

	if (!s || !s->msg || s->told ||
	    now_ms() - s->at_ms >= CHAT_SENT_MS) {
		log_debug("xmpp %.*s: an error for what was not sent",
			  VIEW_ARG(conv->text));
		return;
	}
	condition = elem_child(&error, e, "error", NULL) ?
			    condition_of(&error, &text) : VIEW_NONE;
	if (!error.name.n)
		text = VIEW_NONE;
	if (s->to_full && is_stale(condition) && send_again(cs, p, s))
		return;
	s->told = true;
	tell_why(cs, s, condition, text);
}

void chat_got(struct chats *cs, struct person *p, const struct addr *conv,
	      struct view id)
{
	struct chat_sent *s = find_id(cs, id, conv);
	struct addr *from;

	static const struct chat_answer there = { .status = 202 };

	if (!s)
		return;
	(void)chat_early_end(cs, conv, s->id, &there);
	if (!s->receipt.n)
		return;
	from = chat_gate_addr(cs->gate, conv);
	hub_gate_typing(cs->gate->conf.hub, from, p->aor, GATE_RECEIPT,
			buf_view(&s->receipt));
	mem_deref(from);
	buf_clear(&s->receipt); /* once */
}
