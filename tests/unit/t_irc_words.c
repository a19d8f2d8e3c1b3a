/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An irc section as words. */
#include <errno.h>

#include "irc_words.h"
#include "words.h"
#include "test.h"

static int read_words(struct conf_irc *n, const char *label,
		      const char *const *words, struct buf *why)
{
	struct view v[16];
	size_t count = 0;

	while (words[count]) {
		v[count] = view_str(words[count]);
		count++;
	}
	return irc_words_read(n, view_str(label), v, count, why);
}

static void words_make_a_section(void **state)
{
	static const char *const words[] = {
		"server=irc.x.org", "port=6697", "tls=false",
		"servers=a.x.org,b.x.org:7000", "realname=a b = c",
		"account_password=p=w", "nickserv=", NULL
	};
	struct buf why = { 0 }, out = { 0 };
	struct conf_irc n;

	(void)state;
	assert_int_equal(read_words(&n, "lab", words, &why), 0);
	assert_string_equal(n.label, "lab");
	assert_string_equal(n.server, "irc.x.org");
	assert_int_equal(n.port, 6697);
	assert_false(n.tls);
	assert_string_equal(n.servers[0], "a.x.org");
	assert_string_equal(n.servers[1], "b.x.org:7000");
	assert_null(n.servers[2]);
	assert_string_equal(n.realname, "a b = c");
	assert_string_equal(n.account_password, "p=w");
	assert_string_equal(n.nick, "confab");
	assert_int_equal(n.flood_burst, 5);
	irc_words_put(&out, &n);
	assert_string_equal(buf_str(&out), "server=irc.x.org\n"
					   "servers=a.x.org,b.x.org:7000\n"
					   "port=6697\n"
					   "tls=false\n"
					   "realname=a b = c\n"
					   "account_password=p=w\n");
	irc_words_free(&n);
	buf_free(&out);
	buf_free(&why);
}

static void what_is_kept_is_read_again(void **state)
{
	static const char *const words[] = { "server=x", "flood_ms=7",
					     "password_file=/x",
					     "password=y", NULL };
	struct buf why = { 0 }, out = { 0 }, again = { 0 };
	struct view lines[16], rest;
	struct conf_irc n, m;
	size_t count = 0;

	(void)state;
	assert_int_equal(read_words(&n, "lab", words, &why), 0);
	irc_words_put(&out, &n);
	for (rest = buf_view(&out); rest.n; count++)
		view_cut(rest, '\n', &lines[count], &rest);
	assert_int_equal(irc_words_read(&m, VIEW("lab"), lines, count, &why),
			 0);
	assert_string_equal(m.password, "y");
	assert_string_equal(m.password_file, "");
	irc_words_put(&again, &m);
	assert_true(view_eq(buf_view(&out), buf_view(&again)));
	irc_words_free(&n);
	irc_words_free(&m);
	buf_free(&out);
	buf_free(&again);
	buf_free(&why);
}

static void ill_words_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "colour=red", "port=x", "port=", "port=-1", "port=7x",
		"tls=yes", "family=ipv5", "fingerprint=00", "sasl=maybe",
		"servers=a b", "server=", "nick=", "label=x",
		"servers=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
	};
	struct buf why = { 0 };
	struct conf_irc n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const words[] = { "server=x", bad[i], NULL };

		buf_clear(&why);
		assert_int_equal(read_words(&n, "lab", words, &why), EINVAL);
		assert_true(why.n > 0);
		irc_words_free(&n);
	}
	assert_int_equal(irc_words_read(&n, VIEW("lab"),
					&VIEW("server=x\0y"), 1, &why),
			 EINVAL);
	irc_words_free(&n);
	buf_free(&why);
}

static void labels_are_short_and_plain(void **state)
{
	static const char *const bad[] = {
		"", "a b", "a/b", "a*b", "\xc3\xbc",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	static const char *const words[] = { "server=x", NULL };
	struct buf why = { 0 };
	struct conf_irc n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_words(&n, bad[i], words, &why), EINVAL);
		irc_words_free(&n);
	}
	assert_true(words_is_secret(VIEW("password=x")));
	assert_true(words_is_secret(VIEW("webirc_password=")));
	assert_false(words_is_secret(VIEW("password_file=x")));
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_make_a_section),
		TEST(what_is_kept_is_read_again),
		TEST(ill_words_are_refused),
		TEST(labels_are_short_and_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
