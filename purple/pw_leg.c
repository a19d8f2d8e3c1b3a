/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every text starts with who says it: one account speaks for all. */
#include <errno.h>

#include "pw_leg.h"
#include "pw_text.h"
#include "utf8.h"

enum { NAME_MAX_SHOWN = 100 };

static void add_lead(struct buf *b, const struct worker_say *say)
{
	if (say->kind == SAY_NOTICE) {
		buf_adds(b, "* ");
		return;
	}
	buf_adds(b, say->kind == SAY_TEXT ? "<" : "* ");
	utf8_clean_name(b, say->name, NAME_MAX_SHOWN);
	buf_adds(b, say->kind == SAY_TEXT    ? "> "
		    : say->kind == SAY_EMOTE ? " "
					     : " changed the subject to: ");
}

static int say_piece(struct pw_room *r, const struct worker_say *say,
		     struct view piece)
{
	PurpleConversation *conv = pw_room_conv(r);
	struct buf b = { 0 };
	int err;

	add_lead(&b, say);
	buf_addv(&b, piece);
	err = conv ? pw_say(r->seat, conv, SAY_TEXT, buf_view(&b), VIEW_NONE)
		   : ENOTCONN;
	buf_free(&b);
	return err;
}

/* Where a line is a message of its own each has the name, or a text could look
 * like another's. */
static int say_text(struct pw_room *r, const struct worker_say *say)
{
	struct view text;
	struct buf clean = { 0 }, line = { 0 };
	unsigned count = 0;
	int err = 0;

	if (!pw_by_lines(r->seat))
		return say_piece(r, say, say->text);
	utf8_clean(&clean, say->text);
	text = buf_view(&clean);
	while (!err && pw_next_line(&text, &count, &line))
		err = say_piece(r, say, buf_view(&line));
	buf_free(&clean);
	buf_free(&line);
	return err;
}

/* What comes of it libpurple says as of others' topics. */
static void set_topic(struct pw_room *r, PurpleConversation *conv,
		      struct view text)
{
	if (!conv || pw_topic(r->seat, conv, text))
		worker_topic(r->seat->pw->worker, r->leg, TOPIC_REFUSED,
			     VIEW_NONE,
			     conv ? VIEW("there are no topics there")
				  : VIEW("not in the room"));
}

void pw_leg_say(struct pw *w, const struct worker_say *say)
{
	struct pw_room *r = pw_room_leg(w, say->leg);
	PurpleConversation *conv = r ? pw_room_conv(r) : NULL;
	int err;

	/* Who leaves is lost in a moment, and it is said again. */
	if (!r || r->seat->leaving_ms)
		return;
	if (say->kind == SAY_SUBJECT && !say->seq) {
		set_topic(r, conv, say->text);
		return;
	}
	if (!conv || r->state == PW_JOINING) {
		worker_failed(w->worker, say->leg, say->seq, true,
			      VIEW("not in the room"));
		return;
	}
	err = say_text(r, say);
	if (err)
		worker_failed(w->worker, say->leg, say->seq, err == ENOTCONN,
			      err == E2BIG
				      ? VIEW("the text is too long there")
				      : VIEW("the network does not take it"));
	else
		worker_delivered(w->worker, say->leg, say->seq);
}
