/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a message of a room looks like on IRC: "<alice> text", one line for
 * each line of the text, long ones in several, each with the name in front;
 * an emote as CTCP ACTION.
 */
#ifndef CONFAB_IRCB_SAY_H
#define CONFAB_IRCB_SAY_H

#include "worker.h"
#include "buf.h"

enum { IRCB_SAY_LINES = 500 };

/* Appends the lines for the server, each with its CR LF. prefix: the bytes
 * that servers put in front when they pass our lines on (":nick!user@host ").
 * EBADMSG: nothing to say is left; EMSGSIZE: more than IRCB_SAY_LINES, or no
 * room for text in a line; then b is as before. */
int ircb_say(struct buf *b, struct view target, size_t prefix,
	     const struct worker_say *say, size_t *lines);

/* The same of what a user says himself: without a name, and a notice as
 * NOTICE. */
int ircb_speak(struct buf *b, struct view target, size_t prefix,
	       const struct worker_say *say, size_t *lines);

/* The same by RELAYMSG: say->name is the nick that it is shown under, as
 * ircb_shown_nick() made it. prefix: what else a line is to leave free. */
int ircb_say_as(struct buf *b, struct view target, size_t prefix,
		const struct worker_say *say, size_t *lines);
/* Adds the nick for somebody called so: "alice/sip", "bob/libera" for
 * "bob@libera". separators: what a server wants one of in such nicks, or
 * empty; max: bytes, 0: no limit. False: nothing of the name is left. */
bool ircb_shown_nick(struct buf *b, struct view name, const char *separators,
		     size_t max);

#endif
