/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users of ours who see each other by another network, where both have an
 * account (mapped_users_via_purple): their subscriptions are the gateway's
 * for as long as they last, whatever becomes of the accounts meanwhile.
 */
#ifndef CONFAB_MAPPED_H
#define CONFAB_MAPPED_H

#include "events.h"
#include "gateway.h"
#include "hub.h"

struct mapped;

/* hub: borrowed. */
struct mapped *mapped_new(struct hub *hub);
/* NULL is allowed. */
void mapped_free(struct mapped *m);
/* Who is meant by "sip:carol%40x.org@gw.org;proto=xmpp": 200, and his address
 * is appended; 404, 482. */
int mapped_address(const struct hub *h, const struct sip_uri *uri,
		   struct buf *out);
/* The status for a SUBSCRIBE to an address of a gateway, and the state. */
int mapped_status(enum gate_watch said, enum sip_watch_state *state);
/* The gateway by which watcher sees one of our users; or NULL. */
const struct gateway *mapped_between(const struct mapped *m, struct addr *user,
				     struct addr *watcher);
/* A new one of watcher to one of our users. 0: no gateway has him seen; else
 * the status. */
int mapped_watch(struct mapped *m, const struct sip_watch *w,
		 struct addr *user, struct addr *watcher,
		 enum sip_watch_state *state);
/* The gateway that it began with, or NULL. */
const struct gateway *mapped_by(const struct mapped *m, uint64_t id);
/* It is over. */
void mapped_gone(struct mapped *m, uint64_t id);

#endif
