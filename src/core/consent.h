/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may see whose presence, as the users of ours decided it: one rule for
 * each of them and each who asked, kept in the store. Whoever has watchers
 * (the presence agent, gateways) asks here; the user is asked in chat, and
 * answers there, with "/allow 17" or "/deny 17".
 *
 * user is a "sip:" address of ours, other an address of any network. On a
 * network that has no such presence its rules are of something else, as its
 * listener says: who may write to him.
 */
#ifndef CONFAB_CONSENT_H
#define CONFAB_CONSENT_H

#include "addr.h"
#include "buf.h"
#include "store.h"

struct hub;

/* Values are the store's. */
enum consent {
	CONSENT_NONE,    /* never asked */
	CONSENT_ASKED,
	CONSENT_ALLOWED,
	CONSENT_DENIED,
};

enum {
	CONSENT_ASKED_MAX = 20,   /* open questions of one user */
	CONSENT_USER_MAX = 20000, /* rules of one user */
	CONSENT_DAYS = 7,         /* then a question makes room for others */
};

/* What the rules of a network are of, in words behind a name. */
struct consent_words {
	const char *wants;   /* "wants to see your presence" */
	const char *may;     /* "may see your presence" */
	const char *may_not;
	const char *of;      /* in lists, behind "allowed": "", " to write" */
};

/* Hears of each change of a rule about others of its network. */
struct consent_listener {
	const char *network; /* static: "xmpp" */
	void (*h)(struct addr *user, struct addr *other, enum consent now,
		  void *arg);
	void *arg;
	const struct consent_words *words; /* static; NULL: of presence */
};
/* At most 8. */
void consent_listen(struct hub *h, const struct consent_listener *l);
void consent_unlisten(struct hub *h, const void *arg);

enum consent consent_of(const struct hub *h, const struct addr *user,
			const struct addr *other);
/* From an address that he can answer to he is asked whether other may see
 * him, once. 0: asked, now or before; EALREADY: he has allowed it, EACCES: he
 * has refused it, EBUSY: too much is open. */
int consent_ask(struct hub *h, struct addr *user, struct addr *other,
		struct addr *from);
/* The same with words that say who other is, in place of his address. */
int consent_ask_as(struct hub *h, struct addr *user, struct addr *other,
		   struct addr *from, struct view who);
/* Decided otherwise; CONSENT_NONE: forgotten. ENOSPC: CONSENT_USER_MAX. */
int consent_set(struct hub *h, struct addr *user, struct addr *other,
		enum consent now);
/* There is no such user any more. */
void consent_forget(struct hub *h, const struct addr *user);
/* All others of this network with this rule; h may change nothing here. The
 * number of them; each NULL: they are only counted. */
typedef void (consent_each_h)(struct addr *other, void *arg);
size_t consent_each(const struct hub *h, const struct addr *user,
		    const char *network, enum consent now,
		    consent_each_h *each, void *arg);
/* All users with rules: start with *pos = 0 and NULL. */
struct addr *consent_users(const struct hub *h, size_t *pos,
			   struct addr *prev);

/* ---- what users say ---- */

enum consent_verb { CONSENT_ALLOW, CONSENT_DENY, CONSENT_LIST };
/* "/allow 17", "/deny bob@example.org", "/watchers"; false: something else. */
bool consent_parse(struct view text, enum consent_verb *verb,
		   struct view *arg);
/* arg: a question's number or an address; with its network ("xmpp:...") where
 * it could be of several. A number is never another question's, not after a
 * restart either. Does what user said; 200, 400 or
 * 404, with words for him. */
int consent_do(struct hub *h, struct addr *user, enum consent_verb verb,
	       struct view arg, struct buf *words);

#endif
