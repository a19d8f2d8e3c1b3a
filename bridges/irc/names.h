/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of IRC: which are equal, which are channels, which nick to try next;
 * and what the server says about it (RPL_ISUPPORT).
 */
#ifndef CONFAB_IRCB_NAMES_H
#define CONFAB_IRCB_NAMES_H

#include "line.h"

enum { IRCB_NICK_MAX = 64, IRCB_CHANNEL_MAX = 64, IRCB_NICK_TRIES = 11 };

enum ircb_casemap { IRCB_RFC1459, IRCB_STRICT_RFC1459, IRCB_ASCII };

struct ircb_support {
	enum ircb_casemap casemap;
	size_t nicklen;	   /* 0: not said */
	char chantypes[8]; /* "#&" until the server says more */
};

/* What holds before the server said anything. */
void ircb_support_init(struct ircb_support *s);
/* Takes what is useful out of a 005 line; the rest is left alone. */
void ircb_support_line(struct ircb_support *s, const struct ircb_line *l);

/* RFC 2812 2.2: {}|~ are the lower case of []\^. */
bool ircb_name_eq(enum ircb_casemap map, struct view a, struct view b);
/* RFC 2812 1.3: a prefix of #&+!, no space, comma, BEL, NUL, CR, LF; at most
 * IRCB_CHANNEL_MAX bytes. */
bool ircb_is_channel(struct view v);
/* RFC 2812 2.3.1, but of any length up to IRCB_NICK_MAX - 4. */
bool ircb_is_nick(struct view v);

/* Nick number "try" (0 .. IRCB_NICK_TRIES - 1) made of base, always the same:
 * base, base_, base__, base-2, base-3 ...; no longer than max bytes (0: no
 * limit). */
void ircb_nick_try(char out[IRCB_NICK_MAX], const char *base, unsigned number,
		   size_t max);

#endif
