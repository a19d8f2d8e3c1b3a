/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IRC for single users: the gateway in confabd. Each SIP user who speaks on a
 * network for himself has a connection of his own there, his seat: for private
 * messages, for channels that he joins by himself, and as his puppet in linked
 * rooms, all by the same one. Links by the relay are not its business, except
 * for what puppets take over from it.
 */
#ifndef CONFAB_IRC_IGATE_H
#define CONFAB_IRC_IGATE_H

#include "bridge.h"
#include "face.h"
#include "gateway.h"
#include "imap.h"
#include "sink.h"
#include "store.h"

struct igate;

/* A user's own account with a network's services. */
struct igate_account {
	uint64_t id;
	struct view login;   /* borrowed until the next change */
	struct view nick;    /* wanted; empty: as the login */
};

/* Whoever keeps the accounts. All run to their end at once. */
struct igate_accounts {
	int (*find)(const struct addr *owner, struct view network,
		    struct igate_account *out, void *arg);
	/* Hands the password to use; it is wiped afterwards. Else an errno
	 * value with words in why. */
	int (*open)(uint64_t id,
		    int (*use)(struct view password, void *use_arg),
		    void *use_arg, struct buf *why, void *arg);
	/* It was used; error: what came of it, empty: well. */
	void (*note)(uint64_t id, struct view error, void *arg);
	/* Seals and opens the key of a channel, for (owner, place). */
	int (*shut)(struct buf *out, struct view owner, struct view place,
		    struct view secret, void *arg);
	int (*unshut)(struct buf *out, struct view owner, struct view place,
		      struct view sealed, void *arg);
	void *arg;
};

/* First words of a stranger on IRC to a SIP user. */
enum igate_first {
	IGATE_FIRST_ASK,     /* he is asked by /allow N; the words wait */
	IGATE_FIRST_ALLOW,
	IGATE_FIRST_ACCOUNT, /* those known to services are heard, others
				ask */
	IGATE_FIRST_DENY,    /* only whom he wrote to himself */
};

enum igate_identity { IGATE_BY_RELAY, IGATE_BY_RELAYMSG, IGATE_BY_PUPPETS };

/* What is configured of a link. */
struct igate_link {
	enum igate_identity identity;
	size_t max_puppets;  /* 0: 200 */
	bool expels;         /* who is kicked or banned there is removed
				here */
	const char *key;     /* of the channel; or "" */
};

struct igate_conf {
	struct loop *loop;     /* all borrowed */
	struct hub *hub;
	struct store *store;
	struct bridge *bridge; /* "irc" */
	struct imap *map;      /* a reference is taken; NULL: puppets only */
	const struct igate_accounts *accounts; /* NULL: there are none */
	const char *domain;    /* of our SIP users */
	enum igate_first first;
	unsigned idle_s;       /* a seat without use leaves; 0: 3,600 */
	unsigned delay_s;      /* what waits for a seat, at most; 0: 90 */
	size_t seats;          /* in all; 0: 1,000 */
	size_t seat_channels;  /* of one; 0: 20 */
	size_t waiting;        /* texts that wait for one seat; 0: 50 */
	unsigned logins_rate;  /* tenths of a login a second and network;
				  0: 10 */
	unsigned peer_rate;    /* messages a second from one nick; 0: 2 */
	const char *nick_suffix; /* tried first where a nick is taken, and
				  always with nick_always; "" : "_" ... */
	bool nick_always;
	const char *contact;   /* shown to network staff; may be "" */
	/* False: this user may be on no network at present. NULL: all may. */
	bool (*may)(const struct addr *user, void *arg);
	void *may_arg;
	/* Is nobody to go to this network now? Adds why. May be NULL. */
	bool (*is_off)(struct view network, struct buf *why, void *arg);
	/* Someone of its staff (who) wants all of us gone. May be NULL. */
	void (*unwanted)(struct view network, struct view who, void *arg);
	/* Fills in what is configured of this link; else leaves it. */
	void (*link)(struct view label, struct igate_link *out, void *arg);
	void *link_arg;        /* of these */
};

/* EINVAL with why. Registers itself with the hub and the bridge. */
int igate_new(struct igate **gp, const struct igate_conf *conf,
	      struct buf *why);
/* From now on as conf says: all numbers, first, contact. */
void igate_reconf(struct igate *g, const struct igate_conf *conf);
/* While the store loads: rows of network "irc" only count. */
void igate_load_visit(const struct store_visit *v, void *arg);
void igate_load_kept(const struct store_kept *k, void *arg);
/* After hub_start(). */
int igate_start(struct igate *g);
/* Before hub_stop(): says goodbye; nothing is called up any more. */
void igate_stop(struct igate *g);
/* After hub_free(), before bridge_free(). NULL is allowed. */
void igate_free(struct igate *g);
/* This user's account on this network is another one now, or gone. */
void igate_account_changed(struct igate *g, struct addr *owner,
			   struct view network);
/* conf.may() says something else of this user now: he is off all networks at
 * once, or back. gone: there is no such user any more, and nothing stays of
 * what he did there. */
void igate_user_changed(struct igate *g, struct addr *user, bool gone);
/* This network is a new one, or is gone: who was on it is not. */
void igate_network_changed(struct igate *g, struct view network);
/* conf.is_off() says so from now on: all leave it, with these words. */
void igate_network_off(struct igate *g, struct view network,
		       struct view words);
/* One line for each network, then for each seat. */
int igate_status(struct igate *g, struct sink *out);

#endif
