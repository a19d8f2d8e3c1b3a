/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest: users, nonces and the throttle put together. */
#include "auth_priv.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "log.h"
#include "mem.h"
#include "nonce_priv.h"
#include "throttle_priv.h"

enum { NONCES_MAX = 65536, COUNTERS_MAX = 65536, LOG_NAME = 80 };

struct auth {
	const struct users *users; /* borrowed */
	struct nonces *nonces;     /* owned, as the next */
	struct throttle *throttle;
	unsigned algos; /* 1 << DIGEST_... */
	char nobody[DIGEST_HEX_MAX]; /* the HA1 of those who are none */
};

struct auth *auth_new(const struct users *users, unsigned algos)
{
	struct auth *a = mem_zalloc(sizeof(*a));
	uint64_t secret[4];

	rand_bytes(secret, sizeof(secret));
	snprintf(a->nobody, sizeof(a->nobody), "%016llx%016llx%016llx%016llx",
		 (unsigned long long)secret[0], (unsigned long long)secret[1],
		 (unsigned long long)secret[2],
		 (unsigned long long)secret[3]);
	a->users = users;
	a->nonces = nonces_new(NONCES_MAX);
	a->throttle = throttle_new(COUNTERS_MAX);
	a->algos = algos;
	return a;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	nonces_free(a->nonces);
	throttle_free(a->throttle);
	mem_wipe_free(a, sizeof(*a));
}

void auth_set_algos(struct auth *a, unsigned algos)
{
	a->algos = algos;
}

bool auth_on(const struct auth *a)
{
	return users_count(a->users) > 0;
}

uint64_t auth_source(const struct netaddr *src)
{
	if (netaddr_family(src) == AF_INET6)
		return hash_view(view_mem(&src->u.in6.sin6_addr, 8));
	return hash_view(view_mem(&src->u.in.sin_addr, 4));
}

bool auth_is_ours(const struct auth *a, const struct credentials *c)
{
	return view_eq(c->realm, users_realm(a->users));
}

/* ---- the challenge ---- */

void auth_challenge(struct auth *a, struct auth_challenge *out,
		    const struct netaddr *src, bool stale)
{
	static const enum digest_algo order[AUTH_CHALLENGES] = {
		DIGEST_SHA256, DIGEST_MD5
	};
	struct view realm = users_realm(a->users);
	char nonce[NONCE_TEXT + 1];
	size_t i;

	nonce_make(a->nonces, nonce, auth_source(src));
	out->count = 0;
	for (i = 0; i < AUTH_CHALLENGES; i++) {
		char *at = out->bytes + i * AUTH_CHALLENGE_MAX;

		if (!(a->algos & 1u << order[i]))
			continue;
		snprintf(at, AUTH_CHALLENGE_MAX,
			 "Digest realm=\"%.*s\",nonce=\"%s\","
			 "algorithm=%s,qop=\"auth\"%s",
			 VIEW_ARG(realm), nonce, digest_name(order[i]),
			 stale ? ",stale=true" : "");
		out->value[out->count++] = view_str(at);
	}
}

/* ---- credentials ---- */

/* What of an HA1 is asked for, and whose. full: he calls himself
 * user@domain. */
struct claim {
	enum digest_algo algo;
	struct view name;
	bool full;
};

static bool read_claim(const struct auth *a, struct claim *out,
		       const struct credentials *c)
{
	struct view domain;

	out->algo = DIGEST_MD5;
	if (c->algorithm.p && !digest_find(&out->algo, c->algorithm))
		return false;
	if (!(a->algos & 1u << out->algo))
		return false;
	out->full = view_cut(c->username, '@', &out->name, &domain);
	return view_ieqs(c->qop, "auth");
}

/* Empty: there is none. */
static struct view ha1_of(const struct auth *a, const struct user *u,
			  const struct claim *claim)
{
	static const enum user_ha1 which[DIGEST_ALGOS][2] = {
		[DIGEST_MD5] = { USER_MD5, USER_MD5_FULL },
		[DIGEST_SHA256] = { USER_SHA256, USER_SHA256_FULL },
	};

	if (!u || u->disabled || !view_eq(u->realm, users_realm(a->users)))
		return VIEW_NONE;
	return u->ha1[which[claim->algo][claim->full]];
}

bool auth_can(const struct auth *a, const struct credentials *c)
{
	struct claim claim;

	return read_claim(a, &claim, c) &&
	       ha1_of(a, users_find(a->users, claim.name), &claim).n;
}

/* RFC 7616 3.4.1. */
static bool response_right(const struct auth_try *t, enum digest_algo algo,
			   struct view ha1)
{
	const struct credentials *c = t->cred;
	const struct view a2[] = { t->method, c->uri };
	char ha2[DIGEST_HEX_MAX], want[DIGEST_HEX_MAX];
	const struct view all[] = {
		ha1,    c->nonce, c->nc_text,
		c->cnonce, c->qop, view_mem(ha2, digest_hex_len(algo)),
	};

	if (digest_hex(ha2, algo, a2, 2) || digest_hex(want, algo, all, 6))
		return false;
	return digest_eq(view_str(want), c->response);
}

/* The line that etc/fail2ban reads: nothing of a stranger's is in it but
 * letters that can't break it up. */
static void log_failure(const struct auth_try *t, bool last)
{
	char name[LOG_NAME + 1];
	struct buf src = { 0 };
	size_t i;

	for (i = 0; i < t->cred->username.n && i < LOG_NAME; i++) {
		char c = t->cred->username.p[i];

		name[i] = c == '@' || (c && users_name_ok(view_mem(&c, 1))) ?
				  c : '?';
	}
	name[i] = '\0';
	netaddr_put_ip(&src, t->src);
	log_info("sip auth failure user=%s src=%s%s", name, buf_str(&src),
		 last ? ": refused for a while" : "");
	buf_free(&src);
}

/* What one who has many addresses has them of: IPv4 /24, IPv6 /48. */
static struct throttle_source source_of(const struct netaddr *src)
{
	struct throttle_source s = { .source = auth_source(src) };

	if (netaddr_family(src) == AF_INET6)
		s.network = hash_view(view_mem(&src->u.in6.sin6_addr, 6));
	else
		s.network = hash_view(view_mem(&src->u.in.sin_addr, 3));
	return s;
}

void auth_knows(struct auth *a, struct view user, const struct netaddr *src)
{
	const struct throttle_source s = source_of(src);

	if (users_find(a->users, user))
		throttle_passed(a->throttle, &s, user);
}

static enum auth_result failed(struct auth *a, const struct auth_try *t,
			       const struct throttle_source *source,
			       struct view name)
{
	log_failure(t, throttle_failed(a->throttle, source, name));
	return AUTH_WRONG;
}

/* The order is such that only a nonce of ours, made for this very source,
 * leads to hashes, counters and lines in the log: nobody gets there with an
 * address that he has only written down. */
enum auth_result auth_check(struct auth *a, const struct auth_try *t,
			    const struct user **user)
{
	const struct credentials *c = t->cred;
	const struct throttle_source source = source_of(t->src);
	struct claim claim;
	struct view ha1;

	if (!read_claim(a, &claim, c))
		return AUTH_NONE;
	if (throttle_refuses(a->throttle, &source, claim.name))
		return AUTH_REFUSED;
	if (!nonce_good(a->nonces, c->nonce, source.source))
		return AUTH_STALE;
	*user = users_find(a->users, claim.name);
	ha1 = ha1_of(a, *user, &claim);
	if (!ha1.n)
		ha1 = view_mem(a->nobody, digest_hex_len(claim.algo));
	if (!response_right(t, claim.algo, ha1))
		return failed(a, t, &source, claim.name);
	if (!nonce_use(a->nonces, c->nonce, c->nc))
		return AUTH_STALE;
	throttle_passed(a->throttle, &source, claim.name);
	return AUTH_OK;
}
