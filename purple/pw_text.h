/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts between us, who have plain UTF-8, and libpurple, which has HTML. Pure
 * but for libpurple's own functions on markup.
 */
#ifndef CONFAB_PW_TEXT_H
#define CONFAB_PW_TEXT_H

#include "buf.h"

enum { PW_LINES_MAX = 5 };

/* As markup, without what no network's stream stands (controls). */
void pw_escape(struct buf *b, struct view text);
/* Back: without tags, "[image]" where there was one, clean. NULL is empty. */
void pw_plain(struct buf *b, const char *html);
/* The same in one line of at most 300 bytes: for reasons and names. */
void pw_line(struct buf *b, const char *html);
/* The next piece of *text for a network without newlines: one line, but from
 * the fifth on all that is left, with spaces for newlines. False at the end;
 * *count is 0 at first. Lines with nothing on them are left out. */
bool pw_next_line(struct view *text, unsigned *count, struct buf *line);
/* Is it "/me does"? Then *text is what he does. */
bool pw_is_emote(struct view *text);
/* SHA-256 in 64 hex digits, ':' allowed between bytes. */
bool pw_pin_eq(const char *pin, const unsigned char *sum, size_t n);

#endif
