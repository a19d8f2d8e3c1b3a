/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What account.c (accounts, legs) and heard.c (what the server says) share. */
#ifndef CONFAB_IRCB_ACCOUNT_PRIV_H
#define CONFAB_IRCB_ACCOUNT_PRIV_H

#include "account.h"
#include "conn.h"
#include "hash.h"
#include "list.h"
#include "reply.h"

enum ircb_leg_state {
	IRCB_LEG_WAITING, /* for the connection */
	IRCB_LEG_JOINING, /* JOIN is on its way */
	IRCB_LEG_UP
};

struct ircb_pool {
	struct worker *worker; /* borrowed */
	struct loop *loop;     /* borrowed */
	struct dns *dns;       /* owned; NULL before start */
	struct list accounts;  /* owned: struct ircb_account */
	struct htable legs;    /* of all accounts, by id */
};

struct ircb_account {
	struct lnode node;	/* in the pool */
	struct ircb_pool *pool; /* borrowed */
	uint32_t id;
	struct view label;	    /* owned */
	struct ircb_conn_conf conf; /* strings owned */
	struct ircb_conn *conn;	    /* ref; NULL: not wanted */
	struct list legs;	    /* owned: struct ircb_leg */
	struct ircb_reply reply;
	struct wtimer idle; /* no leg is left */
};

struct ircb_leg {
	struct hnode hnode;	      /* in the pool */
	struct lnode node;	      /* in the account */
	struct ircb_account *account; /* borrowed */
	uint64_t id;
	enum ircb_leg_state state;
	struct wtimer late; /* JOIN is not answered */
	char place[IRCB_CHANNEL_MAX + 1];
};

/* Gone: tells confabd, frees it. */
void ircb_leg_lost(struct ircb_leg *leg, enum worker_lost why,
		   struct view words);
/* We are in its channel: tells confabd. */
void ircb_leg_up(struct ircb_leg *leg);
/* The handler of the connection. */
void ircb_account_event(const struct ircb_event *ev, void *arg);

#endif
