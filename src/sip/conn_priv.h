/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP over streams (RFC 3261 18.3, RFC 7118): connections made both ways,
 * messages cut out of them, keep-alives answered, limits in number and time.
 */
#ifndef CONFAB_CONN_PRIV_H
#define CONFAB_CONN_PRIV_H

#include "prescan_priv.h"
#include "sip.h"

struct conns;

struct conn_ops {
	/* A whole message, or a faulty one (pre->status), after which a
	 * connection without frames is closed. Must not close any. */
	void (*message)(const struct sip_flow *flow, const struct prescan *pre,
			struct view packet, void *arg);
	/* No more: live holds were on it. */
	void (*gone)(uint32_t conn, size_t live, void *arg);
	void *arg;
};

struct conns_setup {
	struct loop *loop;              /* all borrowed */
	struct tls_ctx *server, *client; /* NULL: no TLS that way */
	char *const *ws_origins;        /* or NULL */
};

struct conns *conns_new(const struct conns_setup *setup,
			const struct sip_limits *limits,
			const struct conn_ops *ops);
void conns_free(struct conns *cs); /* gone() is not called; NULL is allowed */
/* For what comes from now on. */
void conns_set_limits(struct conns *cs, const struct sip_limits *limits);
size_t conns_count(const struct conns *cs);

struct conns_stats {
	uint64_t refused; /* over a limit */
	uint64_t shed;    /* closed, so that others found a place */
};
const struct conns_stats *conns_stats(const struct conns *cs);

/* Takes fd; false (closed): over a limit. */
bool conns_accept(struct conns *cs, enum sip_transport transport, int fd,
		  const struct netaddr *peer);
/* Closes the accepted connection that has been silent longest, of those that
 * no user is known on. */
void conns_shed(struct conns *cs);
/* Sets flow->conn: to itself where that connection lives, or else to one that
 * we made, of this transport with this peer (and name), or else to a new one.
 * ENOBUFS, or connect()'s error; ENOTCONN: a new one can't be made. */
int conns_get(struct conns *cs, struct sip_flow *flow);
/* Sets flow->conn to one of this transport that this peer made; false: there
 * is none. */
bool conns_at(const struct conns *cs, struct sip_flow *flow);
/* False: there is none with this id. */
bool conns_flow(const struct conns *cs, uint32_t id, struct sip_flow *out);
/* ENOTCONN, ENOBUFS. */
int conns_write(struct conns *cs, uint32_t id, struct view text);
/* Counts what depends on the connection; unknown ids are ignored. */
void conns_hold(struct conns *cs, uint32_t id, int by);
/* See sip_conn_known() and sip_conn_is(). */
void conns_known(struct conns *cs, uint32_t id, uint64_t user);
/* One of the last CONN_USERS users that were known on it. */
bool conns_knows(const struct conns *cs, uint32_t id, uint64_t user);
bool conns_is(const struct conns *cs, uint32_t id, struct view name);

#endif
