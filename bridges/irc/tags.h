/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message tags (IRCv3 message-tags), and the times that they carry
 * (server-time). Pure. */
#ifndef CONFAB_IRCB_TAGS_H
#define CONFAB_IRCB_TAGS_H

#include "buf.h"

/* The value of the tag, as it is written; of several the last one counts.
 * False: there is no such tag. */
bool ircb_tag(struct view tags, const char *key, struct view *value);
/* Appends the value without its escapes; control characters go. */
void ircb_tag_text(struct buf *b, struct view value);

/* "2026-11-21T09:05:28.620Z", to and from ms since 1970. EBADMSG. */
int ircb_time_parse(uint64_t *ms, struct view v);
void ircb_time_put(struct buf *b, uint64_t ms);

#endif
