/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sockets. */
#include "transport_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "sock.h"
#include "stream.h"

enum { WINDOW_MS = 100, HANDSHAKES = 20 };

struct socket {
	struct transport *set;    /* borrowed */
	enum sip_transport transport;
	struct udp *udp;          /* owned */
	struct listener *stream;  /* owned */
	struct netaddr local;
	struct buf sentby;
	uint64_t window_ms;       /* when this window of handshakes began */
	unsigned handshakes;      /* in it */
};

struct transport {
	struct transport_ops ops;
	struct conns *conns; /* owned */
	struct socket sockets[TRANSPORT_LISTENERS];
	size_t count;
	/* sent-by for streams, where we don't listen */
	struct buf no_listener[SIP_TRANSPORTS];
	uint64_t send_errors;
};

static const char *const protos[SIP_TRANSPORTS] = {
	[SIP_UDP] = "UDP ", [SIP_TCP] = "TCP ", [SIP_TLS] = "TLS ",
	[SIP_WS] = "WS ",   [SIP_WSS] = "WSS ",
};

static void on_datagram(char *p, size_t n, const struct netaddr *src,
			void *arg)
{
	struct socket *s = arg;
	struct transport *t = s->set;
	struct sip_flow flow = {
		.transport = SIP_UDP,
		.listener = (uint16_t)(s - t->sockets),
		.peer = *src,
	};

	t->ops.datagram(&flow, view_mem(p, n), t->ops.arg);
}

static bool has_tls(enum sip_transport t)
{
	return t == SIP_TLS || t == SIP_WSS;
}

/* A handshake costs us about a millisecond, and who asks for it next to
 * nothing: more than so many at once wait in the kernel. */
static void pace(struct socket *s)
{
	uint64_t now = now_ms();

	if (now >= s->window_ms + WINDOW_MS) {
		s->window_ms = now;
		s->handshakes = 0;
	}
	if (++s->handshakes >= HANDSHAKES)
		listener_pause(s->stream, s->window_ms + WINDOW_MS - now);
}

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	struct socket *s = arg;
	const struct transport_ops *ops = &s->set->ops;

	if (ops->full(ops->arg))
		close(fd);
	else if (conns_accept(s->set->conns, s->transport, fd, peer) &&
	    has_tls(s->transport))
		pace(s);
}

static void on_full(void *arg)
{
	struct socket *s = arg;

	conns_shed(s->set->conns);
}

/* A wildcard is no address to be found at: there the domain stands in, and
 * rport leads the answer back in any case (RFC 3581). */
static void sentby_make(struct socket *s, const char *domain)
{
	struct buf *b = &s->sentby;

	buf_init(b, 0);
	buf_adds(b, protos[s->transport]);
	if (!netaddr_is_any(&s->local)) {
		netaddr_put(b, &s->local);
		return;
	}
	buf_adds(b, domain);
	buf_addc(b, ':');
	buf_add_u64(b, netaddr_port(&s->local));
}

static int stream_listen(struct socket *s, const struct sip_conf *conf,
			 const struct netaddr *local)
{
	int err;

	if (has_tls(s->transport) && !conf->tls_server)
		return EINVAL;
	err = listener_open(&s->stream, conf->loop, local, on_accept, s);
	if (!err)
		listener_on_full(s->stream, on_full, s);
	return err;
}

static int socket_open(struct transport *t, const struct sip_conf *conf,
		       size_t i)
{
	const struct sip_listen *l = &conf->listen[i];
	struct socket *s = &t->sockets[i];
	int err;

	s->set = t;
	s->transport = l->transport;
	if (l->transport == SIP_UDP)
		err = udp_open(&s->udp, conf->loop, &l->local,
			       UDP_DATAGRAM_MAX, on_datagram, s);
	else
		err = stream_listen(s, conf, &l->local);
	if (err)
		return err;
	s->local = s->udp ? *udp_local(s->udp) : *listener_local(s->stream);
	sentby_make(s, conf->domain);
	t->count++;
	return 0;
}

static void no_listeners_make(struct transport *t, const char *domain)
{
	int i;

	for (i = 0; i < SIP_TRANSPORTS; i++) {
		buf_adds(&t->no_listener[i], protos[i]);
		buf_adds(&t->no_listener[i], domain);
	}
}

int transport_new(struct transport **tp, const struct sip_conf *conf,
		  const struct sip_limits *limits,
		  const struct transport_ops *ops, char *why, size_t whysize)
{
	const struct conns_setup setup = {
		.loop = conf->loop,
		.server = conf->tls_server,
		.client = conf->tls_client,
		.ws_origins = conf->ws_origins,
	};
	struct transport *t = mem_zalloc(sizeof(*t));
	char local[NETADDR_TEXT_MAX];
	size_t i;
	int err = 0;

	t->ops = *ops;
	t->conns = conns_new(&setup, limits, &ops->conn);
	no_listeners_make(t, conf->domain);
	for (i = 0; i < conf->listen_count && !err; i++)
		err = socket_open(t, conf, i);
	if (err) {
		const struct sip_listen *l = &conf->listen[i - 1];

		snprintf(why, whysize, "%s:%s: %s",
			 sip_transport_name(l->transport),
			 netaddr_str(local, &l->local),
			 strerrordesc_np(err));
		transport_free(t);
		return err;
	}
	*tp = t;
	return 0;
}

void transport_free(struct transport *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->count; i++) {
		udp_close(t->sockets[i].udp);
		listener_close(t->sockets[i].stream);
		buf_free(&t->sockets[i].sentby);
	}
	for (i = 0; i < SIP_TRANSPORTS; i++)
		buf_free(&t->no_listener[i]);
	conns_free(t->conns);
	mem_free(t);
}

size_t transport_listeners(const struct transport *t)
{
	return t->count;
}

const struct netaddr *transport_local(const struct transport *t, size_t i)
{
	return &t->sockets[i].local;
}

static bool is_own(const struct socket *s, const struct netaddr *a)
{
	if (!netaddr_is_any(&s->local))
		return netaddr_eq(&s->local, a);
	return netaddr_family(&s->local) == netaddr_family(a) &&
	       netaddr_port(&s->local) == netaddr_port(a) && sock_is_here(a);
}

bool transport_is_own(const struct transport *t, const struct netaddr *a)
{
	struct netaddr plain = *a;
	size_t i;

	netaddr_unmap(&plain);
	for (i = 0; i < t->count; i++) {
		if (is_own(&t->sockets[i], &plain))
			return true;
	}
	return false;
}

size_t transport_conns(const struct transport *t)
{
	return conns_count(t->conns);
}

uint64_t transport_send_errors(const struct transport *t)
{
	uint64_t n = t->send_errors;
	struct udp_stats stats;
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (!t->sockets[i].udp)
			continue;
		udp_stats(t->sockets[i].udp, &stats);
		n += stats.send_failed + stats.queue_dropped;
	}
	return n;
}

struct udp *transport_udp(const struct transport *t, size_t listener)
{
	return t->sockets[listener].udp;
}

size_t transport_recv_room(const struct transport *t)
{
	size_t i, room, least = SIZE_MAX;

	for (i = 0; i < t->count; i++) {
		if (!t->sockets[i].udp)
			continue;
		room = udp_recv_room(t->sockets[i].udp);
		if (room < least)
			least = room;
	}
	return least;
}

void transport_pause(struct transport *t, bool paused)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->sockets[i].udp)
			udp_pause(t->sockets[i].udp, paused);
	}
}

void transport_look(struct transport *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->sockets[i].udp)
			udp_look(t->sockets[i].udp);
	}
}

/* Where the kernel keeps to fewer rules or none, as much is dropped here. */
void transport_sieve(struct transport *t, const struct udp_rule *rules,
		     size_t count)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->sockets[i].udp)
			(void)udp_sieve(t->sockets[i].udp, rules, count);
	}
}

uint64_t transport_lost(const struct transport *t)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->sockets[i].udp)
			n += udp_lost(t->sockets[i].udp);
	}
	return n;
}

struct conns *transport_conns_of(const struct transport *t)
{
	return t->conns;
}

static bool fits(const struct socket *s, const struct sip_flow *flow)
{
	return s->transport == flow->transport &&
	       netaddr_family(&s->local) == netaddr_family(&flow->peer);
}

/* The first listener of the flow's transport and family, or count. */
static size_t listener_find(const struct transport *t,
			    const struct sip_flow *flow)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (fits(&t->sockets[i], flow))
			break;
	}
	return i;
}

int transport_route(struct transport *t, struct sip_flow *flow)
{
	size_t i;

	if (sip_is_stream(flow->transport))
		return conns_get(t->conns, flow);
	if (flow->listener < t->count &&
	    fits(&t->sockets[flow->listener], flow))
		return 0;
	i = listener_find(t, flow);
	if (i == t->count)
		return EHOSTUNREACH;
	flow->listener = (uint16_t)i;
	return 0;
}

struct view transport_sentby(const struct transport *t,
			     const struct sip_flow *flow)
{
	size_t i = flow->listener;

	/* A stream, another edge's flow, or one that was not routed yet. */
	if (sip_is_stream(flow->transport) || i >= t->count ||
	    !t->sockets[i].udp)
		i = listener_find(t, flow);
	if (i == t->count)
		return buf_view(&t->no_listener[flow->transport]);
	return buf_view(&t->sockets[i].sentby);
}

int transport_send(struct transport *t, const struct sip_flow *flow,
		   struct view text)
{
	struct udp *udp;
	int err;

	if (sip_is_stream(flow->transport)) {
		err = conns_write(t->conns, (uint32_t)flow->conn, text);
	} else {
		udp = transport_udp(t, flow->listener);
		err = udp_send(udp, &flow->peer, text.p, text.n);
	}
	if (err)
		t->send_errors++;
	return err;
}
