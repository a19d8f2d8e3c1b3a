/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The link of a component to its server (XEP-0114): one TCP connection that
 * speaks for a whole domain. It passes stanzas on, both ways, and knows
 * nothing of what is in them but this: what it sends comes from its domain
 * (a server ends the stream otherwise), what it hands on is for its domain
 * and comes from another.
 *
 * The daemon is told that a stanza was sent once the server has taken it: when
 * a ping of ours to ourselves, which went behind it, has come back. What was
 * not told of when the link breaks may or may not have arrived.
 *
 * Settings: domain, host, port (5347), secret.
 */
#ifndef CONFAB_JABBER_COMPONENT_H
#define CONFAB_JABBER_COMPONENT_H

#include "jab.h"

struct component;

/* Replaces one of the same id. Connects. */
void component_new(struct jab *j, uint32_t id, const struct wire_msg *m);
struct component *component_find(const struct jab *j, uint32_t id);
/* Says goodbye to the server, nothing to the daemon. NULL is allowed. */
void component_free(struct component *c);
/* An empty parcel is only told of: with all that went before. */
void component_send(struct component *c, uint64_t tag, struct view parcel);
void component_send_many(struct component *c, struct view parcel,
			 struct view rcpts);
void components_stop(struct jab *j);

#endif
