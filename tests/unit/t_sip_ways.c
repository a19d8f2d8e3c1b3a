/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edge over TLS and WebSocket, and what else comes in there. */
#include "sip_rig.h"

#include "certs.h"
#include "stream.h"

enum { UDP, TCP, TLS, WS, WAYS };

static struct tls_ctx *server, *client;

static struct tls_ctx *ctx_new(bool is_server, const char *name)
{
	char cert[128], key[128], ca[128], file_name[64], why[200];
	const struct tls_files files = { .cert = cert,
					 .key = key,
					 .ca = ca };
	struct tls_ctx *ctx;

	snprintf(file_name, sizeof(file_name), "%s.pem", name);
	file(cert, file_name);
	snprintf(file_name, sizeof(file_name), "%s.key", name);
	file(key, file_name);
	file(ca, "ca.pem");
	assert_int_equal((is_server ? tls_server_ctx : tls_client_ctx_files)(
				 &ctx, &files, why, sizeof(why)), 0);
	return ctx;
}

static struct sip_conf conf_new(struct sip_listen listen[WAYS])
{
	static const enum sip_transport ways[WAYS] = { SIP_UDP, SIP_TCP,
						       SIP_TLS, SIP_WS };
	int i;

	server = ctx_new(true, "good");
	client = ctx_new(false, "peer");
	for (i = 0; i < WAYS; i++) {
		listen[i].transport = ways[i];
		netaddr_parse(&listen[i].local, VIEW("127.0.0.1:0"));
	}
	return (struct sip_conf){
		.loop = loop,
		.listen = listen,
		.listen_count = WAYS,
		.tls_server = server,
		.tls_client = client,
		.domain = "confab.example",
		.product = "confab/1",
		.requesth = on_request,
	};
}

static bool ws_strange; /* WebSockets are not believed by their address */

static void ways_open(bool trusting, const struct sip_limits *limits)
{
	struct sip_listen listen[WAYS];
	struct sip_conf conf = conf_new(listen);
	struct netmask mask;
	char why[200];

	netmask_parse(&mask, VIEW("127.0.0.0/8"));
	conf.trusted = &mask;
	conf.trusted_count = trusting;
	conf.trusted_ws = !ws_strange;
	if (limits)
		conf.limits = *limits;
	assert_int_equal(sip_new(&edge, &conf, why, sizeof(why)), 0);
}

static int ways_setup(void **state)
{
	last_flow = (struct sip_flow){ 0 };
	ws_strange = false;
	return setup(state);
}

static int ways_teardown(void **state)
{
	sip_free(edge);
	edge = NULL;
	server = mem_deref(server);
	client = mem_deref(client);
	return teardown(state);
}

static int connect_to(int way)
{
	const struct netaddr *to = sip_local(edge, (size_t)way);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, &to->u.sa, netaddr_len(to)), 0);
	return fd;
}

static size_t conns(void)
{
	struct sip_stats stats;

	turns();
	sip_stats(edge, &stats);
	return stats.conns;
}

/* ---- WebSocket ---- */

#define HELLO \
	"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" \
	"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
	"Sec-WebSocket-Protocol: sip\r\n\r\n"

static int ws_open(void)
{
	int fd = connect_to(WS);

	tcp_put(fd, HELLO);
	tcp_await(fd, "HTTP/1.1 101 ");
	return fd;
}

/* A masked frame of text; the mask is 0. */
static void ws_put(int fd, const char *text)
{
	size_t n = strlen(text);
	struct buf b = { 0 };

	buf_put_u8(&b, 0x81);
	buf_put_u8(&b, (uint8_t)(0x80 | (n < 126 ? n : 126)));
	if (n >= 126)
		buf_put_u16(&b, (uint16_t)n);
	buf_put_u32(&b, 0);
	buf_adds(&b, text);
	assert_int_equal(send(fd, b.p, b.n, MSG_NOSIGNAL), b.n);
	buf_free(&b);
}

/* What the next frame holds; behind two bytes of length, if it is long. */
static void ws_await(int fd, const char *want)
{
	int i;

	for (i = 0; i < TURNS; i++) {
		ssize_t n = recv(fd, in, sizeof(in) - 1, MSG_DONTWAIT);

		loop_turn(loop, 1);
		if (n <= 2)
			continue;
		in[n] = '\0';
		i = (unsigned char)in[1] == 126 ? 4 : 2;
		assert_int_equal((unsigned char)in[0], 0x81);
		memmove(in, in + i, (size_t)(n - i + 1));
		break;
	}
	starts(want);
}

#define WS_MESSAGE(branch, text) \
	"MESSAGE sip:lobby@d SIP/2.0\r\n" \
	"Via: SIP/2.0/WS x.invalid;branch=z9hG4bK" branch "\r\n" \
	"From: <sip:alice@b>;tag=1\r\nTo: <sip:lobby@d>\r\n" \
	"Call-ID: " branch "\r\nCSeq: 1 MESSAGE\r\n" \
	"Content-Type: text/plain\r\n\r\n" text

static void test_ws_requests(void **state)
{
	int fd;

	(void)state;
	ways_open(true, NULL);
	fd = ws_open();
	ws_put(fd, WS_MESSAGE("w1", "no length"));
	ws_await(fd, "SIP/2.0 202 Accepted\r\n");
	assert_string_equal(last_body, "no length");
	assert_int_equal(last_flow.transport, SIP_WS);
	/* a fault is answered, and is no end */
	ws_put(fd, REQUEST("MESSAGE", "w2") "l: 5\r\n\r\nfour");
	ws_await(fd, "SIP/2.0 400 Body Shorter Than");
	ws_put(fd, "\r\n\r\n");
	ws_await(fd, "\r\n");
	ws_put(fd, WS_MESSAGE("w3", "again"));
	ws_await(fd, "SIP/2.0 202 ");
	assert_int_equal(requests, 2);
	close(fd);
}

/* Behind a web server everybody has its address. */
static void test_ws_is_not_known_by_its_address(void **state)
{
	int fd;

	(void)state;
	ws_strange = true;
	ways_open(true, NULL);
	fd = ws_open();
	ws_put(fd, WS_MESSAGE("w1", "I am alice"));
	ws_await(fd, "SIP/2.0 403 ");
	close(fd);
	fd = connect_to(SIP_TCP);
	tcp_put(fd, MESSAGE("t1"));
	tcp_await(fd, "SIP/2.0 202 ");
	assert_int_equal(requests, 1);
	close(fd);
}

static void copy_send(struct sip_flow flow, size_t body)
{
	char *text = mem_zalloc(body + 1);
	struct sip_template_conf conf = {
		.id = 77,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.doneh = on_done,
	};
	struct sip_template *t;
	struct sip_dest *dest;

	memset(text, 'x', body);
	conf.body = view_mem(text, body);
	assert_int_equal(sip_template_new(&t, edge, &conf), 0);
	assert_int_equal(sip_dest_new(&dest, VIEW("sip:wes@x.invalid"),
				      VIEW_NONE, VIEW_NONE), 0);
	assert_int_equal(sip_send(edge, t, &flow, dest, 1, 2, 3), 0);
	mem_deref(dest);
	mem_deref(t);
	mem_free(text);
}

static void test_ws_user_is_reached_down_his_flow(void **state)
{
	int fd;

	(void)state;
	ways_open(true, NULL);
	fd = ws_open();
	ws_put(fd, WS_MESSAGE("w1", "hi"));
	ws_await(fd, "SIP/2.0 202 ");
	copy_send(last_flow, 5);
	ws_await(fd, "MESSAGE sip:wes@x.invalid SIP/2.0\r\n");
	has("Via: SIP/2.0/WS 127.0.0.1:");
	has("\r\n\r\nxxxxx");
	close(fd);
	while (conns())
		;
	clock_advance(20);
	turns();
	assert_int_equal(dones, 1);
	assert_int_equal(done_status[0], 503); /* it was under way */
	copy_send(last_flow, 5);
	clock_advance(20);
	turns();
	assert_int_equal(dones, 2);
	assert_int_equal(done_status[1], 503);
}

static void test_ws_times(void **state)
{
	int fd, slow, part;

	(void)state;
	ways_open(true, NULL);
	slow = connect_to(WS);
	tcp_put(slow, "GET / HTTP/1.1\r\n");
	part = ws_open();
	assert_int_equal(send(part, "\x81\x85", 2, MSG_NOSIGNAL), 2);
	fd = ws_open();
	assert_int_equal(conns(), 3);
	clock_advance(6000);
	turns();
	tcp_put(slow, "Host: a\r\n");
	clock_advance(4100);
	assert_int_equal(conns(), 1);
	ws_put(fd, "\r\n\r\n");
	ws_await(fd, "\r\n");
	clock_advance(110000);
	assert_int_equal(conns(), 0);
	close(fd);
	close(slow);
	close(part);
}

static void test_ws_big_messages(void **state)
{
	char head[14] = "\x81\xff\0\0\0\0\0\1\0\0";
	int fd;

	(void)state;
	ways_open(true, NULL);
	fd = ws_open();
	assert_int_equal(send(fd, head, sizeof(head), MSG_NOSIGNAL),
			 sizeof(head));
	tcp_put(fd, "x");
	assert_true(received(fd));
	assert_memory_equal(in, "\x88\x02\x03\xf1", 4); /* 1009 */
	assert_int_equal(conns(), 0);
	close(fd);
}

static void test_ws_says_goodbye(void **state)
{
	int fd;

	(void)state;
	ways_open(true, NULL);
	fd = ws_open();
	sip_free(edge);
	edge = NULL;
	assert_true(received(fd));
	assert_memory_equal(in, "\x88\x02\x03\xe9", 4); /* 1001 */
	close(fd);
}

/* ---- TLS ---- */

static struct sip_flow flow_to_tls(const char *name)
{
	return (struct sip_flow){
		.transport = SIP_TLS,
		.peer = *sip_local(edge, TLS),
		.tls_name = name,
	};
}

static void await_dones(unsigned count)
{
	int i;

	for (i = 0; i < 100 * TURNS && dones < count; i++) {
		clock_advance(i > 10 ? 10 : 0);
		loop_turn(loop, 1);
	}
	assert_int_equal(dones, count);
}

/* We are our own peer, and say so: 482 came by TLS, both ways. */
static void test_tls_both_ways(void **state)
{
	struct sip_flow flow;

	(void)state;
	ways_open(true, NULL);
	copy_send(flow_to_tls("irc.test"), 5);
	await_dones(1);
	assert_int_equal(done_status[0], 482);
	assert_int_equal(conns(), 2);
	assert_true(sip_conn_flow(edge, 2, &flow));
	assert_int_equal(flow.transport, SIP_TLS);
	/* The client showed a certificate. */
	assert_true(sip_conn_is(edge, flow.conn, VIEW("proxy.test")));
	assert_true(sip_conn_is(edge, flow.conn, VIEW("Peer.Test")));
	assert_false(sip_conn_is(edge, flow.conn, VIEW("irc.test")));
	assert_false(sip_conn_is(edge, flow.conn, VIEW("test")));
	assert_false(sip_conn_is(edge, flow.conn, VIEW_NONE));
	assert_false(sip_conn_is(edge, 4711, VIEW("proxy.test")));
}

/* One connection for each name, because it was verified for that only. */
static void test_tls_names(void **state)
{
	(void)state;
	ways_open(true, NULL);
	copy_send(flow_to_tls("irc.test"), 5);
	await_dones(1);
	copy_send(flow_to_tls("irc.test"), 6);
	await_dones(2);
	assert_int_equal(conns(), 2);
	copy_send(flow_to_tls("a.wild.test"), 7);
	await_dones(3);
	assert_int_equal(conns(), 4);
	assert_int_equal(done_status[2], 482);
	copy_send(flow_to_tls("other.test"), 8);
	await_dones(4);
	assert_int_equal(done_status[3], 503);
}

static void test_tls_needs_a_name(void **state)
{
	(void)state;
	ways_open(true, NULL);
	copy_send(flow_to_tls(NULL), 5);
	await_dones(1);
	assert_int_equal(done_status[0], 503);
	assert_int_equal(requests, 0);
}

static void test_tls_listener_needs_a_certificate(void **state)
{
	struct sip_listen listen[WAYS];
	struct sip_conf conf = conf_new(listen);
	char why[200];

	(void)state;
	conf.tls_server = NULL;
	assert_int_equal(sip_new(&edge, &conf, why, sizeof(why)), EINVAL);
	edge = NULL;
}

/* The oldest goes, whoever is new gets his turn. */
static void test_tls_unfinished_handshakes(void **state)
{
	const struct sip_limits limits = { .handshakes = 3 };
	int fd[4], i;

	(void)state;
	ways_open(true, &limits);
	for (i = 0; i < 4; i++) {
		fd[i] = connect_to(TLS);
		turns();
	}
	assert_true(tcp_ended(fd[0]));
	assert_int_equal(conns(), 3);
	clock_advance(10100);
	assert_int_equal(conns(), 0);
	for (i = 0; i < 4; i++)
		close(fd[i]);
}

/* Handshakes are expensive: so many in so long, the others wait. */
static void test_tls_pace(void **state)
{
	const struct sip_limits limits = { .conns_per_ip = 100 };
	int fd[50], i;

	(void)state;
	ways_open(true, &limits);
	for (i = 0; i < 50; i++)
		fd[i] = connect_to(TLS);
	assert_int_equal(conns(), 20);
	clock_advance(120);
	assert_int_equal(conns(), 40);
	clock_advance(120);
	assert_int_equal(conns(), 50);
	for (i = 0; i < 50; i++)
		close(fd[i]);
}

/* ---- what else ---- */

/* A fan-out that is not taken ends at 256 KiB beyond what the kernel has. */
static void test_who_takes_no_fan_out(void **state)
{
	int fd, i;

	(void)state;
	ways_open(true, NULL);
	fd = connect_to(TCP);
	tcp_put(fd, MESSAGE("t1"));
	tcp_await(fd, "SIP/2.0 202 ");
	for (i = 0; i < 20; i++)
		copy_send(last_flow, 14000);
	clock_advance(20);
	assert_int_equal(conns(), 0);
	clock_advance(20);
	turns();
	assert_int_equal(dones, 20);
	assert_int_equal(done_status[0], 503);
	close(fd);
}

static void test_stun(void **state)
{
	const struct view question =
		VIEW("\0\1\0\0\x21\x12\xa4\x42" "0123456789ab");
	unsigned i, answers = 0;

	(void)state;
	ways_open(false, NULL);
	udp_put(question.p, question.n);
	assert_true(received(udp));
	assert_int_equal(in_n, 32);
	assert_memory_equal(in, "\1\1\0\x0c\x21\x12\xa4\x42" "0123456789ab",
			    20);
	/* Nobody can be flooded with them. */
	for (i = 0; i < 3000; i++) {
		udp_put(question.p, question.n);
		loop_turn(loop, 0);
		while (recv(udp, in, sizeof(in), MSG_DONTWAIT) > 0)
			answers++;
	}
	assert_in_range(answers, 1000, 2000);
}

/* Each address has its share; IPv6 counts by network. */
static void test_ipv6_counts_by_network(void **state)
{
	const struct sip_limits limits = { .conns_per_ip = 2 };
	struct sip_listen listen = { .transport = SIP_TCP };
	struct sip_conf conf = {
		.loop = loop,
		.listen = &listen,
		.listen_count = 1,
		.domain = "confab.example",
		.product = "confab/1",
		.limits = limits,
		.requesth = on_request,
	};
	char why[200];
	int fd[3], i;

	(void)state;
	netaddr_parse(&listen.local, VIEW("[::1]:0"));
	if (sip_new(&edge, &conf, why, sizeof(why))) {
		edge = NULL;
		skip(); /* no IPv6 here */
	}
	for (i = 0; i < 3; i++) {
		fd[i] = socket(AF_INET6, SOCK_STREAM, 0);
		assert_int_equal(connect(fd[i], &sip_local(edge, 0)->u.sa,
					 sizeof(struct sockaddr_in6)), 0);
	}
	assert_true(tcp_ended(fd[2]));
	assert_int_equal(conns(), 2);
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

#define TW(fn) cmocka_unit_test_setup_teardown(fn, ways_setup, ways_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TW(test_ws_requests),
		TW(test_ws_is_not_known_by_its_address),
		TW(test_ws_user_is_reached_down_his_flow),
		TW(test_ws_times),
		TW(test_ws_big_messages),
		TW(test_ws_says_goodbye),
		TW(test_tls_both_ways),
		TW(test_tls_names),
		TW(test_tls_needs_a_name),
		TW(test_tls_listener_needs_a_certificate),
		TW(test_tls_unfinished_handshakes),
		TW(test_tls_pace),
		TW(test_who_takes_no_fan_out),
		TW(test_stun),
		TW(test_ipv6_counts_by_network),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
