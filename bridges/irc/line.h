/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IRC lines (RFC 2812 2.3, IRCv3 message tags): bytes in, a struct of views
 * out, and the one encoder that makes lines for the server. No I/O, no log.
 */
#ifndef CONFAB_IRCB_LINE_H
#define CONFAB_IRCB_LINE_H

#include "buf.h"
#include "view.h"

enum {
	IRCB_IN_MAX = 8703, /* tags 8,191 and a line of 512 (IRCv3) */
	IRCB_OUT_MAX = 512, /* with CR LF (RFC 2812 2.3) */
	IRCB_PARAMS_MAX = 15
};

struct ircb_line {
	struct view tags;	      /* without the '@'; empty: none */
	struct view prefix;	      /* without the ':'; empty: none */
	struct view nick, user, host; /* of the prefix; nick is all of it
				       * where there is no '!' and no '@' */
	struct view command;
	unsigned code; /* of a numeric, else 0 */
	struct view params[IRCB_PARAMS_MAX];
	size_t count;
};

/* Takes the next complete line off *in, without its CR LF. EAGAIN: there is
 * none yet; EMSGSIZE: what is there can't become a line within IRCB_IN_MAX. */
int ircb_line_next(struct view *in, struct view *line);

/* The views lead into line. EBADMSG: NUL or CR in it, no command, a command
 * that is neither letters nor three digits. */
int ircb_line_parse(struct ircb_line *out, struct view line);

/* Fills in nick, user and host out of prefix. */
void ircb_line_split_prefix(struct ircb_line *l);

/* Parameter i, or an empty view. */
struct view ircb_param(const struct ircb_line *l, size_t i);
/* The last parameter: where the words for people are. */
struct view ircb_last(const struct ircb_line *l);

/* Appends "COMMAND p1 p2 :last" CR LF; the last may hold spaces or be empty.
 * On error b is as before: EBADMSG for CR, LF or NUL anywhere, and for a
 * middle parameter that is empty, has a space or starts with ':'; EMSGSIZE
 * over IRCB_OUT_MAX; EINVAL for more than IRCB_PARAMS_MAX. */
int ircb_encode(struct buf *b, const char *command, const struct view *params,
		size_t count);
/* The same of a message with this prefix, as servers send them. */
int ircb_encode_from(struct buf *b, struct view prefix, struct view command,
		     const struct view *params, size_t count);

#endif
