/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The IRC networks that there are: of the configuration, and those that the
 * operator has added while we run. These are kept in the store, sealed as a
 * whole, as passwords are among their settings.
 */
#ifndef CONFAB_NETWORKS_H
#define CONFAB_NETWORKS_H

#include "confab.h"
#include "list.h"

struct network {
	struct lnode node;    /* confab.networks */
	struct conf_irc conf; /* owned */
	bool coming, going;   /* a change is on its way to the disk */
};

/* Those of the configuration, to the face. EINVAL with why. */
int networks_start(struct confab *c, struct buf *why);
/* While the store loads; arg is the struct confab. After the accounts, whose
 * key it takes. What can't be opened is logged, and stays as it is. */
void networks_load(const struct store_kept *k, void *arg);
void networks_free(struct confab *c);
/* words: "key=value", see irc_words.h. The network is there when this returns
 * 0; doneh hears whether it stays. EINVAL with why, EEXIST, ENOKEY. */
int networks_add(struct confab *c, struct view label,
		 const struct view *words, size_t count, struct buf *why,
		 store_done_h *doneh, void *arg);
/* ENOENT, EPERM: of the configuration, EBUSY: links go there, EALREADY; with
 * why. */
int networks_del(struct confab *c, struct view label, struct buf *why,
		 store_done_h *doneh, void *arg);

#endif
