/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate before libircclient, tried with the real library behind it: for
 * each of its known bugs the bytes that trigger it, and afterwards a plain
 * message that must still come through.
 */
#include "test.h"
#include "filter.h"
#include "shim.h"

static int setup(void **state)
{
	struct ircb_shim *s = NULL;

	if (test_setup(state) || ircb_shim_new(&s))
		return 1;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	ircb_shim_free(*state);
	return test_teardown(state);
}

#define SHIM_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* All the way of a line, as a connection goes it. */
static enum ircb_gate pass(struct ircb_shim *s, struct view text,
			   struct ircb_event *ev)
{
	struct ircb_line l;
	struct buf b = { 0 };
	enum ircb_gate gate = IRCB_GATE_REFUSED;

	memset(ev, 0, sizeof(*ev));
	if (!ircb_line_parse(&l, text))
		gate = ircb_filter_in(&b, &l);
	if (gate == IRCB_GATE_LIBRARY)
		(void)ircb_shim_feed(s, buf_view(&b), ev);
	if (gate == IRCB_GATE_OUTSIDE)
		ircb_event_of_line(ev, &l);
	if (gate != IRCB_GATE_LIBRARY)
		assert_int_equal(b.n, 0);
	buf_free(&b);
	return gate;
}

static void assert_alive(struct ircb_shim *s)
{
	struct ircb_event ev;

	assert_int_equal(pass(s, VIEW(":al!u@h PRIVMSG #c :still here"), &ev),
			 IRCB_GATE_LIBRARY);
	assert_int_equal(ev.type, IRCB_EV_MSG);
	assert_view(ev.line.nick, "al");
	assert_view(ev.line.user, "u");
	assert_int_equal(ev.line.count, 2);
	assert_view(ev.line.params[0], "#c");
	assert_view(ev.line.params[1], "still here");
}

static void library_dispatches_events(void **state)
{
	static const struct {
		const char *line;
		enum ircb_event_type type;
		size_t count;
	} rows[] = {
		{ ":s 001 gw :Welcome", IRCB_EV_NUMERIC, 2 },
		{ ":s 376 gw :End of MOTD", IRCB_EV_NUMERIC, 2 },
		{ ":b!u@h JOIN #c", IRCB_EV_JOIN, 1 },
		{ ":b!u@h JOIN :#c", IRCB_EV_JOIN, 1 },
		{ ":b!u@h PART #c :bye now", IRCB_EV_PART, 2 },
		{ ":b!u@h KICK #c gw :go away", IRCB_EV_KICK, 3 },
		{ ":b!u@h QUIT :a.net b.net", IRCB_EV_QUIT, 1 },
		{ ":b!u@h NICK c", IRCB_EV_NICK, 1 },
		{ ":b!u@h PRIVMSG gw :psst", IRCB_EV_MSG, 2 },
		{ ":b!u@h NOTICE #c :look", IRCB_EV_NOTICE, 2 },
		{ ":b!u@h NOTICE gw :look", IRCB_EV_NOTICE, 2 },
	};
	struct ircb_event ev;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pass(*state, view_str(rows[i].line), &ev),
				 IRCB_GATE_LIBRARY);
		assert_int_equal(ev.type, rows[i].type);
		assert_int_equal(ev.line.count, rows[i].count);
	}
	pass(*state, VIEW(":s 433 * gw :in use"), &ev);
	assert_int_equal(ev.line.code, 433);
	assert_view(ev.line.params[1], "gw");
}

/* Bug 3: a line over 1,023 bytes stalls the session. */
static void long_lines_stay_outside(void **state)
{
	char text[3000];
	struct ircb_event ev;
	static const size_t sizes[] = { 520, 1025, 1500, 3000 };

	memset(text, 'x', sizeof(text));
	memcpy(text, ":bob!u@h PRIVMSG gw :", 21);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pass(*state, view_mem(text, sizes[i]), &ev),
				 IRCB_GATE_OUTSIDE);
		assert_int_equal(ev.type, IRCB_EV_MSG);
		assert_int_equal(ev.line.params[1].n, sizes[i] - 21);
	}
	assert_int_equal(pass(*state, view_mem(text, 510), &ev),
			 IRCB_GATE_LIBRARY);
	assert_int_equal(ev.line.params[1].n, 510 - 21);
	assert_alive(*state);
}

/* Bug 4: an empty line at the front of the buffer stalls it. */
static void empty_lines_are_refused(void **state)
{
	struct ircb_event ev;

	for (int i = 0; i < 10; i++)
		assert_int_equal(pass(*state, VIEW(""), &ev),
				 IRCB_GATE_REFUSED);
	assert_alive(*state);
}

/* Bug 5: NICK without prefix is a crash. */
static void lines_without_prefix_get_one(void **state)
{
	struct ircb_event ev;

	assert_int_equal(pass(*state, VIEW("NICK foo"), &ev),
			 IRCB_GATE_LIBRARY);
	assert_int_equal(ev.type, IRCB_EV_NICK);
	assert_view(ev.line.prefix, "*");
	assert_int_equal(
		pass(*state, VIEW("NOTICE AUTH :*** Looking up"), &ev),
		IRCB_GATE_LIBRARY);
	assert_alive(*state);
}

/* Bug 6: the library takes "bobby" for itself when it is "bob". */
static void nobody_can_be_the_library(void **state)
{
	struct ircb_event ev;

	assert_int_equal(pass(*state, VIEW(":~!u@h NICK robert"), &ev),
			 IRCB_GATE_REFUSED);
	assert_int_equal(pass(*state, VIEW(":~bby!u@h NICK robert"), &ev),
			 IRCB_GATE_REFUSED);
	assert_int_equal(pass(*state, VIEW(":x!u@h NICK robert"), &ev),
			 IRCB_GATE_LIBRARY);
	pass(*state, VIEW(":al!u@h PRIVMSG ~ :to whom"), &ev);
	assert_int_equal(ev.type, IRCB_EV_MSG);
	assert_view(ev.line.params[0], "~");
	assert_alive(*state);
}

/* Bugs 7 and the rest of CTCP: answered, cut at 120 bytes, over-read. */
static void ctcp_stays_outside(void **state)
{
	static const char *const rows[] = {
		":bob!u@h PRIVMSG gw :\1FINGER\1",
		":bob!u@h PRIVMSG gw :\1",
		":bob!u@h PRIVMSG gw :\1VERSION\1",
		":bob!u@h PRIVMSG gw :\1DCC SEND x 2130706433 80 9\1",
		":bob!u@h PRIVMSG #c :\1ACTION waves",
	};
	char text[400] = ":bob!u@h PRIVMSG #c :\1ACTION ";
	size_t n = strlen(text);
	struct ircb_event ev;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pass(*state, view_str(rows[i]), &ev),
				 IRCB_GATE_OUTSIDE);
		assert_int_equal(ev.type, IRCB_EV_CTCP);
	}
	assert_int_equal(
		pass(*state, VIEW(":b!u@h NOTICE gw :\1PING 1\1"), &ev),
		IRCB_GATE_OUTSIDE);
	assert_int_equal(ev.type, IRCB_EV_CTCP_REPLY);
	memset(text + n, 'y', 300);
	text[n + 300] = 1;
	pass(*state, view_mem(text, n + 301), &ev);
	assert_int_equal(ev.line.params[1].n, strlen("\1ACTION ") + 301);
	assert_alive(*state);
}

/* Bug 9: commands without parameters show what the line before left. */
static void nothing_is_read_beyond_the_line(void **state)
{
	struct ircb_event ev;

	assert_int_equal(pass(*state, VIEW(":srv XYZ aaaa bbbb cccc"), &ev),
			 IRCB_GATE_OUTSIDE);
	assert_int_equal(pass(*state, VIEW(":srv XYZ"), &ev),
			 IRCB_GATE_OUTSIDE);
	assert_int_equal(ev.line.count, 0);
	assert_int_equal(pass(*state, VIEW(":srv 001"), &ev),
			 IRCB_GATE_REFUSED);
	assert_int_equal(pass(*state, VIEW(":srv NOTICE gw"), &ev),
			 IRCB_GATE_REFUSED);
	assert_int_equal(pass(*state, VIEW(":srv JOIN"), &ev),
			 IRCB_GATE_REFUSED);
	assert_int_equal(pass(*state, VIEW(":bob!u@h QUIT"), &ev),
			 IRCB_GATE_LIBRARY);
	assert_int_equal(ev.type, IRCB_EV_QUIT);
	assert_int_equal(ev.line.count, 1);
	assert_int_equal(ev.line.params[0].n, 0);
	assert_alive(*state);
}

/* More than ten parameters lose their end in the library. */
static void many_parameters_stay_outside(void **state)
{
	struct ircb_event ev;

	assert_int_equal(pass(*state,
			      VIEW(":srv 005 gw A B C D E F G H I J "
				   "K L M :are supported"),
			      &ev),
			 IRCB_GATE_OUTSIDE);
	assert_int_equal(ev.type, IRCB_EV_NUMERIC);
	assert_int_equal(ev.line.code, 5);
	assert_int_equal(ev.line.count, 15);
	assert_int_equal(pass(*state, VIEW(":srv 005 1 2 3 4 5 6 7 8 9"), &ev),
			 IRCB_GATE_LIBRARY);
	assert_int_equal(ev.line.count, 9);
	assert_view(ev.line.params[8], "9");
	assert_alive(*state);
}

static void tags_do_not_reach_it(void **state)
{
	struct ircb_event ev;

	assert_int_equal(pass(*state,
			      VIEW("@time=2026-01-01T00:00:00.000Z;"
				   "msgid=abc :bob!u@h PRIVMSG gw "
				   ":hello there"),
			      &ev),
			 IRCB_GATE_LIBRARY);
	assert_view(ev.line.nick, "bob");
	assert_view(ev.line.params[1], "hello there");
}

static void pings_and_errors_stay_outside(void **state)
{
	struct ircb_event ev;

	assert_int_equal(pass(*state, VIEW("PING :x"), &ev),
			 IRCB_GATE_OUTSIDE);
	assert_int_equal(ev.type, IRCB_EV_OTHER);
	assert_view(ev.line.command, "PING");
	assert_int_equal(pass(*state, VIEW("ERROR :Closing link"), &ev),
			 IRCB_GATE_OUTSIDE);
	assert_int_equal(pass(*state, VIEW("CAP * LS :sasl"), &ev),
			 IRCB_GATE_OUTSIDE);
	assert_int_equal(pass(*state, VIEW(":s MODE ~ :+i"), &ev),
			 IRCB_GATE_LIBRARY);
	assert_alive(*state);
}

/* Bugs 1 and 8: the login of the library never leaves, each session is new. */
static void login_is_swallowed(void **state)
{
	(void)state;
	assert_true(ircb_filter_swallows(VIEW("NICK ~")));
	assert_true(ircb_filter_swallows(VIEW("USER x unknown unknown :x")));
	assert_true(ircb_filter_swallows(VIEW("PASS secret")));
	assert_false(ircb_filter_swallows(VIEW("PONG x")));
	assert_false(ircb_filter_swallows(VIEW("QUIT")));
	assert_false(ircb_filter_swallows(VIEW("")));
}

static void assert_plain(struct view in, const char *out)
{
	struct buf b = { 0 };

	ircb_plain(&b, in);
	assert_view(buf_view(&b), out);
	buf_free(&b);
}

static void formatting_is_stripped(void **state)
{
	(void)state;
	assert_plain(VIEW("\2bold\2 \37under\37 \26rev\26\17"),
		     "bold under rev");
	assert_plain(VIEW("\00304red\003 \0034,12both\003, \00399x"),
		     "red both, x");
	assert_plain(VIEW("\003,5 \003a"), ",5 a");
	assert_plain(VIEW("\004FF0000hex\004 \00400ff00,0000FFtwo"),
		     "hex two");
	assert_plain(VIEW("\004FF00zz \035it\035 \036st\036 \021mo"),
		     "FF00zz it st mo");
	assert_plain(VIEW(""), "");
	assert_plain(VIEW("\2"), "");
	assert_plain(VIEW("caf\xc3\xa9 \xf0\x9f\x98\x80"),
		     "caf\xc3\xa9 \xf0\x9f\x98\x80");
}

static void old_character_sets_are_converted(void **state)
{
	(void)state;
	assert_plain(VIEW("caf\xe9"), "caf\xc3\xa9");
	assert_plain(VIEW("\x80 \x93q\x94"),
		     "\xe2\x82\xac \xe2\x80\x9cq\xe2\x80\x9d");
	assert_plain(VIEW("\x81"), "\xef\xbf\xbd");
	/* UTF-8 cut at the end of the line */
	assert_plain(VIEW("na\xc3\xafve \xf0\x9f\x98"),
		     "na\xc3\xafve \xef\xbf\xbd");
	assert_plain(VIEW("\xc3\xaf \xe9 \xe9 \xe9"),
		     "\xc3\x83\xc2\xaf \xc3\xa9 \xc3\xa9 \xc3\xa9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHIM_TEST(library_dispatches_events),
		SHIM_TEST(long_lines_stay_outside),
		SHIM_TEST(empty_lines_are_refused),
		SHIM_TEST(lines_without_prefix_get_one),
		SHIM_TEST(nobody_can_be_the_library),
		SHIM_TEST(ctcp_stays_outside),
		SHIM_TEST(nothing_is_read_beyond_the_line),
		SHIM_TEST(many_parameters_stay_outside),
		SHIM_TEST(tags_do_not_reach_it),
		SHIM_TEST(pings_and_errors_stay_outside),
		TEST(login_is_swallowed),
		TEST(formatting_is_stripped),
		TEST(old_character_sets_are_converted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
