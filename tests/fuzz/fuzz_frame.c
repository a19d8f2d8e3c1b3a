/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages on a TCP connection. The first byte says in pieces of what size
 * the rest comes; cut out of it is the same as when it comes byte by byte, and
 * as when it is there at once.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#include "clock.h"
#include "conn_set_priv.h"
#include "log.h"

enum { HEAD_MAX = 1000, BODY_MAX = 2000 };

/* What came of it. */
struct result {
	struct buf good;  /* the messages, one behind the other */
	size_t count;
	int fault;        /* the status that ended it, or 0 */
	size_t pings;     /* bytes answered to keep-alives */
};

static struct loop *loop;
static struct conns *set;

static void on_message(const struct sip_flow *flow, const struct prescan *pre,
		       struct view packet, void *arg)
{
	struct result *r = *(struct result **)arg;

	assert(flow->conn && packet.n && !r->fault);
	if (pre->status) {
		r->fault = pre->status;
		return;
	}
	assert(packet.n == pre->size + pre->length);
	assert(pre->length <= BODY_MAX);
	buf_addv(&r->good, packet);
	r->count++;
}

static void on_gone(uint32_t conn, size_t live, void *arg)
{
	(void)conn;
	(void)live;
	(void)arg;
	assert(0);
}

static struct result *current;

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void stop(void)
{
	conns_free(set);
	loop_turn(loop, 0);
	loop_free(loop);
	assert(!mem_live());
}

static void start(void)
{
	const struct conn_ops ops = { on_message, on_gone, &current };
	const struct sip_limits limits = {
		.head = HEAD_MAX, .body = BODY_MAX, .conns = 4,
		.conns_per_ip = 4, .handshakes = 4, .tcp_idle_ms = 1000,
		.user_idle_ms = 1000, .tcp_head_ms = 1000, .dead_ms = 1000,
	};
	struct conns_setup setup = { 0 };

	clock_freeze(100000, UINT64_C(1700000000000));
	log_set_handler(quiet, NULL);
	assert(!loop_new(&loop));
	setup.loop = loop;
	set = conns_new(&setup, &limits, &ops);
	atexit(stop);
}

static struct conn *only(void)
{
	size_t pos = 0;
	struct hnode *n = htable_each(&set->by_id, &pos, NULL);

	return n ? CONTAINER(n, struct conn, by_id) : NULL;
}

static struct conn *accepted(int *other)
{
	struct netaddr peer;
	int fd[2];

	assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd));
	netaddr_set(&peer, VIEW("192.0.2.1"), 5060);
	assert(conns_accept(set, SIP_TCP, fd[0], &peer));
	*other = fd[1];
	return only();
}

static void feed(struct result *r, struct view v, size_t piece)
{
	struct buf in = { 0 };
	struct conn *c;
	int other;

	*r = (struct result){ 0 };
	current = r;
	c = accepted(&other);
	while (c && v.n) {
		struct view head = view_head(v, piece);

		buf_addv(&in, head);
		v = view_from(v, head.n);
		r->pings = stream_pending(c->stream);
		conn_data(c, &in);
		c = only();
		/* no more than one message waits for its end */
		assert(!c || in.n <= HEAD_MAX + BODY_MAX + piece);
	}
	assert(!c == (r->fault != 0));
	if (c) {
		r->pings = stream_pending(c->stream);
		conn_end(c, "over");
	}
	close(other);
	buf_free(&in);
}

static void assert_same(const struct result *a, const struct result *b)
{
	assert(a->count == b->count);
	assert(view_eq(buf_view(&a->good), buf_view(&b->good)));
	assert(!a->fault == !b->fault);
	assert(a->fault || a->pings == b->pings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result one, pieces, whole;
	struct view v;

	if (size < 2)
		return 0;
	if (!set)
		start();
	v = view_mem(data + 1, size - 1);
	feed(&one, v, 1);
	feed(&pieces, v, 2 + data[0]);
	feed(&whole, v, v.n);
	assert_same(&one, &pieces);
	assert_same(&one, &whole);
	buf_free(&one.good);
	buf_free(&pieces.good);
	buf_free(&whole.good);
	return 0;
}
