/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rendering, and attempts to make a line that looks like another sender's. */
#include "render.h"
#include "test.h"

struct shown {
	struct buf sip, relay, lines;
};

static struct msg *make(enum msg_kind kind, struct view name, struct view text)
{
	struct msg_conf conf = { .kind = kind, .name = name, .text = text };
	struct msg *m;

	assert_int_equal(addr_parse(&conf.from, VIEW("sip:x@h")), 0);
	assert_int_equal(msg_new(&m, &conf), 0);
	mem_deref(conf.from);
	return m;
}

static void show(struct shown *s, enum msg_kind kind, struct view name,
		 struct view text)
{
	struct msg *m = make(kind, name, text);
	size_t pos = 0;

	*s = (struct shown){ 0 };
	render_sip(&s->sip, m);
	render_relay(&s->relay, m);
	while (render_relay_line(&s->lines, m, &pos))
		buf_addc(&s->lines, '|');
	mem_deref(m);
}

static void shown_free(struct shown *s)
{
	buf_free(&s->sip);
	buf_free(&s->relay);
	buf_free(&s->lines);
}

static void expect(enum msg_kind kind, struct view text, const char *sip,
		   const char *relay, const char *lines)
{
	struct shown s;

	show(&s, kind, VIEW("alice"), text);
	assert_string_equal(buf_str(&s.sip), sip);
	assert_string_equal(buf_str(&s.relay), relay);
	assert_string_equal(buf_str(&s.lines), lines);
	shown_free(&s);
}

static void each_kind(void **state)
{
	(void)state;
	expect(MSG_TEXT, VIEW("hi <&\">"), "[alice]: hi <&\">",
	       "<alice> hi <&\">", "<alice> hi <&\">|");
	expect(MSG_EMOTE, VIEW("waves"), "* [alice] waves", "<alice> waves",
	       "<alice> waves|");
	expect(MSG_NOTICE, VIEW("*** [bob] has joined"),
	       "*** [bob] has joined", "* *** [bob] has joined",
	       "* *** [bob] has joined|");
	expect(MSG_SUBJECT, VIEW("tea"), "* [alice] set the subject: tea",
	       "* <alice> set the subject: tea",
	       "* <alice> set the subject: tea|");
}

static void more_lines(void **state)
{
	(void)state;
	expect(MSG_TEXT, VIEW("a\r\nb\n\nc\n"), "[alice]: a\n  b\n\n  c",
	       "<alice> a\n  b\n\n  c", "<alice> a|<alice> b|<alice> c|");
	expect(MSG_TEXT, VIEW("\na"), "[alice]: \n  a", "<alice> \n  a",
	       "<alice> a|");
	expect(MSG_NOTICE, VIEW("a\n[b]: c"), "a\n  [b]: c", "* a\n  [b]: c",
	       "* a|* [b]: c|");
}

/* Every line begins with alice's own prefix or with two spaces. */
static void check_lines(struct view all, const char *prefix)
{
	struct view line;
	bool first = true, more = true;

	while (more) {
		more = view_cut(all, '\n', &line, &all);
		if (first)
			assert_true(view_starts(line, view_str(prefix)));
		else if (!view_empty(line))
			assert_true(view_starts(line, VIEW("  ")));
		first = false;
	}
}

static void text_cannot_forge_a_line(void **state)
{
	static const char *const breaks[] = {
		"\n",		"\r",	  "\r\n",     "\n\r",
		"\v",		"\f",	  "\xc2\x85", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\x1b\n", "\n\n\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct buf text = { 0 };
		struct shown s;

		buf_adds(&text, "hi");
		buf_adds(&text, breaks[i]);
		buf_adds(&text, "[bob]: forged");
		show(&s, MSG_TEXT, VIEW("alice"), buf_view(&text));
		check_lines(buf_view(&s.sip), "[alice]: ");
		check_lines(buf_view(&s.relay), "<alice> ");
		assert_string_equal(buf_str(&s.lines),
				    "<alice> hi|<alice> [bob]: forged|");
		shown_free(&s);
		buf_free(&text);
	}
}

static void name_cannot_forge_a_line(void **state)
{
	static const char *const names[] = {
		"bob]: hi\n[eve",
		"bob> hi\r\n<eve",
		"bob\xe2\x80\xa8x",
		"\xe2\x80\xae"
		"bob",
		"b\xe2\x80\x8bob",
		"\xc2\xa0 bob \n",
	};
	static const char *const clean[] = {
		"bob): hi (eve", "bob) hi (eve", "bob x", "bob", "bob", "bob",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf sip = { 0 }, relay = { 0 };
		struct shown s;

		buf_addf(&sip, "[%s]: x", clean[i]);
		buf_addf(&relay, "<%s> x", clean[i]);
		show(&s, MSG_TEXT, view_str(names[i]), VIEW("x"));
		assert_string_equal(buf_str(&s.sip), buf_str(&sip));
		assert_string_equal(buf_str(&s.relay), buf_str(&relay));
		shown_free(&s);
		buf_free(&sip);
		buf_free(&relay);
	}
}

static void long_names_keep_their_end(void **state)
{
	char name[4000];
	struct shown s;

	(void)state;
	memset(name, 'n', sizeof(name));
	show(&s, MSG_TEXT, view_mem(name, sizeof(name)), VIEW("x"));
	assert_int_equal(s.sip.n, MSG_NAME_MAX + 5);
	assert_string_equal(buf_str(&s.sip) + MSG_NAME_MAX, "n]: x");
	shown_free(&s);

	memcpy(name + sizeof(name) - 7, "@libera", 7);
	show(&s, MSG_TEXT, view_mem(name, sizeof(name)), VIEW("x"));
	assert_non_null(strstr(buf_str(&s.sip), "n@libera]: x"));
	assert_true(s.sip.n <= MSG_NAME_MAX + 5);
	shown_free(&s);
}

static void appends(void **state)
{
	struct msg *m = make(MSG_TEXT, VIEW("alice"), VIEW("x"));
	struct buf b = { 0 };
	size_t pos = 0;

	(void)state;
	buf_adds(&b, "=");
	render_sip(&b, m);
	assert_true(render_relay_line(&b, m, &pos));
	assert_false(render_relay_line(&b, m, &pos));
	assert_string_equal(buf_str(&b), "=[alice]: x<alice> x");
	buf_free(&b);
	mem_deref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind),
		TEST(more_lines),
		TEST(text_cannot_forge_a_line),
		TEST(name_cannot_forge_a_line),
		TEST(long_names_keep_their_end),
		TEST(appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
