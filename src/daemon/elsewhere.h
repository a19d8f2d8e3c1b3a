/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users have on other networks: its start and end with the heart. */
#ifndef CONFAB_ELSEWHERE_H
#define CONFAB_ELSEWHERE_H

#include "confab.h"

/* Accounts, their key, their commands; before the store loads. Without a key
 * that works it starts as well: accounts then say what is wrong. */
int elsewhere_start(struct confab *c);
/* After the store, and after imc. */
void elsewhere_free(struct confab *c);

#endif
