/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A leg: the link of one room with one place on another network. Its state
 * changes only in leg_set_state() (hub).
 */
#ifndef CONFAB_LEG_H
#define CONFAB_LEG_H

#include "cursor.h"
#include "hash.h"
#include "list.h"
#include "repeat.h"
#include "sink.h"
#include "wheel.h"

enum leg_state { LEG_DOWN, LEG_JOINING, LEG_UP, LEG_LOST };

struct room;
struct face;

struct leg {
	struct hnode by_id;    /* hub's tables */
	struct hnode by_label;
	struct lnode in_room;  /* room's list */
	struct lnode dirty;    /* hub's list: cursor to be written */
	struct wtimer retry;   /* LOST: next attempt; UP: sending is held */
	uint64_t id;
	struct room *room;     /* borrowed: the room owns the leg */
	struct face *face;     /* borrowed: the hub's; NULL: scheme unknown */
	char *label;           /* owned; the link's name: "lobby-i" */
	char *target;          /* owned; "irc:libera/#lobby" */
	char *via;             /* owned; the account's label: "libera", "home";
				  shown as [nick@via] */
	char *nick;            /* owned; the nick asked for, or "" */
	bool stored;           /* it was there before this start */
	bool configured;       /* by the file, not by confabctl */
	enum leg_state state;
	struct cursor cur;
	bool reading;          /* waits for a page of the journal */
	bool leaving;          /* its removal is on its way to the disk */
	bool skipping;         /* going over what is too old to be sent */
	uint64_t skip_upto;    /* too many behind: skipped whatever its age */
	uint64_t skipped;      /* not told yet */
	unsigned held;         /* failed deliveries in a row */
	unsigned refusals;     /* in a row: of this place, not the account */
	unsigned tries;        /* attempts since it was last up for a while */
	uint64_t since_ms;     /* monotonic: of the state */
	uint64_t traffic_ms;   /* monotonic: last message either way, 0 none */
	uint64_t up_ms;        /* monotonic: when it was last up, 0 never */
	uint64_t down_ms;      /* monotonic: when it was that no more */
	uint64_t away_ms;      /* how long it was not, before it is UP now */
	struct crowd *crowd;   /* owned, or NULL: who comes and goes there */
	char *own_nick;        /* owned; as the network has it, or NULL */
	char *error;           /* owned; the last error in words, or NULL */
	uint64_t sent, heard, failed; /* messages */
	char *topic;           /* owned; as both sides had it last, or NULL */
	unsigned topic_out;    /* ours, on their way into the place */
	bool topic_due;        /* ours could not be sent yet */
	struct repeat *repeat; /* owned, or NULL */
	uint64_t deaf_until_ms; /* monotonic: not listened to; 0: it is */
	uint64_t unheard;      /* messages, meanwhile */
	uint64_t trouble, trouble_ms; /* told last: hash, monotonic */
};

const char *leg_state_name(enum leg_state state);
int leg_print(struct sink *out, const struct leg *l);

#endif
