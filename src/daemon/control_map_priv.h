/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between control_put.c and control_map.c: accounts elsewhere, by name. */
#ifndef CONFAB_CONTROL_MAP_PRIV_H
#define CONFAB_CONTROL_MAP_PRIV_H

#include "account_kind.h"
#include "accounts.h"
#include "control_priv.h"

/* An account as it was named; the views are into user and login. */
struct named {
	struct buf user, login; /* canonical */
	const struct account *account; /* or NULL: there is none */
};
/* By user and login; of purple an id will do, in place of user. account is
 * NULL where there is none; of an id that is ESRCH. EBADMSG with why. */
int named_find(struct named *out, const struct confab *c,
	       const struct account_kind *kind, struct view user,
	       struct view login, struct buf *why);
void named_free(struct named *n);
/* The words of a call from one on are settings. settings: empty; what n's
 * point into from now on. */
int map_set_words(struct account_new *n, const struct control_call *call,
		  size_t from, struct buf *settings, struct buf *why);

#endif
