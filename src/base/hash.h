/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keyed hashing (SipHash-2-4 over outside text, so that nobody can aim at
 * one bucket) and an intrusive hash table that grows by itself.
 */
#ifndef CONFAB_HASH_H
#define CONFAB_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "view.h"

/* SipHash-2-4 with a 128-bit key (Aumasson and Bernstein, 2012). */
uint64_t siphash(const uint8_t key[16], const void *p, size_t n);

/* Hash with this process's random key, made at the first use. */
uint64_t hash_view(struct view v);
/* The same of the text with ASCII letters taken in lower case. */
uint64_t hash_iview(struct view v);
uint64_t hash_u64(uint64_t n);

/* Embedded in the object; CONTAINER() leads back. */
struct hnode {
	struct hnode *next; /* borrowed: the table's chain */
	uint64_t hash;
};

struct htable {
	struct hnode **slots; /* owned */
	size_t mask;          /* slots - 1, a power of two minus one */
	size_t count;
	size_t empty;         /* at least so many slots at the front are */
};

#define CONTAINER(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* A zeroed struct htable is a valid empty one. */
void htable_free(struct htable *t); /* the table; not the objects */
void htable_add(struct htable *t, struct hnode *n, uint64_t hash);
/* Takes n out; nothing happens when it is not in. */
void htable_del(struct htable *t, struct hnode *n);
/* The first node of this hash, and the next one of the same hash: the caller
 * compares keys. NULL at the end. */
struct hnode *htable_find(const struct htable *t, uint64_t hash);
struct hnode *htable_more(const struct hnode *n);
/* Walk: *pos = 0 and prev = NULL at first, then the node returned before;
 * NULL at the end. The table must not change meanwhile. */
struct hnode *htable_each(const struct htable *t, size_t *pos,
			  struct hnode *prev);
/* Takes any node out, for taking a table down; NULL when it is empty. */
struct hnode *htable_pop(struct htable *t);

#endif
