/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IRC gateway, wired into the daemon. */
#ifndef CONFAB_IRCGATE_H
#define CONFAB_IRCGATE_H

#include "confab.h"

/* Would ircgate_new() take it? EINVAL with why. */
int ircgate_check(const struct conf *conf, struct buf *why);
/* After the face with its networks and the accounts, before the store loads.
 * Without ircdomain nobody can be written to, and puppets are all that it is
 * for. EINVAL with why. */
int ircgate_new(struct confab *c, struct buf *why);
/* This user is disabled, enabled or gone. */
void ircgate_user(struct confab *c, struct view name, bool gone);
/* There is one network more, or less. */
void ircgate_network(struct confab *c, struct view label);
void ircgate_network_gone(struct confab *c, struct view label);
/* What may change while it runs is as c->conf says now. */
void ircgate_reload(struct confab *c);
/* After the hub has started. */
int ircgate_start(struct confab *c);
/* Before the hub stops. */
void ircgate_stop(struct confab *c);
/* After the hub, before the face and the accounts. */
void ircgate_free(struct confab *c);

#endif
