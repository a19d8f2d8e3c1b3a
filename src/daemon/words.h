/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A section of the configuration as words "key=value": what confabctl takes,
 * and what is kept of it. */
#ifndef CONFAB_WORDS_H
#define CONFAB_WORDS_H

#include "options.h"

struct words {
	const char *section; /* its name, for messages */
	const struct opt *opts;
	size_t count;
};

/* As the section that has these lines; lists are divided by commas. All is
 * checked as in the file, which it may not be afterwards: EINVAL with why.
 * section: zeroed before, its struct as opts have it; to be freed in any
 * case. */
int words_read(void *section, const struct words *w, const struct view *words,
	       size_t count, struct buf *why);
/* Adds one line for each that is not as it would be by itself, secrets
 * instead of the names of their files. */
void words_put(struct buf *out, const void *section, const struct words *w);
void words_free(void *section, const struct words *w);
/* Is this key a password itself, which has no place in a command? */
bool words_is_secret(struct view word);
/* 1 to 32 letters, digits and -_. */
bool words_label_ok(struct view label);

#endif
