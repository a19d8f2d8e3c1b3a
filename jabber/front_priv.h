/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection's insides, for front.c (its life), front_dial.c (where to) and
 * front_login.c (up to the login). */
#ifndef CONFAB_JABBER_FRONT_PRIV_H
#define CONFAB_JABBER_FRONT_PRIV_H

#include "front.h"
#include "shim.h"
#include "xtree.h"

#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

enum front_state {
	FRONT_RESOLVING,
	FRONT_CONNECTING, /* to routes[route - 1]; with direct TLS: that too */
	FRONT_OFFERS,     /* a stream of our own, to ask for TLS */
	FRONT_PROCEED,    /* asked for */
	FRONT_SECURING,
	FRONT_LOGIN,      /* libstrophe's part */
	FRONT_UP,
	FRONT_LEAVING,
	FRONT_OVER,
};

/* One name that is being looked up. */
struct front_query {
	struct front *front;     /* borrowed: it holds us */
	struct dns_query *query; /* borrowed while it is asked; NULL */
	bool direct;             /* what is found there speaks TLS at once */
	int err;
	struct netaddr addrs[DNS_ADDRS_MAX];
	size_t count;
};

struct front_route {
	struct netaddr addr;
	bool direct;
};

enum { FRONT_QUERIES = 2, FRONT_ROUTES = 2 * DNS_ADDRS_MAX,
       FRONT_CONDITION_MAX = 64 };

struct front {
	struct front_conf conf;
	const struct front_ops *ops; /* borrowed: static; NULL: leaving */
	void *arg;
	enum front_state state;
	struct lnode leaving;        /* conf.leaving */
	struct wtimer timer;         /* of leaving */
	struct tls_ctx *tls;         /* ref, or NULL */

	struct front_query queries[FRONT_QUERIES];
	size_t queries_count;
	bool by_srv;                 /* they are for SRV */
	struct buf dns_why;          /* the last failure's words */
	struct front_route routes[FRONT_ROUTES];
	size_t routes_count, route;  /* route: the next to try */
	bool redirected;             /* by see-other-host */

	struct stream *stream;       /* owned, or NULL */
	struct xtree *tree;          /* owned */
	struct shim *shim;           /* owned; while in LOGIN */
	bool authenticated;          /* SASL is done */
	bool offers_sm;              /* XEP-0198 */
	unsigned challenges;         /* of SASL, so far */
	char refused[FRONT_CONDITION_MAX]; /* SASL's last failure, or "" */
	char unbound[FRONT_CONDITION_MAX]; /* why there is no resource */
};

void front_set_state(struct front *f, enum front_state state);
/* Over: tells the owner. What is the account's own fault counts as that only
 * from the server that was meant, by its certificate or on loopback; before,
 * anybody on the way may have said it, and it is GONE_NET. */
void front_lost(struct front *f, enum worker_lost why, struct view words);
/* The same, with the server's address behind the words. */
void front_lost_at(struct front *f, enum worker_lost why, const char *words);
/* All of what connects: another attempt may begin. */
void front_hang_up(struct front *f);
const struct front_route *front_route(const struct front *f);
void front_write(struct front *f, struct view xml);

/* front_dial.c: begins to look for addresses; the next of them; those of
 * another host, "host" or "host:port" (RFC 6120 4.9.3.19). */
void front_dial(struct front *f);
void front_dial_next(struct front *f, struct view why);
void front_dial_other(struct front *f, struct view target);
void front_dial_stop(struct front *f);
/* front.c: a stream for dialling, to an address. */
int front_connect(struct front *f, const struct front_route *r);

/* front_login.c: connected, or TLS is there; the header of the server's
 * stream; a stanza. */
void front_begin_stream(struct front *f);
void front_begin_login(struct front *f);
void front_header(struct front *f, const struct xlimit_tag *tag);
void front_stanza(struct front *f, xmpp_stanza_t *s);

#endif
