/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of seats: iseat.c has their life, iseat_all.c what concerns
 * several of them, iseat_queue.c what waits for them and what they sent,
 * iseat_turn.c whose turn it is to log in, iseat_login.c with what,
 * iseat_nick.c which nicks are ours, iseat_keep.c who is off because he said
 * so.
 */
#ifndef CONFAB_IRC_ISEAT_PRIV_H
#define CONFAB_IRC_ISEAT_PRIV_H

#include "igate_priv.h"

/* A network as far as logins go. */
struct inet {
	struct hnode by_label;
	struct igate *gate;   /* borrowed */
	char *label;          /* owned */
	struct bucket logins;
	struct list queue;    /* of seat.in_turn, in their order */
	struct wtimer timer;
	uint64_t until_ms;    /* nobody logs in before; monotonic */
	unsigned refusals;    /* in a row */
};

/* ---- iseat_turn.c ---- */

/* NULL: nobody was there yet. */
struct inet *inet_find(const struct igate *g, struct view network);
/* It waits for its turn from now on; that may be now. */
void turn_take(struct seat *s);
void turn_leave(struct seat *s);
/* The network refused a login, or threw one out for good: a pause for all of
 * us; it let one in: none any more. */
void turn_refused(struct seat *s);
void turn_welcome(struct seat *s);
void turns_stop(struct igate *g);
void turns_free(struct igate *g);

/* ---- iseat.c, for the others ---- */

/* Looks after it, at the latest then: an earlier look stays. */
void seat_look(struct seat *s, uint64_t ms);
/* Logs in now. EBUSY: all workers are full; else an errno
 * value, and trouble says why. */
int seat_log_in(struct seat *s);
void seat_log_out(struct seat *s);
/* May its user not be on this network any more? */
bool seat_is_barred(const struct seat *s);
void seat_set_trouble(struct seat *s, struct view text);
const char *seat_state_name(enum seat_state state);
void seat_end(struct seat *s);
static inline struct wheel *seat_wheel(const struct seat *s)
{
	return loop_wheel(s->gate->conf.loop);
}

/* ---- iseat_all.c ---- */

uint64_t seat_key(const struct addr *aor, struct view network);

/* ---- iseat_queue.c ---- */

/* Runs all that wait, with this result; those whose time is up. */
void queue_run(struct seat *s, int err);
void queue_run_late(struct seat *s);
/* What was sent is nobody's: its owners are told so. */
void queue_tell_none(struct seat *s);
/* session_conf.senth */
void queue_on_sent(struct session *session, uint64_t number, int err,
		   struct view text, void *arg);
/* Nobody is told any more. */
void queue_drop(struct seat *s);

/* ---- iseat_login.c ---- */

/* What the session is to log in with goes to s->session, which is made where
 * there is none. Why it can't be is added to why. */
int login_prepare(struct seat *s, const struct session_conf *conf,
		  struct buf *why);
/* What came of it, for whoever keeps the account. */
void login_note(struct seat *s, struct view error);
/* The nick that a user should have by his name alone. */
void login_nick(char out[IRCB_NICK_MAX], struct view name);

/* ---- iseat_keep.c ---- */

/* seat.refused, also on the disk. */
void keep_refused(struct seat *s, bool refused);

/* ---- iseat_nick.c ---- */

void nick_claim(struct igate *g, struct view network, struct view nick);
/* Ours for a minute more. */
void nick_release(struct igate *g, struct view network, struct view nick);
void nicks_free(struct igate *g);

#endif
