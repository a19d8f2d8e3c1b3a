/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request of ours: sent, sent again until it is answered. */
#ifndef CONFAB_BENCH_CALL_H
#define CONFAB_BENCH_CALL_H

#include <stdbool.h>
#include <stdint.h>

enum call_state { CALL_NONE, CALL_SENT, CALL_ANSWERED };

struct call {
	enum call_state state;
	uint64_t first_us;  /* sent at first */
	uint64_t due_us;    /* to be sent again */
	uint64_t pause_us;
	unsigned left;      /* copies that have not arrived */
};

void call_start(struct call *c, uint64_t now_us, unsigned copies);
/* It is time to send it again: counts as done. */
bool call_due(struct call *c, uint64_t now_us);
/* Answered, and every copy arrived. */
bool call_done(const struct call *c);

#endif
