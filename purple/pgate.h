/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every other network, through libpurple: the gateway in confabd. A SIP user
 * may have several accounts (rows of purplemap); each is a session of a
 * confab-purple worker. What the old module's functions did (messages,
 * publications, subscriptions of mapped users) happens by itself.
 */
#ifndef CONFAB_PURPLE_PGATE_H
#define CONFAB_PURPLE_PGATE_H

#include "bridge.h"
#include "gateway.h"
#include "pmap.h"
#include "sink.h"
#include "store.h"

struct pgate;

/* When an account logs in by itself. */
enum pgate_login { PGATE_ALWAYS, PGATE_PRESENCE, PGATE_MANUAL };
/* Who asks to see a user. */
enum pgate_auth { PGATE_ASK, PGATE_ALLOW, PGATE_DENY, PGATE_KNOWN };

struct pgate_account {
	uint64_t id;
	struct view owner;  /* canonical AOR; all borrowed till the next
			       change */
	struct view proto;  /* canonical id: "prpl-jabber" */
	struct view login;  /* ext_user */
	enum pgate_login policy;
	enum pgate_auth auth;
	bool enabled;
	bool claimed;       /* its owner entered it himself: it is his when
			       the network has let him in */
};

/* Whoever keeps the accounts. All run to their end at once. */
struct pgate_accounts {
	/* Of this owner (NULL: of all), by id. */
	void (*each)(const struct addr *owner,
		     void (*h)(const struct pgate_account *a, void *h_arg),
		     void *h_arg, void *arg);
	/* Hands what confab-purple needs to log in (proto, user, password,
	 * proxy_host, proxy_port, and "opt.NAME" for each option) to use;
	 * wiped afterwards. Else an errno value with words in why. */
	int (*open)(uint64_t id,
		    int (*use)(const struct bridge_setting *s, size_t count,
			       void *use_arg),
		    void *use_arg, struct buf *why, void *arg);
	void (*note)(uint64_t id, struct view error, void *arg);
	/* Seals and opens the password of a room, for (owner, place). NULL:
	 * they are not kept. */
	int (*shut)(struct buf *out, struct view owner, struct view place,
		    struct view secret, void *arg);
	int (*unshut)(struct buf *out, struct view owner, struct view place,
		      struct view sealed, void *arg);
	void *arg;
};

struct pgate_conf {
	struct loop *loop;     /* all borrowed */
	struct hub *hub;
	struct store *store;
	struct bridge *bridge; /* "purple"; its workers are the pool */
	struct pmap *map;      /* a reference is taken */
	const struct pgate_accounts *accounts;
	const char *domain;    /* of our SIP users */
	unsigned linger_s;     /* after the last reason to be online; 0: 60 */
	unsigned queue_s;      /* texts wait for a login; 0: 60 */
	unsigned logins_rate;  /* a second; 0: 5 */
	unsigned connecting;   /* logins under way at once; 0: 10 */
	unsigned user_accounts; /* of one SIP user; 0: 5 */
	unsigned text_rate;    /* a second and account; 0: 5 */
	size_t text_max;       /* bytes; 0: 16,000 */
	size_t user_rooms;     /* 0: 20 */
	enum pgate_auth auth;  /* where the account says nothing */
	bool mapped_users;     /* users who have both accounts of one protocol
				  reach each other by it, as the old module
				  had it */
};

/* EINVAL with why. Registers itself with the hub and the bridge. */
int pgate_new(struct pgate **gp, const struct pgate_conf *conf,
	      struct buf *why);
void pgate_reconf(struct pgate *g, const struct pgate_conf *conf);
/* While the store loads: rows of network "purple" only count. */
void pgate_load_visit(const struct store_visit *v, void *arg);
void pgate_load_kept(const struct store_kept *k, void *arg);
/* After hub_start(); before hub_stop(); after hub_free(). */
int pgate_start(struct pgate *g);
void pgate_stop(struct pgate *g);
void pgate_free(struct pgate *g);
/* This account is new, gone, or another one now. */
void pgate_account_changed(struct pgate *g, uint64_t id);
/* By the operator, until the next reason. ENOENT, or what it came to in
 * why. */
int pgate_login_now(struct pgate *g, uint64_t id, struct buf *why);
int pgate_logout_now(struct pgate *g, uint64_t id);
/* "/code 17 123456": an answer that nobody else may see. */
bool pgate_is_code(struct view text);
/* Does nobody but the gateway read at this address? */
bool pgate_is_own(const struct pgate *g, const struct addr *a);
/* Takes it to where it was asked; a status, with words for him. */
int pgate_code(struct pgate *g, const struct addr *user, struct view text,
	       struct buf *words);
/* Of an account: what it does, since when, and what it came to; the view is
 * valid until the next change. ENOENT. */
struct pgate_state {
	const char *name;  /* static */
	uint64_t since_ms; /* wall clock */
	struct view trouble;
};
int pgate_account_state(const struct pgate *g, uint64_t id,
			struct pgate_state *out);
/* One line each: its contacts, its rooms. ENOENT. */
int pgate_contacts(struct pgate *g, uint64_t id, struct sink *out);
int pgate_rooms(struct pgate *g, uint64_t id, struct sink *out);
/* In the operator's name, as if its user had said it. ENOENT: no such account,
 * EBADMSG: no such name, ENOSPC: he is in too many; ESRCH: he is not there. */
struct pgate_join {
	struct view name, nick, password; /* the last two may be empty */
};
int pgate_join(struct pgate *g, uint64_t id, const struct pgate_join *j);
int pgate_leave(struct pgate *g, uint64_t id, struct view name);
/* Reads all accounts anew; those that were given up, or wait, are tried at
 * once. The number of those. */
size_t pgate_reload(struct pgate *g);
/* Adds or removes one. ENOENT, EBADMSG, ENOTCONN. */
int pgate_contact(struct pgate *g, uint64_t id, struct view name, bool add);
/* One line each: disabled, unsupported, offline, queued, connecting, online,
 * backoff (n), failed (why). */
int pgate_status(struct pgate *g, struct sink *out);

#endif
