/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * db_mode 2: several confabd on one data base. The one that has the store's
 * lock serves, the others stand by: they pass on what they receive, and try
 * for the lock, which the kernel gives back in whatever way its holder ends.
 */
#ifndef CONFAB_SHARE_H
#define CONFAB_SHARE_H

#include "confab.h"

bool share_is_on(const struct conf *conf);
/* The folder of the data base; the caller frees it. */
char *share_dir(const struct conf *conf);
/* Whether that folder can hold our socket, with why. */
int share_check(const struct confab *c, struct buf *why);
/* We have the store: lets others connect. */
void share_serve(struct confab *c);
/* Somebody else has it: c->holder. Takes over when he ends; where that fails
 * the loop is stopped. */
void share_stand_by(struct confab *c);
/* This user is new, changed or gone: so that others hear of it. */
void share_user(struct confab *c, struct view name);
/* What is not answered yet, of what was passed on. */
size_t share_under_way(const struct confab *c);
/* Others are to find somebody else from now on. */
void share_drain(struct confab *c);
/* Before the SIP edge ends, and after the store did. */
void share_quiet(struct confab *c);
void share_stop(struct confab *c);

#endif
