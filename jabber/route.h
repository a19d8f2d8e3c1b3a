/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes in over an account: whom it is for, and what gets an answer. */
#ifndef CONFAB_JABBER_ROUTE_H
#define CONFAB_JABBER_ROUTE_H

#include <strophe.h>

struct account;

/* s is borrowed. The account may be gone offline afterwards. */
void route_in(struct account *a, xmpp_stanza_t *s);

#endif
