/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XMPP gateway, wired into the daemon. */
#ifndef CONFAB_XMPPGATE_H
#define CONFAB_XMPPGATE_H

#include "confab.h"

/* Is there to be one? It needs confab-jabber then. */
bool xmppgate_wanted(const struct conf *conf);
/* Would xmppgate_new() take it? EINVAL with why. */
int xmppgate_check(const struct conf *conf, struct buf *why);
/* After the face and the accounts, before the store loads. Without jdomain
 * there is none, and c->gate stays NULL. EINVAL with why. */
int xmppgate_new(struct confab *c, struct buf *why);
/* What may change while it runs is as c->conf says now. */
void xmppgate_reload(struct confab *c);
/* After the hub has started. */
int xmppgate_start(struct confab *c);
/* Before the hub stops. */
void xmppgate_stop(struct confab *c);
/* After the hub, before the face and the accounts. */
void xmppgate_free(struct confab *c);

#endif
