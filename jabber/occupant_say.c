/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we say in a room, until it is known to be there: a room sends every
 * text to everybody, the sender included.
 */
#include "occupant_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "jtext.h"
#include "mem.h"

#define OURS VIEW("cf-")

enum {
	REFLECTION_MS = 10 * 1000,
	ALIKE_MS = 30 * 1000,  /* rooms that change ids: the same words */
	WORDS_MAX = 300,
	LATE_MS = 60 * 1000,   /* said so long ago: with its time */
};

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

struct view occupant_origin(const struct elem *e)
{
	struct elem origin;

	if (elem_child(&origin, e, "origin-id", NS_SID) &&
	    elem_get(&origin, "id").n)
		return elem_get(&origin, "id");
	return elem_get(e, "id");
}

bool occupant_reflected(struct occupant *o, const struct elem *e,
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

void occupant_say_error(struct occupant *o, const struct elem *e)
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
