/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gateways: SIP addresses behind which there are people and rooms of another
 * network ("sip:bob*x.example@xmpp.example.org"). A face that has such
 * addresses registers itself here; imc hands it what SIP users send there,
 * and the presence agent what they watch there. What comes back to a SIP user
 * goes by hub_direct(), from an address of the gateway.
 *
 * Users and addresses are "sip:" addresses. The laws of face.h hold: an op
 * never blocks, and calls up only after it returned, but for its answer,
 * which may come at once.
 */
#ifndef CONFAB_GATEWAY_H
#define CONFAB_GATEWAY_H

#include "addr.h"
#include "meta.h"
#include "msg.h"
#include "show.h"

struct hub;
struct room;

enum gate_kind {
	GATE_TEXT,     /* words, commands among them */
	GATE_TYPING,   /* he is writing */
	GATE_IDLE,     /* he has stopped */
	GATE_RECEIPT,  /* meta.id has reached his device (IMDN) */
};

/* From a SIP user. Views are borrowed. */
struct gate_msg {
	enum gate_kind kind;
	struct addr *from; /* who he is, as authenticated */
	struct addr *to;   /* the gateway's address: user part as he wrote it,
			      with its escapes, without parameters */
	struct view text;  /* UTF-8, not cleaned; GATE_TEXT */
	struct meta meta;
	uint64_t time_ms;  /* of Date, wall clock; 0: now */
	struct view dedupe; /* key of the request */
};

/* What becomes of it: a SIP status (202: it is ours now, and on the disk), and
 * for the others words that the user understands, which reach him as a
 * message from the address that he wrote to. */
struct gate_answer {
	int status;
	unsigned retry_after; /* s; 0: not said */
	struct view words;    /* or empty */
};
typedef void (gate_answer_h)(const struct gate_answer *a, void *arg);

/* What became of a message that the gateway had handed to hub_direct(). */
enum gate_fate {
	GATE_DELIVERED, /* a device took it (2xx); status 200 or 202 */
	GATE_REFUSED,   /* status says how: 4xx, 5xx, 6xx */
	GATE_EXPIRED,   /* he was not there for too long, or too much
			   waited for him */
};

enum gate_watch {
	GATE_WATCH_NONE,    /* refused, or ended: "rejected" */
	GATE_WATCH_PENDING, /* somebody has to say yes first */
	GATE_WATCH_ACTIVE,
	GATE_WATCH_NOWHERE, /* there is no such address: 404 */
	GATE_WATCH_ANEW,    /* ended: he should begin again at once */
};

struct gateway_ops {
	const char *name; /* "xmpp" */
	/* Is this address one of its? user is escaped as it came; letter case
	 * of the host does not matter. */
	bool (*has)(void *gw, struct view user, struct view host);
	/* h runs once, now or later. */
	void (*message)(void *gw, const struct gate_msg *m, gate_answer_h *h,
			void *arg);
	/* Once for each. m->from is an address of the gateway, to is the
	 * user; m->meta is what it said. And of a conversation (to is of its
	 * network, m->from the user) GATE_EXPIRED for what the hub let go by
	 * itself: nobody else tells him. Called amid the hub's work: it must
	 * not call it. May be NULL. */
	void (*settled)(void *gw, struct addr *to, const struct msg *m,
			enum gate_fate fate, int status);
	/* As whom the person behind this address is a member of rooms: a
	 * reference, or NULL (nobody can be). May be NULL. */
	struct addr *(*member)(void *gw, struct view user, struct view host);
	/* Such a one was invited to a room by a user; it is on the disk. May
	 * be NULL. */
	void (*invited)(void *gw, struct room *room, struct addr *inviter,
			struct addr *invited);
	/* A user has a device now, or none any more. May be NULL. */
	void (*registered)(void *gw, struct addr *user, bool here);
	/* A user's presence has changed: what he published, else whether he
	 * has a device. May be NULL. */
	void (*presence)(void *gw, struct addr *user,
			 const struct presence_state *p);
	/* watcher wants to see target (an address of the gateway), or for
	 * how it is just now (once). Later changes by hub_gate_watch(). May
	 * be NULL: nobody can be watched there. */
	enum gate_watch (*watch)(void *gw, struct addr *watcher,
				 struct addr *target, bool once);
	/* His last subscription to it has ended. */
	void (*unwatch)(void *gw, struct addr *watcher, struct addr *target);
	/* How target is, for watcher; false: nothing known. */
	bool (*show)(void *gw, struct addr *watcher, struct addr *target,
		     struct presence_state *out);
	/* An address of its as it was written, with parameters of the URI
	 * (";proto=xmpp"): its one form is appended. ELOOP: it came from
	 * here; ENOENT: it means nothing. May be NULL: parameters mean
	 * nothing. */
	int (*address)(void *gw, struct view user, struct view host,
		       struct view params, struct buf *out);
	/* Do the parameters of a URI, whosever it is, say that the request
	 * has been sent by this gateway? May be NULL: nobody can tell. */
	bool (*loops)(void *gw, struct view params);
	/* Does it take from's words to this user of ours, in place of SIP,
	 * and has him seen there? May be NULL. */
	bool (*between)(void *gw, struct addr *from, struct view user,
			struct view host);
};

struct gateway {
	const struct gateway_ops *ops;
	void *gw;
};

/* ---- down ---- */

/* Registered for good; EEXIST. ops and gw are borrowed. */
int hub_add_gateway(struct hub *h, const struct gateway_ops *ops, void *gw);
/* The one that has this address, or NULL. */
const struct gateway *hub_gateway(const struct hub *h, struct view user,
				  struct view host);
/* An address of g's in its one form: a reference. ELOOP, ENOENT. */
int hub_gate_address(const struct gateway *g, struct addr **ap,
		     struct view user, struct view host, struct view params);
/* One of them has sent a request to a URI with these parameters. */
bool hub_gate_loops(const struct hub *h, struct view params);
/* The one that takes from's words to this user of ours; or NULL. */
const struct gateway *hub_gate_between(const struct hub *h, struct addr *from,
				       struct view user, struct view host);
/* As whom a user of this address is a member: of a gateway's addresses what it
 * says, else himself; a reference. ENOENT: nobody. */
int hub_gate_member(const struct hub *h, struct addr **ap, struct addr *a);
/* To whoever has members of this network; ENOENT: no gateway. */
int hub_gate_invited(struct hub *h, struct room *room, struct addr *inviter,
		     struct addr *invited);
/* All of them are told. */
void hub_gate_registered(struct hub *h, struct addr *user, bool here);
void hub_gate_presence(struct hub *h, struct addr *user,
		       const struct presence_state *p);

/* ---- up: what a gateway tells the agents above, which listen ---- */

struct gate_listener {
	/* target looks different to watcher (NULL: to all). May be NULL. */
	void (*shown)(struct addr *watcher, struct addr *target, void *arg);
	void (*watch)(struct addr *watcher, struct addr *target,
		      enum gate_watch state, void *arg);
	/* from, an address of a gateway, writes to user, or has stopped; or
	 * has got the message of this id (GATE_RECEIPT). */
	void (*typing)(struct addr *from, struct addr *user,
		       enum gate_kind kind, struct view id, void *arg);
	/* One line for the user, beside the journal, from an address: an
	 * error, an answer. Marked as one of ours (never answered). */
	void (*tell)(struct addr *from, struct addr *user, struct view text,
		     void *arg);
	/* Is this user one of ours: has an account, or is heard of? */
	bool (*knows)(struct addr *user, void *arg);
	/* How he is. */
	void (*presence_of)(struct addr *user, struct presence_state *out,
			    void *arg);
	void *arg;
};

/* Handlers that are not NULL are heard from now on, beside those of others
 * (presence_of: the first who has it; knows: one who knows him will do). At
 * most 4 listeners; copied. */
int hub_listen_gates(struct hub *h, const struct gate_listener *l);
/* This arg hears nothing any more. */
void hub_unlisten_gates(struct hub *h, const void *arg);

void hub_gate_shown(struct hub *h, struct addr *watcher, struct addr *target);
void hub_gate_watch(struct hub *h, struct addr *watcher, struct addr *target,
		    enum gate_watch state);
void hub_gate_typing(struct hub *h, struct addr *from, struct addr *user,
		     enum gate_kind kind, struct view id);
void hub_gate_tell(struct hub *h, struct addr *from, struct addr *user,
		   struct view text);
bool hub_gate_knows(struct hub *h, struct addr *user);
void hub_gate_presence_of(struct hub *h, struct addr *user,
			  struct presence_state *out);

#endif
