/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections to XMPP servers: names, addresses, certificates. The servers
 * are ours, one a port; each says what its script has.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs.h"
#include "clock.h"
#include "front.h"
#include "hash.h"
#include "shim.h"
#include "zone.h"

enum { SERVERS = 3, CLIENTS = 2 };

static struct loop *l;
static struct dns *d;
static xmpp_ctx_t *ctx;
static struct list leaving;
static struct tls_ctx *trust;

#define AWAIT(cond) \
	do { \
		int await_turns = 0; \
		while (!(cond)) { \
			loop_turn(l, 100); \
			if (++await_turns > 600) \
				fail_msg("waited in vain: %s", #cond); \
		} \
	} while (0)

/* ---- servers ---- */

static struct server {
	struct listener *li;
	struct stream *s;
	struct tls_ctx *tls; /* it speaks TLS at once; or NULL */
	const char *(*script)[2]; /* what it hears, what it says to that */
	struct buf in;
	struct buf all;      /* all that it heard */
	unsigned accepted, closed;
} servers[SERVERS];

static void server_data(struct buf *in, void *arg)
{
	struct server *s = arg;

	buf_addv(&s->in, buf_view(in));
	buf_addv(&s->all, buf_view(in));
	buf_clear(in);
	while (s->script && (*s->script)[0] &&
	       strstr(buf_str(&s->in), (*s->script)[0])) {
		const char *say = (*s->script++)[1];

		buf_clear(&s->in);
		stream_write(s->s, say, strlen(say));
	}
}

static void server_closed(int err, const char *text, void *arg)
{
	struct server *s = arg;

	(void)err;
	(void)text;
	s->closed++;
	s->s = stream_close(s->s);
}

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	static const struct stream_ops ops = {
		.on_data = server_data,
		.on_close = server_closed,
	};
	struct server *s = arg;
	const struct stream_conf conf = { .tls = s->tls };

	(void)peer;
	s->accepted++;
	s->s = stream_close(s->s);
	assert_int_equal(stream_adopt(&s->s, l, fd, &conf, &ops, s), 0);
}

static uint16_t serve(struct server *s, const char *cert,
		      const char *(*says)[2])
{
	struct tls_files files = { 0 };
	char pem[128], key[128], name[64], why[160];
	struct netaddr any;

	s->script = says;
	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	assert_int_equal(listener_open(&s->li, l, &any, on_accept, s), 0);
	if (cert) {
		snprintf(name, sizeof(name), "%s.pem", cert);
		file(pem, name);
		snprintf(name, sizeof(name), "%s.key", cert);
		file(key, name);
		files.cert = pem;
		files.key = key;
		assert_int_equal(tls_server_ctx(&s->tls, &files, why,
						sizeof(why)), 0);
	}
	return netaddr_port(listener_local(s->li));
}

static void server_end(struct server *s)
{
	s->s = stream_close(s->s);
	listener_close(s->li);
	s->tls = mem_deref(s->tls);
	buf_free(&s->in);
	buf_free(&s->all);
	memset(s, 0, sizeof(*s));
}

/* A port at which nobody listens. */
static uint16_t dead_port(void)
{
	struct server s = { 0 };
	uint16_t port = serve(&s, NULL, NULL);

	server_end(&s);
	return port;
}

/* ---- clients ---- */

static struct client {
	struct front *f;
	unsigned up, lost, stanzas;
	enum worker_lost why;
	char words[200], own[64];
	bool close_on_up, leave_on_stanza;
} clients[CLIENTS];

static void on_up(struct view own, void *arg)
{
	struct client *c = arg;

	c->up++;
	view_copy(c->own, sizeof(c->own), own);
	if (c->close_on_up)
		c->f = front_close(c->f);
}

static void on_stanza(xmpp_stanza_t *s, void *arg)
{
	struct client *c = arg;

	assert_non_null(xmpp_stanza_get_name(s));
	c->stanzas++;
	if (c->leave_on_stanza)
		c->f = front_leave(c->f);
}

static void on_lost(enum worker_lost why, struct view words, void *arg)
{
	struct client *c = arg;

	c->lost++;
	c->why = why;
	view_copy(c->words, sizeof(c->words),
		  view_head(words, sizeof(c->words) - 1));
}

static const struct front_ops ops = { .up = on_up,
				      .stanza = on_stanza,
				      .lost = on_lost };

static void begin(struct client *c, const char *domain, const char *host,
		  uint16_t port, enum front_tls mode)
{
	char jid[64];
	const struct front_conf conf = {
		.loop = l,
		.dns = d,
		.ctx = ctx,
		.leaving = &leaving,
		.jid = jid,
		.domain = domain,
		.password = "pw",
		.server = host,
		.port = port,
		.mode = mode,
		.tls = trust,
	};

	snprintf(jid, sizeof(jid), "gw@%s/x", domain);
	c->f = front_new(&conf, &ops, c);
	assert_int_equal(c->up + c->lost, 0);
	AWAIT(c->up || c->lost);
}

#define GONE(c, how, text) \
	do { \
		assert_int_equal((c)->up, 0); \
		assert_int_equal((c)->lost, 1); \
		if (!strstr((c)->words, text)) \
			fail_msg("\"%s\"", (c)->words); \
		assert_int_equal((c)->why, how); \
	} while (0)

/* ---- all ---- */

static struct record *records;

/* An SRV record; its target's address is 127.0.0.1. */
static void add_srv(const char *name, unsigned priority, uint16_t port)
{
	char *data = mem_printf("%u 0 %u here.test", priority, port);

	records = mem_array(records, zone_count + 1, sizeof(*records));
	records[zone_count++] = (struct record){ name, TYPE_SRV, 1, data };
	zone = records;
}

static void add_address(const char *name, const char *address)
{
	records = mem_array(records, zone_count + 1, sizeof(*records));
	records[zone_count++] = (struct record){ name, TYPE_A, 1,
						 mem_strdup(address) };
	zone = records;
}

static int setup(void **state)
{
	struct netaddr any;
	char at[NETADDR_TEXT_MAX], path[128], why[160];

	if (test_setup(state) || loop_new(&l))
		return 1;
	memset(clients, 0, sizeof(clients));
	memset(&srv, 0, sizeof(srv));
	zone = records = NULL;
	zone_count = 0;
	add_address("here.test", "127.0.0.1");
	list_init(&leaving);
	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	if (udp_open(&server, l, &any, 1500, on_question, NULL) ||
	    dns_new(&d, l) ||
	    dns_set_servers(d, netaddr_str(at, udp_local(server))))
		return 1;
	ctx = xmpp_ctx_new(NULL, NULL);
	shim_setup(ctx);
	file(path, "ca.pem");
	return tls_client_ctx(&trust, path, why, sizeof(why));
}

static int teardown(void **state)
{
	for (int i = 0; i < CLIENTS; i++)
		front_close(clients[i].f);
	front_end_all(&leaving);
	for (int i = 0; i < SERVERS; i++)
		server_end(&servers[i]);
	trust = mem_deref(trust);
	xmpp_ctx_free(ctx);
	dns_free(d);
	udp_close(server);
	loop_free(l);
	for (size_t i = 0; i < zone_count; i++)
		mem_free((char *)records[i].data);
	mem_free(records);
	clock_thaw();
	return test_teardown(state);
}

#define STREAM "<?xml version='1.0'?><stream:stream id='1' version='1.0' " \
	"xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"
#define FEATURES(f) STREAM "<stream:features>" f "</stream:features>"
#define BIND "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
#define OTHER(h) STREAM "<stream:error><see-other-host xmlns='urn:ietf:" \
	"params:xml:ns:xmpp-streams'>" h "</see-other-host></stream:error>"

/* A login as it should be, and a stanza. */
static const char *logs_in[][2] = {
	{ "<stream:stream", FEATURES("<mechanisms xmlns='urn:ietf:params:xml:"
		"ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>") },
	{ "</auth>", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" },
	{ "<stream:stream", FEATURES(BIND "<required/></bind>") },
	{ "_xmpp_bind1", "<iq type='result' id='_xmpp_bind1'>" BIND
		"<jid>gw@bound/y</jid></bind></iq><message/>" },
	{ NULL, NULL },
};

static const char *mute[][2] = { { NULL, NULL } };

/* ---- the tests ---- */

static void logs_in_by_tls_from_the_start(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], "good", logs_in);

	(void)state;
	begin(c, "irc.test", "127.0.0.1", port, FRONT_DIRECT);
	assert_int_equal(c->up, 1);
	assert_string_equal(c->own, "gw@bound/y");
	AWAIT(c->stanzas == 1);
	assert_int_equal(front_send(c->f, VIEW("<presence/>")), 0);
	AWAIT(strstr(buf_str(&servers[0].in), "<presence/>"));
	c->f = front_leave(c->f);
	AWAIT(strstr(buf_str(&servers[0].in), "</stream:stream>"));
	assert_int_equal(leaving.count, 1);
	server_closed(0, "", &servers[0]);
	AWAIT(!leaving.count);
	assert_int_equal(c->lost, 0);
}

static void a_certificate_for_another_name(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], "wrong", logs_in);

	(void)state;
	begin(c, "irc.test", "127.0.0.1", port, FRONT_DIRECT);
	GONE(c, GONE_NET, "the certificate of irc.test was refused: ");
	assert_int_equal(servers[0].all.n, 0);
	server_end(&servers[0]);
	/* Nor is it looked for at the next address. */
	c->f = front_close(c->f);
	memset(c, 0, sizeof(*c));
	add_srv("_xmpps-client._tcp.irc.test", 1,
		serve(&servers[0], "wrong", logs_in));
	add_srv("_xmpps-client._tcp.irc.test", 2,
		serve(&servers[1], "good", logs_in));
	begin(c, "irc.test", "", 0, FRONT_STARTTLS);
	GONE(c, GONE_NET, "the certificate of irc.test was refused: ");
	assert_int_equal(servers[1].accepted, 0);
}

static void finds_its_server_by_srv(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	add_srv("_xmpps-client._tcp.irc.test", 1, dead_port());
	add_srv("_xmpp-client._tcp.irc.test", 1, dead_port());
	add_srv("_xmpps-client._tcp.irc.test", 2,
		serve(&servers[0], "good", logs_in));
	begin(c, "irc.test", "", 0, FRONT_STARTTLS);
	assert_int_equal(c->up, 1);
}

static void falls_back_to_the_domain_itself(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], "good", logs_in);

	(void)state;
	add_address("irc.test", "127.0.0.1");
	begin(c, "irc.test", "", port, FRONT_DIRECT);
	assert_int_equal(c->up, 1);
}

static void names_that_lead_nowhere(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	begin(c, "nobody.test", "", 0, FRONT_STARTTLS);
	GONE(c, GONE_NET, "the server's name cannot be resolved: ");
	c->f = front_close(c->f);
	memset(c, 0, sizeof(*c));
	begin(c, "irc.test", "127.0.0.1", dead_port(), FRONT_STARTTLS);
	GONE(c, GONE_NET, "cannot connect to 127.0.0.1:");
	c->f = front_close(c->f);
	memset(c, 0, sizeof(*c));
	add_address("far.test", "192.0.2.1");
	begin(c, "irc.test", "far.test", 1, FRONT_PLAIN);
	GONE(c, GONE_NET, "not on loopback");
}

/* To the one that the first server names, with the account's own domain in
 * its certificate, or not at all. */
static void another_host_has_the_same_identity(void **state)
{
	struct client *c = &clients[0];
	char where[400];
	const char *sends_on[][2] = { { "<stream:stream", where },
				      { NULL, NULL } };
	uint16_t first = serve(&servers[0], "good", sends_on);
	uint16_t good = serve(&servers[1], "good", logs_in);
	uint16_t wrong = serve(&servers[2], "wrong", logs_in);

	(void)state;
	snprintf(where, sizeof(where), OTHER("127.0.0.1:%u"), wrong);
	begin(c, "irc.test", "127.0.0.1", first, FRONT_DIRECT);
	GONE(c, GONE_NET, "the certificate of irc.test was refused: ");
	assert_int_equal(servers[2].accepted, 1);
	assert_int_equal(servers[2].all.n, 0);
	c->f = front_close(c->f);
	memset(c, 0, sizeof(*c));
	servers[0].script = sends_on;
	snprintf(where, sizeof(where), OTHER(" here.test:%u\n"), good);
	begin(c, "irc.test", "127.0.0.1", first, FRONT_DIRECT);
	assert_int_equal(c->up, 1);
	assert_null(strstr(buf_str(&servers[0].all), "<auth"));
}

/* Not to this host itself, or its link, but for what was configured. */
static void another_host_is_none_of_our_own(void **state)
{
	static const char *const near[] = {
		"127.0.0.2:22", "0.0.0.0:22", "[::]:22", "[::1]",
		"169.254.1.1", "224.0.0.1", "[fe80::1]:22",
		"[::ffff:127.0.0.2]:22",
	};
	struct client *c = &clients[0];
	char where[400];
	const char *sends_on[][2] = { { "<stream:stream", where },
				      { NULL, NULL } };
	uint16_t port = serve(&servers[0], "good", sends_on);

	(void)state;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		snprintf(where, sizeof(where), OTHER("%s"), near[i]);
		servers[0].script = sends_on;
		begin(c, "irc.test", "127.0.0.1", port, FRONT_DIRECT);
		GONE(c, GONE_NET, "to this host itself");
		c->f = front_close(c->f);
		memset(c, 0, sizeof(*c));
	}
	/* DNS is no configuration. */
	snprintf(where, sizeof(where), OTHER("127.0.0.1:%u"), port);
	servers[0].script = sends_on;
	add_srv("_xmpps-client._tcp.irc.test", 1, port);
	begin(c, "irc.test", "", 0, FRONT_DIRECT);
	GONE(c, GONE_NET, "to this host itself");
}

#define ENDS(condition) STREAM "<stream:error><" condition " xmlns='urn:" \
	"ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"

/* What is said before TLS anybody may have said. */
static void words_before_tls_are_not_final(void **state)
{
	static const struct {
		const char *says, *words;
	} list[] = {
		{ ENDS("host-unknown"), "does not serve" },
		{ ENDS("not-authorized"), "refused the login" },
		{ ENDS("policy-violation"), "policy violation" },
		{ FEATURES(""), "not offered" },
		{ "<stream:stream xmlns='jabber:client' xmlns:stream='http://"
		  "etherx.jabber.org/streams' id='1'>", "no XMPP 1.0" },
		{ OTHER("a b"), "a host that is none" },
	};
	struct client *c = &clients[0];
	const char *ends[][2] = { { "<stream:stream", NULL },
				    { NULL, NULL } };
	uint16_t port = serve(&servers[0], NULL, ends);

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		ends[0][1] = list[i].says;
		servers[0].script = ends;
		begin(c, "irc.test", "127.0.0.1", port, FRONT_STARTTLS);
		GONE(c, GONE_NET, list[i].words);
		c->f = front_close(c->f);
		memset(c, 0, sizeof(*c));
	}
	/* But of him who has shown who he is it counts. */
	ends[0][1] = ENDS("host-unknown");
	begin(c, "irc.test", "127.0.0.1",
	      serve(&servers[1], "good", ends), FRONT_DIRECT);
	GONE(c, GONE_CONFIG, "does not serve");
}

/* One that says nothing costs another one nothing. */
static void a_slow_server_holds_up_nobody(void **state)
{
	struct client *slow = &clients[0], *c = &clients[1];
	const struct front_conf conf = {
		.loop = l, .dns = d, .ctx = ctx, .leaving = &leaving,
		.jid = "gw@irc.test/x", .domain = "irc.test",
		.password = "pw", .server = "127.0.0.1",
		.port = serve(&servers[0], NULL, mute),
		.mode = FRONT_DIRECT, .tls = trust,
	};
	uint64_t began = now_ms();

	(void)state;
	clock_freeze(began, 1);
	slow->f = front_new(&conf, &ops, slow);
	AWAIT(servers[0].accepted);
	begin(c, "irc.test", "127.0.0.1", serve(&servers[1], "good", logs_in),
	      FRONT_DIRECT);
	assert_int_equal(c->up, 1);
	assert_int_equal(now_ms(), began);
	assert_int_equal(slow->lost, 0);
	clock_advance(10100);
	loop_turn(l, 0);
	assert_int_equal(slow->lost, 1);
}

static void closes_in_its_handlers(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], NULL, logs_in);

	(void)state;
	c->close_on_up = true;
	begin(c, "irc.test", "127.0.0.1", port, FRONT_PLAIN);
	AWAIT(servers[0].closed);
	assert_int_equal(c->stanzas + c->lost, 0);
	memset(c, 0, sizeof(*c));
	c->leave_on_stanza = true;
	servers[0].script = logs_in;
	begin(c, "irc.test", "127.0.0.1", port, FRONT_PLAIN);
	AWAIT(c->stanzas);
	assert_int_equal(leaving.count, 1);
	/* A server that never says goodbye is not waited for. */
	clock_freeze(now_ms(), 1);
	loop_turn(l, 0);
	clock_advance(2100);
	loop_turn(l, 0);
	assert_int_equal(leaving.count, 0);
}

/* libstrophe's select() would end the process. */
static void without_low_descriptors(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], NULL, logs_in);
	struct rlimit before, more;
	int first, fd;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &before);
	if (before.rlim_max < 2048)
		skip();
	more = (struct rlimit){ 2048, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &more), 0);
	first = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	for (fd = first; fd < FD_SETSIZE; )
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	begin(c, "irc.test", "127.0.0.1", port, FRONT_PLAIN);
	GONE(c, GONE_NET, "Too many open files");
	/* One is enough, and the other one our server's. */
	c->f = front_close(c->f);
	memset(c, 0, sizeof(*c));
	servers[0].script = logs_in;
	close(first++);
	close(first++);
	begin(c, "irc.test", "127.0.0.1", port, FRONT_PLAIN);
	assert_int_equal(c->up, 1);
	for (; fd >= first; fd--)
		close(fd);
	assert_int_equal(front_send(c->f, VIEW("<still-there/>")), 0);
	AWAIT(strstr(buf_str(&servers[0].in), "<still-there/>"));
	setrlimit(RLIMIT_NOFILE, &before);
}

/* The highest descriptor of a TCP connection to this port. */
static int connection_to(uint16_t port)
{
	for (int fd = 4000; fd >= 0; fd--) {
		struct netaddr peer;
		socklen_t n = sizeof(peer);

		if (!getpeername(fd, &peer.u.sa, &n) &&
		    netaddr_family(&peer) == AF_INET &&
		    netaddr_port(&peer) == port)
			return fd;
	}
	return -1;
}

/* What the kernel makes of it can't be seen on loopback. */
static void a_peer_that_vanishes_is_found(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], NULL, logs_in);
	socklen_t n = sizeof(int);
	int fd, ms = 0;

	(void)state;
	begin(c, "irc.test", "127.0.0.1", port, FRONT_PLAIN);
	fd = connection_to(port);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
				    &n), 0);
	assert_in_range(ms, 1000, 60000);
}

static void what_is_not_read_is_told(void **state)
{
	struct client *c = &clients[0];
	uint16_t port = serve(&servers[0], NULL, logs_in);
	static char much[60000];
	int err = 0;

	(void)state;
	memset(much, ' ', sizeof(much));
	begin(c, "irc.test", "127.0.0.1", port, FRONT_PLAIN);
	stream_pause(servers[0].s, true);
	for (int i = 0; i < 2000 && !err; i++) {
		err = front_send(c->f, view_mem(much, sizeof(much)));
		loop_turn(l, 0);
	}
	assert_int_equal(err, EBUSY);
	assert_int_equal(c->lost, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(logs_in_by_tls_from_the_start),
		T(a_certificate_for_another_name),
		T(finds_its_server_by_srv),
		T(falls_back_to_the_domain_itself),
		T(names_that_lead_nowhere),
		T(another_host_has_the_same_identity),
		T(another_host_is_none_of_our_own),
		T(words_before_tls_are_not_final),
		T(a_slow_server_holds_up_nobody),
		T(closes_in_its_handlers),
		T(without_low_descriptors),
		T(a_peer_that_vanishes_is_found),
		T(what_is_not_read_is_told),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
