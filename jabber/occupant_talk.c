/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said in a room, both ways. A room sends every text to everybody, the
 * sender included: that is how we know that it is there.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "jtext.h"
#include "log.h"
#include "mem.h"
#include "occupant_priv.h"

#define NS_CORRECT "urn:xmpp:message-correct:0"
#define NS_CRYPT "urn:xmpp:eme:0"
#define OURS VIEW("cf-")

enum {
	REFLECTION_MS = 10 * 1000,
	ALIKE_MS = 30 * 1000,  /* rooms that change ids: the same words */
	WORDS_MAX = 300,
	ID_MAX = 512,
	LATE_MS = 60 * 1000,   /* said so long ago: with its time */
};

/* ---- what was said by us ---- */

static void unsaid_free(struct unsaid *u)
{
	if (u->whisper)
		xlink_forget(u->o->link, u);
	else
		u->o->unsaid_count--;
	list_remove(&u->o->unsaid, &u->node);
	buf_free(&u->id);
	mem_free(u);
}

/* The last that is done with it: o may be freed by whoever hears it. */
static void unsaid_told(struct unsaid *u, int err, struct view words)
{
	struct occupant *o = u->o;
	uint64_t tag = u->tag;

	unsaid_free(u);
	if (o->ops->said && !o->freed)
		o->ops->said(o, tag, err, words, o->arg);
}

void unsaid_drop(struct occupant *o)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->unsaid, n, nx)
		unsaid_free(CONTAINER(n, struct unsaid, node));
}

static struct unsaid *first_until(const struct occupant *o, uint64_t before_ms)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->unsaid, n, nx) {
		struct unsaid *u = CONTAINER(n, struct unsaid, node);

		if (!u->whisper && u->at_ms <= before_ms)
			return u;
	}
	return NULL;
}

void unsaid_end(struct occupant *o, int err, struct view words,
		uint64_t before_ms)
{
	struct buf b = { 0 };
	struct unsaid *u;

	buf_addv(&b, words); /* which may go with what is freed */
	mem_ref(o);
	while (!o->freed && (u = first_until(o, before_ms)))
		unsaid_told(u, err, buf_view(&b));
	mem_deref(o);
	buf_free(&b);
}

void unsaid_joining(struct occupant *o)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->unsaid, n, nx)
		CONTAINER(n, struct unsaid, node)->old = true;
}

static struct unsaid *first_old(const struct occupant *o)
{
	struct unsaid *u = first_until(o, UINT64_MAX);

	return u && u->old ? u : NULL; /* new ones are behind them */
}

/* What the past did not have is not there. */
void unsaid_joined(struct occupant *o)
{
	struct unsaid *u;

	while (!o->freed && (u = first_old(o)))
		unsaid_told(u, EAGAIN, VIEW("the room was left meanwhile"));
}

static bool tell_there(struct occupant *o)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->unsaid, n, nx) {
		struct unsaid *u = CONTAINER(n, struct unsaid, node);

		if (u->there) {
			unsaid_told(u, 0, VIEW_NONE);
			return true;
		}
	}
	return false;
}

static void on_late(struct wtimer *t)
{
	struct occupant *o = mem_ref(CONTAINER(t, struct occupant, late));
	struct unsaid *u;

	while (!o->freed && tell_there(o))
		;
	u = o->freed ? NULL : first_until(o, UINT64_MAX);
	if (u && o->state == OCCUPANT_IN &&
	    now_ms() - u->at_ms >= REFLECTION_MS)
		occupant_ping(o);
	if (u)
		wheel_start(occupant_wheel(o), t, REFLECTION_MS, on_late);
	mem_deref(o);
}

static struct unsaid *unsaid_new(struct occupant *o, uint64_t tag,
				 struct view text, struct view id)
{
	struct unsaid *u = mem_zalloc(sizeof(*u));

	u->o = o;
	u->tag = tag;
	u->at_ms = now_ms();
	u->hash = hash_view(text);
	buf_addv(&u->id, id);
	list_append(&o->unsaid, &u->node);
	return u;
}

static bool was_seen(const struct occupant *o, struct view id)
{
	uint64_t hash = hash_view(id);

	for (size_t i = 0; i < OCCUPANT_SEEN; i++)
		if (o->seen[i] == hash)
			return true;
	return false;
}

static void open_message(const struct occupant *o, struct buf *b,
			 const char *type, struct view to, struct view id)
{
	stanza_open(b, "message", view_str(type), buf_view(&o->from), to, id);
}

/* From our occupant: of the room it would mark the past, and our address is
 * not for all to see. */
static void add_delay(const struct occupant *o, struct buf *b,
		      uint64_t time_ms)
{
	struct buf from = { 0 };
	char stamp[32];

	if (!time_ms || time_ms + LATE_MS > wall_ms())
		return;
	occupant_to(o, &from, buf_view(&o->nick));
	elem_open(b, "delay", NS_DELAY);
	elem_attr(b, "from", buf_view(&from));
	elem_attr(b, "stamp", stanza_time(stamp, time_ms));
	elem_close(b);
	buf_free(&from);
}

static void close_message(struct buf *b, struct view id)
{
	elem_open(b, "origin-id", NS_SID);
	elem_attr(b, "id", id);
	elem_close(b);
	elem_close(b);
}

static void add_body(struct buf *out, enum msg_kind kind, struct view text)
{
	if (kind == MSG_EMOTE)
		buf_adds(out, "/me ");
	buf_addv(out, text);
}

static bool has_voice(const struct occupant *o)
{
	const struct who *who = whos_find(&o->whos, buf_view(&o->nick));

	return !who || strcmp(who->role, "visitor") != 0;
}

static int may_say(const struct occupant *o)
{
	if (o->state != OCCUPANT_IN)
		return ENOTCONN;
	if (!has_voice(o))
		return EACCES;
	return o->unsaid_count >= OCCUPANT_UNSEEN ? EBUSY : 0;
}

int occupant_speak(struct occupant *o, const struct occupant_words *w)
{
	bool there = view_starts(w->id, OURS) && was_seen(o, w->id);
	struct buf b = { 0 }, body = { 0 };
	struct unsaid *u;
	int err = may_say(o);

	if (err)
		return err;
	add_body(&body, w->kind, w->text);
	if (!there) {
		open_message(o, &b, "groupchat", buf_view(&o->room), w->id);
		elem_leaf(&b, "body", NULL, buf_view(&body));
		add_delay(o, &b, w->time_ms);
		close_message(&b, w->id);
		err = occupant_send(o, &b);
	}
	if (!err) {
		u = unsaid_new(o, w->tag, buf_view(&body), w->id);
		u->there = there;
		o->unsaid_count++;
		if (there || !wtimer_running(&o->late))
			wheel_start(occupant_wheel(o), &o->late,
				    there ? 0 : REFLECTION_MS, on_late);
	}
	buf_free(&body);
	return err;
}

int occupant_say(struct occupant *o, uint64_t tag, enum msg_kind kind,
		 struct view text, struct view id)
{
	return occupant_speak(o, &(struct occupant_words){
		.tag = tag, .kind = kind, .text = text, .id = id });
}

static void on_whispered(int err, struct view text, void *arg)
{
	struct unsaid *u = arg;
	struct occupant *o = mem_ref(u->o);

	unsaid_told(u, err == ENOTCONN ? EAGAIN : err, text);
	mem_deref(o);
}

int occupant_whisper(struct occupant *o, uint64_t tag, struct view nick,
		     struct view text, struct view id)
{
	struct buf b = { 0 }, to = { 0 };
	struct unsaid *u;
	int err;

	if (o->state != OCCUPANT_IN)
		return ENOTCONN;
	if (!whos_find(&o->whos, nick) && !o->whos.more)
		return ENOENT;
	occupant_to(o, &to, nick);
	open_message(o, &b, "chat", buf_view(&to), id);
	elem_open(&b, "x", NS_MUC_USER);
	elem_close(&b);
	elem_leaf(&b, "body", NULL, text);
	close_message(&b, id);
	u = unsaid_new(o, tag, text, id);
	u->whisper = true;
	err = xlink_send_told(o->link, &b, on_whispered, u);
	if (err)
		unsaid_free(u);
	else
		view_copy(o->asked, sizeof(o->asked), id);
	buf_free(&b);
	buf_free(&to);
	return err;
}

int occupant_subject(struct occupant *o, struct view text)
{
	struct buf b = { 0 };

	if (o->state != OCCUPANT_IN)
		return ENOTCONN;
	open_message(o, &b, "groupchat", buf_view(&o->room),
		     stanza_id(o->asked));
	/* an empty one clears it, and has to be there */
	elem_leaf(&b, "subject", NULL, text);
	elem_close(&b);
	return occupant_send(o, &b);
}

/* ---- what comes back ---- */

static struct unsaid *unsaid_by_id(const struct occupant *o, struct view id)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->unsaid, n, nx) {
		struct unsaid *u = CONTAINER(n, struct unsaid, node);

		if (id.n && view_eq(buf_view(&u->id), id))
			return u;
	}
	return NULL;
}

static struct unsaid *unsaid_by_body(const struct occupant *o,
				     struct view body)
{
	uint64_t hash = hash_view(body);
	struct lnode *n, *nx;

	LIST_EACH (&o->unsaid, n, nx) {
		struct unsaid *u = CONTAINER(n, struct unsaid, node);

		if (!u->whisper && u->hash == hash &&
		    now_ms() - u->at_ms <= ALIKE_MS)
			return u;
	}
	return NULL;
}

static struct view origin_of(const struct elem *e)
{
	struct elem origin;

	if (elem_child(&origin, e, "origin-id", NS_SID) &&
	    elem_get(&origin, "id").n)
		return elem_get(&origin, "id");
	return elem_get(e, "id");
}

/* From our own nick: true when it is ours, and done with. */
static bool reflected(struct occupant *o, const struct elem *e,
		      struct view body)
{
	struct view id = elem_get(e, "id");
	struct unsaid *u;
	struct elem origin;

	if (elem_child(&origin, e, "origin-id", NS_SID) &&
	    view_starts(elem_get(&origin, "id"), OURS))
		id = elem_get(&origin, "id");
	u = unsaid_by_id(o, id);
	if (!u && !view_starts(id, OURS))
		u = unsaid_by_body(o, body);
	if (!u && !view_starts(id, OURS))
		return false;
	o->seen[o->seen_next++ % OCCUPANT_SEEN] = hash_view(id);
	if (u && !u->whisper)
		unsaid_told(u, 0, VIEW_NONE);
	return true;
}

static void say_failed(struct occupant *o, struct unsaid *u,
		       const struct stanza_fault *f, struct view words)
{
	struct view c = f->condition;

	if (u->whisper)
		unsaid_told(u, EREMOTEIO, words);
	else if (view_eqs(c, "forbidden"))
		unsaid_told(u, EACCES, words);
	else if (view_eqs(c, "not-acceptable"))
		occupant_lost(o, VIEW("no longer in the room"), true);
	else if (occupant_join_rule(c, f->type)->passes)
		occupant_lost(o, words, false);
	else
		unsaid_told(u, EREMOTEIO, words);
}

static void message_error(struct occupant *o, const struct elem *e)
{
	struct unsaid *u = unsaid_by_id(o, elem_get(e, "id"));
	struct stanza_fault f;
	struct buf words = { 0 };

	fault_read(&f, e);
	jtext_line(&words, f.text.n ? f.text : f.condition, WORDS_MAX);
	if (u) {
		say_failed(o, u, &f, buf_view(&words));
	} else if (o->asked[0] && view_eqs(elem_get(e, "id"), o->asked)) {
		o->asked[0] = '\0';
		if (o->ops->said)
			o->ops->said(o, 0, EREMOTEIO, buf_view(&words),
				     o->arg);
	}
	buf_free(&words);
}

/* ---- theirs ---- */

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
		.origin = origin_of(e),
		.correction = elem_has(e, "replace", NS_CORRECT),
	};

	if (!words_of(&body, e))
		goto out;
	h.own = view_eq(nick, buf_view(&o->nick));
	if (h.own && (whisper || reflected(o, e, buf_view(&body))))
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
		message_error(o, e);
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
