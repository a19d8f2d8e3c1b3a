/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much a worker may say for the log: it may fill no disk, nor keep confabd
 * busy. */
#ifndef CONFAB_CHATTER_H
#define CONFAB_CHATTER_H

#include <stddef.h>

#include "bucket.h"

struct chatter {
	struct bucket lines;
	size_t left_out;  /* since that was said */
	uint64_t said_ms;
};

/* One line more; false: it is left out, which is said once a second. */
bool chatter_may(struct chatter *c, const char *name, int pid);

#endif
