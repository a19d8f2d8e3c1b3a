/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests over TCP: framing, keep-alives, limits. */
#include "sip_rig.h"

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

static int hello_to(const struct sip_flow *flow)
{
	const struct sip_template_conf conf = {
		.id = 77,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.body = VIEW("hello"),
	};
	struct sip_template *t;
	struct sip_dest *dest;
	int err;

	assert_int_equal(sip_template_new(&t, edge, &conf), 0);
	assert_int_equal(sip_dest_new(&dest, VIEW("sip:m@h"), VIEW_NONE,
				      VIEW_NONE), 0);
	err = sip_send(edge, t, flow, dest, 1, 2, 3);
	mem_deref(dest);
	mem_deref(t);
	return err;
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
	tcp_put(idle, "\r\n\r\n"); /* keeps nobody whom we don't know */
	tcp_await(idle, "\r\n");
	clock_advance(9000);
	turns();
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 1);
	clock_advance(2000);
	assert_true(tcp_ended(idle));
	close(slow);
	close(idle);
}

static void test_tcp_known_user_stays(void **state)
{
	const struct sip_limits limits = { .user_idle_ms = 1000000 };
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	fd = tcp_open();
	tcp_put(fd, TCP_MESSAGE("t1", "message"));
	tcp_await(fd, "SIP/2.0 202 ");
	clock_advance(900000);
	assert_true(silent(fd));
	tcp_put(fd, "\r\n\r\n");
	tcp_await(fd, "\r\n");
	clock_advance(900000);
	assert_true(silent(fd));
	clock_advance(101000);
	assert_true(tcp_ended(fd));
	close(fd);
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

/* Connections that we make have places of their own. */
static void test_tcp_strangers_take_no_place_of_ours(void **state)
{
	const struct sip_limits limits = { .conns = 1 };
	struct sip_flow flow = { .transport = SIP_TCP };
	struct sip_stats stats;
	int fd, other, peer = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	assert_int_equal(listen(peer, 5), 0);
	flow.peer = local_of(peer);
	netaddr_set(&flow.peer, VIEW("127.0.0.1"), netaddr_port(&flow.peer));
	fd = tcp_open();
	turns();
	assert_int_equal(hello_to(&flow), 0);
	turns();
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 2);
	other = accept(peer, NULL, NULL);
	assert_true(received(other));
	starts("MESSAGE sip:m@h SIP/2.0\r\n");
	close(other);
	close(peer);
	close(fd);
}

static int tcp_open_from(const struct netaddr *from)
{
	const struct netaddr *to = sip_local(edge, 1);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, &from->u.sa, netaddr_len(from)), 0);
	assert_int_equal(connect(fd, &to->u.sa, netaddr_len(to)), 0);
	return fd;
}

/* Behind a NAT or a web server the next one may well have the port of the one
 * who left. */
static void test_tcp_who_has_his_port_is_not_him(void **state)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct sip_flow flow;
	struct netaddr here;
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	here = local_of(fd);
	tcp_put(fd, TCP_MESSAGE("t1", "message"));
	tcp_await(fd, "SIP/2.0 202 ");
	flow = last_flow;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	turns();
	fd = tcp_open_from(&here);
	turns();
	hello_to(&flow);
	assert_true(silent(fd));
	close(fd);
}

/* Nor is one who has the address that a device of another says it listens
 * at. */
static void test_tcp_who_came_from_there_is_not_asked(void **state)
{
	struct sip_flow flow = { .transport = SIP_TCP };
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	turns();
	flow.peer = local_of(fd);
	hello_to(&flow);
	turns();
	assert_true(silent(fd));
	close(fd);
}

/* What a restarted daemon finds at an address it finds for a user who has
 * spoken there. */
static void test_tcp_found_by_who_spoke(void **state)
{
	struct sip_flow flow = { .transport = SIP_TCP };
	char aor[] = "sip:0@h";
	int fd;

	(void)state;
	edge_open("192.0.2.0/24", NULL);
	fd = tcp_open();
	turns();
	flow.peer = local_of(fd);
	assert_false(sip_conn_at(edge, &flow, VIEW("sip:0@h")));
	sip_conn_known(edge, 1, VIEW("sip:0@h"));
	assert_false(sip_conn_at(edge, &flow, VIEW("sip:1@h")));
	assert_true(sip_conn_at(edge, &flow, VIEW("sip:0@h")));
	assert_int_equal(flow.conn, 1);
	for (aor[4] = '1'; aor[4] < '5'; aor[4]++)
		sip_conn_known(edge, 1, view_str(aor));
	assert_false(sip_conn_at(edge, &flow, VIEW("sip:0@h")));
	assert_true(sip_conn_at(edge, &flow, VIEW("sip:1@h")));
	close(fd);
}

static void test_tcp_found_by_who_is_trusted(void **state)
{
	struct sip_flow flow;
	int fd;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	turns();
	flow = (struct sip_flow){ .transport = SIP_TCP,
				  .peer = local_of(fd) };
	assert_true(sip_trusts(edge, &flow));
	assert_true(sip_conn_at(edge, &flow, VIEW("sip:0@h")));
	close(fd);
}

/* A request by a connection that is gone before its answer; via_host: its Via.
 * A socket that listens where it says is left, with an answer or not. */
static int ask_and_hang_up(const char *via_host)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), fd;
	char text[600], head[200];
	struct netaddr any;

	netaddr_set(&any, VIEW("127.0.0.1"), 0);
	assert_int_equal(bind(listener, &any.u.sa, netaddr_len(&any)), 0);
	assert_int_equal(listen(listener, 5), 0);
	any = local_of(listener);
	snprintf(head, sizeof(head), "%s:%u", via_host, netaddr_port(&any));
	snprintf(text, sizeof(text),
		 "MESSAGE sip:m@h SIP/2.0\r\n"
		 "Via: SIP/2.0/TCP %s;branch=z9hG4bKgone%u\r\n"
		 "From: <sip:a@h>;tag=1\r\nTo: <sip:m@h>\r\n"
		 "Call-ID: gone\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 9\r\n"
		 "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
		 head, netaddr_port(&any));
	fd = tcp_open();
	tcp_put(fd, text);
	requests = 0;
	while (!requests)
		loop_turn(loop, 10);
	close(fd);
	turns();
	sip_answer(edge, last_txn, 202, NULL, NULL, 0);
	turns();
	return listener;
}

static void test_tcp_a_late_answer_finds_its_way(void **state)
{
	int listener, fd, i, found = 0;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	listener = ask_and_hang_up("proxy.example");
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	tcp_await(fd, "Call-ID: gone\r\n");
	starts("SIP/2.0 202 Accepted\r\n");
	close(fd);
	close(listener);
	/* not for ever */
	for (i = 0; i < 20; i++) {
		listener = ask_and_hang_up("127.0.0.1");
		fd = accept(listener, NULL, NULL);
		found += fd >= 0;
		if (fd >= 0)
			close(fd);
		close(listener);
	}
	assert_int_equal(found, 9);
	clock_advance(1000);
	listener = ask_and_hang_up("127.0.0.1");
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	close(fd);
	close(listener);
}

/* Where all are too many the one that was silent longest goes, but nobody
 * that we know, and nobody who was heard just now. */
static void test_tcp_places_for_others(void **state)
{
	const struct sip_limits limits = { .conns = 3 };
	struct sip_stats stats;
	int fd[5], i;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	for (i = 0; i < 3; i++)
		fd[i] = tcp_open();
	turns();
	fd[3] = tcp_open();
	assert_true(tcp_ended(fd[3]));
	tcp_put(fd[0], TCP_MESSAGE("t1", "message"));
	tcp_await(fd[0], "SIP/2.0 202 ");
	clock_advance(11000);
	tcp_put(fd[1], REQUEST("OPTIONS", "x") "l: 0\r\n\r\n");
	tcp_await(fd[1], "SIP/2.0 200 OK\r\n");
	fd[4] = tcp_open();
	assert_true(tcp_ended(fd[2]));
	tcp_put(fd[4], REQUEST("OPTIONS", "y") "l: 0\r\n\r\n");
	tcp_await(fd[4], "SIP/2.0 200 OK\r\n");
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 3);
	assert_int_equal(stats.conns_refused, 1);
	assert_int_equal(stats.conns_shed, 1);
	for (i = 0; i < 5; i++)
		close(fd[i]);
}

/* One who has his connections from everywhere leaves places for others. */
static void test_tcp_one_user_takes_not_all(void **state)
{
	enum { HIS = 16, ALL = 20 };
	const struct sip_limits limits = { .conns = ALL, .conns_per_ip = 99 };
	struct sip_stats stats;
	int fd[ALL + 5], i;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	for (i = 0; i < ALL; i++) {
		fd[i] = tcp_open();
		tcp_put(fd[i], TCP_MESSAGE("t1", "message"));
		tcp_await(fd[i], "SIP/2.0 202 ");
	}
	clock_advance(11000);
	for (; i < ALL + 5; i++) {
		fd[i] = tcp_open();
		turns();
	}
	for (i = 0; i < ALL + 5; i++)
		assert_int_equal(tcp_ended(fd[i]), (i >= HIS && i < ALL) ||
							   i == ALL + 4);
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns_shed, ALL - HIS);
	assert_int_equal(stats.conns_refused, 1);
	/* where some of his are gone others of his may stay */
	close(fd[0]);
	turns();
	fd[0] = tcp_open();
	tcp_put(fd[0], TCP_MESSAGE("t2", "message"));
	tcp_await(fd[0], "SIP/2.0 202 ");
	for (i = 0; i < ALL + 5; i++)
		close(fd[i]);
}

static void say_as(int fd, const char *name)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "MESSAGE sip:lobby@d SIP/2.0\r\n"
		 "Via: SIP/2.0/TCP h;branch=z9hG4bK%s%d\r\n"
		 "From: <sip:%s@b>;tag=1\r\nTo: <sip:lobby@d>\r\n"
		 "Call-ID: %s%d\r\nCSeq: 1 MESSAGE\r\n"
		 "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
		 name, fd, name, name, fd);
	tcp_put(fd, text);
	tcp_await(fd, "SIP/2.0 202 ");
}

/* Nor does he with some more names: who made room for whom still counts. */
static void test_tcp_some_users_take_not_all(void **state)
{
	static const char *const names[] = { "u1", "u2", "u3", "u4", "u5" };
	enum { NAMES = 5, EACH = 16, ALL = NAMES * EACH + 10 };
	const struct sip_limits limits = { .conns = ALL,
					   .conns_per_ip = 2 * ALL };
	struct sip_stats stats;
	int fd[ALL + 10], i, k;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	for (i = 0; i < ALL; i++) {
		fd[i] = tcp_open();
		for (k = 0; k < NAMES; k++)
			say_as(fd[i], names[k]);
	}
	clock_advance(11000);
	for (; i < ALL + 10; i++) {
		fd[i] = tcp_open();
		turns();
	}
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns_shed, 10);
	assert_int_equal(stats.conns_refused, 0);
	for (i = 0; i < ALL + 10; i++)
		close(fd[i]);
}

/* Takes what is there; the answers in it. */
static size_t answers_in(int fd)
{
	static char bytes[65536]; /* the first: the last one taken before */
	size_t count = 0;
	ssize_t n, i;

	n = recv(fd, bytes + 1, sizeof(bytes) - 1, MSG_DONTWAIT);
	for (i = 1; i <= n; i++)
		count += bytes[i] == 'K' && bytes[i - 1] == 'O';
	if (n > 0)
		bytes[0] = bytes[n];
	return count;
}

/* Who takes no answers is not listened to, until he does. */
static void test_tcp_who_takes_nothing(void **state)
{
	const struct view text = VIEW(REQUEST("OPTIONS", "x") "l: 0\r\n\r\n");
	struct sip_stats stats = { 0 };
	struct buf many = { 0 };
	size_t sent = 0, stalled = 0, got = 0;
	ssize_t n;
	int fd, i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	fd = tcp_open();
	for (i = 0; i < 1000; i++)
		buf_addv(&many, text);
	while (stalled < 20) {
		n = send(fd, many.p + sent % many.n, many.n - sent % many.n,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		stalled = n > 0 ? 0 : stalled + 1;
		loop_turn(loop, n < 0);
	}
	sip_stats(edge, &stats);
	assert_int_equal(stats.conns, 1);
	assert_true(stats.requests_in < sent / text.n);
	for (i = 0; i < 100000 && got < sent / text.n; i++) {
		got += answers_in(fd);
		loop_turn(loop, 0);
	}
	assert_int_equal(got, sent / text.n);
	buf_free(&many);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tcp_bytes),
		TEST(test_tcp_many_in_one),
		TEST(test_tcp_ping),
		TEST(test_tcp_faults_end_it),
		TEST(test_tcp_endless_head),
		TEST(test_tcp_times),
		TEST(test_tcp_known_user_stays),
		TEST(test_tcp_who_has_his_port_is_not_him),
		TEST(test_tcp_who_came_from_there_is_not_asked),
		TEST(test_tcp_found_by_who_spoke),
		TEST(test_tcp_found_by_who_is_trusted),
		TEST(test_tcp_a_late_answer_finds_its_way),
		TEST(test_tcp_places_for_others),
		TEST(test_tcp_one_user_takes_not_all),
		TEST(test_tcp_some_users_take_not_all),
		TEST(test_tcp_strangers_take_no_place_of_ours),
		TEST(test_tcp_who_takes_nothing),
		TEST(test_tcp_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
