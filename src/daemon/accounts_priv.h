/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the accounts share. */
#ifndef CONFAB_ACCOUNTS_PRIV_H
#define CONFAB_ACCOUNTS_PRIV_H

#include "accounts.h"
#include "hash.h"

/* A row of what is kept: the highest number ever given. */
#define ACCOUNTS_KEPT VIEW("accounts")
#define ACCOUNTS_LAST VIEW("last")

/* What others see comes first: they hold references to the whole. */
struct snap {
	struct account a;
	struct view sealed; /* or empty */
	char error[ACCOUNT_ERROR_MAX + 1]; /* where a.error points to */
	char bytes[];
};

/* An account's place in the table; its snapshot changes. */
struct slot {
	struct snap *snap;   /* owned */
	struct lnode order;
	struct hnode by_id, by_owner;
	bool busy;           /* a change is on its way to the disk */
	uint64_t noted_ms;   /* monotonic; accounts_note() wrote it */
};

struct accounts {
	struct store *store; /* borrowed */
	struct seal *seal;   /* ref, or NULL */
	char *why;           /* owned; why there is no seal */
	struct list slots;   /* by id */
	struct htable by_id, by_owner;
	struct list watches; /* of struct account_watch */
	struct list changes; /* of struct change: under way */
	uint64_t last_id;
};

struct slot *accounts_slot(const struct accounts *as, uint64_t id);
/* A new snapshot; views are copied. */
struct snap *snap_new(const struct account *a, struct view sealed);
/* Into the table: a new one, or in place of the one with its id. */
void accounts_put(struct accounts *as, struct snap *snap);
void accounts_drop(struct accounts *as, struct slot *slot);
/* In memory alone, and in the snapshot as it is: nobody's pointer suffers. */
void accounts_used(struct slot *slot, struct view error, uint64_t used_ms);
/* A peer's words as one short line. */
void accounts_clean(struct buf *out, struct view error);
struct store_account snap_row(const struct snap *snap);

/* The parts that a secret is sealed for. */
enum { ACCOUNT_PARTS = 3 };
#define ACCOUNT_FOR(a) { (a)->network, (a)->owner, (a)->login }

#endif
