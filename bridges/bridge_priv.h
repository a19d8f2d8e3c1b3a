/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bridge's inside, for the files that make it up. */
#ifndef CONFAB_BRIDGE_PRIV_H
#define CONFAB_BRIDGE_PRIV_H

#include "bridge.h"
#include "supervisor.h"

enum { KEPT_MAX = 4096 }; /* bytes for the next worker */

struct account {
	struct lnode in_bridge;
	struct list wants; /* owned: struct want */
	uint32_t id;
	char *label;					 /* owned */
	struct wire_setting settings[WIRE_SETTINGS_MAX]; /* owned, wiped */
	size_t settings_count;
	char *kept;      /* owned, wiped; or NULL: worker_keep() */
	char *off;       /* owned; why it may not be used, or NULL */
	struct sup *sup; /* borrowed: the bridge's; NULL: never used */
	bool told;	 /* the worker knows it */
};

/* A leg that is to be joined, or is. */
struct want {
	struct hnode by_leg;
	struct lnode in_account;
	struct account *account; /* borrowed: it owns us */
	uint64_t leg;
	const struct leg *who; /* borrowed: until it is detached */
	bool up;
	char *place, *nick; /* owned */
};

/* A worker, and what sessions it has. */
struct crew {
	struct sup *sup; /* owned */
	size_t sessions;
	bool alone;      /* for one session by itself */
};

struct bridge {
	struct bridge_conf conf;
	char *scheme, *program; /* owned */
	struct face_ops ops;
	struct hub *hub;      /* borrowed; NULL: stopped */
	void (*fanout)(void *arg, struct room *room, struct msg *msg,
		       struct member *const *members, size_t count);
	void (*tell)(void *arg, struct room *room, const struct addr *to,
		     struct view text);
	void *members_arg;    /* of these two */
	const struct bridge_legs *legs; /* borrowed; NULL: all by accounts */
	void *legs_arg;
	const struct bridge_voices *voices; /* borrowed, or NULL */
	void *voices_arg;
	void (*link)(void *arg, struct view label, struct bridge_link *out);
	void *link_arg;
	void (*unwanted)(void *arg, struct view label, struct view who);
	void *unwanted_arg;
	struct list accounts; /* owned */
	struct htable wants;  /* by leg */
	struct crew *crews;   /* owned */
	size_t crews_count;
	struct htable sessions; /* by id */
	uint32_t session_id;    /* of the newest */
	uint32_t account_id;    /* likewise */
};

/* ---- bridge_accounts.c ---- */

/* NULL: there is none. Without letter case. */
struct account *account_find(const struct bridge *b, struct view label);
void account_free(struct account *a);
/* EINVAL: too many, EMSGSIZE. */
int settings_check(const struct bridge_setting *settings, size_t count);
struct want *want_find(const struct bridge *b, uint64_t leg);
struct want *want_new(struct bridge *b, struct account *a,
		      const struct leg *leg, struct view place);
/* The voices hear of it where it was up. */
void want_drop(struct bridge *b, struct want *w);
/* The place was joined; before the hub knows. */
void want_up(struct bridge *b, struct want *w);
/* Somebody of the voices in its place. */
bool want_is_voice(const struct bridge *b, const struct want *w,
		   struct view nick);

/* ---- bridge_workers.c ---- */

/* What can't be sent costs the worker its life, and all its legs are lost
 * then: so these have no errors. */

/* The account's worker is ready; tells it the account first where needed. */
void tell_join(const struct bridge *b, const struct want *w);
void tell_part(const struct want *w);
void tell_account_del(struct account *a);
/* All its legs are lost. */
void account_lost(struct bridge *b, struct account *a, enum lost_why why,
		  struct view text);
/* Away from a worker that retires; none of its legs is joined by it. */
void account_move(struct bridge *b, struct account *a);
/* The least loaded worker, or a new one where all are full. */
struct sup *worker_pick(struct bridge *b);
/* Accounts that a worker has. */
size_t worker_load(const struct bridge *b, const struct sup *s);
/* For a session; NULL: all are full, and there may be no more. */
struct sup *worker_pick_session(struct bridge *b, bool alone, bool any);
/* One session more (or less) is with it. */
void worker_count(struct bridge *b, const struct sup *s, bool more);

/* ---- session.c ---- */

#define SESSION_ID UINT32_C(0x80000000) /* ids of sessions have this bit */

void sessions_ready(struct bridge *b, struct sup *s);
/* s NULL: all. */
void sessions_loss(struct bridge *b, const struct sup *s, struct view text);
void sessions_stop(struct bridge *b);
/* The bridge goes first. */
void sessions_forget(struct bridge *b);
const char *session_got(struct bridge *b, struct sup *s,
			const struct wire_msg *m);

#endif
