/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Large fan-outs that wait for their turn. What goes to one room goes in the
 * order in which it came; rooms take turns, so that a large one does not stop
 * the others.
 */
#ifndef CONFAB_IMC_PACE_H
#define CONFAB_IMC_PACE_H

#include "hash.h"
#include "list.h"

struct pace {
	struct list lanes;     /* owned; one a room, in the order of turns */
	struct htable by_room; /* the same */
};

struct pace_item {
	struct lnode node; /* the room's, while it waits */
	uint64_t room;
};

void pace_init(struct pace *p);
bool pace_empty(const struct pace *p);
/* Something waits that is for this room. */
bool pace_has(const struct pace *p, uint64_t room);
/* Behind what waits for its room. Borrowed until it is removed. */
void pace_add(struct pace *p, struct pace_item *item);
void pace_remove(struct pace *p, struct pace_item *item);
/* Whose turn it is: the first one of its room, which goes behind the others;
 * NULL: nothing waits. */
struct pace_item *pace_turn(struct pace *p);

#endif
