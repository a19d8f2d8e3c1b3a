/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a channel says to a user of ours. Every line goes into his inbox, from
 * one address that stays the channel's; where a channel talks faster than a
 * phone likes, lines are joined.
 */
#include <errno.h>
#include <string.h>

#include "digest.h"
#include "ivisit_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"
#include "worker.h"

enum { TOPIC_MAX = 1000, WORDS_MAX = 400, MINUTE_MS = 60 * 1000 };

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

static int keep(void *arg, struct addr *from, struct view text,
		struct view ids)
{
	struct ivisit *v = arg;
	struct buf key = { 0 };
	int err;

	dedupe_of(&key, v, ids);
	err = igate_say(ivisit_gate(v), from, v->owner, MSG_TEXT, text, NULL,
			buf_view(&key), on_kept, mem_ref(v->owner));
	if (err)
		mem_deref(v->owner);
	buf_free(&key);
	if (err != EBADMSG && err != EMSGSIZE)
		return err;
	log_info("irc %s: what %s said can't be shown: %s", v->owner->text.p,
		 v->inbox->text.p, strerror(err));
	return 0;
}

static void kept(void *arg, const struct gate_line *l, bool last)
{
	(void)l;
	(void)last;
	ivisit_mark(arg);
}

static const struct gate_lines_ops lines_ops = { keep, kept };

void ivisit_hear_init(struct ivisit *v)
{
	gate_lines_init(&v->lines, &lines_ops, v, ivisit_wheel(v));
}

void ivisit_hear_flush(struct ivisit *v)
{
	size_t left;

	gate_lines_flush(&v->lines);
	left = v->lines.list.count + v->lines.missed;
	if (left)
		log_warning("irc %s: %zu lines of %s are not shown",
			    v->owner->text.p, left, v->inbox->text.p);
}

/* Takes text. */
static void add(struct ivisit *v, struct buf *text, struct view id)
{
	const struct gate_line l = { .from = v->from };

	gate_lines_add(&v->lines, &l, text, id);
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

/* "[12:30 nick] ": what begins a line nobody can forge, because it always
 * stands there. */
static void add_prefix(struct buf *b, const struct ircp *p)
{
	bool emote = p->kind == SAY_EMOTE;

	if (p->past || !emote)
		buf_addc(b, '[');
	if (p->past)
		gate_line_when(b, p->time_ms);
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
	gate_line_words(&b, p->text);
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
		gate_line_when(&b, from_ms);
		buf_adds(&b, " to ");
	} else {
		buf_adds(&b, "for a moment at ");
	}
	gate_line_when(&b, to_ms);
	buf_adds(&b, " UTC: what was said there meanwhile may be missing");
	add(v, &b, VIEW_NONE);
}
