/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often each of many has come lately: buckets in a table that never
 * grows. Who comes when it is full takes the place of him in his row who was
 * quiet for longest, and of one who is known last.
 */
#ifndef CONFAB_SHARE_PRIV_H
#define CONFAB_SHARE_PRIV_H

#include <stddef.h>

#include "bucket.h"

struct shares;

struct share {
	uint64_t who;
	struct bucket taken, refused;
	bool known;
};

/* rows: a power of two; each is for SHARE_WAYS. */
enum { SHARE_WAYS = 4 };
struct shares *shares_new(size_t rows);
void shares_free(struct shares *ss); /* NULL is allowed */
/* who: a keyed hash. Valid until the next call. Who is new has full
 * buckets. */
struct share *shares_of(struct shares *ss, uint64_t who);

#endif
