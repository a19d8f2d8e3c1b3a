/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What conn.c (transport, queue), inbound.c (lines of the server) and login.c
 * (who we are) share. */
#ifndef CONFAB_IRCB_CONN_PRIV_H
#define CONFAB_IRCB_CONN_PRIV_H

#include "conn.h"
#include "hash.h"
#include "shim.h"
#include "stream.h"

/* What our PINGs behind messages carry, and a number. */
#define IRCB_BARRIER "cf-"

enum ircb_conn_state {
	IRCB_RESOLVING,
	IRCB_CONNECTING,
	IRCB_LOGIN,
	IRCB_UP,
	IRCB_CLOSED
};

struct ircb_conn {
	struct ircb_conn_conf conf;
	const struct ircb_conn_ops *ops; /* borrowed: static */
	void *arg;
	enum ircb_conn_state state;
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
};

void ircb_conn_set_state(struct ircb_conn *c, enum ircb_conn_state state);
/* Over: tells the owner, who may free c. */
void ircb_conn_lost(struct ircb_conn *c, enum worker_lost why,
		    struct view words);
/* At once, before all that waits. Errors as ircb_encode(), stream_write(). */
int ircb_conn_send_now(struct ircb_conn *c, const char *command,
		       const struct view *params, size_t count);

/* The queue is to move: soon, from the loop, never inside a caller. */
void ircb_conn_pump(struct ircb_conn *c);

/* The stream's handler of bytes; arg is the connection. */
void ircb_inbound(struct buf *in, void *arg);

/* PASS, NICK, USER. */
int ircb_login_begin(struct ircb_conn *c);
/* Takes what concerns login and our own names. True: nobody else needs to see
 * it (c may be closed by now). */
bool ircb_login_event(struct ircb_conn *c, const struct ircb_event *ev);
/* The bytes that servers put before what we say: ":nick!user@host ". */
size_t ircb_login_prefix(const struct ircb_conn *c);

#endif
