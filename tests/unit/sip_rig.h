/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole SIP edge on loopback, against raw sockets: for the tests named
 * t_sip*. The clock stands still and is moved on by hand.
 */
#ifndef CONFAB_SIP_RIG_H
#define CONFAB_SIP_RIG_H

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "sip.h"

enum { TURNS = 200 };

static struct loop *loop;
static struct sip *edge;
static int udp;      /* a client's socket */
static char in[70000];
static size_t in_n;

static struct users *accounts; /* who may log in, or NULL */
static enum sip_trust trust;
static bool without_md5;
static const char *send_to; /* where else may be sent to, or NULL */
static const char *const md5_agents[] = { "sipp", "Old Phone", NULL };

static unsigned requests;
static char last_body[100], last_type[40], last_user[40];
static char last_params[100], last_agent[40], last_accept[80];
static char last_identity[80];
static uint64_t last_txn;
static struct sip_flow last_flow;
static int answer_code; /* 0: the handler leaves it open */

static int done_status[10];
static uint64_t done_a[10];
static unsigned dones;

static inline void on_request(const struct sip_request *req, void *arg)
{
	(void)arg;
	requests++;
	last_txn = req->txn;
	last_flow = req->flow;
	view_copy(last_body, sizeof(last_body), req->body);
	view_copy(last_type, sizeof(last_type), req->content_type);
	view_copy(last_user, sizeof(last_user), req->from.user);
	snprintf(last_identity, sizeof(last_identity), "%.*s@%.*s",
		 VIEW_ARG(req->identity.user), VIEW_ARG(req->identity.host));
	view_copy(last_params, sizeof(last_params), req->type_params);
	view_copy(last_agent, sizeof(last_agent), req->user_agent);
	view_copy(last_accept, sizeof(last_accept), req->accept);
	if (answer_code)
		sip_answer(edge, req->txn, answer_code, NULL, NULL, 0);
}

static inline void on_done(int status, uint64_t a, uint64_t b, void *arg)
{
	(void)b;
	(void)arg;
	done_status[dones % 10] = status;
	done_a[dones++ % 10] = a;
}

static inline void edge_open(const char *trusted,
			     const struct sip_limits *limits)
{
	struct sip_listen listen[2] = { { .transport = SIP_UDP },
					{ .transport = SIP_TCP } };
	struct netmask mask, more;
	struct sip_conf conf = {
		.loop = loop,
		.listen = listen,
		.listen_count = 2,
		.trusted = &mask,
		.trusted_count = 1,
		.trusted_identity = trust,
		.users = accounts,
		.no_md5 = without_md5,
		.md5_agents = md5_agents,
		.domain = "confab.example",
		.product = "confab/1",
		.requesth = on_request,
	};
	char why[200];

	if (limits)
		conf.limits = *limits;
	assert_int_equal(netmask_parse(&mask, view_str(trusted)), 0);
	if (send_to) {
		assert_int_equal(netmask_parse(&more, view_str(send_to)), 0);
		conf.send_to = &more;
		conf.send_to_count = 1;
	}
	netaddr_set(&listen[0].local, VIEW("127.0.0.1"), 0);
	netaddr_set(&listen[1].local, VIEW("127.0.0.1"), 0);
	assert_int_equal(sip_new(&edge, &conf, why, sizeof(why)), 0);
}

static inline int udp_socket(void)
{
	struct netaddr any;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	netaddr_set(&any, VIEW("127.0.0.1"), 0);
	assert_int_equal(bind(fd, &any.u.sa, netaddr_len(&any)), 0);
	return fd;
}

static inline struct netaddr local_of(int fd)
{
	struct netaddr a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(fd, &a.u.sa, &len), 0);
	return a;
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	sip_free(edge);
	edge = NULL;
	close(udp);
	loop_turn(loop, 0);
	loop_free(loop);
	clock_thaw();
	return test_teardown(state);
}

static inline void turns(void)
{
	int i;

	for (i = 0; i < 5; i++)
		loop_turn(loop, 1);
}

/* What fd receives next, into in; false: nothing within some turns. */
static inline bool received(int fd)
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

static inline bool silent(int fd)
{
	turns();
	return recv(fd, in, sizeof(in), MSG_DONTWAIT) < 0;
}

static inline void udp_put(const char *text, size_t n)
{
	const struct netaddr *to = sip_local(edge, 0);

	assert_int_equal(sendto(udp, text, n, 0, &to->u.sa, netaddr_len(to)),
			 n);
}

static inline void starts(const char *want)
{
	if (strncmp(in, want, strlen(want)))
		fail_msg("wanted %s, got %s", want, in);
}

static inline void has(const char *want)
{
	if (!strstr(in, want))
		fail_msg("no %s in %s", want, in);
}

static inline void hasnt(const char *bad)
{
	if (strstr(in, bad))
		fail_msg("%s in %s", bad, in);
}

enum { KEPT = 2000 };

static inline void keep(char dst[KEPT])
{
	assert_int_equal(view_copy(dst, KEPT, view_mem(in, in_n)), 0);
}

/* Sends a request and expects an answer that starts like this. */
static inline void ask(const char *text, const char *want)
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

static inline int tcp_open(void)
{
	const struct netaddr *to = sip_local(edge, 1);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, &to->u.sa, netaddr_len(to)), 0);
	return fd;
}

static inline void tcp_put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* All that comes until want stands in it. */
static inline void tcp_await(int fd, const char *want)
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

static inline bool tcp_ended(int fd)
{
	return received(fd) && in_n == 0;
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
