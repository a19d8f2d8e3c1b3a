/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SipHash-2-4 and an intrusive hash table of chains. */
#include <stdbool.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"

enum { FIRST_SLOTS = 16 };

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	if (n == 8) {
		memcpy(&v, p, 8);
		return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
			       ? __builtin_bswap64(v)
			       : v;
	}
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void sip_block(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

uint64_t siphash(const uint8_t key[16], const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t k0 = load_le(key, 8), k1 = load_le(key + 8, 8);
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
			  k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t i;

	for (i = 0; i + 8 <= n; i += 8)
		sip_block(v, load_le(b + i, 8));
	sip_block(v, (n - i ? load_le(b + i, n - i) : 0) | (uint64_t)(n & 255)
								   << 56);
	v[2] ^= 255;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static const uint8_t *process_key(void)
{
	static uint8_t key[16];
	static bool made;

	if (!made) {
		rand_bytes(key, sizeof(key));
		made = true;
	}
	return key;
}

uint64_t hash_view(struct view v)
{
	return siphash(process_key(), v.p, v.n);
}

uint64_t hash_iview(struct view v)
{
	char low[256];
	uint64_t h = v.n;

	do {
		size_t n = v.n < sizeof(low) ? v.n : sizeof(low);

		for (size_t i = 0; i < n; i++)
			low[i] = v.p[i] >= 'A' && v.p[i] <= 'Z'
					 ? (char)(v.p[i] | 0x20)
					 : v.p[i];
		h = rotl(h, 7) ^ siphash(process_key(), low, n);
		v = view_from(v, n);
	} while (v.n);
	return h;
}

/* Ids are ours and random or counted; a mix with the key is enough
 * (the finaliser of splitmix64). */
uint64_t hash_u64(uint64_t n)
{
	n += load_le(process_key(), 8);
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
	n = (n ^ n >> 27) * 0x94d049bb133111eb;
	return n ^ n >> 31;
}

void htable_free(struct htable *t)
{
	mem_free(t->slots);
	*t = (struct htable){ 0 };
}

static void resize(struct htable *t, size_t slots)
{
	struct hnode **old = t->slots;
	size_t count = old ? t->mask + 1 : 0;

	t->slots = mem_zalloc(slots * sizeof(struct hnode *));
	t->mask = slots - 1;
	t->empty = 0;
	for (size_t i = 0; i < count; i++) {
		struct hnode *n = old[i];

		while (n) {
			struct hnode *next = n->next;

			n->next = t->slots[n->hash & t->mask];
			t->slots[n->hash & t->mask] = n;
			n = next;
		}
	}
	mem_free(old);
}

void htable_add(struct htable *t, struct hnode *n, uint64_t hash)
{
	if (!t->slots)
		resize(t, FIRST_SLOTS);
	else if (t->count > t->mask)
		resize(t, (t->mask + 1) * 2);
	n->hash = hash;
	n->next = t->slots[hash & t->mask];
	t->slots[hash & t->mask] = n;
	if (t->empty > (hash & t->mask))
		t->empty = hash & t->mask;
	t->count++;
}

void htable_del(struct htable *t, struct hnode *n)
{
	struct hnode **p;

	if (!t->slots)
		return;
	p = &t->slots[n->hash & t->mask];
	while (*p && *p != n)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = n->next;
	n->next = NULL;
	t->count--;
}

static struct hnode *same_hash(struct hnode *n, uint64_t hash)
{
	while (n && n->hash != hash)
		n = n->next;
	return n;
}

struct hnode *htable_find(const struct htable *t, uint64_t hash)
{
	if (!t->slots)
		return NULL;
	return same_hash(t->slots[hash & t->mask], hash);
}

struct hnode *htable_more(const struct hnode *n)
{
	return same_hash(n->next, n->hash);
}

struct hnode *htable_each(const struct htable *t, size_t *pos,
			  struct hnode *prev)
{
	if (prev && prev->next)
		return prev->next;
	while (t->slots && *pos <= t->mask) {
		struct hnode *n = t->slots[(*pos)++];

		if (n)
			return n;
	}
	return NULL;
}

struct hnode *htable_pop(struct htable *t)
{
	struct hnode *n;

	if (!t->count)
		return NULL;
	while (!t->slots[t->empty])
		t->empty++;
	n = t->slots[t->empty];
	htable_del(t, n);
	return n;
}
