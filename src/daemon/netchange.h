/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A change of a network that is on its way to the disk, for as long as the
 * store has not answered. */
#ifndef CONFAB_NETCHANGE_H
#define CONFAB_NETCHANGE_H

#include "confab.h"

struct netchange {
	struct confab *c;    /* borrowed */
	char *label;         /* owned */
	store_done_h *doneh; /* or NULL */
	void *arg;
};

struct netchange *netchange_new(struct confab *c, const char *label,
				store_done_h *doneh, void *arg);
/* Tells doneh, and frees it. */
void netchange_end(struct netchange *ch, int err);

#endif
