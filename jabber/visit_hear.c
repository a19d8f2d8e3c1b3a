/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a room says to a user of ours. Every line goes into his inbox, from
 * one address that stays the room's; where a room talks faster than a phone
 * likes, lines are joined. How far he has come is kept, so that after any
 * fall the room's past brings what is missing, and nothing twice.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"
#include "visit_priv.h"

enum {
	KEYS_MS = 50 * 60 * 1000, /* dedupe keys live an hour */
	STAMP_MS = 1000,	  /* stamps are whole seconds */
	DOUBT_MS = 5000,	  /* marks are late, clocks differ */
};

/* ---- into his inbox ---- */

/* The same for the same lines of the same room, whenever. ids: of all. */
static void dedupe_of(struct buf *out, const struct visit *v, struct view ids)
{
	const struct view parts[] = { v->owner->text, buf_view(&v->room),
				      ids };
	char hex[DIGEST_HEX_MAX];

	if (!ids.n || digest_hex(hex, DIGEST_SHA256, parts, 3))
		return;
	buf_adds(out, "xmpp-room ");
	buf_adds(out, hex);
}

static void on_kept(int err, void *arg)
{
	struct addr *owner = arg;

	if (err && err != EEXIST)
		log_error("xmpp %s: a room's words could not be kept: %s",
			  owner->text.p, strerror(err));
	mem_deref(owner);
}

static int keep(void *arg, struct addr *from, struct view text,
		struct view ids)
{
	struct visit *v = arg;
	struct buf key = { 0 };
	int err;

	dedupe_of(&key, v, ids);
	err = gate_say(visit_gate(v), from, v->owner, MSG_TEXT, text, NULL,
		       buf_view(&key), on_kept, mem_ref(v->owner));
	if (err)
		mem_deref(v->owner);
	buf_free(&key);
	if (err != EBADMSG && err != EMSGSIZE)
		return err;
	log_info("xmpp %s: what %.*s said can't be shown: %s",
		 v->owner->text.p, VIEW_ARG(buf_view(&v->room)),
		 strerror(err));
	return 0;
}

/* One by one those of one message would be new: soon. */
static void kept(void *arg, const struct gate_line *l, bool last)
{
	if (l->time_ms)
		visit_mark(arg, buf_view(&l->id), l->time_ms, last);
}

static const struct gate_lines_ops lines_ops = { keep, kept };

void visit_hear_init(struct visit *v)
{
	gate_lines_init(&v->lines, &lines_ops, v, visit_wheel(v));
}

void visit_hear_flush(struct visit *v)
{
	gate_lines_flush(&v->lines);
	if (v->lines.list.count)
		log_warning("xmpp %s: %zu lines of %.*s are lost",
			    v->owner->text.p, v->lines.list.count,
			    VIEW_ARG(buf_view(&v->room)));
}

/* Takes text. */
static void add(struct visit *v, struct addr *from, struct buf *text,
		struct view id, uint64_t time_ms, uint64_t past_ms)
{
	const struct gate_line l = {
		.from = from,
		.time_ms = time_ms,
		.past_ms = past_ms,
		/* he may have it already: its key will tell */
		.alone = past_ms && past_ms <= v->last_ms + DOUBT_MS,
	};

	gate_lines_add(&v->lines, &l, text, id);
}

void visit_tell(struct visit *v, struct view text)
{
	struct buf b = { 0 };

	buf_addv(&b, text);
	add(v, v->from, &b, VIEW_NONE, 0, 0);
}

/* ---- what was held back ---- */

static const struct gate_line *line_of(const struct visit *v, struct view id)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->lines.list, n, nx) {
		const struct gate_line *l =
			CONTAINER(n, struct gate_line, node);

		if (view_eq(buf_view(&l->id), id))
			return l;
	}
	return NULL;
}

/* He has all of the past up to this one. */
static void drop_upto(struct visit *v, const struct gate_line *last)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->lines.list, n, nx) {
		struct gate_line *l = CONTAINER(n, struct gate_line, node);
		bool is_last = l == last;

		if (l->past_ms)
			gate_line_drop(&v->lines, l);
		if (is_last)
			return;
	}
}

/* The last one is not among them, and its key may have expired: the stamps
 * have to tell. */
static void drop_older(struct visit *v, uint64_t than_ms)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->lines.list, n, nx) {
		struct gate_line *l = CONTAINER(n, struct gate_line, node);

		if (l->past_ms && l->past_ms + STAMP_MS <= than_ms)
			gate_line_drop(&v->lines, l);
	}
}

void visit_caught_up(struct visit *v)
{
	const struct gate_line *last;

	if (!v->lines.held)
		return;
	v->lines.held = false;
	last = v->last_id.n ? line_of(v, buf_view(&v->last_id)) : NULL;
	if (last)
		drop_upto(v, last);
	else if (wall_ms() - v->last_ms > KEYS_MS)
		drop_older(v, v->last_ms);
	gate_lines_pump(&v->lines);
}

/* ---- in words ---- */

void visit_add_nick(struct buf *out, struct view nick)
{
	if (nick.n)
		utf8_clean_name(out, nick, VISIT_NICK);
}

/* "[12:30 nick] ": what begins a line nobody can forge, because it always
 * stands there. */
static void add_prefix(struct buf *out, const struct occupant_heard *h)
{
	if (!h->nick.n && !h->time_ms)
		return;
	buf_addc(out, '[');
	if (h->time_ms)
		gate_line_when(out, h->time_ms);
	if (h->time_ms && h->nick.n)
		buf_addc(out, ' ');
	visit_add_nick(out, h->nick);
	buf_adds(out, "] ");
}

static void add_words(struct buf *out, const struct occupant_heard *h)
{
	if (h->correction)
		buf_adds(out, "* correction: ");
	gate_line_words(out, h->text);
}

static void add_emote(struct buf *out, const struct occupant_heard *h)
{
	if (h->time_ms) {
		buf_addc(out, '[');
		gate_line_when(out, h->time_ms);
		buf_adds(out, "] ");
	}
	buf_adds(out, "* ");
	visit_add_nick(out, h->nick);
	buf_addc(out, ' ');
	add_words(out, h);
}

static void add_subject(struct buf *out, const struct occupant_heard *h)
{
	buf_adds(out, "* ");
	if (h->nick.n)
		visit_add_nick(out, h->nick);
	else
		buf_adds(out, "The room");
	if (!h->text.n) {
		buf_adds(out, " cleared the topic");
		return;
	}
	buf_adds(out, " set the topic: ");
	jtext_line(out, h->text, 1000);
}

void visit_heard(struct visit *v, const struct occupant_heard *h)
{
	uint64_t now = wall_ms();
	struct buf b = { 0 };

	if (h->kind == MSG_SUBJECT) {
		add_subject(&b, h);
	} else if (h->kind == MSG_EMOTE) {
		add_emote(&b, h);
	} else {
		add_prefix(&b, h);
		add_words(&b, h);
	}
	add(v, v->from, &b, h->id,
	    h->time_ms && h->time_ms < now ? h->time_ms : now, h->time_ms);
}

/* From an address that leads back to him alone. */
void visit_whispered(struct visit *v, const struct occupant_heard *h)
{
	const struct jmap_target t = { .kind = JMAP_PM,
				       .bare = buf_view(&v->room),
				       .nick = h->nick };
	struct addr *from = gate_addr(visit_gate(v), &t);
	struct buf b = { 0 };

	visit_know(v, h->nick);
	buf_adds(&b, "(private) ");
	if (h->kind == MSG_EMOTE)
		add_emote(&b, h);
	else if (!from)
		add_prefix(&b, h);
	if (h->kind != MSG_EMOTE)
		add_words(&b, h);
	add(v, from ? from : v->from, &b, h->id, 0, 0);
	mem_deref(from);
}

static void add_doing(struct buf *out, const char *what, struct view by,
		      struct view why)
{
	buf_adds(out, what);
	if (by.n) {
		buf_adds(out, " by ");
		visit_add_nick(out, by);
	}
	if (why.n) {
		buf_adds(out, ": ");
		buf_addv(out, why);
	}
}

/* Those who come and go are not told of: :who says who is there. */
void visit_happened(struct visit *v, enum occupant_event what,
		    const struct occupant_who *who, struct view other,
		    struct view words)
{
	struct buf b = { 0 };

	buf_adds(&b, "* ");
	visit_add_nick(&b, who->nick);
	if (what == OCCUPANT_RENAMED) {
		buf_adds(&b, " is now ");
		visit_add_nick(&b, other);
	} else if (what == OCCUPANT_KICKED) {
		add_doing(&b, " was kicked", other, words);
	} else if (what == OCCUPANT_BANNED) {
		add_doing(&b, " was banned", other, words);
	} else if (what == OCCUPANT_VOICE) {
		buf_adds(&b, " may speak now");
	} else if (what == OCCUPANT_MUTED) {
		add_doing(&b, " may not speak any more", other, words);
	} else {
		buf_free(&b);
		return;
	}
	add(v, v->from, &b, VIEW_NONE, 0, 0);
}
