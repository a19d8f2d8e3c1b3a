/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confab-irc against a server that the test plays itself: capabilities, logins
 * with services, other servers, what was missed.
 */
#include <time.h>

#include "irc_world.h"

#define CONNECT(w, ...)                                                  \
	connect_worker(w, (const struct rig_set[]){ __VA_ARGS__ },       \
		       sizeof((const struct rig_set[]){ __VA_ARGS__ }) / \
			       sizeof(struct rig_set))

static void connect_worker(struct world *w, const struct rig_set *own,
			   size_t count)
{
	rig_account_with(&w->rig, 7, w->port, own, count);
	rig_join(&w->rig, 7, 1, "#Lobby");
	peer_accept(&w->srv, &w->rig, w->listener);
}

static void let_join(struct world *w)
{
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	peer_expect(&w->srv, "JOIN #Lobby\r\n");
	peer_send(&w->srv, ":confab!~c@host.example JOIN #lobby\r\n");
	rig_await(&w->rig, WIRE_JOINED, 1);
}

static const char all_caps[] =
	":s CAP * LS * :batch labeled-response echo-message\r\n"
	":s CAP * LS :server-time message-tags account-tag unknown/cap "
	"draft/chathistory\r\n";

static void welcome_with_caps(struct world *w)
{
	peer_expect(&w->srv, "CAP LS 302\r\nNICK confab\r\n");
	peer_send(&w->srv, all_caps);
	peer_expect(&w->srv,
		    "CAP REQ :message-tags server-time batch "
		    "labeled-response echo-message account-tag "
		    "draft/chathistory\r\n");
	peer_send(&w->srv,
		  ":s CAP * ACK :message-tags server-time batch "
		  "labeled-response echo-message account-tag "
		  "draft/chathistory\r\n");
	peer_expect(&w->srv, "CAP END\r\n");
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n"
			   ":s 005 confab CHATHISTORY=50 :are supported\r\n");
}

static struct rig_seen heard(struct world *w)
{
	return rig_await(&w->rig, WIRE_HEARD, 1);
}

static void echoes_confirm_and_labels_tell_refusals_apart(void **state)
{
	struct world *w = *state;
	struct rig_seen failed;

	CONNECT(w, { "tls", "0" });
	welcome_with_caps(w);
	let_join(w);
	rig_say(&w->rig, 1, 1, SAY_TEXT, "one");
	rig_say(&w->rig, 1, 2, SAY_TEXT, "two");
	rig_say(&w->rig, 1, 3, SAY_TEXT, "three");
	peer_expect(&w->srv, "@label=cf1 PRIVMSG #Lobby :<alice> one\r\n"
			     "@label=cf2 PRIVMSG #Lobby :<alice> two\r\n"
			     "@label=cf3 PRIVMSG #Lobby :<alice> three\r\n");
	peer_send(&w->srv,
		  "@label=cf1 :s 301 confab bob :away\r\n"
		  "@label=cf2 :s 404 confab #lobby :not \2you\2\r\n");
	failed = rig_await(&w->rig, WIRE_FAILED, 1);
	assert_null(rig_find(&w->rig, WIRE_DELIVERED, 1));
	peer_send(&w->srv,
		  "@label=cf1;time=2026-01-01T00:00:00.000Z "
		  ":confab!~c@host.example PRIVMSG #Lobby :<alice> one\r\n"
		  "@label=cf3 :s ACK\r\n");
	assert_int_equal(failed.u[1], 2);
	assert_int_equal(failed.u[2], 0);
	assert_string_equal(failed.s[0], "not you");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 1);
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 3);
	/* The echo is none of the room's business. */
	peer_send(&w->srv, ":x!y@z PRIVMSG #lobby :after it\r\n");
	assert_string_equal(heard(w).s[1], "after it");
	peer_close(&w->srv);
}

static void tags_bring_time_and_id(void **state)
{
	struct world *w = *state;
	struct rig_seen h;
	char line[256];
	uint64_t now = wall_ms();

	CONNECT(w, { "tls", "0" });
	welcome_with_caps(w);
	let_join(w);
	snprintf(line, sizeof(line),
		 "@msgid=a\\sb;time=1970-01-01T00:00:00.000Z :x!y@z PRIVMSG "
		 "#lobby :@time=2020-01-01T00:00:00.000Z;account=me hi\r\n");
	peer_send(&w->srv, line);
	h = heard(w);
	/* Not what is said, nor what can't be. */
	assert_string_equal(h.s[1],
			    "@time=2020-01-01T00:00:00.000Z;account=me hi");
	assert_true(h.u[2] >= now);
	assert_string_equal(h.s[2], "a b");
	peer_send(&w->srv, "@time=9999-01-01T00:00:00.000Z :x!y@z TOPIC "
			   "#lobby :new \00304topic\r\n");
	h = heard(w);
	assert_int_equal(h.u[1], SAY_SUBJECT);
	assert_string_equal(h.s[0], "x");
	assert_string_equal(h.s[1], "new topic");
	assert_true(h.u[2] >= now && h.u[2] <= wall_ms());
	/* Guards of other relays. */
	peer_send(&w->srv, ":x!y@z PRIVMSG #lobby :<a\xe2\x80\x8blice> x\r\n");
	assert_string_equal(heard(w).s[1], "<alice> x");
	peer_close(&w->srv);
}

static void lose(struct world *w)
{
	peer_close(&w->srv);
	while (!rig_find(&w->rig, WIRE_ACCOUNT_LOST, GONE_NET))
		loop_turn(w->rig.loop, 20);
	w->srv.n = 0;
	rig_join(&w->rig, 7, 1, "#Lobby");
	peer_accept(&w->srv, &w->rig, w->listener);
}

static void what_was_missed_is_asked_for(void **state)
{
	struct world *w = *state;
	struct rig_seen h;

	CONNECT(w, { "tls", "0" });
	welcome_with_caps(w);
	let_join(w);
	lose(w);
	welcome_with_caps(w);
	let_join(w);
	peer_expect(&w->srv, "CHATHISTORY AFTER #Lobby timestamp=20");
	peer_expect(&w->srv, "Z 50\r\n");
	peer_send(&w->srv,
		  ":s BATCH +h chathistory #lobby\r\n"
		  /* known already; our own; what is no text */
		  "@batch=h;time=2020-01-01T00:00:00.000Z :x!y@z PRIVMSG "
		  "#lobby :old\r\n"
		  "@batch=h;time=2999-01-01T00:00:00.000Z :confab!~c@h "
		  "PRIVMSG #lobby :ours\r\n"
		  "@batch=h :x!y@z KICK #lobby confab :long ago\r\n"
		  "@batch=h :confab!~c@h NICK other\r\n"
		  "@batch=h;msgid=m1 :x!y@z PRIVMSG #lobby :missed\r\n"
		  ":s BATCH -h\r\n"
		  ":x!y@z PRIVMSG #lobby :live\r\n");
	h = heard(w);
	assert_string_equal(h.s[1], "missed");
	assert_string_equal(h.s[2], "m1");
	assert_string_equal(heard(w).s[1], "live");
	peer_close(&w->srv);
}

/* So many that were known already, each later than the one before. */
static void send_page(struct world *w, unsigned year, int count)
{
	struct buf b = { 0 };

	buf_adds(&b, ":s BATCH +h chathistory #lobby\r\n");
	for (int i = 0; i < count; i++)
		buf_addf(&b,
			 "@batch=h;time=%u-01-01T00:00:%02d.000Z :x!y@z "
			 "PRIVMSG #lobby :old\r\n",
			 year, i);
	buf_adds(&b, ":s BATCH -h\r\n");
	peer_send(&w->srv, buf_str(&b));
	buf_free(&b);
}

static void a_full_page_is_not_the_last(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "tls", "0" });
	welcome_with_caps(w);
	let_join(w);
	lose(w);
	welcome_with_caps(w);
	let_join(w);
	peer_expect(&w->srv, "CHATHISTORY AFTER #Lobby timestamp=2");
	send_page(w, 2001, 50);
	peer_expect(&w->srv, "CHATHISTORY AFTER #Lobby "
			     "timestamp=2001-01-01T00:00:49.000Z 50\r\n");
	send_page(w, 2002, 49);
	peer_send(&w->srv, ":s PING :x\r\n");
	peer_expect(&w->srv, "PONG x\r\n");
	assert_null(strstr(w->srv.in, "CHATHISTORY"));
	/* A server that has always one more is left alone at last. */
	for (unsigned page = 0; page < 8; page++) {
		send_page(w, 2003 + page, page ? 50 : 1);
		peer_expect(&w->srv, "CHATHISTORY AFTER #Lobby");
	}
	send_page(w, 2020, 50);
	peer_send(&w->srv, ":s PING :y\r\n");
	peer_expect(&w->srv, "PONG y\r\n");
	assert_null(strstr(w->srv.in, "CHATHISTORY"));
	peer_close(&w->srv);
}

/* The next worker goes on where this one was; nonsense is left out. */
static void what_was_heard_outlives_the_worker(void **state)
{
	struct world *w = *state;
	struct rig_seen keep;

	CONNECT(w, { "kept", "heard 1\nheard x #b\nsts 1\nfoo 1 2 3\n"
			     "sts 99999999 99999999999999 127.0.0.1\n"
			     "heard 978307200000 #LOBBY\npace 3 9\n" });
	welcome_with_caps(w);
	let_join(w);
	peer_expect(&w->srv, "CHATHISTORY AFTER #LOBBY "
			     "timestamp=2001-01-01T00:00:00.000Z 50\r\n");
	peer_send(&w->srv, "@time=2999-01-01T00:00:00.000Z :x!y@z PRIVMSG "
			   "#lobby :live\r\n");
	heard(w);
	do
		keep = rig_await(&w->rig, WIRE_KEEP, 0);
	while (strstr(keep.s[0], "978307200000"));
	assert_non_null(strstr(keep.s[0], "pace 3 9\n"));
	assert_non_null(strstr(keep.s[0], "heard "));
	assert_non_null(strstr(keep.s[0], " #LOBBY\n"));
	assert_null(strstr(keep.s[0], "sts"));
	peer_close(&w->srv);
}

/* A time that is over, and later than all before. */
static uint64_t next_ms(struct world *w)
{
	uint64_t start = wall_ms(), now = start;

	while (wall_ms() < start + 2) {
		loop_turn(w->rig.loop, 1);
		now = start + 1;
	}
	return now;
}

static void say_at(struct world *w, const char *tags, uint64_t ms,
		   const char *text)
{
	time_t t = (time_t)(ms / 1000);
	struct buf b = { 0 };
	char stamp[32];
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%FT%T", gmtime_r(&t, &tm));
	buf_addf(&b, "@%stime=%s.%03uZ :x!y@z PRIVMSG #lobby :%s\r\n", tags,
		 stamp, (unsigned)(ms % 1000), text);
	peer_send(&w->srv, buf_str(&b));
	buf_free(&b);
}

/* Somebody speaks before the answer comes: that hides nothing of it, and does
 * not come twice; nor does a line hide another of the same time. */
static void words_between_hide_nothing(void **state)
{
	static const char *const said[] = { "live", "one", "two", "end" };
	struct world *w = *state;
	uint64_t missed, live;

	CONNECT(w, { "tls", "0" });
	welcome_with_caps(w);
	let_join(w);
	lose(w);
	missed = next_ms(w);
	welcome_with_caps(w);
	let_join(w);
	live = next_ms(w);
	peer_expect(&w->srv, "CHATHISTORY AFTER #Lobby timestamp=20");
	peer_expect(&w->srv, "Z 50\r\n");
	say_at(w, "", live, "live");
	peer_send(&w->srv, ":s BATCH +h chathistory #lobby\r\n");
	say_at(w, "batch=h;", missed, "one");
	say_at(w, "batch=h;", missed, "two");
	say_at(w, "batch=h;", live, "live");
	peer_send(&w->srv, ":s BATCH -h\r\n:x!y@z PRIVMSG #lobby :end\r\n");
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		assert_string_equal(heard(w).s[1], said[i]);
	peer_close(&w->srv);
}

/* ---- logins ---- */

static void offer_sasl(struct world *w, const char *mechs)
{
	struct buf b = { 0 };

	buf_adds(&b, ":s CAP * LS :sasl=");
	buf_adds(&b, mechs);
	buf_adds(&b, "\r\n");
	peer_send(&w->srv, buf_str(&b));
	buf_free(&b);
}

static void sasl_comes_before_all(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	offer_sasl(w, "PLAIN");
	peer_expect(&w->srv, "CAP REQ sasl\r\n");
	peer_send(&w->srv, ":s CAP * ACK :sasl\r\n");
	peer_expect(&w->srv, "AUTHENTICATE PLAIN\r\n");
	peer_send(&w->srv, "AUTHENTICATE +\r\n");
	peer_expect(&w->srv, "AUTHENTICATE bWUAbWUAcHc=\r\n");
	peer_send(&w->srv, ":s 900 * *!*@* me :You are now logged in\r\n"
			   ":s 903 * :SASL authentication successful\r\n");
	peer_expect(&w->srv, "CAP END\r\n");
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n");
	let_join(w);
	peer_close(&w->srv);
}

static struct rig_seen lost_as(struct world *w, enum worker_lost why)
{
	return rig_await(&w->rig, WIRE_ACCOUNT_LOST, why);
}

static void without_the_login_nobody_goes_in(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	offer_sasl(w, "EXTERNAL");
	peer_expect(&w->srv, "CAP REQ sasl\r\n");
	peer_send(&w->srv, ":s CAP * ACK :sasl\r\n");
	assert_non_null(strstr(lost_as(w, GONE_NET).s[0], "SASL"));
	peer_close(&w->srv);
}

static void a_wrong_password_is_told(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	offer_sasl(w, "PLAIN");
	peer_send(&w->srv, ":s CAP * ACK :sasl\r\nAUTHENTICATE +\r\n"
			   ":s 904 * :SASL authentication failed\r\n");
	assert_string_equal(lost_as(w, GONE_AUTH).s[0],
			    "login refused (SASL): SASL authentication "
			    "failed");
	peer_close(&w->srv);
}

/* Services may know the password in another form than SCRAM needs. */
static void another_way_in_is_tried(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	offer_sasl(w, "SCRAM-SHA-256,PLAIN");
	peer_send(&w->srv, ":s CAP * ACK :sasl\r\n");
	peer_expect(&w->srv, "AUTHENTICATE SCRAM-SHA-256\r\n");
	peer_send(&w->srv, ":s 908 * PLAIN :are available\r\n"
			   ":s 904 * :SASL authentication failed\r\n");
	peer_expect(&w->srv, "AUTHENTICATE PLAIN\r\n");
	/* It was not us who broke it off. */
	peer_send(&w->srv, ":s 906 * :SASL authentication aborted\r\n");
	assert_non_null(strstr(lost_as(w, GONE_NET).s[0], "broke the login"));
	peer_close(&w->srv);
}

static void being_in_already_needs_services_word(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	offer_sasl(w, "PLAIN");
	peer_send(&w->srv, ":s CAP * ACK :sasl\r\n");
	peer_expect(&w->srv, "AUTHENTICATE PLAIN\r\n");
	peer_send(&w->srv, ":s 907 * :You have already authenticated\r\n");
	lost_as(w, GONE_AUTH);
	peer_close(&w->srv);
}

/* A server that welcomes us at once would make us do without. */
static void a_welcome_too_early_does_not_help(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n");
	assert_non_null(strstr(lost_as(w, GONE_NET).s[0], "SASL"));
	peer_close(&w->srv);
}

/* It says yes before it has shown that it knows the password. */
static void scram_is_not_over_before_its_end(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "me" }, { "login_password", "pw" });
	offer_sasl(w, "SCRAM-SHA-256");
	peer_send(&w->srv, ":s CAP * ACK :sasl\r\n");
	peer_expect(&w->srv, "AUTHENTICATE SCRAM-SHA-256\r\n");
	peer_send(&w->srv, "AUTHENTICATE +\r\n");
	peer_expect(&w->srv, "AUTHENTICATE biwsbj1tZSxyP");
	peer_send(&w->srv, ":s 903 * :fine\r\n");
	assert_non_null(strstr(lost_as(w, GONE_AUTH).s[0],
			       "may not be who it says"));
	peer_close(&w->srv);
}

#define NICKSERV { "login", "me" }, { "login_password", "pw" }, \
		 { "sasl", "off" }, { "nickserv", "NickServ!*@services.net" }

static void nickserv_is_looked_at_first(void **state)
{
	struct world *w = *state;

	CONNECT(w, NICKSERV);
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n"
			   ":NickServ!a@evil NOTICE confab :identify!\r\n");
	peer_expect(&w->srv, "USERHOST NickServ\r\n");
	peer_send(&w->srv, ":s 302 confab :NickServ*=+srv@services.net\r\n");
	peer_expect(&w->srv, "PRIVMSG NickServ :IDENTIFY me pw\r\n");
	assert_null(strstr(w->srv.in, "JOIN"));
	assert_null(rig_find(&w->rig, WIRE_ACCOUNT_UP, 0));
	peer_send(&w->srv, ":NickServ!srv@services.net MODE confab :+r\r\n");
	let_join(w);
	peer_close(&w->srv);
}

static void an_impostor_gets_no_password(void **state)
{
	struct world *w = *state;

	CONNECT(w, NICKSERV);
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n");
	peer_expect(&w->srv, "USERHOST NickServ\r\n");
	peer_send(&w->srv, ":s 302 confab :NickServ=+srv@evil.net\r\n");
	let_join(w);
	peer_send(&w->srv, ":NickServ!srv@evil.net PRIVMSG confab "
			   ":please IDENTIFY\r\nPING :end\r\n");
	peer_expect(&w->srv, "PONG end\r\n");
	assert_null(strstr(w->srv.in, "pw"));
	peer_close(&w->srv);
}

static void our_nick_is_taken_back(void **state)
{
	struct world *w = *state;

	CONNECT(w, NICKSERV);
	peer_send(&w->srv, ":s 433 * confab :in use\r\n");
	peer_expect(&w->srv, "NICK confab_\r\n");
	peer_send(&w->srv, ":s 001 confab_ :Welcome\r\n"
			   ":s 302 confab_ :NickServ*=+s@services.net\r\n");
	peer_expect(&w->srv, "PRIVMSG NickServ :GHOST confab pw\r\n");
	peer_expect(&w->srv, "PRIVMSG NickServ :IDENTIFY me pw\r\n");
	peer_send(&w->srv, ":s 900 confab_ c!c@h me :logged in\r\n");
	peer_expect(&w->srv, "JOIN #Lobby\r\n");
	peer_send(&w->srv, ":confab_!c@h JOIN #lobby\r\n");
	assert_string_equal(rig_await(&w->rig, WIRE_JOINED, 1).s[0],
			    "confab_");
	peer_send(&w->srv, ":confab!x@y QUIT :ghosted\r\n");
	peer_expect(&w->srv, "NICK confab\r\n");
	peer_send(&w->srv, ":confab_!c@h NICK confab\r\n");
	assert_string_equal(rig_await(&w->rig, WIRE_JOINED, 1).s[0],
			    "confab");
	peer_close(&w->srv);
}

/* ---- servers ---- */

static void the_next_server_is_tried(void **state)
{
	struct world *w = *state;
	unsigned dead = 0;
	int fd = rig_listen(&dead);
	char list[64];

	close(fd);
	snprintf(list, sizeof(list), "127.0.0.1 %u bad x 127.0.0.1 %u", dead,
		 w->port);
	rig_account_with(&w->rig, 7, dead,
			 (const struct rig_set[]){ { "servers", list } }, 1);
	rig_join(&w->rig, 7, 1, "#Lobby");
	peer_accept(&w->srv, &w->rig, w->listener);
	peer_expect(&w->srv, "NICK confab\r\n");
	peer_close(&w->srv);
}

static void webirc_is_the_first_line(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "webirc_password", "wpw" }, { "webirc_host", "gw.x" },
		{ "webirc_ip", "::1" }, { "bind", "127.0.0.1" });
	peer_expect(&w->srv, "WEBIRC wpw confab gw.x 0::1\r\nCAP LS 302\r\n");
	peer_close(&w->srv);
}

static void sts_goes_on_by_tls(void **state)
{
	struct world *w = *state;
	struct peer secure;
	unsigned port = 0;
	int fd = rig_listen(&port);
	char line[96];

	CONNECT(w, { "password", "secret" });
	snprintf(line, sizeof(line), ":s CAP * LS :sts=port=%u,duration=60 "
				     "batch\r\n:s 001 confab :Welcome\r\n",
		 port);
	peer_send(&w->srv, line);
	peer_accept(&secure, &w->rig, fd);
	while (!peer_read(&secure) && !secure.n)
		loop_turn(w->rig.loop, 10);
	/* A TLS handshake, and nothing plain of the first connection. */
	assert_int_equal(secure.in[0], 0x16);
	peer_expect_end(&w->srv);
	assert_null(rig_find(&w->rig, WIRE_ACCOUNT_UP, 0));
	peer_close(&secure);
	peer_close(&w->srv);
	close(fd);
}

static void nonsense_of_settings_is_told(void **state)
{
	struct world *w = *state;
	struct rig_set bad[] = { { "charset", "none-such" },
				 { "bind", "here" } };

	for (size_t i = 0; i < 2; i++) {
		rig_account_with(&w->rig, 7, w->port, &bad[i], 1);
		rig_join(&w->rig, 7, 1, "#Lobby");
		lost_as(w, GONE_CONFIG);
	}
}

/* Batches without end, and labels that nobody gave. */
static void hostile_tags_do_no_harm(void **state)
{
	struct world *w = *state;
	struct buf lines = { 0 };

	CONNECT(w, { "tls", "0" });
	welcome_with_caps(w);
	let_join(w);
	peer_send(&w->srv, "@label=cf99 :s 404 confab #lobby :no\r\n"
			   "@label=cf18446744073709551616 :s ACK\r\n"
			   "@label :s ACK\r\n@batch :s BATCH\r\n"
			   ":s CAP\r\n:s CAP * LS\r\n:s CAP * NAK :x\r\n"
			   ":s CAP * DEL :batch\r\n:s CAP * WHAT :batch\r\n"
			   "AUTHENTICATE +\r\n:s 903 confab :x\r\n"
			   ":s 904 confab :x\r\n:s 302\r\n:s 900\r\n"
			   "@time=;msgid= :x!y@z PRIVMSG #lobby :alive\r\n");
	assert_string_equal(heard(w).s[1], "alive");
	/* at once: it hangs up in the middle */
	for (int i = 0; i < 20; i++)
		buf_addf(&lines, ":s BATCH +r%d x\r\n", i);
	peer_send(&w->srv, buf_str(&lines));
	buf_free(&lines);
	assert_non_null(strstr(lost_as(w, GONE_NET).s[0], "batches"));
	peer_close(&w->srv);
}

#define NAMES_CAPS "message-tags batch labeled-response draft/relaymsg"

static void come_by_name(struct world *w, const char *offer)
{
	const struct worker_join j = { .leg = 2, .place = VIEW("#names"),
				       .by_name = true };

	CONNECT(w, { "tls", "0" });
	peer_expect(&w->srv, "NICK confab\r\n");
	peer_send(&w->srv, offer);
	peer_expect(&w->srv, "CAP REQ :");
	peer_send(&w->srv, ":s CAP * ACK :" NAMES_CAPS "\r\n");
	peer_expect(&w->srv, "CAP END\r\n");
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n");
	let_join(w);
	rig_join_as(&w->rig, 7, &j);
	peer_expect(&w->srv, "JOIN #names\r\n");
	peer_send(&w->srv, ":confab!~c@host.example JOIN #names\r\n");
	rig_await(&w->rig, WIRE_JOINED, 2);
}

static void relaymsg_shows_who_speaks(void **state)
{
	struct world *w = *state;

	come_by_name(w, ":s CAP * LS :message-tags batch labeled-response "
			"draft/relaymsg=|/\r\n");
	rig_say(&w->rig, 2, 1, SAY_TEXT, "one");
	peer_expect(&w->srv, "@label=cf1 RELAYMSG #names alice/sip one\r\n");
	rig_say(&w->rig, 2, 2, SAY_EMOTE, "waves");
	peer_expect(&w->srv, "RELAYMSG #names alice/sip "
			     ":\1ACTION waves\1\r\n");
	rig_say(&w->rig, 2, 3, SAY_NOTICE, "so many");
	peer_expect(&w->srv, "PRIVMSG #names :* so many\r\n");
	/* Who is here does not ring for six names at once (mention.h). */
	peer_send(&w->srv, ":s 353 confab = #names :ann ben cid dot eve fay"
			   "\r\n:x!y@z PRIVMSG #names :go\r\n");
	rig_await(&w->rig, WIRE_HEARD, 2);
	rig_say(&w->rig, 2, 4, SAY_TEXT, "ann ben cid dot eve fay");
	peer_expect(&w->srv, "RELAYMSG #names alice/sip :ann ben cid dot eve "
			     "f\xe2\x80\x8b" "ay\r\n");
	/* A link by the relay on the same account stays that. */
	rig_say(&w->rig, 1, 9, SAY_TEXT, "four");
	peer_expect(&w->srv, "PRIVMSG #Lobby :<alice> four\r\n");
	/* Its own, and that of another relay. */
	peer_send(&w->srv,
		  "@label=cf1;draft/relaymsg=confab "
		  ":alice/sip!u@h PRIVMSG #names :one\r\n"
		  "@draft/relaymsg=other "
		  ":bob/discord!u@h PRIVMSG #names :hi\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 2).u[1], 1);
	assert_string_equal(rig_await(&w->rig, WIRE_HEARD, 2).s[0],
			    "bob/discord");
	peer_close(&w->srv);
}

/* It is for operators: what was refused goes again, by the relay. */
static void refused_relaymsg_goes_by_the_relay(void **state)
{
	struct world *w = *state;
	struct rig_seen failed;

	come_by_name(w, ":s CAP * LS :message-tags batch labeled-response "
			"draft/relaymsg=/\r\n");
	rig_say(&w->rig, 2, 1, SAY_TEXT, "one");
	peer_expect(&w->srv, "@label=cf1 RELAYMSG #names alice/sip one\r\n");
	peer_send(&w->srv, "@label=cf1 FAIL RELAYMSG PRIVS_NEEDED #names "
			   ":You are no operator\r\n");
	failed = rig_await(&w->rig, WIRE_FAILED, 2);
	assert_int_equal(failed.u[1], 1);
	assert_int_equal(failed.u[2], 1);
	rig_say(&w->rig, 2, 1, SAY_TEXT, "one");
	peer_expect(&w->srv, "PRIVMSG #names :<alice> one\r\n");
	peer_send(&w->srv, "@label=cf2 :s 404 confab #names :+m\r\n");
	failed = rig_await(&w->rig, WIRE_FAILED, 2);
	assert_int_equal(failed.u[2], 0);
	peer_close(&w->srv);
}

static void without_relaymsg_there_is_the_relay(void **state)
{
	struct world *w = *state;

	come_by_name(w, ":s CAP * LS :message-tags batch "
			"labeled-response\r\n");
	rig_say(&w->rig, 2, 1, SAY_TEXT, "one");
	peer_expect(&w->srv, "PRIVMSG #names :<alice> one\r\n");
	peer_close(&w->srv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(echoes_confirm_and_labels_tell_refusals_apart),
		RIG_TEST(relaymsg_shows_who_speaks),
		RIG_TEST(refused_relaymsg_goes_by_the_relay),
		RIG_TEST(without_relaymsg_there_is_the_relay),
		RIG_TEST(tags_bring_time_and_id),
		RIG_TEST(what_was_missed_is_asked_for),
		RIG_TEST(a_full_page_is_not_the_last),
		RIG_TEST(what_was_heard_outlives_the_worker),
		RIG_TEST(sasl_comes_before_all),
		RIG_TEST(without_the_login_nobody_goes_in),
		RIG_TEST(a_wrong_password_is_told),
		RIG_TEST(another_way_in_is_tried),
		RIG_TEST(being_in_already_needs_services_word),
		RIG_TEST(a_welcome_too_early_does_not_help),
		RIG_TEST(scram_is_not_over_before_its_end),
		RIG_TEST(nickserv_is_looked_at_first),
		RIG_TEST(an_impostor_gets_no_password),
		RIG_TEST(our_nick_is_taken_back),
		RIG_TEST(the_next_server_is_tried),
		RIG_TEST(webirc_is_the_first_line),
		RIG_TEST(words_between_hide_nothing),
		RIG_TEST(sts_goes_on_by_tls),
		RIG_TEST(nonsense_of_settings_is_told),
		RIG_TEST(hostile_tags_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
