/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection to an IRC server: name look-up, TCP or TLS, login with a
 * free nick, PING both ways, the queue. It never reconnects by itself.
 */
#ifndef CONFAB_IRCB_CONN_H
#define CONFAB_IRCB_CONN_H

#include "dns.h"
#include "event.h"
#include "names.h"
#include "out.h"
#include "worker.h"

struct ircb_conn;

/* All strings are borrowed and must outlive the connection. */
struct ircb_conn_conf {
	struct loop *loop;
	struct dns *dns;
	const char *server;
	uint16_t port;
	bool tls;
	const char *ca_file; /* "": the system's */
	const char *nick, *username, *realname;
	const char *password; /* "": none */
	unsigned flood_burst;
	uint64_t flood_ms;
	uint64_t silence_ms; /* after this a PING of ours asks */
	uint64_t pong_ms;    /* and this long it may take to answer */
};

/* None runs before ircb_conn_new() returned, nor after ircb_conn_close(); each
 * may call that. */
struct ircb_conn_ops {
	/* Logged in. */
	void (*up)(void *arg);
	/* What the server said, but for login, PING and PONG. */
	void (*event)(const struct ircb_event *ev, void *arg);
	/* The server has taken a message. Must not call back. */
	ircb_out_h *delivered;
	/* Over, with words for the operator. Once; the connection is dead. */
	void (*lost)(enum worker_lost why, struct view words, void *arg);
};

/* Begins to connect. EINVAL and others with words in why. */
int ircb_conn_new(struct ircb_conn **cp, const struct ircb_conn_conf *conf,
		  const struct ircb_conn_ops *ops, void *arg, struct buf *why);
/* No handler runs any more. quit: sent as a last word where we are logged in;
 * may be empty. NULL is allowed; returns NULL. */
struct ircb_conn *ircb_conn_close(struct ircb_conn *c, struct view quit);

bool ircb_conn_is_up(const struct ircb_conn *c);
struct view ircb_conn_nick(const struct ircb_conn *c);
const struct ircb_support *ircb_conn_support(const struct ircb_conn *c);
bool ircb_conn_is_us(const struct ircb_conn *c, struct view nick);
/* The queue, to ask and to forget. */
struct ircb_out *ircb_conn_out(struct ircb_conn *c);

/* Queues a command. Errors as ircb_encode() and ircb_out_control(). */
int ircb_conn_send(struct ircb_conn *c, const char *command,
		   const struct view *params, size_t count);
/* Queues a message. Errors as ircb_say() and ircb_out_say(). */
int ircb_conn_say(struct ircb_conn *c, struct view channel,
		  const struct worker_say *say);

#endif
