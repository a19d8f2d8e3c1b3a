/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An occupant's insides, for occupant.c (all there are), occupant_stay.c
 * (being in), occupant_who.c (who else is), occupant_say.c (what we say),
 * occupant_talk.c (what others say) and occupant_rules.c (tables). */
#ifndef CONFAB_JABBER_OCCUPANT_PRIV_H
#define CONFAB_JABBER_OCCUPANT_PRIV_H

#include "occupant.h"

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define NS_DELAY "urn:xmpp:delay"
#define NS_SID "urn:xmpp:sid:0"
#define NS_OCCUPANT_ID "urn:xmpp:occupant-id:0"
#define NS_DISCO "http://jabber.org/protocol/disco#info"

enum {
	OCCUPANTS_SHOWN = 5000,
	OCCUPANT_UNSEEN = 64,   /* said, and not back yet */
	OCCUPANT_SEEN = 64,     /* ids of ours that the room's past had */
	OCCUPANT_KICKS = 3,     /* a day */
	OCCUPANT_CODES = 16,
};

struct who {
	char *nick, *jid;       /* owned; jid NULL: not shown */
	const char *role, *affiliation;
	enum show show;
	uint64_t token;
};

/* In order of nicks. */
struct whos {
	struct who *v;          /* owned */
	size_t count, cap;
	size_t more;            /* there, but not in v */
};

/* Said, and not told of. */
struct unsaid {
	struct lnode node;      /* occupant.unsaid, the oldest first */
	struct occupant *o;     /* borrowed */
	uint64_t tag;
	uint64_t at_ms;
	uint64_t hash;          /* of the body */
	bool whisper;
	bool there;             /* the room has it already */
	bool old;               /* of a stay before this one */
	struct buf id;          /* of the stanza */
};

struct occupant {
	struct hnode by_room;   /* gate.occupants */
	struct gate *gate;      /* borrowed, as link */
	struct xlink *link;
	const struct occupant_ops *ops;
	void *arg;
	enum occupant_state state;
	bool freed;
	struct buf from, room, nick, wanted, password; /* owned */
	unsigned history;
	uint64_t since_ms;      /* heard last: wall clock; 0: never in */
	uint64_t past_ms;       /* the same, when this join began */
	bool rejoin_after_kick, no_create;
	bool been_in;           /* in this life */
	bool was_in;            /* just before this join */

	/* of one join */
	bool self;              /* our presence is there (110) */
	bool self_nick;         /* a presence of our nick, without 110 */
	bool live;              /* the subject came: the past is over */
	unsigned open;          /* bits of enum occupant_public */
	bool locked;            /* new: waits for its configuration */
	unsigned tries;         /* other nicks */
	struct buf subject;

	struct whos whos;
	struct list unsaid;
	size_t unsaid_count;
	uint64_t seen[OCCUPANT_SEEN];
	size_t seen_next;
	char asked[24];         /* id of the last question that errors answer:
				   a subject, a nick */

	struct wtimer timer;    /* of the join, the pause, the silence */
	struct wtimer late;     /* for what was said */
	uint64_t pause_ms, in_ms, heard_ms;
	uint64_t kicked_ms[OCCUPANT_KICKS];
	bool pinging;
	uint64_t pinged_ms;
	bool stale;             /* what comes may be of the stay before: a
				   session that was resumed brings what it
				   did not confirm */
	bool known;             /* what the room announces: */
	bool sid, oid;          /* stanza-ids, occupant-ids */
};

/* ---- tables ---- */

struct end_rule {
	const char *word;       /* condition */
	enum occupant_gone why;
	bool passes;            /* it may work later */
	const char *words;
};

/* Of a join that was refused. */
const struct end_rule *occupant_join_rule(struct view condition,
					  struct view type);
/* Of having been removed; NULL: no code says why. */
struct removed_rule {
	unsigned code;
	enum occupant_gone why;
	bool passes, at_once;
	const char *words;
};
const struct removed_rule *occupant_removed_rule(const unsigned *codes,
						 size_t count);
enum occupant_ping { PING_IN, PING_OUT, PING_UNSURE };
enum occupant_ping occupant_ping_rule(struct view condition);
const char *occupant_role(struct view v);        /* a constant; "none" */
const char *occupant_affiliation(struct view v);

/* ---- reading ---- */

struct stanza_fault {
	struct view condition, type, text; /* text: may be empty */
};
void fault_read(struct stanza_fault *f, const struct elem *e);
/* Status codes of <x/>. */
size_t codes_read(unsigned codes[OCCUPANT_CODES], const struct elem *x);
bool codes_has(const unsigned *codes, size_t count, unsigned code);
/* What of enum occupant_public they say is so, and what is not any more. */
unsigned codes_open(const unsigned *codes, size_t count);
unsigned codes_closed(const unsigned *codes, size_t count);

/* ---- whos ---- */

void whos_clear(struct whos *w);
struct who *whos_find(const struct whos *w, struct view nick);
/* NULL: there are too many. */
struct who *whos_add(struct whos *w, struct view nick);
void whos_del(struct whos *w, struct who *who);
void who_show(struct occupant_who *out, const struct who *who);
/* Somebody's presence, not an error. */
void occupant_presence(struct occupant *o, const struct elem *e,
		       struct view nick);

/* ---- talk ---- */

void occupant_message(struct occupant *o, const struct elem *e,
		      struct view nick);
/* A new stay begins; its past is complete: what that had not is to be said
 * again. */
void unsaid_joining(struct occupant *o);
void unsaid_joined(struct occupant *o);
/* All of them hear err, until none is left or o is freed. */
void unsaid_end(struct occupant *o, int err, struct view words,
		uint64_t before_ms);
void unsaid_drop(struct occupant *o);
/* The id that its sender gave it. */
struct view occupant_origin(const struct elem *e);
/* From our own nick: true when it is ours, and done with. */
bool occupant_reflected(struct occupant *o, const struct elem *e,
			struct view body);
/* A message that says that something of ours failed. */
void occupant_say_error(struct occupant *o, const struct elem *e);

/* ---- a stay ---- */

static inline struct wheel *occupant_wheel(const struct occupant *o)
{
	return loop_wheel(o->gate->conf.loop);
}

void occupant_to(const struct occupant *o, struct buf *out, struct view nick);
void occupant_join_now(struct occupant *o);
/* Both the presence and the subject are there. */
void occupant_complete(struct occupant *o);
void occupant_set_nick(struct occupant *o, struct view nick);
/* Out; comes back after a pause, or at once. */
void occupant_lost(struct occupant *o, struct view words, bool at_once);
/* Out, for good. */
void occupant_end(struct occupant *o, enum occupant_gone why,
		  struct view words);
void occupant_kicked(struct occupant *o, struct view words);
void occupant_ping(struct occupant *o);
void occupant_unlock(struct occupant *o);
/* A presence that says that something of ours failed. */
void occupant_error(struct occupant *o, const struct elem *e);
/* What comes next is looked at then, if nothing comes before. */
void occupant_wait(struct occupant *o, uint64_t ms);
/* Waits for nothing, sees nobody; in this state. */
void occupant_still(struct occupant *o, enum occupant_state state);
/* Tells the room that he goes, if he is in it. */
void occupant_say_bye(struct occupant *o, struct view words);
/* Sends, and frees b. */
int occupant_send(struct occupant *o, struct buf *b);

#endif
