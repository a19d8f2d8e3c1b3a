/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digest authentication (RFC 3261 22, RFC 7616, RFC 8760): the challenge, and
 * whether credentials answer it. What can't be told apart from outside: an
 * unknown user, one who is disabled, one without an HA1 of this algorithm, and
 * a wrong password. All cost the same hashes, too.
 */
#ifndef CONFAB_AUTH_PRIV_H
#define CONFAB_AUTH_PRIV_H

#include "credentials_priv.h"
#include "netaddr.h"
#include "sip.h"
#include "users.h"

struct auth;

enum auth_result {
	AUTH_NONE,    /* no credentials for us: challenge */
	AUTH_STALE,   /* the nonce is old or was used so: challenge again */
	AUTH_WRONG,   /* challenge, as if there had been none */
	AUTH_REFUSED, /* too many failures: not even looked at */
	AUTH_OK,
};

struct auth_try {
	const struct credentials *cred;
	const struct netaddr *src;
	struct view method;
};

/* users is borrowed. algos: 1 << DIGEST_... that are offered and taken; at
 * least one. */
struct auth *auth_new(const struct users *users, unsigned algos);
void auth_free(struct auth *a); /* NULL is allowed */
void auth_set_algos(struct auth *a, unsigned algos);

/* Anybody could log in at all. */
bool auth_on(const struct auth *a);
/* The credentials are meant for us. */
bool auth_is_ours(const struct auth *a, const struct credentials *c);
/* Its user has what it takes to check them. */
bool auth_can(const struct auth *a, const struct credentials *c);
/* With AUTH_OK *user is who it is (valid as long as users says). */
enum auth_result auth_check(struct auth *a, const struct auth_try *t,
			    const struct user **user);

/* The values of WWW-Authenticate, best first. */
enum { AUTH_CHALLENGES = 2, AUTH_CHALLENGE_MAX = 512 };
struct auth_challenge {
	struct view value[AUTH_CHALLENGES];
	size_t count;
	char bytes[AUTH_CHALLENGES * AUTH_CHALLENGE_MAX];
};
void auth_challenge(struct auth *a, struct auth_challenge *out,
		    const struct netaddr *src, bool stale);

/* He is at home there: nobody else's failures count for him at this place. As
 * after a login; where he was before a restart. */
void auth_knows(struct auth *a, struct view user, const struct netaddr *src);

/* IPv4: the address; IPv6: its /64, which is one customer's. Keyed. */
uint64_t auth_source(const struct netaddr *src);

#endif
