/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of places: location.c keeps it, location_find.c finds and hears
 * users in it, location_bind.c registers devices. */
#ifndef CONFAB_LOCATION_PRIV_H
#define CONFAB_LOCATION_PRIV_H

#include "hash.h"
#include "list.h"
#include "location.h"

/* Entries that are looked at for one to forget. */
enum { LOCATION_LOOKS = 16 };

struct place {
	struct binding b;      /* first */
	struct location *l;    /* borrowed */
	struct entry *entry;   /* borrowed */
	struct place *next;    /* owned: the entry's list, learned last */
	struct wtimer timer;   /* its end */
	uint64_t stored_ms;    /* wall clock; 0: never */
	char *words;           /* owned: what contact's views point into */
	size_t bytes;          /* of words */
};

struct entry {
	struct hnode by_aor;
	struct lnode by_time;
	struct place *first;   /* owned */
	size_t registered;
	uint64_t typed_ms;     /* his last typing notice that went on */
	struct view aor;       /* borrowed: text */
	char text[];
};

struct location {
	struct store *store;   /* borrowed, as is wheel */
	struct wheel *wheel;
	const struct sip *sip; /* borrowed, or NULL */
	struct device_rule *rule; /* owned, and so are the patterns */
	struct device_rules rules;
	struct htable aors;
	struct list order;
	size_t registered;
	size_t max, bytes, bytes_max;
	struct location_hearer {
		location_changed_h *h;
		void *arg;
	} hearers[LOCATION_HEARERS];
	size_t nhearers;
};

struct entry *entry_find(const struct location *l, struct view aor,
			 uint64_t hash);
/* Made where it is missing: a place must follow. */
struct entry *entry_get(struct location *l, struct view aor);
struct entry *entry_new(struct location *l, struct view aor);
/* He was heard. */
void entry_touch(struct location *l, struct entry *e);
/* There is room for one more, or was made; who is registered stays. */
bool entry_has_room(struct location *l);

/* Where the place with this id is, or would be appended. */
struct place **place_at(struct entry *e, uint64_t id);
struct place *place_new(struct location *l, struct entry *e, uint64_t id);
/* The entry goes with its last place. */
void place_drop(struct location *l, struct entry *e, struct place **at);
/* Copies what a client said; given may be p's own. */
void place_set_words(struct place *p, const struct contact *given);
/* EBADMSG: there is no address in that. */
int place_set_dest(struct place *p);
void place_start_expiry(struct place *p);
void place_put(struct place *p, struct store_txn *t);
void place_store(struct place *p);

#endif
