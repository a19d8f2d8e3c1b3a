/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calling people by their names: clients ring for whoever is named in a text,
 * and one text with all the names of a place rings for all.
 */
#ifndef CONFAB_MENTION_H
#define CONFAB_MENTION_H

#include "buf.h"

/* So many names in a text are left as they are. */
enum { MENTION_MAX = 5 };

/* Is somebody there called so? */
typedef bool(mention_h)(struct view name, void *arg);

/* Appends name such that no client takes it for somebody: with a zero-width
 * space behind its first character. */
void mention_break(struct buf *b, struct view name);
/* Appends text; of its words that are names those after the first
 * MENTION_MAX are broken. */
void mention_spare(struct buf *b, struct view text, mention_h *h, void *arg);

#endif
