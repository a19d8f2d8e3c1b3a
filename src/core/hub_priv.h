/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hub's inside, for the files that make it up. */
#ifndef CONFAB_HUB_PRIV_H
#define CONFAB_HUB_PRIV_H

#include "consent.h"
#include "gateway.h"
#include "house.h"
#include "hub.h"
#include "watch.h"

enum { FACES_MAX = 8, GATEWAYS_MAX = 4, GATE_LISTENERS_MAX = 4,
       WATCHES_MAX = 8 };

struct face {
	const struct face_ops *ops; /* borrowed */
	void *obj;		    /* borrowed */
	bool started;
};

enum hub_state { HUB_LOADING, HUB_RUNNING, HUB_STOPPED };

struct hub {
	struct loop *loop;   /* borrowed */
	struct wheel *wheel; /* borrowed */
	struct store *store; /* borrowed */
	char *domain;	     /* owned */
	unsigned keep_days;
	uint64_t keep_msgs, backoff_ms;
	unsigned invite_days, wait_msgs;
	uint64_t wait_bytes;
	size_t max_rooms, max_members;
	enum room_notices notices; /* of new rooms */
	enum hub_state state;
	bool draining;
	struct face faces[FACES_MAX];
	size_t nfaces;
	struct gateway gateways[GATEWAYS_MAX];
	size_t ngateways;
	struct gate_listener listeners[GATE_LISTENERS_MAX];
	size_t nlisteners;
	struct consents *consents; /* owned */
	struct hub_room_watch watches[WATCHES_MAX];
	size_t nwatches;
	struct house house;
	struct htable rooms_by_name, rooms; /* of struct room, owned; by id
					       the inboxes as well */
	struct htable inboxes;		    /* by address */
	struct htable tallies;		    /* book.c's */
	struct htable members;		    /* by id */
	struct htable waiting;		    /* members put off, by addr */
	struct list mores;		    /* of struct member_more */
	struct htable legs, legs_by_label;
	struct list pauses;	   /* of struct pause, owned */
	struct list changes;	   /* of struct change, on their way */
	uint64_t *dirty;	   /* owned; members: cursors to be written */
	size_t dirty_count, dirty_cap;
	uint64_t dirty_since_ms;	   /* the first of them; monotonic */
	struct list dirty_legs;
	struct wtimer flush, flush_legs, prune, trim, alive;
	uint64_t alive_ms;   /* of the run before; wall clock; 0: not known */
	size_t prune_at;     /* of the rooms: where the next turn begins */
	struct member **batch; /* owned; scratch of one fan-out */
	size_t batch_cap;
	struct late *late; /* owned; what goes out at the end of this turn */
	size_t late_count, late_cap;
	struct loop_idle late_job;
	struct hub_stats stats;
};

/* ---- hub.c: changes on their way to the disk ---- */

struct change {
	struct lnode in_hub; /* while the store has not answered */
	struct hub *hub;     /* ref */
	uint64_t room, subject;
	struct msg *msg; /* ref, or NULL: what the room gets told */
	void *was;	 /* ref, or NULL: to take it back; settle()'s */
	enum room_way way;
	struct addr *by; /* ref, or NULL: who wants it */
	char *reason;	 /* owned, or NULL */
	/* The room is there. err: take the change back (doneh follows);
	 * 0: doneh has run and msg was delivered. May be NULL. */
	void (*settle)(struct change *c, struct room *room, int err);
	hub_done_h *doneh;
	void *arg;
};

struct change *change_new(struct room *room, hub_done_h *doneh, void *arg);
/* Takes both. */
void change_commit(struct change *c, struct store_txn *t);

/* Who wants it, and why. */
void change_by(struct change *c, const struct room_by *by);

/* ---- change.c ---- */

/* With what the room is told of it, or NULL (taken), and commits it. */
void change_give(struct room *room, struct msg *msg, uint64_t audience,
		 struct store_txn *t, struct change *c);

struct face *hub_face(struct hub *h, struct view scheme);
void hub_flush(struct hub *h);
/* The cursor has moved: it will be written. */
void member_dirty(struct member *m);
void leg_dirty(struct leg *l);

/* ---- rooms.c ---- */

struct room *room_new(struct hub *h, const struct store_room *sr,
		      struct addr *addr);
void room_drop(struct room *room);
/* What is 0 in sm becomes new. */
struct member *member_new(struct room *room, struct addr *addr,
			  const struct store_member *sm);
bool room_name_ok(struct view name);
void member_set_state(struct member *m, enum member_state state);
void member_set_role(struct member *m, enum member_role role);
uint64_t joined_now(const struct room *room);
void room_put(struct store_txn *t, const struct room *room);
void member_put(struct store_txn *t, const struct member *m);

/* ---- member_name.c ---- */

/* The shown name by his address; own: chosen (clean; it is taken). Frees what
 * was there. */
void member_name(struct member *m);
void member_name_own(struct member *m, struct view own);
void member_name_clear(struct member *m);
/* As the store has it. */
void member_name_loaded(struct member *m, struct view own);

/* Walk all rooms and inboxes, as hub_each_room(). */
struct room *hub_each_journal(const struct hub *h, size_t *pos,
			      struct room *prev);

/* si->id 0: a new one. */
struct room *inbox_new(struct hub *h, struct addr *addr,
		       const struct store_inbox *si);

/* ---- consent.c ---- */

struct consents *consents_new(void);
void consents_free(struct consents *cs); /* NULL is allowed */
void consents_load(const struct store_watch *w, void *arg); /* the hub */

/* ---- direct.c ---- */

/* It ends where nothing waits in it: true, it is gone soon. */
bool inbox_tidy(struct room *inbox);

/* ---- members.c ---- */

/* Of the room itself, *mp NULL without a text; the number is given out with
 * room_give(). */
int room_notice(struct msg **mp, struct room *room, struct view text);
/* The same for what those who watch rooms are not told. */
int room_line(struct msg **mp, struct room *room, struct view text);
/* Adds wish, clean, as a nick for but (NULL: for somebody new); empty: the one
 * of his address. EBADMSG: nothing is left of it, EADDRINUSE. */
int nick_check(struct buf *nick, const struct room *room, struct view wish,
	       const struct member *but);
/* Of somebody's coming or going: who is to hear it. */
uint64_t notice_audience(const struct room *room, const struct member *m);
/* EPERM when the room would be left to others without an owner. */
int owner_check(const struct member *m, enum member_role role,
		enum member_state state, bool stays);
/* An invitation ends by itself. */
void member_invite_timer(struct member *m);
/* The room's next number is msg's: puts it into t and c. */
void room_give(struct room *room, struct msg *msg, struct view dedupe,
	       struct store_txn *t, struct change *c);

/* ---- name.c ---- */

/* "alice" of our own domain, "alice@host" of others. */
void hub_name_user(const struct hub *h, struct buf *out, const struct addr *a);
/* "who@at", both cleaned, as long as a name may be. */
void hub_name_join(struct buf *out, struct view who, struct view at);
/* One clean line of at most max bytes. */
void hub_clean_line(struct buf *out, struct view text, size_t max);
/* "/me waves": the kind becomes MSG_EMOTE, the text "waves". */
void hub_emote(enum msg_kind *kind, struct view *text);

/* ---- journal.c ---- */

/* 0: *mp is the message of this number, or NULL for a hole. EAGAIN: it has
 * to be read. */
int journal_find(const struct room *room, uint64_t seq, struct msg **mp);
/* Reads the page with seq; those who wait (reading) are pumped then. */
void journal_want(struct room *room, uint64_t seq);
/* The number is settled: msg may be delivered (0), or is a hole. */
void journal_commit(struct room *room, struct msg *msg, int err);
/* Rows as messages, without those that are damaged: how many. */
size_t journal_msgs(struct msg **msgs, const struct room *room,
		    const struct store_msg *sms, size_t count);
void journal_page_free(struct room *room);

/* ---- deliver.c ---- */

/* msg is NULL for a hole. */
void hub_deliver(struct room *room, uint64_t seq, struct msg *msg);
/* The next number to go there; 0: none. */
uint64_t room_next(const struct room *room, const struct cursor *cur);
bool member_wants(const struct member *m, const struct msg *msg);
void member_pump(struct member *m);
void member_put_off(struct member *m);
/* To somebody who hears nothing more. */
void member_farewell(struct member *m, struct msg *msg);
/* He is not put off any more. */
void member_normal(struct member *m);
/* Room for count members in the hub's batch. */
void hub_batch_reserve(struct hub *h, size_t count);

/* ---- tell.c ---- */

/* A line beside the journal, where his network can. */
void room_tell(struct room *room, const struct addr *to, struct view text);
/* A notice to its owners and admins. */
void room_tell_staff(struct room *room, struct view text);
void room_tell_all(struct room *room, struct view text);
/* The same about a leg; once an hour the same. */
void leg_trouble(struct leg *l, struct view text);

/* ---- topic.c ---- */

/* What a leg had as the topic when it was last compared. */
void topics_load(const struct store_kept *k, void *hub);
/* The leg goes, with this. */
void topic_forget(struct store_txn *t, const struct leg *l);
/* Sends the room's topic there. */
void leg_topic(struct leg *l);
/* It is stored; origin: the leg that it came from, or 0. */
void topic_changed(struct room *room, uint64_t origin);

/* ---- circle.c ---- */

/* This is not to be taken from there: it counts as unheard. */
bool leg_is_deaf(struct leg *l, const struct hub_heard *in);
/* It went there. */
void leg_said(struct leg *l, const struct msg *msg);

/* ---- say.c ---- */

/* The name that others see of somebody who is heard there. */
void leg_shown(const struct leg *l, struct view nick, struct buf *out);
/* What stands behind "@" there. */
void leg_place(const struct leg *l, struct buf *out);

/* ---- alive.c ---- */

void alive_load(struct hub *h, const struct store_kept *k);
void alive_start(struct hub *h);
void alive_stop(struct hub *h);
/* How long a leg that comes UP was not. */
uint64_t alive_gap(const struct leg *l);

/* ---- crowd.c ---- */

void crowd_free(struct leg *l);

/* ---- watch.c ---- */

void watch_came(struct member *m);
void watch_went(struct member *m, enum room_way way, const struct change *c);
void watch_changed(struct member *m, const struct member_before *before,
		   const struct change *c);
void watch_room(struct room *room, unsigned what, const struct change *c);
void watch_gone(struct room *room);

/* ---- more.c ---- */

/* What few members have. */
struct member_more {
	struct member *member;	/* borrowed: it owns this */
	struct lnode in_hub;
	struct hnode waiting;	/* hub's table while tries > 0, key: addr */
	struct wtimer retry;	/* runs while delivery is put off; INVITED:
				   until the invitation ends */
	uint64_t failed_ms;
	uint64_t muted_until_ms;
	struct addr *inviter;	/* ref, or NULL */
	char *away;		/* owned, or NULL */
	uint64_t said, said_ms; /* his newest text: number and time */
	uint64_t missed;	/* since he last took something */
	struct addr **told;	/* owned, refs: senders who know of it */
	size_t ntold;
	struct msg **doomed;	/* owned, refs: gone from the journal while
				   they were under way to him */
	size_t ndoomed;
};

/* Makes it where there is none. */
struct member_more *member_more(struct member *m);
/* Out of hub.waiting. */
void member_not_away(struct member *m);
/* Takes what he was put off with along. */
void member_more_free(struct member *m);
/* Frees those in which nothing counts any more. */
void member_more_tidy(struct hub *h);
void member_more_stop(struct hub *h);
void member_more_forget_told(struct member_more *more);
void member_set_muted(struct member *m, uint64_t until_ms);
/* Takes it; may be NULL. */
void member_set_away(struct member *m, char *away);
void member_set_inviter(struct member *m, struct addr *inviter);
bool member_retry_running(const struct member *m);
void member_retry_start(struct member *m, uint64_t after_ms, wtimer_h *h);
void member_retry_stop(struct member *m);
/* Whose more has this timer. */
struct member *member_of_retry(struct wtimer *t);

/* ---- book.c: who fills the inboxes ---- */

/* from may have one more of users of to's domain. */
bool book_may_begin(const struct hub *h, const struct addr *to,
		    const struct addr *from);
/* from NULL: it was there before. */
void book_new(struct room *inbox, const struct addr *from);
void book_free(struct room *inbox);
/* from has not had his part of it yet. */
bool book_has_room(struct room *inbox, const struct addr *from, size_t bytes);
/* It waits, with the next sequence number. */
void book_add(struct room *inbox, const struct msg *msg);

/* ---- fate.c ---- */

void member_said(struct member *m, const struct msg *msg);
/* Given up for this member or leg. */
void room_failed(struct room *room, uint64_t target, uint64_t seq,
		 struct view reason);

/* ---- settle.c ---- */

/* What became of a message for one member. */
struct outcome {
	enum gate_fate fate; /* GATE_EXPIRED: the hub let it go itself */
	int status;          /* of SIP */
	struct view why;
};

/* It is settled; msg is NULL where it is not at hand: then it is read. Before
 * the cursor moves. */
void member_settled(struct member *m, uint64_t seq, const struct msg *msg,
		    const struct outcome *o);
/* True: this is for a gateway to hear, and was told it. */
bool gate_settled(const struct member *m, const struct msg *msg,
		  const struct outcome *o);
/* An inbox of somebody on a gateway's network. */
bool room_is_conversation(const struct room *room);
/* Somebody on a gateway's network. */
bool hub_is_beyond(const struct hub *h, const struct addr *a);
/* An address of a gateway. */
bool hub_is_gate(const struct hub *h, const struct addr *a);

/* ---- missed.c ---- */

/* The sender hears that m does not get it: once, until m is back; a gateway
 * each time. */
void member_tell_sender(struct member *m, const struct msg *msg,
			const struct outcome *o);
/* msg is under way to him, and won't be there for another attempt. */
void member_doom(struct member *m, struct msg *msg);
/* The attempt is over: it (a reference), or NULL. */
struct msg *member_doomed(struct member *m, uint64_t seq);
/* His absence begins; he (who has more) takes something again. */
void member_gone(struct member *m);
void member_back(struct member *m);

/* ---- expire.c ---- */

void expire_start(struct hub *h);
extern const struct outcome outcome_away; /* for too long */
/* Too old for him, though the journal still has it; the sender is told. */
bool member_expired(struct member *m, const struct msg *msg);

/* ---- weigh.c ---- */

/* The text that waits for who has everything up to acked. False: that is not
 * known now; it will be soon. */
bool weigh(struct room *room, uint64_t acked, uint64_t *bytes);
/* room.committed and room.bytes have moved. */
void weigh_commit(struct room *room);
/* Nobody asks any more, or the journal has changed. */
void weigh_free(struct room *room);

/* ---- late.c ---- */

/* msg goes to m at the end of the loop's turn, with others' of the kind. */
void late_add(struct member *m, struct msg *msg);
void late_flush(struct hub *h);
void late_stop(struct hub *h);

/* ---- relay.c ---- */

void leg_deliver(struct leg *l, uint64_t seq, struct msg *msg);
void leg_pump(struct leg *l);
/* Sending is held for a while. */
void leg_hold(struct leg *l);
/* It is up: what is too old is skipped, the rest goes out. */
void leg_catch_up(struct leg *l);

/* ---- legstate.c ---- */

/* Waiting times of one account, shared by its legs. */
struct pause {
	struct lnode in_hub;
	struct face *face; /* borrowed: the hub's */
	char *via;	   /* owned */
	enum lost_why why; /* of the last loss */
	unsigned tries;	   /* in a row, for the same why */
	uint64_t until_ms; /* monotonic */
};

void leg_set_state(struct leg *l, enum leg_state state, const char *why);
void leg_attach(struct leg *l);
/* Takes it off its face, whatever the state. */
void leg_detach(struct leg *l, const char *why);
void pauses_free(struct hub *h);

/* ---- links.c ---- */

/* What is 0 in sl becomes new. */
struct leg *leg_new(struct room *room, const struct store_link *sl);
struct leg *hub_leg_by_id(const struct hub *h, uint64_t id);

#endif
