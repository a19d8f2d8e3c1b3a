/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words that run in a circle: two gateways between the same two places, or a
 * relay bot of somebody else's in one of them, say everything again under
 * another nick, for ever. Each leg has one of these.
 */
#ifndef CONFAB_REPEAT_H
#define CONFAB_REPEAT_H

#include "view.h"

enum {
	REPEAT_WITHIN_MS = 5000,   /* the same words from another nick */
	REPEATS_MAX = 6,           /* so often a minute is a circle */
	REPEAT_MINUTE_MS = 60000,
	REPEAT_PLAIN_MIN = 16,     /* bytes: shorter words are said by several
				      people, unless a name stands before */
};

struct repeat;

struct repeat *repeat_new(void);
void repeat_free(struct repeat *r); /* NULL is allowed */
/* We said this there ourselves; now: monotonic. */
void repeat_said(struct repeat *r, struct view text, uint64_t now);
/* nick said this there. True: it runs in a circle; then it begins anew. */
bool repeat_heard(struct repeat *r, struct view nick, struct view text,
		  uint64_t now);
/* Behind all "<name>" and "[name]:" at its beginning. */
struct view repeat_words(struct view text);

#endif
