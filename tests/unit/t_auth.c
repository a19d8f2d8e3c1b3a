/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a check of credentials costs: the hashes of the same lengths whoever
 * it is, none for whom nobody has to hear. All hashes go through
 * __wrap_digest_hex().
 */
#include "test.h"

#include "auth_priv.h"
#include "clock.h"
#include "digest.h"

#define REALM "confab.example"

int __real_digest_hex(char out[DIGEST_HEX_MAX], enum digest_algo a,
		      const struct view *parts, size_t count);
int __wrap_digest_hex(char out[DIGEST_HEX_MAX], enum digest_algo a,
		      const struct view *parts, size_t count);

static unsigned hashes;
static size_t hashed; /* bytes */

static struct users *us;
static struct auth *auth;
static struct netaddr here, there;
static struct auth_challenge offer;

int __wrap_digest_hex(char out[DIGEST_HEX_MAX], enum digest_algo a,
		      const struct view *parts, size_t count)
{
	size_t i;

	hashes++;
	for (i = 0; i < count; i++)
		hashed += parts[i].n + (i > 0);
	return __real_digest_hex(out, a, parts, count);
}

static void add_user(const char *name, bool disabled, bool md5_only)
{
	static const char hex[] = "0123456789abcdef0123456789abcdef"
				  "0123456789abcdef0123456789abcdef";
	const struct user u = {
		.name = view_str(name),
		.realm = VIEW(REALM),
		.ha1 = { [USER_MD5] = view_head(view_str(hex), 32),
			 [USER_SHA256] = view_str(md5_only ? "" : hex) },
		.disabled = disabled,
	};

	assert_int_equal(users_put(us, &u), 0);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	clock_freeze(1000000, 1700000000000);
	us = users_new(VIEW(REALM), VIEW(REALM));
	auth = auth_new(us, 1u << DIGEST_MD5 | 1u << DIGEST_SHA256);
	add_user("alice", false, false);
	add_user("mute", true, false);
	add_user("old", false, true);
	netaddr_set(&here, VIEW("192.0.2.1"), 5060);
	netaddr_set(&there, VIEW("192.0.2.2"), 5060);
	return 0;
}

static int teardown(void **state)
{
	auth_free(auth);
	users_free(us);
	clock_thaw();
	return test_teardown(state);
}

/* A guess for user, with the nonce in offer. */
static enum auth_result guess(const char *user, const struct netaddr *src)
{
	const struct view value = offer.value[0];
	const char *at = strstr(value.p, "nonce=\"");
	const struct credentials c = {
		.username = view_str(user),
		.realm = VIEW(REALM),
		.nonce = view_mem(at + 7, 40),
		.uri = VIEW("sip:lobby@" REALM),
		.response = VIEW("0123456789abcdef0123456789abcdef"
				 "0123456789abcdef0123456789abcdef"),
		.algorithm = VIEW("SHA-256"),
		.qop = VIEW("auth"),
		.cnonce = VIEW("0"),
		.nc_text = VIEW("00000001"),
		.nc = 1,
	};
	const struct auth_try t = { .cred = &c,
				    .src = src,
				    .method = VIEW("MESSAGE") };
	const struct user *u;

	hashes = 0;
	hashed = 0;
	return auth_check(auth, &t, &u);
}

static void test_same_work(void **state)
{
	static const char *const others[] = { "none5", "mute", "old", "",
					      "alice@elsewhere.example" };
	size_t want, i;

	(void)state;
	auth_challenge(auth, &offer, &here, false);
	assert_int_equal(guess("alice", &here), AUTH_WRONG);
	assert_int_equal(hashes, 2);
	want = hashed;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		clock_advance(59 * 1000); /* not too many guesses at once */
		auth_challenge(auth, &offer, &here, false);
		assert_int_equal(guess(others[i], &here), AUTH_WRONG);
		assert_int_equal(hashes, 2);
		assert_int_equal(hashed, want);
	}
}

static void test_no_work(void **state)
{
	int i;

	(void)state;
	/* somebody else's nonce, and an old one */
	auth_challenge(auth, &offer, &there, false);
	assert_int_equal(guess("alice", &here), AUTH_STALE);
	assert_int_equal(hashes, 0);
	auth_challenge(auth, &offer, &here, false);
	clock_advance(301 * 1000);
	assert_int_equal(guess("alice", &here), AUTH_STALE);
	assert_int_equal(hashes, 0);

	/* too many failures */
	auth_challenge(auth, &offer, &here, false);
	for (i = 0; i < 5; i++)
		assert_int_equal(guess("alice", &here), AUTH_WRONG);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(guess("alice", &here), AUTH_REFUSED);
		assert_int_equal(hashes, 0);
	}
}

/* Addresses that were only written down lock nobody out. */
static void test_forged_source(void **state)
{
	int i;

	(void)state;
	auth_challenge(auth, &offer, &there, false);
	for (i = 0; i < 100; i++)
		assert_int_equal(guess("alice", &here), AUTH_STALE);
	auth_challenge(auth, &offer, &here, false);
	assert_int_equal(guess("alice", &here), AUTH_WRONG);
}

static void test_sources(void **state)
{
	struct netaddr a, b;

	(void)state;
	assert_int_not_equal(auth_source(&here), auth_source(&there));
	netaddr_set(&a, VIEW("192.0.2.1"), 9);
	assert_int_equal(auth_source(&here), auth_source(&a));
	netaddr_set(&a, VIEW("2001:db8::1"), 9);
	netaddr_set(&b, VIEW("2001:db8:0:0:ffff::2"), 8);
	assert_int_equal(auth_source(&a), auth_source(&b));
	netaddr_set(&b, VIEW("2001:db8:0:1::1"), 9);
	assert_int_not_equal(auth_source(&a), auth_source(&b));
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same_work),
		TEST(test_no_work),
		TEST(test_forged_source),
		TEST(test_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
