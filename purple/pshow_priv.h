/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contacts of accounts: how they are (pshow.c), and who watches them
 * (pwatch.c). */
#ifndef CONFAB_PURPLE_PSHOW_PRIV_H
#define CONFAB_PURPLE_PSHOW_PRIV_H

#include "pgate_priv.h"

/* A name that an account has heard of. */
struct contact {
	struct hnode by_key;
	struct lnode in_account;
	struct pacct *account;  /* borrowed: goes with it */
	struct buf name, note;
	enum show show;
	bool known;             /* show is of now */
	bool idle;
	bool listed;
	struct list watches;    /* owned */
};

/* The owner watches him by this address. */
struct watch {
	struct lnode node;
	struct addr *target;    /* ref */
};

struct contact *pcontact_find(const struct pacct *a, struct view name);
/* NULL: there are too many that are watched. */
struct contact *pcontact_get(struct pacct *a, struct view name);
void pcontact_unwatch(struct contact *c, struct watch *w);
/* Asks the network to have him on the list. */
void pcontact_add(struct pacct *a, struct view name);

#endif
