/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rates of many: a bucket for each key, in a table that never grows. Two who
 * share a place take turns in it, and begin anew each time: that is rare, and
 * errs on their side.
 */
#ifndef CONFAB_GATE_RATES_H
#define CONFAB_GATE_RATES_H

#include <stdbool.h>
#include <stddef.h>

#include "bucket.h"

struct gate_rates;

struct gate_rates *gate_rates_new(size_t places);
void gate_rates_free(struct gate_rates *r); /* NULL is allowed */
/* May this one have one more now? key: a hash of who, and of what. */
bool gate_rates_take(struct gate_rates *r, uint64_t key,
		     const struct bucket_rate *rate);

#endif
