/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confab-irc and a real ngircd, with a person in the channel. Skipped where
 * ngircd is not installed.
 */
#include <sys/stat.h>

#include "irc_rig.h"

#define NGIRCD	"/usr/sbin/ngircd"
#define OPENSSL "/usr/bin/openssl"

struct world {
	struct rig rig;
	struct peer bob;
	pid_t server;
	unsigned port, tls_port;
	char dir[64];
};

static void file_name(char dst[128], const struct world *w, const char *name)
{
	snprintf(dst, 128, "%s/%s", w->dir, name);
}

static unsigned free_port(void)
{
	unsigned port = 0;
	int fd = rig_listen(&port);

	close(fd);
	return port;
}

static void write_conf(const struct world *w, bool tls)
{
	char path[128];
	FILE *f;

	file_name(path, w, "ngircd.conf");
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
		"[Global]\nName = irc.confab.example\nInfo = test\n"
		"Ports = %u\nListen = 127.0.0.1\nMotdPhrase = hi\n"
		"ServerUID = %u\nServerGID = %u\nPidFile =\n"
		"[Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\n"
		"MaxPenaltyTime = 0\nMaxNickLength = 20\nIdleTimeout = 60\n"
		"[Options]\nDNS = no\nIdent = no\nPAM = no\n"
		"SyslogFacility = local1\n",
		w->port, getuid() ? getuid() : 65534,
		getgid() ? getgid() : 65534);
	if (tls)
		fprintf(f,
			"[SSL]\nCertFile = %s/cert.pem\n"
			"KeyFile = %s/key.pem\nPorts = %u\n",
			w->dir, w->dir, w->tls_port);
	fclose(f);
}

static void start_server(struct world *w)
{
	char path[128];
	char *argv[] = { (char *)"ngircd", (char *)"-n", (char *)"-f", path,
			 NULL };

	file_name(path, w, "ngircd.conf");
	w->server = rig_spawn(NGIRCD, argv, -1);
}

static void stop_server(struct world *w)
{
	kill(w->server, SIGTERM);
	rig_wait(w->server);
	w->server = 0;
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	if (test_setup(state))
		return 1;
	*state = w;
	snprintf(w->dir, sizeof(w->dir), "/tmp/t_irc_worker.XXXXXX");
	if (!mkdtemp(w->dir) || chmod(w->dir, 0755))
		return 1;
	w->port = free_port();
	w->tls_port = free_port();
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { "ngircd.conf", "cert.pem",
					     "key.pem" };
	struct world *w = *state;
	char path[128];

	/* A failed test leaves it behind. */
	if (w->server)
		stop_server(w);
	for (size_t i = 0; i < 3; i++) {
		file_name(path, w, files[i]);
		unlink(path);
	}
	rmdir(w->dir);
	mem_free(w);
	return test_teardown(state);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void need_server(struct world *w)
{
	if (access(NGIRCD, X_OK))
		skip();
	write_conf(w, false);
	start_server(w);
}

static void come_in(struct world *w, struct peer *p, const char *nick,
		    const char *channel)
{
	char text[128];

	peer_connect(p, &w->rig, w->port);
	snprintf(text, sizeof(text), "NICK %s\r\nUSER u 0 * :x\r\n", nick);
	peer_send(p, text);
	peer_expect(p, " 376 ");
	snprintf(text, sizeof(text), "JOIN %s\r\n", channel);
	peer_send(p, text);
	peer_expect(p, " 366 ");
}

/* bob is in #lobby, and its operator; then confab joins. */
static void open_lobby(struct world *w)
{
	need_server(w);
	rig_start(&w->rig);
	come_in(w, &w->bob, "bob", "#lobby");
	rig_account(&w->rig, 3, w->port, NULL, NULL);
	rig_join(&w->rig, 3, 1, "#lobby");
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	assert_string_equal(rig_await(&w->rig, WIRE_JOINED, 1).s[0], "confab");
	peer_expect(&w->bob, ":confab!~confab@");
	peer_expect(&w->bob, "JOIN :#lobby\r\n");
}

static void close_lobby(struct world *w)
{
	peer_close(&w->bob);
	rig_stop(&w->rig);
	stop_server(w);
}

static void words_go_both_ways(void **state)
{
	struct world *w = *state;
	struct rig_seen h;

	open_lobby(w);
	rig_say(&w->rig, 1, 1, SAY_TEXT, "hi <&\"> \xf0\x9f\x98\x80 %s%n");
	peer_expect(&w->bob, "PRIVMSG #lobby :<alice> hi <&\"> "
			     "\xf0\x9f\x98\x80 %s%n\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 1);
	rig_say(&w->rig, 1, 2, SAY_EMOTE, "waves");
	peer_expect(&w->bob, ":\1ACTION <alice> waves\1\r\n");
	rig_say(&w->rig, 1, 3, SAY_TEXT, "one\ntwo\r\nQUIT :x");
	peer_expect(&w->bob, ":<alice> one\r\n");
	peer_expect(&w->bob, ":<alice> two\r\n");
	peer_expect(&w->bob, ":<alice> QUIT :x\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 2);
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 3);

	peer_send(&w->bob, "PRIVMSG #lobby :\00304hello\003 \2all\2\r\n");
	h = rig_await(&w->rig, WIRE_HEARD, 1);
	assert_int_equal(h.u[1], SAY_TEXT);
	assert_string_equal(h.s[0], "bob");
	assert_string_equal(h.s[1], "hello all");
	peer_send(&w->bob, "PRIVMSG #lobby :\1ACTION bows\1\r\n");
	h = rig_await(&w->rig, WIRE_HEARD, 1);
	assert_int_equal(h.u[1], SAY_EMOTE);
	assert_string_equal(h.s[1], "bows");
	close_lobby(w);
}

static void long_texts_arrive_whole(void **state)
{
	struct world *w = *state;
	char *text = mem_alloc(5001);
	const char *at = text, *end = text + 5000;

	open_lobby(w);
	for (size_t i = 0; i < 5000; i++)
		text[i] = i % 9 == 8 ? ' ' : (char)('a' + i % 26);
	text[5000] = 0;
	rig_say(&w->rig, 1, 1, SAY_TEXT, text);
	while (at < end) {
		char *cr;

		peer_expect(&w->bob, "PRIVMSG #lobby :<alice> ");
		peer_expect(&w->bob, ""); /* nothing: only to read on */
		while (!(cr = strchr(w->bob.in, '\r')))
			peer_read(&w->bob);
		assert_memory_equal(w->bob.in, at, (size_t)(cr - w->bob.in));
		at += cr - w->bob.in;
		/* ngircd takes spaces at the end of a line away. */
		at += at < end && *at == ' ';
	}
	assert_true(at == end);
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 1);
	mem_free(text);
	close_lobby(w);
}

static void a_kick_is_told(void **state)
{
	struct world *w = *state;
	struct rig_seen lost;

	open_lobby(w);
	peer_send(&w->bob, "KICK #lobby confab :no bots here\r\n");
	lost = rig_await(&w->rig, WIRE_LOST, 1);
	assert_int_equal(lost.u[1], GONE_REFUSED);
	assert_string_equal(lost.s[0], "kicked by bob: no bots here");
	/* the connection stays for the next try */
	peer_send(&w->bob, "MODE #lobby +k secret\r\n");
	peer_expect(&w->bob, "MODE #lobby +k");
	rig_join(&w->rig, 3, 2, "#lobby");
	lost = rig_await(&w->rig, WIRE_LOST, 2);
	assert_int_equal(lost.u[1], GONE_REFUSED);
	assert_non_null(strstr(lost.s[0], "the channel wants a key"));
	peer_send(&w->bob, "MODE #lobby -k secret\r\n");
	peer_expect(&w->bob, "MODE #lobby -k");
	rig_join(&w->rig, 3, 3, "#Lobby");
	rig_await(&w->rig, WIRE_JOINED, 3);
	close_lobby(w);
}

static void silenced_messages_fail(void **state)
{
	struct world *w = *state;
	struct rig_seen failed;

	open_lobby(w);
	peer_send(&w->bob, "MODE #lobby +m\r\n");
	peer_expect(&w->bob, "MODE #lobby +m");
	rig_say(&w->rig, 1, 1, SAY_TEXT, "hello?");
	failed = rig_await(&w->rig, WIRE_FAILED, 1);
	assert_int_equal(failed.u[1], 1);
	assert_int_equal(failed.u[2], 0);
	peer_send(&w->bob, "MODE #lobby -m\r\n");
	peer_expect(&w->bob, "MODE #lobby -m");
	rig_say(&w->rig, 1, 2, SAY_TEXT, "again");
	peer_expect(&w->bob, "<alice> again\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, 1).u[1], 2);
	close_lobby(w);
}

static void a_taken_nick_is_avoided(void **state)
{
	struct world *w = *state;

	need_server(w);
	rig_start(&w->rig);
	come_in(w, &w->bob, "confab", "#lobby");
	rig_account(&w->rig, 3, w->port, NULL, NULL);
	rig_join(&w->rig, 3, 1, "#lobby");
	assert_string_equal(rig_await(&w->rig, WIRE_JOINED, 1).s[0],
			    "confab_");
	peer_expect(&w->bob, ":confab_!~confab@");
	close_lobby(w);
}

static void a_restarted_server_is_joined_again(void **state)
{
	struct world *w = *state;

	open_lobby(w);
	stop_server(w);
	peer_close(&w->bob);
	while (!rig_find(&w->rig, WIRE_ACCOUNT_LOST, GONE_NET))
		loop_turn(w->rig.loop, 20);
	start_server(w);
	come_in(w, &w->bob, "bob", "#lobby");
	rig_join(&w->rig, 3, 1, "#lobby");
	rig_await(&w->rig, WIRE_JOINED, 1);
	rig_say(&w->rig, 1, 9, SAY_TEXT, "back");
	peer_expect(&w->bob, "<alice> back\r\n");
	close_lobby(w);
}

static void strangers_get_one_answer(void **state)
{
	struct world *w = *state;

	open_lobby(w);
	peer_send(&w->bob, "PRIVMSG confab :hey you\r\n"
			   "PRIVMSG confab :hey!\r\n"
			   "NOTICE confab :no answer to this\r\n"
			   "PRIVMSG confab :\1VERSION\1\r\n"
			   "PRIVMSG confab :\1VERSION\1\r\n"
			   "PRIVMSG confab :\1DCC CHAT chat 1 1\1\r\n"
			   "PRIVMSG #lobby :done\r\n");
	peer_expect(&w->bob, "NOTICE bob :I am a relay, nobody reads this. "
			     "I pass on what is said in #lobby\r\n");
	peer_expect(&w->bob, "NOTICE bob :\1VERSION confab, a SIP "
			     "gateway\1\r\n");
	rig_await(&w->rig, WIRE_HEARD, 1);
	rig_say(&w->rig, 1, 1, SAY_NOTICE, "end");
	peer_expect(&w->bob, "\r\n");
	assert_null(strstr(w->bob.in, "NOTICE bob"));
	close_lobby(w);
}

static void goodbyes_are_said(void **state)
{
	struct world *w = *state;

	open_lobby(w);
	rig_join(&w->rig, 3, 2, "#other");
	rig_await(&w->rig, WIRE_JOINED, 2);
	rig_part(&w->rig, 1, "link removed");
	peer_expect(&w->bob, "PART #lobby :link removed\r\n");
	rig_join(&w->rig, 3, 1, "#lobby");
	rig_await(&w->rig, WIRE_JOINED, 1);
	rig_part(&w->rig, 2, "");
	rig_part(&w->rig, 1, "all gone");
	peer_expect(&w->bob, "QUIT :");
	/* and at the end of the worker */
	rig_join(&w->rig, 3, 4, "#lobby");
	rig_await(&w->rig, WIRE_JOINED, 4);
	rig_stop(&w->rig);
	rig_start(&w->rig);
	rig_await(&w->rig, WIRE_READY, WIRE_VERSION);
	peer_expect(&w->bob, "QUIT :");
	close_lobby(w);
}

static bool make_certificate(const struct world *w)
{
	char cert[128], key[128];
	char *argv[] = { (char *)"openssl",
			 (char *)"req",
			 (char *)"-x509",
			 (char *)"-newkey",
			 (char *)"rsa:2048",
			 (char *)"-nodes",
			 (char *)"-subj",
			 (char *)"/CN=irc.confab.example",
			 (char *)"-addext",
			 (char *)"subjectAltName=IP:127.0.0.1",
			 (char *)"-keyout",
			 key,
			 (char *)"-out",
			 cert,
			 NULL };

	file_name(cert, w, "cert.pem");
	file_name(key, w, "key.pem");
	if (access(OPENSSL, X_OK) ||
	    rig_wait(rig_spawn(OPENSSL, argv, -1)) != 0)
		return false;
	return !chmod(key, 0644);
}

static void tls_account(struct world *w, uint32_t id, const char *ca)
{
	char port[16];
	struct wire_msg m = { .type = WIRE_ACCOUNT,
			      .id = id,
			      .settings_count = 6 };
	const char *settings[][2] = {
		{ "server", "127.0.0.1" },
		{ "port", port },
		{ "tls", "1" },
		{ "nick", "confab" },
		{ "username", "c" },
		{ "ca_file", ca },
	};

	snprintf(port, sizeof(port), "%u", w->tls_port);
	m.s[0] = VIEW("net");
	for (size_t i = 0; i < 6; i++) {
		m.settings[i].key = view_str(settings[i][0]);
		m.settings[i].value = view_str(settings[i][1]);
	}
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
}

static void tls_is_verified(void **state)
{
	struct world *w = *state;
	struct rig_seen lost;
	char cert[128];

	if (access(NGIRCD, X_OK) || !make_certificate(w))
		skip();
	write_conf(w, true);
	start_server(w);
	rig_start(&w->rig);
	come_in(w, &w->bob, "bob", "#lobby");
	file_name(cert, w, "cert.pem");
	tls_account(w, 1, "");
	tls_account(w, 2, cert);
	tls_account(w, 3, "/nonexistent.pem");
	rig_join(&w->rig, 1, 1, "#lobby");
	lost = rig_await(&w->rig, WIRE_ACCOUNT_LOST, GONE_CONFIG);
	assert_int_equal(lost.id, 1);
	assert_non_null(strstr(lost.s[0], "certificate"));
	rig_join(&w->rig, 2, 2, "#lobby");
	rig_await(&w->rig, WIRE_JOINED, 2);
	peer_expect(&w->bob, ":confab!");
	rig_join(&w->rig, 3, 3, "#lobby");
	lost = rig_await(&w->rig, WIRE_ACCOUNT_LOST, GONE_CONFIG);
	assert_int_equal(lost.id, 3);
	close_lobby(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(words_go_both_ways),
		RIG_TEST(long_texts_arrive_whole),
		RIG_TEST(a_kick_is_told),
		RIG_TEST(silenced_messages_fail),
		RIG_TEST(a_taken_nick_is_avoided),
		RIG_TEST(a_restarted_server_is_joined_again),
		RIG_TEST(strangers_get_one_answer),
		RIG_TEST(goodbyes_are_said),
		RIG_TEST(tls_is_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
