/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One state of presence from all that a user's devices have published
 * (RFC 4479): the places of all, each device's own words. Pure.
 */
#ifndef CONFAB_IMC_COMPOSE_H
#define CONFAB_IMC_COMPOSE_H

#include "show.h"

/* The last one that was made, and whose it is. */
struct composed;

struct composed *composed_new(void);
void composed_free(struct composed *c);
/* Documents, the newest first; of places with one id that counts. None at
 * all: open or closed, as registered has it. Valid until the next call. */
const struct presence_state *compose(struct composed *c, struct view who,
				     const struct view *body, size_t count,
				     bool registered);
/* It is this one's, and nothing has changed. */
bool composed_is(const struct composed *c, struct view who);
const struct presence_state *composed_state(const struct composed *c);
void composed_forget(struct composed *c);

#endif
