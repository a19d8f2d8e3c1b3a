/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IRCv3's small parts: tags, times, capabilities, batches, SASL, character
 * sets, masks and what RPL_ISUPPORT says. */
#include <errno.h>

#include "test.h"
#include "batch.h"
#include "caps.h"
#include "charset.h"
#include "names.h"
#include "out.h"
#include "people.h"
#include "sasl.h"
#include "tags.h"

static void tags_are_found_and_unescaped(void **state)
{
	struct view tags = VIEW("a=1;+b=x\\:y\\sz\\\\\\r\\n\\q\\;empty;a=2");
	struct view v = VIEW_NONE;
	struct buf b = { 0 };

	(void)state;
	assert_true(ircb_tag(tags, "a", &v));
	assert_view(v, "2");
	assert_true(ircb_tag(tags, "empty", &v));
	assert_int_equal(v.n, 0);
	assert_false(ircb_tag(tags, "b", &v));
	assert_false(ircb_tag(VIEW_NONE, "", &v));
	assert_true(ircb_tag(tags, "+b", &v));
	ircb_tag_text(&b, v);
	assert_view(buf_view(&b), "x;y z\\q");
	buf_clear(&b);
	ircb_tag_text(&b, VIEW("a\1b\x7f"));
	assert_view(buf_view(&b), "ab");
	buf_free(&b);
}

static void times_are_read_and_written(void **state)
{
	static const char *const bad[] = {
		"", "2026", "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00Z",
		"2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:00:00", "2026-01-01T00:00:00.1Z",
		"2026-01-01 00:00:00.100Z", "1969-12-31T23:59:59.000Z",
		"2026-01-01T00:00:00.000+01:00", "-026-01-01T00:00:00Z",
	};
	struct buf b = { 0 };
	uint64_t ms = 0;

	(void)state;
	assert_int_equal(ircb_time_parse(&ms, VIEW("1970-01-01T00:00:01Z")),
			 0);
	assert_int_equal(ms, 1000);
	assert_int_equal(ircb_time_parse(&ms,
					 VIEW("2011-10-19T16:40:51.620Z")),
			 0);
	assert_int_equal(ms, 1319042451620);
	ircb_time_put(&b, ms);
	assert_view(buf_view(&b), "2011-10-19T16:40:51.620Z");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ircb_time_parse(&ms, view_str(bad[i])),
				 EBADMSG);
	buf_free(&b);
}

static void assert_next(struct ircb_caps *c, const char *list)
{
	struct buf b = { 0 };

	assert_int_equal(ircb_caps_next(c, ~0U, &b), *list != '\0');
	assert_view(buf_view(&b), list);
	buf_free(&b);
}

static void what_is_offered_is_asked_for(void **state)
{
	struct ircb_caps c = { 0 };

	(void)state;
	ircb_caps_offer(&c, VIEW("sasl=PLAIN,EXTERNAL server-time zzz "
				 "echo-message sts=port=6697,duration=60,x "
				 "draft/chathistory"));
	assert_string_equal(c.sasl, "PLAIN,EXTERNAL");
	assert_true(c.sts);
	assert_int_equal(c.sts_port, 6697);
	assert_int_equal(c.sts_seconds, 60);
	/* Echoes without labels, and a past without batches, are of no use. */
	assert_next(&c, "server-time sasl");
	assert_next(&c, "");
	/* What nobody asked for does not go on. */
	ircb_caps_ack(&c, VIEW("server-time batch sasl"));
	assert_int_equal(c.on, IRCB_CAP_TIME | IRCB_CAP_SASL);
	ircb_caps_offer(&c, VIEW("batch labeled-response"));
	assert_next(&c, "batch labeled-response echo-message");
	ircb_caps_ack(&c, VIEW("batch labeled-response echo-message"));
	assert_next(&c, "");
	ircb_caps_drop(&c, VIEW("batch server-time"));
	assert_int_equal(c.on, IRCB_CAP_LABEL | IRCB_CAP_ECHO | IRCB_CAP_SASL);
	ircb_caps_ack(&c, VIEW("-echo-message"));
	assert_int_equal(c.on, IRCB_CAP_LABEL | IRCB_CAP_SASL);
}

static void of_those_refused_each_is_tried_alone(void **state)
{
	struct ircb_caps c = { 0 };

	(void)state;
	ircb_caps_offer(&c, VIEW("batch chghost setname"));
	assert_next(&c, "batch chghost setname");
	ircb_caps_nak(&c, VIEW("chghost"));
	assert_next(&c, "batch");
	ircb_caps_nak(&c, VIEW("batch"));
	assert_next(&c, "chghost");
	ircb_caps_ack(&c, VIEW("chghost"));
	assert_next(&c, "setname");
	ircb_caps_nak(&c, VIEW("setname"));
	assert_next(&c, "");
	assert_int_equal(c.on, IRCB_CAP_CHGHOST);
}

static int batch(struct ircb_batches *b, const char *text)
{
	struct ircb_line l;

	assert_int_equal(ircb_line_parse(&l, view_str(text)), 0);
	return ircb_batch_line(b, &l);
}

static void batches_open_and_close(void **state)
{
	struct ircb_batches b = { 0 };
	char text[64];

	(void)state;
	assert_int_equal(batch(&b, "BATCH +a netsplit x.net y.net"), 0);
	assert_int_equal(batch(&b, "BATCH +h chathistory #lobby"), 0);
	assert_int_equal(batch(&b, "@batch=h BATCH +n netjoin"), 0);
	assert_int_equal(ircb_batch_of(&b, VIEW("batch=a")),
			 IRCB_BATCH_NETSPLIT);
	assert_int_equal(ircb_batch_of(&b, VIEW("x;batch=n")),
			 IRCB_BATCH_HISTORY);
	assert_int_equal(ircb_batch_of(&b, VIEW("batch=")), IRCB_BATCH_NONE);
	assert_int_equal(ircb_batch_of(&b, VIEW_NONE), IRCB_BATCH_NONE);
	assert_int_equal(batch(&b, "BATCH -a"), 0);
	assert_int_equal(ircb_batch_of(&b, VIEW("batch=a")), IRCB_BATCH_NONE);
	assert_int_equal(batch(&b, "BATCH -a"), EBADMSG);
	assert_int_equal(batch(&b, "BATCH"), EBADMSG);
	assert_int_equal(batch(&b, "BATCH +"), EBADMSG);
	for (int i = 0; i < IRCB_BATCHES - 2; i++) {
		snprintf(text, sizeof(text), "BATCH +r%d other", i);
		assert_int_equal(batch(&b, text), 0);
	}
	assert_int_equal(batch(&b, "BATCH +more other"), EMSGSIZE);
}

static void the_best_mechanism_is_taken(void **state)
{
	struct ircb_sasl_conf c = { .login = VIEW("u"), .password = VIEW("p"),
				    .private = true };
	enum ircb_mech m;

	(void)state;
	assert_int_equal(ircb_sasl_pick(&m, &c, VIEW("plain,SCRAM-SHA-256")),
			 0);
	assert_int_equal(m, IRCB_MECH_SCRAM);
	assert_int_equal(ircb_sasl_pick(&m, &c, VIEW_NONE), 0);
	assert_int_equal(m, IRCB_MECH_PLAIN);
	assert_int_equal(ircb_sasl_pick(&m, &c, VIEW("EXTERNAL")), ENOENT);
	c.has_cert = true;
	assert_int_equal(ircb_sasl_pick(&m, &c, VIEW("EXTERNAL,PLAIN")), 0);
	assert_int_equal(m, IRCB_MECH_EXTERNAL);
	c.wanted = VIEW("plain");
	assert_int_equal(ircb_sasl_pick(&m, &c, VIEW("EXTERNAL,PLAIN")), 0);
	assert_int_equal(m, IRCB_MECH_PLAIN);
	/* Nobody on the way is to read the password. */
	c.private = false;
	assert_int_equal(ircb_sasl_pick(&m, &c, VIEW("EXTERNAL,PLAIN")),
			 ENOENT);
	assert_true(ircb_mech_known(VIEW("scram-sha-256")));
	assert_false(ircb_mech_known(VIEW("DIGEST-MD5")));
}

static void long_passwords_go_in_pieces(void **state)
{
	char password[298]; /* with "u\0u\0": 302 bytes, 404 of base64 */
	struct ircb_sasl_conf c = { .login = VIEW("u") };
	struct buf out = { 0 };
	struct ircb_sasl *s;
	struct view rest;
	bool last, answer;

	(void)state;
	memset(password, 'p', sizeof(password));
	/* Just as long as one piece: an empty one has to follow. */
	c.password = view_mem(password, 296);
	s = ircb_sasl_new(IRCB_MECH_PLAIN, &c);
	assert_false(ircb_sasl_complete(s));
	assert_int_equal(ircb_sasl_step(s, VIEW("+"), &out, &answer), 0);
	assert_true(answer);
	assert_true(ircb_sasl_complete(s));
	assert_int_equal(out.n, 400);
	rest = buf_view(&out);
	assert_int_equal(ircb_sasl_chunk(&rest, &last).n, 400);
	assert_false(last);
	assert_view(ircb_sasl_chunk(&rest, &last), "+");
	assert_true(last);
	/* Once only. */
	assert_int_equal(ircb_sasl_step(s, VIEW("+"), &out, &answer), EBADMSG);
	mem_deref(s);
	buf_free(&out);
}

static void a_server_of_nonsense_is_no_server(void **state)
{
	struct ircb_sasl_conf c = { .login = VIEW("u"),
				    .password = VIEW("p") };
	struct ircb_sasl *s = ircb_sasl_new(IRCB_MECH_SCRAM, &c);
	struct buf out = { 0 };
	char piece[IRCB_SASL_CHUNK + 1];
	bool answer;
	int err = 0;

	(void)state;
	assert_int_equal(ircb_sasl_step(s, VIEW("+"), &out, &answer), 0);
	assert_int_equal(ircb_sasl_step(s, VIEW("cj14"), &out, &answer),
			 EBADMSG);
	assert_false(ircb_sasl_complete(s));
	memset(piece, 'A', sizeof(piece));
	assert_int_equal(ircb_sasl_step(s, view_mem(piece, sizeof(piece)),
					&out, &answer), EMSGSIZE);
	/* Pieces without end. */
	for (int i = 0; i < 100 && !err; i++)
		err = ircb_sasl_step(s, view_mem(piece, IRCB_SASL_CHUNK), &out,
				     &answer);
	assert_int_equal(err, EMSGSIZE);
	mem_deref(s);
	buf_free(&out);
}

static void what_is_no_utf8_is_of_the_old_set(void **state)
{
	struct ircb_charset *c = NULL;
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(ircb_charset_new(&c, "no-such-set"), EINVAL);
	assert_int_equal(ircb_charset_new(&c, "KOI8-R"), 0);
	ircb_charset_text(c, &b, VIEW("\xf0\xd2\xc9\xd7\xc5\xd4"));
	assert_view(buf_view(&b), "Привет");
	buf_clear(&b);
	ircb_charset_text(c, &b, VIEW("Привет"));
	assert_view(buf_view(&b), "Привет");
	mem_deref(c);
	/* Bytes that the set does not have. */
	assert_int_equal(ircb_charset_new(&c, "EUC-JP"), 0);
	buf_clear(&b);
	ircb_charset_text(c, &b, VIEW("a\xff" "b\xa4\xa2"));
	assert_view(buf_view(&b), "a\uFFFD" "bあ");
	mem_deref(c);
	/* An accent may follow the last letter: it is kept until the end. */
	assert_int_equal(ircb_charset_new(&c, "CP1258"), 0);
	buf_clear(&b);
	ircb_charset_text(c, &b, VIEW("\xf0i \xf0" "a"));
	assert_view(buf_view(&b), "đi đa");
	mem_deref(c);
	assert_int_equal(ircb_charset_new(&c, ""), 0);
	buf_clear(&b);
	ircb_charset_text(c, &b, VIEW("gr\xfc\xdf dich"));
	assert_view(buf_view(&b), "grüß dich");
	mem_deref(c);
	buf_free(&b);
}

static bool match(const char *mask, const char *text)
{
	return ircb_mask_match(IRCB_RFC1459, view_str(mask), view_str(text));
}

static void masks_match(void **state)
{
	char many[200];

	(void)state;
	assert_true(match("NickServ!*@services.x", "nickserv!srv@services.x"));
	assert_false(match("NickServ!*@services.x", "NickServ!a@services.xy"));
	assert_false(match("NickServ!*@services.x", "NickServ!a@b.x"));
	assert_true(match("*", ""));
	assert_true(match("a?c*", "A[C{"));
	assert_false(match("a?", "a"));
	assert_false(match("", "a"));
	/* Many stars do not take for ever. */
	memset(many, '*', sizeof(many) - 1);
	many[150] = 'b';
	many[sizeof(many) - 1] = '\0';
	assert_false(match(many, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void support(struct ircb_support *s, const char *tokens)
{
	struct buf b = { 0 };
	struct ircb_line l;

	buf_adds(&b, ":srv 005 me ");
	buf_adds(&b, tokens);
	buf_adds(&b, " :are supported");
	assert_int_equal(ircb_line_parse(&l, buf_view(&b)), 0);
	ircb_support_line(s, &l);
	buf_free(&b);
}

static void what_the_server_supports(void **state)
{
	struct ircb_support s;

	(void)state;
	ircb_support_init(&s);
	assert_int_equal(ircb_mode_kind(&s, 'v'), IRCB_MODE_MEMBER);
	assert_int_equal(ircb_mode_kind(&s, 'k'), IRCB_MODE_ALWAYS);
	support(&s, "PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,lf,mnt LINELEN=400 "
		    "CHATHISTORY=50 TOPICLEN=300 CHANTYPES=# MAXLIST");
	assert_int_equal(ircb_mode_kind(&s, 'q'), IRCB_MODE_MEMBER);
	assert_int_equal(ircb_mode_kind(&s, 'f'), IRCB_MODE_SET);
	assert_int_equal(ircb_mode_kind(&s, 'b'), IRCB_MODE_LIST);
	assert_int_equal(ircb_mode_kind(&s, 'm'), IRCB_MODE_FLAG);
	assert_int_equal(ircb_mode_kind(&s, 'Z'), IRCB_MODE_FLAG);
	assert_int_equal(s.linelen, 400);
	assert_int_equal(s.history, 50);
	assert_int_equal(s.topiclen, 300);
	assert_view(ircb_names_nick(&s, VIEW("@+nick!u@h")), "nick");
	assert_view(ircb_names_nick(&s, VIEW("~")), "");
	assert_true(ircb_support_is_channel(&s, VIEW("#a")));
	assert_false(ircb_support_is_channel(&s, VIEW("&a")));
	support(&s, "PREFIX=(qaohv)~& LINELEN=4096");
	assert_int_equal(ircb_mode_kind(&s, 'h'), IRCB_MODE_MEMBER);
	assert_int_equal(s.linelen, IRCB_OUT_MAX);
	support(&s, "LINELEN=7 NICKLEN=99999");
	assert_int_equal(s.linelen, IRCB_OUT_MAX);
	assert_int_equal(s.nicklen, 0);
}

static void people(struct ircb_people *p, const char *text)
{
	struct ircb_line l;

	assert_int_equal(ircb_line_parse(&l, view_str(text)), 0);
	ircb_people_line(p, &l, VIEW("us"));
}

static bool has(const struct ircb_people *p, const char *nick)
{
	return ircb_people_has(p, VIEW("#A"), view_str(nick));
}

static void people_come_and_go(void **state)
{
	struct ircb_support s;
	struct ircb_people *p;

	(void)state;
	ircb_support_init(&s);
	p = ircb_people_new(&s);
	people(p, ":srv 353 us = #a :@us +one two!u@h [x] one");
	people(p, ":srv 353 us = #b :us one");
	people(p, ":srv 353 us #a");
	people(p, "JOIN #a");
	assert_int_equal(ircb_people_count(p), 6);
	assert_true(has(p, "ONE") && has(p, "two") && has(p, "{X}"));
	assert_false(has(p, "three"));
	people(p, ":two!u@h NICK Three");
	assert_true(has(p, "three") && !has(p, "two"));
	/* Nothing but the case. */
	people(p, ":three!u@h NICK tHREE");
	assert_true(has(p, "three"));
	people(p, ":three!u@h PART #a :bye");
	people(p, ":x KICK #a [X] :out");
	assert_false(has(p, "three") || has(p, "[x]"));
	people(p, ":new!u@h JOIN #a");
	people(p, ":one!u@h QUIT");
	assert_int_equal(ircb_people_count(p), 3);
	assert_true(has(p, "new"));
	/* In more than one channel, and only the case changes. */
	people(p, ":new!u@h JOIN #b");
	people(p, ":new!u@h NICK NEW");
	people(p, ":NEW!u@h NICK newer");
	assert_true(has(p, "newer") && !has(p, "new"));
	assert_int_equal(ircb_people_count(p), 4);
	people(p, ":newer!u@h QUIT");
	people(p, ":again!u@h JOIN #a");
	assert_int_equal(ircb_people_count(p), 3);
	people(p, ":op KICK #a us");
	assert_int_equal(ircb_people_count(p), 1);
	mem_deref(p);
}

static void assert_guard(struct ircb_people *p, const char *name,
			 const char *shown)
{
	struct buf b = { 0 };

	ircb_people_guard(p, VIEW("#a"), view_str(name), &b);
	assert_view(buf_view(&b), shown);
	buf_free(&b);
}

static void who_is_here_is_not_called(void **state)
{
	struct ircb_support s;
	struct ircb_people *p;
	struct buf b = { 0 };

	(void)state;
	ircb_support_init(&s);
	p = ircb_people_new(&s);
	people(p, ":alice!u@h JOIN #a");
	people(p, ":bob!u@h JOIN #b");
	people(p, ":\u00e9va!u@h JOIN #a");
	assert_guard(p, "Alice", "A\u200blice");
	assert_guard(p, "alice@home", "a\u200blice@home");
	assert_guard(p, "\u00e9va", "\u00e9\u200bva");
	assert_guard(p, "bob", "bob");
	assert_guard(p, "ali", "ali");
	assert_guard(p, "", "");
	ircb_people_spare(p, VIEW("#a"), VIEW("alice bob alice alice alice "
					      "ALICE alice bob"), &b);
	assert_view(buf_view(&b), "alice bob alice alice alice ALICE "
				  "a\u200blice bob");
	buf_free(&b);
	mem_deref(p);
}

static void crowds_have_a_limit(void **state)
{
	struct ircb_support s;
	struct ircb_people *p;
	char line[64];

	(void)state;
	ircb_support_init(&s);
	p = ircb_people_new(&s);
	for (int i = 0; i < IRCB_PEOPLE_MAX + 10; i++) {
		snprintf(line, sizeof(line), ":n%d!u@h JOIN #a", i);
		people(p, line);
	}
	assert_int_equal(ircb_people_count(p), IRCB_PEOPLE_MAX);
	mem_deref(p);
}

struct told {
	unsigned count;
	uint64_t seq;
};

static void tell(uint64_t leg, uint64_t seq, void *arg)
{
	struct told *t = arg;

	assert_int_equal(leg, 1);
	t->count++;
	t->seq = seq;
}

static void labels_settle_messages(void **state)
{
	struct ircb_out *o = ircb_out_new(100, 1);
	struct told t = { 0 };
	struct buf b = { 0 };
	uint64_t wait;

	(void)state;
	ircb_out_label(o, true);
	ircb_out_say(o, 1, 11, VIEW("one\r\ntwo\r\n"), 2);
	ircb_out_say(o, 1, 12, VIEW("three\r\n"), 1);
	ircb_out_say(o, 1, 13, VIEW("four\r\nfive\r\n"), 2);
	for (int i = 0; i < 4; i++)
		assert_true(ircb_out_next(o, 0, &b, &wait));
	assert_view(buf_view(&b), "@label=cf1 one\r\n@label=cf2 two\r\n"
				  "@label=cf3 three\r\n@label=cf4 four\r\n");
	assert_true(ircb_out_answered(o, 1, true, tell, &t));
	assert_int_equal(t.count, 0);
	assert_true(ircb_out_answered(o, 2, true, tell, &t));
	assert_int_equal(t.seq, 11);
	assert_false(ircb_out_answered(o, 2, true, tell, &t));
	assert_false(ircb_out_answered(o, 0, true, tell, &t));
	assert_false(ircb_out_answered(o, 99, false, tell, &t));
	assert_int_equal(t.count, 1);
	/* Refused in the middle: the rest is not said. */
	assert_true(ircb_out_answered(o, 4, false, tell, &t));
	assert_int_equal(t.seq, 13);
	assert_int_equal(ircb_out_waiting(o), 0);
	assert_true(ircb_out_answered(o, 3, true, tell, &t));
	assert_int_equal(t.count, 3);
	buf_free(&b);
	mem_deref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tags_are_found_and_unescaped),
		TEST(times_are_read_and_written),
		TEST(what_is_offered_is_asked_for),
		TEST(of_those_refused_each_is_tried_alone),
		TEST(batches_open_and_close),
		TEST(the_best_mechanism_is_taken),
		TEST(long_passwords_go_in_pieces),
		TEST(a_server_of_nonsense_is_no_server),
		TEST(what_is_no_utf8_is_of_the_old_set),
		TEST(masks_match),
		TEST(what_the_server_supports),
		TEST(labels_settle_messages),
		TEST(people_come_and_go),
		TEST(who_is_here_is_not_called),
		TEST(crowds_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
