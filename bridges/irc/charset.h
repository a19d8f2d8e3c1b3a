/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not UTF-8, in the character set that the network used before. */
#ifndef CONFAB_IRCB_CHARSET_H
#define CONFAB_IRCB_CHARSET_H

#include "buf.h"

struct ircb_charset;

/* name as iconv knows it, "KOI8-R"; empty: Windows-1252. EINVAL: unknown.
 * mem_deref() frees it. */
int ircb_charset_new(struct ircb_charset **cp, const char *name);
/* Appends v as UTF-8: as it is where it is UTF-8 (perhaps cut inside its last
 * character), else out of the character set. */
void ircb_charset_text(struct ircb_charset *c, struct buf *b, struct view v);

#endif
