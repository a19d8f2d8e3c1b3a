/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view, buf, sink: text in and out. */
#include <errno.h>

#include "buf.h"
#include "sink.h"
#include "test.h"
#include "view.h"

static void views_compare_with_and_without_case(void **state)
{
	(void)state;
	assert_true(view_eq(VIEW("abc"), view_str("abc")));
	assert_false(view_eq(VIEW("abc"), VIEW("abC")));
	assert_true(view_ieq(VIEW("aBc"), VIEW("AbC")));
	assert_false(view_ieq(VIEW("@"), VIEW("`")));
	assert_true(view_eq(VIEW_NONE, view_str("")));
	assert_true(view_empty(view_str(NULL)));
	assert_true(view_starts(VIEW("sip:a"), VIEW("sip:")));
	assert_false(view_starts(VIEW("si"), VIEW("sip:")));
	assert_true(view_istarts(VIEW("SIP:a"), VIEW("sip:")));
	assert_int_equal(view_cmp(VIEW("a"), VIEW("ab")), -1);
	assert_int_equal(view_cmp(VIEW("ab"), VIEW("a")), 1);
	assert_true(view_cmp(VIEW("b"), VIEW("a")) > 0);
	assert_int_equal(view_cmp(VIEW_NONE, VIEW_NONE), 0);
}

static void views_are_cut_at_separators(void **state)
{
	struct view head, rest, v = VIEW("  one two\t three ");

	(void)state;
	assert_true(view_cut(VIEW("a@b@c"), '@', &head, &rest));
	assert_view(head, "a");
	assert_view(rest, "b@c");
	assert_true(view_rcut(VIEW("a@b@c"), '@', &head, &rest));
	assert_view(head, "a@b");
	assert_view(rest, "c");
	assert_false(view_cut(VIEW("abc"), '@', &head, &rest));
	assert_view(head, "abc");
	assert_view(rest, "");
	assert_true(view_cut(VIEW("@"), '@', &head, &rest));
	assert_view(head, "");
	assert_view(rest, "");
	assert_view(view_trim(VIEW("\r\n a b \t")), "a b");
	assert_true(view_word(&v, " \t", &head));
	assert_view(head, "one");
	assert_true(view_word(&v, " \t", &head));
	assert_view(head, "two");
	assert_true(view_word(&v, " \t", &head));
	assert_view(head, "three");
	assert_false(view_word(&v, " \t", &head));
}

static void numbers_are_digits_within_bounds(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(view_u64(&n, VIEW("65535"), 65535), 0);
	assert_int_equal(n, 65535);
	assert_int_equal(view_u64(&n, VIEW("65536"), 65535), ERANGE);
	assert_int_equal(
		view_u64(&n, VIEW("18446744073709551615"), UINT64_MAX), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(
		view_u64(&n, VIEW("18446744073709551616"), UINT64_MAX),
		ERANGE);
	assert_int_equal(view_u64(&n, VIEW("9"), 5), ERANGE);
	assert_int_equal(view_u64(&n, VIEW("007"), 7), 0);
	assert_int_equal(view_u64(&n, VIEW(""), 9), EBADMSG);
	assert_int_equal(view_u64(&n, VIEW("-1"), 9), EBADMSG);
	assert_int_equal(view_u64(&n, VIEW("+1"), 9), EBADMSG);
	assert_int_equal(view_u64(&n, VIEW(" 1"), 9), EBADMSG);
	assert_int_equal(view_u64(&n, VIEW("99999999999999999999x"), 9),
			 EBADMSG);
}

static void copies_fit_or_are_refused(void **state)
{
	char dst[4];

	(void)state;
	assert_int_equal(view_copy(dst, sizeof(dst), VIEW("abc")), 0);
	assert_string_equal(dst, "abc");
	assert_int_equal(view_copy(dst, sizeof(dst), VIEW("abcd")), EMSGSIZE);
	assert_string_equal(dst, "");
}

static void buffers_grow_up_to_their_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 300);
	for (int i = 0; i < 300; i++)
		buf_addc(&b, 'x');
	assert_false(b.over);
	assert_int_equal(strlen(buf_str(&b)), 300);
	buf_adds(&b, "y");
	assert_true(b.over);
	assert_int_equal(b.n, 300);
	assert_null(buf_room(&b, SIZE_MAX));
	buf_drop(&b, 299);
	assert_view(buf_view(&b), "x");
	buf_drop(&b, 5);
	assert_int_equal(b.n, 0);
	buf_clear(&b);
	assert_false(b.over);
	buf_free(&b);
}

static void numbers_are_written_in_text(void **state)
{
	struct buf b = { 0 };
	char *s;

	(void)state;
	buf_add_u64(&b, 0);
	buf_addc(&b, ' ');
	buf_add_u64(&b, UINT64_MAX);
	buf_addc(&b, ' ');
	buf_add_hex(&b, 0xdeadbeef);
	buf_addf(&b, " %s", "end");
	s = buf_take(&b);
	assert_string_equal(s, "0 18446744073709551615 00000000deadbeef end");
	assert_int_equal(b.n, 0);
	mem_free(s);
	s = buf_take(&b);
	assert_string_equal(s, "");
	mem_free(s);
}

static void what_is_put_is_read_back(void **state)
{
	struct buf b = { 0 };
	struct reader r;

	(void)state;
	buf_put_u8(&b, 0xff);
	buf_put_u16(&b, 0x1234);
	buf_put_u32(&b, 0xfedcba98);
	buf_put_u64(&b, 0x0123456789abcdef);
	buf_adds(&b, "rest");
	r = (struct reader){ .v = buf_view(&b) };
	assert_int_equal(reader_u8(&r), 0xff);
	assert_int_equal(reader_u16(&r), 0x1234);
	assert_int_equal(reader_u32(&r), 0xfedcba98);
	assert_true(reader_u64(&r) == 0x0123456789abcdef);
	assert_view(reader_bytes(&r, 4), "rest");
	assert_false(r.bad);
	assert_int_equal(reader_u16(&r), 0);
	assert_true(r.bad);
	assert_int_equal(reader_bytes(&r, 0).n, 0);
	buf_free(&b);
}

static void a_short_integer_spoils_the_reader(void **state)
{
	struct reader r = { .v = VIEW("abc") };

	(void)state;
	assert_int_equal(reader_u32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(reader_u8(&r), 0);
}

static void sinks_write_into_buffers(void **state)
{
	struct buf b = { .max = 8 };
	struct sink s = sink_buf(&b);

	(void)state;
	assert_int_equal(sink_printf(&s, "%d-%s", 42, "abc"), 0);
	assert_view(buf_view(&b), "42-abc");
	assert_int_equal(sink_printf(&s, "too long"), EMSGSIZE);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(views_compare_with_and_without_case),
		TEST(views_are_cut_at_separators),
		TEST(numbers_are_digits_within_bounds),
		TEST(copies_fit_or_are_refused),
		TEST(buffers_grow_up_to_their_limit),
		TEST(numbers_are_written_in_text),
		TEST(what_is_put_is_read_back),
		TEST(a_short_integer_spoils_the_reader),
		TEST(sinks_write_into_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
