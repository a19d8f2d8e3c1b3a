/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's inside. gate.c has the two doors (what SIP users send, what
 * the network sends) and the users; what there is to do is in modules, each
 * with a state of its own, which see what comes in their order:
 *
 *   service   our rooms as an XMPP service (XEP-0045), on XLINK_ROOMS
 *   puppets   links of our rooms to others' by the component
 *   visits    a user in others' rooms, as one occupant
 *   watches   who sees whose presence
 *   chats     from one to one
 *   iqs       requests: the last, because every one gets an answer
 *
 * Occupants (occupant.h) are what puppets and visits share.
 */
#ifndef CONFAB_JABBER_GATE_PRIV_H
#define CONFAB_JABBER_GATE_PRIV_H

#include "gate.h"
#include "gate_rates.h"
#include "gate_req.h"
#include "xlink.h"

struct person;
struct gate_ask;
struct gate_module;

enum gate_modules {
	GATE_SERVICE, GATE_PUPPETS, GATE_VISITS, GATE_WATCHES, GATE_CHATS,
	GATE_IQS,
	GATE_MODULES,
};

struct gate {
	struct gate_conf conf;    /* its texts are owned */
	struct jmap *map;         /* ref */
	struct htable persons;    /* by AOR; owned */
	struct htable occupants;  /* occupant.c */
	struct xlink *component;  /* owned; NULL: there is none */
	struct xlink *rooms;      /* likewise: of our rooms' domain */
	struct addr *registrar;   /* ref */
	void *state[GATE_MODULES]; /* of each module; owned by it */
	struct gate_seen *seen;   /* owned: what is private to gate_*.c */
	struct bucket logins;
	struct wtimer retry;
	bool running;
	uint64_t started_ms;      /* monotonic */
};

/* ---- users ---- */

/* A SIP user who speaks XMPP: by an account of his, else as a user of the
 * component. Made when he or somebody of XMPP has something to say to the
 * other; forgotten when nothing holds him. */
struct person {
	struct hnode by_aor;
	struct gate *gate;     /* borrowed */
	struct addr *aor;      /* ref */
	struct xlink *account; /* owned; NULL: he speaks by the component */
	uint64_t account_id;
	struct buf jid;        /* bare */
	struct buf from;       /* see person_from() */
	enum gate_login login; /* of the account */
	bool wanted;           /* publishes presence, and that is a reason */
	bool refused;          /* :offline: not by itself again */
	bool here;             /* he has a device */
	uint64_t busy_ms;      /* he said or got something last; monotonic */
	size_t holds;          /* reasons to stay: rooms, watchers, texts */
	struct wtimer idle, lost; /* private to person*.c, as all below */
	uint64_t look_ms;      /* idle is due then */
	struct wtimer part;    /* :offline, as soon as his words are there */
	uint64_t part_ms;      /* or at the latest then */
	struct list waiting;
	bool queued;           /* logs in when it is his turn */
	bool told_lost;        /* since he was online last */
};

/* NULL: not known yet. */
struct person *person_find(const struct gate *g, const struct addr *aor);
/* Finds or makes him. EACCES: he has neither an account nor is there a
 * component; EEXIST: his address is another user's but for letter case. */
int person_get(struct person **pp, struct gate *g, struct addr *aor);
/* Whom a stanza is for: of an account its owner; of the component the user of
 * that JID, who is made when the hub knows him (hub_gate_knows()). NULL: there
 * is no such user, or to is the domain. */
struct person *person_of(struct gate *g, struct xlink *x, struct view to);
/* By what he speaks. */
struct xlink *person_link(const struct person *p);
bool person_is_online(const struct person *p);
/* What he writes as from: empty for an account, "alice@sip.x.org/gw" for a
 * user of the component. Valid while the person is. */
struct view person_from(const struct person *p);
/* He is to be online now: an account logs in, for cache_s at least from his
 * last word on. EAGAIN: it was refused less than a minute ago, EBUSY: all
 * workers are full and none could be freed (480, Retry-After 30). */
int person_wake(struct person *p);
/* The same, when it is his turn: users with waiting texts come first, then
 * those who have a device. For many at once. */
void person_begin(struct person *p);
/* Runs h as soon as he is online; or with ETIMEDOUT after delay_s, EACCES
 * when the login is refused, ENOSPC at once when too much waits: never before
 * it returns. person_unwait(): not any more. */
typedef void (person_wait_h)(int err, void *arg);
void person_wait(struct person *p, person_wait_h *h, void *arg);
void person_unwait(struct person *p, const void *arg);
/* A reason for him to stay: rooms, watchers. */
void person_hold(struct person *p);
void person_release(struct person *p);
/* Something passed that counts as use (not presence, not noise). */
void person_busy(struct person *p);
/* Logs out, if an account is in: by his wish, or idle. */
void person_offline(struct person *p);
/* A line for him by himself, past the journal, from an address of the
 * gateway: what became of what he wanted. */
void person_tell(struct person *p, struct addr *from, struct view text);

/* ---- person*.c, for gate.c ---- */

void persons_free(struct gate *g);
void persons_stop(struct gate *g);
/* The component is online: its users are. */
void persons_up(struct gate *g);
void person_registered(struct gate *g, struct addr *user, bool here);
void person_presence(struct gate *g, struct addr *user,
		     const struct presence_state *s);
/* His account is another one now, or gone. */
void person_changed(struct gate *g, struct addr *owner);
int persons_status(struct gate *g, struct sink *out);
/* gate.c: what the modules do with it. */
void gate_stanza(struct gate *g, struct xlink *x, struct person *p,
		 const struct elem *e);
void gate_up(struct gate *g, struct xlink *x, struct person *p);
void gate_down(struct gate *g, struct xlink *x, struct person *p,
	       enum lost_why why, struct view text);
const struct gate_module *gate_module(size_t i); /* below GATE_MODULES */

/* ---- what SIP users want ---- */

/* A text or command of a user that is being dealt with. Reference-counted:
 * keep it for a late answer. Answered exactly once. */
struct gate_ask {
	struct gate_req req;
	struct gate *gate;
	struct person *person;
	struct jmap_target target; /* views into req */
	bool registrar;            /* he wrote to the registrar */
};

/* 200 or 202: fine; words (may be empty) reach him from req.to. */
void gate_ok(struct gate_ask *a, int status, struct view words);
/* Refused; retry_after s, 0: none. */
void gate_refuse(struct gate_ask *a, int status, unsigned retry_after,
		struct view words);

/* gateway_ops.message: what a user sends to an address of ours. ":word" at
 * the start is a command, ":-)" is none. */
void gate_message(void *gw, const struct gate_msg *m, gate_answer_h *h,
		  void *arg);

/* A command: ":join", ":exit". Words behind it are in req.text. */
struct gate_command {
	struct gate_verb verb; /* kinds: bits of 1 << enum jmap_kind; with
				  GATE_TO_REGISTRAR at the registrar, too */
	void (*run)(struct gate_ask *a);
};
#define GATE_TO_REGISTRAR (1U << 16)

/* ---- modules ---- */

struct gate_module {
	int (*start)(struct gate *g);   /* with the gate; any may be NULL */
	void (*stop)(struct gate *g);   /* says goodbye */
	void (*free)(struct gate *g);
	/* A stanza by x, for p (NULL: for the domain, for nobody we know, or
	 * x is XLINK_ROOMS). True: dealt with. Never for answers. */
	bool (*stanza)(struct gate *g, struct xlink *x, struct person *p,
		       const struct elem *e);
	/* A way has opened: x is the component, the rooms' domain or p's
	 * account (p NULL but for an account). After down nothing that was
	 * before it counts. */
	void (*up)(struct gate *g, struct xlink *x, struct person *p);
	void (*down)(struct gate *g, struct xlink *x, struct person *p,
		     enum lost_why why, struct view text);
	/* A user is told by SIP to be here or not, or how he is. */
	void (*registered)(struct person *p, bool here);
	void (*presence)(struct person *p, const struct presence_state *s);
	/* He is about to go offline by himself (idle, :offline). */
	void (*leaving)(struct person *p);
	/* He is about to be freed, or is somebody else from now on: nothing
	 * of him is kept in memory. */
	void (*gone)(struct person *p);
	/* Words to an address of these kinds (bits of 1 << enum
	 * jmap_kind). */
	unsigned kinds;
	void (*message)(struct gate_ask *a);
	const struct gate_command *commands;
	size_t command_count;
	int (*status)(struct gate *g, struct sink *out);
	/* For his own ":status": adds lines, each after a LF. */
	void (*about)(const struct person *p, struct buf *out);
	/* While the store loads: rows of network "xmpp". */
	void (*load_visit)(struct gate *g, const struct store_visit *v);
	void (*load_watch)(struct gate *g, const struct store_watch *w);
	void (*load_kept)(struct gate *g, const struct store_kept *k);
};

extern const struct gate_module service_module, puppets_module,
	visits_module, watches_module, chats_module, iqs_module;

/* ---- doors of modules that gate.c opens ---- */

/* gateway_ops.settled: what became of what a chat or visit said to him. */
void chats_settled(void *gate, struct addr *to, const struct msg *m,
		   enum gate_fate fate, int status);
/* What waits for somebody of XMPP: room is an inbox of the address
 * "xmpp:local@domain/AOR", see chat_addr() in chat.h. */
void chats_fanout(struct gate *g, struct room *room, struct msg *msg,
		  struct member *const *members, size_t count);
/* Words for a room of XMPP, or for one in it: true when room is an inbox that
 * visits has filled. Asked before chats. */
bool visits_fanout(struct gate *g, struct room *room, struct msg *msg,
		   struct member *const *members, size_t count);
/* He was invited to this room (bare JID, prepared) with this password: :join
 * knows it for 10 minutes. */
void visits_invited(struct person *p, struct view room, struct view password);
/* Members of our rooms who are on XMPP: "xmpp:local@domain". */
void service_fanout(struct gate *g, struct room *room, struct msg *msg,
		    struct member *const *members, size_t count);
void service_tell(void *gate, struct room *room, const struct addr *to,
		  struct view text);
/* gateway_ops.member and .invited. */
struct addr *service_member(void *gate, struct view user, struct view host);
void service_invited(void *gate, struct room *room, struct addr *inviter,
		     struct addr *invited);
/* gateway_ops.watch, unwatch, show. */
enum gate_watch watches_watch(void *gate, struct addr *watcher,
			      struct addr *target, bool once);
void watches_unwatch(void *gate, struct addr *watcher, struct addr *target);
bool watches_show(void *gate, struct addr *watcher, struct addr *target,
		  struct presence_state *out);

/* ---- what modules share ---- */

void gate_seen_init(struct gate *g);
void gate_seen_free(struct gate *g);

/* The SIP address of the gateway for this JID (kind, bare, nick), as addr:
 * mem_deref() it. NULL: it can have none. */
struct addr *gate_addr(const struct gate *g, const struct jmap_target *t);
/* To a SIP user, journaled: from is an address of the gateway. Errors are
 * hub_direct()'s; doneh may be NULL. */
int gate_say(struct gate *g, struct addr *from, struct addr *user,
	     enum msg_kind kind, struct view text, const struct meta *meta,
	     struct view dedupe, hub_done_h *doneh, void *arg);
/* May this JID cause one more of these now (4.11)? key: what, by the
 * caller. */
bool gate_within(struct gate *g, struct view jid, char what, unsigned rate,
		 unsigned burst);
/* The same at a rate of one's own. */
bool gate_rate(struct gate *g, struct view jid, char what,
	       const struct bucket_rate *rate);
/* Requests of one JID: by enough of them he is told that it is too much, by
 * too many refusals he is not answered any more. */
enum gate_turn { GATE_TURN_YES, GATE_TURN_REFUSE, GATE_TURN_SILENT };
enum gate_turn gate_turn(struct gate *g, struct view jid, char what,
			 unsigned rate, unsigned burst);
/* Seen before: (by, id) of stanza-id, or what else tells it from all others.
 * The newest 65,536 in all are remembered. False: not seen; is now. */
bool gate_seen(struct gate *g, struct view by, struct view id);

#endif
