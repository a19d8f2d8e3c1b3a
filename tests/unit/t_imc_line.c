/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands as people type them, and the rooms that they name. */
#include <errno.h>

#include "test.h"

#include "cmdtab.h"
#include "line.h"

static void assert_command(const char *text, const char *expected)
{
	struct buf line = { 0 };
	struct view v = view_str(text);

	assert_true(line_is_command(&line, &v, VIEW("#")));
	assert_string_equal(buf_str(&line), expected);
	buf_free(&line);
}

static void assert_words(const char *text, const char *mark,
			 const char *expected)
{
	struct buf line = { 0 };
	struct view v = view_str(text);

	assert_false(line_is_command(&line, &v, view_str(mark)));
	assert_view(v, expected);
	assert_int_equal(line.n, 0);
	buf_free(&line);
}

static void a_mark_makes_a_command(void **state)
{
	(void)state;
	assert_command("#help", "help");
	assert_command("#join lobby", "join lobby");
	assert_command("#", "");
}

static void what_phones_do_is_forgiven(void **state)
{
	struct cmdline cl;
	struct buf line = { 0 };
	struct view v = VIEW("#\xc2\xa0 Join\xc2\xa0lobby .");

	(void)state;
	assert_command("#Join lobby.", "Join lobby");
	assert_command("#help. ", "help");
	assert_command("#.", "");
	assert_true(line_is_command(&line, &v, VIEW("#")));
	assert_int_equal(cmdline_parse(&cl, buf_view(&line)), 0);
	assert_view(cl.name, "Join");
	assert_int_equal(cl.argc, 1);
	assert_view(cl.argv[0], "lobby");
	buf_free(&line);
}

static void a_command_is_one_line(void **state)
{
	struct buf line = { 0 };
	struct view v = VIEW("#join a\0b");

	(void)state;
	assert_command("#join x\r\n#leave x", "join x");
	assert_command("#join x.\nhello", "join x");
	assert_command("#topic a\xe2\x80\xa8*** [b]", "topic a");
	assert_command("#topic a\xc2\x85" "b\x0b", "topic a");
	assert_command("#topic \xe2\x80", "topic \xe2\x80");
	assert_true(line_is_command(&line, &v, VIEW("#")));
	assert_string_equal(buf_str(&line), "join a");
	buf_free(&line);
}

static void words_are_words(void **state)
{
	(void)state;
	assert_words("hello #help", "#", "hello #help");
	assert_words(" #help", "#", " #help");
	assert_words("", "#", "");
	assert_words("##1 of us", "#", "#1 of us");
	assert_words("###", "#", "##");
}

static void a_mark_may_be_longer(void **state)
{
	struct buf line = { 0 };
	struct view v = VIEW("/chat help");

	(void)state;
	assert_words("/help", "/chat ", "/help");
	assert_words("/chat /chat x", "/chat ", "/chat x");
	assert_true(line_is_command(&line, &v, VIEW("/chat ")));
	assert_string_equal(buf_str(&line), "help");
	buf_free(&line);
}

static void assert_place(const char *arg, const char *name,
			 const char *domain)
{
	struct buf bytes = { 0 };
	struct place p;

	assert_int_equal(place_parse(&p, &bytes, view_str(arg),
				     VIEW("our.example")), 0);
	assert_view(p.name, name);
	assert_view(p.domain, domain);
	buf_free(&bytes);
}

/* The table of what Kamailio takes, and what it should have. */
static void places_by_kamailios_rules(void **state)
{
	(void)state;
	assert_place("chat-1", "chat-1", "our.example");
	assert_place("chat-y@conf.example", "chat-y", "conf.example");
	assert_place("sip:chat-x@conf.example", "chat-x", "conf.example");
	assert_place("sips:chat-x@conf.example", "chat-x", "conf.example");
	assert_place("sip:chat-z", "chat-z", "our.example");
	assert_place("sip:chat-z@conf.example:5080;transport=tcp", "chat-z",
		     "conf.example");
	assert_place("chat-z@conf.example:5080", "chat-z", "conf.example");
	assert_place("<sip:chat-1@conf.example>", "chat-1", "conf.example");
	assert_place("chat-1@[2001:db8::1]:5060", "chat-1", "[2001:db8::1]");
}

static void assert_no_place(struct view arg)
{
	struct buf bytes = { 0 };
	struct place p;

	assert_int_equal(place_parse(&p, &bytes, arg, VIEW("our.example")),
			 EBADMSG);
	buf_free(&bytes);
}

static void no_places(void **state)
{
	(void)state;
	assert_no_place(VIEW("@conf.example"));
	assert_no_place(VIEW("a@"));
	assert_no_place(VIEW("a@b@c"));
	assert_no_place(VIEW("a@b:99999"));
	assert_no_place(VIEW("a:b@c"));
	assert_no_place(VIEW("sip:"));
	assert_no_place(VIEW("<>"));
	assert_no_place(VIEW("a>b"));
	assert_no_place(VIEW("a\rb"));
	assert_no_place(VIEW("a\0b"));
	assert_no_place(VIEW("\xc3\xa9"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mark_makes_a_command),
		TEST(what_phones_do_is_forgiven),
		TEST(a_command_is_one_line),
		TEST(words_are_words),
		TEST(a_mark_may_be_longer),
		TEST(places_by_kamailios_rules),
		TEST(no_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
