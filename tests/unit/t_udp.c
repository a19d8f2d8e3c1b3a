/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP: batches both ways, the queue of a socket that takes no more. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "udp.h"

enum { FAR = 10000, RECV_MAX = 2000 };

/* What sendmmsg() is told to do. */
static struct {
	unsigned calls;
	unsigned room; /* datagrams before it says EAGAIN */
	unsigned fail_at; /* the fail_at-th datagram from now on: EPERM */
} kernel;

int __real_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);

int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	int ret;

	kernel.calls++;
	if (!kernel.room || kernel.fail_at == 1) {
		errno = kernel.room ? EPERM : EAGAIN;
		kernel.fail_at = kernel.room ? 0 : kernel.fail_at;
		return -1;
	}
	if (n > kernel.room)
		n = kernel.room;
	if (kernel.fail_at && n >= kernel.fail_at)
		n = kernel.fail_at - 1;
	ret = __real_sendmmsg(fd, m, n, flags);
	if (ret < 0)
		return ret;
	if (kernel.fail_at)
		kernel.fail_at -= (unsigned)ret;
	kernel.room -= (unsigned)ret;
	return ret;
}


static struct loop *l;
static struct udp *a, *b;

static struct {
	unsigned count;
	size_t bytes;
	unsigned next; /* number expected in the next datagram */
	bool numbered, close_inside, echo;
	struct netaddr src;
	char last[64];
} got;

static void on_packet(char *p, size_t n, const struct netaddr *src, void *arg)
{
	unsigned number;

	got.count++;
	got.bytes += n;
	got.src = *src;
	if (got.numbered) {
		assert_true(n >= sizeof(number));
		memcpy(&number, p, sizeof(number));
		assert_int_equal(number, got.next++);
	}
	memset(got.last, 0, sizeof(got.last));
	memcpy(got.last, p, n < sizeof(got.last) ? n : sizeof(got.last) - 1);
	if (got.echo) {
		if (n)
			p[0] = 'E'; /* it is ours to change */
		udp_send(arg ? *(struct udp **)arg : b, src, p, n);
	}
	if (got.close_inside) {
		udp_close(b);
		b = NULL;
	}
}


static void open_pair(const char *local)
{
	struct netaddr any;

	assert_int_equal(netaddr_parse(&any, view_str(local)), 0);
	assert_int_equal(udp_open(&a, l, &any, RECV_MAX, on_packet, &a), 0);
	assert_int_equal(udp_open(&b, l, &any, RECV_MAX, on_packet, &b), 0);
}


static int setup(void **state)
{
	int err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	memset(&got, 0, sizeof(got));
	memset(&kernel, 0, sizeof(kernel));
	kernel.room = UINT32_MAX;
	open_pair("127.0.0.1:0");
	return 0;
}


static int teardown(void **state)
{
	udp_close(a);
	udp_close(b);
	a = b = NULL;
	loop_free(l);
	return test_teardown(state);
}


static void await(unsigned count)
{
	while (got.count < count)
		loop_turn(l, FAR);
	assert_int_equal(got.count, count);
}


static void send_text(const char *text)
{
	assert_int_equal(udp_send(a, udp_local(b), text, strlen(text)), 0);
}


static void tells_its_port_and_source(void **state)
{
	(void)state;
	assert_true(netaddr_port(udp_local(a)) != 0);
	send_text("hello");
	await(1);
	assert_string_equal(got.last, "hello");
	assert_true(netaddr_eq(&got.src, udp_local(a)));
}


static void speaks_ipv6(void **state)
{
	struct netaddr any;

	(void)state;
	netaddr_parse(&any, VIEW("[::1]:0"));
	udp_close(b);
	if (udp_open(&b, l, &any, RECV_MAX, on_packet, NULL)) {
		b = NULL;
		skip(); /* no IPv6 here */
	}
	udp_send(b, udp_local(b), "six", 3);
	await(1);
	assert_string_equal(got.last, "six");
	assert_true(netaddr_eq(&got.src, udp_local(b)));
}


static void a_taken_port_is_refused(void **state)
{
	struct udp *c = NULL;
	struct netaddr none = { 0 };

	(void)state;
	assert_int_equal(udp_open(&c, l, udp_local(a), 100, on_packet, NULL),
			 EADDRINUSE);
	assert_int_equal(udp_open(&c, l, &none, 100, on_packet, NULL), EINVAL);
	assert_null(c);
}


static void a_turns_packets_go_out_together(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 20; i++)
		send_text("x");
	assert_int_equal(kernel.calls, 0);
	await(20);
	assert_int_equal(kernel.calls, 1);
}


static void full_batches_go_at_once_and_in_order(void **state)
{
	char packet[600] = { 0 };
	struct udp_stats st;
	unsigned i;

	(void)state;
	got.numbered = true;
	for (i = 0; i < 1000; i++) {
		memcpy(packet, &i, sizeof(i));
		udp_send(a, udp_local(b), packet, sizeof(packet));
	}
	assert_int_equal(kernel.calls, 1000 / 64);
	await(1000);
	assert_int_equal(got.bytes, 600000);
	udp_stats(a, &st);
	assert_int_equal(st.sent, 1000);
	udp_stats(b, &st);
	assert_int_equal(st.received, 1000);
}


static void reserves_and_commits(void **state)
{
	char *p = udp_reserve(a, 100);

	(void)state;
	memcpy(p, "abcdef", 6);
	udp_commit(a, udp_local(b), 3);
	p = udp_reserve(a, 100);
	memcpy(p, "dropped", 7);
	udp_commit(a, udp_local(b), 0);
	p = udp_reserve(a, UDP_DATAGRAM_MAX);
	memcpy(p, "xyz", 3);
	udp_commit(a, udp_local(b), 3);
	assert_null(udp_reserve(a, UDP_DATAGRAM_MAX + 1));
	await(2);
	assert_string_equal(got.last, "xyz");
	assert_int_equal(got.bytes, 6);
}


static void refuses_too_long_ones(void **state)
{
	static char big[UDP_DATAGRAM_MAX + 1];
	struct udp_stats st;

	(void)state;
	assert_int_equal(udp_send(a, udp_local(b), big, sizeof(big)),
			 EMSGSIZE);
	/* Taken, but over what IPv4 carries (65,507): the kernel says so. */
	assert_int_equal(udp_send(a, udp_local(b), big, UDP_DATAGRAM_MAX), 0);
	send_text("after");
	await(1);
	assert_string_equal(got.last, "after");
	udp_stats(a, &st);
	assert_int_equal(st.send_failed, 1);
	assert_int_equal(st.sent, 1);
}


static void cuts_are_counted_not_handed_up(void **state)
{
	char packet[RECV_MAX + 1] = "long";
	struct udp_stats st;

	(void)state;
	udp_send(a, udp_local(b), packet, RECV_MAX + 1);
	udp_send(a, udp_local(b), packet, RECV_MAX);
	await(1);
	assert_int_equal(got.bytes, RECV_MAX);
	udp_stats(b, &st);
	assert_int_equal(st.too_long, 1);
	assert_int_equal(st.received, 2);
}


static void an_empty_datagram_arrives(void **state)
{
	(void)state;
	udp_send(a, udp_local(b), "", 0);
	await(1);
	assert_int_equal(got.bytes, 0);
}


static void answers_from_inside_the_handler(void **state)
{
	(void)state;
	got.echo = true;
	send_text("ping");
	await(1);
	got.echo = false;
	await(2);
	assert_string_equal(got.last, "Eing");
	assert_true(netaddr_eq(&got.src, udp_local(b)));
}


static void closes_inside_the_handler(void **state)
{
	(void)state;
	got.close_inside = true;
	send_text("one");
	send_text("two");
	udp_flush(a);
	await(1);
	loop_turn(l, 0);
	assert_int_equal(got.count, 1);
	assert_null(b);
}


static void one_bad_destination_does_not_stop_the_rest(void **state)
{
	struct udp_stats st;
	unsigned i;

	(void)state;
	kernel.fail_at = 3;
	for (i = 0; i < 5; i++)
		send_text("x");
	await(4);
	udp_stats(a, &st);
	assert_int_equal(st.send_failed, 1);
	assert_int_equal(st.sent, 4);
}


static void waits_for_room_and_keeps_the_order(void **state)
{
	struct udp_stats st;
	unsigned i;

	(void)state;
	got.numbered = true;
	kernel.room = 10;
	for (i = 0; i < 300; i++)
		udp_send(a, udp_local(b), &i, sizeof(i));
	udp_flush(a);
	udp_stats(a, &st);
	assert_int_equal(st.sent, 10);
	kernel.room = 7; /* some go; more are added behind the rest */
	loop_turn(l, FAR);
	for (; i < 900; i++)
		udp_send(a, udp_local(b), &i, sizeof(i));
	kernel.room = UINT32_MAX;
	await(900);
	udp_stats(a, &st);
	assert_int_equal(st.sent, 900);
	assert_int_equal(st.queue_dropped, 0);
}


static void a_full_queue_drops_and_counts(void **state)
{
	struct udp_stats st;
	unsigned i, taken = 0, dropped = 0;
	int err;

	(void)state;
	got.numbered = true;
	kernel.room = 0;
	for (i = 0; i < 10000; i++) {
		err = udp_send(a, udp_local(b), &i, sizeof(i));
		assert_true(!err || err == ENOBUFS);
		taken += !err;
		dropped += err != 0;
	}
	assert_int_equal(taken, 8192);
	udp_stats(a, &st);
	assert_int_equal(st.queue_dropped, dropped);
	/* A part goes: as much room as that is there again. */
	kernel.room = 100;
	udp_flush(a);
	for (i = 8192; i < 8192 + 101; i++)
		udp_send(a, udp_local(b), &i, sizeof(i));
	udp_stats(a, &st);
	assert_int_equal(st.queue_dropped, dropped + 1);
	kernel.room = UINT32_MAX;
	await(8192 + 100);
}


static void a_queue_full_of_bytes_drops_too(void **state)
{
	static char big[60000];
	struct udp_stats st;
	unsigned i, taken = 0;

	(void)state;
	kernel.room = 0;
	for (i = 0; i < 200; i++)
		taken += !udp_send(a, udp_local(b), big, sizeof(big));
	assert_int_equal(taken, 8 * 1024 * 1024 / sizeof(big));
	udp_stats(a, &st);
	assert_int_equal(st.queue_dropped, 200 - taken);
	kernel.room = 50;
	udp_flush(a);
	for (i = 0; i < 50; i++)
		assert_int_equal(
			udp_send(a, udp_local(b), big, sizeof(big)), 0);
	assert_int_equal(udp_send(a, udp_local(b), big, sizeof(big)), ENOBUFS);
	kernel.room = UINT32_MAX;
	udp_flush(a);
	udp_stats(a, &st);
	assert_int_equal(st.sent, taken + 50);
}


static void closing_flushes(void **state)
{
	(void)state;
	send_text("last words");
	udp_close(a);
	a = NULL;
	await(1);
	assert_string_equal(got.last, "last words");
	udp_close(NULL);
}


static void closing_a_blocked_one_is_clean(void **state)
{
	(void)state;
	kernel.room = 0;
	send_text("x");
	udp_flush(a);
	send_text("y");
	udp_close(a);
	a = NULL;
	loop_turn(l, 0);
	assert_int_equal(got.count, 0);
}


#define UT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UT(tells_its_port_and_source),
		UT(speaks_ipv6),
		UT(a_taken_port_is_refused),
		UT(a_turns_packets_go_out_together),
		UT(full_batches_go_at_once_and_in_order),
		UT(reserves_and_commits),
		UT(refuses_too_long_ones),
		UT(cuts_are_counted_not_handed_up),
		UT(an_empty_datagram_arrives),
		UT(answers_from_inside_the_handler),
		UT(closes_inside_the_handler),
		UT(one_bad_destination_does_not_stop_the_rest),
		UT(waits_for_room_and_keeps_the_order),
		UT(a_full_queue_drops_and_counts),
		UT(a_queue_full_of_bytes_drops_too),
		UT(closing_flushes),
		UT(closing_a_blocked_one_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
