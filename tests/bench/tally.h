/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who got which message, how often, and how long it took. */
#ifndef CONFAB_BENCH_TALLY_H
#define CONFAB_BENCH_TALLY_H

#include "view.h"

struct copy {
	uint32_t branch; /* hash of the transaction that brought it; 0: none */
	uint32_t us;     /* how long it was under way */
};

struct tally {
	struct copy *copies; /* owned; messages x members */
	size_t messages, members;
	uint64_t delivered;
	uint64_t repeated;   /* the same transaction again: a retransmission */
	uint64_t doubled;    /* in another transaction: as a user sees it */
};

struct spread {
	double p50_ms, p99_ms, max_ms;
};

void tally_init(struct tally *t, size_t messages, size_t members);
void tally_free(struct tally *t);
/* True: the first copy of this message for this member. */
bool tally_count(struct tally *t, size_t message, size_t member,
		 struct view branch, uint64_t us);
struct spread tally_spread(const struct tally *t);

#endif
