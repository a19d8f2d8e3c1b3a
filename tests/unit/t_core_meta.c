/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "meta.h"
#include "show.h"
#include "test.h"

static void what_is_put_is_got(void **state)
{
	const struct meta in = {
		.subject = VIEW("a=b c"), .lang = VIEW("de-AT"),
		.thread = VIEW("t1"),	  .id = VIEW("i1"),
		.to = VIEW("a@b/c"),	  .replaces = VIEW("i0"),
		.receipt = true,	  .hops = 69,
		.as = VIEW("a@x.org"),	  .notice = true,
		.origin = VIEW("o1"),
	};
	struct buf b = { 0 };
	struct meta out;

	(void)state;
	meta_put(&b, &in);
	meta_get(&out, buf_view(&b));
	assert_true(view_eq(out.subject, in.subject));
	assert_true(view_eq(out.lang, in.lang));
	assert_true(view_eq(out.thread, in.thread));
	assert_true(view_eq(out.id, in.id));
	assert_true(view_eq(out.to, in.to));
	assert_true(view_eq(out.replaces, in.replaces));
	assert_true(view_eq(out.as, in.as));
	assert_true(view_eq(out.origin, in.origin));
	assert_true(out.receipt);
	assert_true(out.notice);
	assert_int_equal(out.hops, 69);
	buf_free(&b);
}

static void an_empty_one_is_no_text(void **state)
{
	const struct meta in = { .hops = 0 };
	struct buf b = { 0 };

	(void)state;
	meta_put(&b, &in);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void a_field_makes_no_line_of_its_own(void **state)
{
	const struct meta in = { .subject = VIEW("x\nreceipt=1"),
				 .thread = VIEW("\xff"),
				 .id = VIEW("ok") };
	struct buf b = { 0 };
	struct meta out;

	(void)state;
	meta_put(&b, &in);
	assert_true(view_eqs(buf_view(&b), "id=ok\n"));
	meta_get(&out, VIEW("nonsense\nhops=-1\nnew=1\nid=x"));
	assert_true(view_eqs(out.id, "x"));
	assert_int_equal(out.hops, 0);
	buf_free(&b);
}

static void it_has_an_end(void **state)
{
	char long_text[META_FIELD_MAX + 2];
	struct meta in = { .receipt = true, .hops = 3 }, out;
	struct buf b = { 0 };

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	in.id = view_mem(long_text, META_FIELD_MAX);
	in.thread = in.subject = in.replaces = in.id;
	in.lang = view_mem(long_text, META_FIELD_MAX + 1);
	buf_adds(&b, "what was there");
	meta_put(&b, &in);
	assert_true(b.n <= META_MAX + strlen("what was there"));
	meta_get(&out, view_from(buf_view(&b), strlen("what was there")));
	assert_true(out.receipt);
	assert_int_equal(out.hops, 3);
	assert_int_equal(out.id.n, META_FIELD_MAX);
	assert_int_equal(out.replaces.n, META_FIELD_MAX);
	assert_int_equal(out.subject.n, 0); /* the last: no room for it */
	assert_int_equal(out.lang.n, 0);
	buf_free(&b);
}

static void the_best_place_is_first(void **state)
{
	struct presence_state p = {
		.place = { { .id = VIEW("gone"), .priority = 100 },
			   { .id = VIEW("dnd"), .show = SHOW_DND },
			   { .id = VIEW("here"), .show = SHOW_ONLINE },
			   { .id = VIEW("chat"), .show = SHOW_CHAT },
			   { .id = VIEW("low"), .show = SHOW_CHAT,
			     .priority = -1 } },
		.count = 5,
	};

	(void)state;
	assert_int_equal(presence_best(&p), SHOW_CHAT);
	presence_sort(&p);
	assert_true(view_eqs(p.place[0].id, "chat"));
	assert_true(view_eqs(p.place[1].id, "here"));
	assert_true(view_eqs(p.place[2].id, "dnd"));
	assert_true(view_eqs(p.place[3].id, "low"));
	assert_true(view_eqs(p.place[4].id, "gone"));
	p.count = 0;
	assert_int_equal(presence_best(&p), SHOW_OFFLINE);
	assert_string_equal(show_name(SHOW_XA), "xa");
	for (int i = SHOW_CHAT; i <= SHOW_DND; i++)
		assert_int_equal(show_of_word(view_str(show_name(i))), i);
	assert_int_equal(show_of_word(VIEW("Away")), SHOW_AWAY);
	assert_int_equal(show_of_word(VIEW("offline")), SHOW_ONLINE);
	assert_int_equal(show_of_word(VIEW("xaa")), SHOW_ONLINE);
	assert_int_equal(show_of_word(VIEW_NONE), SHOW_ONLINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_got),
		cmocka_unit_test(an_empty_one_is_no_text),
		cmocka_unit_test(a_field_makes_no_line_of_its_own),
		cmocka_unit_test(it_has_an_end),
		cmocka_unit_test(the_best_place_is_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
