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

#endif
