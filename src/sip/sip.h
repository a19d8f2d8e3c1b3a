/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SIP edge: transports, parsing, non-INVITE transactions (RFC 3261 17.1.2
 * and 17.2.2) both ways, and the template that a fan-out is made from. The
 * only folder that includes libosip2; knows nothing of rooms.
 */
#ifndef CONFAB_SIP_H
#define CONFAB_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "netaddr.h"
#include "view.h"

struct sip;
struct tls_ctx;
struct sip_template;

enum sip_transport {
	SIP_UDP, SIP_TCP, SIP_TLS, SIP_WS, SIP_WSS, SIP_TRANSPORTS,
};
/* "udp", "tcp", "tls", "ws", "wss". */
const char *sip_transport_name(enum sip_transport t);
/* From a name in any case; EBADMSG. */
int sip_transport_parse(enum sip_transport *t, struct view name);
/* All but UDP: nothing is lost on the way, and there is a connection. */
bool sip_is_stream(enum sip_transport t);
/* WebSocket: answered down its connection, never connected to. */
bool sip_is_ws(enum sip_transport t);

enum sip_method {
	SIP_OPTIONS, SIP_MESSAGE, SIP_REGISTER, SIP_SUBSCRIBE, SIP_NOTIFY,
	SIP_PUBLISH, SIP_INVITE, SIP_ACK, SIP_BYE, SIP_CANCEL, SIP_INFO,
	SIP_PRACK, SIP_UPDATE, SIP_REFER, SIP_UNKNOWN,
};

/* Where a packet came from, or where one is to go. */
struct sip_flow {
	enum sip_transport transport;
	uint32_t listener;   /* UDP: index of the local socket; above
				SIP_LISTENER: of another edge, and not to be
				stored */
	uint64_t conn;       /* id of the connection, 0: make one */
	struct netaddr peer;
	/* Of a new TLS connection: the host name (or number) to ask for and
	 * to verify. Borrowed, while sip_send() runs; never set in flows that
	 * come from here. NULL: only a connection that exists is used. */
	const char *tls_name;
	bool anew;           /* sip_send(): see there */
};
enum { SIP_FLOW_TEXT_MAX = 80, SIP_LISTENER = 0xff };
/* "udp:192.0.2.1:5060", to be stored; the connection's id is not in it. */
const char *sip_flow_str(char dst[SIP_FLOW_TEXT_MAX],
			 const struct sip_flow *f);
int sip_flow_parse(struct sip_flow *f, struct view text);

/* A SIP(S) URI in views, escapes as they stand. */
struct sip_uri {
	struct view scheme, user, host;
	uint16_t port;       /* 0: none */
	struct view params;  /* after the first ';', or empty */
};
/* EBADMSG; also for schemes other than sip, sips, im and pres, and where
 * there is no host. Password parts are refused. */
int sip_uri_parse(struct sip_uri *out, struct view text);

/* How much there is to do. LATE: who says much waits for his turn, BUSY: he is
 * put off, FULL: everybody is. */
enum sip_load { SIP_CALM, SIP_LATE, SIP_BUSY, SIP_FULL };
const char *sip_load_name(enum sip_load load); /* "calm" and so on */

struct sip_limits {
	size_t datagram;      /* 0: 8 KiB, at most 64 KiB */
	size_t head;          /* header section; 0: 8 KiB */
	size_t body;          /* 0: 16 KiB */
	size_t server_txns;   /* that wait for their answer; 0: 20,000 */
	size_t answers;       /* remembered, for 32 s at most; 0: 262,144 */
	size_t client_txns;   /* 0: 200,000 */
	/* Requests in a second of a source that is not trusted, before anybody
	 * has logged in, and how many at once; 0: any number. */
	uint32_t source_rate, source_burst;
	size_t memory;        /* of this process; above, nothing new is taken
				 in; 0: any */
	/* Accepted connections, and those that we make; 0: 1,024 each. */
	size_t conns;
	size_t conns_per_ip;  /* of the accepted ones; 0: 32 */
	size_t handshakes;    /* under way at once; 0: 128 */
	uint32_t expires_min, expires_max; /* s of a registration; 0: 60 and
					      3,600 */
	uint64_t tcp_idle_ms; /* without a message; 0: 120 s */
	uint64_t user_idle_ms; /* the same, see sip_conn_known(); 0: 65 min */
	/* A whole message must be in by then, and so must what opens a
	 * WebSocket; 0: 10 s. */
	uint64_t tcp_head_ms;
	/* The other side is gone when it is silent for so long, down to TCP
	 * itself; 0: 45 s. */
	uint64_t dead_ms;
};

struct sip_listen {
	enum sip_transport transport;
	struct netaddr local;
};

struct prescan;

/* A request that came in: valid while the handler runs. */
struct sip_request {
	uint64_t txn;             /* to be answered once by sip_answer() */
	enum sip_method method;
	struct sip_uri ruri;
	struct view ruri_text;
	struct sip_uri identity;  /* who speaks: proved, or asserted by a
				     trusted source; has user and host */
	struct sip_uri from, to;  /* what the headers say */
	struct view from_tag, call_id;
	uint32_t cseq;
	struct view content_type; /* without parameters, trimmed; or empty */
	struct view charset;      /* of Content-Type, or empty */
	struct view type_params;  /* its parameters as they stand, or empty */
	struct view user_agent, accept; /* the first of each, or empty */
	struct view body;         /* raw bytes */
	struct view packet;       /* all of it, as it came: for sip_inject() */
	struct sip_flow flow;
	const struct prescan *pre; /* private */
};
/* Of another header, the first: with folds still in it; or empty. name: the
 * long one, in any case. */
struct view sip_request_header(const struct sip_request *req,
			       struct view name);
/* MESSAGE only, from those whose identity is settled; everything else was
 * answered before. */
typedef void (sip_request_h)(const struct sip_request *req, void *arg);

enum { SIP_BRANCH_KEY = 16 };

struct users; /* users.h */
/* Whose word a trusted source's request has: its From, or what it has in
 * P-Asserted-Identity (RFC 3325), and no other's. */
enum sip_trust { SIP_TRUST_FROM, SIP_TRUST_ASSERTED };

struct sip_conf {
	struct loop *loop;                /* borrowed */
	const uint8_t *branch_key;        /* SIP_BRANCH_KEY secret bytes, the
					     same at each start; copied. NULL:
					     random ones */
	const struct sip_listen *listen;  /* copied; 1..16 */
	size_t listen_count;
	const struct netmask *trusted;    /* copied */
	size_t trusted_count;
	bool trusted_ws;                  /* by ws and wss as well: behind a
					     web server all have its address */
	const char *const *trusted_certs; /* borrowed; names of certificates,
					     ends with NULL; NULL: none */
	enum sip_trust trusted_identity;
	const struct users *users;        /* borrowed: who may log in; NULL, or
					     without any: nobody but trusted
					     sources is served */
	bool no_sha256, no_md5;           /* not taken; not both */
	const char *const *md5_agents;    /* borrowed; beginnings of User-Agent
					     that are offered MD5 alone; as
					     trusted_certs */
	const struct netmask *send_to;    /* copied: see sip_may_send() */
	size_t send_to_count;
	const char *domain;               /* for Call-IDs; who registers is
					     of it */
	const char *product;              /* User-Agent and Server */
	const char *accept;               /* types, for the answer to OPTIONS;
					     NULL: text/plain; static */
	/* Borrowed while the edge lives. server: for listeners by TLS and WSS,
	 * which can't be without; client: to connect by TLS, or NULL. */
	struct tls_ctx *tls_server, *tls_client;
	char *const *ws_origins;          /* see ws.h; or NULL */
	struct sip_limits limits;
	sip_request_h *requesth;
	sip_request_h *registerh; /* a REGISTER while there is no registrar
				     here; NULL: 405 */
	sip_request_h *eventh;    /* a SUBSCRIBE or PUBLISH while there is no
				     package here (events.h); NULL: 489 */
	/* An answer to none of our requests, but to one that was made with our
	 * branch_key, for sip_response() elsewhere; may be NULL. */
	void (*strayh)(struct view packet, void *arg);
	void *arg;
};
/* Binds everything; why says which socket failed, and how. */
int sip_new(struct sip **sp, const struct sip_conf *conf, char *why,
	    size_t whysize);
/* trusted*, send_to, no_*, md5_agents, and of limits the rates, memory, conns,
 * conns_per_ip, tcp_idle_ms and expires_*: as conf says from now on. What is
 * borrowed of the one before is not looked at any more. */
void sip_reconf(struct sip *s, const struct sip_conf *conf);
/* Nobody is told of what was under way. NULL is allowed. */
void sip_free(struct sip *s);
/* New requests get 503 from now on; transactions under way end normally. */
void sip_drain(struct sip *s);
/* Whether users may be there that conf's users do not have yet: as long as it
 * is empty strangers get 503 then, instead of 403, after which many a phone
 * does not try again. */
void sip_users_unknown(struct sip *s, bool unknown);
/* The local address of the i-th listener (the port as bound). */
const struct netaddr *sip_local(const struct sip *s, size_t i);

/* Whether something may be sent there only because somebody outside said so:
 * not to loopback, link-local, multicast and broadcast addresses, unless they
 * are in send_to; and never to our own sockets. */
bool sip_may_send(const struct sip *s, const struct netaddr *a);

/* A header line of ours. The encoder refuses (EBADMSG) a name that is no
 * token and a value with CR, LF or NUL. */
struct sip_header {
	struct view name, value;
};
/* RFC 3261 20.17: "Sat, 13 Nov 2010 23:29:00 GMT". */
enum { SIP_DATE_MAX = 32 };
struct view sip_date(char dst[SIP_DATE_MAX], uint64_t wall_ms);
/* The same back; EBADMSG for anything else. */
int sip_date_parse(uint64_t *wall_ms, struct view text);
/* reason NULL: the usual one. Unknown ids (the transaction is over) are
 * ignored. */
void sip_answer(struct sip *s, uint64_t txn, int code, const char *reason,
		const struct sip_header *headers, size_t count);

/* ---- requests that another edge received ---- */

/* What would have been answered: reason empty: the usual one. */
typedef void (sip_injected_h)(int code, struct view reason,
			      const struct sip_header *headers, size_t count,
			      uint64_t a, uint64_t b, void *arg);
struct sip_injection {
	struct view packet;   /* struct sip_request's, from over there */
	struct view identity; /* the URI of its identity; empty: the From */
	struct sip_flow flow; /* its */
	uint32_t edge;        /* whose flow it is; 0: ours */
	sip_injected_h *answerh;
	uint64_t a, b;        /* for answerh */
	void *arg;
};
/* As if the packet had come by flow, from a trusted source, and were none that
 * was seen before; its answer goes to answerh, once, maybe before this
 * returns, and not after sip_free(). Not from within a request handler.
 * EBADMSG: nothing that has an answer. */
int sip_inject(struct sip *s, const struct sip_injection *in);

/* Another edge, with an id that none had before. What is to go out by a flow
 * of its is handed to h, which gets the flow as it was over there. 0: there
 * are too many. */
typedef void (sip_edge_h)(const struct sip_flow *flow, struct view packet,
			  void *arg);
uint32_t sip_edge_add(struct sip *s, sip_edge_h *h, void *arg);
/* Its users are sent to from here again, where they can be. */
void sip_edge_del(struct sip *s, uint32_t edge);
/* This connection of its (the id over there) is gone. */
void sip_edge_lost(struct sip *s, uint32_t edge, uint32_t conn);
/* An answer that another edge received. */
void sip_response(struct sip *s, struct view packet);
/* Over there: sends what h was given. ENOTCONN: the connection is gone,
 * EHOSTUNREACH, ENOBUFS. */
int sip_relay(struct sip *s, const struct sip_flow *flow, struct view packet);

/* ---- MESSAGE out ---- */

/* status: the final answer's, 408 when none came, 503 when it can't be sent.
 * Runs from the loop, never from within sip_send(). */
typedef void (sip_done_h)(int status, uint64_t a, uint64_t b, void *arg);

struct sip_template_conf {
	uint64_t id;              /* makes Call-ID and From tag, see below */
	struct view from;         /* URI: "sip:lobby@confab.example" */
	struct view content_type; /* "text/plain;charset=UTF-8" */
	struct view body;
	struct view in_reply_to;  /* a Call-ID, or empty */
	unsigned hops;            /* Max-Forwards of what it passes on, which
				     has one less; 0: 70 */
	const struct sip_header *headers;
	size_t header_count;
	sip_done_h *doneh;        /* may be NULL */
	void *arg;
};
/* What all copies of a message share. Reference-counted (mem_deref); each
 * transaction holds one. EBADMSG: a field can't stand in a header, EMSGSIZE:
 * longer than limits.head and limits.body. */
int sip_template_new(struct sip_template **tp, struct sip *s,
		     const struct sip_template_conf *conf);

/* Where copies go: To, R-URI and Route. Immutable, reference-counted
 * (mem_deref), checked once. to: a URI without <>, of which port and
 * parameters are cut off; ruri: likewise, or empty: To; route: the value of a
 * Route header, or empty. EBADMSG. */
struct sip_dest;
int sip_dest_new(struct sip_dest **dp, struct view to, struct view ruri,
		 struct view route);
struct view sip_dest_to(const struct sip_dest *d);
struct view sip_dest_ruri(const struct sip_dest *d);
struct view sip_dest_route(const struct sip_dest *d);

/* How many more requests over UDP may go out now, for who has many to send:
 * with those that were sent and may be answered at any moment no more than
 * the other side has been able to answer at once, our socket has room for
 * answers, and 4,096. More may go as answers come, and 500 ms after those
 * that get none. sip_send() does not ask. */
size_t sip_window(const struct sip *s);

/* One copy to dest, which the transaction keeps a reference of, by way of
 * flow. The Call-ID is made of template's id and key, so that the same pair
 * gives the same one after a restart: a device can drop doubles. a and b are
 * handed to doneh. ENOBUFS: too many transactions, EMSGSIZE: over the
 * datagram's limit, on UDP.
 *
 * The branch is made of the same pair and the branch_key, so that a device
 * takes what a restarted daemon sends again for a retransmission. For
 * SIP_MEMORY_MS after a failure it would be answered with that failure again:
 * flow->anew asks for a new branch. */
enum { SIP_MEMORY_MS = 32 * 1000 };
int sip_send(struct sip *s, struct sip_template *t,
	     const struct sip_flow *flow, const struct sip_dest *dest,
	     uint64_t key, uint64_t a, uint64_t b);

/* Bytes of a copy to dest by way of flow, as sip_send() would send it. */
size_t sip_copy_size(const struct sip *s, const struct sip_template *t,
		     const struct sip_flow *flow,
		     const struct sip_dest *dest);
/* Sets conn to a connection of ours with this peer, of this transport, that
 * this AOR has spoken on, or that is trusted; false: there is none. By the
 * address alone it could be anybody's: behind a NAT ports go from one to the
 * other. */
bool sip_conn_at(const struct sip *s, struct sip_flow *flow, struct view aor);
/* The flow down a connection; false: it is gone. */
bool sip_conn_flow(const struct sip *s, uint64_t conn, struct sip_flow *out);

/* This AOR is known on this connection: it is not among the first to go when
 * there are too many, and may be idle as long as a registration may last.
 * Unknown ids are ignored. */
void sip_conn_known(struct sip *s, uint64_t conn, struct view aor);
/* A user of ours was at the other end of this flow, before a restart: those
 * who guess his password elsewhere do not keep him out there. Other addresses
 * are ignored. */
void sip_user_was(struct sip *s, struct view aor, const struct sip_flow *flow);
/* What comes by this flow is believed, as configured. */
bool sip_trusts(const struct sip *s, const struct sip_flow *flow);
/* The certificate of the other side was verified, and has this alternative
 * name: a DNS name, or a SIP URI without "sip:" (RFC 5922 7.1). */
bool sip_conn_is(const struct sip *s, uint64_t conn, struct view name);

/* What a done handler may ask while it runs, and nobody else: the copy it is
 * about, and the first header of this name in its answer (empty: none, or no
 * answer came). */
struct sip_copy {
	struct view to, ruri;
	struct sip_flow flow;
	size_t body; /* bytes */
};
struct sip_copy sip_done_copy(const struct sip *s);
/* Somebody said something to it, final or not. */
bool sip_done_answered(const struct sip *s);
struct view sip_done_header(const struct sip *s, struct view name);

struct sip_stats {
	uint64_t requests_in, responses_in, requests_out, responses_out;
	uint64_t retransmits_in, retransmits_out, bad, untrusted, overload;
	uint64_t timeouts, send_errors;
	uint64_t auth_failures; /* wrong credentials */
	uint64_t withheld; /* answers too large for who asked */
	uint64_t strays; /* answers that belong to no request of ours */
	uint64_t conns_refused, conns_shed; /* over a limit; for others */
	size_t server_txns, client_txns, conns, subscriptions, publications;
	size_t answers; /* remembered */
	uint64_t dropped; /* unheard or without a word; the kernel's too */
	enum sip_load load; /* at the last request */
	size_t memory, memory_max; /* bytes; max 0: any */
};
void sip_stats(const struct sip *s, struct sip_stats *out);

#endif
