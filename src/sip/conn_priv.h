/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP over streams (RFC 3261 18.3): connections made both ways, messages cut
 * out of the stream, keep-alives answered, limits in number and time.
 */
#ifndef CONFAB_CONN_PRIV_H
#define CONFAB_CONN_PRIV_H

#include "prescan_priv.h"
#include "sip.h"

struct conns;

struct conn_ops {
	/* A whole message, or a faulty one (pre->status) after which the
	 * connection is closed. Must not close any connection. */
	void (*message)(const struct sip_flow *flow, const struct prescan *pre,
			struct view packet, void *arg);
	/* No more: live holds were on it. */
	void (*gone)(uint32_t conn, size_t live, void *arg);
	void *arg;
};

struct conns *conns_new(struct loop *l, const struct sip_limits *limits,
			const struct conn_ops *ops);
void conns_free(struct conns *cs); /* gone() is not called; NULL is allowed */
size_t conns_count(const struct conns *cs);

/* Takes fd; false (closed): over a limit. */
bool conns_accept(struct conns *cs, enum sip_transport transport, int fd,
		  const struct netaddr *peer);
/* Sets flow->conn: to itself where that connection lives, or else to one of
 * this transport with this peer, or else to a new one. ENOBUFS, or connect()'s
 * error; ENOTCONN: a new one can't be made. */
int conns_get(struct conns *cs, struct sip_flow *flow);
/* False: there is none with this id. */
bool conns_flow(const struct conns *cs, uint32_t id, struct sip_flow *out);
/* ENOTCONN, ENOBUFS. */
int conns_write(struct conns *cs, uint32_t id, struct view text);
/* Counts what depends on the connection; unknown ids are ignored. */
void conns_hold(struct conns *cs, uint32_t id, int by);

#endif
