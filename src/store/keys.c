/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Bloom filter in two halves. Keys go into the newer one; after an hour the
 * older one is emptied and takes its place. With a million keys an hour one
 * of a thousand new ones is taken for an old one.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "hash.h"
#include "keys.h"
#include "mem.h"

enum {
	BITS_LOG = 25, /* of a half: 4 MiB, of which only used pages exist */
	PROBES = 2,
	AGE_S = 60 * 60 + 60,
};

struct keys {
	uint8_t hash_key[16];
	uint8_t *newer, *older; /* owned */
	time_t since;           /* that newer is the newer one */
};

static uint8_t *make_half(void)
{
	return mem_zalloc((1u << BITS_LOG) / 8);
}

static void keys_destroy(void *obj)
{
	struct keys *k = obj;

	mem_free(k->newer);
	mem_free(k->older);
}

/* Not the loop's idea of the time: tests stop that, and it is its thread's. */
static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

struct keys *keys_new(void)
{
	struct keys *k = mem_new(sizeof(*k), keys_destroy);

	sqlite3_randomness(sizeof(k->hash_key), k->hash_key);
	k->newer = make_half();
	k->older = make_half();
	k->since = seconds();
	return k;
}

/* Empty pages go back to the kernel with it. */
static void age(struct keys *k)
{
	time_t now = seconds();

	if (now - k->since < AGE_S)
		return;
	mem_free(k->older);
	k->older = k->newer;
	k->newer = make_half();
	k->since = now;
}

static bool has_bit(const uint8_t *half, uint32_t bit)
{
	return half[bit / 8] >> bit % 8 & 1;
}

bool keys_add(struct keys *k, struct view key)
{
	uint64_t hash = siphash(k->hash_key, key.p, key.n);
	bool newer = true, older = true;

	age(k);
	for (int i = 0; i < PROBES; i++) {
		uint32_t bit = (uint32_t)(hash >> 32 * i) &
			       ((1u << BITS_LOG) - 1);

		newer = newer && has_bit(k->newer, bit);
		older = older && has_bit(k->older, bit);
		k->newer[bit / 8] |= (uint8_t)(1u << bit % 8);
	}
	return newer || older;
}
