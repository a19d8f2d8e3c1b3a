/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a message to lines. Every line starts with the sender's name, so that
 * no text can make one that looks like another's (the name is clean).
 */
#include <errno.h>
#include <string.h>

#include "line.h"
#include "mem.h"
#include "names.h"
#include "say.h"
#include "text.h"
#include "utf8.h"

enum {
	TEXT_ROOM_MIN = 16,
	SHOWN_HOST = 80, /* ":" "!user@host " around a nick of others */
	SHOWN_MIN = 9,
};

struct job {
	struct buf *out;    /* borrowed */
	const char *command;
	struct view target; /* borrowed */
	struct view as;     /* borrowed: RELAYMSG's nick; or empty */
	struct buf lead;    /* owned: "<alice> " */
	struct buf line;    /* owned: scratch */
	bool emote;
	size_t room; /* bytes of text that fit into a line */
	size_t count;
};

static void add_lead(struct buf *b, const struct worker_say *say)
{
	if (say->kind == SAY_NOTICE) {
		buf_adds(b, "* ");
		return;
	}
	buf_adds(b, say->kind == SAY_SUBJECT ? "* <" : "<");
	ircb_strip_controls(b, say->name);
	buf_adds(b, say->kind == SAY_SUBJECT ? "> changed the subject to: "
					     : "> ");
}

static size_t text_room(const struct job *j, size_t prefix)
{
	/* "PRIVMSG #lobby :" text CR LF, and the prefix before it. */
	size_t taken = prefix + sizeof("PRIVMSG  :") - 1 + j->target.n +
		       j->lead.n + 2;

	if (j->emote)
		taken += sizeof("\1ACTION \1") - 1;
	return taken < IRCB_OUT_MAX ? IRCB_OUT_MAX - taken : 0;
}

static int put_line(struct job *j, struct view piece)
{
	struct view params[3] = { j->target, j->as, VIEW_NONE };
	size_t last = j->as.n ? 2 : 1;

	if (j->count++ == IRCB_SAY_LINES)
		return EMSGSIZE;
	buf_clear(&j->line);
	if (j->emote)
		buf_adds(&j->line, "\1ACTION ");
	buf_addv(&j->line, buf_view(&j->lead));
	buf_addv(&j->line, piece);
	if (j->emote)
		buf_addc(&j->line, 1);
	params[last] = buf_view(&j->line);
	return ircb_encode(j->out, j->command, params, last + 1);
}

static int put_text(struct job *j, struct view text)
{
	int err = 0;

	while (text.n && !err) {
		size_t n = ircb_cut(text, j->room);

		err = put_line(j, view_head(text, n));
		text = view_from(text, n);
	}
	return err;
}

static int put_lines(struct job *j, struct view text)
{
	struct view line;
	struct buf clean = { 0 };
	int err = 0;

	while (text.n && !err) {
		view_cut(text, '\n', &line, &text);
		buf_clear(&clean);
		ircb_strip_controls(&clean, line);
		/* IRC has no empty lines. */
		if (view_trim(buf_view(&clean)).n)
			err = put_text(j, buf_view(&clean));
	}
	buf_free(&clean);
	return err;
}

static int run(struct job *j, struct view text, size_t prefix, size_t *lines)
{
	size_t start = j->out->n;
	int err;

	j->room = text_room(j, prefix);
	err = j->room < TEXT_ROOM_MIN ? EMSGSIZE : put_lines(j, text);
	if (!err && !j->count)
		err = EBADMSG;
	if (err)
		j->out->n = start;
	*lines = err ? 0 : j->count;
	buf_free(&j->lead);
	buf_free(&j->line);
	return err;
}

int ircb_say(struct buf *b, struct view target, size_t prefix,
	     const struct worker_say *say, size_t *lines)
{
	struct job j = { .out = b,
			 .command = "PRIVMSG",
			 .target = target,
			 .emote = say->kind == SAY_EMOTE };

	add_lead(&j.lead, say);
	return run(&j, say->text, prefix, lines);
}

int ircb_speak(struct buf *b, struct view target, size_t prefix,
	       const struct worker_say *say, size_t *lines)
{
	struct job j = { .out = b,
			 .command = say->kind == SAY_NOTICE ? "NOTICE"
							    : "PRIVMSG",
			 .target = target,
			 .emote = say->kind == SAY_EMOTE };

	return run(&j, say->text, prefix, lines);
}

int ircb_say_as(struct buf *b, struct view target, size_t prefix,
		const struct worker_say *say, size_t *lines)
{
	struct job j = { .out = b,
			 .command = "RELAYMSG",
			 .target = target,
			 .as = say->name,
			 .emote = say->kind == SAY_EMOTE };

	return run(&j, say->text, prefix + SHOWN_HOST + say->name.n, lines);
}

static bool in_nick(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-_[]\\`^{|}", c));
}

/* What no nick has becomes "_". */
static size_t add_word(struct buf *b, struct view v, size_t max)
{
	size_t start = b->n, good = 0;

	if (v.n && ((v.p[0] >= '0' && v.p[0] <= '9') || v.p[0] == '-'))
		buf_addc(b, '_');
	while (v.n && b->n - start < max) {
		bool fits = in_nick(v.p[0]);

		buf_addc(b, fits ? v.p[0] : '_');
		good += fits;
		if (fits)
			v = view_from(v, 1);
		else
			(void)utf8_next(&v);
	}
	return good;
}

bool ircb_shown_nick(struct buf *b, struct view name, const char *separators,
		     size_t max)
{
	struct view local, network;
	char sep = strchr(separators, '/') ? '/' : separators[0];
	size_t start = b->n, tail, good;

	if (!view_cut(name, '@', &local, &network))
		network = VIEW("sip");
	if (max < SHOWN_MIN)
		max = IRCB_NICK_MAX - 1;
	tail = network.n < max / 2 ? network.n : max / 2;
	good = add_word(b, local, max - tail - 1);
	if (!good) {
		b->n = start;
		return false;
	}
	buf_addc(b, sep ? sep : '_');
	(void)add_word(b, network, tail);
	return true;
}
