/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edge tells of subscriptions and publications, so that they are
 * there after a restart. */
#ifndef CONFAB_EVENT_KEEP_PRIV_H
#define CONFAB_EVENT_KEEP_PRIV_H

#include "event_priv.h"
#include "list.h"
#include "wheel.h"

struct sub;
struct pub;

/* Rows to be deleted. */
struct gone_rows {
	uint64_t *id; /* owned */
	size_t count, room;
};

struct event_keep {
	struct store *store;     /* borrowed */
	struct wheel *wheel;     /* borrowed */
	struct sip *sip;         /* borrowed; NULL: not yet, or no more */
	struct list sub_rows, pub_rows; /* own theirs: event_load.c */
	struct list subs, pubs;  /* borrowed: to be written */
	struct gone_rows subs_gone, pubs_gone;
	struct list batches;     /* on their way to the disk */
	uint64_t again_ms;       /* after a failure: until the next try */
	struct wtimer timer;
};

struct event_keep_ops {
	/* Is there, or is another than it was. */
	void (*sub)(struct event_keep *k, struct sub *sub);
	/* A NOTIFY goes out: its CSeq is used. */
	void (*sent)(struct event_keep *k, struct sub *sub);
	void (*sub_gone)(struct event_keep *k, struct sub *sub);
	void (*pub)(struct event_keep *k, struct pub *pub);
	void (*pub_gone)(struct event_keep *k, struct pub *pub);
};

/* ---- event_keep.c, for event_load.c ---- */

void event_keep_del_sub(struct event_keep *k, uint64_t id);
void event_keep_del_pub(struct event_keep *k, uint64_t id);

/* ---- event_load.c ---- */

/* What was read is there again. */
void event_keep_restore(struct event_keep *k);
/* What was read is dropped. */
void event_keep_unload(struct event_keep *k);

#endif
