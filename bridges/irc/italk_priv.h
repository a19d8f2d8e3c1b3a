/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of talks from one to one: italks.c (the door of SIP, life),
 * italk_peer.c (nicks, their rows), italk_who.c (who has them), italk_out.c
 * (to IRC), italk_in.c (from it), italk_first.c (strangers), italk_show.c
 * (presence).
 */
#ifndef CONFAB_IRC_ITALK_PRIV_H
#define CONFAB_IRC_ITALK_PRIV_H

#include "consent.h"
#include "igate_priv.h"
#include "itext.h"

struct italks {
	struct igate *gate;     /* borrowed */
	struct htable peers;    /* by their conversations; owned */
	struct list used;       /* of them: the longest unused first */
	struct list strangers;  /* of them: whose words wait */
	struct list jobs;       /* italk_out.c: under way; owned */
	struct list soon;       /* of them: their turn comes by the timer */
	struct wtimer soon_timer, ask_timer;
	struct htable watches;  /* italk_show.c; owned */
	struct htable aways;    /* likewise: what seats were told to show */
};

static inline struct italks *italks_of(const struct igate *g)
{
	return g->state[IGATE_TALKS];
}

/* ---- italk_peer.c ---- */

/* Words of a stranger. */
struct ipeer_word {
	struct lnode node;
	uint64_t time_ms;  /* wall */
	unsigned kind;     /* enum worker_kind */
	struct buf text, id;
};

/* A nick that a user of ours speaks with, and who has it. */
struct ipeer {
	struct hnode by_conv;
	struct lnode by_use, as_stranger;
	struct italks *all;         /* borrowed */
	struct addr *conv;          /* ref: the inbox to him */
	struct addr *aor;           /* ref: our user */
	struct addr *other;         /* ref: he, in rules of consent */
	struct buf network, nick;   /* as configured; as written last */
	struct buf account, mask;   /* what identified him last; or empty */
	bool called;                /* our user has written to him */
	bool left;                  /* he was seen to give up the nick */
	bool stored;
	uint64_t since_ms;          /* wall: words to the nick from before
				       are for somebody else */
	size_t behind;              /* texts to him whose turn comes by the
				       timer: the next one is after them */
	uint64_t expired_ms;        /* wall: a text waited in vain till then */
	uint64_t lost_seq;          /* text under which the link broke, */
	unsigned losses;            /* so many times */
	uint64_t refused_ms;        /* he was told of a refusal; monotonic */
	struct list words;          /* of a stranger: they wait for a yes */
	size_t word_bytes;
};

/* The inbox of a conversation. EBADMSG, EMSGSIZE. */
int italk_conv(struct addr **ap, struct view network, struct view nick,
	       const struct addr *aor);
struct ipeer *ipeer_find(const struct italks *t, const struct addr *conv);
/* NULL: not known. */
struct ipeer *ipeer_of(const struct seat *s, struct view nick);
/* Finds or makes him; NULL: no address can be made of this nick. */
struct ipeer *ipeer_get(struct italks *t, struct addr *aor,
			struct view network, struct view nick);
/* Our user writes to him, so spelt. */
void ipeer_call(struct ipeer *p, struct view nick);
/* On the disk as he is now. */
void ipeer_put(struct ipeer *p);
/* With his row and all that waits of him; a yes that he had is none. */
void ipeer_forget(struct ipeer *p);
void ipeer_free(struct ipeer *p);
void ipeer_load(struct igate *g, const struct store_kept *k);
/* Takes them off; ipeer_unword() each. */
void ipeer_unword(struct ipeer *p, struct ipeer_word *w);
/* The address that stands for him; a reference, or NULL. */
struct addr *ipeer_addr(const struct ipeer *p);
/* A line from him for our user, past the journal. */
void ipeer_tell(const struct ipeer *p, struct view text);

/* What our user said of him, if he may write. */
enum consent ipeer_rule(const struct ipeer *p);
void ipeer_set_rule(const struct ipeer *p, enum consent now);
/* Those that wait for a yes. */
void ipeer_drop_words(struct ipeer *p);

/* ---- italk_who.c ---- */

/* Has he been written to or let in? */
bool ipeer_is_known(const struct ipeer *p);
/* This one has the nick now: somebody else than before begins anew, and our
 * user is told so. */
void ipeer_is(struct ipeer *p, struct view mask, struct view account);
/* Whoever has it next is somebody else, as far as is known. */
void ipeer_left(struct ipeer *p);
/* That was dealt with: whoever has it is nobody yet. */
void ipeer_anew(struct ipeer *p);
/* What networks tell of people, beside their words. */
void ipeer_news(struct seat *s, const struct ircp *p);

/* ---- italk_out.c ---- */

void italk_out_gone(struct italks *t, struct seat *s);
void italk_out_awake(struct italks *t, const struct seat *s);
void italk_out_free(struct italks *t);
/* To whoever has this nick: at most once a minute, and few to all. */
void italk_notice(struct seat *s, struct view nick, struct view text);
/* What became of his words; nothing where they were a notice: those are never
 * answered. */
void italk_answer(struct seat *s, const struct ircp *in, struct view text);
/* The network refused, afterwards, what was for this nick. */
void italk_refused(struct seat *s, const struct ircp *p);

/* ---- italk_in.c ---- */

void italk_heard(struct seat *s, const struct ircp *p);
void italk_said(struct seat *s, const struct ircp *p);
/* Into our user's inbox. */
struct italk_word {
	unsigned kind;
	uint64_t time_ms; /* 0: just now */
	struct view text, id;
};
void italk_keep(struct ipeer *p, const struct italk_word *w);

/* ---- italk_first.c ---- */

/* He speaks, and nobody has let him in. */
void italk_stranger(struct seat *s, struct ipeer *p, const struct ircp *in);
/* Listens to what users decide. */
void italk_first_start(struct italks *t);
void italk_first_stop(struct italks *t);

/* ---- italk_show.c ---- */

void italk_show(struct seat *s, const struct ircp *p);
void italk_show_up(struct seat *s);
void italk_show_down(struct seat *s);
void italk_show_free(struct italks *t);

#endif
