/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user's text: a command, or words for the room; and the place that an
 * argument names. Pure. */
#ifndef CONFAB_IMC_LINE_H
#define CONFAB_IMC_LINE_H

#include "buf.h"

/* A command starts with mark, which twice at the start stands for itself.
 * True: line holds what follows the mark, for cmdline_parse(): one line,
 * forgiving what phones do to it (spaces after the mark, no-break spaces, a
 * full stop at the end). False: *text are the words, with a doubled mark made
 * single. */
bool line_is_command(struct buf *line, struct view *text, struct view mark);

/* A room as the user names it. */
struct place {
	struct view name, domain;
};

/* From "lobby", "lobby@host", "sip:lobby@host:5060;x=y", also in <>; without
 * a host it is domain. The views live in bytes (which is cleared first) or in
 * domain. EBADMSG. */
int place_parse(struct place *out, struct buf *bytes, struct view arg,
		struct view domain);

#endif
