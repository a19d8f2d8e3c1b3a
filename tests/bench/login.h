/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user needs to say who he is, by digest (RFC 8760, SHA-256). */
#ifndef CONFAB_BENCH_LOGIN_H
#define CONFAB_BENCH_LOGIN_H

#include "buf.h"
#include "digest.h"

struct login {
	char ha1[DIGEST_HEX_MAX];
	char nonce[128];
	uint32_t nc;
};

/* In realm, with his name for a password. */
int login_init(struct login *l, struct view user, struct view realm);
/* The value of a WWW-Authenticate; EBADMSG: it has no nonce. */
int login_challenged(struct login *l, struct view value);
/* The Authorization of the next request; nothing before the challenge. */
void login_put(struct buf *out, struct login *l, struct view user,
	       struct view realm, struct view method, struct view uri);

#endif
