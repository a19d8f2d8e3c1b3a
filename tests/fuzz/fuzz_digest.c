/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An Authorization header of any content, in which "@" stands for a nonce of
 * ours: it lets nobody in. With the right response in place of the one that
 * it has it lets alice in, once, if all else of it is sound.
 */
#include <string.h>

#include "fuzz.h"

#include "auth_priv.h"
#include "buf.h"
#include "clock.h"
#include "digest.h"
#include "log.h"

#define REALM "confab.example"
#define HA1_MD5 "00112233445566778899aabbccddeeff"
#define HA1_SHA256 HA1_MD5 HA1_MD5

static struct users *users_make(void)
{
	struct users *us = users_new(VIEW(REALM), VIEW(REALM));
	const struct user u = {
		.name = VIEW("alice"),
		.realm = VIEW(REALM),
		.ha1 = { VIEW(HA1_MD5), VIEW(HA1_SHA256) },
		.created_ms = 1,
	};

	assert(!users_put(us, &u));
	return us;
}

static struct view nonce_of(const struct auth_challenge *offer)
{
	const char *at = strstr(offer->value[0].p, "nonce=\"");

	return view_mem(at + 7, 40);
}

static void fill(struct buf *b, struct view v, struct view nonce)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '@')
			buf_addv(b, nonce);
		else
			buf_addc(b, v.p[i]);
	}
}

static void check_views(const struct credentials *c, struct view all)
{
	const struct view each[] = { c->username, c->realm, c->nonce, c->uri,
				     c->response, c->algorithm, c->qop,
				     c->cnonce, c->nc_text };

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		assert(fuzz_within(each[i], all));
		assert(each[i].n <= CREDENTIALS_VALUE);
	}
	assert(c->username.n && c->realm.n && c->nonce.n && c->uri.n);
	assert(c->response.n && (c->nc != 0) == (c->nc_text.n != 0));
}

/* Would the right answer to these get in? */
static bool is_sound(const struct credentials *c, struct view nonce,
		     enum digest_algo *algo)
{
	*algo = DIGEST_MD5;
	return (!c->algorithm.p || digest_find(algo, c->algorithm)) &&
	       view_eqs(c->username, "alice") && view_ieqs(c->qop, "auth") &&
	       view_eq(c->nonce, nonce);
}

/* RFC 7616 3.4.1, by who has the password. */
static void answer(char out[DIGEST_HEX_MAX], const struct credentials *c,
		   enum digest_algo algo)
{
	char ha2[DIGEST_HEX_MAX];
	const struct view a2[] = { VIEW("MESSAGE"), c->uri };
	const struct view all[] = {
		view_str(algo == DIGEST_MD5 ? HA1_MD5 : HA1_SHA256),
		c->nonce, c->nc_text, c->cnonce, c->qop,
		view_mem(ha2, digest_hex_len(algo)),
	};

	assert(!digest_hex(ha2, algo, a2, 2));
	assert(!digest_hex(out, algo, all, 6));
}

static void try(struct auth *a, struct credentials *c, struct view nonce,
		const struct netaddr *src)
{
	const struct auth_try t = { c, src, VIEW("MESSAGE") };
	const struct user *user = NULL;
	char right[DIGEST_HEX_MAX];
	struct view guess = c->response;
	enum digest_algo algo;
	bool sound = is_sound(c, nonce, &algo);

	answer(right, c, algo);
	c->response = view_str(right);
	assert((auth_check(a, &t, &user) == AUTH_OK) == sound);
	assert(!sound || (user && view_eqs(user->name, "alice")));
	assert(auth_check(a, &t, &user) != AUTH_OK); /* once */
	c->response = guess;
	for (int n = 0; n < 8; n++)
		assert(auth_check(a, &t, &user) != AUTH_OK);
}

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct users *us = users_make();
	struct auth *a = auth_new(us, 1u << DIGEST_MD5 | 1u << DIGEST_SHA256);
	struct auth_challenge offer;
	struct credentials c;
	struct netaddr src;
	struct buf b = { 0 };

	log_set_handler(quiet, NULL);
	clock_freeze(100000, 1700000000000);
	netaddr_set(&src, VIEW("192.0.2.1"), 5060);
	auth_challenge(a, &offer, &src, false);
	fill(&b, view_mem(data, size), nonce_of(&offer));
	if (!credentials_parse(&c, buf_view(&b))) {
		check_views(&c, buf_view(&b));
		if (auth_is_ours(a, &c))
			try(a, &c, nonce_of(&offer), &src);
	}
	buf_free(&b);
	auth_free(a);
	users_free(us);
	assert(!mem_live());
	return 0;
}
