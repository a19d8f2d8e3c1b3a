/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes: the examples of RFC 2617 3.5, RFC 7616 3.9.1 and RFC 4231. */
#include "test.h"

#include <errno.h>

#include "digest.h"

static char hex[DIGEST_HEX_MAX];

static const char *hash(enum digest_algo a, struct view one, struct view two,
			struct view three)
{
	const struct view parts[] = { one, two, three };

	assert_int_equal(digest_hex(hex, a, parts, three.p ? 3 : 2), 0);
	return hex;
}

/* As the server works it out. */
static const char *response(enum digest_algo a, const char *ha1,
			    const char *nonce, const char *cnonce)
{
	char ha2[DIGEST_HEX_MAX];
	struct view parts[] = { view_str(ha1), view_str(nonce),
				VIEW("00000001"), view_str(cnonce),
				VIEW("auth"), view_str(ha2) };

	memcpy(ha2, hash(a, VIEW("GET"), VIEW("/dir/index.html"), VIEW_NONE),
	       sizeof(ha2));
	parts[5] = view_str(ha2);
	assert_int_equal(digest_hex(hex, a, parts, 6), 0);
	return hex;
}

/* FIPS 180: "abc", and nothing. */
static void test_sha1(void **state)
{
	char out[41];

	(void)state;
	assert_int_equal(digest_sha1_hex(out, VIEW("abc")), 0);
	assert_string_equal(out, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_int_equal(digest_sha1_hex(out, VIEW_NONE), 0);
	assert_string_equal(out, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void test_rfc2617(void **state)
{
	(void)state;
	assert_string_equal(hash(DIGEST_MD5, VIEW("Mufasa"),
				 VIEW("testrealm@host.com"),
				 VIEW("Circle Of Life")),
			    "939e7578ed9e3c518a452acee763bce9");
	assert_string_equal(response(DIGEST_MD5,
				     "939e7578ed9e3c518a452acee763bce9",
				     "dcd98b7102dd2f0e8b11d0f600bfb0c093",
				     "0a4f113b"),
			    "6629fae49393a05397450978507c4ef1");
}

#define NONCE "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static void test_rfc7616(void **state)
{
	const struct view who = VIEW("Mufasa"),
			  realm = VIEW("http-auth@example.org"),
			  secret = VIEW("Circle of Life");
	char ha1[DIGEST_HEX_MAX];

	(void)state;
	memcpy(ha1, hash(DIGEST_MD5, who, realm, secret), sizeof(ha1));
	assert_string_equal(response(DIGEST_MD5, ha1, NONCE, CNONCE),
			    "8ca523f5e9506fed4657c9700eebdbec");
	memcpy(ha1, hash(DIGEST_SHA256, who, realm, secret), sizeof(ha1));
	assert_string_equal(response(DIGEST_SHA256, ha1, NONCE, CNONCE),
			    "753927fa0e85d155564e2e272a28d1802ca10daf44967946"
			    "97cf8db5856cb6c1");
}

/* Empty parts count, and what has colons is no other list of parts. */
static void test_parts(void **state)
{
	(void)state;
	assert_string_equal(hash(DIGEST_MD5, VIEW_NONE, VIEW(""), VIEW_NONE),
			    "853ae90f0351324bd73ea615e6487517"); /* ":" */
	assert_int_equal(digest_hex(hex, DIGEST_MD5, NULL, 0), 0);
	assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
}

/* RFC 4231 4.2 and 4.3, each again: nothing is left of the one before. */
static void test_key_signs_again(void **state)
{
	static const uint8_t one[] = { 0xb0, 0x34, 0x4c, 0x61 };
	static const uint8_t two[] = { 0x5b, 0xdc, 0xc1, 0x46 };
	char key[20];
	struct digest_key *a, *b = digest_key_new(VIEW("Jefe"));
	uint8_t mac[DIGEST_HMAC];
	int i;

	(void)state;
	memset(key, 0x0b, sizeof(key));
	a = digest_key_new(view_mem(key, sizeof(key)));
	for (i = 0; i < 3; i++) {
		assert_int_equal(digest_sign(mac, a, VIEW("Hi There")), 0);
		assert_memory_equal(mac, one, sizeof(one));
		assert_int_equal(digest_sign(mac, b, VIEW(
			"what do ya want for nothing?")), 0);
		assert_memory_equal(mac, two, sizeof(two));
		assert_int_equal(digest_sign(mac, b, VIEW_NONE), 0);
	}
	digest_key_free(a);
	digest_key_free(b);
	digest_key_free(NULL);
}

static void test_hmac(void **state)
{
	static const uint8_t want[] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60,
					0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26 };
	uint8_t mac[DIGEST_HMAC];

	(void)state;
	assert_int_equal(digest_hmac(mac, VIEW("Jefe"),
				     VIEW("what do ya want for nothing?")),
			 0);
	assert_memory_equal(mac, want, sizeof(want));
}

static void test_eq(void **state)
{
	(void)state;
	assert_true(digest_eq(VIEW("abc"), VIEW("abc")));
	assert_true(digest_eq(VIEW_NONE, VIEW("")));
	assert_false(digest_eq(VIEW("abc"), VIEW("abd")));
	assert_false(digest_eq(VIEW("abc"), VIEW("abcd")));
	assert_false(digest_eq(VIEW("abc"), VIEW_NONE));
}

static void test_names(void **state)
{
	enum digest_algo a;

	(void)state;
	assert_true(digest_find(&a, VIEW("md5")) && a == DIGEST_MD5);
	assert_true(digest_find(&a, VIEW("SHA-256")) && a == DIGEST_SHA256);
	assert_false(digest_find(&a, VIEW("MD5-sess")));
	assert_false(digest_find(&a, VIEW("SHA-512-256")));
	assert_false(digest_find(&a, VIEW_NONE));
	assert_int_equal(digest_hex_len(DIGEST_MD5), 32);
	assert_string_equal(digest_name(DIGEST_SHA256), "SHA-256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sha1),
		TEST(test_rfc2617), TEST(test_rfc7616), TEST(test_parts),
		TEST(test_key_signs_again),
		TEST(test_hmac),    TEST(test_eq),	TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
