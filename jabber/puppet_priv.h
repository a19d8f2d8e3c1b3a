/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links of our rooms by the component: puppets.c (the links), puppet_relay.c
 * (their relay occupants), puppet_who.c (members as occupants of their own),
 * puppet_talk.c (what is said), puppet_past.c (what was said while we were
 * away).
 */
#ifndef CONFAB_JABBER_PUPPET_PRIV_H
#define CONFAB_JABBER_PUPPET_PRIV_H

#include "hub.h"
#include "occupant.h"

/* Of the module. */
struct pups {
	struct gate *gate;    /* borrowed */
	struct htable links;  /* struct plink, owned; by leg */
	struct list kept;     /* struct pkept, owned: of legs to come */
	bool watching;        /* rooms, for those with puppets */
};

struct plink {
	struct hnode by_leg;
	struct pups *pups;      /* borrowed */
	uint64_t leg, room;     /* the hub's ids */
	char *label, *nick;     /* owned; nick: ours there, prepared */
	char *place;            /* owned; bare JID, prepared */
	bool own;               /* members speak by puppets of theirs */
	bool expels;            /* who is kicked there is removed here */
	bool bans;              /* see struct gate_link */
	size_t max;             /* puppets */
	bool join;              /* the hub wants it */
	bool came;              /* the relay is in; the hub is to be told */
	bool up;                /* the hub was told that it is */
	struct buf subject;     /* of the place, when the relay came */
	uint64_t looked[64];    /* hashes of ids: the newest that were heard */
	size_t looked_next;
	bool ids;               /* the listener hears ids of the room */
	bool topic;             /* ours was sent, and is not told of */
	struct occupant *relay; /* owned; NULL: not made yet */
	struct buf from;        /* its full JID */
	struct list puppets;    /* owned; in the order of their coming */
	size_t puppet_count;
	struct list queue;      /* struct saying, owned: to be said */
	struct wtimer soon;
	struct buf expelled;    /* who was, last: private to that file */
	struct wtimer again;    /* the relay is out, and puppets listen */

	bool past;              /* asked for: what is heard waits in held */
	bool had_past;          /* since it was lost last */
	struct list held;       /* struct hearing, owned */
	struct list found;      /* the same: what the archive has */
	size_t held_count, found_count;
	struct buf query;       /* id of that request */
	uint64_t last_ms;       /* heard last: wall clock; 0: nothing yet */
	struct buf last_id;     /* with this id */
	bool last_dirty;
	struct wtimer keep;
};

enum puppet_state {
	PUPPET_COMING,
	PUPPET_IN,
	PUPPET_REFUSED, /* the relay speaks for him */
	PUPPET_LEFT,    /* only his nick is remembered, for a while: his
			   last words may be under way */
};

struct puppet {
	struct lnode in_link;
	struct plink *link;    /* borrowed */
	struct addr *who;      /* ref */
	enum puppet_state state;
	bool been_in;          /* before, his nick may be somebody else's */
	struct occupant *o;    /* owned; NULL: REFUSED, LEFT */
	struct buf nick;       /* as it was there last */
	struct wtimer timer;   /* LEFT, REFUSED: the end of it */
};

static inline struct hub *plink_hub(const struct plink *l)
{
	return l->pups->gate->conf.hub;
}

static inline struct wheel *plink_wheel(const struct plink *l)
{
	return loop_wheel(l->pups->gate->conf.loop);
}

/* ---- puppets.c ---- */

/* Words to the room's owners. */
void plink_trouble(struct plink *l, const char *what, struct view words);
/* The one whose ears count: the relay, else the first puppet that is in; NULL:
 * nobody is. */
struct occupant *plink_listener(const struct plink *l);
/* The full JID of "sip:user@host" as a user of the component. EBADMSG. */
int plink_jid(const struct pups *p, struct buf *out, struct view user,
	      struct view host);

/* ---- puppet_relay.c ---- */

/* At the end of this turn: joins, says what waits. */
void plink_soon(struct plink *l);
/* An occupant is out: is the link still up? */
void plink_check(struct plink *l, enum lost_why why, struct view words);

/* ---- puppet_expel.c ---- */

/* As face_ops.expel; ENOENT: nobody there has this nick, ENOTSUP: his address
 * is not known, and so he can't be banned. */
int plink_expel(struct plink *l, struct view nick, bool ban,
		struct view reason);
void plink_expel_end(struct plink *l);

/* ---- puppet_who.c ---- */

/* Whoever this text is from, if he can speak for himself; made where he is
 * not there yet. NULL: the relay speaks. */
struct puppet *puppet_of(struct plink *l, const struct msg *m);
bool puppet_is_nick(const struct plink *l, struct view nick);
/* Or will it be, if he gets it? The others see him before he does. */
bool puppet_has_nick(const struct plink *l, struct view nick);
void puppets_free(struct plink *l);
/* So that he leaves with his membership. */
void puppets_watch(struct pups *p);

/* ---- puppet_talk.c ---- */

int talk_deliver(struct plink *l, struct msg *m);
/* What waits is said, as far as it can be. */
void talk_step(struct plink *l);
void talk_said(struct plink *l, uint64_t seq, int err, struct view words);
void talk_heard(struct plink *l, struct occupant *o,
		const struct occupant_heard *h);
bool talk_is_ours(const struct plink *l, const struct occupant_heard *h);
/* To one of ours alone: he who says it is told that nobody hears it. */
void talk_whispered(struct plink *l, struct occupant *o,
		    const struct occupant_heard *h);
void talk_free(struct plink *l);

/* ---- puppet_past.c ---- */

/* What was heard, and is not passed on yet. */
struct hearing {
	struct lnode node;
	struct buf nick, text, id;
	enum msg_kind kind;
	uint64_t time_ms;
};

/* It goes to the hub, once; or waits behind the past. */
void past_heard(struct plink *l, const struct occupant_heard *h);
/* The relay is in, and the hub knows: asks for what was missed. */
void past_begin(struct plink *l);
/* Nobody listens any more. */
void past_lost(struct plink *l);
/* An answer of the archive: true when it is one. Before occupants_stanza(). */
bool past_stanza(struct gate *g, struct xlink *x, const struct elem *e);
void past_load(struct pups *p, const struct store_kept *k);
void past_take(struct plink *l);   /* what was kept of this leg */
void past_forget(struct plink *l); /* it is linked no more */
void past_free(struct plink *l);
void pasts_free(struct pups *p);

#endif
