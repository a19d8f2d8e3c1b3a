/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An account: one login at one server, made when a room wants it and ended
 * when none is left. Only the daemon tries again: a loss is told once, and
 * with it all rooms of the account are gone.
 */
#ifndef CONFAB_JABBER_ACCOUNT_H
#define CONFAB_JABBER_ACCOUNT_H

#include "jab.h"

struct account;
struct room;

/* Replaces one of the same id. Settings that can't work show when it is to
 * log in. */
void account_new(struct jab *j, uint32_t id, const struct wire_msg *m);
struct account *account_find(const struct jab *j, uint32_t id);
/* Leaves its rooms, logs out; tells nobody. NULL is allowed. */
void account_free(struct account *a);

/* A room wants it (and is in account_rooms() already), or has gone. */
void account_want(struct account *a);
void account_unwant(struct account *a);
bool account_online(const struct account *a);
const char *account_label(const struct account *a);
struct jab *account_jab(const struct account *a);
struct list *account_rooms(struct account *a);

/* Takes s over. ENOTCONN, EBUSY (the server takes nothing any more). */
int account_send(struct account *a, xmpp_stanza_t *s);

/* May this sender get a notice now? At most one a minute to each, and one in
 * four seconds to all; yes counts as done. */
bool account_may_answer(struct account *a, struct view to);

/* For the worker as a whole: logs all out. */
void account_free_all(struct jab *j);

#endif
