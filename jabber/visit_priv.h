/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SIP user in a room of XMPP: visits.c (coming, staying, going; rows),
 * visit_told.c (what of this the occupant tells), visit_cmd.c (commands),
 * visit_say.c (his words to the room), visit_hear.c (the room's to him).
 */
#ifndef CONFAB_JABBER_VISIT_PRIV_H
#define CONFAB_JABBER_VISIT_PRIV_H

#include "gate_lines.h"
#include "jtext.h"
#include "occupant.h"

enum {
	VISIT_KNOWN = 32,        /* nicks that he whispers with */
	VISIT_NICK = 64,         /* bytes of a nick that are shown */
};

struct visits {
	struct gate *gate;       /* borrowed */
	struct htable table;     /* by owner and room; owned */
	struct list invited;     /* struct invited */
	struct wtimer start;     /* brings back what was loaded */
	struct wtimer forget;    /* of passwords */
};

/* Who had a nick when he was last whispered with. */
struct known {
	uint64_t nick, token;    /* hashes */
};

struct visit {
	struct hnode node;       /* visits.table */
	struct visits *all;      /* borrowed */
	uint64_t id;             /* of the row */
	struct addr *owner;      /* ref */
	struct addr *from;       /* ref; the room, as he sees it */
	struct buf room, nick, shown; /* owned; shown: the nick in from */
	struct buf secret;       /* owned; the password, sealed */
	struct person *person;   /* borrowed; held; NULL: not yet */
	struct occupant *o;      /* owned; NULL with person */
	bool stored;
	bool asked;              /* he waits to hear of his joining */
	struct addr *told;       /* ref; whom he asked */
	/* what he has, as the row says */
	struct buf last_id;
	uint64_t last_ms;
	struct wtimer mark;

	struct list said;        /* struct said: his words, not there yet */
	uint64_t next_tag;
	struct wtimer late;

	struct gate_lines lines; /* for him; held after a restart */

	struct known known[VISIT_KNOWN];
	size_t known_next;
};

static inline struct gate *visit_gate(const struct visit *v)
{
	return v->all->gate;
}

static inline struct wheel *visit_wheel(const struct visit *v)
{
	return loop_wheel(v->all->gate->conf.loop);
}

/* ---- visits.c ---- */

struct visits *visits_of(const struct gate *g);
struct visit *visit_find(const struct gate *g, const struct addr *owner,
			 struct view room);
bool visit_is_in(const struct visit *v);
size_t visits_count(const struct gate *g, const struct addr *owner);
struct visit_join {
	struct person *person;
	struct addr *told;
	struct view room, shown; /* the nick in the address; may be empty */
	struct view nick;        /* prepared */
	struct view password;
};
/* Wants to be in: commits the row, joins. */
void visit_new(const struct visit_join *j);
/* Leaves, forgets all; words are why for what was not sent. */
void visit_drop(struct visit *v, struct view words);
void visit_put(struct visit *v);
/* Now he has all up to this. */
void visit_mark(struct visit *v, struct view id, uint64_t time_ms, bool soon);

/* ---- visit_told.c ---- */

extern const struct occupant_ops visit_ops;
/* What became of his joining: to where he asked. */
void visit_answer(struct visit *v, struct view text);

/* ---- visit_invited.c ---- */

/* The password of an invitation, or none. */
void visits_invited_with(const struct gate *g, const struct addr *owner,
			 struct view room, struct buf *out);
void visits_uninvite(struct visits *all); /* everybody */

/* ---- visit_cmd.c ---- */

enum { VISIT_COMMANDS = 8 };
extern const struct gate_command visit_commands[VISIT_COMMANDS];

/* ---- visit_say.c ---- */

/* Words to an address of a room, or of one in it. */
void visit_message(struct gate_ask *a);
/* To one in it. */
void visit_whisper_ask(struct gate_ask *a, struct visit *v, struct view nick,
		       struct view text);
/* What waits is said, if it can be. */
void visit_say_now(struct visit *v);
void visit_said(struct visit *v, uint64_t tag, int err, struct view words);
void visit_say_end(struct visit *v, struct view words);
/* Is this nick still him who it was? And: it is he from now on. */
bool visit_knows(const struct visit *v, struct view nick);
void visit_know(struct visit *v, struct view nick);

/* ---- visit_hear.c ---- */

void visit_hear_init(struct visit *v);
void visit_heard(struct visit *v, const struct occupant_heard *h);
void visit_whispered(struct visit *v, const struct occupant_heard *h);
void visit_happened(struct visit *v, enum occupant_event what,
		    const struct occupant_who *who, struct view other,
		    struct view words);
/* A line of our own about the room, kept until he has it. */
void visit_tell(struct visit *v, struct view text);
/* What was held back while the past came. */
void visit_caught_up(struct visit *v);
/* All that waits, at once: before the end. */
void visit_hear_flush(struct visit *v);
/* "[nick]"; clean. */
void visit_add_nick(struct buf *out, struct view nick);

#endif
