/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One-time codes: what a user was allowed to finish, and has to send back
 * together with what must be seen by nobody else. A code has 128 bits, lives
 * ten minutes, is good once and for one user; a new one for the same thing
 * takes the old one's place. In memory only.
 */
#ifndef CONFAB_CODES_H
#define CONFAB_CODES_H

#include "buf.h"

enum {
	CODE_TEXT = 29,          /* its characters: "pw-", and 26 of it */
	CODE_LIFE_MS = 10 * 60 * 1000,
	CODE_USER_MAX = 4,       /* of one user; the oldest goes */
	CODES_MAX = 10000,
};

struct codes;

/* What it is for. */
struct code_use {
	struct view user;        /* "sip:alice@example.org", canonical */
	struct view network, login;
	bool passwd;             /* a new password; else a new account */
};

struct codes *codes_new(void);
void codes_free(struct codes *cs); /* NULL is allowed */
/* The code for this use, NUL-terminated. ENOSPC: there are too many. */
int codes_make(struct codes *cs, char out[CODE_TEXT + 1],
	       const struct code_use *use, uint64_t now_ms);
/* Whether it looks like a code, or like most of one, in any case of letters:
 * what stands behind it may be shown to nobody. */
bool codes_looks(struct view word);
/* Ends the code. True: it was good, and use says for what (borrowed until the
 * next call). A code of another's is good for nobody, and ends all the same:
 * somebody has seen it. */
bool codes_take(struct codes *cs, struct code_use *use, struct view user,
		struct view code, uint64_t now_ms);
/* All of a user's that are for this login. */
void codes_drop(struct codes *cs, struct view user, struct view network,
		struct view login);
size_t codes_count(const struct codes *cs);

#endif
