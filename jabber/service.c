/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate_priv.h"

const struct gate_module service_module = { .start = NULL };

void service_fanout(struct gate *g, struct room *room, struct msg *msg,
		    struct member *const *members, size_t count)
{
	(void)g;
	(void)room;
	(void)msg;
	(void)members;
	(void)count;
}

void service_tell(void *gate, struct room *room, const struct addr *to,
		  struct view text)
{
	(void)gate;
	(void)room;
	(void)to;
	(void)text;
}
