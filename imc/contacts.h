/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where each SIP user was last heard from: the way back to him. */
#ifndef CONFAB_IMC_CONTACTS_H
#define CONFAB_IMC_CONTACTS_H

#include "addr.h"
#include "sip.h"
#include "store.h"

struct contacts;

enum { CONTACTS_MAX = 100000 };

/* At most max users are kept; then the one who was silent longest goes, from
 * the store as well. store: borrowed. */
struct contacts *contacts_new(struct store *store, size_t max);
void contacts_free(struct contacts *cs); /* NULL is allowed */
/* While the store loads. */
void contacts_load(struct contacts *cs, const struct store_contact *sc);
/* A request of user came down this flow. Stored when the address changed,
 * else once a day. */
void contacts_heard(struct contacts *cs, const struct addr *user,
		    const struct sip_flow *flow);
/* False: never heard. dest is borrowed until the next call of contacts_*(). */
bool contacts_find(const struct contacts *cs, const struct addr *user,
		   struct sip_flow *flow, struct sip_dest **dest);
/* The TCP connection that he was last heard down, 0: none. It may be gone. */
uint64_t contacts_conn(const struct contacts *cs, const struct addr *user);
size_t contacts_count(const struct contacts *cs);

#endif
