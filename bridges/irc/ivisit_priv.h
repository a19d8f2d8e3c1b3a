/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SIP user in a channel by himself: ivisits.c (coming, staying, going),
 * ivisit_row.c (what is on the disk), ivisit_told.c (what the network tells of
 * it), ivisit_cmd.c (commands), ivisit_say.c (his words to the channel),
 * ivisit_hear.c (the channel's to him).
 */
#ifndef CONFAB_IRC_IVISIT_PRIV_H
#define CONFAB_IRC_IVISIT_PRIV_H

#include "gate_lines.h"
#include "igate_priv.h"
#include "itext.h"

enum {
	IVISIT_NAME = 64,              /* bytes of a nick that are shown */
	IVISIT_CHANNELS = 20,
};

struct ivisits {
	struct igate *gate;      /* borrowed */
	struct htable table;     /* of struct ivisit, by inbox; owned */
	struct list wishes;      /* of struct wish: ivisit_cmd.c; owned */
	struct wtimer start;     /* brings back what was loaded */
	struct wtimer sweep;     /* of wishes */
	struct list unsaid;      /* ivisit_say.c: came too late; owned */
	struct wtimer never;     /* then they are told */
};

enum ivisit_state { IVISIT_OUT, IVISIT_JOINING, IVISIT_IN };

struct ivisit {
	struct hnode node;       /* ivisits.table */
	struct ivisits *all;     /* borrowed */
	uint64_t id;             /* of the row */
	struct addr *inbox;      /* ref: of his words; he is found by it */
	struct addr *owner;      /* ref */
	struct addr *from;       /* ref: the channel, as he sees it */
	struct addr *told;       /* ref: where he asked */
	struct buf network, place; /* as configured; as written */
	struct buf secret;       /* the key, sealed */
	struct buf topic;
	struct seat *seat;       /* borrowed; held; NULL: not yet */
	enum ivisit_state state;
	bool stored;
	bool ends;               /* it is not in the table any more */
	bool asked;              /* he waits to hear of his joining */
	bool notices;            /* he wants to hear who comes and goes */
	bool put_off;            /* he knows that he has to wait */
	uint64_t last_ms;        /* wall: he was there then */
	uint64_t past_ms;        /* wall: older words are not for him */
	struct wtimer mark, again;

	struct list said;        /* struct said: his words, not there yet */
	struct wtimer late;

	struct gate_lines lines; /* for him */
};

static inline struct ivisits *ivisits_of(const struct igate *g)
{
	return g->state[IGATE_VISITS];
}

static inline struct igate *ivisit_gate(const struct ivisit *v)
{
	return v->all->gate;
}

static inline struct wheel *ivisit_wheel(const struct ivisit *v)
{
	return loop_wheel(v->all->gate->conf.loop);
}

/* ---- ivisits.c ---- */

struct ivisit *ivisit_find(const struct ivisits *all,
			   const struct addr *inbox);
struct ivisit *ivisit_at(const struct igate *g, const struct addr *owner,
			 struct view network, struct view place);
size_t ivisits_count(const struct seat *s);
struct ivisit_join {
	struct seat *seat;
	struct addr *told;
	struct view place, key;
};
/* Wants to be in: commits the row, joins. EBADMSG: no address. */
int ivisit_new(const struct ivisit_join *j);
/* Once more, with another key. */
void ivisit_again(struct ivisit *v, struct addr *told, struct view key);
/* Forgets all; words are why for what was not sent. */
void ivisit_drop(struct ivisit *v, struct view words);
/* A line of ours, past the journal. */
void ivisit_tell(const struct ivisit *v, struct view text);
/* What came of his joining, to where he asked. */
void ivisit_answer(struct ivisit *v, struct view text);
/* As soon as his seat is up; once more in a while. */
void ivisit_join(struct ivisit *v);
void ivisit_join_later(struct ivisit *v);
void ivisit_let_go(struct ivisit *v);
/* Of this seat, NULL: of all; mem_free() the list. */
struct ivisit **ivisits_all(const struct ivisits *all, const struct seat *s,
			    size_t *count);

/* ---- ivisit_row.c ---- */

void ivisit_put(struct ivisit *v);
void ivisit_del_row(struct ivisit *v);
/* He has all up to now; the second: at once, and no later than last_ms. */
void ivisit_mark(struct ivisit *v);
void ivisit_put_mark(struct ivisit *v);
void ivisit_seal_key(struct ivisit *v, struct view key);
void ivisit_open_key(const struct ivisit *v, struct buf *out);

/* ---- ivisit_told.c: of struct igate_module ---- */

bool ivisits_parcel(struct seat *s, const struct ircp *p);
void ivisits_up(struct seat *s);
void ivisits_down(struct seat *s, enum lost_why why, struct view text);
void ivisits_gone(struct seat *s);

/* ---- ivisit_cmd.c ---- */

enum { IVISIT_COMMANDS = 7 };
extern const struct icommand ivisit_commands[IVISIT_COMMANDS];
/* True: an answer to one of them. */
bool ivisit_answered(struct seat *s, const struct ircp *p);
void ivisit_wishes_gone(struct ivisits *all, const struct seat *s);
void ivisit_wishes_free(struct ivisits *all);

/* ---- ivisit_say.c ---- */

void ivisit_message(struct iask *a);
/* What waits is said, if it can be. */
void ivisit_say_now(struct ivisit *v);
/* Nothing of it is sent any more: words say why; without them it stays in
 * the inbox. */
void ivisit_say_end(struct ivisit *v, struct view words);
void ivisit_unsaid_free(struct ivisits *all);

/* ---- ivisit_hear.c ---- */

void ivisit_hear_init(struct ivisit *v);
void ivisit_heard(struct ivisit *v, const struct ircp *p);
void ivisit_people(struct ivisit *v, const struct ircp *p);
void ivisit_topic(struct ivisit *v, const struct ircp *p);
/* What he could not hear. */
void ivisit_gap(struct ivisit *v, uint64_t from_ms, uint64_t to_ms);
/* One of ours, in its order: as they are. */
void ivisit_line(struct ivisit *v, struct view text);
void ivisit_hear_flush(struct ivisit *v);

#endif
