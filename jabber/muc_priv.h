/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A room's insides, for muc.c (being in it) and muc_talk.c (what is said). */
#ifndef CONFAB_JABBER_MUC_PRIV_H
#define CONFAB_JABBER_MUC_PRIV_H

#include "account.h"
#include "muc.h"
#include "muc_rules.h"
#include "stanza.h"

enum room_state {
	ROOM_IDLE,      /* its account is not online yet */
	ROOM_JOINING,
	ROOM_UNLOCKING, /* we made it: its configuration is being accepted */
	ROOM_JOINED,
};

enum { PENDING_MAX = 64, EXPELLED_MAX = 16 };

/* Said, and not yet seen coming back. */
struct pending {
	uint64_t key;  /* the stanza's id is made of it */
	uint64_t seq;
	uint64_t hash; /* of the body, for rooms that change ids */
	uint64_t at;   /* ms */
};

/* Somebody is to be thrown out, and the answer is not there yet. */
struct expulsion {
	uint64_t key; /* of our request; 0: nobody */
	char *nick;   /* owned */
};

struct room {
	struct hnode node;       /* jab.rooms, by leg */
	struct lnode of_account; /* account_rooms() */
	struct account *account; /* borrowed: it owns us */
	uint64_t leg;
	enum room_state state;
	char *jid;               /* owned; bare, prepared */
	char *nick;              /* owned; ours, as it is in the room */
	char *wanted;            /* owned; as configured, prepared */
	char *password;          /* owned, wiped; NULL: it has none */
	unsigned tries;          /* of other nicks */
	bool seen_self;          /* our nick is there, without a 110 */
	bool live;               /* the subject came: history is over */
	struct wtimer timer;     /* limit of the join, then chores */
	uint64_t heard_at;       /* ms */
	uint64_t ping_key;       /* of the self-ping that is out, or 0 */
	uint64_t ping_at;        /* ms */
	unsigned ping_misses;
	uint64_t form_key;       /* of the form that unlocks the room */
	struct pending pending[PENDING_MAX]; /* oldest first */
	size_t pending_count;
	uint64_t topic_key;      /* of the topic that was set last */
	struct expulsion expelled[EXPELLED_MAX]; /* in a ring */
	size_t expelled_next;
	struct htable who;       /* owned: muc_who.c */
	char *topic;             /* owned; found when we came, not told yet */
};

/* Ends it: words, and what the stanza (or NULL) adds to them. */
void room_lost(struct room *r, enum worker_lost why, const char *words,
	       xmpp_stanza_t *s);
/* The room's subject, which comes last of what a join gives. */
void room_saw_subject(struct room *r, struct view text);
void room_ping(struct room *r);
struct view room_self(const struct room *r, struct buf *b);

/* ---- muc_who.c: the others ---- */

void who_presence(struct room *r, xmpp_stanza_t *s, struct view nick);
void who_forget(struct room *r);
bool who_is_there(const struct room *r, struct view nick);
/* mention_h; arg is the room. */
bool who_is_called(struct view name, void *arg);
/* His bare address; NULL where he is not there, or the room does not tell. */
const char *who_jid(const struct room *r, struct view nick);

/* ---- muc_expel.c ---- */

/* The answer to an iq of this id; false: it is none of this file's. s NULL:
 * no error. */
bool room_expel_answer(struct room *r, xmpp_stanza_t *s, struct view id);
void room_expel_forget(struct room *r);

/* muc_talk.c: everything that was sent before "until" did not come back
 * although the room has answered since. */
void room_give_up(struct room *r, uint64_t until);
/* When the oldest of what waits was sent; 0: nothing waits. */
uint64_t room_oldest(const struct room *r);

#endif
