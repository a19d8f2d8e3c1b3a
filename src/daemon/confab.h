/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon as a whole: the only place that knows every face.
 */
#ifndef CONFAB_CONFAB_H
#define CONFAB_CONFAB_H

#include "bridge.h"
#include "bridges/echo/echo.h"
#include "conf.h"
#include "dns.h"
#include "hub.h"
#include "imc.h"
#include "listen.h"
#include "sip.h"
#include "store.h"
#include "users.h"

struct account_chat;
struct accounts;
struct codes;
struct control;
struct gate;
struct igate;
struct pgate;
struct nowhere;
struct purplegate;
struct ircgate;
struct event_keep;
struct buddies;
struct conference;
struct presence;
struct winfo;
struct serving;
struct xmppgate;
struct standby;

enum confab_role { CONFAB_STARTING, CONFAB_STANDBY, CONFAB_SERVING };

struct confab {
	struct conf *conf;          /* ref */
	const char *file;           /* borrowed: where it was read */
	struct loop *loop;          /* owned, as all that follows */
	struct loop_idle gathered; /* for the store */
	struct loop_waker *waker;
	struct store *store;
	struct dns *dns;
	struct hub *hub;
	struct imc *imc;
	struct event_keep *event_keep;
	struct presence *presence;
	struct buddies *buddies;
	struct winfo *winfo;
	struct conference *conference;
	struct echo *echo;
	struct bridge *jabber, *irc, *purple;
	struct users *users;
	struct users *coming;       /* on their way to the disk */
	struct accounts *accounts;  /* of users, elsewhere; while serving */
	struct codes *codes;        /* for their passwords */
	struct account_chat *jabber_chat; /* #jabber; or NULL */
	struct account_chat *irc_chat;    /* #irc; or NULL */
	struct account_chat *purple_chat; /* #purple; or NULL */
	struct gate *gate;          /* to XMPP, for single users; or NULL */
	struct xmppgate *xmppgate;  /* what it needs; or NULL */
	struct igate *igate;        /* to IRC, for single users */
	struct ircgate *ircgate;    /* what it needs */
	struct pgate *pgate;        /* to libpurple's networks; or NULL */
	struct purplegate *purplegate; /* what it needs; or NULL */
	struct nowhere *nowhere;    /* owned: of those that are NULL */
	struct list networks;       /* owned: networks.h */
	struct list off;            /* owned: netoff.h */
	struct list linkset;        /* owned: linkset.h */
	struct listen listen;
	struct sip *sip;
	struct control *control;
	struct standby *standby;    /* CONFAB_STANDBY */
	struct serving *serving;    /* CONFAB_SERVING, with db_mode 2 */
	enum confab_role role;
	struct store_holder holder; /* of the store, when not we */
	struct wtimer share;        /* share.c's, as is: */
	bool share_told;            /* the log: our socket can't be made */
	int failed;                 /* errno: why the loop was stopped */
	uint64_t started_ms;        /* monotonic */
	uint64_t drain_until_ms;    /* 0: not stopping */
	uint64_t drain_moved_ms;    /* when fewer were under way */
	size_t draining;            /* transactions under way */
	struct wtimer drain, watchdog, reload;
	uint64_t watchdog_ms;
};

/* Builds everything that conf describes and starts it; EINVAL and the like
 * with one line in why. */
int confab_start(struct confab *c, struct conf *conf, const char *file,
		 struct buf *why);
/* What the SIP edge could not take of conf: EINVAL with why. */
int confab_edge_check(const struct conf *conf, struct buf *why);
/* The edge takes from c->conf what it takes while it runs. */
void confab_edge_set(struct confab *c);
/* Runs until SIGTERM or SIGINT, then drains for at most 10 s. An errno value,
 * logged, when it can't go on. */
int confab_run(struct confab *c);
/* Takes down what there is, also after a failed start. */
void confab_stop(struct confab *c);

#endif
