/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP over streams: the connections, how they are made and end. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conn_set_priv.h"
#include "log.h"
#include "mem.h"

enum {
	OUT_MAX = 256 * 1024,
	CONNECT_MS = 10 * 1000, /* the handshake too */
	SLACK = 4096, /* of the next message, behind the largest one */
};

void conns_set_limits(struct conns *cs, const struct sip_limits *limits)
{
	cs->limits = *limits;
}

size_t conns_count(const struct conns *cs)
{
	return cs->by_id.count;
}

const struct conns_stats *conns_stats(const struct conns *cs)
{
	return &cs->stats;
}

/* ---- finding ---- */

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

/* A connection that was verified for one name is not good for another. */
static bool leads_to(const struct conn *c, const struct sip_flow *flow)
{
	if (c->transport != flow->transport ||
	    !netaddr_eq(&c->peer, &flow->peer))
		return false;
	return !flow->tls_name || c->transport != SIP_TLS ||
	       (c->tls_name && strcmp(c->tls_name, flow->tls_name) == 0);
}

static struct conn *by_flow(const struct conns *cs,
			    const struct sip_flow *flow, bool accepted)
{
	struct hnode *n = htable_find(&cs->by_peer,
				      netaddr_hash(&flow->peer));

	for (; n; n = htable_more(n)) {
		struct conn *c = CONTAINER(n, struct conn, by_peer);

		if (c->accepted == accepted && leads_to(c, flow))
			return c;
	}
	return NULL;
}

/* ---- ending ---- */

static void conn_free(struct conn *c)
{
	htable_del(&c->set->by_id, &c->by_id);
	htable_del(&c->set->by_peer, &c->by_peer);
	conn_limit_del(c);
	wheel_stop(loop_wheel(c->set->setup.loop), &c->timer);
	if (c->ws)
		ws_close(c->ws, WS_GOING_AWAY);
	stream_close(c->stream);
	ws_free(c->ws);
	buf_free(&c->names);
	mem_free(c->tls_name);
	mem_free(c);
}

void conn_end(struct conn *c, const char *why)
{
	const struct conn_ops ops = c->set->ops;
	char peer[NETADDR_TEXT_MAX];
	uint32_t id = c->id;
	size_t live = c->live;

	log_debug("sip: %s:%s: %s", sip_transport_name(c->transport),
		  netaddr_str(peer, &c->peer), why);
	conn_free(c);
	if (live)
		ops.gone(id, live, ops.arg);
}

static void on_choked(struct wtimer *t)
{
	conn_end(CONTAINER(t, struct conn, timer), "takes nothing any more");
}

/* From the loop, because who writes may hold on to connections. */
static void choke(struct conn *c)
{
	if (c->state == CONN_CHOKED)
		return;
	c->state = CONN_CHOKED;
	wheel_start(loop_wheel(c->set->setup.loop), &c->timer, 0, on_choked);
}

/* ---- the stream's handlers ---- */

static void opened(struct conn *c)
{
	c->state = CONN_OPEN;
	conn_time(c, c->ws != NULL);
}

static void on_open(void *arg)
{
	struct conn *c = arg;

	conn_limit_started(c);
	stream_peer_names(c->stream, &c->names);
	if (c->state == CONN_OPENING)
		opened(c);
}

static void on_data(struct buf *in, void *arg)
{
	struct conn *c = arg;

	/* Who does not take our answers is not listened to. */
	if (stream_pending(c->stream) > OUT_MAX / 2)
		stream_pause(c->stream, true);
	else
		conn_data(c, in);
}

static void on_drain(void *arg)
{
	struct conn *c = arg;

	stream_pause(c->stream, false);
}

/* That a peer can't be reached, or has another's certificate, is for somebody
 * to look at. */
static void on_close(int err, const char *text, void *arg)
{
	const struct conn *c = arg;
	char peer[NETADDR_TEXT_MAX];

	(void)err;
	if (!c->accepted && c->state == CONN_OPENING)
		log_info("sip: can't connect to %s:%s%s%s: %s",
			 sip_transport_name(c->transport),
			 netaddr_str(peer, &c->peer),
			 c->tls_name ? " as " : "",
			 c->tls_name ? c->tls_name : "", text);
	conn_end(arg, text);
}

static const struct stream_ops stream_handlers = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
	.on_drain = on_drain,
};

/* ---- making ---- */

struct conns *conns_new(const struct conns_setup *setup,
			const struct sip_limits *limits,
			const struct conn_ops *ops)
{
	struct conns *cs = mem_zalloc(sizeof(*cs));

	cs->setup = *setup;
	cs->limits = *limits;
	cs->ops = *ops;
	list_init(&cs->strangers);
	list_init(&cs->starting);
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
	htable_free(&cs->sources);
	htable_free(&cs->regulars);
	mem_free(cs);
}

static struct stream_conf stream_limits(const struct conns *cs)
{
	return (struct stream_conf){
		.in_max = cs->limits.head + cs->limits.body + SLACK,
		.out_max = OUT_MAX,
		.connect_ms = CONNECT_MS,
		.dead_ms = cs->limits.dead_ms,
	};
}

static struct conn *conn_new(struct conns *cs, enum sip_transport transport,
			     const struct netaddr *peer)
{
	struct conn *c = mem_zalloc(sizeof(*c));

	c->set = cs;
	c->transport = transport;
	c->peer = *peer;
	do {
		c->id = ++cs->last_id;
	} while (!c->id || by_id(cs, c->id));
	htable_add(&cs->by_id, &c->by_id, hash_u64(c->id));
	htable_add(&cs->by_peer, &c->by_peer, netaddr_hash(&c->peer));
	return c;
}

static bool has_tls(enum sip_transport t)
{
	return t == SIP_TLS || t == SIP_WSS;
}

static void adopt(struct conns *cs, enum sip_transport transport, int fd,
		  const struct netaddr *peer)
{
	struct conn *c = conn_new(cs, transport, peer);
	struct stream_conf conf = stream_limits(cs);

	c->accepted = true;
	if (has_tls(transport))
		conf.tls = cs->setup.server;
	if (stream_adopt(&c->stream, cs->setup.loop, fd, &conf,
			 &stream_handlers, c)) {
		conn_free(c);
		return;
	}
	conn_frame_init(c);
	if (!conf.tls)
		opened(c);
	conn_limit_add(c);
}

bool conns_accept(struct conns *cs, enum sip_transport transport, int fd,
		  const struct netaddr *peer)
{
	if (conn_limit_takes(cs, peer)) {
		adopt(cs, transport, fd, peer);
		return true;
	}
	cs->stats.refused++;
	close(fd);
	return false;
}

/* Nobody can connect to a browser; and over TLS not without a name. */
static bool can_connect(const struct conns *cs, const struct sip_flow *flow)
{
	return flow->transport == SIP_TCP ||
	       (flow->transport == SIP_TLS && flow->tls_name &&
		cs->setup.client);
}

static int conn_connect(struct conns *cs, struct sip_flow *flow)
{
	struct stream_conf conf = stream_limits(cs);
	struct conn *c = conn_new(cs, flow->transport, &flow->peer);
	int err;

	if (flow->transport == SIP_TLS) {
		c->tls_name = mem_strdup(flow->tls_name);
		conf.tls = cs->setup.client;
		conf.tls_name = c->tls_name;
	}
	err = stream_connect(&c->stream, cs->setup.loop, &flow->peer, &conf,
			     &stream_handlers, c);
	if (err)
		conn_free(c);
	else
		flow->conn = c->id;
	return err;
}

/* Who came to us from an address and port may be anybody: behind a NAT or a
 * web server many have them in turn. */
static struct conn *find(const struct conns *cs, const struct sip_flow *flow)
{
	struct conn *c = by_id(cs, (uint32_t)flow->conn);

	if (c && c->transport == flow->transport)
		return c;
	return by_flow(cs, flow, false);
}

int conns_get(struct conns *cs, struct sip_flow *flow)
{
	struct conn *c = find(cs, flow);

	if (c) {
		flow->conn = c->id;
		return 0;
	}
	if (!can_connect(cs, flow))
		return ENOTCONN;
	/* Counted by themselves: strangers can't take their places. */
	if (conns_count(cs) - cs->accepted >= cs->limits.conns)
		return ENOBUFS;
	return conn_connect(cs, flow);
}

bool conns_at(const struct conns *cs, struct sip_flow *flow)
{
	const struct conn *c = by_flow(cs, flow, true);

	if (c)
		flow->conn = c->id;
	return c;
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
	int err;

	if (!c || c->state == CONN_CHOKED)
		return ENOTCONN;
	err = c->ws ? ws_send(c->ws, text) :
		      stream_write(c->stream, text.p, text.n);
	if (err == ENOBUFS)
		choke(c);
	return err;
}

void conns_hold(struct conns *cs, uint32_t id, int by)
{
	struct conn *c = by_id(cs, id);

	if (c)
		c->live = (size_t)((ptrdiff_t)c->live + by);
}

bool conns_knows(const struct conns *cs, uint32_t id, uint64_t user)
{
	const struct conn *c = by_id(cs, id);

	return c && conn_knows(c, user);
}

void conns_known(struct conns *cs, uint32_t id, uint64_t user)
{
	struct conn *c = by_id(cs, id);
	bool before;

	if (!c)
		return;
	before = c->known;
	conn_limit_known(c, user);
	if (c->known != before)
		conn_time(c, c->partial);
}

bool conns_is(const struct conns *cs, uint32_t id, struct view name)
{
	const struct conn *c = by_id(cs, id);
	struct view names, one;

	if (!c || !name.n)
		return false;
	for (names = buf_view(&c->names); names.n;) {
		view_cut(names, '\n', &one, &names);
		if (view_ieq(one, name))
			return true;
	}
	return false;
}
