/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain streams: over TCP and socketpairs. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "stream.h"

enum { FAR = 10000 };

/* One end and what it saw. */
struct end {
	struct stream *s;
	unsigned opened, data_calls, drained, closed;
	int err;
	char why[100];
	struct buf heard;
	size_t keep;      /* leave so many bytes unconsumed */
	bool eat_nothing;
	bool pause_on_data;
	bool close_on_data, close_on_open, close_on_close, close_on_drain;
};

static struct loop *l;
static struct end a, b;

static void drop(struct end *e)
{
	e->s = stream_close(e->s);
}


static void on_open(void *arg)
{
	struct end *e = arg;

	e->opened++;
	if (e->close_on_open)
		drop(e);
}


static void on_data(struct buf *in, void *arg)
{
	struct end *e = arg;
	size_t n = in->n > e->keep ? in->n - e->keep : 0;

	e->data_calls++;
	if (e->pause_on_data)
		stream_pause(e->s, true);
	if (!e->eat_nothing) {
		buf_add(&e->heard, in->p, n);
		buf_drop(in, n);
	}
	if (e->close_on_data)
		drop(e);
}


static void on_close(int err, const char *text, void *arg)
{
	struct end *e = arg;

	e->closed++;
	e->err = err;
	snprintf(e->why, sizeof(e->why), "%s", text);
	if (e->close_on_close)
		drop(e);
}


static void on_drain(void *arg)
{
	struct end *e = arg;

	e->drained++;
	if (e->close_on_drain)
		drop(e);
}


static const struct stream_ops ops = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
	.on_drain = on_drain,
};

static void adopt_pair(const struct stream_conf *conf)
{
	int sp[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
	assert_int_equal(stream_adopt(&a.s, l, sp[0], conf, &ops, &a), 0);
	assert_int_equal(stream_adopt(&b.s, l, sp[1], conf, &ops, &b), 0);
}


static int setup(void **state)
{
	int err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	return 0;
}


static int teardown(void **state)
{
	drop(&a);
	drop(&b);
	buf_free(&a.heard);
	buf_free(&b.heard);
	loop_free(l);
	clock_thaw();
	return test_teardown(state);
}


#define AWAIT(cond) \
	do { \
		while (!(cond)) \
			loop_turn(l, FAR); \
	} while (0)

static void say(struct end *e, const char *text)
{
	assert_int_equal(stream_write(e->s, text, strlen(text)), 0);
}


static const struct stream_conf defaults = { 0 };

static void speaks_both_ways(void **state)
{
	(void)state;
	adopt_pair(&defaults);
	say(&a, "hello ");
	say(&a, "there");
	assert_int_equal(stream_pending(a.s), 11);
	AWAIT(b.heard.n == 11);
	assert_view(buf_view(&b.heard), "hello there");
	assert_int_equal(b.data_calls, 1); /* gathered */
	assert_int_equal(a.drained, 1);
	assert_int_equal(stream_pending(a.s), 0);
	say(&b, "yes");
	AWAIT(a.heard.n == 3);
	assert_int_equal(netaddr_family(stream_peer(a.s)), AF_UNSPEC);
	assert_int_equal(a.opened + b.opened, 0);
}


static void the_peers_end_is_told_once(void **state)
{
	(void)state;
	adopt_pair(&defaults);
	say(&a, "bye");
	drop(&a); /* tried once: the words arrive */
	AWAIT(b.closed);
	assert_int_equal(b.err, 0);
	assert_string_equal(b.why, "closed by the other side");
	assert_view(buf_view(&b.heard), "bye");
	assert_int_equal(stream_write(b.s, "x", 1), ENOTCONN);
	loop_turn(l, 0);
	assert_int_equal(b.closed, 1);
	assert_int_equal(a.closed, 0);
	assert_null(stream_close(NULL));
}


static void closes_inside_any_handler(void **state)
{
	(void)state;
	adopt_pair(&defaults);
	b.close_on_data = true;
	a.close_on_close = true;
	say(&a, "x");
	AWAIT(a.closed);
	assert_null(a.s);
	assert_null(b.s);
	assert_int_equal(b.closed, 0);
	adopt_pair(&defaults);
	a.close_on_drain = true;
	b.close_on_data = false;
	say(&a, "y");
	AWAIT(b.closed);
	assert_null(a.s);
	assert_view(buf_view(&b.heard), "xy");
}


static void keeps_what_is_not_consumed(void **state)
{
	(void)state;
	adopt_pair(&defaults);
	b.keep = 2;
	say(&a, "abcd");
	AWAIT(b.heard.n == 2);
	say(&a, "ef");
	AWAIT(b.heard.n == 4);
	assert_view(buf_view(&b.heard), "abcd");
}


static void a_full_input_ends_it(void **state)
{
	struct stream_conf conf = { .in_max = 10 };

	(void)state;
	adopt_pair(&conf);
	b.eat_nothing = true;
	say(&a, "123456789");
	AWAIT(b.data_calls);
	assert_int_equal(b.closed, 0);
	say(&a, "0 and more");
	AWAIT(b.closed);
	assert_int_equal(b.err, EMSGSIZE);
	/* A reader that consumes goes on for ever. */
	drop(&a);
	drop(&b);
	adopt_pair(&conf);
	b.eat_nothing = false;
	say(&a, "1234567890123456789012345");
	AWAIT(b.heard.n == 25);
	assert_int_equal(b.closed, 1);
}


static void a_full_output_takes_all_or_nothing(void **state)
{
	struct stream_conf conf = { .out_max = 10 };

	(void)state;
	adopt_pair(&conf);
	assert_int_equal(stream_write(a.s, "12345678901", 11), ENOBUFS);
	assert_int_equal(stream_write(a.s, "1234567", 7), 0);
	assert_int_equal(stream_write(a.s, "8901", 4), ENOBUFS);
	assert_int_equal(stream_write(a.s, "890", 3), 0);
	assert_int_equal(stream_write(a.s, "", 0), 0);
	assert_int_equal(stream_write(a.s, "x", 1), ENOBUFS);
	assert_int_equal(stream_write(a.s, "x", SIZE_MAX), ENOBUFS);
	AWAIT(b.heard.n == 10);
	assert_view(buf_view(&b.heard), "1234567890");
	assert_int_equal(stream_write(a.s, "x", 1), 0);
}


/* Far more than the kernel's buffers: it must wait, and stay in order. */
static void much_passes_in_order(void **state)
{
	enum { WORDS = 1000000 };
	struct stream_conf conf = { .out_max = 4 * WORDS };
	uint32_t *words = mem_array(NULL, WORDS, sizeof(*words));
	size_t i;

	(void)state;
	for (i = 0; i < WORDS; i++)
		words[i] = (uint32_t)i;
	adopt_pair(&conf);
	stream_pause(b.s, true);
	assert_int_equal(stream_write(a.s, words, 4 * WORDS), 0);
	loop_turn(l, 0);
	loop_turn(l, 0);
	assert_int_equal(b.heard.n, 0);
	assert_true(stream_pending(a.s) > 0);
	assert_int_equal(a.drained, 0);
	stream_pause(b.s, false);
	AWAIT(b.heard.n == 4 * WORDS);
	assert_memory_equal(b.heard.p, words, 4 * WORDS);
	assert_int_equal(a.drained, 1);
	mem_free(words);
}


static void a_pause_hands_the_rest_up_again(void **state)
{
	struct stream_conf conf = { .in_max = 4 };

	(void)state;
	adopt_pair(&conf);
	b.eat_nothing = b.pause_on_data = true;
	say(&a, "12345678");
	AWAIT(b.data_calls == 1);
	loop_turn(l, 0);
	assert_int_equal(b.data_calls, 1);
	assert_int_equal(b.closed, 0); /* full, but on purpose */
	b.eat_nothing = b.pause_on_data = false;
	stream_pause(b.s, false);
	stream_pause(b.s, false);
	AWAIT(b.heard.n == 8);
	assert_view(buf_view(&b.heard), "12345678");
	/* Full and unpaused without eating ends it. */
	b.eat_nothing = true;
	stream_pause(b.s, true);
	say(&a, "1234");
	loop_turn(l, 0);
	stream_pause(b.s, false);
	AWAIT(b.closed);
	assert_int_equal(b.err, EMSGSIZE);
}


static void a_broken_peer_is_an_error(void **state)
{
	(void)state;
	adopt_pair(&defaults);
	say(&a, "unread");
	loop_turn(l, 0);
	stream_pause(b.s, true);
	say(&b, "x");
	drop(&a);
	AWAIT(b.closed);
	assert_int_equal(b.err, EPIPE);
	assert_string_equal(b.why, "Broken pipe");
}


static void adopting_sets_the_flags_and_takes_over(void **state)
{
	struct stream_conf conf = { 0 };
	char why[200];
	int sp[2];

	(void)state;
	assert_int_equal(tls_client_ctx(&conf.tls, NULL, why, sizeof(why)), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
	assert_int_equal(stream_adopt(&a.s, l, sp[0], &defaults, &ops, &a), 0);
	assert_true(fcntl(sp[0], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(sp[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(stream_adopt(&b.s, l, sp[1], &conf, &ops, &b),
			 EINVAL); /* a client's */
	mem_deref(conf.tls);
	assert_null(b.s);
	assert_int_equal(fcntl(sp[1], F_GETFD), -1); /* closed */
}


/* TCP */

static struct listener *li;
static int accepted;

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	(void)peer;
	(void)arg;
	accepted++;
	assert_int_equal(stream_adopt(&b.s, l, fd, &defaults, &ops, &b), 0);
}


static int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, IPPROTO_TCP, name, &value, &len);
	return value;
}


/* What the kernel makes of it can't be seen on loopback. */
static void tells_the_kernel_when_to_give_up(void **state)
{
	const struct stream_conf conf = { .dead_ms = 45000 };
	struct netaddr any;
	socklen_t len = sizeof(any);
	int fd[2], srv = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	assert_int_equal(bind(srv, &any.u.sa, netaddr_len(&any)), 0);
	assert_int_equal(listen(srv, 1), 0);
	getsockname(srv, &any.u.sa, &len);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[0], &any.u.sa, netaddr_len(&any)), 0);
	fd[1] = accept(srv, NULL, NULL);
	close(srv);
	assert_int_equal(stream_adopt(&a.s, l, fd[0], &conf, &ops, &a), 0);
	assert_int_equal(stream_adopt(&b.s, l, fd[1], &defaults, &ops, &b), 0);
	assert_int_equal(option(fd[0], TCP_USER_TIMEOUT), 45000);
	assert_true(option(fd[0], TCP_KEEPIDLE) +
		    3 * option(fd[0], TCP_KEEPINTVL) <= 45);
	assert_int_equal(option(fd[1], TCP_USER_TIMEOUT), 0);
}


static void start_server(void)
{
	struct netaddr any;

	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	accepted = 0;
	assert_int_equal(listener_open(&li, l, &any, on_accept, NULL), 0);
}


static void connect_to(const struct netaddr *dst)
{
	assert_int_equal(
		stream_connect(&a.s, l, dst, &defaults, &ops, &a), 0);
	assert_int_equal(a.opened + a.closed, 0);
}


static void connects(void **state)
{
	(void)state;
	start_server();
	connect_to(listener_local(li));
	say(&a, "early"); /* waits for the connection */
	AWAIT(b.heard.n == 5);
	assert_int_equal(a.opened, 1);
	assert_true(netaddr_eq(stream_peer(a.s), listener_local(li)));
	assert_true(netaddr_eq(stream_local(a.s), stream_peer(b.s)));
	say(&b, "back");
	AWAIT(a.heard.n == 4);
	drop(&b);
	AWAIT(a.closed);
	listener_close(li);
}


/* What the other side has said last does not keep it from hearing us. */
static void last_words_are_heard(void **state)
{
	char many[20000];

	(void)state;
	memset(many, 'x', sizeof(many));
	start_server();
	connect_to(listener_local(li));
	AWAIT(accepted && a.opened);
	stream_pause(a.s, true);
	assert_int_equal(stream_write(b.s, many, sizeof(many)), 0);
	AWAIT(b.drained);
	say(&a, "bye");
	drop(&a);
	AWAIT(b.closed);
	assert_int_equal(b.err, 0);
	assert_view(buf_view(&b.heard), "bye");
	listener_close(li);
}


static void takes_a_high_descriptor(void **state)
{
	struct stream_conf conf = { .fd_min = 700 };

	(void)state;
	start_server();
	assert_int_equal(fcntl(700, F_GETFD), -1);
	assert_int_equal(stream_connect(&a.s, l, listener_local(li), &conf,
					&ops, &a), 0);
	assert_int_equal(fcntl(700, F_GETFD), FD_CLOEXEC);
	AWAIT(a.opened && accepted);
	drop(&a);
	assert_int_equal(fcntl(700, F_GETFD), -1);
	AWAIT(b.closed);
	drop(&b);
	/* As many as that there can't be. */
	conf.fd_min = 1 << 30;
	assert_int_equal(stream_connect(&a.s, l, listener_local(li), &conf,
					&ops, &a), 0);
	AWAIT(a.opened == 2 && accepted == 2);
	listener_close(li);
}


static void connects_from_a_given_address(void **state)
{
	struct netaddr from;
	struct stream_conf conf = { .bind = &from };

	(void)state;
	start_server();
	netaddr_parse(&from, VIEW("127.0.0.2:0"));
	assert_int_equal(stream_connect(&a.s, l, listener_local(li), &conf,
					&ops, &a), 0);
	AWAIT(accepted);
	netaddr_set_port(&from, netaddr_port(stream_peer(b.s)));
	assert_true(netaddr_eq(stream_peer(b.s), &from));
	listener_close(li);
	drop(&a);
	/* 192.0.2.0/24 is nobody's: RFC 5737. */
	netaddr_parse(&from, VIEW("192.0.2.1:0"));
	assert_int_equal(stream_connect(&a.s, l, stream_peer(b.s), &conf,
					&ops, &a), EADDRNOTAVAIL);
	assert_null(a.s);
}


static void closes_when_opened(void **state)
{
	(void)state;
	start_server();
	connect_to(listener_local(li));
	a.close_on_open = true;
	say(&a, "x");
	AWAIT(b.closed);
	assert_null(a.s);
	assert_int_equal(a.opened, 1);
	listener_close(li);
}


static void closes_before_it_is_open(void **state)
{
	(void)state;
	start_server();
	connect_to(listener_local(li));
	drop(&a);
	loop_turn(l, 0);
	loop_turn(l, 0);
	assert_int_equal(a.opened + a.closed, 0);
	listener_close(li);
}


static void a_refusal_comes_later(void **state)
{
	struct netaddr at;

	(void)state;
	start_server();
	at = *listener_local(li);
	listener_close(li);
	connect_to(&at);
	AWAIT(a.closed);
	assert_int_equal(a.err, ECONNREFUSED);
	assert_string_equal(a.why, "Connection refused");
	assert_int_equal(a.opened, 0);
}


static void an_impossible_destination_is_told_later_too(void **state)
{
	struct netaddr at;

	(void)state;
	netaddr_parse(&at, VIEW("255.255.255.255:5")); /* broadcast */
	connect_to(&at);
	AWAIT(a.closed);
	assert_int_not_equal(a.err, 0);
	drop(&a);
	memset(&a, 0, sizeof(a));
	connect_to(&at);
	drop(&a);
	loop_turn(l, 0);
	assert_int_equal(a.closed, 0);
	memset(&at, 0, sizeof(at));
	assert_int_equal(stream_connect(&a.s, l, &at, &defaults, &ops, &a),
			 EINVAL);
}


/* A listener whose backlog is full drops what comes: nobody answers. */
static void connecting_has_a_limit(void **state)
{
	struct stream_conf conf = { .connect_ms = 500 };
	struct netaddr at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), full[4];
	size_t i;

	(void)state;
	netaddr_parse(&at, VIEW("127.0.0.1:0"));
	assert_int_equal(bind(fd, &at.u.sa, netaddr_len(&at)), 0);
	listen(fd, 0);
	getsockname(fd, &at.u.sa, &len);
	for (i = 0; i < 4; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
				 SOCK_CLOEXEC, 0);
		(void)connect(full[i], &at.u.sa, len);
	}
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	assert_int_equal(stream_connect(&a.s, l, &at, &conf, &ops, &a), 0);
	loop_turn(l, 0);
	clock_advance(490);
	loop_turn(l, 0);
	assert_int_equal(a.closed, 0);
	clock_advance(20);
	loop_turn(l, 0);
	assert_int_equal(a.closed, 1);
	assert_int_equal(a.err, ETIMEDOUT);
	for (i = 0; i < 4; i++)
		close(full[i]);
	close(fd);
}


static void an_open_one_has_no_limit(void **state)
{
	(void)state;
	start_server();
	connect_to(listener_local(li));
	AWAIT(accepted && a.opened);
	clock_freeze(now_ms(), 0);
	clock_advance(3600 * 1000);
	loop_turn(l, 0);
	assert_int_equal(a.closed, 0);
	listener_close(li);
}


#define ST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ST(speaks_both_ways),
		ST(the_peers_end_is_told_once),
		ST(last_words_are_heard),
		ST(closes_inside_any_handler),
		ST(keeps_what_is_not_consumed),
		ST(a_full_input_ends_it),
		ST(a_full_output_takes_all_or_nothing),
		ST(much_passes_in_order),
		ST(a_pause_hands_the_rest_up_again),
		ST(a_broken_peer_is_an_error),
		ST(tells_the_kernel_when_to_give_up),
		ST(adopting_sets_the_flags_and_takes_over),
		ST(connects),
		ST(takes_a_high_descriptor),
		ST(connects_from_a_given_address),
		ST(closes_when_opened),
		ST(closes_before_it_is_open),
		ST(a_refusal_comes_later),
		ST(an_impossible_destination_is_told_later_too),
		ST(connecting_has_a_limit),
		ST(an_open_one_has_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
