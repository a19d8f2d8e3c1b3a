/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: cleaned once, bounded, immutable. */
#include <errno.h>

#include "buf.h"
#include "clock.h"
#include "msg.h"
#include "test.h"

static struct addr *alice(void)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, VIEW("sip:alice@h")), 0);
	return a;
}

static int make(struct msg **mp, struct view name, struct view text)
{
	struct addr *a = alice();
	struct msg_conf conf = { .from = a, .name = name, .text = text };
	int err = msg_new(mp, &conf);

	mem_deref(a);
	return err;
}

static void keeps_what_it_is_given(void **state)
{
	struct addr *a = alice();
	struct msg_conf conf = {
		.id = 7,
		.kind = MSG_EMOTE,
		.from = a,
		.name = VIEW("alice"),
		.text = VIEW("waves"),
		.time_ms = 5,
		.reply_to = 3,
		.origin = 4,
		.audience = 9,
		.seq = 11,
		.meta = VIEW("id=1\n"),
	};
	struct msg *m;

	(void)state;
	assert_int_equal(msg_new(&m, &conf), 0);
	mem_deref(a);
	assert_int_equal(m->id, 7);
	assert_int_equal(m->kind, MSG_EMOTE);
	assert_view(m->from->text, "sip:alice@h");
	assert_view(m->name, "alice");
	assert_view(m->text, "waves");
	assert_int_equal(m->time_ms, 5);
	assert_int_equal(m->reply_to, 3);
	assert_int_equal(m->origin, 4);
	assert_int_equal(m->audience, 9);
	assert_int_equal(m->seq, 11);
	assert_view(m->meta, "id=1\n");
	mem_deref(m);
}

static void fills_in_id_and_time(void **state)
{
	struct msg *m, *o;

	(void)state;
	clock_freeze(1000, 5000000);
	assert_int_equal(make(&m, VIEW("a"), VIEW("x")), 0);
	assert_int_equal(make(&o, VIEW("a"), VIEW("x")), 0);
	clock_thaw();
	assert_int_equal(m->time_ms, 5000000);
	assert_true(m->id > 0 && m->id <= INT64_MAX);
	assert_int_not_equal(m->id, o->id);
	mem_deref(m);
	mem_deref(o);
}

static void text_is_cleaned(void **state)
{
	struct msg *m;

	(void)state;
	assert_int_equal(make(&m, VIEW("a"),
			      VIEW("one\r\ntwo\xe2\x80\xa8three\x01\xff\n\n")),
			 0);
	assert_view(m->text, "one\ntwo\nthree\xef\xbf\xbd");
	mem_deref(m);
}

static void name_is_cleaned(void **state)
{
	struct msg *m;

	(void)state;
	assert_int_equal(make(&m, VIEW("b]: x\n[bob"), VIEW("x")), 0);
	assert_view(m->name, "b): x (bob");
	mem_deref(m);
	assert_int_equal(make(&m, VIEW("al@ice@lib]era"), VIEW("x")), 0);
	assert_view(m->name, "al_ice@lib)era");
	mem_deref(m);
	assert_int_equal(make(&m, VIEW("@"), VIEW("x")), 0);
	assert_view(m->name, "?@?");
	mem_deref(m);
}

static void empty_text_is_refused(void **state)
{
	static const char *const bad[] = { "",	      " ",    "\r\n",
					   "\n \t\n", "\x01", "\xe2\x80\xa8",
					   "\xc2\xa0 \xe2\x80\x8b" };
	struct msg *m = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(make(&m, VIEW("a"), view_str(bad[i])),
				 EBADMSG);
	assert_null(m);
}

static void size_is_bounded(void **state)
{
	char *text = mem_alloc(MSG_TEXT_MAX + 1);
	struct msg *m = NULL;

	(void)state;
	memset(text, 'x', MSG_TEXT_MAX + 1);
	assert_int_equal(make(&m, VIEW("a"), view_mem(text, MSG_TEXT_MAX)), 0);
	assert_int_equal(m->text.n, MSG_TEXT_MAX);
	m = mem_deref(m);
	assert_int_equal(make(&m, VIEW("a"), view_mem(text, MSG_TEXT_MAX + 1)),
			 EMSGSIZE);
	/* Each bad byte becomes three. */
	memset(text, 0xff, MSG_TEXT_MAX);
	assert_int_equal(make(&m, VIEW("a"), view_mem(text, MSG_TEXT_MAX)),
			 EMSGSIZE);
	assert_int_equal(make(&m, view_mem(text, MSG_TEXT_MAX), VIEW("x")), 0);
	assert_true(m->name.n <= MSG_NAME_MAX);
	mem_deref(m);
	mem_free(text);
}

static void prints_without_the_text(void **state)
{
	struct buf b = { 0 };
	struct sink out = sink_buf(&b);
	struct msg *m;

	(void)state;
	assert_int_equal(make(&m, VIEW("bob@libera"), VIEW("secret")), 0);
	assert_int_equal(msg_print(&out, m), 0);
	assert_non_null(
		strstr(buf_str(&b), "text 0 from bob@libera, 6 bytes"));
	assert_null(strstr(buf_str(&b), "secret"));
	mem_deref(m);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_it_is_given),  TEST(fills_in_id_and_time),
		TEST(text_is_cleaned),	       TEST(name_is_cleaned),
		TEST(empty_text_is_refused),   TEST(size_is_bounded),
		TEST(prints_without_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
