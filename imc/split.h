/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long text in parts: "(1/3) [alice]: ...". Pure. */
#ifndef CONFAB_IMC_SPLIT_H
#define CONFAB_IMC_SPLIT_H

#include "buf.h"
#include "sms.h"

enum { SPLIT_PART_MIN = 32 }; /* bytes of the text itself */

struct split {
	struct view prefix; /* borrowed, as text: every part has it */
	struct view rest;   /* not taken yet */
	size_t max;         /* bytes of a part, marker and prefix included */
	size_t marker;      /* of those for the marker; 0: one part will do */
	size_t chars;       /* at most so many characters of this alphabet in
			       a part as well; 0: any number */
	enum sms_alphabet alphabet;
	unsigned count, next;
};

/* text begins with prefix, which may be empty. max is a wish where a prefix
 * leaves less than SPLIT_PART_MIN. */
void split_init(struct split *sp, struct view text, size_t prefix,
		size_t max);
/* The same for a device that takes so many characters as a short message has:
 * no part is longer than that either. */
void split_init_sms(struct split *sp, struct view text, size_t prefix,
		    size_t max);
/* The same for one that takes so many characters, whichever. */
void split_init_chars(struct split *sp, struct view text, size_t prefix,
		      size_t max, size_t chars);
/* The next part is added to out; false: none is left. The parts' own texts
 * make up the text again, but for one space or line end between two. */
bool split_next(struct split *sp, struct buf *out);
bool split_is_done(const struct split *sp);

#endif
