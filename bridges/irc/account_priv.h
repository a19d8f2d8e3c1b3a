/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What account.c (accounts), leg.c (their channels) and heard.c (what the
 * server says) share. */
#ifndef CONFAB_IRCB_ACCOUNT_PRIV_H
#define CONFAB_IRCB_ACCOUNT_PRIV_H

#include "account.h"
#include "conn.h"
#include "hash.h"
#include "list.h"
#include "reply.h"

/* How many lines of a channel's past we ask for at most. */
enum {
	IRCB_HISTORY_MAX = 200, /* at once */
	IRCB_HISTORY_PAGES = 10,
	IRCB_PLACES_MAX = 256
};

/* What was heard last in a channel, kept when its legs are lost. */
struct ircb_place {
	struct lnode node; /* in the account */
	uint64_t heard_ms; /* the server's time, or ours */
	uint64_t since_ms; /* what was asked for is later than this ... */
	uint64_t until_ms; /* and earlier than what was heard live; 0: yet */
	size_t most;       /* lines of the page that was asked for; 0: none */
	size_t lines;      /* that came of it */
	unsigned pages;    /* asked for since we joined */
	char name[IRCB_CHANNEL_MAX + 1];
};

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
	struct htable guests;  /* owned: struct guest, by id */
};

struct ircb_account {
	struct lnode node;	/* in the pool */
	struct ircb_pool *pool; /* borrowed */
	uint32_t id;
	struct view label;	    /* owned */
	struct ircb_conn_conf conf; /* strings owned */
	struct ircb_server servers[IRCB_SERVERS_MAX]; /* those of conf */
	struct list places; /* owned: struct ircb_place */
	struct wtimer keep; /* what the next worker is to know has changed */
	bool was_up;		      /* this session was */
	char old_nick[IRCB_NICK_MAX]; /* in the session before; or "" */
	struct ircb_conn *conn;	    /* ref; NULL: not wanted */
	struct list legs;	    /* owned: struct ircb_leg */
	struct ircb_reply reply;
	char *staff, *contact; /* owned; may be "": see manners.h */
	bool sent_away;        /* by that staff */
	struct wtimer idle; /* no leg is left */
};

struct ircb_leg {
	struct hnode hnode;	      /* in the pool */
	struct lnode node;	      /* in the account */
	struct ircb_account *account; /* borrowed */
	uint64_t id;
	enum ircb_leg_state state;
	struct wtimer late; /* JOIN is not answered */
	char *key;          /* owned, wiped; of the channel, or "" */
	bool by_name;       /* RELAYMSG, where the server has it */
	char expelled[IRCB_NICK_MAX]; /* thrown out just now; or "" */
	char place[IRCB_CHANNEL_MAX + 1];
};

/* No leg is left: it goes, if that stays so for a while. */
void ircb_account_idle(struct ircb_account *a);

/* ---- leg.c ---- */

struct ircb_leg *ircb_leg_find(const struct ircb_pool *p, uint64_t id);
struct ircb_leg *ircb_leg_new(struct ircb_account *a,
			      const struct worker_join *j);
/* The account is up: JOIN, where no other leg is there. */
void ircb_leg_enter(struct ircb_leg *leg);
/* PART, when this was the channel's last leg; frees it. */
void ircb_leg_leave(struct ircb_leg *leg, struct view reason);
/* All of them, without a word. */
void ircb_legs_drop(struct ircb_account *a);
/* Gone: tells confabd, frees it. */
void ircb_leg_lost(struct ircb_leg *leg, enum worker_lost why,
		   struct view words);
/* We are in its channel: tells confabd. */
void ircb_leg_up(struct ircb_leg *leg);

/* ---- past.c: what was missed while we were away ---- */

/* We are in the channel: asks for what was said since we heard it last. False:
 * that can't be had. */
bool ircb_past_ask(struct ircb_account *a, struct view channel);
/* Something was said there at this time. */
void ircb_past_heard(struct ircb_account *a, const struct ircb_event *ev,
		     uint64_t time_ms);
/* A line of the past came: when a page is full there may be another. */
void ircb_past_line(struct ircb_account *a, const struct ircb_event *ev);
/* When a line was said: by its tag, where that can be. */
uint64_t ircb_past_time(const struct ircb_event *ev);
/* Is a line of the past one that we know, or said ourselves? */
bool ircb_past_known(struct ircb_account *a, const struct ircb_event *ev,
		     uint64_t time_ms);
void ircb_past_free(struct ircb_account *a);
/* Up to when each channel was heard: for the next worker (keep.h). */
void ircb_past_put(const struct ircb_account *a, struct buf *b);
void ircb_past_take(struct ircb_account *a, struct view kept);
/* It has changed: confabd is told soon. */
void ircb_keep_soon(struct ircb_account *a);

/* ---- comings.c ---- */

/* Others in our channels come and go: tells confabd. */
void ircb_comings(struct ircb_account *a, const struct ircb_event *ev);

/* ---- expel.c: people thrown out of our channels ---- */

void ircb_expel(struct ircb_leg *leg, bool ban, struct view nick,
		struct view reason);
/* A KICK, or what may be a refusal of one. */
void ircb_expel_event(struct ircb_account *a, const struct ircb_event *ev);

/* The handler of the connection. */
void ircb_account_event(const struct ircb_event *ev, void *arg);

#endif
