/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confab-jabber against a real Prosody, with a bare XMPP client of our own as
 * the other people in the room. Skipped where Prosody is not installed.
 */
#include "jabworker.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Prosody, in a folder of its own ---- */

static struct {
	char dir[64];
	uint16_t port;
	pid_t pid;
} prosody;

static const char config[] =
	"local LAB = assert(os.getenv('LAB'))\n"
	"run_as_root = true\n"
	"daemonize = false\n"
	"pidfile = LAB .. '/prosody.pid'\n"
	"data_path = LAB .. '/data'\n"
	"certificates = LAB .. '/certs'\n"
	"interfaces = { '127.0.0.1' }\n"
	"c2s_ports = { tonumber(os.getenv('LAB_PORT')) }\n"
	"c2s_direct_tls_ports = {}\n"
	"s2s_ports = {} http_ports = {} https_ports = {}\n"
	"use_ipv6 = false\n"
	"modules_enabled = { 'roster', 'saslauth', 'tls', 'disco', 'posix',"
	" 'ping', 'version', 'smacks', 'carbons' }\n"
	"modules_disabled = { 's2s', 'http', 'offline' }\n"
	"authentication = 'internal_plain'\n"
	"c2s_require_encryption = false\n"
	"allow_unencrypted_plain_auth = true\n"
	"log = { { levels = { min = 'debug' }, to = 'file',"
	" filename = LAB .. '/prosody.log' } }\n"
	"VirtualHost 'xmpp.test'\n"
	"Component 'rooms.xmpp.test' 'muc'\n"
	"  restrict_room_creation = false\n";

static const char certs[] =
	"set -e; cd \"$LAB/certs\"\n"
	"for ca in ca other; do\n"
	" openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$ca"
	" -keyout $ca.key -out $ca.pem"
	" -addext basicConstraints=critical,CA:TRUE\n"
	"done\n"
	"openssl req -newkey rsa:2048 -nodes -subj /CN=xmpp.test"
	" -keyout xmpp.test.key -out x.csr\n"
	"echo subjectAltName=DNS:xmpp.test > x.ext\n"
	"openssl x509 -req -in x.csr -CA ca.pem -CAkey ca.key"
	" -CAcreateserial -days 2 -extfile x.ext -out xmpp.test.crt\n"
	"echo nonsense > broken.pem\n";

static void put_file(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", prosody.dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int run_shell(const char *script)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static uint16_t free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, n), 0);
	getsockname(fd, (struct sockaddr *)&sin, &n);
	close(fd);
	return ntohs(sin.sin_port);
}

static int dial(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(prosody.port);
	if (!connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
		return fd;
	close(fd);
	return -1;
}

static void await_port(void)
{
	uint64_t end = now_ms() + AWAIT_MS;
	struct loop *l;
	int fd;

	assert_int_equal(loop_new(&l), 0);
	while ((fd = dial()) < 0) {
		assert_true(now_ms() < end);
		loop_turn(l, 20);
	}
	close(fd);
	loop_free(l);
}

static void prosody_start(void)
{
	pid_t parent = getpid();
	char path[96];

	prosody.pid = fork();
	if (!prosody.pid) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		snprintf(path, sizeof(path), "%s/cfg.lua", prosody.dir);
		execlp("prosody", "prosody", "--config", path, "-F",
		       (char *)NULL);
		_exit(127);
	}
	await_port();
}

static void prosody_end(void)
{
	int status;

	if (prosody.pid <= 0)
		return;
	kill(prosody.pid, SIGTERM);
	waitpid(prosody.pid, &status, 0);
	prosody.pid = 0;
}

static int prosody_make(void **state)
{
	static const char *const users[] = { "gw1", "gw2", "alice", "bob" };
	char text[16], name[96];

	(void)state;
	snprintf(prosody.dir, sizeof(prosody.dir), "/tmp/confab-jab-XXXXXX");
	if (!mkdtemp(prosody.dir))
		return -1;
	prosody.port = free_port();
	snprintf(text, sizeof(text), "%u", prosody.port);
	setenv("LAB", prosody.dir, 1);
	setenv("LAB_PORT", text, 1);
	if (run_shell("mkdir -p \"$LAB/certs\" "
		      "\"$LAB/data/xmpp%2etest/accounts\"") ||
	    run_shell(certs))
		return -1;
	put_file("cfg.lua", config);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		snprintf(name, sizeof(name),
			 "data/xmpp%%2etest/accounts/%s.dat", users[i]);
		put_file(name, "return { [\"password\"] = \"pw\"; };\n");
	}
	prosody_start();
	return 0;
}

static int prosody_unmake(void **state)
{
	(void)state;
	prosody_end();
	run_shell("rm -rf \"$LAB\"");
	return 0;
}

/* ---- somebody else: a client that sends what the test says ---- */

struct peer {
	int fd;
	struct buf in;
};

static void peer_raw(struct peer *p, const char *xml)
{
	size_t n = strlen(xml);

	assert_int_equal(send(p->fd, xml, n, MSG_NOSIGNAL), (ssize_t)n);
}

static bool peer_has(struct peer *p, const char *what)
{
	char *to = buf_room(&p->in, 4096);
	ssize_t n = recv(p->fd, to, 4096, MSG_DONTWAIT);

	if (n > 0)
		buf_wrote(&p->in, (size_t)n);
	return strstr(buf_str(&p->in), what);
}

/* It comes; all up to its end is forgotten. */
static void peer_sees(struct peer *p, const char *what)
{
	uint64_t end = now_ms() + AWAIT_MS;

	while (!peer_has(p, what)) {
		loop_turn(rig.loop, 20);
		if (now_ms() > end)
			fail_msg("\"%s\" is not in \"%s\"", what,
				 buf_str(&p->in));
	}
	buf_drop(&p->in, (size_t)(strstr(buf_str(&p->in), what) -
				  buf_str(&p->in)) + strlen(what));
}

#define STREAM "<?xml version='1.0'?><stream:stream to='xmpp.test' " \
	"version='1.0' xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

/* auth: base64 of NUL user NUL password. */
static void peer_login(struct peer *p, const char *auth)
{
	char xml[256];

	*p = (struct peer){ .fd = dial() };
	assert_true(p->fd >= 0);
	peer_raw(p, STREAM);
	peer_sees(p, "</stream:features>");
	snprintf(xml, sizeof(xml), "<auth mechanism='PLAIN' xmlns='urn:ietf:"
		 "params:xml:ns:xmpp-sasl'>%s</auth>", auth);
	peer_raw(p, xml);
	peer_sees(p, "<success");
	peer_raw(p, STREAM);
	peer_sees(p, "</stream:features>");
	peer_raw(p, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:"
		    "ns:xmpp-bind'><resource>r</resource></bind></iq>");
	peer_sees(p, "<jid>");
	peer_raw(p, "<presence/>");
}

static void peer_end(struct peer *p)
{
	close(p->fd);
	buf_free(&p->in);
}

#define ALICE "AGFsaWNlAHB3"
#define MUC(room) room "@rooms.xmpp.test"
#define JOIN(room, nick) "<presence to='" MUC(room) "/" nick "'>" \
	"<x xmlns='http://jabber.org/protocol/muc'/></presence>"
#define OPEN(room) "<iq type='set' id='o' to='" MUC(room) "'><query " \
	"xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:" \
	"data' type='submit'/></query></iq>"
#define CONFIGURE(room, var, value) "<iq type='set' id='o' to='" MUC(room) \
	"'><query xmlns='http://jabber.org/protocol/muc#owner'><x " \
	"xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>" \
	"http://jabber.org/protocol/muc#roomconfig</value></field>" \
	"<field var='" var "'><value>" value "</value></field></x></query>" \
	"</iq>"
#define ADMIN(room, item) "<iq type='set' id='a' to='" MUC(room) \
	"'><query xmlns='http://jabber.org/protocol/muc#admin'>" item \
	"</query></iq>"

/* Alice makes the room, and so owns it. */
static void alice_opens(struct peer *p, const char *join, const char *setup)
{
	peer_login(p, ALICE);
	peer_raw(p, join);
	peer_sees(p, "<status code='201'/>");
	peer_raw(p, setup);
	peer_sees(p, "id='o'");
}

static void join_as(uint64_t leg, const char *room, const char *nick,
		    const char *want)
{
	struct event *e;

	rig_join(1, leg, room, nick);
	e = event_take(WIRE_JOINED, leg);
	assert_string_equal(e->s[0], want);
	event_free(e);
}

/* ---- the tests ---- */

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	rig_start();
	rig_account(1, "gw1", "pw", prosody.port, NULL);
	return 0;
}

static int teardown(void **state)
{
	rig_stop_well();
	return test_teardown(state);
}

static void login_join_say(void **state)
{
	struct event *e;

	(void)state;
	/* The first in: the room is made, locked, and unlocked. */
	join_as(7, "Fresh", "confab", "confab");
	e = event_take(WIRE_ACCOUNT_UP, 1);
	assert_ptr_equal(strstr(e->s[0], "gw1@xmpp.test/confab-"), e->s[0]);
	assert_int_equal(strlen(e->s[0]), strlen("gw1@xmpp.test/confab-") + 8);
	event_free(e);
	rig_say(7, 1, SAY_TEXT, VIEW("alice"), VIEW("hi"));
	e = event_take(WIRE_DELIVERED, 7);
	assert_int_equal(e->u[1], 1);
	event_free(e);
	e = event_take(WIRE_TOPIC, 7);
	assert_int_equal(e->u[1], TOPIC_FOUND);
	assert_true(!e->s[1] || !*e->s[1]);
	event_free(e);
	rig_say(7, 0, SAY_SUBJECT, VIEW_NONE, VIEW("tea \x01<&>"));
	e = event_take(WIRE_TOPIC, 7);
	assert_int_equal(e->u[1], TOPIC_OURS);
	assert_string_equal(e->s[1], "tea <&>");
	event_free(e);
	rig_sync();
	assert_null(event_find(WIRE_HEARD, 7));
}

static void crosses_both_ways(void **state)
{
	struct peer alice;
	struct event *e;

	(void)state;
	alice_opens(&alice, JOIN("both", "Alice"), OPEN("both"));
	peer_raw(&alice, "<message type='groupchat' to='" MUC("both")
			 "'><body>before</body></message>");
	peer_sees(&alice, "before");
	peer_raw(&alice, "<message type='groupchat' to='" MUC("both")
			 "'><subject>first</subject></message>");
	peer_sees(&alice, "first");
	join_as(7, "both", "confab", "confab");
	e = event_take(WIRE_TOPIC, 7);
	assert_int_equal(e->u[1], TOPIC_FOUND);
	assert_string_equal(e->s[1], "first");
	event_free(e);
	peer_raw(&alice, "<message type='groupchat' to='" MUC("both")
			 "'><subject/></message>");
	e = event_take(WIRE_TOPIC, 7);
	assert_int_equal(e->u[1], TOPIC_SET);
	assert_string_equal(e->s[0], "Alice");
	assert_true(!e->s[1] || !*e->s[1]);
	event_free(e);
	rig_say(7, 1, SAY_TEXT, VIEW("bob"), VIEW("a <&\"'> b\nc"));
	peer_sees(&alice, "&lt;bob&gt; a &lt;&amp;");
	peer_sees(&alice, "\n  c</body>");
	rig_say(7, 2, SAY_EMOTE, VIEW("bob"), VIEW("waves"));
	peer_sees(&alice, "/me &lt;bob&gt; waves</body>");
	rig_say(7, 3, SAY_NOTICE, VIEW(""), VIEW("bob left"));
	peer_sees(&alice, "<body>* bob left</body>");
	peer_raw(&alice, "<message type='groupchat' id='m1' to='" MUC("both")
			 "'><body>one &lt;two&gt;\nthree \xf0\x9f\x98\x80"
			 "</body></message><message type='groupchat' to='"
			 MUC("both") "'><body>/me nods</body></message>");
	e = event_take(WIRE_HEARD, 7);
	assert_int_equal(e->u[1], SAY_TEXT);
	assert_string_equal(e->s[0], "Alice");
	assert_string_equal(e->s[1], "one <two>\nthree \xf0\x9f\x98\x80");
	assert_true(strlen(e->s[2]) > 2);
	event_free(e);
	e = event_take(WIRE_HEARD, 7);
	assert_int_equal(e->u[1], SAY_EMOTE);
	assert_string_equal(e->s[1], "nods");
	event_free(e);
	for (int i = 0; i < 3; i++)
		await_event(WIRE_DELIVERED, 7);
	peer_end(&alice);
	rig_sync();
	assert_null(event_find(WIRE_HEARD, 7));
}

static void no_payload_breaks_the_stream(void **state)
{
	static const char *const texts[] = {
		"a\x01" "b\x08\x1b\x02", "\x7f\xc2\x85\xef\xb7\x90",
		"\xef\xbf\xbe\xef\xbf\xbf.", "]]>", "&#1;&nbsp;", "<!-- x -->",
		"<?pi?>", "</body></message></stream:stream>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]>", "\r\n\r\n", "' onload=\"",
		"\xe2\x80\xae\xf0\x9f\x98\x80",
	};
	uint64_t seq = 0;

	(void)state;
	join_as(7, "payloads", "confab", "confab");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct event *e;

		rig_say(7, ++seq, SAY_TEXT, view_str(texts[i]),
			view_str(texts[i]));
		e = event_take(WIRE_DELIVERED, 7);
		assert_int_equal(e->u[1], seq);
		event_free(e);
	}
	assert_null(event_find(WIRE_ACCOUNT_LOST, 1));
}

static void many_at_once(void **state)
{
	static char text[16 * 1024];
	uint64_t seen = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	join_as(7, "many", "confab", "confab");
	for (uint64_t i = 1; i <= 20; i++)
		rig_say(7, i, SAY_TEXT, VIEW("a"), view_mem(text,
							   sizeof(text)));
	for (uint64_t i = 1; i <= 20; i++) {
		struct event *e = event_take(WIRE_DELIVERED, 7);

		assert_int_equal(e->u[1], ++seen);
		event_free(e);
	}
}

static void wrong_password(void **state)
{
	(void)state;
	rig_account(2, "gw2", "wrong", prosody.port, NULL);
	rig_join(2, 7, "x", "confab");
	await_words(WIRE_ACCOUNT_LOST, 2, GONE_AUTH, "login refused");
	rig_account(3, "nobody", "pw", prosody.port, NULL);
	rig_join(3, 8, "x", "confab");
	await_words(WIRE_ACCOUNT_LOST, 3, GONE_AUTH, "login refused");
}

static void nobody_listens(void **state)
{
	(void)state;
	rig_account(2, "gw2", "pw", free_port(), NULL);
	rig_join(2, 7, "x", "confab");
	await_words(WIRE_ACCOUNT_LOST, 2, GONE_NET, "cannot connect");
}

static void ca_path(char *dst, size_t size, const char *name)
{
	snprintf(dst, size, "%s/certs/%s", prosody.dir, name);
}

static void tls(void **state)
{
	char ca[96];

	(void)state;
	ca_path(ca, sizeof(ca), "ca.pem");
	rig_account(2, "gw2", "pw", prosody.port, ca);
	rig_join(2, 7, "tls", "confab");
	await_event(WIRE_JOINED, 7);
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("over TLS"));
	await_event(WIRE_DELIVERED, 7);
}

static void tls_with_the_wrong_authority(void **state)
{
	char ca[96];

	(void)state;
	ca_path(ca, sizeof(ca), "other.pem");
	rig_account(2, "gw2", "pw", prosody.port, ca);
	rig_join(2, 7, "tls", "confab");
	await_words(WIRE_ACCOUNT_LOST, 2, GONE_NET,
		    "certificate of xmpp.test was refused: ");
	/* Nor is it known to the system. */
	rig_account(3, "gw2", "pw", prosody.port, "");
	rig_join(3, 8, "tls", "confab");
	await_words(WIRE_ACCOUNT_LOST, 3, GONE_NET,
		    "certificate of xmpp.test was refused: ");
}

static void tls_without_authorities(void **state)
{
	char ca[96];

	(void)state;
	ca_path(ca, sizeof(ca), "missing.pem");
	rig_account(2, "gw2", "pw", prosody.port, ca);
	rig_join(2, 7, "tls", "confab");
	await_words(WIRE_ACCOUNT_LOST, 2, GONE_CONFIG, "ca_file");
	ca_path(ca, sizeof(ca), "broken.pem");
	rig_account(3, "gw2", "pw", prosody.port, ca);
	rig_join(3, 8, "tls", "confab");
	await_words(WIRE_ACCOUNT_LOST, 3, GONE_CONFIG, "ca_file");
}

static void nick_conflict(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("nicks", "confab"), OPEN("nicks"));
	join_as(7, "nicks", "confab", "confab_");
	rig_account(2, "gw2", "pw", prosody.port, NULL);
	rig_join(2, 8, "nicks", "confab");
	await_words(WIRE_JOINED, 8, -1, "confab__");
	rig_say(8, 1, SAY_TEXT, VIEW("a"), VIEW("x"));
	await_event(WIRE_DELIVERED, 8);
	await_event(WIRE_HEARD, 7);
	peer_end(&alice);
}

static void kicked(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("kick", "Alice"), OPEN("kick"));
	join_as(7, "kick", "confab", "confab");
	peer_raw(&alice, ADMIN("kick", "<item nick='confab' role='none'>"
			       "<reason>too loud</reason></item>"));
	await_words(WIRE_LOST, 7, GONE_REFUSED, "kicked from the room");
	join_as(7, "kick", "confab", "confab");
	peer_raw(&alice, ADMIN("kick", "<item jid='gw1@xmpp.test' "
			       "affiliation='outcast'><reason>too loud"
			       "</reason></item>"));
	await_words(WIRE_LOST, 7, GONE_REFUSED, "banned from the room");
	rig_join(1, 7, "kick", "confab");
	await_words(WIRE_LOST, 7, GONE_REFUSED, "we are banned");
	peer_end(&alice);
}

static void destroyed(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("end", "Alice"), OPEN("end"));
	join_as(7, "end", "confab", "confab");
	peer_raw(&alice, "<iq type='set' id='d' to='" MUC("end") "'><query "
			 "xmlns='http://jabber.org/protocol/muc#owner'>"
			 "<destroy><reason>it is over</reason></destroy>"
			 "</query></iq>");
	await_words(WIRE_LOST, 7, GONE_REFUSED,
		    "the room was destroyed: it is over");
	peer_end(&alice);
}

static void no_entry(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("members", "Alice"),
		    CONFIGURE("members", "muc#roomconfig_membersonly", "1"));
	rig_join(1, 7, "members", "confab");
	await_words(WIRE_LOST, 7, GONE_REFUSED, "for members only");
	peer_raw(&alice, JOIN("secret", "Alice"));
	peer_sees(&alice, "<status code='201'/>");
	peer_raw(&alice, CONFIGURE("secret", "muc#roomconfig_roomsecret",
				   "x"));
	peer_sees(&alice, "id='o'");
	rig_join(1, 7, "secret", "confab");
	await_words(WIRE_LOST, 7, GONE_REFUSED, "wants a password");
	rig_send((struct wire_msg){ .type = WIRE_JOIN, .id = 1, .u = { 7 },
				    .s = { VIEW("x@nowhere.test"),
					   VIEW("confab") } });
	await_words(WIRE_LOST, 7, -1, "");
	peer_end(&alice);
}

static void bad_requests(void **state)
{
	(void)state;
	rig_join(99, 7, "x", "confab");
	await_words(WIRE_LOST, 7, GONE_CONFIG, "no such account");
	rig_join(1, 7, "a b", "confab");
	await_words(WIRE_LOST, 7, GONE_CONFIG, "address");
	/* Without a nick wanted we are confab. */
	join_as(7, "nameless", "", "confab");
	rig_part(7);
	join_as(8, "double", "confab", "confab");
	rig_join(1, 7, "Double", "other");
	await_words(WIRE_LOST, 7, GONE_CONFIG, "joined already");
	/* The same leg once more: anew. */
	join_as(8, "double", "confab2", "confab2");
	rig_part(99);
	rig_say(99, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	rig_sync();
	assert_null(event_find(WIRE_FAILED, 99));
}

static void no_voice(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("quiet", "Alice"),
		    CONFIGURE("quiet", "muc#roomconfig_moderatedroom", "1"));
	join_as(7, "quiet", "confab", "confab");
	peer_raw(&alice, ADMIN("quiet", "<item nick='confab' role='visitor'"
			       "/>"));
	peer_sees(&alice, "id='a'");
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	await_words(WIRE_FAILED, 7, 0, "no voice");
	peer_raw(&alice, ADMIN("quiet", "<item nick='confab' "
			       "role='participant'/>"));
	peer_sees(&alice, "id='a'");
	rig_say(7, 2, SAY_TEXT, VIEW("a"), VIEW("b"));
	await_event(WIRE_DELIVERED, 7);
	peer_end(&alice);
}

static void private_messages_stay_private(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("pm", "Alice"), OPEN("pm"));
	join_as(7, "pm", "confab", "confab");
	peer_raw(&alice, "<message type='chat' id='p1' to='" MUC("pm")
			 "/confab'><body>psst</body></message>");
	peer_sees(&alice, "type='error'");
	peer_sees(&alice, "This is a relay");
	/* Once a minute is enough, and an error gets no answer. */
	peer_raw(&alice, "<message type='chat' id='p2' to='" MUC("pm")
			 "/confab'><body>psst</body></message>"
			 "<message type='groupchat' to='" MUC("pm") "'>"
			 "<body>aloud</body></message>");
	peer_sees(&alice, "aloud");
	await_words(WIRE_HEARD, 7, -1, "Alice");
	rig_sync();
	assert_null(event_find(WIRE_HEARD, 7));
	assert_false(peer_has(&alice, "This is a relay"));
	peer_end(&alice);
}

static void requests_are_answered(void **state)
{
	static const char to[] = MUC("iq") "/confab";
	struct peer alice;
	char xml[256];

	(void)state;
	alice_opens(&alice, JOIN("iq", "Alice"), OPEN("iq"));
	join_as(7, "iq", "confab", "confab");
	snprintf(xml, sizeof(xml), "<iq type='get' id='v1' to='%s'><query "
		 "xmlns='jabber:iq:version'/></iq>", to);
	peer_raw(&alice, xml);
	peer_sees(&alice, "<name>confab</name>");
	snprintf(xml, sizeof(xml), "<iq type='get' id='d1' to='%s'><query "
		 "xmlns='http://jabber.org/protocol/disco#info'/></iq>", to);
	peer_raw(&alice, xml);
	peer_sees(&alice, "urn:xmpp:ping");
	snprintf(xml, sizeof(xml), "<iq type='get' id='n1' to='%s'><ping "
		 "xmlns='urn:xmpp:ping'/></iq>", to);
	peer_raw(&alice, xml);
	peer_sees(&alice, "id='n1'");
	snprintf(xml, sizeof(xml), "<iq type='set' id='u1' to='%s'><x "
		 "xmlns='urn:x:unknown'/></iq>", to);
	peer_raw(&alice, xml);
	peer_sees(&alice, "service-unavailable");
	peer_end(&alice);
}

static void our_own_account_elsewhere(void **state)
{
	struct peer gw;

	(void)state;
	join_as(7, "self", "confab", "confab");
	/* Same account, same nick: the room lets both in. */
	peer_login(&gw, "AGd3MQBwdw==");
	peer_raw(&gw, JOIN("self", "confab"));
	peer_sees(&gw, "<subject");
	peer_raw(&gw, "<message type='groupchat' id='own' to='" MUC("self")
		      "'><body>by hand</body></message>");
	peer_sees(&gw, "by hand");
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	await_event(WIRE_DELIVERED, 7);
	rig_sync();
	assert_null(event_find(WIRE_HEARD, 7));
	assert_null(event_find(WIRE_DELIVERED, 7));
	peer_end(&gw);
}

static bool logged(const char *words)
{
	struct lnode *n, *nx;

	LIST_EACH(&rig.events, n, nx) {
		struct event *e = CONTAINER(n, struct event, node);

		if (e->type == WIRE_LOG && strstr(e->s[0], words))
			return true;
	}
	return false;
}

static void the_last_part_logs_out(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("part", "Alice"), OPEN("part"));
	join_as(7, "part", "confab", "confab");
	peer_sees(&alice, "confab");
	rig_part(7);
	peer_sees(&alice, "unlinked");
	AWAIT(logged("no room is left, logging out"));
	AWAIT(logged("jabber/gw1: off"));
	assert_null(event_find(WIRE_ACCOUNT_LOST, 1));
	assert_null(event_find(WIRE_LOST, 7));
	/* And in again. */
	join_as(8, "part", "confab", "confab");
	peer_end(&alice);
}

static void an_account_goes(void **state)
{
	struct peer alice;

	(void)state;
	alice_opens(&alice, JOIN("del", "Alice"), OPEN("del"));
	join_as(7, "del", "confab", "confab");
	peer_sees(&alice, "/confab'");
	rig_send((struct wire_msg){ .type = WIRE_ACCOUNT_DEL, .id = 1 });
	peer_sees(&alice, "unavailable");
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	rig_join(1, 8, "del", "confab");
	await_words(WIRE_LOST, 8, GONE_CONFIG, "no such account");
	assert_null(event_find(WIRE_FAILED, 7));
	assert_null(event_find(WIRE_ACCOUNT_LOST, 1));
	peer_end(&alice);
}

static void five_accounts(void **state)
{
	(void)state;
	join_as(1, "five", "first", "first"); /* until then it is locked */
	for (uint32_t i = 2; i <= 6; i++) {
		char nick[16];

		snprintf(nick, sizeof(nick), "bot%u", i);
		rig_account(i, "gw2", "pw", prosody.port, NULL);
		rig_join(i, i, "five", nick);
	}
	for (uint32_t i = 2; i <= 6; i++)
		await_event(WIRE_JOINED, i);
	rig_say(2, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	await_event(WIRE_DELIVERED, 2);
	for (uint32_t i = 3; i <= 6; i++)
		await_event(WIRE_HEARD, i);
}

static void the_server_restarts(void **state)
{
	(void)state;
	join_as(7, "again", "confab", "confab");
	prosody_end();
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "");
	assert_null(event_find(WIRE_LOST, 7));
	rig_join(1, 7, "again", "confab");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "cannot connect");
	prosody_start();
	join_as(7, "again", "confab", "confab");
	rig_say(7, 9, SAY_TEXT, VIEW("a"), VIEW("b"));
	await_event(WIRE_DELIVERED, 7);
}

int main(void)
{
#define LIVE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		LIVE(login_join_say),
		LIVE(crosses_both_ways),
		LIVE(no_payload_breaks_the_stream),
		LIVE(many_at_once),
		LIVE(wrong_password),
		LIVE(nobody_listens),
		LIVE(tls),
		LIVE(tls_with_the_wrong_authority),
		LIVE(tls_without_authorities),
		LIVE(nick_conflict),
		LIVE(kicked),
		LIVE(destroyed),
		LIVE(no_entry),
		LIVE(bad_requests),
		LIVE(no_voice),
		LIVE(private_messages_stay_private),
		LIVE(requests_are_answered),
		LIVE(our_own_account_elsewhere),
		LIVE(the_last_part_logs_out),
		LIVE(an_account_goes),
		LIVE(five_accounts),
		LIVE(the_server_restarts),
	};

	if (run_shell("command -v prosody && command -v openssl"))
		return 77; /* skipped */
	return cmocka_run_group_tests(tests, prosody_make, prosody_unmake);
}
