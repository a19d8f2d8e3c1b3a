/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IRC networks that are switched off, by their staff or the operator: nobody
 * goes there, by whatever way, until the operator switches them on again, and
 * no restart changes that. It holds for a label, whether there is such a
 * network at the moment or not.
 */
#ifndef CONFAB_NETOFF_H
#define CONFAB_NETOFF_H

#include "confab.h"
#include "sink.h"

/* After the face and the gateway: hears what staff wants of either. */
void netoff_start(struct confab *c);
/* While the store loads; arg is the struct confab. */
void netoff_load(const struct store_kept *k, void *arg);
void netoff_free(struct confab *c);
/* At once; by is who wants it, in words. doneh (may be NULL) hears whether it
 * is on the disk; in memory it holds in any case. ENOENT: no such network,
 * EALREADY: it is off. */
int netoff_set(struct confab *c, struct view label, struct view by,
	       store_done_h *doneh, void *arg);
/* Someone of the network's staff (who) says so. */
void netoff_wanted(struct confab *c, struct view label, struct view who);
/* As soon as it is off the disk. ENOENT: it is not off, EALREADY. */
int netoff_clear(struct confab *c, struct view label, store_done_h *doneh,
		 void *arg);
/* A network of this label is there: told to the face if it is off. */
void netoff_apply(struct confab *c, struct view label);
/* It is deleted for good, within t; then, that is done. */
void netoff_forget(const struct confab *c, struct store_txn *t,
		   struct view label);
void netoff_forgotten(struct confab *c, struct view label);
/* Adds why, in words, if it is. */
bool netoff_is(const struct confab *c, struct view label, struct buf *why);
/* One line for each. */
int netoff_status(const struct confab *c, struct sink *out);

#endif
