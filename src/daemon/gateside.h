/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the accounts of users are to a gateway: what is the same for all of
 * them. Its gateside is the arg of the operations that the gateway has.
 */
#ifndef CONFAB_GATESIDE_H
#define CONFAB_GATESIDE_H

#include "accounts.h"
#include "confab.h"

struct gateside {
	struct confab *c;    /* borrowed */
	const char *network; /* static: "xmpp" */
	struct account_watch watch;
};

/* changed (arg: the gateside) hears of the network's accounts. */
void gateside_init(struct gateside *s, struct confab *c, const char *network,
		   account_change_h *changed);
void gateside_end(struct gateside *s);
struct accounts *gateside_accounts(const struct gateside *s);
struct view gateside_network(const struct gateside *s);

/* ---- operations of a gateway: arg is the gateside ---- */

void gateside_note(uint64_t id, struct view error, void *arg);
int gateside_shut(struct buf *out, struct view owner, struct view place,
		  struct view secret, void *arg);
int gateside_unshut(struct buf *out, struct view owner, struct view place,
		    struct view sealed, void *arg);

#endif
