/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a message of one network looks as text on another. No name and no text
 * can make a line that looks like another sender's: names are clean
 * (utf8_clean_name), the first line carries the prefix, and every further
 * line is indented by two spaces. All of them append to b.
 */
#ifndef CONFAB_RENDER_H
#define CONFAB_RENDER_H

#include "buf.h"
#include "msg.h"

/* "[alice]: text", "* [alice] waves", a notice as it is. For SIP members. */
void render_sip(struct buf *b, const struct msg *m);
/* "<alice> text"; an emote becomes "<alice> waves", and the face sends it as
 * its network's emote; a notice "* text". For legs that relay. */
void render_relay(struct buf *b, const struct msg *m);

/* One line a call, for networks without line breaks: "<alice> line". Start
 * with *pos = 0; false when nothing is left. */
bool render_relay_line(struct buf *b, const struct msg *m, size_t *pos);

#endif
