/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confab-irc against a server that the test plays itself: what real servers
 * do seldom, and what hostile ones do.
 */
#include "irc_world.h"

static void connect_worker(struct world *w, const char *key, const char *value)
{
	rig_account(&w->rig, 7, w->port, key, value);
	rig_join(&w->rig, 7, 1, "#Lobby");
	peer_accept(&w->srv, &w->rig, w->listener);
}

static void log_in(struct world *w, const char *key, const char *value)
{
	connect_worker(w, key, value);
	peer_expect(&w->srv, "NICK confab\r\n");
	peer_expect(&w->srv, "USER confab 0 * :100%d sure %s%n\r\n");
	peer_send(&w->srv, ":srv 001 confab :Welcome\r\n");
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	peer_expect(&w->srv, "JOIN #Lobby\r\n");
	peer_send(&w->srv, ":confab!~c@host.example JOIN :#lobby\r\n");
	rig_await(&w->rig, WIRE_JOINED, 1);
}

static struct rig_seen lost_account(struct world *w)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;

	while (now_ms() < limit) {
		for (size_t i = 0; i < w->rig.count; i++)
			if (w->rig.seen[i].type == WIRE_ACCOUNT_LOST)
				return w->rig.seen[i];
		loop_turn(w->rig.loop, 20);
	}
	fail_msg("the account was never lost");
	return w->rig.seen[0];
}

static void password_goes_first(void **state)
{
	struct world *w = *state;

	connect_worker(w, "password", "two words");
	peer_expect(&w->srv, "PASS :two words\r\nNICK confab\r\n");
	peer_send(&w->srv, ":srv 464 * :Password incorrect\r\n");
	assert_int_equal(lost_account(w).u[0], GONE_AUTH);
	assert_string_equal(lost_account(w).s[0],
			    "the server refuses our password: "
			    "Password incorrect");
	peer_expect_end(&w->srv);
	peer_close(&w->srv);
}

static void refused_nicks_are_replaced(void **state)
{
	struct world *w = *state;

	connect_worker(w, "nick", "gateway-nick");
	peer_expect(&w->srv, "NICK gateway-nick\r\n");
	peer_send(&w->srv, ":srv 433 * gateway-nick :in use\r\n");
	peer_expect(&w->srv, "NICK gateway-nick_\r\n");
	peer_send(&w->srv, ":srv 432 * gateway-nick_ :Erroneous\r\n");
	peer_expect(&w->srv, "NICK gateway-_\r\n");
	peer_send(&w->srv, ":srv 437 * gateway-_ :unavailable\r\n");
	peer_expect(&w->srv, "NICK gateway__\r\n");
	peer_send(&w->srv, ":srv 436 * gateway__ :collision\r\n");
	peer_expect(&w->srv, "NICK gateway-2\r\n");
	for (int i = 3; i <= 9; i++)
		peer_send(&w->srv, ":srv 433 * x :in use\r\n");
	peer_expect(&w->srv, "NICK gateway-9\r\n");
	peer_send(&w->srv, ":srv 433 * gateway-9 :in use\r\n");
	assert_int_equal(lost_account(w).u[0], GONE_AUTH);
	peer_close(&w->srv);
}

static void the_servers_word_on_our_nick_counts(void **state)
{
	struct world *w = *state;
	struct rig_seen up;

	connect_worker(w, NULL, NULL);
	peer_send(&w->srv, ":srv 001 other :Welcome\r\n");
	up = rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	assert_string_equal(up.s[0], "other");
	peer_send(&w->srv, ":other!u@h NICK :third\r\n"
			   ":third!u@h JOIN #lobby\r\n");
	up = rig_await(&w->rig, WIRE_JOINED, 1);
	assert_string_equal(up.s[0], "third");
	peer_close(&w->srv);
}

static void pings_are_answered(void **state)
{
	struct world *w = *state;

	log_in(w, NULL, NULL);
	peer_send(&w->srv, "PING :a b\r\nPING\r\nPING x\r\n");
	peer_expect(&w->srv, "PONG :a b\r\n");
	peer_expect(&w->srv, "PONG x\r\n");
	peer_close(&w->srv);
}

static void silence_is_noticed(void **state)
{
	struct world *w = *state;
	struct rig_seen lost;

	log_in(w, "silence_ms", "100");
	peer_expect(&w->srv, "PING cf\r\n");
	peer_send(&w->srv, ":srv PONG srv :cf\r\n");
	peer_expect(&w->srv, "PING cf\r\n");
	lost = lost_account(w);
	assert_int_equal(lost.u[0], GONE_NET);
	assert_string_equal(lost.s[0], "the server has gone silent");
	peer_expect_end(&w->srv);
	peer_close(&w->srv);
}

static void the_staff_sends_us_away(void **state)
{
	static const char *const others[] = {
		"mallory!~m@evil.example PRIVMSG confab ::off",
		"dave!~d@staff.net PRIVMSG #lobby ::off",
		"dave!~d@staff.net NOTICE confab ::off",
		"dave!~d@staff.net.evil.example PRIVMSG confab :off",
		"staff.net PRIVMSG confab :off",
		"srv BATCH +x chathistory #lobby",
		"@batch=x :dave!~d@staff.net PRIVMSG confab ::off",
		"srv BATCH -x",
	};
	struct world *w = *state;
	struct wire_msg m = { .type = WIRE_ACCOUNT_DEL, .id = 7 };

	const struct rig_set own[] = {
		{ "staff", "x!*@other.net *!*@staff.net" },
		{ "contact", "admin@\1example.org" },
	};

	rig_account_with(&w->rig, 7, w->port, own, 2);
	rig_join(&w->rig, 7, 1, "#Lobby");
	peer_accept(&w->srv, &w->rig, w->listener);
	peer_expect(&w->srv, "USER ");
	peer_send(&w->srv, ":srv 001 confab :Welcome\r\n"
			   ":confab!~c@host.example JOIN :#lobby\r\n");
	rig_await(&w->rig, WIRE_JOINED, 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		peer_send(&w->srv, others[i][0] == '@' ? "" : ":");
		peer_send(&w->srv, others[i]);
		peer_send(&w->srv, "\r\n");
	}
	peer_send(&w->srv, ":x!y@z PRIVMSG confab ::contact\r\n"
			   ":x!y@z PRIVMSG confab ::version\r\n");
	peer_expect(&w->srv, "NOTICE x :by a SIP gateway; contact: "
			     "admin@example.org\r\n");
	peer_send(&w->srv, ":srv PING :1\r\n");
	peer_expect(&w->srv, "PONG 1\r\n");
	assert_null(strstr(w->srv.in, "NOTICE"));
	assert_null(rig_find(&w->rig, WIRE_UNWANTED, 0));
	peer_send(&w->srv, ":dave!~d@staff.net PRIVMSG confab : :OFF \r\n"
			   ":dave!~d@staff.net PRIVMSG confab :off\r\n");
	peer_expect(&w->srv, "NOTICE dave :I leave, with all who came by me, "
			     "and stay away until my operator brings me back; "
			     "contact: admin@example.org\r\n");
	assert_string_equal(rig_await(&w->rig, WIRE_UNWANTED, 0).s[0],
			    "dave!~d@staff.net");
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
	peer_expect(&w->srv, "QUIT :asked to leave by the staff of this "
			     "network\r\n");
	peer_expect_end(&w->srv);
	assert_null(rig_find(&w->rig, WIRE_UNWANTED, 0));
	peer_close(&w->srv);
}

static void barriers_are_told_apart(void **state)
{
	struct world *w = *state;

	log_in(w, NULL, NULL);
	rig_say(&w->rig, 1, 5, SAY_TEXT, "hello");
	peer_expect(&w->srv, "PING cf-1\r\n");
	peer_send(&w->srv, ":srv PONG srv :cf-2\r\n:srv PONG srv :cf-\r\n"
			   ":srv PONG\r\n:a!u@h PRIVMSG #lobby :after\r\n");
	rig_await(&w->rig, WIRE_HEARD, 1);
	assert_null(rig_find(&w->rig, WIRE_DELIVERED, 1));
	peer_send(&w->srv, ":srv PONG srv cf-1\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 5);
	peer_close(&w->srv);
}

/* Plays the server that answers each PING, until a frame came. */
static void answer_until(struct world *w, enum wire_type type, uint64_t seq)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	struct peer *p = &w->srv;
	char *at, *end, line[64];

	while (now_ms() < limit &&
	       !(w->rig.count && w->rig.seen[w->rig.count - 1].type == type &&
		 w->rig.seen[w->rig.count - 1].u[1] == seq)) {
		loop_turn(w->rig.loop, 10);
		peer_read(p);
		at = strstr(p->in, "PING ");
		end = at ? strchr(at, '\r') : NULL;
		if (!end)
			continue;
		*end = 0;
		snprintf(line, sizeof(line), ":srv PONG srv :%.40s\r\n",
			 at + 5);
		peer_send(p, line);
		p->n = 0;
	}
}

static void all_is_confirmed_in_order(void **state)
{
	struct world *w = *state;

	log_in(w, NULL, NULL);
	for (uint64_t i = 1; i <= 30; i++)
		rig_say(&w->rig, 1, i, SAY_TEXT, "one\ntwo");
	answer_until(w, WIRE_DELIVERED, 30);
	for (uint64_t i = 1; i <= 30; i++)
		assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1],
				 i);
	peer_close(&w->srv);
}

static void too_many_lines_come_again(void **state)
{
	struct world *w = *state;
	char text[1001];
	struct rig_seen failed;

	for (size_t i = 0; i < 1000; i += 2)
		memcpy(text + i, "x\n", 2);
	text[1000] = 0;
	log_in(w, "flood_ms", "60000");
	rig_say(&w->rig, 1, 1, SAY_TEXT, text);
	rig_say(&w->rig, 1, 2, SAY_TEXT, text);
	failed = rig_await(&w->rig, WIRE_FAILED, 1);
	assert_int_equal(failed.u[1], 2);
	assert_int_equal(failed.u[2], 1);
	rig_say(&w->rig, 1, 3, SAY_TEXT, " ");
	failed = rig_await(&w->rig, WIRE_FAILED, 1);
	assert_int_equal(failed.u[1], 3);
	assert_int_equal(failed.u[2], 0);
	peer_close(&w->srv);
}

static void refusals_come_as_words(void **state)
{
	static const struct {
		const char *line;
		enum worker_lost why;
	} rows[] = {
		{ ":srv 403 confab #Lobby :No such\r\n", GONE_CONFIG },
		{ ":srv 405 confab #lobby :Too many\r\n", GONE_REFUSED },
		{ ":srv 437 confab #lobby :Unavailable\r\n", GONE_NET },
		{ ":srv 470 confab #lobby ##lobby :Forward\r\n",
		  GONE_REFUSED },
		{ ":srv 471 confab #lobby :+l\r\n", GONE_REFUSED },
		{ ":srv 473 confab #lobby :+i\r\n", GONE_REFUSED },
		{ ":srv 474 confab #lobby :+b\r\n", GONE_REFUSED },
		{ ":srv 475 confab #lobby :+k\r\n", GONE_REFUSED },
		{ ":srv 476 confab #lobby :mask\r\n", GONE_CONFIG },
		{ ":srv 477 confab #lobby :+r\r\n", GONE_REFUSED },
		{ ":srv 489 confab #lobby :+S\r\n", GONE_REFUSED },
	};
	struct world *w = *state;

	log_in(w, NULL, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t leg = 10 + i;
		struct rig_seen lost;

		rig_join(&w->rig, 7, leg, "#lobby");
		if (i)
			peer_expect(&w->srv, "JOIN #lobby\r\n");
		else /* in already, through leg 1: no JOIN is needed */
			rig_await(&w->rig, WIRE_JOINED, leg);
		peer_send(&w->srv, rows[i].line);
		lost = rig_await(&w->rig, WIRE_LOST, leg);
		assert_int_equal(lost.u[1], rows[i].why);
		assert_non_null(strstr(lost.s[0], ": "));
	}
	peer_close(&w->srv);
}

static void a_channel_may_have_a_key(void **state)
{
	struct world *w = *state;
	struct worker_join j = { .leg = 2, .place = VIEW("#vault"),
				 .key = VIEW("open sesame") };
	struct rig_seen lost;

	log_in(w, NULL, NULL);
	rig_join_as(&w->rig, 7, &j);
	lost = rig_await(&w->rig, WIRE_LOST, 2);
	assert_int_equal(lost.u[1], GONE_CONFIG);
	assert_null(strstr(lost.s[0], "sesame"));
	j.key = VIEW("sesame");
	rig_join_as(&w->rig, 7, &j);
	peer_expect(&w->srv, "JOIN #vault sesame\r\n");
	peer_send(&w->srv, ":confab!~c@host.example JOIN #vault\r\n");
	rig_await(&w->rig, WIRE_JOINED, 2);
	peer_close(&w->srv);
}

static void assert_trouble(struct world *w, const char *words)
{
	assert_string_equal(rig_await(&w->rig, WIRE_TROUBLE, 1).s[0], words);
}

static void people_are_thrown_out(void **state)
{
	struct world *w = *state;

	log_in(w, NULL, NULL);
	rig_expel(&w->rig, 1, false, "bob", "by alice");
	peer_expect(&w->srv, "KICK #Lobby bob :by alice\r\n");
	peer_send(&w->srv, ":confab!~c@h KICK #lobby BOB :by alice\r\n"
			   /* that was it: this is no answer */
			   ":srv 482 confab #lobby :Not an operator\r\n");
	rig_expel(&w->rig, 1, true, "eve", "by alice");
	peer_expect(&w->srv, "MODE #Lobby +b eve!*@*\r\n"
			     "KICK #Lobby eve :by alice\r\n");
	peer_send(&w->srv, ":srv 441 confab bob #lobby :not him\r\n"
			   ":srv 482 confab #other :not there\r\n"
			   ":srv 482 confab #lobby :No \2operator\r\n"
			   ":srv 482 confab #lobby :said twice\r\n");
	assert_trouble(w, "eve could not be thrown out of #Lobby: "
			  "No operator");
	rig_expel(&w->rig, 1, false, "no one", "by alice");
	assert_trouble(w, "no one could not be thrown out of #Lobby: nobody "
			  "on IRC is called so");
	rig_expel(&w->rig, 1, false, "Confab", "");
	assert_trouble(w, "Confab could not be thrown out of #Lobby: that is "
			  "the link itself");
	rig_expel(&w->rig, 1, false, "bob", "");
	peer_expect(&w->srv, "KICK #Lobby bob ");
	peer_send(&w->srv, ":srv 441 confab bob #lobby :He is not here\r\n");
	assert_trouble(w, "bob could not be thrown out of #Lobby: He is not "
			  "here");
	rig_expel(&w->rig, 99, false, "bob", "");
	peer_close(&w->srv);
}

static void not_to_speak_is_not_to_leave(void **state)
{
	struct world *w = *state;
	struct rig_seen failed;

	log_in(w, NULL, NULL);
	rig_say(&w->rig, 1, 1, SAY_TEXT, "hello");
	peer_expect(&w->srv, "PING cf-1\r\n");
	peer_send(&w->srv, ":srv 477 confab #lobby :register first\r\n"
			   ":srv PONG srv :cf-1\r\n");
	failed = rig_await(&w->rig, WIRE_FAILED, 1);
	assert_int_equal(failed.u[1], 1);
	assert_int_equal(failed.u[2], 0);
	rig_say(&w->rig, 1, 2, SAY_TEXT, "again");
	peer_expect(&w->srv, "PING cf-2\r\n");
	peer_send(&w->srv, ":srv PONG srv :cf-2\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 2);
	assert_null(rig_find(&w->rig, WIRE_LOST, 1));
	peer_send(&w->srv, ":srv 442 confab #lobby :not in there\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_LOST, 1).u[1], GONE_NET);
	peer_close(&w->srv);
}

static void being_moved_is_not_followed(void **state)
{
	struct world *w = *state;
	struct rig_seen lost;

	log_in(w, NULL, NULL);
	peer_send(&w->srv, ":confab!c@h JOIN ##elsewhere\r\n");
	peer_expect(&w->srv, "PART ##elsewhere\r\n");
	peer_send(&w->srv, ":confab!c@h PART #lobby :sapart\r\n");
	lost = rig_await(&w->rig, WIRE_LOST, 1);
	assert_int_equal(lost.u[1], GONE_REFUSED);
	peer_close(&w->srv);
}

static void ill_lines_do_no_harm(void **state)
{
	char *text = mem_alloc(9000);
	struct world *w = *state;
	struct rig_seen heard;

	log_in(w, NULL, NULL);
	peer_send(&w->srv, "\r\n\r\n\n\n\r\n:\r\n@\r\n: \r\nNICK foo\r\n"
			   ":srv NOTICE confab\r\n:srv 001\r\n:~ NICK a\r\n"
			   ":x KICK #lobby\r\n:x JOIN\r\n:x PRIVMSG\r\n"
			   ":srv 005 confab A B C D E F G H I J K L :x\r\n"
			   ":x!u@h PRIVMSG #lobby :\1\r\n"
			   ":x!u@h PRIVMSG #lobby :\2\3\r\n");
	memset(text, 'x', 8999);
	memcpy(text, "@tag=", 5);
	memcpy(text + 8000, " :b!u@h PRIVMSG #lobby :", 24);
	text[8600] = 0;
	peer_send(&w->srv, text);
	peer_send(&w->srv, "\r\n");
	heard = rig_await(&w->rig, WIRE_HEARD, 1);
	assert_string_equal(heard.s[0], "b");
	assert_int_equal(strlen(heard.s[1]), 8600 - 8024);
	/* and one without end */
	memset(text, 'y', 8999);
	text[8999] = 0;
	peer_send(&w->srv, text);
	assert_int_equal(lost_account(w).u[0], GONE_NET);
	peer_close(&w->srv);
	mem_free(text);
}

static void words_of_others_only(void **state)
{
	struct world *w = *state;
	struct rig_seen h;

	log_in(w, NULL, NULL);
	peer_send(&w->srv, ":confab!c@h PRIVMSG #lobby :own echo\r\n"
			   ":srv NOTICE #lobby :of the server\r\n"
			   ":bob!u@h PRIVMSG @#lobby :to operators only\r\n"
			   ":bob!u@h PRIVMSG #other :elsewhere\r\n"
			   ":CONFAB!c@h PRIVMSG #lobby :own echo\r\n"
			   ":b\xe9"
			   "b!u@h NOTICE #LOBBY :caf\xe9\r\n");
	h = rig_await(&w->rig, WIRE_HEARD, 1);
	assert_string_equal(h.s[0], "b\xc3\xa9"
				    "b");
	assert_string_equal(h.s[1], "caf\xc3\xa9");
	assert_int_equal(h.u[1], SAY_TEXT);
	assert_null(rig_find(&w->rig, WIRE_HEARD, 1));
	peer_close(&w->srv);
}

static void came_or_went(struct world *w, enum worker_change what,
			 const char *nick, const char *other,
			 const char *reason)
{
	struct rig_seen seen = rig_await(&w->rig, WIRE_PEOPLE, 1);

	assert_int_equal(seen.u[1], what);
	assert_string_equal(seen.s[0], nick);
	assert_string_equal(seen.s[1], other);
	assert_string_equal(seen.s[2], reason);
}

static void who_comes_and_goes_is_told(void **state)
{
	struct world *w = *state;
	struct rig_seen seen;

	log_in(w, NULL, NULL);
	rig_await(&w->rig, WIRE_MISSED, 1);
	peer_send(&w->srv, ":srv 353 confab = #lobby :@op confab +bob\r\n"
			   ":srv 353 confab = #other :eve\r\n"
			   ":carl!c@h JOIN #lobby\r\n");
	seen = rig_await(&w->rig, WIRE_PEOPLE, 1);
	assert_int_equal(seen.u[1], CAME);
	assert_int_equal(seen.u[2], 3); /* before him */
	assert_string_equal(seen.s[0], "carl");
	peer_send(&w->srv, ":carl!c@h NICK :Karl\r\n");
	came_or_went(w, RENAMED, "carl", "Karl", "");
	peer_send(&w->srv, ":karl!c@h PART #lobby :\2bye\r\n");
	came_or_went(w, WENT, "karl", "", "bye");
	peer_send(&w->srv, ":op!o@h KICK #Lobby bob :spam\r\n");
	came_or_went(w, KICKED, "bob", "op", "spam");
	peer_send(&w->srv, ":eve!e@h QUIT :not where we are\r\n"
			   ":eve2!e@h JOIN #lobby\r\n");
	came_or_went(w, CAME, "eve2", "", "");
	peer_send(&w->srv, ":eve2!e@h QUIT :Quit: a.example b.example\r\n");
	came_or_went(w, WENT, "eve2", "", "Quit: a.example b.example");
	peer_send(&w->srv, ":op!o@h QUIT :a.example b.example\r\n");
	came_or_went(w, SPLIT, "op", "", "a.example b.example");
	peer_close(&w->srv);
}

static void the_rest_waits_for_who_wants_it(void **state)
{
	struct world *w = *state;

	log_in(w, "max_lines", "2");
	rig_say(&w->rig, 1, 1, SAY_TEXT, "1\n2\n3\n4\n5\n6");
	peer_expect(&w->srv, "PRIVMSG #Lobby :<alice> 1\r\n"
			     "PRIVMSG #Lobby :<alice> 2\r\n"
			     "PRIVMSG #Lobby :* 4 more lines: say #more\r\n"
			     "PING ");
	peer_send(&w->srv, ":bob!b@h PRIVMSG #other :#more\r\n"
			   ":bob!b@h PRIVMSG #lobby :#MORE \r\n");
	peer_expect(&w->srv, "PRIVMSG #Lobby :<alice> 3\r\n"
			     "PRIVMSG #Lobby :<alice> 4\r\n"
			     "PRIVMSG #lobby :* 2 more lines: say #more\r\n");
	peer_send(&w->srv, ":eve!b@h PRIVMSG #lobby :#more\r\n");
	peer_expect(&w->srv, "PRIVMSG #Lobby :<alice> 5\r\n"
			     "PRIVMSG #Lobby :<alice> 6\r\n");
	/* nothing is left: now it is a text like others */
	peer_send(&w->srv, ":eve!b@h PRIVMSG #lobby :#more\r\n");
	assert_string_equal(rig_await(&w->rig, WIRE_HEARD, 1).s[1], "#more");
	/* a line too many is no reason */
	rig_say(&w->rig, 1, 2, SAY_TEXT, "1\n2\n3");
	peer_expect(&w->srv, "PRIVMSG #Lobby :<alice> 3\r\n");
	peer_close(&w->srv);
}

static void bans_come_as_words(void **state)
{
	struct world *w = *state;

	connect_worker(w, NULL, NULL);
	peer_send(&w->srv, ":srv 465 * :You are banned\r\n"
			   "ERROR :Closing link\r\n");
	assert_int_equal(lost_account(w).u[0], GONE_AUTH);
	assert_string_equal(lost_account(w).s[0],
			    "the server refuses us: You are banned");
	peer_close(&w->srv);
}

static void an_error_is_the_end(void **state)
{
	struct world *w = *state;

	log_in(w, NULL, NULL);
	rig_say(&w->rig, 1, 1, SAY_TEXT, "on its way");
	peer_expect(&w->srv, "on its way\r\n");
	peer_send(&w->srv, "ERROR :Closing link: \2K-lined\2\r\n");
	assert_int_equal(lost_account(w).u[0], GONE_AUTH);
	assert_string_equal(lost_account(w).s[0],
			    "the server has banned us: Closing link: K-lined");
	/* nothing is said about what is unconfirmed */
	assert_null(rig_find(&w->rig, WIRE_FAILED, 1));
	assert_null(rig_find(&w->rig, WIRE_DELIVERED, 1));
	peer_close(&w->srv);
}

static void nobody_listens(void **state)
{
	struct world *w = *state;

	close(w->listener);
	rig_account(&w->rig, 7, w->port, NULL, NULL);
	rig_join(&w->rig, 7, 1, "#lobby");
	assert_int_equal(lost_account(w).u[0], GONE_NET);
	assert_non_null(
		strstr(lost_account(w).s[0], "can't connect to 127.0.0.1: "));
	assert_int_equal(lost_account(w).id, 7);
	w->listener = rig_listen(&w->port);
}

static void nonsense_of_the_daemon(void **state)
{
	struct world *w = *state;

	rig_join(&w->rig, 99, 1, "#lobby");
	assert_int_equal(rig_await(&w->rig, WIRE_LOST, 1).u[1], GONE_CONFIG);
	rig_account(&w->rig, 7, w->port, NULL, NULL);
	rig_join(&w->rig, 7, 2, "#a,#b");
	assert_int_equal(rig_await(&w->rig, WIRE_LOST, 2).u[1], GONE_CONFIG);
	rig_part(&w->rig, 77, "x");
	rig_say(&w->rig, 77, 1, SAY_TEXT, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(password_goes_first),
		RIG_TEST(refused_nicks_are_replaced),
		RIG_TEST(the_servers_word_on_our_nick_counts),
		RIG_TEST(pings_are_answered),
		RIG_TEST(silence_is_noticed),
		RIG_TEST(the_staff_sends_us_away),
		RIG_TEST(barriers_are_told_apart),
		RIG_TEST(all_is_confirmed_in_order),
		RIG_TEST(too_many_lines_come_again),
		RIG_TEST(refusals_come_as_words),
		RIG_TEST(a_channel_may_have_a_key),
		RIG_TEST(people_are_thrown_out),
		RIG_TEST(not_to_speak_is_not_to_leave),
		RIG_TEST(being_moved_is_not_followed),
		RIG_TEST(ill_lines_do_no_harm),
		RIG_TEST(words_of_others_only),
		RIG_TEST(who_comes_and_goes_is_told),
		RIG_TEST(the_rest_waits_for_who_wants_it),
		RIG_TEST(bans_come_as_words),
		RIG_TEST(an_error_is_the_end),
		RIG_TEST(nobody_listens),
		RIG_TEST(nonsense_of_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
