/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sockets: what comes in from UDP and streams, and which way a packet goes
 * out. */
#ifndef CONFAB_TRANSPORT_PRIV_H
#define CONFAB_TRANSPORT_PRIV_H

#include "conn_priv.h"
#include "sip.h"
#include "udp.h"

enum { TRANSPORT_LISTENERS = 16 };

struct transport;

struct transport_ops {
	void (*datagram)(const struct sip_flow *flow, struct view packet,
			 void *arg);
	bool (*full)(void *arg); /* no more connections for now */
	struct conn_ops conn;
	void *arg;
};

/* As sip_new(). limits without zeros. */
int transport_new(struct transport **tp, const struct sip_conf *conf,
		  const struct sip_limits *limits,
		  const struct transport_ops *ops, char *why, size_t whysize);
void transport_free(struct transport *t); /* NULL is allowed */
const struct netaddr *transport_local(const struct transport *t, size_t i);
/* Whether what is sent there would come in by one of our own sockets. */
bool transport_is_own(const struct transport *t, const struct netaddr *a);
size_t transport_listeners(const struct transport *t);
size_t transport_conns(const struct transport *t);
uint64_t transport_send_errors(const struct transport *t);

/* Fills in what a flow to be sent on needs: the socket of the peer's family,
 * or a connection. EHOSTUNREACH: no socket of ours gets there; conns_get()'s
 * errors. */
int transport_route(struct transport *t, struct sip_flow *flow);
/* Of a routed flow: what stands in Via behind "SIP/2.0/". */
struct view transport_sentby(const struct transport *t,
			     const struct sip_flow *flow);
/* An answer, back the way the request came. */
int transport_send(struct transport *t, const struct sip_flow *flow,
		   struct view text);
/* Of the UDP sockets the smallest one's room for what comes in, in bytes as
 * the kernel counts; SIZE_MAX: there is none. */
size_t transport_recv_room(const struct transport *t);
/* All UDP sockets: nothing is received meanwhile, but by looking. */
void transport_pause(struct transport *t, bool paused);
void transport_look(struct transport *t);
/* What the kernel throws away of UDP from now on; see udp_sieve(). */
void transport_sieve(struct transport *t, const struct udp_rule *rules,
		     size_t count);
/* How much it has thrown away of UDP. */
uint64_t transport_lost(const struct transport *t);
struct udp *transport_udp(const struct transport *t, size_t listener);
struct conns *transport_conns_of(const struct transport *t);

#endif
