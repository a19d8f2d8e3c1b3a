/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks, in a hash by the user who wants them: his are one chain. */
#include "blocks.h"
#include "hash.h"
#include "log.h"
#include "mem.h"

struct blocks {
	struct htable users; /* of struct block, owned */
};

static void block_destroy(void *obj)
{
	struct block *b = obj;

	mem_deref(b->user);
	mem_deref(b->other);
}

static void blocks_destroy(void *obj)
{
	struct blocks *bs = obj;
	struct hnode *n;

	while ((n = htable_pop(&bs->users)) != NULL)
		mem_deref(CONTAINER(n, struct block, by_user));
	htable_free(&bs->users);
}

struct blocks *blocks_new(void)
{
	return mem_new(sizeof(struct blocks), blocks_destroy);
}

void blocks_free(struct blocks *bs)
{
	mem_deref(bs);
}

struct block *blocks_next(const struct blocks *bs, const struct addr *user,
			  struct block *prev)
{
	struct hnode *n = prev ? htable_more(&prev->by_user) :
				 htable_find(&bs->users, user->hash);

	for (; n; n = htable_more(n)) {
		struct block *b = CONTAINER(n, struct block, by_user);

		if (addr_eq(b->user, user))
			return b;
	}
	return NULL;
}

static struct block *find(const struct blocks *bs, const struct addr *user,
			  const struct addr *other)
{
	struct block *b = NULL;

	while ((b = blocks_next(bs, user, b)) != NULL)
		if (addr_eq(b->other, other))
			return b;
	return NULL;
}

bool blocks_has(const struct blocks *bs, const struct addr *user,
		const struct addr *other)
{
	return find(bs, user, other);
}

size_t blocks_count(const struct blocks *bs, const struct addr *user)
{
	struct block *b = NULL;
	size_t n = 0;

	while ((b = blocks_next(bs, user, b)) != NULL)
		n++;
	return n;
}

void blocks_add(struct blocks *bs, struct addr *user, struct addr *other)
{
	struct block *b;

	if (find(bs, user, other))
		return;
	b = mem_new(sizeof(*b), block_destroy);
	b->user = mem_ref(user);
	b->other = mem_ref(other);
	htable_add(&bs->users, &b->by_user, user->hash);
}

void blocks_remove(struct blocks *bs, const struct addr *user,
		   const struct addr *other)
{
	struct block *b = find(bs, user, other);

	if (!b)
		return;
	htable_del(&bs->users, &b->by_user);
	mem_deref(b);
}

void blocks_load(struct blocks *bs, const struct store_block *sb)
{
	struct addr *user = NULL, *other = NULL;

	if (addr_parse(&user, sb->user) || addr_parse(&other, sb->other))
		log_warning("stored block of %.*s can't be read",
			    VIEW_ARG(sb->user));
	else
		blocks_add(bs, user, other);
	mem_deref(user);
	mem_deref(other);
}
