/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client's connection to an XMPP server: names to addresses, TCP, TLS from
 * the start or by STARTTLS, login, and then the stream. Nothing in it waits.
 * What the server sends is read with limits (xlimit.h); libstrophe only does
 * the login, behind a socketpair (shim.h), and is told no more than that
 * takes. It never tries again by itself.
 */
#ifndef CONFAB_JABBER_FRONT_H
#define CONFAB_JABBER_FRONT_H

#include <strophe.h>

#include "dns.h"
#include "list.h"
#include "stream.h"
#include "worker.h"

struct front;

enum front_tls {
	FRONT_STARTTLS, /* or from the start, where SRV says so */
	FRONT_DIRECT,   /* from the start */
	FRONT_PLAIN     /* none; only for loopback addresses */
};

/* All is borrowed, and must live as long as the connection or until it is
 * up. */
struct front_conf {
	struct loop *loop;
	struct dns *dns;
	xmpp_ctx_t *ctx;
	struct list *leaving; /* where it waits for the server's goodbye */
	const char *jid;      /* full */
	const char *domain;   /* its domain in ASCII: the certificate's name */
	const char *password;
	const char *server;   /* "": by SRV */
	uint16_t port;        /* 0: the usual one */
	enum front_tls mode;
	struct tls_ctx *tls;  /* unless PLAIN */
	/* Up comes before a resource is bound, with no address: for who has
	 * one still (XEP-0198 5). */
	bool unbound;
};

/* None runs before front_new() returned, nor after front_close() or
 * front_leave(); each may call these. */
struct front_ops {
	/* Logged in, with this full address. */
	void (*up)(struct view own, void *arg);
	/* After up: all that is no stream error; s is borrowed. */
	void (*stanza)(xmpp_stanza_t *s, void *arg);
	/* Not NULL: runs instead, for all that comes, with stream errors, as
	 * flat elements (elem.h); empty: one was too much for that. */
	void (*flat)(struct view flat, void *arg);
	/* Over, with words for the operator. Once; the connection is dead. */
	void (*lost)(enum worker_lost why, struct view words, void *arg);
};

/* Begins to connect. conf is copied, ops must outlive it. */
struct front *front_new(const struct front_conf *conf,
			const struct front_ops *ops, void *arg);
/* Queues XML of ours. ENOTCONN: not up; EBUSY: the server takes nothing any
 * more, or not fast enough. */
int front_send(struct front *f, struct view xml);
/* Up: does the server offer XEP-0198? */
bool front_offers_sm(const struct front *f);
/* From within lost: was it we who ended it, for what the server sent? It would
 * send the same again. */
bool front_refused(const struct front *f);
/* The server shall wait, or go on. What has come is still handed up. */
void front_pause(struct front *f, bool paused);
/* Gone, without a word. NULL is allowed; returns NULL. */
struct front *front_close(struct front *f);
/* Ends the stream in order, and then goes by itself: when the server has
 * closed, or after a moment. NULL is allowed; returns NULL. */
struct front *front_leave(struct front *f);
/* Those that are leaving go at once. */
void front_end_all(struct list *leaving);

#endif
