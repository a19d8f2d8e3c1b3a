/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bloom filters, one for each generation of keys; a key's bits are in one
 * line of the processor's cache (Putze, Sanders and Singler, 2007). A
 * generation ends with half a million keys or half an hour, and goes when its
 * last slot is past. With 16 bits for each, one of some 500 new keys is taken
 * for an old one.
 */
#include "keys.h"

#include <string.h>
#include <time.h>

#include "hash.h"
#include "mem.h"

enum {
	LINE = 64,
	LINES_LOG = 14, /* 1 MiB, of which only used pages exist */
	PROBES = 7,     /* of 9 bits of the hash each */
	GENERATION_KEYS = 1 << 19,
	GENERATION_S = 30 * 60,
	GENERATIONS = 64, /* 32 million keys; then the last one takes all */
	SLOT_KEYS = 1 << 14,
	SLOT_KEYS_THEN = 1 << 20,
	FRESH_LOG = 14,
	FRESH_MAX = 12000,
};
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

struct generation {
	uint8_t *bits; /* owned */
	uint32_t keys;
	time_t since;
	uint64_t from, to; /* slots; to 0: none yet */
};

struct keys {
	struct generation gen[GENERATIONS]; /* the oldest first */
	size_t count;                       /* one at least */
	uint64_t slot;
	uint32_t slot_keys;
	uint64_t *fresh; /* owned: spooled ones, by open addressing; 0: free */
	size_t fresh_count;
};

/* Not the loop's idea of the time: it is its thread's. */
static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void keys_destroy(void *obj)
{
	struct keys *k = obj;

	for (size_t i = 0; i < k->count; i++)
		mem_free(k->gen[i].bits);
	mem_free(k->fresh);
}

static void generation_add(struct keys *k)
{
	k->gen[k->count++] = (struct generation){
		.bits = mem_zalloc(((size_t)LINE << LINES_LOG) + LINE),
		.since = seconds(),
		.from = UINT64_MAX,
	};
}

struct keys *keys_new(void)
{
	struct keys *k = mem_new(sizeof(*k), keys_destroy);

	k->fresh = mem_zalloc(sizeof(*k->fresh) << FRESH_LOG);
	generation_add(k);
	return k;
}

static struct generation *newest(struct keys *k)
{
	return &k->gen[k->count - 1];
}

/* Never 0, which is a free place. */
uint64_t keys_hash(const uint8_t secret[KEYS_SECRET], struct view key)
{
	uint64_t hash = siphash(secret, key.p, key.n);

	return hash ? hash : 1;
}

/* ---- the filter ---- */

static uint8_t *line_of(const struct generation *g, uint64_t hash)
{
	size_t line = hash >> (64 - LINES_LOG);
	size_t start = -(uintptr_t)g->bits % LINE;

	return g->bits + start + line * LINE;
}

void keys_add(struct keys *k, uint64_t hash)
{
	struct generation *g = newest(k);
	uint8_t *line = line_of(g, hash);
	uint64_t bits = hash * GOLDEN;

	g->keys++;
	for (int i = 0; i < PROBES; i++, bits >>= 9)
		line[bits >> 3 & (LINE - 1)] |= (uint8_t)(1u << (bits & 7));
}

static bool may_have(const struct generation *g, uint64_t hash)
{
	const uint8_t *line = line_of(g, hash);
	uint64_t bits = hash * GOLDEN;

	for (int i = 0; i < PROBES; i++, bits >>= 9)
		if (!(line[bits >> 3 & (LINE - 1)] >> (bits & 7) & 1))
			return false;
	return true;
}

bool keys_maybe(const struct keys *k, uint64_t hash, struct keys_span *at)
{
	while (at->next < k->count) {
		const struct generation *g = &k->gen[at->next++];

		if (!g->to || !may_have(g, hash))
			continue;
		at->from = g->from;
		at->to = g->to;
		return true;
	}
	return false;
}

/* ---- what is spooled ---- */

bool keys_spooled(struct keys *k, uint64_t hash)
{
	size_t mask = ((size_t)1 << FRESH_LOG) - 1, i = hash & mask;

	for (; k->fresh[i]; i = (i + 1) & mask)
		if (k->fresh[i] == hash)
			return false;
	if (k->fresh_count == FRESH_MAX)
		return false;
	k->fresh[i] = hash;
	k->fresh_count++;
	keys_add(k, hash);
	return true;
}

/* ---- slots ---- */

static void note_slot(struct keys *k, uint64_t slot)
{
	struct generation *g = newest(k);

	if (slot < g->from)
		g->from = slot;
	if (slot > g->to)
		g->to = slot;
}

static bool slot_is_for(const struct keys *k, uint64_t until)
{
	uint32_t max = k->count < GENERATIONS ? SLOT_KEYS : SLOT_KEYS_THEN;

	return k->slot_keys < max && until <= k->slot &&
	       until + 2 * KEYS_SLOT_MS >= k->slot;
}

/* Two of one minute are told apart by a millisecond. */
static uint64_t slot_after(uint64_t last, uint64_t until)
{
	uint64_t slot = until + KEYS_SLOT_MS;

	if (slot <= last && last - slot < KEYS_SLOT_MS)
		return last + 1;
	return slot;
}

uint64_t keys_slot(struct keys *k, uint64_t until_ms)
{
	if (!slot_is_for(k, until_ms)) {
		k->slot = slot_after(k->slot, until_ms);
		k->slot_keys = 0;
	}
	k->slot_keys++;
	note_slot(k, k->slot);
	return k->slot;
}

/* ---- generations ---- */

static void forget_past(struct keys *k, uint64_t now_ms)
{
	size_t i, n = 0;

	for (i = 0; i < k->count; i++) {
		if (i + 1 < k->count && k->gen[i].to <= now_ms)
			mem_free(k->gen[i].bits);
		else
			k->gen[n++] = k->gen[i];
	}
	k->count = n;
}

static bool is_full(const struct generation *g)
{
	return g->keys >= GENERATION_KEYS ||
	       (g->keys && seconds() - g->since >= GENERATION_S);
}

void keys_moved(struct keys *k, uint64_t now_ms)
{
	if (k->fresh_count)
		memset(k->fresh, 0, sizeof(*k->fresh) << FRESH_LOG);
	k->fresh_count = 0;
	forget_past(k, now_ms);
	if (k->count < GENERATIONS && is_full(newest(k)))
		generation_add(k);
}

void keys_load(struct keys *k, uint64_t slot, uint64_t hash)
{
	if (k->count < GENERATIONS && newest(k)->keys >= GENERATION_KEYS)
		generation_add(k);
	keys_add(k, hash);
	note_slot(k, slot);
}
