/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An irc section as words "key=value": what confabctl irc add takes, and what
 * is kept of it. */
#ifndef CONFAB_IRC_WORDS_H
#define CONFAB_IRC_WORDS_H

#include "conf.h"

/* As the section of this label that has these lines; lists are divided by
 * commas. All is checked as in the file. EINVAL with why. To be freed in any
 * case; a zeroed one may be freed. */
int irc_words_read(struct conf_irc *out, struct view label,
		   const struct view *words, size_t count, struct buf *why);
/* Adds one line for each that is not as it would be by itself, secrets
 * instead of the names of their files. */
void irc_words_put(struct buf *out, const struct conf_irc *n);
void irc_words_free(struct conf_irc *n);

#endif
