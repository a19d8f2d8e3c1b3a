/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users are asked who may see them; nobody can have hundreds of them asked at
 * once, as with one list. Those whom a watcher has asked too many for wait
 * until there is room, for as long as he watches them, and he is told so.
 */
#ifndef CONFAB_ASKING_H
#define CONFAB_ASKING_H

#include "hub.h"
#include "sip.h"

struct asking;

enum {
	ASKING_HOUR = 20,        /* questions of one watcher: at once, and */
				 /* then in an hour */
	ASKING_LEFT = 500,       /* that wait, of one watcher */
	ASKING_WATCHERS = 10000, /* who have asked lately */
};

/* loop, hub and sip are borrowed; manager, from whom questions come, is
 * kept. package: of subscriptions, static. */
struct asking *asking_new(struct loop *l, struct hub *hub, struct sip *sip,
			  const char *package, struct addr *manager);
/* user is asked whether watcher may see him; now, or later. */
void asking_ask(struct asking *a, struct addr *user, struct addr *watcher);
/* Nobody who waits is asked any more. */
void asking_drop(struct asking *a);
/* Before the hub ends: asks nobody any more by itself. */
void asking_quiet(struct asking *a);
void asking_free(struct asking *a); /* NULL is allowed */

#endif
