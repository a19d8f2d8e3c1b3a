/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IRC line parser and encoder, and the names that stand in lines. */
#include <errno.h>

#include "test.h"
#include "line.h"
#include "names.h"

static struct ircb_line parsed(const char *text)
{
	struct ircb_line l;

	assert_int_equal(ircb_line_parse(&l, view_str(text)), 0);
	return l;
}

static void prefix_command_and_parameters(void **state)
{
	struct ircb_line l;

	(void)state;
	/* RFC 2812 3.3.1, 3.2.1 and 3.2.8 */
	l = parsed(":Angel!wings@irc.org PRIVMSG Wiz :Are you receiving "
		   "this message ?");
	assert_view(l.prefix, "Angel!wings@irc.org");
	assert_view(l.nick, "Angel");
	assert_view(l.user, "wings");
	assert_view(l.host, "irc.org");
	assert_view(l.command, "PRIVMSG");
	assert_int_equal(l.count, 2);
	assert_view(l.params[0], "Wiz");
	assert_view(l.params[1], "Are you receiving this message ?");
	l = parsed("JOIN #foo,#bar fubar,foobar");
	assert_int_equal(l.prefix.n, 0);
	assert_int_equal(l.count, 2);
	assert_view(ircb_last(&l), "fubar,foobar");
	l = parsed("KICK #Finnish John :Speaking English");
	assert_int_equal(l.count, 3);
	assert_view(ircb_param(&l, 2), "Speaking English");
	assert_int_equal(ircb_param(&l, 3).n, 0);
}

static void servers_and_numerics(void **state)
{
	struct ircb_line l;

	(void)state;
	l = parsed(":irc.example 433 * confab :Nickname is already in use");
	assert_int_equal(l.code, 433);
	assert_view(l.nick, "irc.example");
	assert_int_equal(l.user.n, 0);
	assert_int_equal(l.count, 3);
	l = parsed(":nick@host QUIT");
	assert_view(l.nick, "nick");
	assert_view(l.host, "host");
	assert_int_equal(l.code, 0);
	assert_int_equal(l.count, 0);
	l = parsed("PING :");
	assert_int_equal(l.count, 1);
	assert_int_equal(l.params[0].n, 0);
}

static void tags_are_set_apart(void **state)
{
	struct ircb_line l;

	(void)state;
	l = parsed("@time=2026-01-01T00:00:00.000Z;msgid=abc :bob!u@h "
		   "PRIVMSG gw :hello there");
	assert_view(l.tags, "time=2026-01-01T00:00:00.000Z;msgid=abc");
	assert_view(l.nick, "bob");
	assert_view(l.params[1], "hello there");
	/* a ':' or '@' later is only text */
	l = parsed(":bob!u@h PRIVMSG gw :@time=x :not a prefix");
	assert_int_equal(l.tags.n, 0);
	assert_view(l.params[1], "@time=x :not a prefix");
}

static void spaces_and_the_fifteenth(void **state)
{
	struct ircb_line l;

	(void)state;
	l = parsed(":s   MODE   #c   +o   bob  ");
	assert_int_equal(l.count, 3);
	assert_view(l.params[2], "bob");
	l = parsed("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
	assert_int_equal(l.count, 15);
	assert_view(l.params[13], "14");
	assert_view(l.params[14], "15 16 17");
	l = parsed("PRIVMSG #c ::-) :");
	assert_view(l.params[1], ":-) :");
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"",	 " ",	  ":",		":only.prefix", ":prefix ",
		"@tag",	 "@tag ", "@t :p",	"12 x",		"1234 x",
		"000 x", "12a x", "PRIV-MSG x", "\xc3\xa9 x",	"PRIVMSG\tx y",
	};
	struct ircb_line l;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ircb_line_parse(&l, view_str(bad[i])),
				 EBADMSG);
	assert_int_equal(ircb_line_parse(&l, VIEW("PRIVMSG a :b\0c")),
			 EBADMSG);
	assert_int_equal(ircb_line_parse(&l, VIEW("PRIVMSG a :b\rQUIT")),
			 EBADMSG);
	assert_int_equal(ircb_line_parse(&l, VIEW_NONE), EBADMSG);
}

static void lines_are_framed(void **state)
{
	struct view in = VIEW("PING a\r\nPING b\n\r\n\r\r\nPIN"), line;

	(void)state;
	assert_int_equal(ircb_line_next(&in, &line), 0);
	assert_view(line, "PING a");
	assert_int_equal(ircb_line_next(&in, &line), 0);
	assert_view(line, "PING b");
	assert_int_equal(ircb_line_next(&in, &line), 0);
	assert_int_equal(line.n, 0);
	assert_int_equal(ircb_line_next(&in, &line), 0);
	assert_int_equal(line.n, 0);
	assert_int_equal(ircb_line_next(&in, &line), EAGAIN);
	assert_view(in, "PIN");
	in = VIEW_NONE;
	assert_int_equal(ircb_line_next(&in, &line), EAGAIN);
}

static void lines_have_a_limit(void **state)
{
	char *p = mem_alloc(IRCB_IN_MAX + 1);
	struct view in, line;

	(void)state;
	memset(p, 'x', IRCB_IN_MAX + 1);
	p[IRCB_IN_MAX - 1] = '\n';
	in = view_mem(p, IRCB_IN_MAX);
	assert_int_equal(ircb_line_next(&in, &line), 0);
	assert_int_equal(line.n, IRCB_IN_MAX - 1);
	in = view_mem(p, IRCB_IN_MAX - 1);
	assert_int_equal(ircb_line_next(&in, &line), EAGAIN);
	p[IRCB_IN_MAX - 1] = 'x';
	in = view_mem(p, IRCB_IN_MAX);
	assert_int_equal(ircb_line_next(&in, &line), EMSGSIZE);
	p[IRCB_IN_MAX] = '\n';
	in = view_mem(p, IRCB_IN_MAX + 1);
	assert_int_equal(ircb_line_next(&in, &line), EMSGSIZE);
	mem_free(p);
}

static int encode(struct buf *b, const char *command, struct view p0,
		  struct view p1)
{
	struct view params[2] = { p0, p1 };

	return ircb_encode(b, command, params, 2);
}

static void encoder_writes_lines(void **state)
{
	struct buf b = { 0 };
	struct view many[16] = { VIEW_NONE };

	(void)state;
	assert_int_equal(encode(&b, "PRIVMSG", VIEW("#c"), VIEW("a b")), 0);
	assert_int_equal(encode(&b, "NOTICE", VIEW("bob"), VIEW("")), 0);
	assert_int_equal(encode(&b, "PART", VIEW("#c"), VIEW(":)")), 0);
	assert_int_equal(encode(&b, "MODE", VIEW("#c"), VIEW("+o")), 0);
	assert_int_equal(ircb_encode(&b, "QUIT", NULL, 0), 0);
	assert_view(buf_view(&b), "PRIVMSG #c :a b\r\nNOTICE bob :\r\n"
				  "PART #c ::)\r\nMODE #c +o\r\nQUIT\r\n");
	assert_int_equal(ircb_encode(&b, "X", many, 16), EINVAL);
	buf_free(&b);
}

static void encoder_refuses_injection(void **state)
{
	/* also what came in as CVE-2022-29166: a bare CR */
	static const struct view bad[] = {
		{ "hi\r\nQUIT :x", 11 },
		{ "hi\nJOIN #y", 10 },
		{ "hi\rPRIVMSG #z :w", 16 },
		{ "a\0b", 3 },
	};
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "kept");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(encode(&b, "PRIVMSG", VIEW("#c"), bad[i]),
				 EBADMSG);
		assert_int_equal(encode(&b, "PRIVMSG", bad[i], VIEW("x")),
				 EBADMSG);
	}
	assert_int_equal(encode(&b, "PRIVMSG", VIEW("#c d"), VIEW("x")),
			 EBADMSG);
	assert_int_equal(encode(&b, "PRIVMSG", VIEW(""), VIEW("x")), EBADMSG);
	assert_int_equal(encode(&b, "PRIVMSG", VIEW(":c"), VIEW("x")),
			 EBADMSG);
	assert_view(buf_view(&b), "kept");
	buf_free(&b);
}

static void encoder_keeps_512(void **state)
{
	char text[600];
	struct buf b = { 0 };
	size_t head = strlen("PRIVMSG #c :\r\n");

	(void)state;
	memset(text, 'x', sizeof(text));
	text[1] = ' ';
	assert_int_equal(
		encode(&b, "PRIVMSG", VIEW("#c"), view_mem(text, 512 - head)),
		0);
	assert_int_equal(b.n, 512);
	buf_clear(&b);
	assert_int_equal(
		encode(&b, "PRIVMSG", VIEW("#c"), view_mem(text, 513 - head)),
		EMSGSIZE);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void names_compare_as_the_server_does(void **state)
{
	(void)state;
	assert_true(ircb_name_eq(IRCB_RFC1459, VIEW("Nick[]\\^"),
				 VIEW("nICK{}|~")));
	assert_true(ircb_name_eq(IRCB_STRICT_RFC1459, VIEW("a[]\\"),
				 VIEW("A{}|")));
	assert_false(ircb_name_eq(IRCB_STRICT_RFC1459, VIEW("^"), VIEW("~")));
	assert_false(ircb_name_eq(IRCB_ASCII, VIEW("["), VIEW("{")));
	assert_true(ircb_name_eq(IRCB_ASCII, VIEW("AZ"), VIEW("az")));
	assert_false(ircb_name_eq(IRCB_RFC1459, VIEW("bob"), VIEW("bobby")));
}

static void channels_are_checked(void **state)
{
	char name[66];

	(void)state;
	assert_true(ircb_is_channel(VIEW("#c")));
	assert_true(ircb_is_channel(VIEW("&local")));
	assert_true(ircb_is_channel(VIEW("+modeless")));
	assert_true(ircb_is_channel(VIEW("!12345safe")));
	assert_true(ircb_is_channel(VIEW("##c:d/e\xc3\xa9")));
	assert_false(ircb_is_channel(VIEW("")));
	assert_false(ircb_is_channel(VIEW("#")));
	assert_false(ircb_is_channel(VIEW("lobby")));
	assert_false(ircb_is_channel(VIEW("#a,#b")));
	assert_false(ircb_is_channel(VIEW("#a b")));
	assert_false(ircb_is_channel(VIEW("#a\a")));
	assert_false(ircb_is_channel(VIEW("#a\r")));
	assert_false(ircb_is_channel(VIEW("#a\n")));
	assert_false(ircb_is_channel(VIEW("#a\0b")));
	memset(name, 'x', sizeof(name));
	name[0] = '#';
	assert_true(ircb_is_channel(view_mem(name, 64)));
	assert_false(ircb_is_channel(view_mem(name, 65)));
}

static void nicks_are_checked(void **state)
{
	(void)state;
	assert_true(ircb_is_nick(VIEW("confab")));
	assert_true(ircb_is_nick(VIEW("[a]-9`_^{|}\\")));
	assert_false(ircb_is_nick(VIEW("")));
	assert_false(ircb_is_nick(VIEW("9a")));
	assert_false(ircb_is_nick(VIEW("-a")));
	assert_false(ircb_is_nick(VIEW("100%d")));
	assert_false(ircb_is_nick(VIEW("a b")));
	assert_false(ircb_is_nick(VIEW("a\r\nQUIT")));
}

static void next_nick_is_always_the_same(void **state)
{
	char nick[IRCB_NICK_MAX];

	(void)state;
	ircb_nick_try(nick, "confab", 0, 0);
	assert_string_equal(nick, "confab");
	ircb_nick_try(nick, "confab", 1, 0);
	assert_string_equal(nick, "confab_");
	ircb_nick_try(nick, "confab", 2, 0);
	assert_string_equal(nick, "confab__");
	ircb_nick_try(nick, "confab", 3, 0);
	assert_string_equal(nick, "confab-2");
	ircb_nick_try(nick, "confab", 10, 0);
	assert_string_equal(nick, "confab-9");
	ircb_nick_try(nick, "gateway-one", 3, 9);
	assert_string_equal(nick, "gateway-2");
	ircb_nick_try(nick, "gateway-one", 0, 9);
	assert_string_equal(nick, "gateway-o");
	ircb_nick_try(nick, "abc", 3, 1);
	assert_string_equal(nick, "a-2");
}

static void isupport_is_read(void **state)
{
	struct ircb_support s;
	struct ircb_line l;

	(void)state;
	ircb_support_init(&s);
	assert_int_equal(s.casemap, IRCB_RFC1459);
	assert_string_equal(s.chantypes, "#&");
	l = parsed(":srv 005 gw A B C D E F G H I J CASEMAPPING=ascii "
		   "NICKLEN=30 CHANTYPES=#&+! :are supported");
	ircb_support_line(&s, &l);
	assert_int_equal(s.casemap, IRCB_ASCII);
	assert_int_equal(s.nicklen, 30);
	assert_string_equal(s.chantypes, "#&+!");
	l = parsed(":srv 005 gw NICKLEN=0 NICKLEN=x NICKLEN=99999 "
		   "CHANTYPES=#&+!$%^()x CASEMAPPING=strict-rfc1459 "
		   ":NICKLEN=5");
	ircb_support_line(&s, &l);
	assert_int_equal(s.nicklen, 30);
	assert_string_equal(s.chantypes, "#&+!$%^");
	assert_int_equal(s.casemap, IRCB_STRICT_RFC1459);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(prefix_command_and_parameters),
		TEST(servers_and_numerics),
		TEST(tags_are_set_apart),
		TEST(spaces_and_the_fifteenth),
		TEST(nonsense_is_refused),
		TEST(lines_are_framed),
		TEST(lines_have_a_limit),
		TEST(encoder_writes_lines),
		TEST(encoder_refuses_injection),
		TEST(encoder_keeps_512),
		TEST(names_compare_as_the_server_does),
		TEST(channels_are_checked),
		TEST(nicks_are_checked),
		TEST(next_nick_is_always_the_same),
		TEST(isupport_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
