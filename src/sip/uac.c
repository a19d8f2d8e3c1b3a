/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests out: the fan-out's inner loop. A copy costs a slot, a timer and a
 * few memcpy() into the batch that the socket sends at the end of the turn.
 */
#include "sip_priv.h"

#include <errno.h>

#include "clock.h"
#include "mem.h"

int uac_template(struct sip_template **tp, struct sip *s,
		 const struct sip_template_conf *conf,
		 const struct template_dialog *dialog)
{
	const struct template_setup setup = {
		.txns = s->ctxns,
		.domain = view_str(s->domain),
		.product = view_str(s->product),
		.size_max = s->limits.head + s->limits.body,
	};

	return template_make(tp, &setup, conf, dialog);
}

int sip_template_new(struct sip_template **tp, struct sip *s,
		     const struct sip_template_conf *conf)
{
	return uac_template(tp, s, conf, NULL);
}

size_t sip_copy_size(const struct sip *s, const struct sip_template *t,
		     const struct sip_flow *flow, const struct sip_dest *dest)
{
	const struct template_copy copy = {
		.dest = dest,
		.sentby = transport_sentby(s->transport, flow),
	};

	return template_size(t, &copy);
}

/* All that a template's size leaves open is known now. */
static bool is_too_big(const struct sip *s, const struct sip_template *t,
		       const struct sip_flow *flow,
		       const struct sip_dest *dest)
{
	return flow->transport == SIP_UDP &&
	       t->tail.n > s->limits.datagram / 2 &&
	       sip_copy_size(s, t, flow, dest) > s->limits.datagram;
}

bool sip_conn_flow(const struct sip *s, uint64_t conn, struct sip_flow *out)
{
	if (edge_has_conn(conn))
		return edges_conn(s->edges, conn, out);
	return conns_flow(transport_conns_of(s->transport), (uint32_t)conn,
			  out);
}

static struct sip_flow flow_of(const struct sip *s, const struct ctxn *c)
{
	struct sip_flow flow = {
		.transport = c->transport,
		.listener = c->listener,
		.conn = sip_is_stream(c->transport) ? c->u.conn : 0,
	};

	ctxn_get_peer(c, &flow.peer);
	if (c->edge)
		edges_mark(s->edges, &flow, c->edge);
	return flow;
}

static int copy_send(struct sip *s, const struct ctxn *c,
		     const struct sip_flow *flow)
{
	const struct template_copy copy = {
		.dest = c->dest,
		.sentby = transport_sentby(s->transport, flow),
		.key = c->key,
		.branch = ctxn_id(c),
		.check = ctxn_check(s->ctxns, ctxn_id(c)),
	};
	size_t n = template_size(c->tmpl, &copy);
	struct udp *udp;
	char *p;

	if (c->edge || sip_is_stream(c->transport)) {
		buf_clear(&s->out);
		p = buf_room(&s->out, n);
		buf_wrote(&s->out, template_write(p, c->tmpl, &copy));
		if (c->edge)
			return edges_send(s->edges, c->edge, flow,
					  buf_view(&s->out));
		return conns_write(transport_conns_of(s->transport), c->u.conn,
				   buf_view(&s->out));
	}
	udp = transport_udp(s->transport, c->listener);
	p = udp_reserve(udp, n);
	n = template_write(p, c->tmpl, &copy);
	udp_commit(udp, &flow->peer, n);
	return 0;
}

/* On a connection of ours. */
static bool is_on_conn(const struct ctxn *c)
{
	return sip_is_stream(c->transport) && !c->edge;
}

/* Routes and sends for the first time. */
static int txn_begin(struct sip *s, struct ctxn *c, struct sip_flow flow)
{
	int err = 0;

	c->edge = edges_short(s->edges, &flow);
	if (!c->edge)
		err = transport_route(s->transport, &flow);
	if (err)
		return err;
	ctxn_set_peer(c, &flow.peer);
	c->listener = flow.listener & 0x1f;
	c->transport = flow.transport & 7;
	if (sip_is_stream(c->transport))
		c->u.conn = (uint32_t)flow.conn;
	if (is_on_conn(c))
		conns_hold(transport_conns_of(s->transport), c->u.conn, 1);
	s->stats.requests_out++;
	return copy_send(s, c, &flow);
}

int sip_send(struct sip *s, struct sip_template *t,
	     const struct sip_flow *flow, const struct sip_dest *dest,
	     uint64_t key, uint64_t a, uint64_t b)
{
	struct ctxn *c;

	if (is_too_big(s, t, flow, dest))
		return EMSGSIZE;
	c = ctxn_new(s->ctxns, flow->anew ? rand_u64()
					  : ctxn_wish(s->ctxns, t->id, key));
	if (!c) {
		s->stats.overload++;
		return ENOBUFS;
	}
	c->tmpl = mem_ref(t);
	c->dest = mem_ref(dest);
	c->key = key;
	c->a = a;
	c->b = b;
	if (txn_begin(s, c, *flow)) {
		s->stats.send_errors++;
		ctxn_fail(s->ctxns, c);
	} else {
		ctxn_start(s->ctxns, c);
	}
	return 0;
}

/* What the kernel counts for an answer of some hundred bytes, generously. */
enum { ANSWER_ROOM = 2048, WINDOW_MAX = 4096 };

void uac_window_init(struct sip *s)
{
	size_t n = transport_recv_room(s->transport) / ANSWER_ROOM;

	window_init(ctxns_window(s->ctxns), n < WINDOW_MAX ? n : WINDOW_MAX);
}

size_t sip_window(const struct sip *s)
{
	size_t fresh = ctxns_fresh(s->ctxns);
	size_t size = ctxns_window(s->ctxns)->size;

	return fresh < size ? size - fresh : 0;
}

void uac_send(struct ctxn *c, void *arg)
{
	struct sip_flow flow = flow_of(arg, c);

	copy_send(arg, c, &flow);
}

void uac_over(struct ctxn *done, int status, void *arg)
{
	struct sip *s = arg;
	struct sip_template *t = done->tmpl;

	if (is_on_conn(done))
		conns_hold(transport_conns_of(s->transport), done->u.conn, -1);
	s->done = done;
	if (t->doneh)
		t->doneh(status, done->a, done->b, t->arg);
	s->done = NULL;
	mem_deref(done->dest);
	mem_deref(t);
}

struct sip_copy sip_done_copy(const struct sip *s)
{
	const struct ctxn *c = s->done;

	return (struct sip_copy){
		.to = dest_to(c->dest),
		.ruri = dest_ruri(c->dest),
		.flow = flow_of(s, c),
		.body = c->tmpl->body,
	};
}

bool sip_done_answered(const struct sip *s)
{
	return s->answer.n || s->done->state == CTXN_PROCEEDING;
}

struct view sip_done_header(const struct sip *s, struct view name)
{
	return response_header(s->answer, name);
}

void uac_conn_gone(uint32_t conn, size_t live, void *arg)
{
	struct sip *s = arg;

	ctxns_conn_gone(s->ctxns, conn, live);
}

bool uac_response(struct sip *s, struct view packet)
{
	struct response r;
	enum ctxn_match match = CTXN_STRAY;
	bool elsewhere;

	s->stats.responses_in++;
	if (response_scan(&r, packet)) {
		s->stats.bad++;
		return false;
	}
	s->answer = packet;
	if (view_eqs(r.method, "MESSAGE") || view_eqs(r.method, "NOTIFY"))
		match = ctxns_answer(s->ctxns, r.branch, r.method, r.status);
	s->answer = VIEW_NONE;
	if (match == CTXN_STRAY)
		s->stats.strays++;
	if (match == CTXN_LATE)
		s->stats.retransmits_in++;
	/* Who shares our key makes the branches that we would make; others'
	 * are nobody's business. */
	elsewhere = match != CTXN_TAKEN && s->strayh &&
		    ctxns_made(s->ctxns, r.branch);
	if (elsewhere)
		s->strayh(packet, s->arg);
	return match == CTXN_TAKEN || elsewhere;
}

/* ---- edges elsewhere ---- */

uint32_t sip_edge_add(struct sip *s, sip_edge_h *h, void *arg)
{
	return edges_add(s->edges, h, arg);
}

void sip_edge_del(struct sip *s, uint32_t edge)
{
	edges_del(s->edges, edge);
	if (edge)
		ctxns_edge_gone(s->ctxns, edge_short(edge), 0);
}

void sip_edge_lost(struct sip *s, uint32_t edge, uint32_t conn)
{
	edges_lost(s->edges, edge, conn);
	if (edge && conn)
		ctxns_edge_gone(s->ctxns, edge_short(edge), conn);
}

void sip_response(struct sip *s, struct view packet)
{
	uac_response(s, packet);
}

int sip_relay(struct sip *s, const struct sip_flow *flow, struct view packet)
{
	struct sip_flow own = *flow;
	int err = 0;

	if (!sip_is_stream(own.transport))
		err = transport_route(s->transport, &own);
	if (!err)
		err = transport_send(s->transport, &own, packet);
	if (!err)
		s->stats.requests_out++;
	return err;
}
