/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams that wait for their turn, in a queue for each speaker. Who says
 * little is served first, and those who say much take turns; nobody can take
 * all the room. Pure.
 */
#ifndef CONFAB_FAIRQ_PRIV_H
#define CONFAB_FAIRQ_PRIV_H

#include "list.h"
#include "sip.h"

struct fairq;

/* The best first. KNOWN: says little, and is no stranger. */
enum fairq_class { FAIRQ_KNOWN, FAIRQ_QUIET, FAIRQ_LOUD, FAIRQ_NONE };

struct fairq_packet {
	uint64_t who;        /* a keyed hash of the speaker */
	uint64_t at_ms;      /* when it came */
	struct sip_flow flow;
	bool over_rate;      /* see struct uas */
	struct lnode in_all, in_own; /* private */
	size_t n;
	char bytes[];
};

/* For so many packets at most, and so many bytes of them. */
struct fairq *fairq_new(size_t packets, size_t bytes);
void fairq_free(struct fairq *q); /* NULL is allowed */
size_t fairq_count(const struct fairq *q);

/* Copies p (without its bytes) and bytes. A speaker's packets keep their
 * order: he is as loud as the loudest that waits. A quarter of the room is
 * kept from strangers, half of it from the loud, and a speaker may have as
 * much as would still be left after that. False: there is no room for it. */
bool fairq_put(struct fairq *q, enum fairq_class class,
	       const struct fairq_packet *p, struct view bytes);
/* The next of those that are at best this loud, to be freed by mem_free(); or
 * NULL. Of eight turns one is the loudest's. NONE: all may wait. */
struct fairq_packet *fairq_take(struct fairq *q, enum fairq_class loudest);
/* The oldest, where it came before then; or NULL. */
struct fairq_packet *fairq_stale(struct fairq *q, uint64_t before_ms);

#endif
