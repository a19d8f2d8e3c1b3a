/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Instead of tokens that a timer would have to fill in, the time when the
 * bucket will be full (ITU-T I.371, virtual scheduling): taking one moves it
 * by the time that one needs to come back.
 */
#include "bucket.h"

enum { US = 1000 };

static const uint64_t most_us = UINT64_MAX / 4;

static bool no_limit(const struct bucket_rate *rate)
{
	return !rate->count || !rate->per_ms;
}

static uint64_t one_us(const struct bucket_rate *rate)
{
	uint64_t us = (uint64_t)rate->per_ms * US / rate->count;

	return us ? us : 1;
}

static uint64_t burst_us(const struct bucket_rate *rate)
{
	uint64_t burst = rate->burst ? rate->burst : 1, one = one_us(rate);

	return one > most_us / burst ? most_us : one * burst;
}

/* How far from full it would be with one taken more. */
static uint64_t lack_us(const struct bucket *b, const struct bucket_rate *rate,
			uint64_t now_us)
{
	uint64_t lack = b->full_us > now_us ? b->full_us - now_us : 0;

	return lack + one_us(rate);
}

bool bucket_take(struct bucket *b, const struct bucket_rate *rate,
		 uint64_t now_ms)
{
	uint64_t now_us = now_ms * US, lack;

	if (no_limit(rate))
		return true;
	lack = lack_us(b, rate, now_us);
	if (lack > burst_us(rate))
		return false;
	b->full_us = now_us + lack;
	return true;
}

void bucket_give(struct bucket *b, const struct bucket_rate *rate)
{
	uint64_t one;

	if (no_limit(rate))
		return;
	one = one_us(rate);
	b->full_us -= b->full_us < one ? b->full_us : one;
}

uint64_t bucket_wait_ms(const struct bucket *b, const struct bucket_rate *rate,
			uint64_t now_ms)
{
	uint64_t lack;

	if (no_limit(rate))
		return 0;
	lack = lack_us(b, rate, now_ms * US);
	if (lack <= burst_us(rate))
		return 0;
	return (lack - burst_us(rate) + US - 1) / US;
}

bool bucket_full(const struct bucket *b, uint64_t now_ms)
{
	return b->full_us <= now_ms * US;
}
