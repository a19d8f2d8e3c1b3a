/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM-SHA-256 with RFC 7677's example, and base64. */
#include <errno.h>

#include "test.h"
#include "base64.h"
#include "scram.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define SERVER NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

static struct scram *pencil(void)
{
	return scram_new(VIEW("user"), VIEW("pencil"), VIEW(NONCE));
}

static void the_example_of_the_rfc(void **state)
{
	struct scram *s = pencil();
	struct buf b = { 0 };

	(void)state;
	scram_first(s, &b);
	assert_view(buf_view(&b), "n,,n=user,r=" NONCE);
	assert_int_equal(scram_verify(s, VIEW("v=AAAA")), ENOTCONN);
	buf_clear(&b);
	assert_int_equal(scram_final(s, VIEW("r=" SERVER
		",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), &b), 0);
	assert_view(buf_view(&b), "c=biws,r=" SERVER
		    ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert_int_equal(scram_verify(s, VIEW(
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")), 0);
	assert_int_equal(scram_verify(s, VIEW(
		"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")), EACCES);
	assert_int_equal(scram_verify(s, VIEW("e=invalid-proof")), EACCES);
	assert_int_equal(scram_verify(s, VIEW("v=%%%%")), EBADMSG);
	assert_int_equal(scram_verify(s, VIEW("")), EBADMSG);
	buf_free(&b);
	mem_deref(s);
}

static void what_a_server_may_not_ask(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "", EBADMSG },
		{ "r=other,s=QSXCR+Q6sek8bf92,i=4096", EBADMSG },
		/* Our own nonce, nothing of the server's. */
		{ "r=" NONCE ",s=QSXCR+Q6sek8bf92,i=4096", EBADMSG },
		{ "r=" SERVER ",s=,i=4096", EBADMSG },
		{ "r=" SERVER ",s=!!!!,i=4096", EBADMSG },
		{ "r=" SERVER ",s=QSXCR+Q6sek8bf92,i=", EBADMSG },
		{ "r=" SERVER ",s=QSXCR+Q6sek8bf92,i=1", ERANGE },
		{ "r=" SERVER ",s=QSXCR+Q6sek8bf92,i=4000000000", ERANGE },
		{ "m=x,r=" SERVER ",s=QSXCR+Q6sek8bf92,i=4096", EBADMSG },
	};
	struct scram *s = pencil();
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(scram_final(s, view_str(bad[i].text), &b),
				 bad[i].err);
		assert_int_equal(b.n, 0);
	}
	buf_free(&b);
	mem_deref(s);
}

static void names_are_escaped_and_nonces_differ(void **state)
{
	struct scram *s = scram_new(VIEW("a,b=c"), VIEW("x"), VIEW_NONE);
	struct scram *t = scram_new(VIEW("a,b=c"), VIEW("x"), VIEW_NONE);
	struct buf b = { 0 }, c = { 0 };

	(void)state;
	scram_first(s, &b);
	scram_first(t, &c);
	assert_true(view_starts(buf_view(&b), VIEW("n,,n=a=2Cb=3Dc,r=")));
	assert_int_equal(b.n, c.n);
	assert_int_equal(b.n, sizeof("n,,n=a=2Cb=3Dc,r=") - 1 + 24);
	assert_false(view_eq(buf_view(&b), buf_view(&c)));
	buf_free(&b);
	buf_free(&c);
	mem_deref(s);
	mem_deref(t);
}

static void base64_is_strict(void **state)
{
	static const char *const bad[] = { "A", "AA", "AAA", "AA=A", "A===",
					   "====", " AAA", "AAA\n", "AA==AA==",
					   "AA-_" };
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(base64_encode(&b, VIEW("\0\xff" "any")), 0);
	assert_view(buf_view(&b), "AP9hbnk=");
	buf_clear(&b);
	assert_int_equal(base64_encode(&b, VIEW_NONE), 0);
	assert_int_equal(base64_decode(&b, VIEW_NONE), 0);
	assert_int_equal(b.n, 0);
	assert_int_equal(base64_decode(&b, VIEW("AP9hbnk=")), 0);
	assert_int_equal(b.n, 5);
	assert_memory_equal(b.p, "\0\xff" "any", 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64_decode(&b, view_str(bad[i])), EBADMSG);
	assert_int_equal(b.n, 5);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_example_of_the_rfc),
		TEST(what_a_server_may_not_ask),
		TEST(names_are_escaped_and_nonces_differ),
		TEST(base64_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
