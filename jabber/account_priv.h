/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An account's insides, for account.c (its life) and login.c (the way to
 * being online). */
#ifndef CONFAB_JABBER_ACCOUNT_PRIV_H
#define CONFAB_JABBER_ACCOUNT_PRIV_H

#include "account.h"

enum account_state {
	ACCOUNT_OFF,
	ACCOUNT_WAITING,    /* for one of the LOGINS_MAX places */
	ACCOUNT_RESOLVING,
	ACCOUNT_NEXT,       /* to try the next address */
	ACCOUNT_CONNECTING, /* up to a bound resource */
	ACCOUNT_ONLINE,
	ACCOUNT_CLOSING,
};

enum { CERT_WHY_MAX = 128, ANSWERED_MAX = 16 };

struct answered {
	uint64_t who; /* hash */
	uint64_t at;  /* ms; 0: unused */
};

struct account {
	struct hnode node;      /* jab.accounts */
	struct lnode queued;    /* jab.waiting or jab.logins */
	struct jab *jab;        /* borrowed */
	uint32_t id;
	enum account_state state;
	struct list rooms;      /* struct room, which the account owns */

	/* Settings; all owned. */
	char *label, *jid, *domain, *password, *server, *ca_file;
	char *fault;            /* why it can't work, or NULL */
	uint16_t port;
	bool tls;

	/* Where to. */
	struct dns_query *query; /* borrowed while RESOLVING */
	bool srv;                /* the query is for SRV */
	struct netaddr addrs[DNS_ADDRS_MAX];
	size_t addr_count, addr_next;

	/* The connection. */
	xmpp_conn_t *conn;       /* borrowed: link's, or NULL */
	struct jab_conn *link;   /* owned, until jab_bury() */
	int fd;                  /* owned: duplicate of its socket, or -1 */
	struct loop_watch *watch; /* owned */
	int watched;             /* LOOP_* flags */
	bool tcp, secured, stalled;
	char cert[CERT_WHY_MAX];

	struct wtimer timer;     /* of the login; then: is it still alive? */
	struct wtimer linger;    /* no room is left */
	uint64_t heard_at;       /* ms */
	uint64_t ping_at;        /* ms; 0: none is out */
	struct answered answered[ANSWERED_MAX]; /* a ring */
	size_t answered_next;
};

void account_set_state(struct account *a, enum account_state state);
/* Over: tells the daemon, frees the rooms. */
void account_end(struct account *a, enum worker_lost why, struct view text);
void account_went_online(struct account *a);

void login_begin(struct account *a);
/* It worked: another may log in. */
void login_done(struct account *a);
void login_next_address(struct account *a);
/* From any state: back to none, without a word to anybody. */
void login_drop(struct account *a);
void login_watch(struct account *a);
void login_setup(struct jab *j);

#endif
