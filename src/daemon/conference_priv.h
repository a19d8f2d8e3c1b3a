/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A room that is watched, and what a document of it is made from. */
#ifndef CONFAB_CONFERENCE_PRIV_H
#define CONFAB_CONFERENCE_PRIV_H

#include "conference.h"
#include "events.h"
#include "hash.h"

enum { RECENT = 64 }; /* changes that are remembered of a room */

struct recent {
	struct addr *who; /* ref */
	uint64_t when;    /* conference.clock */
};

/* A room that somebody watches. */
struct watched {
	struct hnode by_id;
	uint64_t room;
	uint64_t *sub;    /* owned: ids of subscriptions */
	size_t subs;
	struct recent recent[RECENT]; /* a ring */
	size_t next;
	uint64_t floor;   /* what changed up to here may be forgotten */
};

struct conference {
	struct hub *hub; /* borrowed */
	struct sip *sip; /* borrowed */
	struct htable rooms; /* owns struct watched */
	uint64_t clock;  /* counts changes */
	bool watching;   /* the hub tells */
};

/* ---- conference_doc.c ---- */

/* What this watcher is to see now; wd: his room, NULL where nobody watches it
 * any more. */
void conference_put(struct conference *c, struct buf *b,
		    const struct sip_watch *w, const struct watched *wd,
		    const struct room *r);

#endif
