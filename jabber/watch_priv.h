/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Presence between SIP and XMPP (RFC 8048): watches.c has what SIP users want
 * to see, watch_answer.c what contacts have answered to that, watch_seen.c
 * what was heard of them, watch_in.c who of XMPP wants to see our users,
 * watch_out.c what these are shown; watch_stanza.c takes in what comes.
 */
#ifndef CONFAB_JABBER_WATCH_PRIV_H
#define CONFAB_JABBER_WATCH_PRIV_H

#include "consent.h"
#include "gate_priv.h"

enum {
	CONTACTS_MAX = 2000, /* of one user: what more there is is not kept */
	PENDING_MAX = 100,   /* requests of one user that nobody answered */
	NOTE_KEPT = 256,
	LOOKS_MAX = 16,      /* addresses of one contact */
};

/* What a contact has said to requests of a user of ours; on the disk. */
enum known { KNOWN_NOTHING, KNOWN_PENDING, KNOWN_ALLOWED };

struct answer {
	struct hnode by_pair;
	struct addr *user, *other; /* refs */
	enum known known;
};

/* A resource of a contact's. */
struct spot {
	struct lnode node;
	struct presence_place place; /* its views are in text */
	char text[];                 /* resource, note, lang */
};

/* Somebody of XMPP as one user of ours sees him. */
struct contact {
	struct lnode node;
	struct hnode by_bare;
	struct mine *mine;   /* borrowed */
	struct addr *addr;   /* ref: "xmpp:bob@x.org" */
	struct list spots;   /* owned, the newest first */
	bool heard;          /* something; else nothing is known */
	struct list looks;   /* owned: subscriptions by SIP */
};

/* A SIP address of the contact that the user is subscribed to. */
struct look {
	struct lnode node;
	struct addr *target; /* ref */
};

/* A user of ours, and what is kept of him. */
struct mine {
	struct hnode by_aor;
	struct lnode node;     /* of all */
	struct lnode due_node; /* of those to be shown */
	struct person *person; /* borrowed: gone() tells */
	struct list contacts;
	bool looks;            /* there are some: he is held */
	bool watched;          /* likewise, of those who see him */
	bool left;             /* his last device has gone */
	bool forced;           /* shown even if he is as he was */
	struct buf sent;       /* how he was shown last; empty: not at all */
	struct buf owed;       /* who waits for our yes, LF after each */
};

/* A user with answers of KNOWN_PENDING, whether he is there or not. */
struct asker {
	struct hnode by_user;
	struct addr *user;     /* ref */
	size_t pending;
};

struct watches {
	struct gate *gate;      /* borrowed */
	struct htable by_aor;   /* struct mine, owned */
	struct htable contacts; /* by (user, bare) */
	struct htable answers;  /* owned */
	struct htable askers;   /* owned */
	struct list all, due;
	struct list late;       /* stanzas, while a worker is behind; owned */
	struct wtimer timer;    /* for due */
};

struct watches *watches_of(const struct gate *g);
struct mine *mine_find(const struct gate *g, const struct addr *aor);
struct mine *mine_get(struct person *p);
/* A bare JID as an address; NULL: none. mem_deref() it. */
struct addr *watch_addr(struct view bare);
struct view watch_bare(const struct addr *a);
/* A presence without anything in it, of p's bare JID. */
void watch_say(const struct person *p, const char *type, struct view to);

/* ---- watch_answer.c ---- */

enum known answer_of(const struct gate *g, const struct addr *user,
		     const struct addr *other);
void answer_set(struct gate *g, struct addr *user, struct addr *other,
		enum known known);
/* An account's contact list says more than we remember. */
enum known known_of(const struct person *p, const struct addr *addr);
bool asks_too_many(const struct watches *ws, const struct addr *user);
void answer_load(struct gate *g, const struct store_watch *w);
void answers_free(struct watches *ws);

/* ---- watch_stanza.c ---- */

/* Those who watch him by SIP; what this makes them do may end any of it. */
void watch_tell_looks(struct contact *c, enum gate_watch state);
bool watches_stanza(struct gate *g, struct xlink *x, struct person *p,
		    const struct elem *e);

/* ---- watch_seen.c ---- */

struct contact *contact_find(const struct gate *g, const struct addr *user,
			     const struct addr *addr);
/* NULL: there are too many. */
struct contact *contact_get(struct mine *m, struct addr *addr);
void contact_free(struct contact *c);
/* Nothing is known of him any more. */
void contact_clear(struct contact *c);
/* His watchers are to see him as he is now. */
void contact_shown(const struct contact *c);
/* An available or unavailable presence of a contact's. */
void seen_presence(struct person *p, struct addr *addr, struct view resource,
		   const struct elem *e);
void contact_state(const struct contact *c, struct presence_state *out);

/* ---- watch_in.c ---- */

void watch_in_start(struct gate *g);
void watch_in_stop(struct gate *g);
void watched_subscribe(struct person *p, struct addr *other);
void watched_unsubscribe(struct person *p, struct addr *other);
void watched_probe(struct person *p, struct addr *other, struct view from);

/* ---- watch_out.c ---- */

/* A stanza of p's: now, or as soon as his worker takes it. In order. */
void out_send(const struct person *p, const struct buf *stanza);
/* He is to be shown, soon. */
void out_due(struct mine *m, bool forced);
/* To one of those who may see him. */
void out_one(struct mine *m, struct view to);
/* An account has come up: at once. */
void out_account(struct mine *m);
/* The component has come up: all whom somebody may see. */
void out_all(struct gate *g);
/* He goes offline for all. */
void out_goodbye(struct mine *m);
void out_stop(struct watches *ws);

#endif
