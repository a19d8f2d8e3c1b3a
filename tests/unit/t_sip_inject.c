/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that another edge received: the same packet, taken in here. */
#include "sip_rig.h"

#include "hash.h"
#include "location.h"

static unsigned answers;
static int code;
static char said[100], header[100];
static size_t header_count;
static uint64_t got_a, got_b;

static void on_answer(int status, struct view reason,
		      const struct sip_header *headers, size_t count,
		      uint64_t a, uint64_t b, void *arg)
{
	assert_ptr_equal(arg, &answers);
	answers++;
	code = status;
	view_copy(said, sizeof(said), reason);
	header_count = count;
	header[0] = '\0';
	if (count)
		snprintf(header, sizeof(header), "%.*s: %.*s",
			 VIEW_ARG(headers[0].name),
			 VIEW_ARG(headers[0].value));
	got_a = a;
	got_b = b;
}

static int inject(const char *text, size_t n)
{
	struct sip_injection req = {
		.packet = view_mem(text, n),
		.answerh = on_answer,
		.a = 7,
		.b = 8,
		.arg = &answers,
	};

	answers = 0;
	netaddr_set(&req.flow.peer, VIEW("192.0.2.9"), 5060);
	return sip_inject(edge, &req);
}

static void injected(const char *text, int want)
{
	assert_int_equal(inject(text, strlen(text)), 0);
	assert_int_equal(answers, 1);
	assert_int_equal(code, want);
	assert_int_equal(got_a, 7);
	assert_int_equal(got_b, 8);
}

static char kept[KEPT];
static size_t kept_n;

static void on_keep(const struct sip_request *req, void *arg)
{
	(void)arg;
	memcpy(kept, req->packet.p, req->packet.n);
	kept_n = req->packet.n;
	requests++;
	last_txn = req->txn;
}

static void edge_keeping(sip_request_h *h)
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
		.requesth = h,
	};
	char why[200];

	netmask_parse(&mask, VIEW("127.0.0.1"));
	netaddr_set(&listen[0].local, VIEW("127.0.0.1"), 0);
	netaddr_set(&listen[1].local, VIEW("127.0.0.1"), 0);
	assert_int_equal(sip_new(&edge, &conf, why, sizeof(why)), 0);
}

static void test_answered_at_once(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	injected(MESSAGE("m1"), 202);
	assert_string_equal(last_body, "hi");
	assert_string_equal(last_user, "alice");
	assert_string_equal(said, "");
	assert_int_equal(header_count, 0);
	assert_true(silent(udp));
}

static void test_answered_later_and_once(void **state)
{
	const struct sip_header why = { VIEW("X-Why"), VIEW("late") };
	uint64_t txn;

	(void)state;
	answer_code = 0;
	edge_open("127.0.0.0/8", NULL);
	assert_int_equal(inject(MESSAGE("m1"), strlen(MESSAGE("m1"))), 0);
	txn = last_txn;
	assert_int_equal(answers, 0);
	sip_answer(edge, txn, 480, "Gone Out", &why, 1);
	sip_answer(edge, txn, 200, NULL, NULL, 0);
	assert_int_equal(answers, 1);
	assert_int_equal(code, 480);
	assert_string_equal(said, "Gone Out");
	assert_string_equal(header, "X-Why: late");
}

/* The standby's own transaction and its injected copy live side by side. */
static void test_the_packet_of_a_request(void **state)
{
	const char *junk = MESSAGE("m1") "and more";
	uint64_t txn;

	(void)state;
	edge_keeping(on_keep);
	udp_put(junk, strlen(junk));
	turns();
	assert_int_equal(requests, 1);
	assert_int_equal(kept_n, strlen(MESSAGE("m1")));
	assert_memory_equal(kept, junk, kept_n);
	txn = last_txn;
	assert_int_equal(inject(kept, kept_n), 0);
	assert_int_equal(inject(kept, kept_n), 0);
	assert_int_equal(requests, 3);
	sip_answer(edge, last_txn, 404, NULL, NULL, 0);
	assert_int_equal(code, 404);
	assert_true(silent(udp));
	sip_answer(edge, txn, 202, NULL, NULL, 0);
	assert_true(received(udp));
	starts("SIP/2.0 202 ");
}

static void test_refusals_go_back(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	injected(REQUEST("INVITE", "i") "\r\n", 405);
	assert_string_equal(header, "Allow: MESSAGE, OPTIONS");
	injected("MESSAGE sip:lobby@d SIP/2.0\r\n\r\n", 400);
	injected("GET / HTTP/1.1\r\n\r\n", 400);
	injected(REQUEST("MESSAGE", "l") "Content-Length: 9\r\n\r\nhi", 400);
	injected("", 400);
	assert_int_equal(requests, 0);
	assert_true(silent(udp));
}

static void test_what_has_no_answer(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	assert_int_equal(inject("SIP/2.0 200 OK\r\n\r\n", 18), EBADMSG);
	assert_int_equal(inject(REQUEST("ACK", "a") "\r\n",
				strlen(REQUEST("ACK", "a") "\r\n")),
			 EBADMSG);
	assert_int_equal(answers, 0);
}

static void test_full_and_draining(void **state)
{
	const struct sip_limits limits = { .server_txns = 1 };

	(void)state;
	answer_code = 0;
	edge_open("127.0.0.0/8", &limits);
	inject(MESSAGE("a"), strlen(MESSAGE("a")));
	assert_int_equal(answers, 0);
	injected(MESSAGE("b"), 503);
	assert_int_equal(requests, 1);
	sip_answer(edge, last_txn, 202, NULL, NULL, 0);
	sip_drain(edge);
	injected(MESSAGE("c"), 503);
	assert_int_equal(requests, 1);
}

static void test_never_answered(void **state)
{
	(void)state;
	answer_code = 0;
	edge_open("127.0.0.0/8", NULL);
	inject(MESSAGE("a"), strlen(MESSAGE("a")));
	inject(MESSAGE("b"), strlen(MESSAGE("b")));
	clock_advance(28100);
	turns();
	assert_int_equal(answers, 2);
	assert_int_equal(code, 500);
	inject(MESSAGE("c"), strlen(MESSAGE("c"))); /* open at the end */
}

/* ---- flows of another edge ---- */

static struct sip_flow last_flow, went;
static unsigned sent;

static void on_flow(const struct sip_request *req, void *arg)
{
	(void)arg;
	last_flow = req->flow;
	sip_answer(edge, req->txn, 202, NULL, NULL, 0);
}

static void on_edge(const struct sip_flow *flow, struct view packet, void *arg)
{
	assert_ptr_equal(arg, &sent);
	assert_true(view_starts(packet, VIEW("MESSAGE sip:alice@b ")));
	assert_non_null(strstr(packet.p, "Via: SIP/2.0/TCP "));
	went = *flow;
	sent++;
}

static void send_by(const struct sip_flow *flow)
{
	const struct sip_template_conf conf = {
		.id = 1,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.body = VIEW("news"),
		.doneh = on_done,
	};
	struct sip_template *t;
	struct sip_dest *d;

	assert_int_equal(sip_template_new(&t, edge, &conf), 0);
	assert_int_equal(sip_dest_new(&d, VIEW("sip:alice@b"), VIEW_NONE,
				      VIEW_NONE), 0);
	assert_int_equal(sip_send(edge, t, flow, d, 1, 0, 0), 0);
	mem_deref(d);
	mem_deref(t);
	turns();
}

/* How many sent ones have failed since this was asked last. */
static unsigned failed(void)
{
	unsigned n;

	clock_advance(20);
	turns();
	for (n = 0; n < dones; n++)
		assert_int_equal(done_status[n], 503);
	dones = 0;
	return n;
}

/* Connection 1 is there at either edge, with somebody else on it. */
static void test_connections_of_another_edge(void **state)
{
	struct sip_injection req = {
		.packet = view_mem(MESSAGE("m1"), strlen(MESSAGE("m1"))),
		.answerh = on_answer,
		.arg = &answers,
	};
	struct sip_flow out;
	uint32_t other;
	int fd;

	(void)state;
	edge_keeping(on_flow);
	fd = tcp_open();
	tcp_put(fd, MESSAGE("t1"));
	tcp_await(fd, "SIP/2.0 202 ");
	assert_int_equal(last_flow.conn, 1);
	other = sip_edge_add(edge, on_edge, &sent);
	assert_int_not_equal(other, 0);
	req.edge = other;
	req.flow = last_flow;
	netaddr_set(&req.flow.peer, VIEW("192.0.2.9"), 40000);
	sent = 0;
	assert_int_equal(sip_inject(edge, &req), 0);
	assert_int_not_equal(last_flow.conn, 1);
	assert_true(sip_conn_flow(edge, last_flow.conn, &out));
	assert_true(netaddr_eq(&out.peer, &req.flow.peer));
	assert_int_equal(out.conn, last_flow.conn);
	assert_false(sip_conn_flow(edge, last_flow.conn + 1, &out));
	send_by(&last_flow);
	assert_int_equal(sent, 1);
	assert_int_equal(went.conn, 1);
	assert_true(netaddr_eq(&went.peer, &req.flow.peer));
	assert_true(silent(fd));
	sip_edge_lost(edge, other, 7);
	assert_int_equal(failed(), 0);
	sip_edge_lost(edge, other, 1);
	assert_int_equal(failed(), 1);
	assert_false(sip_conn_flow(edge, last_flow.conn, &out));
	assert_int_equal(sip_inject(edge, &req), 0);
	assert_true(sip_conn_flow(edge, last_flow.conn, &out));
	send_by(&last_flow);
	assert_int_equal(sent, 2);
	sip_edge_del(edge, other);
	assert_int_equal(failed(), 1);
	assert_false(sip_conn_flow(edge, last_flow.conn, &out));
	assert_int_not_equal(sip_edge_add(edge, on_edge, &sent), other);
	req.flow.peer = *sip_local(edge, 0); /* nobody listens there */
	last_flow.peer = req.flow.peer;
	send_by(&last_flow);
	assert_int_equal(failed(), 1);
	assert_int_equal(sent, 2);
	assert_true(silent(fd));
	close(fd);
}

/* What was stored of a device, and a connection that was there before. */
static void test_connections_are_found_again(void **state)
{
	const struct location_conf conf = { .wheel = loop_wheel(loop) };
	char text[SIP_FLOW_TEXT_MAX];
	struct binding *b[LOCATION_BINDINGS];
	struct store_binding sb = {
		.aor = VIEW("sip:alice@b"),
		.id = 5,
		.contact = VIEW("sip:alice@192.0.2.1;transport=tcp"),
		.call_id = VIEW("x"),
		.listener = 0x0701, /* of an edge that was then */
	};
	struct location *l;
	int fd;

	(void)state;
	edge_keeping(on_flow);
	fd = tcp_open();
	tcp_put(fd, MESSAGE("t1"));
	tcp_await(fd, "SIP/2.0 202 ");
	sb.flow = view_str(sip_flow_str(text, &last_flow));
	l = location_new(&conf);
	location_load(&sb, l);
	sb.aor = VIEW("sip:bob@b");
	sb.contact = VIEW("sip:bob@x.invalid");
	sb.flow = VIEW("tcp:192.0.2.1:40000");
	location_load(&sb, l);
	location_set_sip(l, edge);
	assert_int_equal(location_find(l, VIEW("sip:bob@b"),
				       hash_view(VIEW("sip:bob@b")), b), 0);
	assert_int_equal(location_find(l, VIEW("sip:alice@b"),
				       hash_view(VIEW("sip:alice@b")), b), 1);
	assert_int_equal(b[0]->flow.conn, last_flow.conn);
	assert_int_equal(b[0]->flow.listener, 1);
	send_by(&b[0]->flow);
	tcp_await(fd, "MESSAGE sip:alice@b SIP/2.0\r\n");
	location_set_sip(l, NULL);
	location_free(l);
	close(fd);
}

static void test_so_many_edges(void **state)
{
	uint32_t ids[70];
	int i, n = 0;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	while (n < 70 && (ids[n] = sip_edge_add(edge, on_edge, &sent)))
		n++;
	assert_int_equal(n, 64);
	for (i = 0; i < 600; i++) {
		sip_edge_del(edge, ids[i % n]);
		sip_edge_del(edge, ids[i % n]);
		ids[i % n] = sip_edge_add(edge, on_edge, &sent);
		assert_int_not_equal(ids[i % n], 0);
	}
	sip_edge_del(edge, 0);
	assert_int_equal(sip_edge_add(edge, on_edge, &sent), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered_at_once),
		TEST(test_answered_later_and_once),
		TEST(test_the_packet_of_a_request),
		TEST(test_refusals_go_back),
		TEST(test_what_has_no_answer),
		TEST(test_full_and_draining),
		TEST(test_never_answered),
		TEST(test_connections_of_another_edge),
		TEST(test_connections_are_found_again),
		TEST(test_so_many_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
