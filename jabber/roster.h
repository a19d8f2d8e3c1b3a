/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contact list of a user's account (RFC 6121 2), as its server has it:
 * asked for at each login, and kept up by the server's own pushes. Users of
 * the component have none.
 */
#ifndef CONFAB_JABBER_ROSTER_H
#define CONFAB_JABBER_ROSTER_H

#include "gate_priv.h"

enum roster_subscription {
	ROSTER_NONE, ROSTER_TO, ROSTER_FROM, ROSTER_BOTH,
};

struct roster_item {
	struct hnode by_jid;    /* private */
	struct buf jid;         /* bare */
	struct buf name;        /* or empty */
	enum roster_subscription subscription;
	bool asked;             /* ask='subscribe': we did */
	bool here;              /* of a service (no user in its JID): shown up
				   by presence */
};

/* NULL: he has no such contact, or nothing is known (yet). */
const struct roster_item *roster_find(const struct person *p,
				      struct view bare);
/* Has the list come since the account logged in? */
bool roster_is_known(const struct person *p);
/* Walk: *pos = 0 and prev NULL at first; nothing may change meanwhile. */
const struct roster_item *roster_each(const struct person *p, size_t *pos,
				      const struct roster_item *prev);
size_t roster_count(const struct person *p);
const char *roster_subscription_name(enum roster_subscription s);

/* A presence for this account: of services it is kept. Before any module
 * takes the stanza. */
void roster_presence(struct person *p, const struct elem *e);

/* ---- iqs.c ---- */

/* Adds <c/> (XEP-0115) of what we are, to a presence of a user's. */
void roster_caps(struct buf *b);

/* ---- roster.c, for iqs.c ---- */

struct rosters;

struct rosters *rosters_new(struct gate *g);
void rosters_free(struct rosters *rs);
void rosters_up(struct rosters *rs, struct person *p);
void rosters_gone(struct rosters *rs, const struct person *p);
/* A push; false: it is not of the account's own server (CVE-2015-8688). */
bool rosters_push(struct rosters *rs, struct person *p, const struct elem *e,
		  const struct elem *query);
struct rosters *rosters_of(const struct gate *g);
/* gate_module.about */
void rosters_about(const struct person *p, struct buf *out);

#endif
