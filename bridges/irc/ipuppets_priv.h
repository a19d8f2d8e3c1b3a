/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links with puppets: ipuppets.c has the links, and what is said; ipuppet.c
 * who says it, ipuppet_there.c what happens to them in the channel.
 */
#ifndef CONFAB_IRC_IPUPPETS_PRIV_H
#define CONFAB_IRC_IPUPPETS_PRIV_H

#include "hub.h"
#include "igate_priv.h"

enum {
	IPUPPET_NICK_MS = 60 * 1000,        /* his old nick counts as his */
	IPUPPET_SELDOM_MS = 10 * 60 * 1000, /* he was refused */
};

/* Of the module. */
struct ipups {
	struct igate *gate;  /* borrowed */
	struct htable links; /* struct ilink, owned; by leg */
	bool watching;       /* rooms */
};

struct ilink {
	struct hnode by_leg;
	struct ipups *pups;   /* borrowed */
	uint64_t leg, room;   /* the hub's ids */
	char *label;          /* owned, as these */
	char *network, *channel;
	size_t max;           /* puppets */
	bool expels;          /* who is kicked there is removed here */
	bool up;
	struct list puppets;  /* owned: struct ipuppet */
	size_t count;         /* of them, those who are there or coming */
	struct wtimer soon;
	struct wtimer linger; /* not up: then they leave as well */
};

enum ipuppet_state {
	IPUPPET_COMING,  /* his seat is not up yet */
	IPUPPET_JOINING,
	IPUPPET_IN,
	IPUPPET_RELAYED, /* for a while: the relay speaks for him */
	IPUPPET_SILENT,  /* for a while: the channel does not want him */
	IPUPPET_LEFT,    /* only his nick is remembered: his last words may
			    be under way */
};

struct ipuppet {
	struct lnode in_link;
	struct ilink *link;      /* borrowed */
	struct addr *who;        /* ref */
	enum ipuppet_state state;
	bool waits;              /* for his seat */
	bool holds;              /* his seat */
	bool told;               /* that he is not heard, since he was last */
	char nick[IRCB_NICK_MAX]; /* from his JOIN on; or "" */
	char old_nick[IRCB_NICK_MAX];
	uint64_t old_ms;         /* when that changed; monotonic */
	uint64_t out_ms;         /* when he left; monotonic */
	struct list words;       /* owned: struct iword, as they came */
	struct wtimer timer;     /* the end of his state */
};

enum iword_state {
	IWORD_NEW,
	IWORD_SENT, /* the seat will tell */
	IWORD_DONE, /* the server has it; the hub has not asked again yet */
};

/* What a puppet has to say. */
struct iword {
	struct lnode node;
	struct ipuppet *puppet;  /* borrowed */
	struct msg *msg;         /* ref */
	enum iword_state state;
	bool wanted;             /* the hub waits for what becomes of it */
};

/* ---- ipuppets.c ---- */

/* At the end of this turn all is done that can be. */
void ilink_soon(struct ilink *l);
bool ilink_is(const struct ilink *l, const struct seat *s);
void ipword_free(struct iword *w);

/* ---- ipuppet.c ---- */

/* Whoever this text is from, if he can speak for himself; made where he is
 * not there yet. NULL: the relay speaks. Calls nobody up. */
struct ipuppet *ipuppet_of(struct ilink *l, const struct msg *m);
/* Goes on, as far as that depends on him. */
void ipuppet_step(struct ipuppet *p);
/* He says something: he stays. */
void ipuppet_busy(struct ipuppet *p);
/* *** words (why). to him, once until he was heard. */
void ipuppet_unheard(struct ipuppet *p, const char *words, struct view why);
/* All leave; or are forgotten, where they stand. */
void ipuppets_leave(struct ilink *l);
void ipuppets_free(struct ilink *l);
/* So that they leave with their membership. */
void ipuppets_watch(struct ipups *ps);
struct ipuppet *ipuppet_find(const struct ilink *l, const struct addr *a);
static inline bool ipuppet_is_active(enum ipuppet_state state)
{
	return state <= IPUPPET_IN;
}
/* For so long; 0: for as long as it lasts. */
void ipuppet_set_state(struct ipuppet *p, enum ipuppet_state state,
		       uint64_t ms);
void ipuppet_take_nick(struct ipuppet *p, struct view nick);
uint64_t ipuppet_idle_ms(const struct ipuppet *p);
/* What he has not said yet; or NULL. */
struct iword *ipuppet_next_word(const struct ipuppet *p);

/* ---- ipuppet_there.c ---- */

void ipuppet_parcel(struct ilink *l, struct seat *s, const struct ircp *p);
/* The seat is down; or gone for good. */
void ipuppets_down(struct ilink *l, const struct seat *s);
void ipuppets_gone(struct ilink *l, const struct seat *s);
bool ipuppet_is_nick(const struct ilink *l, struct view nick);

#endif
