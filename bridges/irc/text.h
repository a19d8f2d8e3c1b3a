/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text between IRC and us: its character set, formatting codes, and where a
 * long one may be cut.
 */
#ifndef CONFAB_IRCB_TEXT_H
#define CONFAB_IRCB_TEXT_H

#include "buf.h"

/* Appends v as UTF-8. What is not UTF-8 was Windows-1252 (which holds
 * ISO 8859-1); UTF-8 that was cut inside its last character stays UTF-8 and
 * ends with U+FFFD. */
void ircb_to_utf8(struct buf *b, struct view v);

/* Is v UTF-8, or was it before it was cut inside its last character? */
bool ircb_is_utf8(struct view v);

/* Appends v without the formatting codes that irc_color_strip_from_mirc()
 * does not know: hex colours (0x04), monospace, italics, strike-through. */
void ircb_strip_new_codes(struct buf *b, struct view v);

/* Appends v without control characters (CTCP's 0x01 among them); a TAB
 * becomes a space. */
void ircb_strip_controls(struct buf *b, struct view v);

/* How many bytes of text (not empty) the next line takes when it has room for
 * max (at least 4): all, or up to and with the last space, or up to the end
 * of a character. Never 0. */
size_t ircb_cut(struct view text, size_t max);

/* "\1COMMAND arguments\1" (CTCP): true when v is one; the closing 0x01 may be
 * missing, as servers cut long lines. */
bool ircb_ctcp(struct view v, struct view *command, struct view *arguments);

#endif
