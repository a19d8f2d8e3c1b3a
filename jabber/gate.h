/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XMPP for single users: the gateway in confabd. SIP users reach people and
 * rooms of XMPP by addresses of the gateway's hosts (jmap.h), through their
 * own accounts there or as users of a component of ours; people of XMPP reach
 * SIP users and our rooms through the component. Room links by a configured
 * account are not its business: see face.h.
 *
 * It is a gateway of the hub (gateway.h), and the members' half of the face
 * "xmpp": of rooms that people of XMPP are members of, and of conversations.
 */
#ifndef CONFAB_JABBER_GATE_H
#define CONFAB_JABBER_GATE_H

#include "bridge.h"
#include "gateway.h"
#include "jmap.h"
#include "sink.h"
#include "store.h"

struct gate;

/* When a user's account logs in by itself. */
enum gate_login {
	GATE_MANUAL,     /* when he sends something or says :online */
	GATE_REGISTERED, /* while he has a device */
	GATE_PUBLISHED,  /* while he publishes presence */
	GATE_ALWAYS,
};

/* A user's own account, as whoever keeps them answers. */
struct gate_account {
	uint64_t id;
	struct view jid;    /* bare; borrowed until the next change */
	enum gate_login login;
};

/* Whoever keeps the accounts. All run to their end at once. */
struct gate_accounts {
	/* The one that this user speaks by; ENOENT. */
	int (*find)(const struct addr *owner, struct gate_account *out,
		    void *arg);
	/* Hands what confab-jabber needs to log in (jid, password, server,
	 * port, tls, ca_file, resource, ...) to use; wiped afterwards. Else
	 * an errno value with words in why. */
	int (*open)(uint64_t id,
		    int (*use)(const struct bridge_setting *s, size_t count,
			       void *use_arg),
		    void *use_arg, struct buf *why, void *arg);
	/* It was used; error: what came of it, empty: well. */
	void (*note)(uint64_t id, struct view error, void *arg);
	/* All owners that have one: for "always", at the start. */
	void (*each)(void (*h)(struct addr *owner, void *each_arg),
		     void *each_arg, void *arg);
	/* Seals and opens the password of a room, for (owner, room). */
	int (*shut)(struct buf *out, struct view owner, struct view room,
		    struct view secret, void *arg);
	int (*unshut)(struct buf *out, struct view owner, struct view room,
		      struct view sealed, void *arg);
	void *arg;
};

/* What is configured of a link by the component. */
struct gate_link {
	size_t max_puppets;
	bool expels;          /* who is kicked there is removed here */
	bool bans;            /* and who is banned there is banned here, but
				 for owners and admins */
	const char *password; /* of the room, or "" */
};

struct gate_conf {
	struct loop *loop;     /* all borrowed */
	struct hub *hub;
	struct store *store;
	struct bridge *bridge; /* "xmpp"; its workers are the pool */
	struct jmap *map;      /* a reference is taken */
	const struct gate_accounts *accounts; /* NULL: there are none */
	const char *domain;    /* of our SIP users */
	const char *registrar; /* "jabber_gateway@127.0.0.1": who speaks of
				  the login */
	unsigned cache_s, delay_s; /* the seeds' cache_time, delay_time */
	int priority;
	const char *message_type;  /* "chat" or "normal" */
	bool carbons;
	bool receipts;         /* each text to one person asks for one */
	unsigned early_error_ms; /* so long a text waits for being refused;
				  0: not at all */
	unsigned history;      /* lines of a room's past on joining it */
	const char *auto_accept;   /* "roster", "none", "all" */
	size_t text_max;       /* bytes of one text; 0: 9,000 */
	unsigned user_rooms;   /* rooms that a user may be in; 0: 50 */
	size_t waiting;        /* texts that wait for a login; 0: 50 */
	unsigned peer_rate;    /* messages a second from one JID, four times
				  as many at once; 0: no limit */
	unsigned logins_rate;  /* a second, in all; 0: 5 */
	/* The component of our users; domain "": none. */
	const char *component_domain, *component_host, *component_secret;
	uint16_t component_port;
	/* That of our rooms; "": none. The same host and port. */
	const char *rooms_domain, *rooms_secret;
	/* Fills in what is configured of this link; else leaves it. NULL:
	 * nothing is. */
	void (*link)(struct view label, struct gate_link *out, void *link_arg);
	void *link_arg;
};

/* EINVAL with why. Registers itself with the hub and the bridge. */
int gate_new(struct gate **gp, const struct gate_conf *conf, struct buf *why);
/* From now on as conf says: cache_s, delay_s, priority, message_type, history,
 * auto_accept, text_max, receipts, early_error_ms, user_rooms, waiting,
 * logins_rate, peer_rate. The others stay. */
void gate_reconf(struct gate *g, const struct gate_conf *conf);
/* While the store loads. */
void gate_load_visit(const struct store_visit *v, void *arg);
void gate_load_watch(const struct store_watch *w, void *arg);
void gate_load_kept(const struct store_kept *k, void *arg);
/* After hub_start(). */
int gate_start(struct gate *g);
/* Before hub_stop(): says goodbye everywhere; nothing is called up any
 * more. */
void gate_stop(struct gate *g);
/* After hub_free(), before bridge_free(). NULL is allowed. */
void gate_free(struct gate *g);
/* What this user's account is has changed (another, none, new password). */
void gate_account_changed(struct gate *g, struct addr *owner);
/* One line each: the components, then users with a session. */
int gate_status(struct gate *g, struct sink *out);

#endif
