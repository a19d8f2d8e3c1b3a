/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which dedupe keys there may be: a filter that never says no to one that was
 * added within the last hour, and seldom yes to another. It answers for new
 * texts, which nearly all are, without a look into the data base.
 */
#ifndef CONFAB_KEYS_H
#define CONFAB_KEYS_H

#include <stdbool.h>

#include "view.h"

struct keys;

struct keys *keys_new(void);
/* Adds it. True: it may have been there before. */
bool keys_add(struct keys *k, struct view key);

#endif
