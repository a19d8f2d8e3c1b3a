/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known without the data base of the dedupe keys in it: a filter that
 * never says no to one that is there, and seldom yes to another, so that new
 * texts, which nearly all are, cost no look at the disk.
 *
 * In the table they stand by slot, then by hash. A slot is the time when all
 * of its keys are past (ms of wall time): keys of one time stand together, and
 * a thousand new ones change a few pages instead of a thousand. A key is its
 * 64-bit hash, with a secret that the data base keeps.
 */
#ifndef CONFAB_KEYS_H
#define CONFAB_KEYS_H

#include <stdbool.h>

#include "view.h"

enum { KEYS_SECRET = 16, KEYS_SLOT_MS = 60 * 1000 };

struct keys;

struct keys *keys_new(void);
uint64_t keys_hash(const uint8_t secret[KEYS_SECRET], struct view key);

/* It is in the table, or will be. */
void keys_add(struct keys *k, uint64_t hash);
/* It will be once the spool is moved. False: it is there already, or it can't
 * be told apart from so many. */
bool keys_spooled(struct keys *k, uint64_t hash);
/* A key that lives until then comes into the table: the slot for it, which
 * ends KEYS_SLOT_MS later (up to twice that among very many). */
uint64_t keys_slot(struct keys *k, uint64_t until_ms);
/* The table has it in this slot: at the start, slot by slot. */
void keys_load(struct keys *k, uint64_t slot, uint64_t hash);
/* All that was spooled is in the table. Forgets what is past. */
void keys_moved(struct keys *k, uint64_t now_ms);

/* Slots in which it may be. */
struct keys_span {
	uint64_t from, to; /* both are meant */
	size_t next;
};

/* Call it with a zeroed span until it says false: it is nowhere else. */
bool keys_maybe(const struct keys *k, uint64_t hash, struct keys_span *at);

#endif
