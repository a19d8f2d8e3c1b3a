/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chatter.h"

#include "clock.h"
#include "log.h"

enum { SAY_MS = 1000 };

bool chatter_may(struct chatter *c, const char *name, int pid)
{
	static const struct bucket_rate rate = { 1000, 1000, 5000 };
	uint64_t now = now_ms();
	bool may = bucket_take(&c->lines, &rate, now);

	c->left_out += !may;
	if (c->left_out && (!c->said_ms || now - c->said_ms >= SAY_MS)) {
		log_warning("%s[%d]: too much for the log, %zu lines are left "
			    "out", name, pid, c->left_out);
		c->said_ms = now;
		c->left_out = 0;
	}
	return may;
}
