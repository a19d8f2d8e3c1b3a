/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's inside. igate.c has the doors, igate_ask.c what SIP users
 * want, iseat*.c their connections; what there is to do is in modules, each
 * with a state of its own, which see what comes in their order:
 *
 *   puppets  users in the channels of linked rooms (the relay listens)
 *   visits   users in channels by themselves
 *   talks    from one to one, and how nicks are
 */
#ifndef CONFAB_IRC_IGATE_PRIV_H
#define CONFAB_IRC_IGATE_PRIV_H

#include "gate_rates.h"
#include "gate_req.h"
#include "igate.h"
#include "hash.h"
#include "list.h"
#include "names.h"
#include "parcel.h"
#include "session.h"
#include "wheel.h"

struct seat;
struct igate_module;

enum igate_modules {
	IGATE_PUPPETS, IGATE_VISITS, IGATE_TALKS, IGATE_MODULES,
};

struct igate {
	struct igate_conf conf;     /* its texts are owned */
	struct imap *map;           /* ref; or NULL */
	struct htable seats;        /* by AOR and network; owned */
	struct htable nicks;        /* ours, by network and folded nick: also
				       those of the last minute */
	struct list old_nicks;      /* of nicks: those, by time */
	void *state[IGATE_MODULES]; /* of each module; owned by it */
	struct htable nets;         /* iseat_turn.c: turns to log in, by
				       network; owned */
	struct gate_rates *rates;   /* owned */
	bool running;
};

/* ---- seats ---- */

enum seat_state {
	SEAT_OFF,
	SEAT_WAITING, /* for its turn */
	SEAT_STARTING,
	SEAT_UP,
};

/* A SIP user on one network. Made when he, or a room that he speaks in, has
 * something to say there; it stays for as long as something holds it. */
struct seat {
	struct hnode by_key;
	struct igate *gate;      /* borrowed */
	struct addr *aor;        /* ref */
	struct view network;     /* owned; as configured */
	enum seat_state state;
	char nick[IRCB_NICK_MAX]; /* ours there while UP; else wanted */
	bool refused;            /* :offline: not by itself again */
	size_t holds;
	uint64_t busy_ms;        /* used last; monotonic */
	struct session *session; /* owned; or NULL */
	char wanted[IRCB_NICK_MAX]; /* what he asked for by :nick; or "" */
	struct buf trouble;      /* what the last login came to; or empty */
	struct addr *asked;      /* ref; where :online was said; or NULL */
	struct addr *asked_nick; /* ref; likewise :nick */
	struct list waiting;     /* private to iseat*.c, as all below */
	struct list tags;
	uint64_t next_tag;
	uint64_t account;        /* whose login is under way; or 0 */
	struct wtimer idle;
	uint64_t look_ms;        /* idle is due then */
	struct lnode in_turn;    /* while WAITING */
	uint64_t again_ms;       /* not before; monotonic */
	uint64_t refused_ms;     /* the network refused it then; or 0 */
	uint64_t part_ms;        /* it is to leave, at the latest then; or 0 */
	uint64_t up_ms;
	unsigned fails;          /* logins in a row that came to nothing */
	bool stuck;              /* refused for what only he can change */
};

/* NULL: not known. */
struct seat *seat_find(const struct igate *g, const struct addr *aor,
		       struct view network);
/* Finds or makes it. ENOENT: no such network, ENOSPC: conf.seats, and none
 * could be freed. */
int seat_get(struct seat **sp, struct igate *g, struct addr *aor,
	     struct view network);
struct seat *seat_each(const struct igate *g, size_t *pos, struct seat *prev);
/* It is to be up: logs in when it is its turn. EACCES: the network refused it
 * less than ten minutes ago, or he said :offline (and by_him is false);
 * EBUSY: all workers are full. */
int seat_wake(struct seat *s, bool by_him);
/* h runs once: 0 as soon as it is up, ETIMEDOUT after delay_s, EACCES when it
 * is refused (seat_trouble() has words), ENOSPC at once when too much waits:
 * never before it returns, except for ENOSPC. */
typedef void (seat_wait_h)(int err, void *arg);
void seat_wait(struct seat *s, seat_wait_h *h, void *arg);
void seat_unwait(struct seat *s, const void *arg);
/* Down; told (may be NULL) runs once, never before it returns: 0: the server
 * has it all; EAGAIN: not, or nobody knows; else refused for good, with words.
 * ENOTCONN, EBUSY, EMSGSIZE: at once. */
typedef void (seat_told_h)(int err, struct view words, void *arg);
int seat_send(struct seat *s, const struct ircp *p, seat_told_h *told,
	      void *arg);
/* told runs for this arg no more. */
void seat_untell(struct seat *s, const void *arg);
void seat_hold(struct seat *s);
void seat_release(struct seat *s);
void seat_busy(struct seat *s);
/* Logs out, with this last word. */
void seat_offline(struct seat *s, struct view words);
struct view seat_trouble(const struct seat *s);
/* Is the whole network off? Then seat_trouble() says why. */
bool seat_is_cut(struct seat *s);
/* A line for him, past the journal, from an address of the gateway (NULL: the
 * network's own). */
void seat_tell(struct seat *s, struct addr *from, struct view text);
/* Is this nick one of our seats' on this network, now or within the last
 * minute? */
bool igate_is_ours(const struct igate *g, struct view network,
		   struct view nick);
/* The SIP address of a nick or channel; a reference, or NULL (no map). */
struct addr *igate_addr(const struct igate *g, struct view network,
			struct view name);

/* ---- iseat*.c, for igate.c ---- */

void seats_init(struct igate *g);
void seats_free(struct igate *g);
void seats_stop(struct igate *g);
void seats_changed(struct igate *g, struct addr *owner, struct view network);
void seats_user(struct igate *g, const struct addr *user, bool gone);
void seats_cut(struct igate *g, struct view network, struct view words);
void seats_load(struct igate *g, const struct store_kept *k);
int seats_status(struct igate *g, struct sink *out);

/* ---- igate.c: what the modules do with what comes ---- */

void igate_parcel(struct seat *s, const struct ircp *p);
void igate_up(struct seat *s);
void igate_down(struct seat *s, enum lost_why why, struct view text);
void igate_gone(struct seat *s);
const struct igate_module *igate_module(size_t i); /* below IGATE_MODULES */

/* ---- what SIP users want ---- */

/* A text or command of a user that is being dealt with. Reference-counted:
 * keep it for a late answer. Answered exactly once. */
struct iask {
	struct gate_req req;
	struct igate *gate;
	struct imap_target target; /* views into req */
	struct seat *seat;          /* his there; borrowed: valid within the
				       call, find it anew later */
};

void iask_ok(struct iask *a, int status, struct view words);
void iask_refuse(struct iask *a, int status, unsigned retry_after,
		 struct view words);

/* With gate_not_sent(). */
void iask_not_sent(struct iask *a, int status, unsigned retry_after,
		   struct view why);
/* His text goes to the inbox of a conversation, with m and as whom the
 * network's services know him; answered when that is on the disk, or can't
 * be. */
void iask_keep(struct iask *a, struct addr *inbox, const struct meta *m);
/* gateway_ops.message */
void igate_message(void *gw, const struct gate_msg *m, gate_answer_h *h,
		   void *arg);

struct icommand {
	struct gate_verb verb; /* kinds: bits of 1 << enum imap_kind */
	void (*run)(struct iask *a);
};

/* ---- igate_cmd.c ---- */

enum { IGATE_COMMANDS = 5 };
extern const struct icommand igate_commands[IGATE_COMMANDS];
/* What came of a :nick. */
void igate_nick_is(struct seat *s);
void igate_nick_refused(struct seat *s, const struct ircp *p);

/* ---- igate_consent.c ---- */

/* "/allow 17", "/deny bob", at any of our addresses; false: something
 * else. */
bool igate_consent(struct iask *a);

/* ---- modules ---- */

struct igate_module {
	int (*start)(struct igate *g);  /* with the gate; any may be NULL */
	void (*stop)(struct igate *g);
	void (*free)(struct igate *g);
	/* Came up for s. True: dealt with. */
	bool (*parcel)(struct seat *s, const struct ircp *p);
	void (*up)(struct seat *s);
	/* Nothing that was before counts any more. */
	void (*down)(struct seat *s, enum lost_why why, struct view text);
	/* s is about to be freed. */
	void (*gone)(struct seat *s);
	unsigned kinds;                 /* of words: bits */
	void (*message)(struct iask *a);
	const struct icommand *commands;
	size_t command_count;
	int (*status)(struct igate *g, struct sink *out);
	/* For his own ":status": adds lines, each after a LF. */
	void (*about)(const struct seat *s, struct buf *out);
	/* While the store loads: rows of network "irc". */
	void (*load_visit)(struct igate *g, const struct store_visit *v);
	void (*load_kept)(struct igate *g, const struct store_kept *k);
	/* There is no such user any more: nor are his rows. */
	void (*forget)(struct igate *g, const struct addr *user);
};

extern const struct igate_module igate_puppets, igate_visits, igate_talks;

/* ---- doors of modules that igate.c opens ---- */

/* What waits in an inbox "irc:NETWORK/#channel/AOR" or "irc:NETWORK/nick/AOR":
 * true when it is one of a channel. Asked before talks. */
bool ivisits_fanout(struct igate *g, struct room *room, struct msg *msg,
		    struct member *const *members, size_t count);
/* Is he there by himself, and hears what is said? */
bool ivisits_is_in(const struct seat *s, struct view place);
void italks_fanout(struct igate *g, struct room *room, struct msg *msg,
		   struct member *const *members, size_t count);
/* Is this user in this channel by himself, or wants to be? Then it is never
 * joined quietly for him, nor left. */
bool ivisits_wants(const struct seat *s, struct view place);
/* gateway_ops.settled: of what talks and visits said to a user, and what the
 * hub let go of what he said to them. gate is a struct igate, here and
 * below. */
void italks_settled(void *gate, struct addr *to, const struct msg *m,
		    enum gate_fate fate, int status);
/* gateway_ops.presence, watch, unwatch, show. */
void italks_presence(void *gate, struct addr *user,
		     const struct presence_state *s);
enum gate_watch italks_watch(void *gate, struct addr *watcher,
			     struct addr *target, bool once);
void italks_unwatch(void *gate, struct addr *watcher, struct addr *target);
bool italks_show(void *gate, struct addr *watcher, struct addr *target,
		 struct presence_state *out);

/* ---- igate_share.c: what modules share ---- */

void igate_share_init(struct igate *g);
void igate_share_free(struct igate *g);
/* To a SIP user, journaled: from is an address of the gateway. Errors are
 * hub_direct()'s; doneh may be NULL. */
int igate_say(struct igate *g, struct addr *from, struct addr *user,
	      enum msg_kind kind, struct view text, const struct meta *meta,
	      struct view dedupe, hub_done_h *doneh, void *arg);
/* As whom services of this network know this user: his account's login, or
 * "*". Goes with what he says; whether that is still so. as empty: nobody
 * knows. */
void igate_as(const struct igate *g, const struct addr *aor,
	      struct view network, struct buf *out);
bool igate_is_as(const struct igate *g, const struct addr *aor,
		 struct view network, struct view as);
/* May this nick of this network cause one more of these now? what: the
 * caller's letter for it. */
bool igate_rate(struct igate *g, struct view network, struct view nick,
		char what, const struct bucket_rate *rate);

#endif
