/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677), the client's side, without channel
 * binding. Names and passwords go as they are: those who use others than
 * ASCII bring them in the normal form (RFC 4013). The messages are plain;
 * whoever carries them makes base64 of them.
 */
#ifndef CONFAB_SCRAM_H
#define CONFAB_SCRAM_H

#include "buf.h"

struct scram;

/* What a server may ask for: more costs us too much time. */
enum { SCRAM_ROUNDS_MIN = 4096, SCRAM_ROUNDS_MAX = 200000 };

/* nonce empty: a random one. mem_deref() wipes it. */
struct scram *scram_new(struct view user, struct view password,
			struct view nonce);
/* The first message. */
void scram_first(const struct scram *s, struct buf *out);
/* The second one, as the answer to the server's first. EBADMSG: it is not for
 * us, or damaged; ERANGE: rounds below or above what we take; ENOTSUP: of this
 * OpenSSL. */
int scram_final(struct scram *s, struct view server, struct buf *out);
/* Does the server know the password as well? EACCES: it does not; EBADMSG;
 * ENOTCONN: scram_final() did not come before. */
int scram_verify(const struct scram *s, struct view server);

#endif
