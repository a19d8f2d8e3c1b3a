/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates of many, in a table that never grows. */
#include "gate_rates.h"

#include "clock.h"
#include "mem.h"

struct place {
	uint64_t key;
	struct bucket bucket;
};

struct gate_rates {
	size_t count;
	struct place places[]; /* by their keys */
};

struct gate_rates *gate_rates_new(size_t places)
{
	struct gate_rates *r =
		mem_zalloc(sizeof(*r) + places * sizeof(r->places[0]));

	r->count = places;
	return r;
}

void gate_rates_free(struct gate_rates *r)
{
	mem_free(r);
}

bool gate_rates_take(struct gate_rates *r, uint64_t key,
		     const struct bucket_rate *rate)
{
	struct place *p = &r->places[key % r->count];

	if (p->key != key)
		*p = (struct place){ .key = key };
	return bucket_take(&p->bucket, rate, now_ms());
}
