/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who takes no invitations from whom: each user's own list. */
#ifndef CONFAB_IMC_BLOCKS_H
#define CONFAB_IMC_BLOCKS_H

#include "addr.h"
#include "store.h"

struct blocks;

enum { BLOCKS_USER_MAX = 100 };

struct block {
	struct hnode by_user;
	struct addr *user, *other; /* refs: user blocks other */
};

struct blocks *blocks_new(void);
void blocks_free(struct blocks *bs); /* NULL is allowed */
/* While the store loads. */
void blocks_load(struct blocks *bs, const struct store_block *sb);
/* What is on the disk by now. Both may come twice. */
void blocks_add(struct blocks *bs, struct addr *user, struct addr *other);
void blocks_remove(struct blocks *bs, const struct addr *user,
		   const struct addr *other);
bool blocks_has(const struct blocks *bs, const struct addr *user,
		const struct addr *other);
size_t blocks_count(const struct blocks *bs, const struct addr *user);
/* Those of user, one after the other, in no order: prev is NULL at first. */
struct block *blocks_next(const struct blocks *bs, const struct addr *user,
			  struct block *prev);

#endif
