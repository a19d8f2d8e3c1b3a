/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For who stands by a shared data base: passes on each request to the process
 * that serves, and gives its answer back. What comes while nobody serves, and
 * what was not answered when a connection broke, is kept for a while. What is
 * for the users who sent it here goes out from here.
 */
#ifndef CONFAB_STANDBY_H
#define CONFAB_STANDBY_H

#include "loop.h"
#include "sip.h"
#include "store.h"
#include "users.h"

struct standby;

enum standby_state {
	STANDBY_ALONE,    /* nobody to pass on to */
	STANDBY_GREETING, /* connected, not welcomed yet */
	STANDBY_PASSING,
};

struct standby_conf {
	struct loop *loop;  /* borrowed, as is: */
	struct sip *sip;
	const char *path;   /* of the socket; copied, as is */
	const char *domain;
	struct users *users; /* borrowed: kept as they are over there */
	/* Who served is gone: time to look at the lock. */
	void (*gone)(void *arg);
	void *arg;
};

struct standby *standby_new(const struct standby_conf *conf);
/* Answers what it keeps with 503; before the SIP edge ends. NULL is
 * allowed. */
void standby_free(struct standby *s);
/* The lock is taken by holder: connects to it, or says why there is nobody to
 * pass on to. To be called again and again. */
void standby_meet(struct standby *s, const struct store_holder *holder);
/* A request of the SIP edge: it will be answered. */
void standby_request(struct standby *s, const struct sip_request *req);
/* An answer to what went out from here for who serves. */
void standby_response(struct standby *s, struct view packet);
/* We serve from now on: what is kept is taken in by the SIP edge itself. */
void standby_serve(struct standby *s);

/* Pieces of the answer, the last without more; or an errno value: who served
 * is gone. */
typedef void (standby_reply_h)(int err, struct view text, bool more,
			       uint64_t a, void *arg);
/* A line of the control protocol. ENOTCONN: nobody serves; EMSGSIZE. */
int standby_line(struct standby *s, struct view line, standby_reply_h *h,
		 uint64_t a, void *arg);

struct standby_stats {
	enum standby_state state;
	struct store_holder holder; /* as met last */
	unsigned serving;           /* process that we pass on to, or 0 */
	size_t waiting;             /* requests without an answer */
	uint64_t passed, refused;   /* in all; and what went out from here */
	uint64_t relayed;           /* for who serves */
};
void standby_stats(const struct standby *s, struct standby_stats *out);

#endif
