/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker as a whole: one libstrophe context, driven by our loop, with
 * all accounts and rooms.
 *
 * libstrophe must not be asked to free a connection from inside its own
 * xmpp_run_once(): what is to go is put aside and freed after it.
 */
#ifndef CONFAB_JABBER_JAB_H
#define CONFAB_JABBER_JAB_H

#include <strophe.h>

#include "dns.h"
#include "hash.h"
#include "list.h"
#include "loop.h"
#include "quota.h"
#include "worker.h"

/* A login costs 12 ms of key stretching and may wait inside libstrophe. */
enum { LOGINS_MAX = 2 };

struct account;

/* What libstrophe's callbacks get: it outlives the account's interest. */
struct jab_conn {
	xmpp_conn_t *conn;       /* owned */
	struct account *account; /* borrowed; NULL: to be freed */
};

struct jab {
	struct worker *worker;  /* borrowed */
	struct loop *loop;      /* borrowed */
	struct dns *dns;        /* owned */
	xmpp_ctx_t *ctx;        /* owned */
	struct quota quota;
	struct htable accounts; /* by id */
	struct htable rooms;    /* by leg */
	struct htable components; /* by session */
	struct list waiting;    /* accounts that want to log in */
	struct list logins;     /* accounts that do, at most LOGINS_MAX */
	struct account *slots[LOGINS_MAX]; /* the same; see login.c */
	struct loop_idle pump;
	struct wtimer tick;
	struct jab_conn **dead; /* owned, and what is in it */
	size_t dead_count;
	size_t conns;           /* alive */
	bool inside;            /* of xmpp_run_once() */
	bool stopping;
};

int jab_start(struct jab *j, struct worker *w, struct loop *l);
/* Logs all accounts out, frees everything, says worker_done(). */
void jab_stop(struct jab *j);
/* There is something to send or to begin: at the end of this turn. */
void jab_poke(struct jab *j);
struct jab_conn *jab_conn_new(struct jab *j, struct account *a);
/* Takes c: it is freed when that is safe. */
void jab_bury(struct jab *j, struct jab_conn *c);
/* 16 hex digits that nobody can guess, for ids. */
struct view jab_id(char dst[20], char letter, uint64_t n);

#endif
