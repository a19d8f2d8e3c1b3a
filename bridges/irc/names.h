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

/* What kind of mode a letter is (RPL_ISUPPORT's CHANMODES and PREFIX). */
enum ircb_mode_kind {
	IRCB_MODE_LIST,   /* a list: with a parameter, both ways */
	IRCB_MODE_ALWAYS, /* a parameter both ways */
	IRCB_MODE_SET,    /* a parameter only when it is set */
	IRCB_MODE_FLAG,   /* none */
	IRCB_MODE_MEMBER  /* a member's: his nick both ways */
};

struct ircb_support {
	enum ircb_casemap casemap;
	size_t nicklen;	   /* 0: not said */
	size_t linelen;	   /* bytes of a line with CR LF; 512 */
	size_t topiclen;   /* 0: not said */
	size_t history;	   /* lines of CHATHISTORY at once; 0: not said */
	size_t monitor;	   /* nicks to MONITOR; 0: it can't */
	char chantypes[8]; /* "#&" until the server says more */
	char member_modes[16], member_signs[16]; /* "ov", "@+" */
	char modes[4][64]; /* by enum ircb_mode_kind */
};

/* What holds before the server said anything. */
void ircb_support_init(struct ircb_support *s);
/* Takes what is useful out of a 005 line; the rest is left alone. */
void ircb_support_line(struct ircb_support *s, const struct ircb_line *l);

/* Of a letter of MODE; one that is unknown is a flag (RFC 2812 3.2.3's way to
 * read on). */
enum ircb_mode_kind ircb_mode_kind(const struct ircb_support *s, char letter);
/* Without the signs of PREFIX in front ("@+nick"), and without "!user@host"
 * behind (userhost-in-names). */
struct view ircb_names_nick(const struct ircb_support *s, struct view v);
/* Is this one of the server's channel names? */
bool ircb_support_is_channel(const struct ircb_support *s, struct view v);

char ircb_fold(enum ircb_casemap map, char c);
/* RFC 2812 2.2: {}|~ are the lower case of []\^. */
bool ircb_name_eq(enum ircb_casemap map, struct view a, struct view b);
/* Does text match mask, with its '*' and '?'? */
bool ircb_mask_match(enum ircb_casemap map, struct view mask,
		     struct view text);
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
