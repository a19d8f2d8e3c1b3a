/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room that we are in, or want to be in, for one leg. The end of a room is
 * told once (worker_lost()), and frees it: after any of the room_*() that
 * take a stanza the room may be gone.
 */
#ifndef CONFAB_JABBER_MUC_H
#define CONFAB_JABBER_MUC_H

#include "account.h"

/* Made for the account, which is to be wanted then; answers with
 * worker_lost() itself, and returns NULL, where place or nick are
 * impossible. */
struct room *room_new(struct account *a, const struct worker_join *join);
/* Without a word to anybody; not even to the room. */
void room_free(struct room *r);
struct room *room_find(const struct jab *j, uint64_t leg);
/* The room of a node in account_rooms(). */
struct room *room_at(struct lnode *n);
/* By its bare address; NULL. */
struct room *room_of(struct account *a, struct view bare);

/* The account is online: join. */
void room_enter(struct room *r);
/* Says goodbye to the room, and frees it. */
void room_part(struct room *r, struct view reason);
/* The same without freeing it: all ends anyway. */
void room_goodbye(struct room *r, struct view reason);
/* Answers with worker_failed(), or is confirmed by the room later. */
void room_say(struct room *r, const struct worker_say *say);

/* Somebody is to be thrown out, and with ban kept out; that it did not work is
 * told by worker_trouble(). */
void room_expel(struct room *r, bool ban, struct view nick,
		struct view reason);

/* from's resource is nick; empty: the room itself speaks. */
void room_message(struct room *r, xmpp_stanza_t *s, struct view nick);
void room_presence(struct room *r, xmpp_stanza_t *s, struct view nick);
void room_iq(struct room *r, xmpp_stanza_t *s);

#endif
