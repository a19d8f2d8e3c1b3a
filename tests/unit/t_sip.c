/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole edge on loopback, against raw sockets. The clock stands still and
 * is moved on by hand.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "sip.h"

enum { TURNS = 200, PEERS = 3 };

static struct loop *loop;
static struct sip *edge;
static int udp;      /* a client's socket */
static char in[70000];
static size_t in_n;

static unsigned requests;
static char last_body[100], last_type[40], last_user[40];
static uint64_t last_txn;
static int answer_code; /* 0: the handler leaves it open */

static int done_status[10];
static uint64_t done_a[10];
static unsigned dones;

static void on_request(const struct sip_request *req, void *arg)
{
	(void)arg;
	requests++;
	last_txn = req->txn;
	view_copy(last_body, sizeof(last_body), req->body);
	view_copy(last_type, sizeof(last_type), req->content_type);
	view_copy(last_user, sizeof(last_user), req->from.user);
	if (answer_code)
		sip_answer(edge, req->txn, answer_code, NULL, NULL, 0);
}

static void on_done(int status, uint64_t a, uint64_t b, void *arg)
{
	(void)b;
	(void)arg;
	done_status[dones % 10] = status;
	done_a[dones++ % 10] = a;
}

static void edge_open(const char *trusted, const struct sip_limits *limits)
{
	struct sip_listen listen[2] = { { .transport = SIP_UDP },
					{ .transport = SIP_TCP } };
	struct netmask mask;
	struct sip_conf conf = {
		.loop = loop,
		.listen = listen,
		.listen_count = 2,
		.trusted = &mask,
		.trusted_count = 1,
		.domain = "confab.example",
		.product = "confab/1",
		.requesth = on_request,
	};
	char why[200];

	if (limits)
		conf.limits = *limits;
	assert_int_equal(netmask_parse(&mask, view_str(trusted)), 0);
	netaddr_set(&listen[0].local, VIEW("127.0.0.1"), 0);
	netaddr_set(&listen[1].local, VIEW("127.0.0.1"), 0);
	assert_int_equal(sip_new(&edge, &conf, why, sizeof(why)), 0);
}

static int udp_socket(void)
{
	struct netaddr any;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	netaddr_set(&any, VIEW("127.0.0.1"), 0);
	assert_int_equal(bind(fd, &any.u.sa, netaddr_len(&any)), 0);
	return fd;
}

static struct netaddr local_of(int fd)
{
	struct netaddr a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(fd, &a.u.sa, &len), 0);
	return a;
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	clock_freeze(100000, 1700000000000);
	requests = dones = 0;
	answer_code = 202;
	assert_int_equal(loop_new(&loop), 0);
	udp = udp_socket();
	return 0;
}

static int teardown(void **state)
{
	sip_free(edge);
	edge = NULL;
	close(udp);
	loop_turn(loop, 0);
	loop_free(loop);
	clock_thaw();
	return test_teardown(state);
}

static void turns(void)
{
	int i;

	for (i = 0; i < 5; i++)
		loop_turn(loop, 1);
}

/* What fd receives next, into in; false: nothing within some turns. */
static bool received(int fd)
{
	ssize_t n;
	int i;

	for (i = 0; i < TURNS; i++) {
		n = recv(fd, in, sizeof(in) - 1, MSG_DONTWAIT);
		if (n >= 0) {
			in_n = (size_t)n;
			in[n] = '\0';
			return true;
		}
		loop_turn(loop, 1);
	}
	return false;
}

static bool silent(int fd)
{
	turns();
	return recv(fd, in, sizeof(in), MSG_DONTWAIT) < 0;
}

static void udp_put(const char *text, size_t n)
{
	const struct netaddr *to = sip_local(edge, 0);

	assert_int_equal(sendto(udp, text, n, 0, &to->u.sa, netaddr_len(to)),
			 n);
}

static void starts(const char *want)
{
	if (strncmp(in, want, strlen(want)))
		fail_msg("wanted %s, got %s", want, in);
}

static void has(const char *want)
{
	if (!strstr(in, want))
		fail_msg("no %s in %s", want, in);
}

static void hasnt(const char *bad)
{
	if (strstr(in, bad))
		fail_msg("%s in %s", bad, in);
}

enum { KEPT = 2000 };

static void keep(char dst[KEPT])
{
	assert_int_equal(view_copy(dst, KEPT, view_mem(in, in_n)), 0);
}

/* Sends a request and expects an answer that starts like this. */
static void ask(const char *text, const char *want)
{
	udp_put(text, strlen(text));
	assert_true(received(udp));
	starts(want);
}

#define REST(branch, seq) \
	"Via: SIP/2.0/UDP c.example;rport;branch=z9hG4bK" branch "\r\n" \
	"From: <sip:alice@b>;tag=1\r\nTo: <sip:lobby@d>\r\n" \
	"Call-ID: " branch "\r\nCSeq: 1 " seq "\r\n"
#define REQUEST(method, branch) \
	method " sip:lobby@d SIP/2.0\r\n" REST(branch, method)
#define MESSAGE(branch) \
	REQUEST("MESSAGE", branch) \
	"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"

static void test_options(void **state)
{
	char via[200];

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(REQUEST("OPTIONS", "o1") "\r\n", "SIP/2.0 200 OK\r\n");
	has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	has("\r\nAccept: text/plain\r\n");
	has("\r\nTo: <sip:lobby@d>;tag=");
	has("\r\nServer: confab/1\r\n");
	has("\r\nCSeq: 1 OPTIONS\r\n");
	has("\r\nCall-ID: o1\r\n");
	has("\r\nContent-Length: 0\r\n\r\n");
	snprintf(via, sizeof(via),
		 "\r\nVia: SIP/2.0/UDP c.example;branch=z9hG4bKo1"
		 ";received=127.0.0.1;rport=%u\r\n",
		 netaddr_port(&(struct netaddr[]){ local_of(udp) }[0]));
	has(via);
	assert_int_equal(requests, 0);
}

static void test_message(void **state)
{
	char first[KEPT];
	struct sip_stats stats;
	int i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(MESSAGE("m1"), "SIP/2.0 202 Accepted\r\n");
	assert_string_equal(last_body, "hi");
	assert_string_equal(last_type, "text/plain");
	assert_string_equal(last_user, "alice");
	keep(first);
	for (i = 0; i < 10; i++) {
		ask(MESSAGE("m1"), "SIP/2.0 202 Accepted\r\n");
		assert_string_equal(in, first);
	}
	assert_int_equal(requests, 1);
	sip_stats(edge, &stats);
	assert_int_equal(stats.requests_in, 11);
	assert_int_equal(stats.retransmits_in, 10);
	assert_int_equal(stats.responses_out, 11);
	assert_int_equal(stats.server_txns, 1);
}

static void test_answered_later(void **state)
{
	const struct sip_header header = { VIEW("X-Why"), VIEW("late") };

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	assert_true(silent(udp));
	assert_int_equal(requests, 1);
	sip_answer(edge, last_txn, 480, "Slow Down", &header, 1);
	sip_answer(edge, last_txn, 200, NULL, NULL, 0);
	sip_answer(edge, 12345, 200, NULL, NULL, 0);
	assert_true(received(udp));
	starts("SIP/2.0 480 Slow Down\r\n");
	has("\r\nX-Why: late\r\n");
	assert_true(silent(udp));
}

static void test_never_answered(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	assert_true(silent(udp));
	clock_advance(28100);
	assert_true(received(udp));
	starts("SIP/2.0 500 No Answer In Time\r\n");
}

static void test_bad_answers_are_mended(void **state)
{
	const struct sip_header bad = { VIEW("X"), VIEW("a\r\nVia: b") };

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	turns();
	sip_answer(edge, last_txn, 200, "O\r\nK", &bad, 1);
	assert_true(received(udp));
	starts("SIP/2.0 200 OK\r\n");
	hasnt("X: a");
}

static void test_untrusted(void **state)
{
	struct sip_stats stats;

	(void)state;
	edge_open("192.0.2.0/24", NULL);
	ask(MESSAGE("m1"), "SIP/2.0 403 Forbidden\r\n");
	hasnt("Server:");
	assert_true(in_n <= strlen(MESSAGE("m1")) + 80);
	ask(REQUEST("REGISTER", "m2") "\r\n", "SIP/2.0 403 ");
	ask(REQUEST("OPTIONS", "m3") "\r\n", "SIP/2.0 200 ");
	hasnt("Server:");
	assert_int_equal(requests, 0);
	sip_stats(edge, &stats);
	assert_int_equal(stats.untrusted, 2);
	assert_int_equal(stats.server_txns, 0);
}

static void test_methods(void **state)
{
	static const char *const known[] = {
		"INVITE", "REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH",
		"BYE", "INFO", "PRACK", "UPDATE", "REFER",
	};
	char text[1000];
	size_t i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(text, sizeof(text),
			 "%s sip:a@d SIP/2.0\r\n" REST("k", "%s") "\r\n",
			 known[i], known[i]);
		ask(text, "SIP/2.0 405 Method Not Allowed\r\n");
		has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	}
	ask(REQUEST("NEWMETHOD", "n") "\r\n", "SIP/2.0 501 Not Implemented");
	has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	ask(REQUEST("CANCEL", "n") "\r\n", "SIP/2.0 481 ");
	udp_put(REQUEST("ACK", "n") "\r\n", strlen(REQUEST("ACK", "n")) + 2);
	udp_put("ACK x\r\n\r\n", 9);
	assert_true(silent(udp));
}

/* The same refusal again is the same answer, its tag included. */
static void test_stateless_tags(void **state)
{
	char first[KEPT];

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(REQUEST("INVITE", "i1") "\r\n", "SIP/2.0 405 ");
	keep(first);
	ask(REQUEST("INVITE", "i1") "\r\n", "SIP/2.0 405 ");
	assert_string_equal(in, first);
}

static void test_refusals(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask("MESSAGE tel:+123 SIP/2.0\r\n" REST("a", "MESSAGE") "\r\n",
	    "SIP/2.0 416 ");
	ask("OPTIONS soap.beep://x SIP/2.0\r\n" REST("b", "OPTIONS") "\r\n",
	    "SIP/2.0 416 ");
	ask(REQUEST("OPTIONS", "c") "Require: a, b\r\nRequire: c\r\n\r\n",
	    "SIP/2.0 420 ");
	has("\r\nUnsupported: a, b, c\r\n");
	ask("OPTIONS sip:a@b SIP/3.0\r\n" REST("d", "OPTIONS") "\r\n",
	    "SIP/2.0 505 ");
	ask(REQUEST("MESSAGE", "e") "Content-Encoding: gzip\r\n\r\n",
	    "SIP/2.0 415 ");
	has("\r\nAccept-Encoding: identity\r\n");
	ask("MESSAGE sip:a:secret@b SIP/2.0\r\n" REST("f", "MESSAGE") "\r\n",
	    "SIP/2.0 400 Malformed Request-URI");
	ask(REQUEST("MESSAGE", "g") "Content-Length: 3\r\n\r\nhi",
	    "SIP/2.0 400 Body Shorter Than Content-Length");
	ask(REQUEST("MESSAGE", "h") "Content-Length: 16385\r\n\r\nhi",
	    "SIP/2.0 413 ");
	ask(REQUEST("MESSAGE", "i") "Via: SIP/2.0/UDP x;;\r\n\r\n",
	    "SIP/2.0 400 Malformed Header Via");
	ask("MESSAGE sip:a@b SIP/2.0\r\n" REST("j", "OPTIONS") "\r\n",
	    "SIP/2.0 400 CSeq Method Is Another");
	assert_int_equal(requests, 0);
}

static void test_long_users(void **state)
{
	char user[600], text[1500];
	static const struct {
		size_t n;
		const char *want;
	} cases[] = { { 128, "SIP/2.0 202 " }, { 129, "SIP/2.0 414 " },
		      { 513, "SIP/2.0 414 " } };
	size_t i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	for (i = 0; i < 3; i++) {
		memset(user, 'u', sizeof(user));
		user[cases[i].n] = '\0';
		snprintf(text, sizeof(text),
			 "MESSAGE sip:%s@d SIP/2.0\r\n" REST("u%zu", "MESSAGE")
			 "\r\n", user, i, i);
		ask(text, cases[i].want);
	}
}

static void test_too_many_vias(void **state)
{
	char text[3000] = "";
	int i, pass;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	for (pass = 0; pass < 2; pass++) {
		char *p = stpcpy(text, pass ? REQUEST("OPTIONS", "v")
					    : REQUEST("INVITE", "v"));
		for (i = 0; i < 16; i++)
			p = stpcpy(p, "Via: SIP/2.0/UDP h\r\n");
		stpcpy(p, "\r\n");
		ask(text, pass ? "SIP/2.0 400 Too Many Via\r\n"
			       : "SIP/2.0 405 ");
	}
}

static void test_too_large(void **state)
{
	static char text[60000];
	char *p = stpcpy(text, REQUEST("MESSAGE", "l") "\r\n");

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	memset(p, 'x', (size_t)(text + sizeof(text) - p - 1));
	ask(text, "SIP/2.0 513 Message Too Large\r\n");
	p = stpcpy(text, REQUEST("MESSAGE", "l") "Contact: <sip:a@b>");
	while (p < text + sizeof(text) - 3)
		p = stpcpy(p, ";a");
	ask(text, "SIP/2.0 513 Header Section Too Large\r\n");
}

static void test_noise(void **state)
{
	static char zeros[5000];
	struct sip_stats stats;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	udp_put("\r\n\r\n", 4);
	udp_put("", 0);
	udp_put(zeros, sizeof(zeros));
	udp_put("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	udp_put("\x16\x03\x01\x02", 4);
	udp_put("SIP/2.0 200 OK\r\n\r\n", 18);
	udp_put("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
		"CSeq: 1 MESSAGE\r\n\r\n", 72);
	assert_true(silent(udp));
	sip_stats(edge, &stats);
	assert_int_equal(stats.responses_in, 2);
	assert_int_equal(stats.strays, 1);
	assert_int_equal(stats.responses_out, 0);
}

static void test_full_and_draining(void **state)
{
	const struct sip_limits limits = { .server_txns = 1 };
	struct sip_stats stats;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	ask(MESSAGE("a"), "SIP/2.0 202 ");
	ask(MESSAGE("b"), "SIP/2.0 503 ");
	has("\r\nRetry-After: ");
	sip_drain(edge);
	ask(MESSAGE("c"), "SIP/2.0 503 ");
	ask(REQUEST("OPTIONS", "d") "\r\n", "SIP/2.0 503 ");
	ask(MESSAGE("a"), "SIP/2.0 202 ");
	assert_int_equal(requests, 1);
	sip_stats(edge, &stats);
	assert_int_equal(stats.overload, 3);
}

/* ---- TCP ---- */

static int tcp_open(void)
{
	const struct netaddr *to = sip_local(edge, 1);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, &to->u.sa, netaddr_len(to)), 0);
	return fd;
}

static void tcp_put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* All that comes until want stands in it. */
static void tcp_await(int fd, const char *want)
{
	ssize_t n;
	int i;

	in_n = 0;
	in[0] = '\0';
	for (i = 0; i < TURNS && !strstr(in, want); i++) {
		loop_turn(loop, 1);
		n = recv(fd, in + in_n, sizeof(in) - in_n - 1, MSG_DONTWAIT);
		if (n <= 0)
			continue;
		in_n += (size_t)n;
		in[in_n] = '\0';
	}
	has(want);
}

static bool tcp_ended(int fd)
{
	return received(fd) && in_n == 0;
}

#define TCP_MESSAGE(branch, text) \
	REQUEST("MESSAGE", branch) \
	"Content-Type: text/plain\r\nContent-Length: 7\r\n\r\n" text

static void test_tcp_bytes(void **state)
{
	const char text[] = TCP_MESSAGE("t1", "h\xc3\xa9 you");
	int fd, i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	for (i = 0; text[i]; i++) {
		assert_int_equal(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
		loop_turn(loop, 1);
	}
	tcp_await(fd, "SIP/2.0 202 Accepted\r\n");
	assert_string_equal(last_body, "h\xc3\xa9 you");
	assert_int_equal(requests, 1);
	close(fd);
}

static void test_tcp_many_in_one(void **state)
{
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	tcp_put(fd, "\r\n" TCP_MESSAGE("t1", "message") "\r\n\r\n"
		    TCP_MESSAGE("t2", "seven..")
		    REQUEST("OPTIONS", "t3") "l: 0\r\n\r\n");
	tcp_await(fd, "Call-ID: t3\r\n");
	has("Call-ID: t1\r\n");
	has("Call-ID: t2\r\n");
	assert_int_equal(requests, 2);
	close(fd);
}

static void test_tcp_ping(void **state)
{
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	tcp_put(fd, "\r\n");
	assert_true(silent(fd));
	tcp_put(fd, "\r\n");
	assert_true(received(fd));
	assert_string_equal(in, "\r\n");
	tcp_put(fd, "\r\n\r\n\r\n\r\n");
	assert_true(received(fd));
	assert_string_equal(in, "\r\n\r\n");
	close(fd);
}

static void tcp_fault(const char *text, const char *want)
{
	int fd = tcp_open();

	tcp_put(fd, text);
	tcp_await(fd, want);
	assert_true(tcp_ended(fd));
	close(fd);
}

static void test_tcp_faults_end_it(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	tcp_fault(REQUEST("OPTIONS", "a") "\r\n",
		  "SIP/2.0 400 No Content-Length\r\n");
	tcp_fault(REQUEST("MESSAGE", "b") "l: 1000000000\r\n\r\nx",
		  "SIP/2.0 413 ");
	tcp_fault(REQUEST("MESSAGE", "c") "l: -1\r\n\r\nx",
		  "SIP/2.0 400 Bad Content-Length\r\n");
	tcp_fault(REQUEST("MESSAGE", "d") "l: 1\r\nl: 1\r\n\r\nx",
		  "SIP/2.0 400 More Than One Content-Length\r\n");
}

static void test_tcp_endless_head(void **state)
{
	static char text[9000];
	char *p = stpcpy(text, REQUEST("MESSAGE", "a") "Subject: ");

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	memset(p, 'x', (size_t)(text + 8500 - p));
	tcp_fault(text, "SIP/2.0 513 ");
}

static void test_tcp_times(void **state)
{
	struct sip_stats stats;
	int slow, idle;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	slow = tcp_open();
	idle = tcp_open();
	tcp_put(slow, "MESSAGE sip:a@b SIP/2.0\r\n");
	turns();
	clock_advance(6000);
	tcp_put(slow, "Via: ");
	turns();
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 2);
	clock_advance(4100);
	assert_true(tcp_ended(slow));
	clock_advance(100000);
	turns();
	tcp_put(idle, "\r\n");
	turns();
	clock_advance(119000);
	turns();
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 1);
	clock_advance(2000);
	assert_true(tcp_ended(idle));
	close(slow);
	close(idle);
}

static void test_tcp_limits(void **state)
{
	const struct sip_limits limits = { .conns = 10, .conns_per_ip = 2 };
	struct sip_stats stats;
	int fd[3], i;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	for (i = 0; i < 3; i++) {
		fd[i] = tcp_open();
		turns();
	}
	assert_true(tcp_ended(fd[2]));
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 2);
	assert_int_equal(stats.overload, 1);
	tcp_put(fd[0], REQUEST("OPTIONS", "x") "l: 0\r\n\r\n");
	tcp_await(fd[0], "SIP/2.0 200 OK\r\n");
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

/* ---- out ---- */

static struct sip_template *template_new(void)
{
	const struct sip_template_conf conf = {
		.id = 77,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.body = VIEW("hello"),
		.doneh = on_done,
	};
	struct sip_template *t;

	assert_int_equal(sip_template_new(&t, edge, &conf), 0);
	return t;
}

static struct sip_flow flow_to(int fd, enum sip_transport transport)
{
	struct sip_flow flow = { .transport = transport };

	flow.peer = local_of(fd);
	return flow;
}

static void copy_send(struct sip_template *t, const struct sip_flow *flow,
		      uint64_t a)
{
	struct view *owner = mem_new(sizeof(*owner) + 20, NULL);
	char *text = (char *)(owner + 1);
	int n = snprintf(text, 20, "sip:m%u@h", (unsigned)a);

	assert_int_equal(sip_send(edge, t, flow, view_mem(text, (size_t)n),
				  owner, a, a, 0), 0);
	mem_deref(owner);
}

/* Answers what stands in in, as a device does. */
static void device_answer(int fd, const struct netaddr *to, int status)
{
	char out[2000];
	const char *via = strstr(in, "Via: "), *end;
	int n;

	assert_non_null(via);
	end = strstr(via, "\r\n");
	n = snprintf(out, sizeof(out), "SIP/2.0 %d X\r\n%.*s\r\n"
		     "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n", status,
		     (int)(end - via), via);
	assert_true(sendto(fd, out, (size_t)n, 0, to ? &to->u.sa : NULL,
			   to ? netaddr_len(to) : 0) == n);
}

static void test_fanout(void **state)
{
	int fd[PEERS], i;
	struct sip_template *t;
	struct sip_flow flow;
	struct sip_stats stats;
	char first[KEPT];

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	t = template_new();
	for (i = 0; i < PEERS; i++) {
		fd[i] = udp_socket();
		flow = flow_to(fd[i], SIP_UDP);
		copy_send(t, &flow, (uint64_t)i);
	}
	t = mem_deref(t);
	assert_int_equal(dones, 0);
	for (i = 0; i < PEERS; i++) {
		assert_true(received(fd[i]));
		starts("MESSAGE sip:m");
		has("\r\nCall-ID: 000000000000004d000000000000000");
		has("\r\n\r\nhello");
		if (i < 2)
			device_answer(fd[i], sip_local(edge, 0), 200 + 4 * i);
		else
			keep(first);
	}
	turns();
	assert_int_equal(dones, 2);
	assert_int_equal(done_status[0], 200);
	assert_int_equal(done_a[0], 0);
	assert_int_equal(done_status[1], 204);

	/* The third never answers; each copy is the same. */
	for (i = 0; i < 10; i++) {
		clock_advance(i ? 4000 : 500);
		assert_true(received(fd[2]));
		assert_string_equal(in, first);
	}
	clock_advance(33000);
	turns();
	assert_int_equal(dones, 3);
	assert_int_equal(done_status[2], 408);
	assert_int_equal(done_a[2], 2);
	sip_stats(edge, &stats);
	assert_int_equal(stats.requests_out, 3);
	assert_int_equal(stats.timeouts, 1);
	assert_int_equal(stats.client_txns, 0);
	for (i = 0; i < PEERS; i++)
		close(fd[i]);
}

static void test_late_answers(void **state)
{
	struct sip_template *t;
	struct sip_flow flow;
	struct sip_stats stats;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	t = template_new();
	flow = flow_to(udp, SIP_UDP);
	copy_send(t, &flow, 1);
	assert_true(received(udp));
	device_answer(udp, sip_local(edge, 0), 100);
	device_answer(udp, sip_local(edge, 0), 486);
	device_answer(udp, sip_local(edge, 0), 486);
	turns();
	assert_int_equal(dones, 1);
	assert_int_equal(done_status[0], 486);
	sip_stats(edge, &stats);
	assert_int_equal(stats.retransmits_in, 1);
	mem_deref(t);
}

static void test_send_refused(void **state)
{
	const struct sip_limits limits = { .client_txns = 1 };
	struct sip_template *t;
	struct sip_flow flow;
	void *owner = mem_new(1, NULL);

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	t = template_new();
	flow = flow_to(udp, SIP_UDP);
	assert_int_equal(sip_send(edge, t, &flow, VIEW("bob"), owner, 0, 0, 0),
			 EBADMSG);
	assert_int_equal(sip_send(edge, t, &flow, VIEW("sip:a@b>\r\nX: y"),
				  owner, 0, 0, 0), EBADMSG);
	/* No socket of ours reaches IPv6: told from the loop. */
	netaddr_set(&flow.peer, VIEW("2001:db8::1"), 5060);
	copy_send(t, &flow, 5);
	assert_int_equal(dones, 0);
	flow = flow_to(udp, SIP_UDP);
	assert_int_equal(sip_send(edge, t, &flow, VIEW("sip:a@b"), owner, 0, 0,
				  0), ENOBUFS);
	clock_advance(20);
	turns();
	assert_int_equal(dones, 1);
	assert_int_equal(done_status[0], 503);
	mem_deref(t);
	mem_deref(owner);
}

/* A member who came by TCP is reached down the same connection. */
static void test_tcp_same_connection(void **state)
{
	struct sip_template *t;
	struct sip_flow flow;
	struct sip_stats stats;
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	turns();
	t = template_new();
	flow = flow_to(fd, SIP_TCP);
	copy_send(t, &flow, 1);
	tcp_await(fd, "\r\n\r\nhello");
	starts("MESSAGE sip:m1@h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:");
	device_answer(fd, NULL, 200);
	turns();
	assert_int_equal(done_status[0], 200);
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 1);

	copy_send(t, &flow, 2);
	tcp_await(fd, "sip:m2@h");
	close(fd);
	turns();
	clock_advance(20);
	turns();
	assert_int_equal(dones, 2);
	assert_int_equal(done_status[1], 503);
	mem_deref(t);
}

static void test_tcp_opens_connection(void **state)
{
	struct netaddr any;
	struct sip_template *t;
	struct sip_flow flow;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	netaddr_set(&any, VIEW("127.0.0.1"), 0);
	assert_int_equal(bind(listener, &any.u.sa, netaddr_len(&any)), 0);
	assert_int_equal(listen(listener, 5), 0);
	t = template_new();
	flow = flow_to(listener, SIP_TCP);
	copy_send(t, &flow, 1);
	copy_send(t, &flow, 2);
	turns();
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	tcp_await(fd, "sip:m2@h");
	has("sip:m1@h");
	device_answer(fd, NULL, 200);
	turns();
	assert_int_equal(dones, 1);
	close(fd);
	close(listener);
	turns();
	clock_advance(20);
	turns();
	assert_int_equal(dones, 2);
	assert_int_equal(done_status[1], 503);
	/* Nobody listens any more. */
	copy_send(t, &flow, 3);
	turns();
	clock_advance(20);
	turns();
	assert_int_equal(dones, 3);
	assert_int_equal(done_status[2], 503);
	mem_deref(t);
}

static void test_ends_with_work_under_way(void **state)
{
	struct sip_template *t;
	struct sip_flow flow;
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	ask(REQUEST("OPTIONS", "o") "\r\n", "SIP/2.0 200 ");
	udp_put(MESSAGE("m"), strlen(MESSAGE("m")));
	fd = tcp_open();
	tcp_put(fd, "MESSAGE sip:");
	turns();
	t = template_new();
	flow = flow_to(udp, SIP_UDP);
	copy_send(t, &flow, 1);
	flow = flow_to(fd, SIP_TCP);
	copy_send(t, &flow, 2);
	sip_free(edge);
	edge = NULL;
	assert_int_equal(dones, 0);
	assert_int_equal(mem_refs(t), 1);
	mem_deref(t);
	close(fd);
}

static void test_not_bound(void **state)
{
	struct sip_listen listen = { .transport = SIP_UDP };
	struct sip_conf conf = { .loop = loop, .domain = "d", .product = "p" };
	struct sip *s;
	char why[200], want[200], text[NETADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(sip_new(&s, &conf, why, sizeof(why)), EINVAL);
	listen.local = local_of(udp);
	conf.listen = &listen;
	conf.listen_count = 1;
	assert_int_equal(sip_new(&s, &conf, why, sizeof(why)), EADDRINUSE);
	snprintf(want, sizeof(want), "udp:%s: Address already in use",
		 netaddr_str(text, &listen.local));
	assert_string_equal(why, want);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_options),
		TEST(test_message),
		TEST(test_answered_later),
		TEST(test_never_answered),
		TEST(test_bad_answers_are_mended),
		TEST(test_untrusted),
		TEST(test_methods),
		TEST(test_stateless_tags),
		TEST(test_refusals),
		TEST(test_long_users),
		TEST(test_too_many_vias),
		TEST(test_too_large),
		TEST(test_noise),
		TEST(test_full_and_draining),
		TEST(test_tcp_bytes),
		TEST(test_tcp_many_in_one),
		TEST(test_tcp_ping),
		TEST(test_tcp_faults_end_it),
		TEST(test_tcp_endless_head),
		TEST(test_tcp_times),
		TEST(test_tcp_limits),
		TEST(test_fanout),
		TEST(test_late_answers),
		TEST(test_send_refused),
		TEST(test_tcp_same_connection),
		TEST(test_tcp_opens_connection),
		TEST(test_ends_with_work_under_way),
		TEST(test_not_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
