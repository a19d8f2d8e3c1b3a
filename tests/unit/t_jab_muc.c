/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pure parts of the XMPP worker: rooms, addresses, reasons. */
#include "test.h"

#include <errno.h>

#include "conn_why.h"
#include "jid.h"
#include "jid_prep.h"
#include "muc_rules.h"
#include "utf8.h"

/* ---- how a stay ends ---- */

struct removed_row {
	unsigned codes[4];
	bool destroyed;
	enum worker_lost why;
	const char *words; /* is in it */
};

static void removed(void **state)
{
	static const struct removed_row rows[] = {
		{ { 110, 301 }, false, GONE_REFUSED, "banned" },
		{ { 110, 307 }, false, GONE_REFUSED, "kicked" },
		{ { 307, 301 }, false, GONE_REFUSED, "banned" },
		{ { 321 }, false, GONE_REFUSED, "no longer a member" },
		{ { 110, 322 }, false, GONE_REFUSED, "members only" },
		{ { 110, 332 }, false, GONE_NET, "shutting down" },
		{ { 110, 307, 333 }, false, GONE_NET, "technical" },
		{ { 333 }, false, GONE_NET, "technical" },
		{ { 110 }, true, GONE_REFUSED, "destroyed" },
		{ { 332 }, true, GONE_REFUSED, "destroyed" },
		{ { 110 }, false, GONE_NET, "no longer in" },
		{ { 0 }, false, GONE_NET, "no longer in" },
		{ { 999, 1 }, false, GONE_NET, "no longer in" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct muc_end end = muc_removed(rows[i].codes, 4,
						 rows[i].destroyed);

		assert_int_equal(end.why, rows[i].why);
		assert_non_null(strstr(end.words, rows[i].words));
	}
}

struct refused_row {
	const char *condition, *type;
	enum worker_lost why;
	const char *words;
};

static void join_refused(void **state)
{
	static const struct refused_row rows[] = {
		{ "conflict", "cancel", GONE_REFUSED, "nick is taken" },
		{ "not-authorized", "auth", GONE_REFUSED, "password" },
		{ "registration-required", "auth", GONE_REFUSED, "members" },
		{ "forbidden", "auth", GONE_REFUSED, "banned" },
		{ "item-not-found", "cancel", GONE_REFUSED, "no such room" },
		{ "not-allowed", "cancel", GONE_REFUSED, "may not make" },
		{ "service-unavailable", "wait", GONE_REFUSED, "full" },
		{ "not-acceptable", "cancel", GONE_REFUSED, "this nick" },
		{ "jid-malformed", "modify", GONE_CONFIG, "malformed" },
		{ "remote-server-not-found", "cancel", GONE_NET, "found" },
		{ "remote-server-timeout", "wait", GONE_NET, "answer" },
		{ "policy-violation", "wait", GONE_NET, "not now" },
		{ "policy-violation", "modify", GONE_REFUSED, "refused" },
		{ "", "", GONE_REFUSED, "refused" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct muc_end end =
			muc_join_refused(view_str(rows[i].condition),
					 view_str(rows[i].type));

		assert_int_equal(end.why, rows[i].why);
		assert_non_null(strstr(end.words, rows[i].words));
	}
}

static enum muc_say_fate fate(const char *condition, const char *type)
{
	return muc_say_refused(view_str(condition), view_str(type)).fate;
}

static void say_refused(void **state)
{
	(void)state;
	assert_int_equal(fate("forbidden", "auth"), MUC_SAY_NEVER);
	assert_non_null(strstr(muc_say_refused(VIEW("forbidden"),
					       VIEW("auth")).words, "voice"));
	assert_int_equal(fate("not-acceptable", "cancel"), MUC_SAY_OUT);
	assert_int_equal(fate("remote-server-timeout", "wait"), MUC_SAY_OUT);
	assert_int_equal(fate("policy-violation", "wait"), MUC_SAY_AGAIN);
	assert_int_equal(fate("policy-violation", "modify"), MUC_SAY_NEVER);
	assert_int_equal(fate("resource-constraint", "wait"), MUC_SAY_AGAIN);
	assert_int_equal(fate("", ""), MUC_SAY_NEVER);
}

static void self_ping(void **state)
{
	(void)state;
	assert_int_equal(muc_ping_answer(VIEW_NONE), MUC_PING_IN);
	assert_int_equal(muc_ping_answer(VIEW("service-unavailable")),
			 MUC_PING_IN);
	assert_int_equal(muc_ping_answer(VIEW("feature-not-implemented")),
			 MUC_PING_IN);
	assert_int_equal(muc_ping_answer(VIEW("item-not-found")),
			 MUC_PING_IN);
	assert_int_equal(muc_ping_answer(VIEW("remote-server-not-found")),
			 MUC_PING_UNSURE);
	assert_int_equal(muc_ping_answer(VIEW("remote-server-timeout")),
			 MUC_PING_UNSURE);
	assert_int_equal(muc_ping_answer(VIEW("not-acceptable")),
			 MUC_PING_OUT);
	assert_int_equal(muc_ping_answer(VIEW("not-allowed")), MUC_PING_OUT);
}

/* ---- names and texts ---- */

static void next_nicks(void **state)
{
	static const char *const want[] = { "bot_", "bot__", "bot-2", "bot-3",
					    "bot-4" };

	(void)state;
	for (unsigned i = 1; i <= MUC_NICK_TRIES; i++) {
		struct buf b = { 0 };

		muc_next_nick(&b, VIEW("bot"), i);
		assert_string_equal(buf_str(&b), want[i - 1]);
		buf_free(&b);
	}
}

static void next_nick_of_a_long_one(void **state)
{
	static char nick[JID_PART_MAX];
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(nick); i++)
		nick[i] = i % 2 ? (char)0xbc : (char)0xc3;
	muc_next_nick(&b, view_mem(nick, sizeof(nick)), 5);
	assert_in_range(b.n, JID_PART_MAX - 8, JID_PART_MAX);
	assert_true(utf8_valid(buf_view(&b)));
	buf_free(&b);
}

static void assert_body(unsigned kind, const char *text, const char *want)
{
	struct buf b = { 0 };

	muc_body(&b, kind, VIEW("alice"), view_str(text));
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void bodies(void **state)
{
	(void)state;
	assert_body(SAY_TEXT, "hi", "<alice> hi");
	assert_body(SAY_TEXT, "one\n<bob> two\n", "<alice> one\n  <bob> two\n"
		    "  ");
	assert_body(SAY_TEXT, "/me waves", "<alice> /me waves");
	assert_body(SAY_EMOTE, "waves", "/me <alice> waves");
	assert_body(SAY_EMOTE, "waves\n* bob waves",
		    "/me <alice> waves\n  * bob waves");
	assert_body(SAY_NOTICE, "the room is closed", "* the room is closed");
	assert_body(SAY_TEXT, "", "<alice> ");
}

/* ---- addresses ---- */

static void splitting(void **state)
{
	struct jid j;

	(void)state;
	jid_split(&j, VIEW("lobby@rooms.x/Jo@Do/e"));
	assert_view(j.local, "lobby");
	assert_view(j.domain, "rooms.x");
	assert_view(j.resource, "Jo@Do/e");
	jid_split(&j, VIEW("x.org"));
	assert_int_equal(j.local.n, 0);
	assert_view(j.domain, "x.org");
	assert_view(jid_bare(VIEW("a@b/c/d")), "a@b");
	assert_int_equal(jid_bare(VIEW_NONE).n, 0);
}

static void preparing(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(jid_prep(&b, VIEW("L\xc3\x96""bby@Rooms.X/Nick")), 0);
	assert_string_equal(buf_str(&b), "l\xc3\xb6""bby@rooms.x/Nick");
	buf_clear(&b);
	assert_int_equal(jid_prep(&b, VIEW("a b@x")), EBADMSG);
	buf_clear(&b);
	assert_int_equal(jid_prep(&b, VIEW("@")), EBADMSG);
	buf_clear(&b);
	assert_int_equal(jid_prep_resource(&b, VIEW("a\0b")), EBADMSG);
	assert_int_equal(jid_prep_resource(&b, VIEW("\xff")), EBADMSG);
	assert_int_equal(jid_prep_resource(&b, VIEW("tab\t")), EBADMSG);
	assert_int_equal(b.n, 0);
	assert_int_equal(jid_prep_resource(&b, VIEW("Jo Do")), 0);
	assert_string_equal(buf_str(&b), "Jo Do");
	buf_free(&b);
}

static void preparing_too_long(void **state)
{
	static char text[JID_PART_MAX + 2];
	struct buf b = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(jid_prep_resource(&b, view_mem(text, JID_PART_MAX)),
			 0);
	assert_int_equal(jid_prep_resource(&b, view_mem(text, sizeof(text))),
			 EBADMSG);
	buf_free(&b);
}

/* ---- why a connection ended ---- */

static void assert_words(struct buf *b, const char *words)
{
	if (!strstr(buf_str(b), words))
		fail_msg("\"%s\" is not in \"%s\"", words, buf_str(b));
	buf_free(b);
}

static void stream_ends(const char *condition, const char *said,
			enum worker_lost why, const char *words)
{
	struct buf b = { 0 };

	assert_int_equal(conn_why_stream(&b, view_str(condition),
					 view_str(said)), why);
	assert_words(&b, words);
}

static void stream_errors(void **state)
{
	(void)state;
	stream_ends("conflict", "Replaced by new connection", GONE_REFUSED,
		    "took over our resource: Replaced by new connection");
	stream_ends("host-unknown", "", GONE_CONFIG, "does not serve");
	stream_ends("not-authorized", "", GONE_AUTH, "refused the login");
	stream_ends("system-shutdown", "", GONE_NET, "shutting down");
	stream_ends("see-other-host", "", GONE_NET, "to another host");
	stream_ends("reset", "now", GONE_NET,
		    "ended the session: reset: now");
	stream_ends("", "", GONE_NET, "ended the session");
}

static void login_ends(const char *condition, enum worker_lost why,
		       const char *words)
{
	struct buf b = { 0 };

	assert_int_equal(conn_why_sasl(&b, view_str(condition),
				       VIEW("xmpp.test")), why);
	assert_words(&b, words);
}

static void login_errors(void **state)
{
	(void)state;
	login_ends("not-authorized", GONE_AUTH,
		   "login refused: name or password is wrong for xmpp.test");
	login_ends("whatever", GONE_AUTH, "login refused");
	login_ends("account-disabled", GONE_AUTH, "disabled at xmpp.test");
	login_ends("temporary-auth-failure", GONE_NET, "for now");
	login_ends("encryption-required", GONE_CONFIG, "TLS is required");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(removed),
		TEST(join_refused),
		TEST(say_refused),
		TEST(self_ping),
		TEST(next_nicks),
		TEST(next_nick_of_a_long_one),
		TEST(bodies),
		TEST(splitting),
		TEST(preparing),
		TEST(preparing_too_long),
		TEST(stream_errors),
		TEST(login_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
