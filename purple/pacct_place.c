/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which worker an account has, and whose fault it is when one dies. One that
 * dies under a login is easily blamed. Of those that are in nobody knows: so
 * after its second worker an account goes where chance leads, which parts it
 * from the others, and only who is there each time has soon lost so many that
 * it gets a process for itself. If that dies, too, it was this account.
 */
#include "clock.h"
#include "pgate_priv.h"

enum {
	LATELY_MS = 10 * 60 * 1000,
	CRASHES_MAX = 3,  /* while connecting */
	DEATHS_ANY = 2,   /* in any state: parts it from others */
	DEATHS_ALONE = 5, /* alone from now on */
	DEATHS_MAX = 7,   /* it was alone in the last two */
	ALONE_MAX = 8,    /* at once, of all accounts */
};

static bool is_suspect(const struct pacct *a)
{
	return a->alone || (a->deaths >= DEATHS_ALONE &&
			    now_ms() - a->death_ms <= LATELY_MS);
}

static bool may_be_alone(const struct pacct *a)
{
	const struct pacct *b = NULL;
	size_t count = 0;

	while ((b = pacct_next(a->gate, b)))
		count += b != a && b->placed == PLACE_ALONE &&
			 is_suspect(b) && b->state >= PACCT_CONNECTING &&
			 b->state <= PACCT_BACKOFF;
	return count < ALONE_MAX;
}

enum pacct_place pacct_place(const struct pacct *a)
{
	bool lately = a->deaths && now_ms() - a->death_ms <= LATELY_MS;

	if (pclaim_is_shared(a))
		return PLACE_ALONE;
	if (is_suspect(a))
		return may_be_alone(a) ? PLACE_ALONE : PLACE_ANY;
	return lately && a->deaths >= DEATHS_ANY ? PLACE_ANY : PLACE_SHARED;
}

bool pacct_blame(struct pacct *a, bool connecting)
{
	if (!a->deaths || now_ms() - a->death_ms > LATELY_MS) {
		a->deaths = a->crashes = 0;
		a->death_ms = now_ms();
	}
	a->deaths++;
	a->crashes += connecting;
	a->alone |= connecting;
	return a->crashes >= CRASHES_MAX ||
	       (a->deaths >= DEATHS_MAX && a->placed == PLACE_ALONE);
}
