/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Those who may log in by digest, in memory. No password is kept, only what
 * digest needs: HA1 = H(user:realm:password), per algorithm, once of the bare
 * name and once of user@domain, as phones send either (Kamailio: ha1, ha1b).
 */
#ifndef CONFAB_USERS_H
#define CONFAB_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash.h"
#include "view.h"

enum { USER_NAME_MAX = 64 };

enum user_ha1 {
	USER_MD5, USER_SHA256, USER_MD5_FULL, USER_SHA256_FULL, USER_HA1S,
};

struct user {
	struct view name;           /* as in the URI, letter case matters */
	struct view realm;          /* the HA1s are for this one */
	struct view ha1[USER_HA1S]; /* small hex digits; or empty */
	uint64_t created_ms;
	bool disabled;
};

struct users;

/* domain, realm: everybody's; copied. */
struct users *users_new(struct view domain, struct view realm);
void users_free(struct users *us); /* NULL is allowed */
struct view users_domain(const struct users *us);
struct view users_realm(const struct users *us);
size_t users_count(const struct users *us);

/* Adds, or replaces; copied. EBADMSG: the name can't be a user's, or an HA1 is
 * not of its algorithm's form. */
int users_put(struct users *us, const struct user *u);
/* What users_put() would say. */
int users_check(const struct user *u);
/* Each gets the other's users. */
void users_swap(struct users *a, struct users *b);
/* ENOENT. */
int users_del(struct users *us, struct view name);
/* Valid until the next put or del; NULL. */
const struct user *users_find(const struct users *us, struct view name);
/* Another whose name differs in nothing but letter case. To SIP these are two
 * (RFC 3261 19.1.4), to people one. NULL. */
const struct user *users_like(const struct users *us, struct view name);
/* Walk: *pos = 0 and prev = NULL at first; NULL at the end. */
const struct user *users_each(const struct users *us, size_t *pos,
			      const struct user *prev);
/* Letters, digits and -_.!~*'+ : what stands unescaped in a URI. */
bool users_name_ok(struct view name);

#endif
