/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pauses as RFC 3261 17.1.2.2 has them: T1 doubled up to T2. */
#include "call.h"

enum { T1_US = 500000, T2_US = 4000000 };

void call_start(struct call *c, uint64_t now_us, unsigned copies)
{
	*c = (struct call){ .state = CALL_SENT,
			    .first_us = now_us,
			    .due_us = now_us + T1_US,
			    .pause_us = T1_US,
			    .left = copies };
}

bool call_due(struct call *c, uint64_t now_us)
{
	if (c->state != CALL_SENT || now_us < c->due_us)
		return false;
	c->pause_us = c->pause_us * 2 < T2_US ? c->pause_us * 2 : T2_US;
	c->due_us = now_us + c->pause_us;
	return true;
}

bool call_done(const struct call *c)
{
	return c->state == CALL_ANSWERED && !c->left;
}
