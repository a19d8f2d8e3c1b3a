/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An account's insides, for account.c (its life) and login.c (its
 * connection). */
#ifndef CONFAB_JABBER_ACCOUNT_PRIV_H
#define CONFAB_JABBER_ACCOUNT_PRIV_H

#include "account.h"
#include "creds.h"
#include "turn.h"

enum account_state {
	ACCOUNT_OFF,
	ACCOUNT_WAITING, /* for one of the LOGINS_MAX places */
	ACCOUNT_LOGIN,   /* up to a bound resource */
	ACCOUNT_ONLINE,
};

enum { ANSWERED_MAX = 16 };

struct answered {
	uint64_t who; /* hash */
	uint64_t at;  /* ms; 0: unused */
};

struct account {
	struct hnode node;      /* jab.accounts */
	struct turn turn;
	struct jab *jab;        /* borrowed */
	uint32_t id;
	enum account_state state;
	struct list rooms;      /* struct room, which the account owns */

	char *label;            /* owned */
	struct creds creds;

	struct front *front;     /* owned; LOGIN and ONLINE */

	struct wtimer timer;     /* of the login; then: is it still alive? */
	struct wtimer linger;    /* no room is left */
	struct wtimer slow;      /* the daemon is slower than the server */
	uint64_t heard_at;       /* ms */
	uint64_t ping_at;        /* ms; 0: none is out */
	struct answered answered[ANSWERED_MAX]; /* a ring */
	size_t answered_next;
};

void account_set_state(struct account *a, enum account_state state);
/* Over: tells the daemon, frees the rooms. */
void account_end(struct account *a, enum worker_lost why, struct view text);
void account_went_online(struct account *a, struct view own);

/* It is its turn. */
void login_begin(struct turn *t);
/* From any state: back to none, without a word to anybody. */
void login_drop(struct account *a);

#endif
