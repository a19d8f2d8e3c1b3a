/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a link is to be, beyond what the hub knows of it: as its section in the
 * configuration says, or as the operator said when he made it while we run.
 * The latter is kept in the store, sealed, as there may be a password in it.
 */
#ifndef CONFAB_LINKSET_H
#define CONFAB_LINKSET_H

#include "confab.h"
#include "list.h"

void linkset_init(struct confab *c);
/* While the store loads, after links and accounts; arg is the struct confab.
 * What can't be opened is logged, and stays as it is. */
void linkset_load(const struct store_kept *k, void *arg);
void linkset_free(struct confab *c);

/* NULL: nobody has said. */
const struct conf_link *linkset_find(struct confab *c, struct view label);
/* The hub's link for it, with views into it. */
struct hub_link linkset_hub(const struct conf_link *l);

/* Of this link of room, as the operator writes it: words "key=value" as in a
 * section link. It counts once linkset_made(), and link becomes what it says.
 * EINVAL with why; ENOKEY with why: it can't be kept. */
int linkset_put(struct confab *c, struct hub_link *link, struct view room,
		const struct view *words, size_t count, struct buf *why);
/* The link of it is there now. */
void linkset_made(struct confab *c, struct view label);
/* Nothing happens where there is none. */
void linkset_drop(struct confab *c, struct view label);

#endif
