/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts of SIP users on other networks: the table in memory, its rows on
 * the disk, passwords sealed in both. Faces know nothing of it: who wires
 * them reads it and hears of changes.
 *
 * A change is made when it is on the disk; handlers and doneh hear it then,
 * never before the call returns. An account is a snapshot: a change puts a new
 * one in its place and leaves the old one, for who took a reference by
 * mem_ref(), as it was. Only error and used_ms are kept up to date in it.
 */
#ifndef CONFAB_ACCOUNTS_H
#define CONFAB_ACCOUNTS_H

#include "list.h"
#include "seal.h"
#include "store.h"

enum {
	ACCOUNT_OWNER_MAX = 512,
	ACCOUNT_LOGIN_MAX = 512,
	ACCOUNT_HOST_MAX = 255,
	ACCOUNT_ERROR_MAX = 200,
	ACCOUNT_SETTINGS_MAX = 1024,
	ACCOUNT_OWNER_ACCOUNTS = 64, /* of one owner on one network */
};

/* When an account is logged in: when something is sent by it or its owner says
 * so; while he is registered; while he publishes presence; from the start. As
 * the numbers in the store. */
enum account_policy {
	ACCOUNT_DEFAULT, /* as the configuration says */
	ACCOUNT_MANUAL, ACCOUNT_REGISTERED, ACCOUNT_PUBLISHED, ACCOUNT_ALWAYS,
	ACCOUNT_POLICIES
};
const char *account_policy_name(enum account_policy p);
/* EINVAL: none of them. */
int account_policy_parse(enum account_policy *out, struct view name);

struct account {
	uint64_t id;            /* stays through all changes */
	struct view network;    /* "xmpp"; a NUL follows this and the next */
	struct view owner;      /* "sip:alice@example.org", canonical */
	struct view login;      /* bare JID, or as the network has it */
	struct view host, resource, settings;
	uint16_t port;
	enum account_policy policy;
	bool enabled;
	bool has_secret;        /* which may not open */
	struct view error;      /* what went wrong last, or empty */
	uint64_t used_ms, created_ms;
};

struct accounts;

/* store: borrowed. seal: a reference is taken; NULL: no secret can be sealed
 * or opened, and accounts_secret() says why (copied). */
struct accounts *accounts_new(struct store *store, struct seal *seal,
			      const char *why);
/* After store_close(). NULL is allowed. */
void accounts_free(struct accounts *as);
/* While the store loads (arg: the struct accounts); then once the check of
 * all secrets: each that can't be opened is logged, and is its account's
 * error until it can. The rows stay as they are. */
void accounts_load(const struct store_account *row, void *arg);
void accounts_load_kept(const struct store_kept *k, void *arg);
void accounts_check(struct accounts *as);

/* "sip:Alice@EXAMPLE.org:5060;x=y", "alice@example.org" or, with our domain,
 * "alice" to the canonical owner. EBADMSG. */
int account_owner(struct buf *out, struct view text, struct view domain);

/* Exactly this one; NULL: none. Borrowed, like all that follow, until a change
 * of it is told. */
const struct account *accounts_find(const struct accounts *as,
				    struct view network, struct view owner,
				    struct view login);
/* The first enabled one of this owner that has a secret: his default. */
const struct account *accounts_default(const struct accounts *as,
				       struct view network, struct view owner);
const struct account *accounts_by_id(const struct accounts *as, uint64_t id);
/* All of them by id (prev NULL: the first); of one network where it is not
 * empty, of one owner where that is not. */
const struct account *accounts_each(const struct accounts *as,
				    struct view network, struct view owner,
				    const struct account *prev);
size_t accounts_count(const struct accounts *as, struct view network);
size_t accounts_owned(const struct accounts *as, struct view network,
		      struct view owner);
/* With those that are being added: what limits count. */
size_t accounts_taken(const struct accounts *as, struct view network,
		      struct view owner);

/* What a new account is to be; the rest is empty. */
struct account_new {
	struct view network, owner, login; /* owner canonical */
	struct view host, resource, settings;
	uint16_t port;
	enum account_policy policy;
	bool disabled;
	struct view secret;     /* in clear; empty: comes later */
};
/* All changes: doneh (may be NULL) hears what the store says. At once: EEXIST,
 * ENOSPC (he has too many), EBADMSG (no owner, login, host and so on: control
 * characters, too long), EINVAL (no secret: likewise), ENOKEY (there is no key
 * to seal with); ESRCH (there is no such account), EALREADY (a change of it is
 * under way). account_why() has words for these. */
int accounts_add(struct accounts *as, const struct account_new *n,
		 store_done_h *doneh, void *arg);
/* Would it be taken, with a password that can be used? */
int accounts_may_add(const struct accounts *as, const struct account_new *n);
int accounts_del(struct accounts *as, uint64_t id, store_done_h *doneh,
		 void *arg);
int accounts_passwd(struct accounts *as, uint64_t id, struct view secret,
		    store_done_h *doneh, void *arg);
int accounts_enable(struct accounts *as, uint64_t id, bool on,
		    store_done_h *doneh, void *arg);
/* Host, port, resource, settings and policy. */
int accounts_set(struct accounts *as, uint64_t id, const struct account_new *n,
		 store_done_h *doneh, void *arg);
const char *account_why(int err);
/* It was used now, with this result (empty: well), which is made one line of
 * at most ACCOUNT_ERROR_MAX bytes. Written at most once a minute where the
 * result is the same. */
void accounts_note(struct accounts *as, uint64_t id, struct view error);

/* Adds the password in clear to out (empty), for the moment of logging in; the
 * caller wipes it by seal_wipe(). Else an errno value, with words in why: for
 * the user, the log and the account's error. */
int accounts_secret(struct accounts *as, uint64_t id, struct buf *out,
		    struct buf *why);

/* The same seal for what else is kept in the store, such as the passwords of
 * rooms: for (network, owner, what). */
int accounts_shut(const struct accounts *as, struct buf *out,
		  const struct view parts[3], struct view secret);
int accounts_open(const struct accounts *as, struct buf *out,
		  const struct view parts[3], struct view sealed);

enum account_change {
	ACCOUNT_ADDED,
	ACCOUNT_REMOVED,
	ACCOUNT_ENABLED,
	ACCOUNT_DISABLED,
	ACCOUNT_NEW_SECRET,
	ACCOUNT_MOVED, /* another host, port, resource, policy or settings */
};
/* a: as it is now; of one that was removed, as it was. Changes may be asked
 * for from within. */
typedef void (account_change_h)(const struct account *a,
				enum account_change what, void *arg);
struct account_watch {
	struct lnode node;
	const char *network;      /* borrowed; NULL: any */
	account_change_h *h;
	void *arg;
};
/* The caller owns w, and takes it out before it goes; not while it is
 * called. */
void accounts_watch(struct accounts *as, struct account_watch *w);
void accounts_unwatch(struct accounts *as, struct account_watch *w);

#endif
