/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8: checking, cutting and cleaning text of peers. */
#ifndef CONFAB_UTF8_H
#define CONFAB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* Takes one code point off *v. Returns UTF8_BAD for an invalid sequence
 * (overlong, surrogate, above U+10FFFF, cut short) and takes its maximal bad
 * prefix (at least one byte) off (Unicode 15, 3.9, table 3-8). *v must not be
 * empty. */
#define UTF8_BAD UINT32_MAX
uint32_t utf8_next(struct view *v);
void utf8_put(struct buf *b, uint32_t cp);
bool utf8_valid(struct view v);

/* The longest prefix of at most max bytes that does not end inside a code
 * point (nor, where it is cut, before a combining mark, a joiner or a
 * variation selector, if that leaves anything). */
size_t utf8_cut(struct view v, size_t max);

/* Text as it may enter a room: invalid sequences become U+FFFD; NUL, C0
 * (but TAB and LF), DEL, C1, U+FFFE and U+FFFF go; CRLF, CR, VT, FF, U+0085,
 * U+2028 and U+2029 become LF. A character keeps at most eight of its marks,
 * and directions (U+202A and so on) that a line leaves open are closed at its
 * end, so that they do not turn what we write behind it. Cleaning twice is
 * cleaning once. */
void utf8_clean(struct buf *b, struct view v);

/* Whether anything of it is to be seen: more than white space, controls and
 * characters without a shape. */
bool utf8_shows(struct view v);
/* CR, VT, FF, U+0085, U+2028, U+2029: what becomes LF. */
bool utf8_ends_line(uint32_t cp);

/* A name as it may stand in a line's prefix: one line, no control, bidi,
 * zero-width or tag characters; white space runs become one space, none at
 * the ends; < and [ become (, > and ] become ), @ becomes _; at most max
 * bytes. An empty result becomes "?". */
void utf8_clean_name(struct buf *b, struct view v, size_t max);
/* Text as one line: white space and line ends as single spaces, none at the
 * ends, without controls and what is no UTF-8; at most max bytes. */
void utf8_clean_line(struct buf *b, struct view v, size_t max);

#endif
