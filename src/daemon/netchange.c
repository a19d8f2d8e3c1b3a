/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A change of a network that is on its way to the disk. */
#include "netchange.h"

#include "mem.h"

struct netchange *netchange_new(struct confab *c, const char *label,
				store_done_h *doneh, void *arg)
{
	struct netchange *ch = mem_zalloc(sizeof(*ch));

	ch->c = c;
	ch->label = mem_strdup(label);
	ch->doneh = doneh;
	ch->arg = arg;
	return ch;
}

void netchange_end(struct netchange *ch, int err)
{
	if (ch->doneh)
		ch->doneh(err, ch->arg);
	mem_free(ch->label);
	mem_free(ch);
}
