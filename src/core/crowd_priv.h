/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What crowd.c (who comes and goes in a place) and crowd_words.c share. */
#ifndef CONFAB_CROWD_PRIV_H
#define CONFAB_CROWD_PRIV_H

#include "hash.h"
#include "hub.h"
#include "list.h"
#include "wheel.h"

/* What happened to one of them, and was not told yet. */
struct happened {
	struct lnode node;
	enum hub_change what;
	char *nick, *other, *reason; /* owned; clean */
};

/* One who was lost by a netsplit. */
struct strayed {
	struct hnode by_nick;
	char *nick; /* owned */
};

struct crowd {
	struct wtimer soon;
	struct leg *leg;     /* borrowed: it owns us */
	struct list items;   /* owned: struct happened */
	size_t more[PEOPLE_CHANGES]; /* beyond ITEMS_MAX */
	struct htable split; /* owned: struct strayed */
	uint64_t split_ms;   /* of the last one; monotonic */
	size_t back;
	uint64_t gap_ms;     /* missed, and not told */
	uint64_t told_ms;    /* the last line; monotonic */
	uint64_t busy_ms;    /* since when lines are counted */
	unsigned lines;
};

/* ---- crowd_words.c ---- */

/* All that happened, as one line; nothing where nothing did. */
void crowd_put(struct buf *b, const struct crowd *c);
/* "3 h 20 min" */
void crowd_put_duration(struct buf *b, uint64_t ms);

#endif
