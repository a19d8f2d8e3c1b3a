/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "elem.h"
#include "test.h"

static void sample(struct buf *b)
{
	elem_open(b, "message", "jabber:client");
	elem_attrs(b, "from", "a@x/r");
	elem_attrs(b, "id", "");
	elem_attr_u64(b, "n", 7);
	elem_leaf(b, "body", NULL, VIEW("hi <b> & \"you\""));
	elem_text(b, VIEW("one"));
	elem_open(b, "x", "urn:x");
	elem_leaf(b, "body", NULL, VIEW("inner"));
	elem_close(b);
	elem_text(b, VIEW("two"));
	elem_close(b);
}

static void what_is_made_is_read(void **state)
{
	struct buf b = { 0 }, text = { 0 };
	struct elem e, x, inner;
	size_t pos = 0;

	(void)state;
	sample(&b);
	assert_int_equal(elem_check(buf_view(&b)), 0);
	elem_read(&e, buf_view(&b));
	assert_true(elem_is(&e, "message", "jabber:client"));
	assert_true(view_eqs(elem_get(&e, "from"), "a@x/r"));
	assert_true(view_empty(elem_get(&e, "id")));
	assert_true(view_eqs(elem_get(&e, "n"), "7"));
	assert_true(view_eqs(elem_child_words(&e, "body", "jabber:client"),
			     "hi <b> & \"you\""));
	assert_false(elem_has(&e, "body", "urn:x"));
	assert_true(elem_child(&x, &e, NULL, "urn:x"));
	assert_true(elem_child(&inner, &x, "body", "urn:x"));
	assert_true(view_eqs(elem_words(&inner), "inner"));
	assert_true(view_eqs(elem_words(&e), "one"));
	elem_add_text(&text, &e);
	assert_true(view_eqs(buf_view(&text), "onetwo"));
	assert_true(elem_next(&x, &e, &pos));
	assert_true(elem_is(&x, "body", NULL));
	assert_true(elem_next(&x, &e, &pos));
	assert_true(elem_is(&x, "x", NULL));
	assert_false(elem_next(&x, &e, &pos));
	buf_free(&b);
	buf_free(&text);
}

static void text_can_be_no_syntax(void **state)
{
	static const char bad[] = "a\1b\4c\2d\3e\6\xff\x1b";
	struct buf b = { 0 };
	struct elem e;

	(void)state;
	elem_open(&b, "m", "n");
	elem_attr(&b, "k", view_str(bad));
	elem_text(&b, view_str(bad));
	elem_close(&b);
	assert_int_equal(elem_check(buf_view(&b)), 0);
	elem_read(&e, buf_view(&b));
	assert_true(view_eqs(elem_get(&e, "k"), "abcde\xef\xbf\xbd"));
	assert_true(view_eqs(elem_words(&e), "abcde\xef\xbf\xbd"));
	buf_free(&b);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"",		 "x",
		"\1m",		 "\1m\4",
		"\1m\5n",	 "\1m\5n\4\4",
		"\1m\5n\4x",	 "\1\5n\4",
		"\1m\5n\2k\4",	 "\1m\5n\2\3v\4",
		"\1m\5n\3v\4",	 "\1m\5n\4\1m\5n\4",
		"\1m\5n\6t\5u\4", "\4", "\1m\5n\6\xff\4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(elem_check(view_str(bad[i])), EBADMSG);
	assert_int_equal(elem_check(VIEW("\1m\5n\6a\0b\4")), EBADMSG);
}

/* What was made by hand would write more than it is, or end the stream of
 * whoever gets it. */
static void what_is_no_xml_is_refused(void **state)
{
	static const char *const bad[] = {
		"m/><iq", "m x='", "m>", "a:b", "1m", "-m", ".m", "m\"",
		"m&amp;", "m\x7f", "\xc3\xa4",
	};
	static const char *const whole[] = {
		"\1m\5n\2k='\3v\4", "\1m\5n\2a:b\3v\4", "\1m\5n\2xmlns\3v\4",
		"\1m\5n\2k\3v\2k\3w\4", "\1m\5n\1x\2k\3v\2k\3w\4\4",
		"\1m\5n\6\x1b\4", "\1m\5n\6\x0c\4", "\1m\5n\2k\3\x1f\4",
		"\1m\5n\6\xef\xbf\xbe\4", "\1m\5n\6\xef\xbf\xbf\4",
		"\1m\5http://www.w3.org/XML/1998/namespace\4",
		"\1m\5n\1x\5http://www.w3.org/2000/xmlns/\4\4",
	};
	static const char *const good[] = {
		"\1m-1._\5n\2xml:lang\3de\2k\3a'<&>\x7f\4",
		"\1_\5n\6\xef\xbf\xbd\t\r\n\4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = { 0 };

		buf_addf(&b, "\1%s\5n\4", bad[i]);
		assert_int_equal(elem_check(buf_view(&b)), EBADMSG);
		buf_clear(&b);
		buf_addf(&b, "\1m\5n\1%s\4\4", bad[i]);
		assert_int_equal(elem_check(buf_view(&b)), EBADMSG);
		buf_free(&b);
	}
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		assert_int_equal(elem_check(view_str(whole[i])), EBADMSG);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(elem_check(view_str(good[i])), 0);
}

static void depth_and_size_end(void **state)
{
	struct buf b = { 0 };
	int i;

	(void)state;
	for (i = 0; i < ELEM_DEPTH_MAX; i++)
		elem_open(&b, "m", "n");
	for (i = 0; i < ELEM_DEPTH_MAX; i++)
		elem_close(&b);
	assert_int_equal(elem_check(buf_view(&b)), 0);
	buf_clear(&b);
	for (i = 0; i <= ELEM_DEPTH_MAX; i++)
		elem_open(&b, "m", "n");
	for (i = 0; i <= ELEM_DEPTH_MAX; i++)
		elem_close(&b);
	assert_int_equal(elem_check(buf_view(&b)), EBADMSG);
	buf_clear(&b);
	elem_open(&b, "m", "n");
	for (i = 0; i < ELEM_MAX; i++)
		elem_text(&b, VIEW("x"));
	elem_close(&b);
	assert_int_equal(elem_check(buf_view(&b)), EMSGSIZE);
	buf_free(&b);
}

static void a_copy_keeps_its_namespace(void **state)
{
	struct buf b = { 0 }, c = { 0 };
	struct elem e, x, y;

	(void)state;
	sample(&b);
	elem_read(&e, buf_view(&b));
	assert_true(elem_child(&x, &e, "body", NULL));
	elem_open(&c, "forwarded", "urn:f");
	elem_copy(&c, &x, VIEW("urn:f"));
	elem_copy(&c, &e, VIEW("urn:f"));
	elem_close(&c);
	assert_int_equal(elem_check(buf_view(&c)), 0);
	elem_read(&x, buf_view(&c));
	assert_true(elem_child(&y, &x, "body", "jabber:client"));
	assert_true(view_eqs(elem_words(&y), "hi <b> & \"you\""));
	assert_true(elem_child(&y, &x, "message", "jabber:client"));
	assert_true(view_eqs(elem_get(&y, "from"), "a@x/r"));
	buf_free(&b);
	buf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_read),
		cmocka_unit_test(text_can_be_no_syntax),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(what_is_no_xml_is_refused),
		cmocka_unit_test(depth_and_size_end),
		cmocka_unit_test(a_copy_keeps_its_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
