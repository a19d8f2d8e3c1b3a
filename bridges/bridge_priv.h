/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bridge's inside, for the files that make it up. */
#ifndef CONFAB_BRIDGE_PRIV_H
#define CONFAB_BRIDGE_PRIV_H

#include "bridge.h"
#include "supervisor.h"

struct account {
	struct lnode in_bridge;
	struct list wants; /* owned: struct want */
	uint32_t id;
	char *label;					 /* owned */
	struct wire_setting settings[WIRE_SETTINGS_MAX]; /* owned, wiped */
	size_t settings_count;
	struct sup *sup; /* borrowed: the bridge's; NULL: never used */
	bool told;	 /* the worker knows it */
};

/* A leg that is to be joined, or is. */
struct want {
	struct hnode by_leg;
	struct lnode in_account;
	struct account *account; /* borrowed: it owns us */
	uint64_t leg;
	char *place, *nick; /* owned */
};

struct bridge {
	struct bridge_conf conf;
	char *scheme, *program; /* owned */
	struct face_ops ops;
	struct hub *hub;      /* borrowed; NULL: stopped */
	struct list accounts; /* owned */
	struct htable wants;  /* by leg */
	struct sup **sups;    /* owned */
	size_t sups_count;
};

/* ---- bridge_accounts.c ---- */

/* NULL: there is none. Without letter case. */
struct account *account_find(const struct bridge *b, struct view label);
void account_free(struct account *a);
struct want *want_find(const struct bridge *b, uint64_t leg);
struct want *want_new(struct bridge *b, struct account *a,
		      const struct leg *leg, struct view place);
void want_drop(struct bridge *b, struct want *w);

/* ---- bridge_workers.c ---- */

/* What can't be sent costs the worker its life, and all its legs are lost
 * then: so these have no errors. */

/* The account's worker is ready; tells it the account first where needed. */
void tell_join(const struct want *w);
void tell_part(const struct want *w);
void tell_account_del(struct account *a);
/* The least loaded worker, or a new one where all are full. */
struct sup *worker_pick(struct bridge *b);
/* Accounts that a worker has. */
size_t worker_load(const struct bridge *b, const struct sup *s);

#endif
