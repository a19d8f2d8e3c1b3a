/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Token buckets: so many in so much time, and a burst beyond that. A bucket is
 * one time: when it will be full again. The caller's clock is passed in, and
 * a zeroed bucket is a full one. Pure.
 */
#ifndef CONFAB_BUCKET_H
#define CONFAB_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* count in per_ms in the long run, burst at once (0: as 1). A count of 0, or
 * a per_ms of 0, is no limit. */
struct bucket_rate {
	uint32_t count, per_ms, burst;
};

struct bucket {
	uint64_t full_us; /* monotonic; not after now: it is full */
};

/* Takes one. False: there is none, and nothing has changed. */
bool bucket_take(struct bucket *b, const struct bucket_rate *rate,
		 uint64_t now_ms);
/* Puts one back. */
void bucket_give(struct bucket *b, const struct bucket_rate *rate);
/* Until bucket_take() will give one: 0 where it would now. */
uint64_t bucket_wait_ms(const struct bucket *b, const struct bucket_rate *rate,
			uint64_t now_ms);
/* Nobody took anything for so long that it can be forgotten. */
bool bucket_full(const struct bucket *b, uint64_t now_ms);
#endif
