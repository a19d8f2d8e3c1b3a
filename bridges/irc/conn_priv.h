/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What conn.c (life, queue), conn_dial.c (the way there), inbound.c (lines of
 * the server) and login.c (who we are) share. */
#ifndef CONFAB_IRCB_CONN_PRIV_H
#define CONFAB_IRCB_CONN_PRIV_H

#include "batch.h"
#include "caps.h"
#include "charset.h"
#include "conn.h"
#include "hash.h"
#include "more.h"
#include "people.h"
#include "sasl.h"
#include "shim.h"
#include "stream.h"

/* What our PINGs behind messages carry, and a number. */
#define IRCB_BARRIER "cf-"

enum { IRCB_ACCOUNT_MAX = 128 };

enum ircb_conn_state {
	IRCB_RESOLVING,
	IRCB_CONNECTING,
	IRCB_LOGIN,
	IRCB_IDENTIFY, /* logged in; services are to know us first */
	IRCB_UP,
	IRCB_CLOSED
};

struct ircb_conn {
	struct ircb_conn_conf conf;
	const struct ircb_conn_ops *ops; /* borrowed: static */
	void *arg;
	enum ircb_conn_state state;
	struct ircb_server *server; /* borrowed: of conf; the one tried */
	size_t servers_left;	    /* not tried yet */
	unsigned session;	    /* number of the stream */
	uint16_t sts_port;	    /* the server said so just now; 0: no */
	bool has_bind;
	struct netaddr bind;
	struct ircb_charset *charset; /* ref */
	struct dns_query *query; /* owned while resolving */
	struct netaddr addrs[DNS_ADDRS_MAX];
	size_t addrs_count, addr; /* the one being tried */
	struct stream *stream;	  /* owned */
	struct tls_ctx *tls;	  /* ref; NULL: plain */
	struct ircb_shim *shim;	  /* owned; from login on */
	struct ircb_out *out;	  /* owned */
	struct wtimer pump;	  /* the queue may go on */
	struct wtimer watch;	  /* has the server gone silent? */
	uint64_t heard_ms;	  /* last byte of the server */
	uint64_t since_ms;	  /* state entered */
	uint64_t asked_ms;	  /* our PING went out; 0: none is */

	char nick[IRCB_NICK_MAX];    /* as asked for, then as it is */
	unsigned tries;		     /* nicks tried */
	size_t nick_room;	     /* longest nick to try; 0: no limit */
	char userhost[IRCB_OUT_MAX]; /* "user@host" as others see it, or "" */
	struct ircb_support support;

	struct ircb_people *people; /* ref */
	struct ircb_more more;
	struct ircb_caps caps;
	struct ircb_batches batches;
	struct ircb_sasl *sasl; /* ref, while it runs */
	unsigned sasl_failed;	/* bits of enum ircb_mech */
	bool cap_ended;		/* CAP END is out */
	bool banned;		/* lost, and not for what we are */
	bool knocked;		/* services were asked for our nick */
	char account[IRCB_ACCOUNT_MAX]; /* "": services do not know us */
	struct wtimer nick_timer; /* services are late; our nick again */
};

void ircb_conn_set_state(struct ircb_conn *c, enum ircb_conn_state state);
/* Over: tells the owner, who may free c. */
void ircb_conn_lost(struct ircb_conn *c, enum worker_lost why,
		    struct view words);
/* With what the server's line says, behind what. */
void ircb_conn_lost_line(struct ircb_conn *c, const struct ircb_line *l,
			 enum worker_lost why, const char *what);
/* The queue is to move: soon, from the loop, never inside a caller. */
void ircb_conn_pump(struct ircb_conn *c);

/* Looks after a silent server from now on. */
void ircb_conn_watch(struct ircb_conn *c);

/* ---- conn_dial.c ---- */

/* Begins with the server that it is at. */
int ircb_conn_look_up(struct ircb_conn *c);
/* Where TLS is wanted and was not made yet; else why. */
int ircb_conn_make_tls(struct ircb_conn *c, struct buf *why);
/* By TLS, to the same address but this port: sts. */
void ircb_conn_secure(struct ircb_conn *c, uint16_t port);
bool ircb_conn_is_secure(const struct ircb_conn *c);
/* May a password cross it? */
bool ircb_conn_is_private(const struct ircb_conn *c);
/* ---- inbound.c ---- */

/* The stream's handler of bytes; arg is the connection. */
void ircb_inbound(struct buf *in, void *arg);

/* ---- negotiate.c: CAP and SASL ---- */

int ircb_negotiate_begin(struct ircb_conn *c);
/* CAP, AUTHENTICATE; true: it was one. c may be closed by now. */
bool ircb_negotiate_command(struct ircb_conn *c, const struct ircb_line *l);
bool ircb_negotiate_numeric(struct ircb_conn *c, const struct ircb_line *l);
/* Is a login with services wanted that did not happen? */
bool ircb_negotiate_missed(const struct ircb_conn *c);
/* There is no use in going on without it: tells so and ends the connection. */
void ircb_negotiate_failed(struct ircb_conn *c);

/* ---- services.c: NickServ, and the nick that we would like to have ---- */

/* Welcome was said: up at once, or when NickServ knows us. */
void ircb_services_welcome(struct ircb_conn *c);
/* An event that may be about it; for others to see as well. */
void ircb_services_event(struct ircb_conn *c, const struct ircb_event *ev);

/* ---- login.c ---- */

/* WEBIRC, CAP, PASS, NICK, USER. */
int ircb_login_begin(struct ircb_conn *c);
/* Takes what concerns login and our own names. True: nobody else needs to see
 * it (c may be closed by now). */
bool ircb_login_event(struct ircb_conn *c, const struct ircb_event *ev);
/* The bytes that servers put before what we say: ":nick!user@host ". */
size_t ircb_login_prefix(const struct ircb_conn *c);

#endif
