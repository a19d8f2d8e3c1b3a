/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All members of all rooms: they join, they talk, they count what they hear.
 * Member m of room r is sip:r<r>m<m>@domain.
 */
#ifndef CONFAB_BENCH_CROWD_H
#define CONFAB_BENCH_CROWD_H

#include "options.h"
#include "tally.h"

struct crowd;

struct joined {
	unsigned count;
	uint64_t notices;  /* "has joined" and the like that came */
	double seconds;    /* to the last answer */
	double settled_s;  /* to the last notice */
};

struct heard {
	struct tally tally; /* borrowed from the crowd */
	uint64_t expected;
	uint64_t refused;   /* answered with 300 or more */
	uint64_t strange;   /* packets that nobody should have got */
	uint64_t resent;
	double seconds;
};

int crowd_new(struct crowd **cp, const struct options *o);
/* One after the other: each waits for his answer. ETIMEDOUT: j says how far
 * they came. EACCES: somebody was refused. */
int crowd_join(struct crowd *c, struct joined *j);
/* All messages, a window of them under way at a time, and a second of
 * silence for what comes late. */
int crowd_talk(struct crowd *c, struct heard *h);

#endif
