/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confab-purple with a real Prosody and a real ngircd: sessions of the gateway
 * and accounts of links. Skipped where a server is not installed.
 */
#define RIG_PROGRAM "confab-purple"
#define RIG_ENV	    "CONFAB_PURPLE"
#define RIG_SECRET  "pw-of-"

#include <glob.h>
#include <sys/stat.h>

#include "irc_rig.h"
#include "parcel.h"

#define PROSODY "/usr/bin/prosody"
#define NGIRCD	"/usr/sbin/ngircd"
#define OPENSSL "/usr/bin/openssl"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { SOAK_USERS = 100, SOAK_CYCLES = 20, SOAK_WARM = 3 };
enum { ALICE = 1, BOB = 2, LINK = 7, LEG = 70 };

/* The servers, for all tests. */
static struct {
	char dir[64];
	pid_t prosody, ngircd;
	unsigned xmpp_port, irc_port;
	char port_text[2][16];
	char pin[65];
} lab;

struct world {
	struct rig rig;
	struct rig_seen seen; /* what p leads into */
	struct purp p;
	struct peer bob; /* on IRC */
};

/* ---- servers ---- */

static unsigned free_port(void)
{
	unsigned port = 0;
	int fd = rig_listen(&port);

	close(fd);
	return port;
}

static FILE *lab_file(const char *name)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", lab.dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	return f;
}

static void write_prosody(void)
{
	static const char *const users[] = { "alice", "bob" };
	const size_t many = getenv("CONFAB_SOAK") ? SOAK_USERS : 0;
	FILE *f = lab_file("prosody.cfg.lua");

	fprintf(f,
		"data_path = '%s/data'\npidfile = '%s/prosody.pid'\n"
		"run_as_root = true\ndaemonize = false\n"
		"interfaces = { '127.0.0.1' }\nc2s_ports = { %u }\n"
		"s2s_ports = {} http_ports = {} https_ports = {}\n"
		"modules_enabled = { 'roster'; 'saslauth'; 'tls'; 'disco'; "
		"'presence'; 'message'; 'iq'; 'offline'; 'ping'; 'posix' }\n"
		"modules_disabled = { 's2s' }\n"
		"authentication = 'internal_plain'\n"
		"c2s_require_encryption = true\nlimits = {}\n"
		"log = { error = '%s/prosody.log' }\n"
		"ssl = { key = '%s/key.pem'; certificate = '%s/cert.pem' }\n"
		"VirtualHost 'purple.test'\n"
		"Component 'muc.purple.test' 'muc'\n"
		"restrict_room_creation = false\n",
		lab.dir, lab.dir, lab.xmpp_port, lab.dir, lab.dir, lab.dir);
	fclose(f);
	for (size_t i = 0; i < COUNT(users) + many; i++) {
		char name[80], user[16];

		snprintf(user, sizeof(user), "u%zu", i - COUNT(users));
		snprintf(name, sizeof(name),
			 "data/purple%%2etest/accounts/%s.dat",
			 i < COUNT(users) ? users[i] : user);
		f = lab_file(name);
		fprintf(f, "return { [\"password\"] = \"pw-of-%s\"; };\n",
			i < COUNT(users) ? users[i] : user);
		fclose(f);
	}
}

static void write_ngircd(void)
{
	FILE *f = lab_file("ngircd.conf");

	fprintf(f,
		"[Global]\nName = irc.purple.test\nInfo = test\n"
		"Ports = %u\nListen = 127.0.0.1\nMotdPhrase = hi\n"
		"ServerUID = %u\nServerGID = %u\nPidFile =\n"
		"[Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\n"
		"MaxPenaltyTime = 0\nMaxNickLength = 20\nIdleTimeout = 60\n"
		"[Options]\nDNS = no\nIdent = no\nPAM = no\n"
		"SyslogFacility = local1\n",
		lab.irc_port, getuid() ? getuid() : 65534,
		getgid() ? getgid() : 65534);
	fclose(f);
}

/* In the lab's folder. */
static int run(const char *command)
{
	char line[600];

	snprintf(line, sizeof(line), "cd '%s' && %s", lab.dir, command);
	return system(line);
}

static void read_pin(void)
{
	char path[160], line[200];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/pin", lab.dir);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	for (char *at = strchr(line, '=') + 1; *at > ' ' && n < 64; at++)
		if (*at != ':')
			lab.pin[n++] = *at;
}

static void start_prosody(void)
{
	char conf[160];
	char *argv[] = { (char *)"prosody", (char *)"--config", conf,
			 (char *)"-F", NULL };

	snprintf(conf, sizeof(conf), "%s/prosody.cfg.lua", lab.dir);
	lab.prosody = rig_spawn(PROSODY, argv, -1);
}

static void start_ngircd(void)
{
	char conf[160];
	char *argv[] = { (char *)"ngircd", (char *)"-n", (char *)"-f", conf,
			 NULL };

	snprintf(conf, sizeof(conf), "%s/ngircd.conf", lab.dir);
	lab.ngircd = rig_spawn(NGIRCD, argv, -1);
}

static int open_lab(void **state)
{
	(void)state;
	if (access(PROSODY, X_OK) || access(NGIRCD, X_OK) ||
	    access(OPENSSL, X_OK))
		return 0;
	snprintf(lab.dir, sizeof(lab.dir), "/tmp/t_purple.XXXXXX");
	if (!mkdtemp(lab.dir) || chmod(lab.dir, 0755))
		return 1;
	if (run("mkdir -p 'data/purple%2etest/accounts'") ||
	    run(OPENSSL " req -x509 -newkey ec -pkeyopt "
			"ec_paramgen_curve:prime256v1 -nodes -days 30 "
			"-subj /CN=purple.test "
			"-addext subjectAltName=DNS:purple.test "
			"-keyout key.pem -out cert.pem 2>/dev/null") ||
	    run(OPENSSL " x509 -in cert.pem -noout -fingerprint -sha256 "
			">pin"))
		return 1;
	read_pin();
	lab.xmpp_port = free_port();
	lab.irc_port = free_port();
	snprintf(lab.port_text[0], 16, "%u", lab.xmpp_port);
	snprintf(lab.port_text[1], 16, "%u", lab.irc_port);
	write_prosody();
	write_ngircd();
	start_prosody();
	start_ngircd();
	return 0;
}

static void end_server(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	rig_wait(pid);
}

static int close_lab(void **state)
{
	(void)state;
	end_server(lab.prosody);
	end_server(lab.ngircd);
	return lab.dir[0] ? run("rm -rf \"$PWD\"") : 0;
}

/* ---- the worker ---- */

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	if (test_setup(state))
		return 1;
	w->bob.fd = -1;
	rig_start(&w->rig);
	rig_await(&w->rig, WIRE_READY, WIRE_VERSION);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	rig_stop(&w->rig);
	if (w->bob.fd >= 0)
		peer_close(&w->bob);
	mem_free(w);
	return test_teardown(state);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define DOWN(w, id, tag, ...) \
	down(w, id, tag, &(const struct purp){ __VA_ARGS__ })

static void need_lab(void)
{
	if (!lab.dir[0])
		skip();
}

/* The port is there when the server is. */
static void await_port(struct world *w, unsigned port)
{
	struct peer p;

	peer_connect(&p, &w->rig, port);
	peer_close(&p);
}

static void log_in(struct world *w, enum wire_type type, uint32_t id,
		   const struct rig_set *sets, size_t count)
{
	struct wire_msg m = { .type = type, .id = id };

	m.s[0] = VIEW("test");
	for (size_t i = 0; i < count; i++)
		if (sets[i].value)
			rig_set(&m, sets[i].key, sets[i].value);
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
}

static void xmpp_with(struct world *w, uint32_t id, const char *user,
		      const char *password, const char *pin)
{
	const struct rig_set sets[] = {
		{ "proto", "prpl-jabber" },
		{ "user", user },
		{ "password", password },
		{ "opt.connect_server", "127.0.0.1" },
		{ "opt.port", lab.port_text[0] },
		{ "pin", pin },
	};

	await_port(w, lab.xmpp_port);
	log_in(w, WIRE_SESSION, id, sets, COUNT(sets));
}

static void xmpp(struct world *w, uint32_t id, const char *user,
		 const char *password)
{
	struct rig_seen s;

	xmpp_with(w, id, user, password, lab.pin);
	s = rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	assert_int_equal(s.id, id);
}

static void both_on_xmpp(struct world *w)
{
	xmpp(w, ALICE, "alice@purple.test/sip", "pw-of-alice");
	xmpp(w, BOB, "bob@purple.test/sip", "pw-of-bob");
}

static void irc(struct world *w, enum wire_type type, uint32_t id,
		const char *user)
{
	const struct rig_set sets[] = {
		{ "proto", "prpl-irc" },
		{ "user", user },
		{ "opt.ssl", "no" },
		{ "opt.port", lab.port_text[1] },
		{ "opt.ratelimit-interval", "1" },
		{ "opt.ratelimit-burst", "100" },
	};

	await_port(w, lab.irc_port);
	log_in(w, type, id, sets, COUNT(sets));
}

static void down(struct world *w, uint32_t id, uint64_t tag,
		 const struct purp *p)
{
	struct buf b = { 0 };
	struct wire_msg m = { .type = WIRE_SEND, .id = id, .u = { tag } };

	assert_int_equal(purp_put(&b, p), 0);
	m.s[0] = buf_view(&b);
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
	buf_free(&b);
}

static bool take_up(struct world *w, uint32_t id, enum purp_verb verb,
		    unsigned kind)
{
	for (size_t i = 0; i < w->rig.count; i++) {
		struct rig_seen *s = &w->rig.seen[i];

		if (s->type != WIRE_PARCEL || s->id != id)
			continue;
		assert_int_equal(purp_get(&w->p, view_mem(s->s[0], s->n[0])),
				 0);
		if (w->p.verb != verb || w->p.kind != kind)
			continue;
		w->seen = *s;
		s->type = WIRE_NONE;
		return !purp_get(&w->p, view_mem(w->seen.s[0], w->seen.n[0]));
	}
	return false;
}

/* Waits for a parcel, which is w->p then. */
static void up(struct world *w, uint32_t id, enum purp_verb verb,
	       unsigned kind)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	bool got;

	while (!(got = take_up(w, id, verb, kind)) && now_ms() < limit)
		loop_turn(w->rig.loop, 20);
	if (!got)
		print_error("parcel %u/%u never came\n", verb, kind);
	assert_true(got);
}

static void sent(struct world *w, uint64_t tag, enum parcel_fate fate)
{
	struct rig_seen s = rig_await(&w->rig, WIRE_SENT, tag);

	if (s.u[1] != fate)
		print_error("fate %u: %s\n", (unsigned)s.u[1], s.s[0]);
	assert_int_equal(s.u[1], fate);
}

static struct rig_seen lost(struct world *w, enum worker_lost why)
{
	struct rig_seen s = rig_await(&w->rig, WIRE_ACCOUNT_LOST, why);

	return s;
}

/* ---- XMPP ---- */

static void texts_cross_as_they_are(void **state)
{
	struct world *w = *state;
	const char *text = "1 < 2 & \"so\" <b>x</b>\nline two "
			   "\xf0\x9f\x98\x80 &amp; %s";

	need_lab();
	both_on_xmpp(w);
	DOWN(w, ALICE, 5, .verb = PURP_SAY, .who = VIEW("Bob@purple.test"),
	     .text = view_str(text), .id = VIEW("m1"));
	sent(w, 5, PARCEL_SENT);
	up(w, BOB, PURP_HEARD, SAY_TEXT);
	assert_view(w->p.who, "alice@purple.test");
	assert_view(w->p.text, text);
	assert_false(w->p.past);
	DOWN(w, BOB, 6, .verb = PURP_SAY, .kind = SAY_EMOTE,
	     .who = VIEW("alice@purple.test"), .text = VIEW("waves"));
	sent(w, 6, PARCEL_SENT);
	up(w, ALICE, PURP_HEARD, SAY_EMOTE);
	assert_view(w->p.text, "waves");
}

static void who_is_not_there_is_told_late(void **state)
{
	struct world *w = *state;

	need_lab();
	xmpp(w, ALICE, "alice@purple.test/sip", "pw-of-alice");
	DOWN(w, ALICE, 5, .verb = PURP_SAY, .who = VIEW("nobody@purple.test"),
	     .text = VIEW("hi"), .id = VIEW("m17"));
	sent(w, 5, PARCEL_SENT);
	up(w, ALICE, PURP_FAILED, 0);
	assert_view(w->p.who, "nobody@purple.test");
	assert_view(w->p.id, "m17");
	assert_view(w->p.text, "service-unavailable");
}

static void contacts_ask_and_are_seen(void **state)
{
	struct world *w = *state;
	uint64_t number;

	need_lab();
	both_on_xmpp(w);
	DOWN(w, ALICE, 1, .verb = PURP_ADD, .who = VIEW("bob@purple.test"));
	sent(w, 1, PARCEL_SENT);
	up(w, ALICE, PURP_CONTACT, 0);
	assert_view(w->p.who, "bob@purple.test");
	up(w, BOB, PURP_ASKED, 0);
	assert_view(w->p.who, "alice@purple.test");
	number = w->p.number;
	DOWN(w, BOB, 2, .verb = PURP_ALLOW, .number = number);
	sent(w, 2, PARCEL_SENT);
	up(w, ALICE, PURP_SHOW, PURP_AVAILABLE);
	DOWN(w, BOB, 3, .verb = PURP_ALLOW, .number = number);
	sent(w, 3, PARCEL_NEVER);
	/* Who is typing only those hear that may see us. */
	DOWN(w, ALICE, 0, .verb = PURP_TYPING, .kind = 1,
	     .who = VIEW("bob@purple.test"));
	up(w, BOB, PURP_IS_TYPING, 1);
	assert_view(w->p.who, "alice@purple.test");

	DOWN(w, BOB, 0, .verb = PURP_STATUS, .kind = PURP_AWAY,
	     .text = VIEW("lunch & <coffee>"));
	up(w, ALICE, PURP_SHOW, PURP_AWAY);
	assert_view(w->p.who, "bob@purple.test");
	assert_view(w->p.text, "lunch & <coffee>");
	DOWN(w, BOB, 0, .verb = PURP_STATUS, .kind = PURP_BUSY);
	up(w, ALICE, PURP_SHOW, PURP_BUSY);
	DOWN(w, ALICE, 0, .verb = PURP_LOOK, .who = VIEW("bob@purple.test"));
	up(w, ALICE, PURP_SHOW, PURP_BUSY);
	DOWN(w, ALICE, 0, .verb = PURP_LOOK, .who = VIEW("x@purple.test"));
	up(w, ALICE, PURP_SHOW, PURP_UNKNOWN);
	DOWN(w, ALICE, 4, .verb = PURP_REMOVE, .who = VIEW("bob@purple.test"));
	up(w, ALICE, PURP_CONTACT, 1);
}

/* A request that nobody answered comes again at the next login. */
static void what_waits_is_over_with_the_login(void **state)
{
	struct world *w = *state;
	struct wire_msg end = { .type = WIRE_SESSION_END, .id = BOB };

	need_lab();
	both_on_xmpp(w);
	DOWN(w, ALICE, 1, .verb = PURP_ADD, .who = VIEW("bob@purple.test"));
	up(w, BOB, PURP_ASKED, 0);
	assert_int_equal(wire_send(w->rig.framer, &end), 0);
	xmpp(w, BOB, "bob@purple.test/sip", "pw-of-bob");
	up(w, BOB, PURP_ASKED, 0);
	DOWN(w, BOB, 2, .verb = PURP_DENY, .number = w->p.number);
	sent(w, 2, PARCEL_SENT);
	DOWN(w, ALICE, 3, .verb = PURP_REMOVE, .who = VIEW("bob@purple.test"));
	sent(w, 3, PARCEL_SENT);
}

static void rooms_have_words_people_and_topics(void **state)
{
	struct world *w = *state;
	const struct view place = VIEW("Lobby@muc.purple.test");

	need_lab();
	both_on_xmpp(w);
	DOWN(w, ALICE, 1, .verb = PURP_JOIN, .place = place,
	     .who = VIEW("alice"));
	up(w, ALICE, PURP_JOINED, 0);
	assert_view(w->p.place, "Lobby@muc.purple.test");
	assert_view(w->p.who, "alice");
	/* A new room is locked until its defaults are taken: before this. */
	DOWN(w, ALICE, 8, .verb = PURP_TOPIC, .place = place,
	     .text = VIEW("first"));
	up(w, ALICE, PURP_TOPIC_IS, 0);
	DOWN(w, BOB, 2, .verb = PURP_JOIN, .place = place, .who = VIEW("bob"));
	up(w, BOB, PURP_JOINED, 0);
	up(w, ALICE, PURP_PEOPLE, PURP_CAME);
	assert_view(w->p.who, "bob");
	DOWN(w, BOB, 3, .verb = PURP_SAY, .place = place,
	     .text = VIEW("hi <all> & more"));
	sent(w, 3, PARCEL_SENT);
	up(w, ALICE, PURP_HEARD, SAY_TEXT);
	assert_view(w->p.place, "Lobby@muc.purple.test");
	assert_view(w->p.who, "bob");
	assert_view(w->p.text, "hi <all> & more");
	DOWN(w, ALICE, 4, .verb = PURP_TOPIC, .place = place,
	     .text = VIEW("a & b"));
	do
		up(w, BOB, PURP_TOPIC_IS, 0);
	while (view_eqs(w->p.text, "first"));
	assert_view(w->p.text, "a & b");
	DOWN(w, ALICE, 5, .verb = PURP_WHO, .place = place);
	for (int i = 0; i < 3; i++)
		up(w, ALICE, PURP_PEOPLE, PURP_IS_THERE);
	assert_int_equal(w->p.who.n, 0);
	DOWN(w, BOB, 6, .verb = PURP_PART, .place = place);
	up(w, BOB, PURP_LEFT, 1);
	up(w, ALICE, PURP_PEOPLE, PURP_WENT);
	DOWN(w, BOB, 7, .verb = PURP_SAY, .place = place, .text = VIEW("x"));
	sent(w, 7, PARCEL_NEVER);
	/* In again before the room knows that we were out. */
	DOWN(w, ALICE, 0, .verb = PURP_PART, .place = place);
	DOWN(w, ALICE, 0, .verb = PURP_JOIN, .place = place,
	     .who = VIEW("alice"));
	up(w, ALICE, PURP_LEFT, 1);
	up(w, ALICE, PURP_JOINED, 0);
}

static void a_wrong_password_is_final(void **state)
{
	struct world *w = *state;
	struct rig_seen s;

	need_lab();
	xmpp_with(w, ALICE, "alice@purple.test", "pw-of-eve", lab.pin);
	s = lost(w, GONE_AUTH);
	assert_int_equal(s.id, ALICE);
	assert_non_null(strstr(s.s[0], "password"));
	xmpp(w, ALICE, "alice@purple.test/sip", "pw-of-alice");
}

static void unknown_certificates_are_refused(void **state)
{
	struct world *w = *state;
	char wrong[65];
	struct rig_seen s;

	need_lab();
	xmpp_with(w, ALICE, "alice@purple.test/sip", "pw-of-alice", NULL);
	s = lost(w, GONE_CONFIG);
	assert_non_null(strstr(s.s[0], "certificate can't be verified"));
	memcpy(wrong, lab.pin, sizeof(wrong));
	wrong[0] = wrong[0] == '0' ? '1' : '0';
	xmpp_with(w, ALICE, "alice@purple.test/sip", "pw-of-alice", wrong);
	s = lost(w, GONE_CONFIG);
	assert_non_null(strstr(s.s[0], "pinned"));
}

static void a_dead_server_is_worth_another_try(void **state)
{
	struct world *w = *state;

	need_lab();
	both_on_xmpp(w);
	end_server(lab.prosody);
	lost(w, GONE_NET);
	lost(w, GONE_NET);
	start_prosody();
	xmpp(w, ALICE, "alice@purple.test/sip", "pw-of-alice");
}

/* ---- IRC ---- */

static void come_in(struct world *w, const char *channel)
{
	peer_connect(&w->bob, &w->rig, lab.irc_port);
	peer_send(&w->bob, "NICK bob\r\nUSER u 0 * :x\r\n");
	peer_expect(&w->bob, " 376 ");
	peer_send(&w->bob, "JOIN ");
	peer_send(&w->bob, channel);
	peer_send(&w->bob, "\r\n");
	peer_expect(&w->bob, " 366 ");
}

static void irc_speaks_in_lines(void **state)
{
	struct world *w = *state;

	need_lab();
	irc(w, WIRE_SESSION, ALICE, "gwalice@127.0.0.1");
	assert_string_equal(rig_await(&w->rig, WIRE_ACCOUNT_UP, 0).s[0],
			    "gwalice");
	come_in(w, "#lobby");
	DOWN(w, ALICE, 1, .verb = PURP_SAY, .who = VIEW("bob"),
	     .text = VIEW("a < b & \"c\"\nQUIT :now\n\nthree"));
	sent(w, 1, PARCEL_SENT);
	peer_expect(&w->bob, "PRIVMSG bob :a < b & \"c\"\r\n");
	peer_expect(&w->bob, "PRIVMSG bob :QUIT :now\r\n");
	peer_expect(&w->bob, "PRIVMSG bob :three\r\n");
	peer_send(&w->bob, "PRIVMSG gwalice :\002<hi>\002 & so\r\n");
	up(w, ALICE, PURP_HEARD, SAY_TEXT);
	assert_view(w->p.who, "bob");
	assert_view(w->p.text, "<hi> & so");
	DOWN(w, ALICE, 2, .verb = PURP_SAY, .kind = SAY_EMOTE,
	     .who = VIEW("bob"), .text = VIEW("waves"));
	peer_expect(&w->bob, "PRIVMSG bob :\1ACTION waves\1\r\n");
	DOWN(w, ALICE, 3, .verb = PURP_SAY, .who = VIEW("nobody"),
	     .text = VIEW("x"));
	up(w, ALICE, PURP_FAILED, 0);
	assert_view(w->p.who, "nobody");
}

static void links_speak_for_many(void **state)
{
	struct world *w = *state;
	struct rig_seen s;

	need_lab();
	come_in(w, "#link");
	irc(w, WIRE_ACCOUNT, LINK, "gwlink@127.0.0.1");
	rig_join(&w->rig, LINK, LEG, "#link");
	rig_join(&w->rig, LINK, LEG, "#link"); /* once more: the same */
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	assert_string_equal(rig_await(&w->rig, WIRE_JOINED, LEG).s[0],
			    "gwlink");
	rig_say(&w->rig, LEG, 1, SAY_TEXT, "hi <&\"> %s\n<bob> no");
	peer_expect(&w->bob, "PRIVMSG #link :<alice> hi <&\"> %s\r\n");
	peer_expect(&w->bob, "PRIVMSG #link :<alice> <bob> no\r\n");
	assert_int_equal(rig_await(&w->rig, WIRE_DELIVERED, LEG).u[1], 1);
	peer_send(&w->bob, "PRIVMSG #link :hello\r\n");
	s = rig_await(&w->rig, WIRE_HEARD, LEG);
	assert_string_equal(s.s[0], "bob");
	assert_string_equal(s.s[1], "hello");
	rig_say(&w->rig, LEG, 0, SAY_SUBJECT, "ours & theirs");
	peer_expect(&w->bob, "TOPIC #link :ours & theirs");
	s = rig_await(&w->rig, WIRE_TOPIC, LEG);
	assert_int_equal(s.u[1], TOPIC_OURS);
	peer_send(&w->bob, "MODE #link +t\r\n");
	peer_expect(&w->bob, "MODE #link +t");
	rig_say(&w->rig, LEG, 0, SAY_SUBJECT, "not any more");
	s = rig_await(&w->rig, WIRE_TOPIC, LEG);
	assert_int_equal(s.u[1], TOPIC_REFUSED);
	peer_send(&w->bob, "TOPIC #link :theirs\r\n");
	s = rig_await(&w->rig, WIRE_TOPIC, LEG);
	assert_int_equal(s.u[1], TOPIC_SET);
	assert_string_equal(s.s[0], "bob");
	assert_string_equal(s.s[1], "theirs");
	peer_send(&w->bob, "KICK #link gwlink :enough\r\n");
	s = rig_await(&w->rig, WIRE_LOST, LEG);
	assert_int_equal(s.u[1], GONE_REFUSED);
	assert_non_null(strstr(s.s[0], "enough"));
	rig_say(&w->rig, LEG, 2, SAY_TEXT, "gone");
	rig_join(&w->rig, LINK, LEG, "#link");
	rig_await(&w->rig, WIRE_JOINED, LEG);
	rig_part(&w->rig, LEG, "");
	peer_expect(&w->bob, "PART #link");
}

static void closed_channels_say_why(void **state)
{
	struct world *w = *state;

	need_lab();
	come_in(w, "#closed");
	peer_send(&w->bob, "MODE #closed +i\r\n");
	peer_expect(&w->bob, "MODE #closed +i");
	irc(w, WIRE_SESSION, ALICE, "gwalice@127.0.0.1");
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	DOWN(w, ALICE, 1, .verb = PURP_JOIN, .place = VIEW("#closed"));
	up(w, ALICE, PURP_LEFT, 0);
	assert_view(w->p.place, "#closed");
	assert_non_null(memmem(w->p.text.p, w->p.text.n, "+i", 2));
}

/* ---- without a server ---- */

static void try_settings(struct world *w, const struct rig_set *sets,
			 size_t count, const char *words)
{
	struct rig_seen s;

	log_in(w, WIRE_SESSION, ALICE, sets, count);
	s = lost(w, GONE_CONFIG);
	if (!strstr(s.s[0], words))
		print_error("%s\n", s.s[0]);
	assert_non_null(strstr(s.s[0], words));
}

static void nonsense_is_refused_in_words(void **state)
{
	struct world *w = *state;
	const struct rig_set none[] = { { "proto", "prpl-none" },
					{ "user", "x" } };
	const struct rig_set nobody[] = { { "proto", "prpl-irc" } };
	const struct rig_set option[] = { { "proto", "prpl-irc" },
					  { "user", "a@127.0.0.1" },
					  { "opt.wings", "2" } };
	const struct rig_set number[] = { { "proto", "prpl-irc" },
					  { "user", "a@127.0.0.1" },
					  { "opt.port", "many" } };
	const struct rig_set proxy[] = { { "proto", "prpl-irc" },
					 { "user", "a@127.0.0.1" },
					 { "proxy_host", "127.0.0.1" },
					 { "proxy_port", "70000" } };

	try_settings(w, none, COUNT(none), "prpl-none");
	try_settings(w, nobody, COUNT(nobody), "no user");
	try_settings(w, option, COUNT(option), "wings");
	try_settings(w, number, COUNT(number), "port");
	try_settings(w, proxy, COUNT(proxy), "proxy");
}

/* A plugin of others is there as libpurple's own are: its account is refused
 * for the option only. */
static void plugins_of_others_are_loaded(void **state)
{
	struct world *w = *state;
	const struct rig_set sets[] = {
		{ "proto", "prpl-eionrobb-discord" },
		{ "user", "a@127.0.0.1" },
		{ "password", "pw-of-a" },
		{ "opt.wings", "2" },
	};
	glob_t g;

	if (glob("/usr/lib/*/purple-2/libdiscord.so", 0, NULL, &g))
		skip();
	globfree(&g);
	try_settings(w, sets, COUNT(sets), "wings");
}

static void hostile_parcels_are_survived(void **state)
{
	struct world *w = *state;
	struct wire_msg m = { .type = WIRE_SEND, .id = ALICE, .u = { 9 } };
	const struct rig_set silent[] = { { "proto", "prpl-irc" },
					  { "user", "a@127.0.0.1" },
					  { "opt.ssl", "no" },
					  { "opt.port", NULL } };
	struct rig_set sets[COUNT(silent)];
	char port[16];
	unsigned number = 0;
	int fd = rig_listen(&number);

	memcpy(sets, silent, sizeof(sets));
	snprintf(port, sizeof(port), "%u", number);
	sets[3].value = port;
	log_in(w, WIRE_SESSION, ALICE, sets, COUNT(sets));
	m.s[0] = VIEW("nonsense");
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
	sent(w, 9, PARCEL_NEVER);
	DOWN(w, ALICE, 10, .verb = PURP_SAY, .who = VIEW("x"));
	sent(w, 10, PARCEL_LATER);
	DOWN(w, ALICE, 11, .verb = PURP_HEARD, .who = VIEW("x"));
	sent(w, 11, PARCEL_NEVER);
	close(fd);
}

static void two_logins_of_one_name_are_one_too_many(void **state)
{
	struct world *w = *state;
	struct rig_seen s;
	const struct rig_set sets[] = { { "proto", "prpl-irc" },
					{ "user", "a@127.0.0.1" },
					{ "opt.ssl", "no" },
					{ "opt.port", NULL } };
	struct rig_set own[COUNT(sets)];
	char port[16];
	unsigned number = 0;
	int fd = rig_listen(&number);

	memcpy(own, sets, sizeof(own));
	snprintf(port, sizeof(port), "%u", number);
	own[3].value = port;
	log_in(w, WIRE_SESSION, BOB, own, COUNT(own));
	/* it may be somebody else who has it: he learns nothing of that */
	log_in(w, WIRE_SESSION, ALICE, own, COUNT(own));
	s = lost(w, GONE_NET);
	assert_string_equal(s.s[0], "the server does not log us in");
	close(fd);
}

static void try_near(struct world *w, const char *user, const char *port,
		     bool leads)
{
	const struct rig_set sets[] = {
		{ "proto", "prpl-irc" }, { "user", user },
		{ "opt.ssl", "no" },	 { "opt.port", port },
		{ "near", "no" },
	};
	struct rig_seen s;
	bool stopped;

	log_in(w, WIRE_SESSION, BOB, sets, COUNT(sets));
	s = lost(w, GONE_NET);
	stopped = strstr(s.s[0], "near=yes");
	if (stopped == leads)
		print_error("%s: %s\n", user, s.s[0]);
	assert_int_equal(stopped, !leads);
}

/* Nobody lets us knock at our own doors, but the operator. */
static void names_of_users_do_not_lead_to_us(void **state)
{
	struct world *w = *state;
	const struct rig_set named[] = {
		{ "proto", "prpl-irc" }, { "user", "a@127.0.0.1" },
		{ "opt.ssl", "no" },	 { "opt.port", NULL },
		{ "opt.realname", "http://127.0.0.2:3000/" },
	};
	struct rig_set own[COUNT(named)];
	char port[16], closed[16];
	unsigned number = 0;
	int fd = rig_listen(&number);

	snprintf(port, sizeof(port), "%u", number);
	snprintf(closed, sizeof(closed), "%u", free_port());
	try_near(w, "b@127.0.0.1", port, false);
	try_near(w, "b@localhost", port, false);
	try_near(w, "b@169.254.169.254", port, false);
	try_near(w, "b@::1", port, false);
	try_near(w, "b@0.0.0.0", port, false);
	try_near(w, "b@::ffff:127.0.0.1", port, false);
	memcpy(own, named, sizeof(own));
	own[3].value = port;
	log_in(w, WIRE_SESSION, ALICE, own, COUNT(own));
	try_near(w, "b@127.0.0.1", closed, true);
	try_near(w, "b@127.0.0.2", closed, true);
	try_near(w, "b@127.0.0.22", closed, false);
	try_near(w, "b@127.0.0", closed, false);
	close(fd);
}

static uint64_t status_in(const char *folder, const char *key)
{
	char path[128], line[256];
	unsigned long long n = 999;
	FILE *f;

	snprintf(path, sizeof(path), "%s/status", folder);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line + strlen(key), " %llu", &n);
	fclose(f);
	return n;
}

static uint64_t status_of(pid_t pid, const char *key)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
	return status_in(folder, key);
}

/* Plugins have threads of their own. */
static void the_worker_locks_itself_in(void **state)
{
	struct world *w = *state;
	struct wire_msg ping = { .type = WIRE_PING, .u = { 42 } };
	char tasks[64];
	glob_t g;

	snprintf(tasks, sizeof(tasks), "/proc/%d/task/*",
		 (int)w->rig.worker);
	assert_int_equal(glob(tasks, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		assert_int_equal(status_in(g.gl_pathv[i], "NoNewPrivs:"), 1);
		assert_int_equal(status_in(g.gl_pathv[i], "Seccomp:"), 2);
		assert_int_equal(status_in(g.gl_pathv[i], "CapEff:"), 0);
	}
	globfree(&g);
	/* The answer comes from the loop that libpurple runs on. */
	assert_int_equal(wire_send(w->rig.framer, &ping), 0);
	rig_await(&w->rig, WIRE_PONG, 42);
	kill(w->rig.worker, SIGSTOP);
	ping.u[0] = 43;
	assert_int_equal(wire_send(w->rig.framer, &ping), 0);
	kill(w->rig.worker, SIGCONT);
	rig_await(&w->rig, WIRE_PONG, 43);
}

/* ---- by CONFAB_SOAK=1 only: it takes a minute or two ---- */

static void cycle(struct world *w)
{
	struct wire_msg end = { .type = WIRE_SESSION_END };
	char user[40], password[16];

	for (uint32_t i = 0; i < SOAK_USERS; i++) {
		snprintf(user, sizeof(user), "u%u@purple.test", i);
		snprintf(password, sizeof(password), "pw-of-u%u", i);
		xmpp_with(w, 100 + i, user, password, lab.pin);
	}
	for (uint32_t i = 0; i < SOAK_USERS; i++) {
		rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
		w->rig.count = rig_find(&w->rig, WIRE_ACCOUNT_UP, 0)
				       ? w->rig.count
				       : 0;
	}
	for (uint32_t i = 0; i < SOAK_USERS; i++) {
		end.id = 100 + i;
		assert_int_equal(wire_send(w->rig.framer, &end), 0);
	}
}

static void logins_lose_nothing(void **state)
{
	struct world *w = *state;
	uint64_t warm = 0, rss;

	need_lab();
	for (int i = 0; i < SOAK_CYCLES; i++) {
		cycle(w);
		rss = status_of(w->rig.worker, "VmRSS:");
		print_message("cycle %d: %u KiB\n", i, (unsigned)rss);
		if (i < SOAK_WARM)
			warm = rss;
	}
	assert_true(rss < warm + warm / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(nonsense_is_refused_in_words),
		RIG_TEST(plugins_of_others_are_loaded),
		RIG_TEST(hostile_parcels_are_survived),
		RIG_TEST(two_logins_of_one_name_are_one_too_many),
		RIG_TEST(names_of_users_do_not_lead_to_us),
		RIG_TEST(the_worker_locks_itself_in),
		RIG_TEST(texts_cross_as_they_are),
		RIG_TEST(who_is_not_there_is_told_late),
		RIG_TEST(contacts_ask_and_are_seen),
		RIG_TEST(what_waits_is_over_with_the_login),
		RIG_TEST(rooms_have_words_people_and_topics),
		RIG_TEST(a_wrong_password_is_final),
		RIG_TEST(unknown_certificates_are_refused),
		RIG_TEST(a_dead_server_is_worth_another_try),
		RIG_TEST(irc_speaks_in_lines),
		RIG_TEST(links_speak_for_many),
		RIG_TEST(closed_channels_say_why),
		RIG_TEST(logins_lose_nothing), /* the last */
	};

	return _cmocka_run_group_tests(
		"tests", tests, COUNT(tests) - !getenv("CONFAB_SOAK"),
		open_lab, close_lab);
}
