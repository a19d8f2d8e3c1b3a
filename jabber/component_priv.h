/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A component's insides: component.c (what passes), component_link.c (the
 * connection and its stream), component_proof.c (what the server has). */
#ifndef CONFAB_JABBER_COMPONENT_PRIV_H
#define CONFAB_JABBER_COMPONENT_PRIV_H

#include "component.h"
#include "stream.h"
#include "xflat.h"

enum component_state {
	COMPONENT_RESOLVING,
	COMPONENT_CONNECTING,
	COMPONENT_GREETED,   /* our header is out */
	COMPONENT_PROVING,   /* the handshake is out */
	COMPONENT_UP,
	COMPONENT_ENDED,     /* told; to be freed */
};

enum { ANSWER_MS = 20 * 1000 }; /* for a ping's answer */

/* Told of when the server has taken so many bytes. */
struct proof {
	struct lnode node;
	uint64_t tag, at;
};

struct component {
	struct hnode by_id;     /* jab.components */
	struct jab *jab;        /* borrowed */
	uint32_t id;
	enum component_state state;
	char *domain, *host, *secret; /* owned; the secret is wiped */
	uint16_t port;

	struct dns_query *query; /* borrowed while RESOLVING */
	struct netaddr addrs[DNS_ADDRS_MAX];
	size_t addr_count, addr_next;
	struct stream *stream;   /* owned */
	struct xlimit *reader;   /* owned */
	struct xflat flat;
	struct buf out;          /* owned; scratch for one stanza */
	uint64_t written;        /* bytes in all, of this stream */
	struct list proofs;      /* owned */
	struct wtimer barrier;   /* the next, or its answer's limit */
	char barrier_id[20];     /* "": none is out */
	uint64_t barrier_mark;   /* what its answer proves */
	uint64_t barrier_at;     /* ms */
	bool barrier_works;      /* one was answered */
	bool by_kernel;          /* none ever is: the kernel's word counts */
	struct wtimer timer;     /* the login's limit, then pings */
	struct wtimer slow;      /* paused: may it go on? */
	struct loop_idle end;    /* freed by the next turn */
	uint64_t heard_at;       /* ms */
	bool pinged;
};

/* ---- component_link.c ---- */

void link_begin(struct component *c);
/* Over: told to the daemon once, freed soon. */
void link_end(struct component *c, enum worker_lost why, struct view text);
void link_close(struct component *c);
/* Bytes of a whole stanza. ENOBUFS, ENOTCONN. */
int link_write(struct component *c, struct view xml);
void link_ping(struct component *c, struct view to, const char *id);

/* ---- component_proof.c ---- */

/* To ourselves, through the server: it comes back behind all that we wrote
 * before, and goes nowhere else. */
void link_barrier(struct component *c);
void link_drained(void *arg); /* stream_ops.drain */
/* What was written is to be told of once the server has it. */
void link_prove(struct component *c);
/* Is it the answer that proves it? */
bool link_is_answer(struct component *c, const struct elem *e);

/* ---- component.c ---- */

/* A stanza is in c->flat. */
void component_stanza(struct component *c);

#endif
