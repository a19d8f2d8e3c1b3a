/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom a user watches all at once: his list, which he makes in chat with
 * #buddies, or the operator for him, kept in the store. It is at
 * sip:buddies@DOMAIN, for each user his own (RFC 4662): one SUBSCRIBE of a
 * phone that knows lists is for all.
 */
#ifndef CONFAB_BUDDIES_H
#define CONFAB_BUDDIES_H

#include "imc.h"
#include "sip.h"
#include "store.h"

struct buddies;

enum {
	BUDDIES_MAX = 200,     /* of one user */
	BUDDIES_USERS = 100000,
};

#define BUDDIES_NETWORK "buddies" /* of struct store_kept */

/* Adds the command; all are borrowed. */
int buddies_new(struct buddies **bp, struct imc *imc, const struct hub *hub,
		struct store *store, const char *domain);
/* For store_load(); arg: the struct buddies. */
void buddies_load(const struct store_kept *k, void *arg);
/* Whom to tell of changed lists; NULL: nobody. */
void buddies_set_sip(struct buddies *b, struct sip *sip);
/* See struct sip_package, listh. */
bool buddies_list(const struct buddies *b, struct view watcher,
		  struct view resource, struct buf *out);
/* who is on the user's list from now on, or no more; both are AORs, doneh
 * hears when it is on the disk. EEXIST, ENOENT: it is so already; EBUSY: the
 * list is full, or there are too many lists. */
int buddies_put(struct buddies *b, struct view user, struct view who, bool on,
		store_done_h *doneh, void *arg);
/* All lists, by user, or this user's; AORs, each with a line feed behind. */
typedef void (buddies_each_h)(struct view user, struct view list, void *arg);
void buddies_each(const struct buddies *b, struct view user,
		  buddies_each_h *h, void *arg);
/* He is nobody any more. */
void buddies_forget(struct buddies *b, struct view user);
/* After imc_free(). NULL is allowed. */
void buddies_free(struct buddies *b);

#endif
