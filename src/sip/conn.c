/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP over streams. */
#include "conn_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "log.h"
#include "mem.h"
#include "stream.h"

enum {
	OUT_MAX = 256 * 1024,
	CONNECT_MS = 10 * 1000,
	SLACK = 4096, /* of the next message, behind the largest one */
};

struct conn {
	struct hnode by_id, by_peer;
	struct conns *set;     /* borrowed */
	struct stream *stream; /* owned */
	struct wtimer timer;   /* idle, or for the message under way */
	enum sip_transport transport;
	struct netaddr peer;
	uint32_t id;
	size_t live;           /* transactions that wait for an answer */
	size_t seen;           /* bytes searched for the end of the head */
	size_t need;           /* bytes of the message, once known */
	unsigned blank;        /* bytes of the keep-alive so far */
	bool partial;          /* the timer is the message's */
	bool accepted;
};

struct conns {
	struct loop *loop; /* borrowed */
	struct sip_limits limits;
	struct conn_ops ops;
	struct htable by_id, by_peer; /* own the connections */
	uint32_t last_id;
	struct prescan pre;
};

size_t conns_count(const struct conns *cs)
{
	return cs->by_id.count;
}

static struct conn *by_id(const struct conns *cs, uint32_t id)
{
	struct hnode *n = htable_find(&cs->by_id, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct conn *c = CONTAINER(n, struct conn, by_id);

		if (c->id == id)
			return c;
	}
	return NULL;
}

static struct conn *by_peer(const struct conns *cs,
			    const struct sip_flow *flow)
{
	struct hnode *n = htable_find(&cs->by_peer,
				      netaddr_hash(&flow->peer));

	for (; n; n = htable_more(n)) {
		struct conn *c = CONTAINER(n, struct conn, by_peer);

		if (c->transport == flow->transport &&
		    netaddr_eq(&c->peer, &flow->peer))
			return c;
	}
	return NULL;
}

static void conn_free(struct conn *c)
{
	htable_del(&c->set->by_id, &c->by_id);
	htable_del(&c->set->by_peer, &c->by_peer);
	wheel_stop(loop_wheel(c->set->loop), &c->timer);
	stream_close(c->stream);
	mem_free(c);
}

static void conn_end(struct conn *c, const char *why)
{
	const struct conn_ops *ops = &c->set->ops;
	char peer[NETADDR_TEXT_MAX];
	uint32_t id = c->id;
	size_t live = c->live;

	log_debug("sip: %s:%s: %s", sip_transport_name(c->transport),
		  netaddr_str(peer, &c->peer), why);
	conn_free(c);
	if (live)
		ops->gone(id, live, ops->arg);
}

/* ---- time ---- */

static void on_idle(struct wtimer *t)
{
	conn_end(CONTAINER(t, struct conn, timer), "idle");
}

static void on_slow(struct wtimer *t)
{
	conn_end(CONTAINER(t, struct conn, timer), "message not in in time");
}

/* partial: a message has begun and is not all there. */
static void timer_set(struct conn *c, bool partial)
{
	struct wheel *w = loop_wheel(c->set->loop);
	const struct sip_limits *limits = &c->set->limits;

	if (!partial)
		wheel_start(w, &c->timer, limits->tcp_idle_ms, on_idle);
	else if (!c->partial)
		wheel_start(w, &c->timer, limits->tcp_head_ms, on_slow);
	c->partial = partial;
}

/* ---- framing ---- */

/* What may only be wrong on a stream, where the length says where the next
 * message starts. */
static void framing_check(const struct sip_limits *limits, struct prescan *pre)
{
	if (pre->status)
		return;
	if (!pre->has_length) {
		pre->status = 400;
		pre->reason = "No Content-Length";
	} else if (pre->length > limits->body) {
		pre->status = 413;
		pre->reason = "Request Entity Too Large";
	}
}

/* CR and LF between messages are nothing, but two CRLF in a row are a ping
 * that wants one back (RFC 5626 4.4.1). Returns the bytes taken. */
static size_t blanks_take(struct conn *c, struct view v)
{
	static const char ping[] = "\r\n\r\n";
	size_t i, n = prescan_blank(v);

	for (i = 0; i < n; i++) {
		c->blank = v.p[i] == ping[c->blank] ? c->blank + 1 : 0;
		if (c->blank < 4)
			continue;
		c->blank = 0;
		stream_write(c->stream, "\r\n", 2);
	}
	return n;
}

static bool head_is_in(struct conn *c, struct view v)
{
	return c->need || prescan_head(v, &c->seen) ||
	       v.n > c->set->limits.head;
}

/* The message at the start of v was handled: the bytes taken, 0 when it is
 * not all there; fault: no next one can be found. */
static size_t message_take(struct conn *c, struct view v, bool *fault)
{
	struct conns *cs = c->set;
	struct sip_flow flow = { .transport = c->transport,
				 .conn = c->id,
				 .peer = c->peer };
	size_t n;

	if (!head_is_in(c, v) || v.n < c->need)
		return 0;
	prescan(&cs->pre, v, cs->limits.head);
	framing_check(&cs->limits, &cs->pre);
	*fault = cs->pre.status != 0;
	if (!*fault)
		c->need = cs->pre.size + (size_t)cs->pre.length;
	if (v.n < c->need)
		return 0;

	n = *fault ? v.n : c->need;
	c->need = c->seen = 0;
	c->blank = 0;
	c->partial = false;
	cs->ops.message(&flow, &cs->pre, view_head(v, n), cs->ops.arg);
	return n;
}

static void on_data(struct buf *in, void *arg)
{
	struct conn *c = arg;
	struct view v = buf_view(in);
	bool fault = false;
	size_t n;

	do {
		v = view_from(v, blanks_take(c, v));
		n = v.n ? message_take(c, v, &fault) : 0;
		v = view_from(v, n);
	} while (n && !fault);
	if (fault) {
		conn_end(c, "no message");
		return;
	}
	timer_set(c, v.n > 0);
	buf_drop(in, in->n - v.n);
}

static void on_open(void *arg)
{
	timer_set(arg, false);
}

static void on_close(int err, const char *text, void *arg)
{
	(void)err;
	conn_end(arg, text);
}

static const struct stream_ops stream_handlers = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
};

/* ---- making ---- */

struct conns *conns_new(struct loop *l, const struct sip_limits *limits,
			const struct conn_ops *ops)
{
	struct conns *cs = mem_zalloc(sizeof(*cs));

	cs->loop = l;
	cs->limits = *limits;
	cs->ops = *ops;
	return cs;
}

void conns_free(struct conns *cs)
{
	struct hnode *n;

	if (!cs)
		return;
	while ((n = htable_pop(&cs->by_id)))
		conn_free(CONTAINER(n, struct conn, by_id));
	htable_free(&cs->by_id);
	htable_free(&cs->by_peer);
	mem_free(cs);
}

static struct stream_conf stream_limits(const struct conns *cs)
{
	return (struct stream_conf){
		.in_max = cs->limits.head + cs->limits.body + SLACK,
		.out_max = OUT_MAX,
		.connect_ms = CONNECT_MS,
	};
}

static struct conn *conn_new(struct conns *cs, enum sip_transport transport,
			     const struct netaddr *peer)
{
	struct conn *c = mem_zalloc(sizeof(*c));

	c->set = cs;
	c->transport = transport;
	c->peer = *peer;
	return c;
}

static void conn_add(struct conn *c)
{
	struct conns *cs = c->set;

	do {
		c->id = ++cs->last_id;
	} while (!c->id || by_id(cs, c->id));
	htable_add(&cs->by_id, &c->by_id, hash_u64(c->id));
	htable_add(&cs->by_peer, &c->by_peer, netaddr_hash(&c->peer));
}

static bool ip_is_full(const struct conns *cs, const struct netaddr *peer)
{
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&cs->by_id, &pos, n))) {
		const struct conn *c = CONTAINER(n, struct conn, by_id);
		struct netaddr a = c->peer;

		netaddr_set_port(&a, netaddr_port(peer));
		if (c->accepted && netaddr_eq(&a, peer))
			count++;
	}
	return count >= cs->limits.conns_per_ip;
}

bool conns_accept(struct conns *cs, enum sip_transport transport, int fd,
		  const struct netaddr *peer)
{
	struct stream_conf conf = stream_limits(cs);
	struct conn *c;

	if (conns_count(cs) >= cs->limits.conns || ip_is_full(cs, peer)) {
		close(fd);
		return false;
	}
	c = conn_new(cs, transport, peer);
	c->accepted = true;
	if (stream_adopt(&c->stream, cs->loop, fd, &conf, &stream_handlers,
			 c)) {
		mem_free(c);
		return false;
	}
	conn_add(c);
	timer_set(c, false);
	return true;
}

int conns_get(struct conns *cs, struct sip_flow *flow)
{
	struct stream_conf conf = stream_limits(cs);
	struct conn *c = by_id(cs, (uint32_t)flow->conn);
	int err;

	if (!c)
		c = by_peer(cs, flow);
	if (c) {
		flow->conn = c->id;
		return 0;
	}
	if (flow->transport != SIP_TCP)
		return ENOTCONN;
	if (conns_count(cs) >= cs->limits.conns)
		return ENOBUFS;
	c = conn_new(cs, flow->transport, &flow->peer);
	err = stream_connect(&c->stream, cs->loop, &flow->peer, &conf,
			     &stream_handlers, c);
	if (err) {
		mem_free(c);
		return err;
	}
	conn_add(c);
	flow->conn = c->id;
	return 0;
}

bool conns_flow(const struct conns *cs, uint32_t id, struct sip_flow *out)
{
	const struct conn *c = by_id(cs, id);

	if (!c)
		return false;
	*out = (struct sip_flow){
		.transport = c->transport,
		.conn = id,
		.peer = c->peer,
	};
	return true;
}

int conns_write(struct conns *cs, uint32_t id, struct view text)
{
	struct conn *c = by_id(cs, id);

	return c ? stream_write(c->stream, text.p, text.n) : ENOTCONN;
}

void conns_hold(struct conns *cs, uint32_t id, int by)
{
	struct conn *c = by_id(cs, id);

	if (c)
		c->live = (size_t)((ptrdiff_t)c->live + by);
}
