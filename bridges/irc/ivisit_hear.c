/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a channel says to a user of ours. Every line goes into his inbox, from
 * one address that stays the channel's; where a channel talks faster than a
 * phone likes, lines are joined.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "digest.h"
#include "ivisit_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"
#include "worker.h"

enum {
	RATE = 10,
	BURST = 50,
	FULL_MS = 30 * 1000, /* his inbox is full */
	TOPIC_MAX = 1000, WORDS_MAX = 400,
	MINUTE_MS = 60 * 1000,
};

struct line {
	struct lnode node;   /* ivisit.lines, in order */
	struct buf text, id; /* id: of the message; or empty */
};

/* ---- lines ---- */

static void line_free(struct ivisit *v, struct line *l)
{
	list_remove(&v->lines, &l->node);
	v->line_bytes -= l->text.n;
	buf_free(&l->text);
	buf_free(&l->id);
	mem_free(l);
}

static struct line *first(const struct ivisit *v)
{
	return list_empty(&v->lines) ?
		       NULL :
		       CONTAINER(list_first(&v->lines), struct line, node);
}

void ivisit_hear_free(struct ivisit *v)
{
	struct line *l;

	wheel_stop(ivisit_wheel(v), &v->pump);
	while ((l = first(v)))
		line_free(v, l);
}

static void make_room(struct ivisit *v)
{
	while (v->lines.count > IVISIT_LINES ||
	       (v->lines.count > 1 && v->line_bytes > IVISIT_BYTES)) {
		line_free(v, first(v));
		v->missed++;
	}
}

/* ---- into his inbox ---- */

/* The same for the same lines, whenever they come. ids: of all. */
static void dedupe_of(struct buf *out, const struct ivisit *v, struct view ids)
{
	const struct view parts[] = { v->inbox->text, ids };
	char hex[DIGEST_HEX_MAX];

	if (!ids.n || digest_hex(hex, DIGEST_SHA256, parts, 2))
		return;
	buf_adds(out, "irc-place ");
	buf_adds(out, hex);
}

static void on_kept(int err, void *arg)
{
	struct addr *owner = arg;

	if (err && err != EEXIST)
		log_error("irc %s: a channel's words could not be kept: %s",
			  owner->text.p, strerror(err));
	mem_deref(owner);
}

static int keep(struct ivisit *v, struct view text, struct view ids)
{
	struct buf key = { 0 };
	int err;

	dedupe_of(&key, v, ids);
	err = igate_say(ivisit_gate(v), v->from, v->owner, MSG_TEXT, text,
			NULL, buf_view(&key), on_kept, mem_ref(v->owner));
	if (err)
		mem_deref(v->owner);
	buf_free(&key);
	return err;
}

/* How many lines from the first on make one message. */
static size_t chunk(struct buf *text, struct buf *ids, const struct ivisit *v,
		    bool many)
{
	struct lnode *n, *nx;
	size_t count = 0;

	if (v->missed)
		buf_addf(text, "* %zu lines were left out here\n", v->missed);
	LIST_EACH (&v->lines, n, nx) {
		const struct line *l = CONTAINER(n, struct line, node);

		if (count && (!many ||
			      text->n + 1 + l->text.n > IVISIT_CHUNK))
			break;
		if (count)
			buf_addc(text, '\n');
		buf_addv(text, buf_view(&l->text));
		buf_addv(ids, buf_view(&l->id));
		count++;
	}
	return count;
}

static int pump_one(struct ivisit *v, bool many)
{
	struct buf text = { 0 }, ids = { 0 };
	size_t count = chunk(&text, &ids, v, many);
	int err = keep(v, buf_view(&text), buf_view(&ids));

	buf_free(&text);
	buf_free(&ids);
	if (err == EBADMSG || err == EMSGSIZE) {
		log_info("irc %s: what %s said can't be shown: %s",
			 v->owner->text.p, v->inbox->text.p, strerror(err));
		err = 0;
	}
	if (err)
		return err;
	v->missed = 0;
	while (count--)
		line_free(v, first(v));
	ivisit_mark(v);
	return 0;
}

static void on_pump(struct wtimer *t);

static void pump(struct ivisit *v)
{
	static const struct bucket_rate rate = { RATE, 1000, BURST };

	while (first(v) && !wtimer_running(&v->pump)) {
		uint64_t ms = bucket_wait_ms(&v->rate, &rate, now_ms());

		if (!ms && pump_one(v, v->lines.count > 1))
			ms = FULL_MS;
		else if (!ms)
			(void)bucket_take(&v->rate, &rate, now_ms());
		if (ms)
			wheel_start(ivisit_wheel(v), &v->pump, ms, on_pump);
	}
	make_room(v);
}

static void on_pump(struct wtimer *t)
{
	pump(CONTAINER(t, struct ivisit, pump));
}

void ivisit_hear_flush(struct ivisit *v)
{
	while (first(v) && !pump_one(v, true))
		;
	if (first(v) || v->missed)
		log_warning("irc %s: %zu lines of %s are not shown",
			    v->owner->text.p, v->lines.count + v->missed,
			    v->inbox->text.p);
}

/* Takes text. */
static void add(struct ivisit *v, struct buf *text, struct view id)
{
	struct line *l = mem_zalloc(sizeof(*l));

	buf_addv(&l->text, buf_view(text));
	buf_addv(&l->id, id);
	buf_free(text);
	list_append(&v->lines, &l->node);
	v->line_bytes += l->text.n;
	pump(v);
}

void ivisit_line(struct ivisit *v, struct view text)
{
	struct buf b = { 0 };

	buf_addv(&b, text);
	add(v, &b, VIEW_NONE);
}

/* ---- in words ---- */

static void add_nick(struct buf *b, struct view nick)
{
	utf8_clean_name(b, nick, IVISIT_NAME);
}

static void add_when(struct buf *b, uint64_t time_ms)
{
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;

	if (gmtime_r(&s, &tm))
		buf_addf(b, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

/* Further lines are set off, so that they are no line of somebody else. */
static void add_lines(struct buf *b, struct view words)
{
	struct buf clean = { 0 };
	struct view text, line;

	utf8_clean(&clean, words);
	text = buf_view(&clean);
	while (view_cut(text, '\n', &line, &text)) {
		buf_addv(b, line);
		buf_adds(b, "\n  ");
	}
	buf_addv(b, line);
	buf_free(&clean);
}

/* "[12:30 nick] ": what begins a line nobody can forge, because it always
 * stands there. */
static void add_prefix(struct buf *b, const struct ircp *p)
{
	bool emote = p->kind == SAY_EMOTE;

	if (p->past || !emote)
		buf_addc(b, '[');
	if (p->past)
		add_when(b, p->time_ms);
	if (p->past && !emote)
		buf_addc(b, ' ');
	if (!emote)
		add_nick(b, p->nick);
	if (p->past || !emote)
		buf_adds(b, "] ");
	if (!emote)
		return;
	buf_adds(b, "* ");
	add_nick(b, p->nick);
	buf_addc(b, ' ');
}

/* Of the past only what was said while he belonged there. */
void ivisit_heard(struct ivisit *v, const struct ircp *p)
{
	struct buf b = { 0 };

	if (p->past && (!v->past_ms || p->time_ms < v->past_ms))
		return;
	if (!utf8_shows(p->text))
		return;
	add_prefix(&b, p);
	add_lines(&b, p->text);
	add(v, &b, p->id);
}

static void add_words(struct buf *b, const char *before, struct view words,
		      const char *after)
{
	if (!words.n)
		return;
	buf_adds(b, before);
	utf8_clean_line(b, words, WORDS_MAX);
	buf_adds(b, after);
}

static void add_by(struct buf *b, struct view by)
{
	if (!by.n)
		return;
	buf_adds(b, " by ");
	add_nick(b, by);
}

static void add_role(struct buf *b, const struct ivisit *v,
		     const struct ircp *p)
{
	bool own = v->seat && view_ieqs(p->nick, v->seat->nick);

	if (own)
		buf_adds(b, "You");
	else
		add_nick(b, p->nick);
	buf_adds(b, own ? " got mode " : " has got mode ");
	utf8_clean_line(b, p->text, IVISIT_NAME);
	add_by(b, p->other);
}

static void put_people(struct buf *b, const struct ivisit *v,
		       const struct ircp *p)
{
	static const char *const what[] = {
		[IRCP_CAME] = " has come", [IRCP_WENT] = " has gone",
		[IRCP_QUIT] = " has left the network",
		[IRCP_KICKED] = " was kicked",
	};

	buf_adds(b, "* ");
	switch (p->kind) {
	case IRCP_RENAMED:
		add_nick(b, p->nick);
		buf_adds(b, " is now ");
		add_nick(b, p->other);
		break;
	case IRCP_SPLIT:
	case IRCP_MENDED:
		buf_adds(b, p->kind == IRCP_SPLIT ? "The network is split" :
						    "The split is mended");
		add_words(b, " (", p->other, ")");
		add_words(b, ": ", p->text, "");
		break;
	case IRCP_ROLE:
		add_role(b, v, p);
		break;
	case IRCP_MODE:
		add_words(b, "The channel has got mode ", p->text, "");
		add_by(b, p->other);
		break;
	default:
		add_nick(b, p->nick);
		buf_adds(b, what[p->kind]);
		if (p->kind == IRCP_KICKED)
			add_by(b, p->other);
		add_words(b, ": ", p->text, "");
		break;
	}
}

/* Who comes and goes is told on demand; who is called what, and what changes
 * for him, always. */
static bool wants(const struct ivisit *v, const struct ircp *p)
{
	if (v->notices)
		return true;
	switch (p->kind) {
	case IRCP_KICKED:
	case IRCP_RENAMED:
	case IRCP_MODE:
		return true;
	case IRCP_ROLE:
		return v->seat && view_ieqs(p->nick, v->seat->nick);
	default:
		return false;
	}
}

void ivisit_people(struct ivisit *v, const struct ircp *p)
{
	struct buf b = { 0 };

	if (!wants(v, p))
		return;
	put_people(&b, v, p);
	add(v, &b, VIEW_NONE);
}

void ivisit_topic(struct ivisit *v, const struct ircp *p)
{
	struct buf b = { 0 };

	buf_clear(&v->topic);
	utf8_clean_line(&v->topic, p->text, TOPIC_MAX);
	buf_adds(&b, "* ");
	if (p->nick.n)
		add_nick(&b, p->nick);
	else
		buf_adds(&b, "Somebody");
	buf_adds(&b, v->topic.n ? " set the topic: " : " cleared the topic");
	buf_addv(&b, buf_view(&v->topic));
	add(v, &b, VIEW_NONE);
}

void ivisit_gap(struct ivisit *v, uint64_t from_ms, uint64_t to_ms)
{
	struct buf b = { 0 };

	buf_adds(&b, "* You were not in the channel ");
	if (from_ms / MINUTE_MS != to_ms / MINUTE_MS) {
		buf_adds(&b, "from ");
		add_when(&b, from_ms);
		buf_adds(&b, " to ");
	} else {
		buf_adds(&b, "for a moment at ");
	}
	add_when(&b, to_ms);
	buf_adds(&b, " UTC: what was said there meanwhile may be missing");
	add(v, &b, VIEW_NONE);
}
