/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may log in next: at most LOGINS_MAX at once, LOGINS_DOMAIN_MAX of them
 * at one domain, the others in their order.
 */
#ifndef CONFAB_JABBER_TURN_H
#define CONFAB_JABBER_TURN_H

#include "jab.h"

enum turn_state { TURN_NONE, TURN_WAITING, TURN_TAKEN };

/* Embedded in who logs in; a zeroed one is ready once domain and h are
 * set. */
struct turn {
	struct lnode node;       /* jab.waiting or jab.logins */
	enum turn_state state;
	const char *domain;      /* borrowed while it is not NONE */
	void (*h)(struct turn *t); /* it is its turn */
};

/* From NONE: h follows, never before this returns. */
void turn_want(struct jab *j, struct turn *t);
/* Logged in, or given up; from any state. */
void turn_end(struct jab *j, struct turn *t);
/* For the worker as a whole. */
void turn_work(struct jab *j);

#endif
