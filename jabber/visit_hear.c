/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a room says to a user of ours. Every line goes into his inbox, from
 * one address that stays the room's; where a room talks faster than a phone
 * likes, lines are joined. How far he has come is kept, so that after any
 * fall the room's past brings what is missing, and nothing twice.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "digest.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"
#include "visit_priv.h"

enum {
	RATE = 10,
	BURST = 50,
	FULL_MS = 30 * 1000,              /* his inbox is full */
	KEYS_MS = 50 * 60 * 1000,         /* dedupe keys live an hour */
	STAMP_MS = 1000,                  /* stamps are whole seconds */
	DOUBT_MS = 5000,                  /* marks are late, clocks differ */
};

struct line {
	struct lnode node;   /* visit.lines, in order */
	struct addr *from;   /* ref */
	struct buf text, id; /* id: of the message in the room; or empty */
	uint64_t time_ms;    /* 0: no news of the room itself */
	uint64_t past_ms;    /* of the past; 0: of now */
	bool doubt;          /* he may have it already: its key will tell */
};

/* ---- lines ---- */

static void line_free(struct visit *v, struct line *l)
{
	list_remove(&v->lines, &l->node);
	v->line_bytes -= l->text.n;
	mem_deref(l->from);
	buf_free(&l->text);
	buf_free(&l->id);
	mem_free(l);
}

static struct line *first(const struct visit *v)
{
	return list_empty(&v->lines) ?
		       NULL :
		       CONTAINER(list_first(&v->lines), struct line, node);
}

void visit_hear_free(struct visit *v)
{
	struct line *l;

	wheel_stop(visit_wheel(v), &v->pump);
	while ((l = first(v)))
		line_free(v, l);
}

static void make_room(struct visit *v)
{
	while (v->lines.count > VISIT_LINES ||
	       (v->lines.count > 1 && v->line_bytes > VISIT_LINES_BYTES)) {
		line_free(v, first(v));
		v->missed++;
	}
}

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

static int keep(struct visit *v, struct addr *from, struct view text,
		struct view ids)
{
	struct buf key = { 0 };
	int err;

	dedupe_of(&key, v, ids);
	err = gate_say(visit_gate(v), from, v->owner, MSG_TEXT, text, NULL,
		       buf_view(&key), on_kept, mem_ref(v->owner));
	if (err)
		mem_deref(v->owner);
	buf_free(&key);
	return err;
}

/* How many lines from the first on make one message. */
static size_t chunk(struct buf *text, struct buf *ids, const struct visit *v,
		    bool many)
{
	const struct line *head = first(v);
	struct lnode *n, *nx;
	size_t count = 0;

	if (v->missed)
		buf_addf(text, "* %zu lines were left out here\n", v->missed);
	LIST_EACH (&v->lines, n, nx) {
		const struct line *l = CONTAINER(n, struct line, node);

		if (count && (!many || l->from != head->from || l->doubt ||
			      head->doubt ||
			      text->n + 1 + l->text.n > VISIT_CHUNK))
			break;
		if (count)
			buf_addc(text, '\n');
		buf_addv(text, buf_view(&l->text));
		buf_addv(ids, buf_view(&l->id));
		count++;
	}
	return count;
}

static void chunk_done(struct visit *v, size_t count)
{
	bool soon = count > 1; /* one by one they would be new */

	v->missed = 0;
	while (count--) {
		struct line *l = first(v);

		if (l->time_ms)
			visit_mark(v, buf_view(&l->id), l->time_ms,
				   soon && !count);
		line_free(v, l);
	}
}

static int pump_one(struct visit *v, bool many)
{
	struct buf text = { 0 }, ids = { 0 };
	size_t count = chunk(&text, &ids, v, many);
	int err = keep(v, first(v)->from, buf_view(&text), buf_view(&ids));

	buf_free(&text);
	buf_free(&ids);
	if (err == EBADMSG || err == EMSGSIZE) {
		log_info("xmpp %s: what %.*s said can't be shown: %s",
			 v->owner->text.p, VIEW_ARG(buf_view(&v->room)),
			 strerror(err));
		err = 0;
	}
	if (!err)
		chunk_done(v, count);
	return err;
}

static void on_pump(struct wtimer *t);

static void pump(struct visit *v)
{
	static const struct bucket_rate rate = { RATE, 1000, BURST };

	while (first(v) && !wtimer_running(&v->pump)) {
		uint64_t ms = bucket_wait_ms(&v->rate, &rate, now_ms());

		if (!ms && pump_one(v, v->lines.count > 1))
			ms = FULL_MS;
		else if (!ms)
			(void)bucket_take(&v->rate, &rate, now_ms());
		if (ms)
			wheel_start(visit_wheel(v), &v->pump, ms, on_pump);
	}
	make_room(v);
}

static void on_pump(struct wtimer *t)
{
	pump(CONTAINER(t, struct visit, pump));
}

void visit_hear_flush(struct visit *v)
{
	while (first(v) && !pump_one(v, true))
		;
	if (first(v))
		log_warning("xmpp %s: %zu lines of %.*s are lost",
			    v->owner->text.p, v->lines.count,
			    VIEW_ARG(buf_view(&v->room)));
}

/* Takes text. */
static void add(struct visit *v, struct addr *from, struct buf *text,
		struct view id, uint64_t time_ms, uint64_t past_ms)
{
	struct line *l = mem_zalloc(sizeof(*l));

	l->from = mem_ref(from);
	l->text = *text;
	*text = (struct buf){ 0 };
	l->time_ms = time_ms;
	l->past_ms = past_ms;
	l->doubt = past_ms && past_ms <= v->last_ms + DOUBT_MS;
	buf_addv(&l->id, id);
	v->line_bytes += l->text.n;
	list_append(&v->lines, &l->node);
	if (v->catching)
		make_room(v);
	else
		pump(v);
}

void visit_tell(struct visit *v, struct view text)
{
	struct buf b = { 0 };

	buf_addv(&b, text);
	add(v, v->from, &b, VIEW_NONE, 0, 0);
}

/* ---- what was held back ---- */

static const struct line *line_of(const struct visit *v, struct view id)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->lines, n, nx)
		if (view_eq(buf_view(&CONTAINER(n, struct line, node)->id),
			    id))
			return CONTAINER(n, struct line, node);
	return NULL;
}

/* He has all of the past up to this one. */
static void drop_upto(struct visit *v, const struct line *last)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->lines, n, nx) {
		struct line *l = CONTAINER(n, struct line, node);
		bool is_last = l == last;

		if (l->past_ms)
			line_free(v, l);
		if (is_last)
			return;
	}
}

/* The last one is not among them, and its key may have expired: the stamps
 * have to tell. */
static void drop_older(struct visit *v, uint64_t than_ms)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->lines, n, nx) {
		struct line *l = CONTAINER(n, struct line, node);

		if (l->past_ms && l->past_ms + STAMP_MS <= than_ms)
			line_free(v, l);
	}
}

void visit_caught_up(struct visit *v)
{
	const struct line *last;

	if (!v->catching)
		return;
	v->catching = false;
	last = v->last_id.n ? line_of(v, buf_view(&v->last_id)) : NULL;
	if (last)
		drop_upto(v, last);
	else if (wall_ms() - v->last_ms > KEYS_MS)
		drop_older(v, v->last_ms);
	pump(v);
}

/* ---- in words ---- */

void visit_add_nick(struct buf *out, struct view nick)
{
	if (nick.n)
		utf8_clean_name(out, nick, VISIT_NICK);
}

static void add_when(struct buf *out, uint64_t time_ms)
{
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;

	if (gmtime_r(&s, &tm))
		buf_addf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

/* "[12:30 nick] ": what begins a line nobody can forge, because it always
 * stands there. */
static void add_prefix(struct buf *out, const struct occupant_heard *h)
{
	if (!h->nick.n && !h->time_ms)
		return;
	buf_addc(out, '[');
	if (h->time_ms)
		add_when(out, h->time_ms);
	if (h->time_ms && h->nick.n)
		buf_addc(out, ' ');
	visit_add_nick(out, h->nick);
	buf_adds(out, "] ");
}

/* Further lines are set off, so that they are no line of somebody else. */
static void add_lines(struct buf *out, struct view text)
{
	struct view line;

	while (view_cut(text, '\n', &line, &text)) {
		buf_addv(out, line);
		buf_adds(out, "\n  ");
	}
	buf_addv(out, line);
}

static void add_words(struct buf *out, const struct occupant_heard *h)
{
	struct buf clean = { 0 };

	utf8_clean(&clean, h->text);
	if (h->correction)
		buf_adds(out, "* correction: ");
	add_lines(out, buf_view(&clean));
	buf_free(&clean);
}

static void add_emote(struct buf *out, const struct occupant_heard *h)
{
	if (h->time_ms) {
		buf_addc(out, '[');
		add_when(out, h->time_ms);
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
