/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MESSAGE out: the fan-out, its losses and its ways. */
#include "sip_rig.h"

enum { PEERS = 3 };

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

static struct sip_dest *dest_new(const char *uri)
{
	struct sip_dest *dest;

	assert_int_equal(sip_dest_new(&dest, view_str(uri), VIEW_NONE,
				      VIEW_NONE), 0);
	return dest;
}

static void copy_send(struct sip_template *t, const struct sip_flow *flow,
		      uint64_t a)
{
	struct sip_dest *dest;
	char text[20];

	snprintf(text, sizeof(text), "sip:m%u@h", (unsigned)a);
	dest = dest_new(text);
	assert_int_equal(sip_send(edge, t, flow, dest, a, a, 0), 0);
	mem_deref(dest);
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

/* What a handler may ask. */
static struct sip_copy asked;
static char asked_uri[64], asked_accept[64], asked_none[8];

static void on_done_asking(int status, uint64_t a, uint64_t b, void *arg)
{
	asked = sip_done_copy(edge);
	view_copy(asked_uri, sizeof(asked_uri), asked.to);
	view_copy(asked_accept, sizeof(asked_accept),
		  sip_done_header(edge, VIEW("Accept")));
	view_copy(asked_none, sizeof(asked_none),
		  sip_done_header(edge, VIEW("Accep")));
	on_done(status, a, b, arg);
}

static void device_refuse(const char *header)
{
	char out[2000];
	const char *via = strstr(in, "Via: ");
	int n;

	assert_non_null(via);
	n = snprintf(out, sizeof(out), "SIP/2.0 415 X\r\n%.*s\r\n"
		     "CSeq: 1 MESSAGE\r\n%sContent-Length: 0\r\n\r\n"
		     "Accept: body\r\n",
		     (int)(strstr(via, "\r\n") - via), via, header);
	assert_true(sendto(udp, out, (size_t)n, 0,
			   &sip_local(edge, 0)->u.sa,
			   netaddr_len(sip_local(edge, 0))) == n);
}

static void test_a_handler_may_ask(void **state)
{
	const struct sip_template_conf conf = {
		.id = 77,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.body = VIEW("hello"),
		.doneh = on_done_asking,
	};
	struct sip_template *t;
	struct sip_flow flow;
	struct sip_dest *dest = dest_new("sip:m7@h");

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	assert_int_equal(sip_template_new(&t, edge, &conf), 0);
	flow = flow_to(udp, SIP_UDP);
	copy_send(t, &flow, 7);
	assert_true(received(udp));
	assert_true(strlen(in) <= sip_copy_size(edge, t, &flow, dest));
	assert_true(strlen(in) + 24 > sip_copy_size(edge, t, &flow, dest));
	mem_deref(dest);
	device_refuse("accept:  text/html,\r\n image/png \r\n");
	turns();
	assert_int_equal(dones, 1);
	assert_string_equal(asked_uri, "sip:m7@h");
	assert_string_equal(asked_accept, "text/html,\r\n image/png");
	assert_string_equal(asked_none, "");
	assert_int_equal(asked.body, 5);
	assert_int_equal(asked.flow.transport, SIP_UDP);
	assert_true(netaddr_eq(&asked.flow.peer, &flow.peer));
	/* the body is no header, and silence has none */
	copy_send(t, &flow, 8);
	assert_true(received(udp));
	device_refuse("");
	turns();
	assert_string_equal(asked_accept, "");
	copy_send(t, &flow, 9);
	for (int i = 0; i < 12; i++) {
		clock_advance(4000);
		turns();
	}
	assert_int_equal(dones, 3);
	assert_string_equal(asked_accept, "");
	mem_deref(t);
}

static void test_too_long_for_a_datagram(void **state)
{
	static char body[12000];
	const struct sip_template_conf conf = {
		.id = 78,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.body = { body, sizeof(body) },
		.doneh = on_done,
	};
	struct sip_template *t;
	struct sip_flow flow;
	struct sip_dest *dest = dest_new("sip:a@b");
	int fd;

	(void)state;
	memset(body, 'x', sizeof(body));
	edge_open("127.0.0.0/8", NULL);
	assert_int_equal(sip_template_new(&t, edge, &conf), 0);
	flow = flow_to(udp, SIP_UDP);
	assert_int_equal(sip_send(edge, t, &flow, dest, 0, 0, 0), EMSGSIZE);
	fd = tcp_open();
	turns();
	flow = flow_to(fd, SIP_TCP);
	assert_true(sip_conn_at(edge, &flow, VIEW("sip:m1@h")));
	copy_send(t, &flow, 1);
	tcp_await(fd, "\r\nContent-Length: 12000\r\n");
	close(fd);
	mem_deref(t);
	mem_deref(dest);
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
	struct sip_dest *dest = dest_new("sip:a@b");

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	t = template_new();
	flow = flow_to(udp, SIP_UDP);
	/* No socket of ours reaches IPv6: told from the loop. */
	netaddr_set(&flow.peer, VIEW("2001:db8::1"), 5060);
	copy_send(t, &flow, 5);
	assert_int_equal(dones, 0);
	flow = flow_to(udp, SIP_UDP);
	assert_int_equal(sip_send(edge, t, &flow, dest, 0, 0, 0), ENOBUFS);
	clock_advance(20);
	turns();
	assert_int_equal(dones, 1);
	assert_int_equal(done_status[0], 503);
	mem_deref(t);
	mem_deref(dest);
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
	assert_true(sip_conn_at(edge, &flow, VIEW("sip:m1@h")));
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
	assert_true(sip_conn_at(edge, &flow, VIEW("sip:m1@h")));
	copy_send(t, &flow, 2);
	sip_free(edge);
	edge = NULL;
	assert_int_equal(dones, 0);
	assert_int_equal(mem_refs(t), 1);
	mem_deref(t);
	close(fd);
}

/* The value of a header of what stands in in. */
static void header(char dst[KEPT], const char *name)
{
	const char *at = strstr(in, name);

	assert_non_null(at);
	at += strlen(name);
	assert_int_equal(view_copy(dst, KEPT,
				   view_mem(at, strcspn(at, ";\r"))), 0);
}

/* Sends copy 5 of the template and answers it: its branch and Call-ID. */
static void copy_fails(struct sip_template *t, bool anew, char branch[KEPT],
		       char call_id[KEPT])
{
	struct sip_flow flow = flow_to(udp, SIP_UDP);
	size_t before = dones;

	flow.anew = anew;
	copy_send(t, &flow, 5);
	assert_true(received(udp));
	header(branch, ";branch=");
	header(call_id, "\r\nCall-ID: ");
	device_answer(udp, sip_local(edge, 0), 480);
	turns();
	assert_int_equal(dones, before + 1);
	assert_int_equal(done_status[before], 480);
	clock_advance(6000); /* its transaction is forgotten */
	turns();
}

/* For a device the first branch is one that has failed. */
static void test_a_copy_sent_anew(void **state)
{
	struct sip_template *t;
	char first[KEPT], branch[KEPT], id[KEPT], call_id[KEPT];

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	t = template_new();
	copy_fails(t, false, first, id);
	copy_fails(t, false, branch, call_id);
	assert_string_equal(branch, first);
	copy_fails(t, true, branch, call_id);
	assert_string_not_equal(branch, first);
	assert_string_equal(call_id, id);
	copy_fails(t, true, first, call_id);
	assert_string_not_equal(branch, first);
	assert_string_equal(call_id, id);
	mem_deref(t);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fanout),
		TEST(test_a_handler_may_ask),
		TEST(test_too_long_for_a_datagram),
		TEST(test_late_answers),
		TEST(test_send_refused),
		TEST(test_tcp_same_connection),
		TEST(test_tcp_opens_connection),
		TEST(test_ends_with_work_under_way),
		TEST(test_a_copy_sent_anew),
		TEST(test_not_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
