/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's inside: pgate.c (doors, life), pacct*.c (accounts and their
 * logins), pclaim.c (whose they are), ptalk*.c (from one to one), pshow.c and
 * pwatch.c (presence), pauth.c (who asks, and what libpurple asks), proom*.c
 * (rooms of users by themselves).
 */
#ifndef CONFAB_PURPLE_PGATE_PRIV_H
#define CONFAB_PURPLE_PGATE_PRIV_H

#include "gate_rates.h"
#include "gate_req.h"
#include "hash.h"
#include "list.h"
#include "mem.h"
#include "parcel.h"
#include "pgate.h"
#include "session.h"
#include "wheel.h"

struct pauth;

struct pgate {
	struct pgate_conf conf;  /* its texts are owned */
	struct pmap *map;        /* ref */
	struct htable accounts;  /* by id; owned */
	struct list order;       /* of them, by id */
	struct list queue;       /* of them: whose turn comes */
	size_t connecting;
	struct bucket logins;
	struct wtimer turn;
	struct htable contacts;  /* pshow.c: by account and name; owned */
	struct htable rooms;     /* proom.c: likewise */
	struct list jobs;        /* ptalk_out.c: texts under way; owned */
	struct wtimer soon;
	struct htable claims;    /* pclaim.c: of accounts not read yet */
	struct pauth *auth;      /* pauth.c; owned */
	struct gate_rates *rates; /* owned */
	struct addr *self;       /* ref: purple@ our domain */
	bool running;
};

/* ---- accounts: pacct.c ---- */

enum pacct_state {
	PACCT_DISABLED, PACCT_UNSUPPORTED, PACCT_OFFLINE,
	PACCT_QUEUED,     /* for its turn */
	PACCT_CONNECTING, PACCT_ONLINE,
	PACCT_BACKOFF,    /* until the next try */
	PACCT_FAILED,     /* not by itself again */
	PACCT_STATES
};

/* What the network has said of a login. */
enum pclaim {
	PCLAIM_NONE,
	PCLAIM_PROVEN, /* it let him in */
	PCLAIM_LOST,   /* it did, but the password is wrong now */
	PCLAIM_BEATEN, /* it did, but another one holds the name */
	PCLAIMS
};

typedef void (pacct_told_h)(int err, struct view words, void *arg);

struct pacct {
	struct hnode by_id;
	struct lnode in_order, in_queue;
	struct pgate *gate;      /* borrowed */
	uint64_t id;
	struct addr *owner;      /* ref */
	const struct pmap_proto *proto; /* borrowed of the map */
	char *login;             /* owned */
	char *name;              /* owned: login in its one form */
	enum pgate_login policy;
	enum pgate_auth auth;
	enum pacct_state state;
	uint64_t since_ms;       /* it is so; wall clock */
	struct buf trouble;      /* what it came to last; or empty */
	struct session *session; /* owned; or NULL */
	/* reasons to be online */
	bool here, published;    /* he has a device; publishes presence */
	bool manual, refused;    /* :online, :offline */
	size_t watches, texts;
	struct list contacts;    /* pshow.c's, who was met last at its end */
	struct bucket showing;   /* likewise: how he is, told there */
	struct wtimer show;      /* when it is told next */
	/* private to pacct*.c */
	struct wtimer timer;     /* of the state: retry, timeout, linger */
	struct list tags;
	uint64_t next_tag, up_ms, text_ms;
	unsigned fails, refusals, crashes;
	unsigned deaths;         /* of workers that it was in, lately */
	uint64_t death_ms;       /* of the first of these */
	enum pacct_place { PLACE_SHARED, PLACE_ANY, PLACE_ALONE } placed;
	bool alone;              /* to a worker of its own next time */
	bool told;               /* he was told of the trouble */
	bool in_turn;            /* counted in pgate.connecting */
	enum pclaim claim;
	bool claimed;            /* by its owner: by chat */
	uint64_t tried_ms;       /* in vain since then; pclaim.c */
	struct bucket sending, moves;
	struct bucket hearing, telling, typing, sorry; /* pshare.c */
	bool muted;              /* something was not told just now */
};

struct pacct *pacct_find(const struct pgate *g, uint64_t id);
/* By id: prev NULL is the first. */
struct pacct *pacct_next(const struct pgate *g, const struct pacct *prev);
/* Which of his accounts is meant: the one that account names, else the one
 * that knows name, else the first. NULL: he has none. */
struct pacct *pacct_pick(const struct pgate *g, const struct addr *owner,
			 const struct pmap_target *t);
/* Whose account this is, whoever owns it; or NULL. Whoever was never let in
 * by the network may say that any name is his. */
struct pacct *pacct_named(const struct pgate *g, struct view proto,
			  struct view name);
/* Is who speaks by this name there its owner? */
bool pacct_is_identity(const struct pacct *a);
/* May they be each other's, as mapped users? What either hears of the other
 * is what his own server says: that of an account which the operator has
 * entered is believed, else only one that both are at. */
bool pacct_is_pair(const struct pacct *a, const struct pacct *b);
const char *pacct_state_name(enum pacct_state state);
void pacct_set(struct pacct *a, enum pacct_state state);
/* "XMPP alice@example.org" */
void pacct_title(struct buf *b, const struct pacct *a);
/* His reasons have changed. */
void pacct_look(struct pacct *a);
/* A text was said, or waits: it comes online, unless its policy is manual. */
void pacct_text(struct pacct *a);
/* What it came to counts no more: it may be tried. */
void pacct_forgive(struct pacct *a);
/* By him or the operator. */
void pacct_online(struct pacct *a);
void pacct_offline(struct pacct *a);
/* told (may be NULL) runs once, never before it returns: 0: libpurple has it;
 * EAGAIN: the link broke, nobody knows; else never, with words. ENOTCONN,
 * EBUSY, EMSGSIZE: at once. */
int pacct_send(struct pacct *a, const struct purp *p, pacct_told_h *told,
	       void *arg);
void pacct_untell(struct pacct *a, const void *arg);
/* For its session; and when that is lost. */
void pacct_on_sent(struct session *s, uint64_t number, int err,
		   struct view text, void *arg);
void pacct_tell_none(struct pacct *a);
/* Reads the table anew, for this one. */
void pacct_read(struct pgate *g, uint64_t id);
void pacct_read_all(struct pgate *g);
/* One may be in another's way now, or is not any more: of those of the same
 * name there. */
void pacct_judge_twins(struct pacct *a);
/* All of them, also those that were tried in vain; so many. */
size_t pacct_retry_all(struct pgate *g);
/* Only their policies are other ones, as the configuration is. */
void pacct_read_policies(struct pgate *g);
void paccts_stop(struct pgate *g);
void paccts_free(struct pgate *g);
void pacct_note(const struct pacct *a, struct view error);

/* It is neither off nor impossible. */
bool pacct_serves(const struct pacct *a);

/* ---- pclaim.c ---- */

void pclaim_load(struct pgate *g, const struct store_kept *row);
void pclaim_free(struct pgate *g);
/* Of a new account: what was kept of it. Of one that is deleted: no more. */
void pclaim_new(struct pacct *a);
void pclaim_gone(struct pacct *a);
/* Another one has the name: no login is tried. */
bool pclaim_is_taken(const struct pacct *a);
/* Another one is in by this name, or about to be: libpurple would take both
 * for one, so that it takes another process. */
bool pclaim_is_shared(const struct pacct *a);
/* Then: too many are tried so just now. */
bool pclaim_must_wait(const struct pacct *a);
/* It has been let in. False: but another one has the name. */
bool pclaim_up(struct pacct *a);
/* The password is wrong. */
void pclaim_refused(struct pacct *a);
/* Its owner, or the operator, wants it tried again. */
void pclaim_anew(struct pacct *a);
/* It was never let in, and has been tried for long enough. */
bool pclaim_has_lapsed(struct pacct *a);

/* ---- pacct_place.c ---- */

/* Which worker it is to have next. */
enum pacct_place pacct_place(const struct pacct *a);
/* Its worker died. True: it is this account that kills them. */
bool pacct_blame(struct pacct *a, bool connecting);

/* ---- pacct_login.c ---- */

/* Into the queue, out of it. */
void pacct_queue(struct pacct *a);
void pacct_unqueue(struct pacct *a);
void pacct_go_off(struct pacct *a, enum pacct_state state);
void pacct_log_out(struct pacct *a);
struct wheel *pacct_wheel(const struct pacct *a);

/* ---- pgate.c ---- */

/* What came, and what it means to all parts. */
void pgate_parcel(struct pacct *a, const struct purp *p);
void pgate_up(struct pacct *a);
void pgate_down(struct pacct *a);
void pgate_gone(struct pacct *a);

/* A text or command of a user. Reference-counted; answered once. */
struct pask {
	struct gate_req req;
	struct pgate *gate;
	struct pmap_target target; /* views into req */
};
/* Why he has none for this network, in words; appended. */
void pask_no_account(struct buf *b, const struct pask *ask);
void pask_answer(struct pask *a, int status, unsigned retry_after,
		 struct view words);

/* ---- pshare.c ---- */

/* The SIP address of name there; of a when name is empty. With ";account="
 * where another one would be picked. A reference, or NULL. */
struct addr *pgate_addr(const struct pacct *a, struct view name);
/* As whom a user hears of it: mapped users by their own address. */
struct addr *pgate_addr_of(const struct pacct *a, struct view name);
/* mapped_users: the first of from's accounts on whose network that user of
 * ours has been let in, too, by other; or NULL. */
struct pacct *pgate_mapped(const struct pgate *g, const struct addr *from,
			   struct view user, struct view host,
			   const struct pacct **other);
/* A line for the owner past the journal, from an address (NULL: ours). Only
 * so many a second, as the network may have caused them. */
void pgate_tell(struct pacct *a, struct addr *from, struct view text);
/* May he hear these words of name, or that it types, now? Else he is told,
 * once a minute, that some was lost. many: name is a room, or says it all
 * at once. */
bool pgate_may_hear(struct pacct *a, struct view name, bool many);
bool pgate_may_type(struct pacct *a);
/* May this name cause one more of these now? */
bool pgate_rate(struct pgate *g, const struct pacct *a, struct view name,
		char what, const struct bucket_rate *rate);
/* The inbox of a conversation: "purple:17/carol%40x.org/sip:alice@x.org".
 * EBADMSG, EMSGSIZE. */
int pgate_conv(struct addr **ap, const struct pacct *a, struct view name);
/* Back: the name is appended. NULL: no such account. */
struct pacct *pgate_conv_of(const struct pgate *g, const struct addr *conv,
			    struct buf *name);
/* A name as this account has it; appended. EBADMSG. */
int pgate_name(struct buf *out, const struct pacct *a, struct view name);
void pgate_share_init(struct pgate *g);
void pgate_share_free(struct pgate *g);
/* Hash of an account and a name in its one form. */
uint64_t pgate_key(uint64_t account, struct view name);

/* ---- ptalk_out.c ---- */

void ptalk_message(struct pask *ask, struct pacct *a);
void ptalk_fanout(struct pgate *g, struct room *room, struct msg *msg,
		  struct member *const *members, size_t count);
/* What waits for a is looked at anew. */
void ptalk_awake(struct pacct *a);
void ptalk_gone(struct pacct *a);
void ptalk_free(struct pgate *g);
void ptalk_settled(void *gate, struct addr *to, const struct msg *m,
		   enum gate_fate fate, int status);

/* ---- ptalk_in.c ---- */

void ptalk_heard(struct pacct *a, const struct purp *p);
void ptalk_typing(struct pacct *a, const struct purp *p);
void ptalk_failed(struct pacct *a, const struct purp *p);
void ptalk_notice(struct pacct *a, const struct purp *p);
/* Into his inbox, from an address of this name. */
struct ptalk_word {
	struct view name, text, id;
	uint64_t time_ms;
	bool past;   /* it was kept for us while we were away */
	bool person; /* who may be told that it was not kept */
};
void ptalk_keep(struct pacct *a, const struct ptalk_word *w);

/* ---- pshow.c ---- */

enum gate_watch pshow_watch(void *gate, struct addr *watcher,
			    struct addr *target, bool once);
void pshow_unwatch(void *gate, struct addr *watcher, struct addr *target);
bool pshow_show(void *gate, struct addr *watcher, struct addr *target,
		struct presence_state *out);
void pshow_presence(struct pgate *g, struct addr *user,
		    const struct presence_state *p);
void pshow_parcel(struct pacct *a, const struct purp *p);
void pshow_up(struct pacct *a);
void pshow_down(struct pacct *a);
void pshow_gone(struct pacct *a);
/* What its owner watches by it, and who watches him as one who has it, has to
 * begin anew. */
void pshow_anew(struct pacct *a);
/* It has been let in for the first time: mapped users reach him by it; and
 * can't any more. */
void pshow_proven(struct pacct *a);
void pshow_unproven(struct pacct *a);
/* mapped_users is off from now on. */
void pshow_unmap(struct pgate *g);
void pshow_free(struct pgate *g);
/* He has been heard there, or is on the list. */
void pshow_meet(struct pacct *a, struct view name);
bool pshow_knows(const struct pacct *a, struct view name);
bool pshow_is_watched(const struct pacct *a, struct view name);
void pshow_list(const struct pacct *a, struct sink *out);

/* ---- pauth.c ---- */

void pauth_parcel(struct pacct *a, const struct purp *p);
/* Nothing that was asked can be answered any more. */
void pauth_down(struct pacct *a);
void pauth_start(struct pgate *g);
void pauth_stop(struct pgate *g);
void pauth_free(struct pgate *g);

/* ---- proom.c: rooms of users by themselves ---- */

struct proom {
	struct hnode by_key;
	struct pgate *gate;     /* borrowed */
	uint64_t id, account_id; /* id: of its row */
	struct buf owner;        /* whose the account was */
	struct buf name, nick, secret; /* secret: sealed */
	struct buf there;       /* who is, while they are told */
	bool in;
};
struct proom *proom_find(const struct pacct *a, struct view name);
/* He is in it no more, and does not come back by himself. */
void proom_drop(struct proom *r);
void proom_parcel(struct pacct *a, const struct purp *p);
void proom_up(struct pacct *a);
void proom_down(struct pacct *a);
void proom_gone(struct pacct *a);
void proom_free(struct pgate *g);
void proom_load(struct pgate *g, const struct store_visit *v);
void proom_list(const struct pacct *a, struct sink *out);
/* ENOSPC: he is in too many. */
int proom_enter(struct pacct *a, const struct pgate_join *j);
/* ESRCH: he is not there. */
int proom_leave(struct pacct *a, struct view name, struct view words);
/* What a user wants of a room; each answers. */
void proom_join(struct pask *ask, struct pacct *a, struct view name,
		struct view words);
void proom_exit(struct pask *ask, struct pacct *a, struct view name,
		struct view words);
void proom_who(struct pask *ask, struct pacct *a, struct view name,
	       struct view words);
void proom_topic(struct pask *ask, struct pacct *a, struct view name,
		 struct view words);

/* ---- pcmd.c ---- */

/* True: it was a command, and is answered. a: the account that the address
 * means; or NULL. */
bool pcmd_run(struct pask *ask, struct pacct *a);

#endif
