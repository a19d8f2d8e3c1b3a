/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nonces of our challenges: a time that no two share, and an HMAC over it and
 * over the address that asked, so that none has to be kept until it is used,
 * and none is of use to another address. The key is a new one at each start:
 * what was used before a restart can't be used again after it.
 *
 * A nonce that was used has an entry, with a window of its counts: each count
 * is good once (RFC 7616 3.4, nc).
 */
#ifndef CONFAB_NONCE_PRIV_H
#define CONFAB_NONCE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

enum {
	NONCE_TEXT = 40, /* without NUL */
	NONCE_LIFE_MS = 300 * 1000,
	NONCE_WINDOW = 64, /* counts may come out of order by so many */
};

struct nonces;

/* max: entries; when there are more the oldest go, with all nonces that were
 * made before them. */
struct nonces *nonces_new(size_t max);
void nonces_free(struct nonces *ns); /* NULL is allowed */
size_t nonces_count(const struct nonces *ns);

/* source: what names the address that asked. */
void nonce_make(struct nonces *ns, char out[NONCE_TEXT + 1],
		uint64_t source);
/* True: ours, for this source, and young enough. */
bool nonce_good(const struct nonces *ns, struct view nonce, uint64_t source);
/* Of a good nonce: this count is used now. False: it was before, or is so far
 * behind that nobody knows. */
bool nonce_use(struct nonces *ns, struct view nonce, uint32_t nc);

#endif
