/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of confab-purple share: pw_core.c starts libpurple, pw_seat.c
 * has the logins (a session of the gateway, or an account that carries links
 * of rooms), pw_down.c does what comes down, pw_conv.c tells what is said,
 * pw_room.c has the rooms, pw_leg.c the links in them, pw_list.c contacts and
 * how they are, pw_ask.c (with pw_ask.h) what libpurple asks, pw_told.c what
 * it only tells, pw_late.c what XMPP says too late, pw_cert.c whom we believe.
 *
 * libpurple calls us amid its own work. What ends a login then waits until
 * pw_reap() runs, from the loop.
 */
#ifndef CONFAB_PW_PRIV_H
#define CONFAB_PW_PRIV_H

#include <purple.h>

#include "bucket.h"
#include "hash.h"
#include "list.h"
#include "parcel.h"
#include "worker.h"

#define PW_UI "confab"

enum {
	PW_CONNECT_MS = 60 * 1000,
	PW_JOIN_MS = 2000,     /* so often a join is tried, so many times */
	PW_JOIN_TRIES = 30,
	PW_ANSWER_MS = 10 * 60 * 1000,
	PW_SHOW_MS = 200,      /* changes of presence come in pieces */
	PW_SWEEP_MS = 60 * 1000,
	PW_IDLE_S = 10 * 60,   /* conversations are forgotten then */
	PW_PENDING = 50,       /* questions and requests of one login */
	PW_ROOMS = 50,         /* confabd has a lower limit of its own */
	PW_LATE = 64,          /* stanzas that may still come back */
};

struct pw {
	struct worker *worker; /* borrowed */
	struct loop *loop;     /* borrowed */
	struct htable seats;   /* owned: struct pw_seat, by id */
	struct list dead;      /* owned: to be reaped */
	struct loop_idle reap;
	struct wtimer sweep;
	uint64_t next_number;  /* of questions and requests */
	struct wtimer retire;  /* pw_retire.c */
	uint64_t quiet_ms, limit_ms; /* likewise; limit: a time, 0: does not */
};

struct pw_setting {
	char *key, *value; /* owned; wiped */
};

/* A stanza of ours that may come back as an error. */
struct pw_sent {
	char *stanza, *id; /* owned, or NULL */
};

struct pw_seat {
	struct hnode by_id;
	struct lnode node;      /* in pw.dead */
	struct pw *pw;          /* borrowed */
	uint32_t id;
	bool is_account;        /* of links; else a session */
	enum pw_state { PW_OFF, PW_CONNECTING, PW_UP, PW_OVER } state;
	char *label;            /* owned */
	struct pw_setting *settings; /* owned */
	size_t settings_count;
	PurpleAccount *account; /* owned, in libpurple's list; or NULL */
	struct wtimer patience;
	enum worker_lost why;   /* what it will be lost for */
	struct buf words;       /* the same in words */
	struct list rooms;      /* owned: struct pw_room */
	struct list asks;       /* owned: struct pw_ask */
	GHashTable *shown;      /* owned: contacts that have changed */
	struct wtimer show;
	GQueue *due;            /* owned: who is still to be asked; or NULL */
	struct bucket asking;
	struct wtimer ask;
	struct pw_sent late[PW_LATE]; /* owned: a ring */
	size_t late_at;
	struct bucket files;    /* refusals that we say */
	uint64_t used_ms;       /* a text came or went */
	uint64_t leaving_ms;    /* since then nothing is sent; 0: not */
	struct view saying;     /* the id of what is being sent, or empty */
};

/* ---- pw_core.c ---- */

/* libpurple is ready, with whatever protocols are there. */
int pw_core_start(struct pw *w);

/* ---- pw_seat.c ---- */

struct pw_seat *pw_seat_find(const struct pw *w, uint32_t id);
/* Whose account this is, unless it is over; NULL. */
struct pw_seat *pw_seat_of(const PurpleAccount *account);
struct pw_seat *pw_seat_of_gc(PurpleConnection *gc);
/* A new one in the place of any of this id: off. */
struct pw_seat *pw_seat_new(struct pw *w, uint32_t id,
			    const struct wire_msg *m, bool is_account);
/* NULL is allowed. From the loop only. */
void pw_seat_end(struct pw_seat *s);
/* From the loop only. */
void pw_seat_login(struct pw_seat *s);
/* From now on it has so long to be logged in. */
void pw_seat_patience(struct pw_seat *s);
/* What the login will be lost for, unless something was said before. */
void pw_seat_blame(struct pw_seat *s, enum worker_lost why,
		   struct view words);
/* It is lost, for what was blamed. At any time. */
void pw_seat_lost(struct pw_seat *s);
const char *pw_setting(const struct pw_seat *s, const char *key);
PurpleConnection *pw_gc(const struct pw_seat *s);
PurplePluginProtocolInfo *pw_proto(const struct pw_seat *s);
bool pw_is(const struct pw_seat *s, const char *proto);
/* Appends the name as libpurple compares it. */
void pw_norm(struct buf *b, const struct pw_seat *s, const char *name);
/* Up to confabd; nothing, where it is an account of links. */
void pw_tell(struct pw_seat *s, const struct purp *p);
void pw_notice(struct pw_seat *s, const char *words, const char *text);
/* All logins are over; from the loop. */
void pw_seats_stop(struct pw *w);
void pw_reap(struct pw *w);
PurpleConnectionUiOps *pw_connection_ops(void);

/* ---- pw_retire.c ---- */

/* A new worker is to take over: each login is let go once it was quiet, all
 * of them after limit_ms; then we end. */
void pw_retire(struct pw *w, uint64_t quiet_ms, uint64_t limit_ms);
void pw_retire_stop(struct pw *w);

/* ---- pw_option.c ---- */

/* The account's options by its settings. EINVAL with words in why. */
int pw_options(struct pw_seat *s, struct buf *why);
/* Has the operator named this host, for any login? What a user added by
 * himself ("near" is "no") names none. arg: the struct pw. */
bool pw_may_near(const char *host, void *arg);

/* ---- pw_down.c ---- */

void pw_do(struct pw_seat *s, const struct purp *p, uint64_t tag);
void pw_sent(struct pw_seat *s, uint64_t tag, enum parcel_fate fate,
	     const char *words);
/* To who, or in the room of conv where that is a chat. 0, or an errno
 * value. */
int pw_say(struct pw_seat *s, PurpleConversation *conv, unsigned kind,
	   struct view text, struct view id);

/* A line there is a message of its own. */
bool pw_by_lines(const struct pw_seat *s);
/* ENOTSUP. */
int pw_topic(struct pw_seat *s, PurpleConversation *conv, struct view text);

/* ---- pw_conv.c ---- */

PurpleConversationUiOps *pw_conversation_ops(void);
void pw_conv_signals(void *handle);
/* The conversation was used just now. */
void pw_conv_touch(PurpleConversation *conv);
/* Those that nobody used for long go. */
void pw_conv_sweep(void);

/* ---- pw_room.c ---- */

struct pw_room {
	struct lnode node;
	struct pw_seat *seat;   /* borrowed */
	char *place;            /* owned: as it was asked for */
	char *name;             /* owned: as it is compared */
	char *nick;             /* owned: ours there; or "" */
	char *key;              /* owned, wiped: the room's password; or "" */
	uint64_t leg;           /* 0: the user's own */
	enum { PW_JOINING, PW_IN, PW_TOLD, PW_OUT } state;
	struct wtimer patience;
	unsigned tries;
	struct loop_idle tell;
	struct buf last;        /* the last line of the network there */
	uint64_t last_ms;       /* and when it came */
};

/* leg 0: for the user. place, nick and key may come from anywhere. */
void pw_room_join(struct pw_seat *s, uint64_t leg, struct view place,
		  struct view nick, struct view key);
void pw_room_part(struct pw_room *r, bool asked);
/* The network said this there: should we be out next, it is why. */
void pw_room_line(struct pw_room *r, struct view text);
/* It does not let us in; nothing, where we are in. words may be empty. */
void pw_room_refused(struct pw_room *r, struct view words);
struct pw_room *pw_room_find(const struct pw_seat *s, struct view place);
struct pw_room *pw_room_of(PurpleConversation *conv);
struct pw_room *pw_room_leg(const struct pw *w, uint64_t leg);
PurpleConversation *pw_room_conv(const struct pw_room *r);
/* JOINED is told before anything else of it. */
void pw_room_told(struct pw_room *r);
void pw_room_people(struct pw_room *r, enum purp_change what,
		    const char *who, const char *other);
void pw_room_who(struct pw_room *r);
/* Frees all of them; nothing is told. */
void pw_rooms_free(struct pw_seat *s);
/* Joins what waits for the login: of links. */
void pw_rooms_enter(struct pw_seat *s);
void pw_room_signals(void *handle);

/* ---- pw_list.c ---- */

void pw_list_signals(void *handle);
void pw_list_do(struct pw_seat *s, const struct purp *p, uint64_t tag);
void pw_list_free(struct pw_seat *s);
void pw_status(struct pw_seat *s, unsigned show, struct view note);

/* ---- pw_ask.c ---- */

PurpleRequestUiOps *pw_request_ops(void);
PurpleAccountUiOps *pw_account_ops(void);
/* False: there is no such question any more. */
bool pw_answer(struct pw_seat *s, uint64_t number, bool yes,
	       struct view text);
void pw_asks_free(struct pw_seat *s);

/* ---- pw_told.c ---- */

PurpleNotifyUiOps *pw_notify_ops(void);
/* Why a connection was not made just now, as libpurple says it to its own log
 * alone; and that once, or "". */
void pw_not_connected(const char *text);
const char *pw_why_not_connected(void);
/* What libpurple said last to nobody in particular, if that names this; else
 * "". */
const char *pw_notified(const char *name);

/* ---- pw_late.c ---- */

void pw_late_signals(void *handle);
void pw_late_free(struct pw_seat *s);

/* ---- pw_cert.c ---- */

void pw_cert_start(void);
/* The login that a certificate is being verified for; NULL: none. */
struct pw_seat *pw_cert_seat(void);

#endif
