/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bridges: faces whose network lives in worker processes. The interface to
 * the hub is core/face.h; this header is for those who write such a face.
 *
 * struct bridge is a whole face: it keeps the wanted state (accounts, joined
 * places), hands it to workers, watches them (PING every worker_ping_ms,
 * killed and replaced when a PONG is worker_pong_ms late, when they babble or
 * die, with backoff 0.2 s .. 30 s) and replays the state to the new one.
 * A network adds what only it knows: checking a target, its accounts.
 */
#ifndef CONFAB_BRIDGE_H
#define CONFAB_BRIDGE_H

#include "face.h"
#include "hub.h"
#include "loop.h"
#include "wire.h"

struct bridge;

struct bridge_conf {
	struct loop *loop;       /* borrowed */
	const char *scheme;      /* "irc" */
	const char *program;     /* path of the worker */
	size_t accounts_per_worker; /* 0: 50 */
	size_t workers;          /* for sessions: at most so many, beside
				    those that are alone; 0: as many as it
				    takes */
	uint64_t worker_ping_ms; /* 0: 5,000 */
	uint64_t worker_pong_ms; /* 0: 15,000 */
	uint64_t worker_age_ms;  /* so old, and a new one takes over, login
				    by login; 0: never */
	/* As face_ops.check, with what is left after "scheme:". */
	int (*check)(void *arg, struct view rest, struct view via,
		     struct buf *viaout, struct buf *why);
	/* The place as the worker wants it: "#lobby", "lobby@rooms.example",
	 * out of the same rest. */
	int (*place)(void *arg, struct view rest, struct buf *out);
	bool expels;             /* its worker takes EXPEL */
	bool topics;             /* its worker takes texts of MSG_SUBJECT, and
				    tells those of places */
	void *arg;
	/* Runs in bridge_free(), so that arg may be owned by the bridge; may
	 * be NULL. */
	void (*destroy)(void *arg);
};

int bridge_new(struct bridge **bp, const struct bridge_conf *conf);
void bridge_free(struct bridge *b);
/* The ops to give to hub_add_face() together with b. */
const struct face_ops *bridge_ops(const struct bridge *b);

/* An account of this network, to be used as "via"; settings go to the worker
 * as they are (secrets among them: they are wiped after use). At any time.
 * EEXIST: the label is taken, EMSGSIZE: over 64 KiB, EINVAL: over
 * WIRE_SETTINGS_MAX. */
struct bridge_setting {
	const char *key, *value;
};
int bridge_account(struct bridge *b, const char *label,
		   const struct bridge_setting *settings, size_t count);
/* There is none any more. ENOENT; EBUSY: a leg goes by it. */
int bridge_account_gone(struct bridge *b, struct view label);
/* Room members, and conversations, live on this network as well: the ops of
 * face.h with b in place of face, which get arg. They hear their own words as
 * well (FACE_ECHO). Before hub_add_face(). */
void bridge_members(struct bridge *b,
		    void (*fanout)(void *arg, struct room *room,
				   struct msg *msg,
				   struct member *const *members,
				   size_t count),
		    void (*tell)(void *arg, struct room *room,
				 const struct addr *to, struct view text),
		    void *arg);
/* Legs that go another way than by an account: ops as those of face.h, with
 * what is left of the target after "scheme:". has: is a leg of this via one of
 * them? via may be empty. Before hub_add_face(); ops are borrowed. */
struct bridge_legs {
	bool (*has)(void *arg, struct view via);
	int (*check)(void *arg, struct view rest, struct view via,
		     struct buf *viaout, struct buf *why);
	/* Is it a place of our own? No account goes there either. May be
	 * NULL. */
	bool (*own)(void *arg, struct view rest);
	int (*attach)(void *arg, struct leg *leg, struct view rest);
	void (*detach)(void *arg, struct leg *leg);
	int (*deliver)(void *arg, struct leg *leg, struct msg *msg);
	int (*subject)(void *arg, struct leg *leg, struct view text);
	int (*expel)(void *arg, struct leg *leg, struct view nick, bool ban,
		     struct view reason); /* or NULL */
	const char *at; /* see face_ops.at */
};
void bridge_legs(struct bridge *b, const struct bridge_legs *ops, void *arg);
/* Who speaks for himself in places of legs by an account, which listens and
 * speaks for all others. Before hub_add_face(); ops are borrowed. */
struct bridge_voices {
	/* A message for a leg that is UP. 0: taken; hub_on_delivered() or
	 * hub_on_failed() follows by the leg's and the message's numbers,
	 * unless it is down before. ENOTSUP: the account says it. EBUSY: not
	 * now. */
	int (*deliver)(void *arg, struct leg *leg, struct msg *msg);
	/* Is this nick there one of those? Then the hub does not hear his
	 * words, nor that he comes and goes. */
	bool (*ours)(void *arg, const struct leg *leg, struct view nick);
	/* The leg is UP; it is not any more (nothing is to be told of it).
	 * Amid the hub's work: they may not call it. */
	void (*up)(void *arg, const struct leg *leg);
	void (*down)(void *arg, const struct leg *leg);
};
void bridge_voices(struct bridge *b, const struct bridge_voices *ops,
		   void *arg);
/* How a link of this label is joined; asked at each join. link leaves out as
 * it is where it knows nothing. */
struct bridge_link {
	const char *key; /* of the place; borrowed until the next turn */
	bool by_name;    /* whoever speaks is shown by his name, where the
			    server has a way for that */
};
void bridge_links(struct bridge *b,
		  void (*link)(void *arg, struct view label,
			       struct bridge_link *out),
		  void *arg);
/* What the account of this label was given: borrowed, secrets among them, for
 * as long as the account is there; *own: the label as it was given. At most
 * BRIDGE_SETTINGS_MAX. ENOENT. */
enum { BRIDGE_SETTINGS_MAX = WIRE_SETTINGS_MAX };
int bridge_settings(const struct bridge *b, struct view label,
		    struct view *own,
		    struct bridge_setting out[BRIDGE_SETTINGS_MAX],
		    size_t *count);
/* Nothing goes by this account until it is on again: its legs are lost, and
 * what attaches is refused, with these words (LOST_AUTH). To a leg nobody
 * says that it may come back: hub_link_kick(). ENOENT. */
int bridge_account_off(struct bridge *b, struct view label,
		       struct view words);
int bridge_account_on(struct bridge *b, struct view label);
/* Someone of the network's staff (who, in words) wants an account of ours to
 * be gone, at once: h may do all that this header has. */
void bridge_unwanted(struct bridge *b,
		     void (*h)(void *arg, struct view label, struct view who),
		     void *arg);
bool bridge_has_account(const struct bridge *b, struct view label);
/* The only account's label, where there is just one; NULL otherwise. */
const char *bridge_only_account(const struct bridge *b);
/* Pids of the workers alive. After stop they leave by themselves, politely:
 * turn the loop until there is none, or for two seconds; bridge_free() kills
 * what is left. For status and tests as well; returns how many. */
size_t bridge_pids(const struct bridge *b, int *pids, size_t max);

#endif
