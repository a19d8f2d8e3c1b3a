/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libstrophe's login (SASL, binding of a resource) behind a socketpair: it
 * never sees the network, waits for nothing, and hears only what we wrote
 * ourselves. One a login; once that is done the stream is ours alone, and
 * the shim goes. The only place that connects libstrophe to anything.
 */
#ifndef CONFAB_JABBER_SHIM_H
#define CONFAB_JABBER_SHIM_H

#include "buf.h"

struct shim;

enum shim_state {
	SHIM_BUSY,
	SHIM_UP,   /* the resource is bound */
	SHIM_OVER, /* libstrophe gave up */
};

/* Once, before all else: libstrophe's parsers keep to the first context that
 * they see, which is not to be one that goes away. */
void shim_setup(void *strophe_ctx);
/* Appends its first words to out. jid is full. EMFILE when all descriptors
 * below 1,024 are used up (its select() can't do more), other errnos of
 * sockets. */
int shim_new(struct shim **sp, const char *jid, const char *password,
	     struct buf *out);
/* Hands it what the server said, cleaned, and appends what it answers. */
enum shim_state shim_feed(struct shim *s, struct view xml, struct buf *out);
/* The address that was bound, once UP; as long as s. */
const char *shim_jid(const struct shim *s);
void shim_free(struct shim *s); /* NULL is allowed */

#endif
