/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guessing of passwords, slowed down. Counted is for a minute from the first
 * failure; whoever is over is refused for a minute unheard:
 *
 *   a user from a source  5 failures
 *   a source              5 different users that failed from it
 *
 * After 20 failures of a user, from wherever, each network has one guess a
 * minute at him: so many addresses gain little, and still nobody can lock him
 * out of a place that he has never been to.
 *
 * All but the first do not hold for a user where he has logged in within a
 * day: neither a bad phone behind the same NAT nor somebody who guesses from
 * afar can keep him out there. These places are remembered longest.
 */
#ifndef CONFAB_THROTTLE_PRIV_H
#define CONFAB_THROTTLE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

enum {
	THROTTLE_PAIR = 5,
	THROTTLE_SOURCE = 5,
	THROTTLE_USER = 20,
	THROTTLE_MS = 60 * 1000,
	THROTTLE_KNOWN_MS = 24 * 3600 * 1000,
};

struct throttle;

/* Keyed hashes of an address: of what one customer has, and of what is let as
 * one (the source is in it). */
struct throttle_source {
	uint64_t source, network;
};

/* max: things that are remembered; the longest untouched are forgotten, those
 * where somebody logged in last. */
struct throttle *throttle_new(size_t max);
void throttle_free(struct throttle *t); /* NULL is allowed */
size_t throttle_count(const struct throttle *t);

/* user: the name as it was sent, whether there is such a user or not. */
bool throttle_refuses(const struct throttle *t,
		      const struct throttle_source *s, struct view user);
/* True: from now on he is refused. */
bool throttle_failed(struct throttle *t, const struct throttle_source *s,
		     struct view user);
void throttle_passed(struct throttle *t, const struct throttle_source *s,
		     struct view user);

#endif
