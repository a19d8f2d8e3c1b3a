/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was answered, for Timer J: a request that comes again has all that its
 * answer's head is made of, so a few bytes of the answer will do. Where there
 * are too many, the oldest go first: what was accepted is known on the disk
 * as well.
 */
#ifndef CONFAB_DONE_PRIV_H
#define CONFAB_DONE_PRIV_H

#include "answer_priv.h"
#include "wheel.h"

struct dones;

/* 128 bits: nobody finds two requests with the same. */
struct stxn_key {
	uint64_t a, b;
};

/* max: 1..2^30. Each is kept for life_ms. */
struct dones *dones_new(struct wheel *w, size_t max, uint64_t life_ms);
void dones_free(struct dones *ds); /* NULL is allowed */
size_t dones_count(const struct dones *ds);
/* Memory for them, but for reasons and headers. */
size_t dones_bytes(const struct dones *ds);

/* Status, reason and headers are copied. A key that is known stays as it
 * is. */
void dones_add(struct dones *ds, const struct stxn_key *key,
	       const struct answer *a);
/* out: the same answer, its headers as ready lines; borrowed until the next
 * call. */
bool dones_find(const struct dones *ds, const struct stxn_key *key,
		struct answer *out);
/* Forgets the older half. */
void dones_halve(struct dones *ds);

#endif
