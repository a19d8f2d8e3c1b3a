/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP: batches both ways, the queue of a socket that takes no more. */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "gso.h"
#include "udp.h"

enum { FAR = 10000, RECV_MAX = 2000 };

/* What sendmmsg() is told to do. */
static struct {
	unsigned calls;
	unsigned room; /* datagrams before it says EAGAIN */
	unsigned fail_at; /* the fail_at-th datagram from now on: EPERM */
	bool joins; /* knows UDP_SEGMENT: then room counts messages */
	int refuse; /* what joined ones fail with; 0: they do not */
	unsigned joined; /* messages that were made of several datagrams */
	unsigned most; /* bytes of the longest message */
} kernel;

int __real_getsockopt(int fd, int level, int opt, void *p, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int opt, void *p, socklen_t *n);

int __wrap_getsockopt(int fd, int level, int opt, void *p, socklen_t *n)
{
	if (level == IPPROTO_UDP && opt == UDP_SEGMENT && !kernel.joins) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return __real_getsockopt(fd, level, opt, p, n);
}


/* How many of the messages go before a joined one that is refused. */
static unsigned before_refusal(const struct mmsghdr *m, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (m[i].msg_hdr.msg_control && kernel.refuse)
			break;
	}
	return i;
}


static void note(const struct mmsghdr *m, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		kernel.joined += m[i].msg_hdr.msg_control != NULL;
		if (m[i].msg_len > kernel.most)
			kernel.most = m[i].msg_len;
	}
}


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
	n = before_refusal(m, n);
	if (!n) {
		errno = kernel.refuse;
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
	note(m, ret);
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


static int setup_joining(void **state)
{
	int err = setup(state);

	udp_close(a);
	udp_close(b);
	kernel.joins = true;
	open_pair("127.0.0.1:0");
	return err;
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


static void send_sized(unsigned number, size_t n)
{
	char packet[GSO_SIZE_MAX + 1] = { 0 };

	memcpy(packet, &number, sizeof(number));
	assert_int_equal(udp_send(a, udp_local(b), packet, n), 0);
}


static void equal_ones_leave_joined_and_arrive_alone(void **state)
{
	struct udp_stats st;
	unsigned i;

	(void)state;
	got.numbered = true;
	for (i = 0; i < 200; i++)
		send_sized(i, 600);
	await(200);
	assert_int_equal(got.bytes, 200 * 600);
	/* 64 + 64 + 64 + 8 */
	assert_int_equal(kernel.joined, 4);
	assert_int_equal(kernel.most, 64 * 600);
	udp_stats(a, &st);
	assert_int_equal(st.sent, 200);
}


static void joined_ones_stay_below_a_datagrams_bounds(void **state)
{
	unsigned i;

	(void)state;
	got.numbered = true;
	for (i = 0; i < 64; i++)
		send_sized(i, GSO_SIZE_MAX);
	await(64);
	assert_int_equal(kernel.joined, 2);
	assert_true(kernel.most <= GSO_BYTES);
}


static void a_shorter_one_ends_the_run(void **state)
{
	static const size_t sizes[] = { 100, 100, 40, 40, 41, 40, 41 };
	size_t i, bytes = 0;

	(void)state;
	got.numbered = true;
	for (i = 0; i < 7; i++) {
		send_sized((unsigned)i, sizes[i]);
		bytes += sizes[i];
	}
	await(7);
	assert_int_equal(got.bytes, bytes);
	/* 100 100 40, 40, 41 40, 41 */
	assert_int_equal(kernel.joined, 2);
	assert_int_equal(kernel.most, 240);
}


static void long_and_empty_ones_go_alone(void **state)
{
	(void)state;
	send_sized(0, GSO_SIZE_MAX + 1);
	send_sized(0, GSO_SIZE_MAX + 1);
	send_text("x");
	send_text("");
	send_text("y");
	await(5);
	assert_int_equal(got.bytes, 2 * (GSO_SIZE_MAX + 1) + 2);
	assert_int_equal(kernel.joined, 0);
}


static void another_address_begins_another_run(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++)
		udp_send(a, udp_local(i < 4 ? b : a), "xyz", 3);
	await(8);
	assert_int_equal(kernel.joined, 2);
	assert_int_equal(kernel.most, 12);
}


/* A way out that cannot do it: everything goes singly, from now on. */
static void a_refusal_ends_the_joining(void **state)
{
	struct udp_stats st;
	unsigned i;

	(void)state;
	got.numbered = true;
	kernel.refuse = EIO;
	for (i = 0; i < 100; i++)
		send_sized(i, 300);
	await(100);
	kernel.refuse = 0;
	for (; i < 200; i++)
		send_sized(i, 300);
	await(200);
	assert_int_equal(kernel.joined, 0);
	udp_stats(a, &st);
	assert_int_equal(st.sent, 200);
	assert_int_equal(st.send_failed, 0);
}


/* Another error: those that were joined are tried one by one, each counts
 * for itself, and later ones are joined again. */
static void a_failed_run_is_tried_singly(void **state)
{
	struct udp_stats st;
	unsigned i;

	(void)state;
	got.numbered = true;
	kernel.refuse = ENETUNREACH;
	for (i = 0; i < 10; i++)
		send_sized(i, 300);
	udp_flush(a);
	assert_int_equal(kernel.calls, 2);
	kernel.refuse = 0;
	for (; i < 20; i++)
		send_sized(i, 300);
	await(20);
	assert_int_equal(kernel.joined, 1);
	assert_int_equal(kernel.most, 3000);
	udp_stats(a, &st);
	assert_int_equal(st.sent, 20);
	assert_int_equal(st.send_failed, 0);
}


static void joined_ones_wait_for_room_in_order(void **state)
{
	unsigned i;

	(void)state;
	got.numbered = true;
	kernel.room = 1;
	for (i = 0; i < 300; i++)
		send_sized(i, i % 7 ? 50 : 40);
	udp_flush(a);
	kernel.room = 3;
	loop_turn(l, FAR);
	for (; i < 400; i++)
		send_sized(i, 50);
	kernel.room = UINT32_MAX;
	await(400);
	assert_true(kernel.joined > 0);
}


/* ---- what is read as one ---- */

/* b takes the longest datagrams, and so several at a time. */
static void open_wide(void)
{
	struct netaddr any = *udp_local(b);

	netaddr_set_port(&any, 0);
	udp_close(b);
	assert_int_equal(udp_open(&b, l, &any, 0, on_packet, &b), 0);
}


static void joined_ones_are_cut_again(void **state)
{
	static const size_t sizes[] = { 100, 100, 40, 700, 700, 700, 1 };
	struct udp_stats st;
	size_t i, bytes = 0;

	(void)state;
	open_wide();
	send_text("");
	await(1);
	assert_int_equal(got.bytes, 0);
	got.numbered = true;
	for (i = 0; i < 200; i++)
		send_sized((unsigned)i, 600);
	await(201);
	assert_int_equal(got.bytes, 200 * 600);
	got.numbered = false;
	for (i = 0; i < 7; i++) {
		send_sized(0, sizes[i]);
		bytes += sizes[i];
	}
	await(208);
	assert_int_equal(got.bytes, 200 * 600 + bytes);
	udp_stats(b, &st);
	assert_int_equal(st.received, 208);
	assert_int_equal(st.too_long, 0);
	assert_true(kernel.joined > 4);
}


static void closed_among_joined_ones(void **state)
{
	unsigned i;

	(void)state;
	open_wide();
	got.close_inside = true;
	for (i = 0; i < 20; i++)
		send_sized(i, 600);
	await(1);
	loop_turn(l, 0);
	assert_int_equal(got.count, 1);
}


#define JT(fn) cmocka_unit_test_setup_teardown(fn, setup_joining, teardown)
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
		JT(joined_ones_are_cut_again),
		JT(closed_among_joined_ones),
		JT(equal_ones_leave_joined_and_arrive_alone),
		JT(joined_ones_stay_below_a_datagrams_bounds),
		JT(a_shorter_one_ends_the_run),
		JT(long_and_empty_ones_go_alone),
		JT(another_address_begins_another_run),
		JT(a_refusal_ends_the_joining),
		JT(a_failed_run_is_tried_singly),
		JT(joined_ones_wait_for_room_in_order),
		JT(answers_from_inside_the_handler),
		JT(closing_flushes),
		JT(closing_a_blocked_one_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
