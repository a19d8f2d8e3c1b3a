/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newest numbers of journals, as far as the spool needs them. */
#ifndef CONFAB_HEADS_H
#define CONFAB_HEADS_H

#include <stdbool.h>

#include "hash.h"

struct head {
	struct hnode node;
	uint64_t id; /* of the room or inbox; unique among both */
	uint64_t seq;
	bool inbox;
	bool moved;  /* the data base has not heard of seq */
};

/* A zeroed one is empty. */
struct heads {
	struct htable table; /* owned, with the heads */
};

/* Made with seq 0 when it is not there. */
struct head *heads_get(struct heads *h, uint64_t id, bool inbox);
struct head *heads_find(const struct heads *h, uint64_t id, bool inbox);
void heads_clear(struct heads *h);

#endif
