/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where SIP comes in, and the certificates for it. */
#ifndef CONFAB_LISTEN_H
#define CONFAB_LISTEN_H

#include "conf.h"
#include "sip.h"

enum { LISTEN_MAX = 16 };

struct listen {
	struct sip_listen at[LISTEN_MAX];
	size_t count;
	struct tls_ctx *server; /* owned; NULL: no listener needs it */
	struct tls_ctx *client; /* owned */
};

/* Reads what the configuration says, and the files that it names. EINVAL or
 * EACCES with why: what is wrong, and what would be right. */
int listen_load(struct listen *l, const struct conf *c, struct buf *why);
/* Reads the certificates again, for listen_turn(): nothing has changed yet. */
int listen_read(const struct listen *l, struct buf *why);
/* What was read holds for new connections. */
void listen_turn(const struct listen *l);
void listen_free(struct listen *l);

#endif
