/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate_priv.h"

const struct gate_module visits_module = { .start = NULL };

bool visits_fanout(struct gate *g, struct room *room, struct msg *msg,
		   struct member *const *members, size_t count)
{
	(void)g;
	(void)room;
	(void)msg;
	(void)members;
	(void)count;
	return false;
}
