/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A cursor: how far somebody has got in a room's journal. At most
 * CURSOR_WINDOW messages are under way at once; answers may come in any
 * order.
 */
#ifndef CONFAB_CURSOR_H
#define CONFAB_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

enum { CURSOR_WINDOW = 8 };

struct cursor {
	uint64_t acked; /* everything up to here is settled */
	uint8_t done;   /* bit i: acked + 1 + i is settled */
	uint8_t sent;   /* bit i: acked + 1 + i is settled or under way */
};

void cursor_set(struct cursor *c, uint64_t acked);
/* Everything up to there is settled as well; nothing is under way. */
void cursor_upto(struct cursor *c, uint64_t acked);
/* The lowest number that is neither settled nor under way, within the window;
 * 0 when the window is full. May lie beyond the journal's head. */
uint64_t cursor_next(const struct cursor *c);
/* Settled or under way. */
bool cursor_has(const struct cursor *c, uint64_t seq);
bool cursor_settled(const struct cursor *c, uint64_t seq);
void cursor_sent(struct cursor *c, uint64_t seq);
/* Settled; true when acked moved. Numbers outside the window are ignored. */
bool cursor_done(struct cursor *c, uint64_t seq);
/* Failed for now: to be sent again. */
void cursor_undo(struct cursor *c, uint64_t seq);
/* Nothing is under way any more (the link was lost). */
void cursor_reset(struct cursor *c);
bool cursor_idle(const struct cursor *c); /* nothing under way */

#endif
