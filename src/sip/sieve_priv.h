/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources of which so much is thrown away that the kernel should do it. What
 * gets through is steered so that a little more comes than is served: then
 * who deserves to be served is still decided by those who know more. Pure.
 */
#ifndef CONFAB_SIEVE_PRIV_H
#define CONFAB_SIEVE_PRIV_H

#include "udp_filter.h"

enum {
	SIEVE_MS = 100,     /* a window; for how long rules stay as they are */
	SIEVE_HEAVY = 50,   /* a source with fewer drops in it has no rule */
	SIEVE_SPARE = 1000, /* so many of all may go on being dropped here */
};

struct sieve;

struct sieve *sieve_new(void);
void sieve_free(struct sieve *sv); /* NULL is allowed */

/* A request came from there. who: a keyed hash of the source. */
void sieve_heard(struct sieve *sv, uint64_t who);
/* It was thrown away. */
void sieve_dropped(struct sieve *sv, uint64_t who, const struct netaddr *src);
/* An answer came from there that nobody had asked for. */
void sieve_stray(struct sieve *sv, uint64_t who, const struct netaddr *src);
/* There is something to be decided at the end of this window. */
bool sieve_busy(const struct sieve *sv);
/* A window is over: the rules for the next one, the heaviest sources first.
 * How many. */
size_t sieve_turn(struct sieve *sv, struct udp_rule rules[UDP_FILTER_RULES]);

#endif
