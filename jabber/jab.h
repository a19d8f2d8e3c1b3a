/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker as a whole: our loop, with all accounts and rooms.
 */
#ifndef CONFAB_JABBER_JAB_H
#define CONFAB_JABBER_JAB_H

#include <strophe.h>

#include "dns.h"
#include "hash.h"
#include "list.h"
#include "loop.h"
#include "trust.h"
#include "worker.h"

enum {
	/* A login costs 12 ms of key stretching, and a descriptor below
	 * 1,024; how long a server takes for it costs others nothing. */
	LOGINS_MAX = 64,
	LOGINS_DOMAIN_MAX = 8, /* of these at one domain */
};

struct jab {
	struct worker *worker;  /* borrowed */
	struct loop *loop;      /* borrowed */
	struct dns *dns;        /* owned */
	xmpp_ctx_t *ctx;        /* owned; for stanzas only */
	struct trust trust;
	struct htable accounts; /* by id */
	struct htable rooms;    /* by leg */
	struct htable components, clients; /* by session */
	struct list waiting;    /* struct turn: who wants to log in */
	struct list logins;     /* and who does, at most LOGINS_MAX */
	struct list leaving;    /* struct front: connections at their end */
	struct loop_idle work;
};

int jab_start(struct jab *j, struct worker *w, struct loop *l);
/* Logs all accounts out, frees everything, says worker_done(). */
void jab_stop(struct jab *j);
/* Somebody waits to log in, or is done: at the end of this turn. */
void jab_poke(struct jab *j);
/* 16 hex digits that nobody can guess, for ids. */
struct view jab_id(char dst[20], char letter, uint64_t n);

#endif
