/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of guests share: guest.c has the sessions, guest_send.c what
 * comes down, guest_ask.c the questions that are open at the server,
 * guest_heard.c what it says, guest_room.c the channels, guest_event.c what
 * happens in them, guest_split.c who is lost to netsplits, guest_watch.c how
 * nicks are.
 */
#ifndef CONFAB_IRCB_GUEST_PRIV_H
#define CONFAB_IRCB_GUEST_PRIV_H

#include "account_priv.h"
#include "bucket.h"
#include "guest.h"
#include "parcel.h"

enum {
	GUEST_ASKS = 64,     /* open at once */
	GUEST_ROOMS = 200,   /* confabd has a lower limit of its own */
	GUEST_WATCHED = 500,
	GUEST_FOLD_MS = 3000,
	GUEST_LOOK_MS = 60000,
	GUEST_REASON = 250,  /* bytes of a reason that fit everywhere */
};

struct guest {
	struct hnode by_id;     /* in the pool */
	struct ircb_pool *pool; /* borrowed */
	uint32_t id;
	struct view label;      /* owned */
	struct ircb_conn_conf conf; /* strings owned */
	struct ircb_server servers[IRCB_SERVERS_MAX]; /* those of conf */
	struct ircb_conn *conn; /* ref */
	char nick[IRCB_NICK_MAX]; /* ours, as confabd knows it */
	char home[IRCB_HOST_MAX]; /* the network's domain, by its server's
				name ("x.net" of "a.x.net"); or "" */
	char *bye;              /* owned; or NULL: the usual one */
	char *contact, *staff;  /* owned; may be "": see manners.h */
	bool sent_away;         /* by that staff */
	struct list asks;       /* owned: struct gask */
	uint64_t next_ask;
	struct list rooms;      /* owned: struct groom */
	struct list watched;    /* owned: struct gwatch */
	size_t monitored;       /* of these by MONITOR */
	struct wtimer batch;    /* those who are new are asked about */
	struct wtimer poll;     /* of the others, by ISON */
	struct list split;      /* owned: struct gsplit, by time */
	struct htable splits;   /* the same, by channel and nick */
	uint64_t fold_ms;       /* so long they are gathered */
	uint64_t look_ms;        /* between two looks at who is watched */
	uint64_t ctcp_at;       /* ms, our last answer; 0: none */
	struct bucket invites;  /* told */
};

/* Up to confabd. */
void guest_tell(struct guest *g, const struct ircp *p);
/* Tag, unless it is 0, came to this. */
void guest_sent(struct guest *g, uint64_t tag, enum parcel_fate fate,
		struct view words);
enum ircb_casemap guest_map(const struct guest *g);
bool guest_name_eq(const struct guest *g, const char *name, struct view v);
/* Cleaned of controls, cut down to fit. */
void guest_reason(struct buf *b, struct view text, size_t max);

/* ---- guest_ask.c ---- */

/* A command whose answer is awaited. The server's answer to the barrier behind
 * it ends it, whatever came before. */
struct gask {
	struct lnode node;
	uint64_t number;
	uint64_t tag;           /* of the parcel; 0: none, or settled */
	enum ircp_verb verb;    /* of the parcel */
	enum gask_step {
		GASK_COMMAND,   /* is done unless it is refused */
		GASK_QUESTION,  /* comes to nothing unless it is answered */
		GASK_MASK,      /* USERHOST before a ban */
		GASK_BANS,      /* the list of bans */
		GASK_ISON,
		GASK_LOOK,      /* WHOIS for a nick that is watched */
	} step;
	char place[IRCB_CHANNEL_MAX + 1], nick[IRCB_NICK_MAX];
	struct buf mask, account, text, away;
	bool found;
};

/* Sends the command for the parcel p (its tag may be 0) and keeps the
 * question. NULL: it could not be sent; the user and tag have been told. */
struct gask *guest_ask(struct guest *g, const struct ircp *p, uint64_t tag,
		       enum gask_step step, const char *command,
		       const struct view *params, size_t count);
/* The oldest in this step about this nick (or place; either may be empty). */
struct gask *guest_ask_find(const struct guest *g, enum gask_step step,
			    enum ircp_verb verb, struct view place,
			    struct view nick);
/* It is over: well. */
void guest_ask_done(struct guest *g, struct gask *a);
/* Not so: tells REFUSED, and the tag. */
void guest_ask_refused(struct guest *g, struct gask *a, unsigned code,
		       struct view words);
/* The barrier behind question number n came back. */
void guest_ask_passed(struct guest *g, uint64_t n);
/* An error numeric: true when it was the answer to one of them. */
bool guest_ask_error(struct guest *g, const struct ircb_line *l);
void guest_asks_free(struct guest *g);
/* What the user wanted by p can't be: without any question. */
void guest_refuse(struct guest *g, const struct ircp *p, uint64_t tag,
		  unsigned code, struct view words);

/* ---- guest_room.c ---- */

struct groom {
	struct lnode node;
	struct guest *guest; /* borrowed */
	enum { GROOM_JOINING, GROOM_IN, GROOM_TOLD } state;
	bool quiet;          /* somebody else listens here */
	bool banned;         /* a mask that fits us was set */
	struct wtimer late;  /* no answer; no end of names */
	struct buf topic;    /* until JOINED is told */
	struct wtimer fold;  /* who went or came by a split is told then */
	struct groom_fold {
		struct buf nicks, servers;
		size_t count;
	} gone, back;
	char name[IRCB_CHANNEL_MAX + 1]; /* as it was asked for */
};

struct groom *guest_room(const struct guest *g, struct view name);
/* The same where we are in it and others' doings are wanted. */
struct groom *guest_room_heard(const struct guest *g, struct view name);
void guest_join(struct guest *g, const struct ircp *p, uint64_t tag);
void guest_part(struct guest *g, const struct ircp *p, uint64_t tag);
/* What is said of rooms by numbers; true: dealt with. */
bool guest_room_numeric(struct guest *g, const struct ircb_line *l);
/* A JOIN was refused. */
void guest_join_refused(struct guest *g, struct view place, unsigned code,
			struct view words);
void guest_rooms_free(struct guest *g);
/* JOINED is told at the latest before anything else of it. */
void guest_room_tell_joined(struct groom *r);
/* We have come in; we are out. */
void guest_room_came(struct guest *g, const struct ircb_line *l);
void guest_room_went(struct guest *g, struct view channel, enum ircp_left how,
		     struct view by, struct view reason);

/* ---- guest_event.c ---- */

/* JOIN, PART, KICK, QUIT, NICK, MODE, TOPIC. */
void guest_room_event(struct guest *g, const struct ircb_event *ev);

/* ---- guest_split.c ---- */

/* nick went by a split: "a.net b.net". */
void guest_split_gone(struct groom *r, struct view nick, struct view servers);
/* Did nick, who comes in, go by one? Then that is dealt with. */
bool guest_split_back(struct groom *r, struct view nick);
void guest_split_room_free(struct groom *r);
void guest_splits_free(struct guest *g);

/* ---- guest_watch.c ---- */

void guest_watch(struct guest *g, const struct ircp *p, uint64_t tag);
void guest_unwatch(struct guest *g, const struct ircp *p, uint64_t tag);
bool guest_watch_numeric(struct guest *g, const struct ircb_line *l);
/* AWAY, QUIT, NICK of somebody. */
void guest_watch_event(struct guest *g, const struct ircb_event *ev);
/* A look at a nick is over. */
void guest_looked(struct guest *g, const struct gask *a);
void guest_watch_free(struct guest *g);

/* ---- guest_ban.c ---- */

void guest_ban(struct guest *g, const struct ircp *p, uint64_t tag);
bool guest_ban_numeric(struct guest *g, const struct ircb_line *l);

/* ---- guest_heard.c ---- */

/* The handler of the connection. */
void guest_event(const struct ircb_event *ev, void *arg);
/* Appends "user@host" of who sent the line, or nothing. */
void guest_mask(struct buf *b, const struct ircb_line *l);

/* ---- guest_send.c ---- */

void guest_do(struct guest *g, const struct ircp *p, uint64_t tag);
/* By which number the queue knows what goes to target. */
uint64_t guest_say_leg(const struct guest *g, struct view target);
bool guest_is_ask_leg(uint64_t leg);

#endif
