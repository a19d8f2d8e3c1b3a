/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A retransmission is no second copy: a user agent's transaction layer keeps
 * it from its user (RFC 3261 17.2.2). So each copy remembers the branch that
 * it came with.
 */
#include <stdlib.h>

#include "hash.h"
#include "mem.h"
#include "tally.h"

void tally_init(struct tally *t, size_t messages, size_t members)
{
	*t = (struct tally){ .messages = messages, .members = members };
	t->copies = mem_zalloc(messages * members * sizeof(*t->copies));
}

void tally_free(struct tally *t)
{
	mem_free(t->copies);
	t->copies = NULL;
}

bool tally_count(struct tally *t, size_t message, size_t member,
		 struct view branch, uint64_t us)
{
	struct copy *c = &t->copies[message * t->members + member];
	uint32_t hash = (uint32_t)hash_view(branch) | 1;

	if (c->branch) {
		if (c->branch == hash)
			t->repeated++;
		else
			t->doubled++;
		return false;
	}
	c->branch = hash;
	c->us = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	t->delivered++;
	return true;
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

struct spread tally_spread(const struct tally *t)
{
	uint32_t *all = mem_array(NULL, t->delivered + 1, sizeof(*all));
	struct spread s = { 0, 0, 0 };
	size_t n = 0;

	for (size_t i = 0; i < t->messages * t->members; i++)
		if (t->copies[i].branch)
			all[n++] = t->copies[i].us;
	if (n) {
		qsort(all, n, sizeof(*all), by_time);
		s.p50_ms = all[n / 2] / 1e3;
		s.p99_ms = all[n - 1 - n / 100] / 1e3;
		s.max_ms = all[n - 1] / 1e3;
	}
	mem_free(all);
	return s;
}
