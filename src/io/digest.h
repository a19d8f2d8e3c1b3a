/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes for HTTP and SIP digest (RFC 7616), and for what we sign ourselves:
 * OpenSSL behind them. */
#ifndef CONFAB_DIGEST_H
#define CONFAB_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

enum digest_algo { DIGEST_MD5, DIGEST_SHA256, DIGEST_ALGOS };

enum { DIGEST_HEX_MAX = 65, DIGEST_BYTES_MAX = 32, DIGEST_HMAC = 32 };

/* "MD5", "SHA-256": RFC 7616 6.1. */
const char *digest_name(enum digest_algo a);
/* Without letter case; false: none of ours. */
bool digest_find(enum digest_algo *out, struct view name);
size_t digest_hex_len(enum digest_algo a);

/* The hash of the parts with ':' between them, in small hex digits and with a
 * NUL. ENOTSUP: this OpenSSL does not have the algorithm (MD5 under FIPS). */
int digest_hex(char out[DIGEST_HEX_MAX], enum digest_algo a,
	       const struct view *parts, size_t count);
/* SHA-1 of a text, in small hex digits with a NUL: for XEP-0114, which knows
 * nothing else. ENOTSUP as above. */
int digest_sha1_hex(char out[41], struct view text);
/* HMAC-SHA-256. ENOTSUP as above. */
int digest_hmac(uint8_t out[DIGEST_HMAC], struct view key, struct view text);
/* The same with one key, which is wiped when it is freed: what it takes to lay
 * it out is spent once. One thread at a time. */
struct digest_key;
struct digest_key *digest_key_new(struct view key);
void digest_key_free(struct digest_key *k); /* NULL is allowed */
int digest_sign(uint8_t out[DIGEST_HMAC], struct digest_key *k,
		struct view text);
/* In a time that depends on the lengths alone; false where they differ. */
bool digest_eq(struct view a, struct view b);

#endif
