/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest credentials: what phones write, and what nobody should. */
#include "test.h"

#include <errno.h>

#include "credentials_priv.h"

static struct credentials c;

static int parse(const char *text)
{
	return credentials_parse(&c, view_str(text));
}

#define MUST \
	"username=\"a\",realm=\"r\",nonce=\"n\",uri=\"sip:h\"," \
	"response=\"x\""

static void test_usual(void **state)
{
	(void)state;
	assert_int_equal(
		parse("Digest username=\"bob\", realm=\"biloxi.example\",\r\n "
		      "nonce=\"dcd98b\", uri=\"sip:bob@biloxi.example\", "
		      "qop=auth, nc=0000001f, cnonce=\"0a4f113b\", "
		      "response=\"6629fa\", opaque=\"5ccc\", algorithm=MD5"),
		0);
	assert_view(c.username, "bob");
	assert_view(c.realm, "biloxi.example");
	assert_view(c.nonce, "dcd98b");
	assert_view(c.uri, "sip:bob@biloxi.example");
	assert_view(c.response, "6629fa");
	assert_view(c.algorithm, "MD5");
	assert_view(c.qop, "auth");
	assert_view(c.cnonce, "0a4f113b");
	assert_view(c.nc_text, "0000001f");
	assert_int_equal(c.nc, 31);
}

/* Quotes where none belong, none where they do, other letter case, blanks. */
static void test_loose(void **state)
{
	(void)state;
	assert_int_equal(parse("dIgEsT  USERNAME = \"a\" ,Realm=\"r\",nonce=n,"
			       "uri=sip:h;x=y,response=\"x\",qop=\"auth\","
			       "nc=\"00000002\",cnonce=c,"
			       "algorithm=\"SHA-256\""),
			 0);
	assert_view(c.uri, "sip:h;x=y");
	assert_view(c.nonce, "n");
	assert_view(c.qop, "auth");
	assert_int_equal(c.nc, 2);
	assert_int_equal(parse("Digest " MUST), 0);
	assert_false(c.qop.p || c.algorithm.p || c.nc);
}

/* What an escape stands for is not looked at; where the string ends is. */
static void test_escapes(void **state)
{
	(void)state;
	assert_int_equal(parse("Digest username=\"a\\\"b,c=d\\\\\","
			       "realm=\"r\",nonce=\"n\",uri=\"u\","
			       "response=\"x\""),
			 0);
	assert_view(c.username, "a\\\"b,c=d\\\\");
}

static void test_other_schemes(void **state)
{
	(void)state;
	assert_int_equal(parse("Basic QWxhZGRpbg=="), ENOENT);
	assert_int_equal(parse("NoOneKnowsThisScheme opaque-data=here"),
			 ENOENT);
	assert_int_equal(parse("Digester " MUST), ENOENT);
	assert_int_equal(parse(""), ENOENT);
}

static void test_hostile(void **state)
{
	static const char *const bad[] = {
		"Digest",
		"Digest ",
		"Digest ,",
		"Digest=" MUST,
		"Digest " MUST ",",
		"Digest " MUST ",,",
		"Digest " MUST " ;x=y",
		"Digest " MUST " x=y",
		"Digest " MUST ",username=\"b\"",
		"Digest " MUST ",Response=y",
		"Digest " MUST ",opaque",
		"Digest " MUST ",opaque=",
		"Digest " MUST ",=x",
		"Digest " MUST ",opaque=\"x",
		"Digest " MUST ",opaque=\"x\\\"",
		"Digest " MUST ",nc=1",
		"Digest " MUST ",nc=0000000g",
		"Digest " MUST ",nc=00000000",
		"Digest " MUST ",nc=000000001",
		"Digest " MUST ",qop=auth",
		"Digest " MUST ",qop=auth,nc=00000001",
		"Digest " MUST ",qop=auth,cnonce=\"x\"",
		"Digest " MUST ",qop=auth,cnonce=\"\",nc=00000001",
		"Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\"",
		"Digest username=\"\",realm=\"r\",nonce=\"n\",uri=\"u\","
		"response=\"x\"",
		"Digest username=\"a\",realm=\"\",nonce=\"n\",uri=\"u\","
		"response=\"x\"",
		"Digest username*=UTF-8''a,realm=\"r\",nonce=\"n\",uri=\"u\","
		"response=\"x\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i]) != EBADMSG)
			fail_msg("taken: %s", bad[i]);
	}
}

static void test_bounds(void **state)
{
	static char text[4096];
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), "Digest " MUST);
	while (n < 300)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",p%zu=v",
				      n);
	assert_int_equal(parse(text), EBADMSG);

	n = (size_t)snprintf(text, sizeof(text), "Digest " MUST ",opaque=\"");
	memset(text + n, 'x', CREDENTIALS_VALUE);
	text[n + CREDENTIALS_VALUE] = '"';
	assert_int_equal(parse(text), 0);
	text[n + CREDENTIALS_VALUE] = 'x';
	text[n + CREDENTIALS_VALUE + 1] = '"';
	assert_int_equal(parse(text), EBADMSG);
}

/* Every beginning of it, and a NUL at every place. */
static void test_cut(void **state)
{
	static const char whole[] = "Digest " MUST ",qop=auth,nc=00000001,"
				    "cnonce=\"z\\\"\"";
	char text[sizeof(whole)];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(whole) - 1; i++) {
		credentials_parse(&c, view_mem(whole, i));
		memcpy(text, whole, sizeof(whole));
		text[i] = '\0';
		credentials_parse(&c, view_mem(text, sizeof(whole) - 1));
	}
	assert_int_equal(credentials_parse(&c, view_str(whole)), 0);
	assert_view(c.cnonce, "z\\\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_usual),	  TEST(test_loose),
		TEST(test_escapes),	  TEST(test_other_schemes),
		TEST(test_hostile),	  TEST(test_bounds),
		TEST(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
