/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection, and all of them; for conn*.c only. */
#ifndef CONFAB_CONN_SET_PRIV_H
#define CONFAB_CONN_SET_PRIV_H

#include "conn_priv.h"
#include "hash.h"
#include "list.h"
#include "stream.h"
#include "ws.h"

enum {
	CONN_USERS = 4,
	CONN_OF_USER = 16, /* more than he may have devices */
};

enum conn_state {
	CONN_OPENING, /* connecting, or in the TLS handshake */
	CONN_OPEN,
	CONN_CHOKED,  /* the other side takes nothing: about to end */
};

struct source;

struct conn {
	struct hnode by_id, by_peer;
	/* Accepted ones that nobody is known on: in the order of the last
	 * message; and those that shake hands, in the order they came. */
	struct lnode by_age, by_start;
	struct conns *set;     /* borrowed */
	struct stream *stream; /* owned */
	struct ws *ws;         /* owned; NULL: no WebSocket */
	struct source *source; /* borrowed: counted there; NULL: is not */
	struct wtimer timer;   /* idle, or for the message under way */
	enum sip_transport transport;
	enum conn_state state;
	struct netaddr peer;
	char *tls_name;        /* owned: what we asked for; NULL: nothing */
	struct buf names;      /* of the peer's certificate, a line each */
	uint64_t heard_ms;     /* the last message, or the start */
	uint64_t messages;     /* that came in */
	uint64_t users[CONN_USERS]; /* hashes of those known on it; 0: none */
	unsigned last_user;
	uint64_t known_by;     /* for whose sake it stays, if known */
	uint32_t id;
	size_t live;           /* transactions that wait for an answer */
	size_t seen;           /* bytes searched for the end of the head */
	size_t need;           /* bytes of the message, once known */
	unsigned blank;        /* bytes of the keep-alive so far */
	bool partial;          /* the timer is the message's */
	bool accepted;
	bool known;
};

struct conns {
	struct conns_setup setup;
	struct sip_limits limits;
	struct conn_ops ops;
	struct htable by_id, by_peer; /* own the connections */
	struct list strangers, starting;
	struct htable sources;        /* owns them, as does the next */
	struct htable regulars;       /* users for whom some stay */
	size_t accepted;
	uint32_t last_id;
	struct conns_stats stats;
	struct prescan pre;
};

/* ---- conn.c ---- */

void conn_end(struct conn *c, const char *why);

/* ---- conn_frame.c: what comes in ---- */

/* Sets what bytes of the stream go through, for an accepted WebSocket. */
void conn_frame_init(struct conn *c);
void conn_data(struct conn *c, struct buf *in);
/* (Re)starts the time that this connection has. */
void conn_time(struct conn *c, bool partial);

/* ---- conn_limit.c: how many there may be ---- */

bool conn_knows(const struct conn *c, uint64_t user);

/* One more from here? Where all are too many, the one that was idle longest
 * goes, if it was for a while. */
bool conn_limit_takes(struct conns *cs, const struct netaddr *peer);
/* An accepted connection counts. */
void conn_limit_add(struct conn *c);
/* The handshake is over. */
void conn_limit_started(struct conn *c);
/* It said something. */
void conn_limit_heard(struct conn *c);
/* This user is known on it: it does not go for others, unless CONN_OF_USER
 * stay for him already. */
void conn_limit_known(struct conn *c, uint64_t user);
void conn_limit_del(struct conn *c);

#endif
