/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the other files of src/io need to know of the loop. */
#ifndef CONFAB_LOOP_PRIV_H
#define CONFAB_LOOP_PRIV_H

#include "list.h"
#include "loop.h"

/* To be called first in each callback that libuv makes: sets the wheel's time
 * to now, so that timers started in the callback count from there. */
void loop_enter(struct loop *l);
/* To be called when something was given to libuv that it only takes up in
 * its next turn: a foreign loop then must not sleep before that turn. */
void loop_dirty(struct loop *l);

/* h runs at loop_free(), unless taken out before. */
struct loop_end {
	struct lnode node;
	loop_h *h;
	void *arg;
};
void loop_at_end(struct loop *l, struct loop_end *e);
void loop_not_at_end(struct loop *l, struct loop_end *e);

#endif
