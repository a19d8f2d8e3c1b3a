/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors, texts and nicks of the XMPP face. */
#include <errno.h>

#include "test.h"

#include "jerror.h"
#include "jid_prep.h"
#include "jnick.h"
#include "jtext.h"
#include "utf8.h"

/* ---- errors ---- */

static void assert_to_sip(const char *condition, unsigned full, unsigned bare)
{
	const struct jerror_sip *e = jerror_sip(view_str(condition));

	assert_string_equal(e->condition, condition);
	assert_int_equal(e->full, full);
	assert_int_equal(e->bare, bare);
	assert_true(*e->reason);
}

/* RFC 7247 7.1, with what spares phones and proxies a harm. */
static void finds_a_status_for_a_condition(void **state)
{
	(void)state;
	assert_to_sip("bad-request", 400, 400);
	assert_to_sip("conflict", 400, 400);
	assert_to_sip("feature-not-implemented", 405, 501);
	assert_to_sip("forbidden", 403, 603);
	assert_to_sip("gone", 410, 410);
	assert_to_sip("internal-server-error", 500, 500);
	assert_to_sip("item-not-found", 404, 604);
	assert_to_sip("jid-malformed", 400, 400);
	assert_to_sip("not-acceptable", 406, 606);
	assert_to_sip("not-allowed", 403, 403);
	assert_to_sip("not-authorized", 403, 403);
	assert_to_sip("policy-violation", 403, 403);
	assert_to_sip("recipient-unavailable", 480, 600);
	assert_to_sip("redirect", 480, 480);
	assert_to_sip("registration-required", 403, 403);
	assert_to_sip("remote-server-not-found", 404, 404);
	assert_to_sip("remote-server-timeout", 408, 408);
	assert_to_sip("resource-constraint", 500, 500);
	assert_to_sip("service-unavailable", 403, 404);
	assert_to_sip("subscription-required", 400, 400);
	assert_to_sip("undefined-condition", 400, 400);
	assert_to_sip("unexpected-request", 491, 491);
	assert_string_equal(jerror_sip(VIEW("nonsense"))->condition,
			    "undefined-condition");
	assert_string_equal(jerror_sip(VIEW_NONE)->condition,
			    "undefined-condition");
}

static void assert_to_xmpp(unsigned status, const char *condition,
			   const char *type)
{
	const struct jerror_xmpp *e = jerror_xmpp(status);

	assert_string_equal(e->condition, condition);
	assert_string_equal(e->type, type);
}

static void finds_a_condition_for_a_status(void **state)
{
	(void)state;
	assert_to_xmpp(302, "redirect", "modify");
	assert_to_xmpp(301, "gone", "cancel");
	assert_to_xmpp(380, "not-acceptable", "modify");
	assert_to_xmpp(401, "not-authorized", "auth");
	assert_to_xmpp(403, "forbidden", "auth");
	assert_to_xmpp(404, "item-not-found", "cancel");
	assert_to_xmpp(405, "feature-not-implemented", "cancel");
	assert_to_xmpp(407, "registration-required", "auth");
	assert_to_xmpp(408, "remote-server-timeout", "wait");
	assert_to_xmpp(413, "policy-violation", "modify");
	assert_to_xmpp(415, "not-acceptable", "modify");
	assert_to_xmpp(423, "resource-constraint", "wait");
	assert_to_xmpp(480, "recipient-unavailable", "wait");
	assert_to_xmpp(481, "item-not-found", "cancel");
	assert_to_xmpp(489, "policy-violation", "modify");
	assert_to_xmpp(491, "unexpected-request", "wait");
	assert_to_xmpp(502, "remote-server-not-found", "cancel");
	assert_to_xmpp(503, "internal-server-error", "cancel");
	assert_to_xmpp(504, "remote-server-timeout", "wait");
	assert_to_xmpp(513, "policy-violation", "modify");
	assert_to_xmpp(604, "item-not-found", "cancel");
	assert_to_xmpp(606, "not-acceptable", "modify");
	/* RFC 3261 8.1.3.2: as the first of its class */
	assert_to_xmpp(399, "redirect", "modify");
	assert_to_xmpp(499, "bad-request", "modify");
	assert_to_xmpp(599, "internal-server-error", "cancel");
	assert_to_xmpp(699, "recipient-unavailable", "wait");
	assert_to_xmpp(200, "internal-server-error", "cancel");
	assert_to_xmpp(0, "internal-server-error", "cancel");
	assert_to_xmpp(4294967295u, "internal-server-error", "cancel");
}

static void assert_phrase(struct view text, const char *want)
{
	struct buf b = { 0 };

	jerror_phrase(&b, jerror_sip(VIEW("item-not-found")), text);
	assert_view(buf_view(&b), want);
	buf_free(&b);
}

static void makes_phrases_of_one_line(void **state)
{
	struct buf b = { 0 };
	char text[4000];

	(void)state;
	assert_phrase(VIEW("Not here"), "Not here");
	assert_phrase(VIEW(""), "Not Found");
	assert_phrase(VIEW(" \r\n\t"), "Not Found");
	assert_phrase(VIEW("\xe2\x80\x8b"), "Not Found");
	assert_phrase(VIEW(" a\r\nVia: x\0\x01\x7f\xff\xc2\x85z "),
		      "a Via: x z");
	memset(text, 'x', sizeof(text));
	memcpy(text + 78, "\xe2\x82\xac", 3);
	jerror_phrase(&b, jerror_sip(VIEW_NONE), view_mem(text, sizeof(text)));
	assert_int_equal(b.n, 78);
	buf_clear(&b);
	jerror_words(&b, 480, VIEW("Temporarily\r\nUnavailable"));
	assert_view(buf_view(&b), "480 Temporarily Unavailable");
	buf_clear(&b);
	jerror_words(&b, 404, VIEW_NONE);
	assert_view(buf_view(&b), "404");
	buf_free(&b);
}

/* ---- texts ---- */

static void has_a_text_for_each_case(void **state)
{
	(void)state;
	for (int i = 0; i < JTEXT_COUNT; i++) {
		struct view v = jtext(i);

		assert_true(view_starts(v, VIEW("ERROR: ")) ||
			    view_starts(v, VIEW("INFO: ")));
		assert_true(v.p[v.n - 1] == '.');
		assert_null(memmem(v.p, v.n, "  ", 2));
	}
	assert_view(jtext(JTEXT_FULL), "ERROR: Your message was not sent. "
				       "SIP-2-JABBER gateway is full.");
	assert_view(jtext(JTEXT_OFFLINE),
		    "INFO: You are now offline in Jabber network. Thank you "
		    "for using SIP-Jabber gateway.");
	assert_view(jtext(JTEXT_LOST),
		    "ERROR: Connection to Jabber server lost. You have to "
		    "login to Jabber server again (join again the conferences "
		    "that you were participating, too).");
	assert_int_equal(jtext_from(JTEXT_FULL), JTEXT_FROM_PEER);
	assert_int_equal(jtext_from(JTEXT_OFFLINE), JTEXT_FROM_REGISTRAR);
}

static void says_what_was_not_sent(void **state)
{
	struct buf b = { 0 };

	(void)state;
	jtext_not_sent(&b, VIEW("Not\nFound"), VIEW("hi\r\n all"));
	assert_view(buf_view(&b), "ERROR: Your message was not sent. "
				  "Not Found: hi all");
	buf_clear(&b);
	jtext_not_sent(&b, VIEW("No"), VIEW(" "));
	assert_view(buf_view(&b), "ERROR: Your message was not sent. No");
	buf_clear(&b);
	jtext_not_sent(&b, VIEW("No"), VIEW(
		"\xe2\x82\xac" "123456789" "\xe2\x82\xac" "123456789"
		"\xe2\x82\xac" "123456789" "\xe2\x82\xac" "123456789" "cut"));
	assert_view(buf_view(&b), "ERROR: Your message was not sent. No: "
		"\xe2\x82\xac" "123456789" "\xe2\x82\xac" "123456789"
		"\xe2\x82\xac" "123456789" "\xe2\x82\xac" "123456789");
	buf_free(&b);
}

static void says_what_came_back(void **state)
{
	struct buf b = { 0 };

	(void)state;
	jtext_bounced(&b, VIEW("404"), VIEW("Not Found"), VIEW("hi"));
	assert_view(buf_view(&b), "{Error (404 - Not Found) when trying to "
				  "send following message}hi");
	buf_clear(&b);
	jtext_bounced(&b, VIEW_NONE, VIEW("Not\nFound"), VIEW("hi\n"));
	assert_view(buf_view(&b), "{Error (Not Found) when trying to send "
				  "following message}hi\n");
	buf_clear(&b);
	jtext_bounced(&b, VIEW("404"), VIEW_NONE, VIEW("hi"));
	assert_view(buf_view(&b), "{Error sending following message} - hi");
	buf_free(&b);
}

/* ---- nicks ---- */

static void assert_nick(struct view text, const char *want)
{
	struct buf b = { 0 }, again = { 0 };

	assert_int_equal(jnick_prep(&b, text), 0);
	assert_view(buf_view(&b), want);
	assert_true(b.n <= JNICK_MAX);
	assert_int_equal(jnick_prep(&again, buf_view(&b)), 0);
	assert_true(view_eq(buf_view(&b), buf_view(&again)));
	buf_free(&b);
	buf_free(&again);
}

static void assert_no_nick(struct view text)
{
	struct buf b = { 0 };

	assert_int_equal(jnick_prep(&b, text), EBADMSG);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void prepares_nicks(void **state)
{
	char text[3000];

	(void)state;
	assert_nick(VIEW("Jo Do"), "Jo Do");
	assert_nick(VIEW(" \tJo\r\n  Do\xc2\xa0"), "Jo Do");
	assert_nick(VIEW("J\xc3\xb6"), "J\xc3\xb6");
	assert_nick(VIEW("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
	assert_nick(VIEW("a\0\x01\x7f\xff" "b"), "ab");
	assert_nick(VIEW("a\xe2\x80\xae\xe2\x80\x8b" "b"), "ab");
	assert_nick(VIEW("[admin] <x>"), "(admin) (x)");
	assert_nick(VIEW("\xef\xbc\xbb" "admin\xef\xbc\xbd"), "(admin)");
	assert_nick(VIEW("\xe3\x80\x90" "admin\xe3\x80\x91"), "(admin)");
	assert_nick(VIEW("\xe2\x9d\xb2" "a\xe2\x9d\xb3"), "(a)");
	assert_nick(VIEW("a@b"), "a_b");
	assert_nick(VIEW("a\xef\xbc\xa0" "b"), "a_b");
	assert_no_nick(VIEW(""));
	assert_no_nick(VIEW(" \t"));
	assert_no_nick(VIEW("\xe2\x80\x8b\xef\xbb\xbf"));
	assert_no_nick(VIEW("\xff\xfe"));
	/* Resourceprep: two directions in one name */
	assert_no_nick(VIEW("a\xd7\x90" "b"));
	memset(text, 'x', sizeof(text));
	assert_nick(view_mem(text, sizeof(text)),
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	memcpy(text + 62, "\xe2\x82\xac", 3);
	assert_nick(view_mem(text, sizeof(text)),
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* One character of each kind there is, between two others. */
static void prepares_all_of_unicode(void **state)
{
	struct buf text = { 0 }, nick = { 0 }, again = { 0 };
	size_t done = 0;

	(void)state;
	for (uint32_t cp = 0; cp < 0x110000; cp += cp < 0x3100 ? 1 : 61) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_clear(&text);
		buf_clear(&nick);
		buf_clear(&again);
		buf_addc(&text, '-');
		utf8_put(&text, cp);
		buf_addc(&text, '-');
		if (jnick_prep(&nick, buf_view(&text)))
			continue;
		done++;
		assert_false(view_has(buf_view(&nick), '['));
		assert_false(view_has(buf_view(&nick), '<'));
		assert_int_equal(jid_prep_resource(&again, buf_view(&nick)),
				 0);
		assert_true(view_eq(buf_view(&again), buf_view(&nick)));
	}
	assert_true(done > 20000);
	buf_free(&text);
	buf_free(&nick);
	buf_free(&again);
}

static void chooses_a_nick(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(jnick_choose(&b, VIEW("al"), VIEW("u"), VIEW("N")),
			 0);
	assert_view(buf_view(&b), "al");
	buf_clear(&b);
	assert_int_equal(jnick_choose(&b, VIEW(""), VIEW("t%C3%BC%20x"),
				      VIEW("N")), 0);
	assert_view(buf_view(&b), "t\xc3\xbc x");
	buf_clear(&b);
	assert_int_equal(jnick_choose(&b, VIEW(" "), VIEW("%00"), VIEW("N")),
			 0);
	assert_view(buf_view(&b), "N");
	buf_clear(&b);
	assert_int_equal(jnick_choose(&b, VIEW(""), VIEW("%zz"), VIEW("")),
			 EBADMSG);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void finds_another_nick(void **state)
{
	static const char *const want[] = { "tom_", "tom__", "tom-2", "tom-3",
					    "tom-4" };
	char nick[JNICK_MAX];
	struct buf b = { 0 };

	(void)state;
	for (unsigned i = 1; i <= JNICK_TRIES; i++) {
		buf_clear(&b);
		assert_int_equal(jnick_next(&b, VIEW("tom"), i), 0);
		assert_view(buf_view(&b), want[i - 1]);
	}
	assert_int_equal(jnick_next(&b, VIEW("tom"), 0), ERANGE);
	assert_int_equal(jnick_next(&b, VIEW("tom"), JNICK_TRIES + 1), ERANGE);
	memset(nick, 'x', sizeof(nick));
	nick[61] = ' ';
	buf_clear(&b);
	assert_int_equal(jnick_next(&b, view_mem(nick, sizeof(nick)), 2), 0);
	assert_int_equal(b.n, 63);
	assert_true(view_eq(view_from(buf_view(&b), 60), VIEW("x__")));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_a_status_for_a_condition),
		TEST(finds_a_condition_for_a_status),
		TEST(makes_phrases_of_one_line),
		TEST(has_a_text_for_each_case),
		TEST(says_what_was_not_sent),
		TEST(says_what_came_back),
		TEST(prepares_nicks),
		TEST(prepares_all_of_unicode),
		TEST(chooses_a_nick),
		TEST(finds_another_nick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
