/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who says to have sent a packet, found by looking at no more than its lines'
 * names: to tell speakers apart before anything is parsed. Pure.
 */
#ifndef CONFAB_WHO_PRIV_H
#define CONFAB_WHO_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

/* A keyed hash of the address in From, or in P-Asserted-Identity where
 * asserted and there is one. The same for all ways to write it: without
 * parameters, in either case, escaped or not. What can't be read is all one
 * speaker's. */
uint64_t who_speaks(struct view packet, bool asserted);

#endif
