/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server has cost so far, it and all that it started, and what the
 * generator itself and the rest of the machine have. */
#ifndef CONFAB_BENCH_COST_H
#define CONFAB_BENCH_COST_H

#include <stdint.h>

struct cost {
	double cpu_s;     /* user and kernel time */
	double own_s;     /* this process */
	double all_s;     /* all that ran on this machine */
	double stolen_s;  /* what its host did not let it have */
	uint64_t pss_kib; /* memory, what is shared divided by its users */
};

/* pid 0: all 0. ESRCH: there is no such process (any more). */
int cost_read(struct cost *c, unsigned pid);

#endif
