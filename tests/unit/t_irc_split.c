/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a message of a room to lines of at most 512 bytes. */
#include <errno.h>

#include "test.h"
#include "line.h"
#include "say.h"
#include "text.h"
#include "utf8.h"

enum { PREFIX = 40 };

struct lines {
	struct buf out;	 /* as sent */
	struct buf text; /* all pieces of text, put together again */
	size_t count;
};

static struct worker_say message(unsigned kind, const char *name,
				 struct view text)
{
	return (struct worker_say){ .kind = kind,
				    .name = view_str(name),
				    .text = text };
}

static void lines_free(struct lines *l)
{
	buf_free(&l->out);
	buf_free(&l->text);
}

/* Says it, checks each line and collects what stands behind lead. */
static void say(struct lines *l, const struct worker_say *m, const char *lead)
{
	struct view in, line;
	struct ircb_line parsed;

	memset(l, 0, sizeof(*l));
	assert_int_equal(
		ircb_say(&l->out, VIEW("#lobby"), PREFIX, m, &l->count), 0);
	for (in = buf_view(&l->out); !ircb_line_next(&in, &line);) {
		struct view text;

		assert_true(line.n + 2 + PREFIX <= 512);
		assert_true(utf8_valid(line));
		assert_int_equal(ircb_line_parse(&parsed, line), 0);
		assert_view(parsed.command, "PRIVMSG");
		assert_view(parsed.params[0], "#lobby");
		text = parsed.params[1];
		assert_true(view_starts(text, view_str(lead)));
		buf_addv(&l->text, view_from(text, strlen(lead)));
	}
	assert_int_equal(in.n, 0);
}

static void assert_whole(struct view text, size_t at_most)
{
	struct worker_say m = message(SAY_TEXT, "alice", text);
	struct lines l;

	say(&l, &m, "<alice> ");
	assert_int_equal(l.text.n, text.n);
	assert_memory_equal(l.text.p, text.p, text.n);
	assert_true(l.count <= at_most);
	lines_free(&l);
}

static void short_texts_are_one_line(void **state)
{
	struct worker_say m =
		message(SAY_TEXT, "alice", VIEW("hi <&\"> there"));
	struct lines l;

	(void)state;
	say(&l, &m, "<alice> ");
	assert_view(buf_view(&l.out),
		    "PRIVMSG #lobby :<alice> hi <&\"> there\r\n");
	assert_int_equal(l.count, 1);
	lines_free(&l);
}

static void long_texts_come_together_again(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_whole(view_mem(text, 400), 1);
	assert_whole(view_mem(text, 5000), 12);
	for (size_t i = 7; i < sizeof(text); i += 8)
		text[i] = ' ';
	assert_whole(view_mem(text, 400), 1);
	assert_whole(view_mem(text, 5000), 12);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = ' ' + (char)(i % 90);
	assert_whole(view_mem(text, 5000), 14);
}

static void characters_stay_whole(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 400; i++)
		utf8_put(&b, 0x1f600 + (uint32_t)i % 64);
	assert_whole(buf_view(&b), 5);
	buf_clear(&b);
	for (int i = 0; i < 1250; i++)
		utf8_put(&b, i % 3 ? 0xe9 : 0x20ac);
	assert_whole(buf_view(&b), 10);
	buf_clear(&b);
	/* one letter under 600 bytes of combining marks */
	buf_addc(&b, 'a');
	for (int i = 0; i < 300; i++)
		utf8_put(&b, 0x301);
	assert_whole(buf_view(&b), 3);
	buf_free(&b);
}

static void every_offset_is_cut_well(void **state)
{
	struct buf b = { 0 };
	size_t max;

	(void)state;
	for (int i = 0; i < 12; i++)
		utf8_put(&b,
			 (uint32_t[]){ 'a', 0xe9, 0x20ac, 0x1f600 }[i % 4]);
	for (max = 4; max <= b.n + 1; max++) {
		size_t n = ircb_cut(buf_view(&b), max);

		assert_in_range(n, 1, max);
		assert_true(utf8_valid(view_head(buf_view(&b), n)));
		assert_true(n == b.n || n + 4 > max);
	}
	buf_free(&b);
}

static void words_stay_whole(void **state)
{
	(void)state;
	assert_int_equal(ircb_cut(VIEW("hello brave new world"), 14), 12);
	assert_int_equal(ircb_cut(VIEW("hello brave new world"), 21), 21);
	/* a space far to the front is no place to cut */
	assert_int_equal(ircb_cut(VIEW("a bbbbbbbbbbbbbbbbbb"), 12), 12);
}

static void each_line_has_its_sender(void **state)
{
	struct worker_say m = message(SAY_TEXT, "alice",
				      VIEW("one\n\n<bob> two\n  \nthree\n"));
	struct lines l;

	(void)state;
	say(&l, &m, "<alice> ");
	assert_view(buf_view(&l.out), "PRIVMSG #lobby :<alice> one\r\n"
				      "PRIVMSG #lobby :<alice> <bob> two\r\n"
				      "PRIVMSG #lobby :<alice> three\r\n");
	assert_int_equal(l.count, 3);
	lines_free(&l);
}

static void kinds_have_their_forms(void **state)
{
	struct worker_say m = message(SAY_EMOTE, "alice", VIEW("waves"));
	struct lines l;

	(void)state;
	say(&l, &m, "\1ACTION <alice> ");
	assert_view(buf_view(&l.out),
		    "PRIVMSG #lobby :\1ACTION <alice> waves\1\r\n");
	lines_free(&l);
	m = message(SAY_NOTICE, "", VIEW("the link was down"));
	say(&l, &m, "* ");
	assert_view(buf_view(&l.text), "the link was down");
	lines_free(&l);
	m = message(SAY_SUBJECT, "alice", VIEW("tea"));
	say(&l, &m, "* <alice> changed the subject to: ");
	lines_free(&l);
}

static void long_emotes_are_closed(void **state)
{
	char text[1000];
	struct worker_say m;
	struct lines l;
	struct view in, line;

	(void)state;
	memset(text, 'y', sizeof(text));
	m = message(SAY_EMOTE, "alice", view_mem(text, sizeof(text)));
	say(&l, &m, "\1ACTION <alice> ");
	assert_int_equal(l.count, 3);
	for (in = buf_view(&l.out); !ircb_line_next(&in, &line);)
		assert_int_equal(line.p[line.n - 1], 1);
	lines_free(&l);
}

static void controls_do_not_pass(void **state)
{
	struct worker_say m = message(SAY_TEXT, "al\rice\1",
				      VIEW("\1VERSION\1 a\rQUIT\tb\2\0c"));
	struct lines l;

	(void)state;
	say(&l, &m, "<alice> ");
	assert_view(buf_view(&l.text), "VERSION aQUIT bc");
	lines_free(&l);
}

static void too_much_is_refused_whole(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct worker_say m;
	size_t count = 1;
	char name[501];

	(void)state;
	for (int i = 0; i < IRCB_SAY_LINES + 1; i++)
		buf_adds(&text, "x\n");
	m = message(SAY_TEXT, "alice", buf_view(&text));
	assert_int_equal(ircb_say(&out, VIEW("#c"), PREFIX, &m, &count),
			 EMSGSIZE);
	assert_int_equal(out.n, 0);
	assert_int_equal(count, 0);
	m.text = view_head(m.text, m.text.n - 2);
	assert_int_equal(ircb_say(&out, VIEW("#c"), PREFIX, &m, &count), 0);
	assert_int_equal(count, IRCB_SAY_LINES);
	buf_clear(&out);
	m.text = VIEW(" \n\n\t\n");
	assert_int_equal(ircb_say(&out, VIEW("#c"), PREFIX, &m, &count),
			 EBADMSG);
	memset(name, 'n', 500);
	name[500] = 0;
	m = message(SAY_TEXT, name, VIEW("hi"));
	assert_int_equal(ircb_say(&out, VIEW("#c"), PREFIX, &m, &count),
			 EMSGSIZE);
	assert_int_equal(out.n, 0);
	buf_free(&text);
	buf_free(&out);
}

static void ctcp_is_recognised(void **state)
{
	struct view c, a;

	(void)state;
	assert_true(ircb_ctcp(VIEW("\1ACTION waves at\1"), &c, &a));
	assert_view(c, "ACTION");
	assert_view(a, "waves at");
	assert_true(ircb_ctcp(VIEW("\1ACTION cut"), &c, &a));
	assert_view(a, "cut");
	assert_true(ircb_ctcp(VIEW("\1"), &c, &a));
	assert_int_equal(c.n, 0);
	assert_true(ircb_ctcp(VIEW("\1\1"), &c, &a));
	assert_int_equal(c.n, 0);
	assert_false(ircb_ctcp(VIEW("a\1"), &c, &a));
	assert_false(ircb_ctcp(VIEW_NONE, &c, &a));
}

static void shown_nicks_are_nicks(void **state)
{
	static const struct {
		const char *name, *separators, *nick;
		size_t max;
	} rows[] = {
		{ "alice", "/", "alice/sip", 0 },
		{ "alice", "|/", "alice/sip", 0 },
		{ "alice", "|", "alice|sip", 0 },
		{ "alice", "", "alice_sip", 0 },
		{ "bob@libera", "/", "bob/libera", 0 },
		{ "j\xc3\xb6rg b", "/", "j_rg_b/sip", 0 },
		{ "007", "/", "_007/sip", 0 },
		{ "a:b,c!d", "/", "a_b_c_d/sip", 0 },
		{ "\xce\xa9\xce\xbc", "/", NULL, 0 },
		{ "@libera", "/", NULL, 0 },
		{ "averylongname", "/", "averylo/sip", 11 },
		{ "averylongname@averylongnetwork", "/", "averylo/averylo",
		  15 },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = ircb_shown_nick(&b, view_str(rows[i].name),
					    rows[i].separators, rows[i].max);

		assert_int_equal(good, rows[i].nick != NULL);
		if (good)
			assert_string_equal(buf_str(&b), rows[i].nick);
		else
			assert_int_equal(b.n, 0);
		buf_clear(&b);
	}
	buf_free(&b);
}

static void relaymsg_leaves_room_for_who_speaks(void **state)
{
	const struct worker_say m = { .kind = SAY_TEXT,
				      .name = VIEW("alice/sip") };
	struct worker_say say = m;
	struct buf text = { 0 }, out = { 0 };
	struct view rest, line;
	size_t count;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_addc(&text, 'x');
	say.text = buf_view(&text);
	assert_int_equal(ircb_say_as(&out, VIEW("#lobby"), 0, &say, &count),
			 0);
	assert_int_equal(count, 3);
	rest = buf_view(&out);
	while (view_cut(rest, '\n', &line, &rest)) {
		assert_true(view_starts(line, VIEW("RELAYMSG #lobby "
						   "alice/sip ")));
		assert_true(line.n + 1 + 80 - 11 <= 512);
	}
	buf_free(&out);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(short_texts_are_one_line),
		TEST(long_texts_come_together_again),
		TEST(characters_stay_whole),
		TEST(every_offset_is_cut_well),
		TEST(words_stay_whole),
		TEST(each_line_has_its_sender),
		TEST(kinds_have_their_forms),
		TEST(long_emotes_are_closed),
		TEST(controls_do_not_pass),
		TEST(too_much_is_refused_whole),
		TEST(ctcp_is_recognised),
		TEST(shown_nicks_are_nicks),
		TEST(relaymsg_leaves_room_for_who_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
