/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What others say in a room. */
#include "occupant_priv.h"

#include "clock.h"

#define NS_CORRECT "urn:xmpp:message-correct:0"
#define NS_CRYPT "urn:xmpp:eme:0"

enum { ID_MAX = 512 };

/* The first body without a language, else the first. */
static bool body_of(struct elem *body, const struct elem *e)
{
	struct elem c;
	bool any = false;
	size_t pos = 0;

	while (elem_next(&c, e, &pos)) {
		bool plain = !elem_get(&c, "xml:lang").n;

		if (!elem_is(&c, "body", NS_CLIENT) || (any && !plain))
			continue;
		*body = c;
		any = true;
		if (plain)
			break;
	}
	return any;
}

/* What there is to read in it. False: nothing. */
static bool words_of(struct buf *out, const struct elem *e)
{
	struct elem body;

	/* a sign at somebody else's words: its body is for those who cannot
	 * show it there, and nobody's words */
	if (elem_has(e, "reactions", NULL) || !body_of(&body, e))
		return false;
	if (elem_has(e, "encryption", NS_CRYPT))
		buf_adds(out, "[encrypted] ");
	elem_add_text(out, &body);
	return out->n > 0;
}

/* A stamp of the room marks its past (XEP-0045 7.2.14); others may stamp what
 * they like. */
static uint64_t past_of(const struct occupant *o, const struct elem *e)
{
	struct elem delay;
	uint64_t others = 0;
	size_t pos = 0;

	while (elem_next(&delay, e, &pos)) {
		struct view by = elem_get(&delay, "from");
		bool is_room = !by.n || view_eq(by, buf_view(&o->room));
		uint64_t at = elem_is(&delay, "delay", NS_DELAY) ?
			      stanza_time_parse(elem_get(&delay, "stamp")) :
			      0;

		if (at && is_room)
			return at;
		if (at)
			others = at;
	}
	return o->live ? 0 : others;
}

static bool room_id(struct view *id, const struct occupant *o,
		    const struct elem *e)
{
	struct elem c;
	size_t pos = 0;

	while (o->sid && elem_next(&c, e, &pos))
		if (elem_is(&c, "stanza-id", NS_SID) &&
		    view_eq(elem_get(&c, "by"), buf_view(&o->room)) &&
		    elem_get(&c, "id").n) {
			*id = elem_get(&c, "id");
			return true;
		}
	return false;
}

/* The same in every process: ids are kept. */
static uint64_t words_hash(struct view body)
{
	static const uint8_t key[16];

	return siphash(key, body.p, body.n);
}

/* What tells it from all others: the room's id, else the sender's with his
 * nick and his words, because there are clients that begin at 1 again. In a
 * whisper (all false) an id "of the room" is anybody's word: it would keep
 * words with that id from being heard. */
static void stable_id(struct buf *out, const struct occupant *o,
		      const struct elem *e, struct view nick,
		      struct view body, bool all)
{
	struct view id;

	if (all && room_id(&id, o, e)) {
		buf_adds(out, "s:");
		buf_addv(out, id);
	} else if (elem_get(e, "id").n) {
		buf_adds(out, "i:");
		buf_addv(out, elem_get(e, "id"));
		buf_addc(out, '/');
		buf_add_hex(out, words_hash(body));
		buf_addc(out, '/');
		buf_addv(out, nick);
	}
	if (out->over)
		buf_clear(out); /* better none than one that is cut */
}

static bool heard_before(const struct occupant *o,
			 const struct occupant_heard *h)
{
	struct buf by = { 0 };
	bool seen;

	if (!h->id.n)
		return h->time_ms && h->time_ms <= o->past_ms;
	buf_adds(&by, o->link->label);
	buf_addc(&by, ' ');
	buf_addv(&by, buf_view(&o->from));
	buf_addc(&by, ' ');
	buf_addv(&by, buf_view(&o->room));
	seen = gate_seen(o->gate, buf_view(&by), h->id);
	buf_free(&by);
	return seen;
}

static void note_time(struct occupant *o, uint64_t time_ms)
{
	uint64_t at = time_ms ? time_ms : wall_ms();

	if (at > wall_ms())
		at = wall_ms();
	if (at > o->since_ms && (o->since_ms || o->been_in))
		o->since_ms = at;
}

static void hear(struct occupant *o, const struct occupant_heard *h,
		 bool whisper)
{
	void (*op)(struct occupant *, const struct occupant_heard *, void *) =
		whisper ? o->ops->whisper : o->ops->heard;

	if (op)
		op(o, h, o->arg);
}

static void emote(struct occupant_heard *h)
{
	if (!view_starts(h->text, VIEW("/me ")))
		return;
	h->kind = MSG_EMOTE;
	h->text = view_from(h->text, 4);
}

static void words(struct occupant *o, const struct elem *e, struct view nick,
		  bool whisper)
{
	struct buf body = { 0 }, id = { .max = ID_MAX };
	struct occupant_heard h = {
		.nick = nick,
		.origin = occupant_origin(e),
		.correction = elem_has(e, "replace", NS_CORRECT),
	};

	if (!words_of(&body, e))
		goto out;
	h.own = view_eq(nick, buf_view(&o->nick));
	if (h.own && (whisper || occupant_reflected(o, e, buf_view(&body))))
		goto out;
	h.time_ms = whisper ? 0 : past_of(o, e);
	stable_id(&id, o, e, nick, buf_view(&body), !whisper);
	h.id = buf_view(&id);
	h.text = buf_view(&body);
	emote(&h);
	if (heard_before(o, &h))
		goto out;
	if (!whisper)
		note_time(o, h.time_ms);
	hear(o, &h, whisper);
 out:
	buf_free(&body);
	buf_free(&id);
}

/* The first one ends the past; later ones are news. */
static void subject(struct occupant *o, const struct elem *e,
		    struct view nick)
{
	struct occupant_heard h = { .nick = nick, .kind = MSG_SUBJECT };
	struct elem s;

	if (o->stale)
		return;
	buf_clear(&o->subject);
	if (elem_child(&s, e, "subject", NS_CLIENT))
		elem_add_text(&o->subject, &s);
	if (o->live) {
		h.text = buf_view(&o->subject);
		h.own = view_eq(nick, buf_view(&o->nick));
		hear(o, &h, false);
		return;
	}
	o->live = true;
	/* servers without 110: our nick came before */
	o->self = o->self || o->self_nick;
	if (o->state == OCCUPANT_JOINING && o->self && !o->locked)
		occupant_complete(o);
}

static bool is_subject(const struct elem *e)
{
	return elem_has(e, "subject", NS_CLIENT) &&
	       !elem_has(e, "body", NS_CLIENT) &&
	       !elem_has(e, "thread", NS_CLIENT);
}

static void say_opened(struct occupant *o, unsigned bits,
		       enum occupant_public what)
{
	if (((o->open ^ bits) & what) && o->ops->opened)
		o->ops->opened(o, what, bits & what, o->arg);
}

/* The room has another configuration: what is not of that has no words. */
static void configured(struct occupant *o, const struct elem *e)
{
	unsigned codes[OCCUPANT_CODES], bits;
	struct elem x;
	size_t count;

	if (o->stale || !elem_child(&x, e, "x", NS_MUC_USER))
		return;
	count = codes_read(codes, &x);
	bits = (o->open & ~codes_closed(codes, count)) |
	       codes_open(codes, count);
	say_opened(o, bits, OCCUPANT_OPEN);
	say_opened(o, bits, OCCUPANT_LOGGED);
	o->open = bits;
}

void occupant_message(struct occupant *o, const struct elem *e,
		      struct view nick)
{
	struct view type = elem_get(e, "type");
	bool room = view_eqs(type, "groupchat");

	if (view_eqs(type, "error"))
		occupant_say_error(o, e);
	else if (room && is_subject(e))
		subject(o, e, nick);
	else if (room && !nick.n && !elem_has(e, "body", NS_CLIENT))
		configured(o, e);
	else if (room || !nick.n)
		words(o, e, nick, false);
	else if (!type.n || view_eqs(type, "chat") ||
		 view_eqs(type, "normal"))
		words(o, e, nick, true);
}
