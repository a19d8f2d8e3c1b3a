/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For who serves a shared data base: takes in what others pass on, and gives
 * them the answers.
 */
#ifndef CONFAB_SERVING_H
#define CONFAB_SERVING_H

#include "loop.h"
#include "sip.h"
#include "users.h"

struct serving;

/* A line of the control protocol; serving_reply() is due once. */
typedef void (serving_line_h)(struct view line, uint64_t conn, uint64_t id,
			      void *arg);

struct serving_conf {
	struct loop *loop;  /* borrowed, as these: */
	struct sip *sip;
	const char *path;   /* of the socket; copied, as is */
	const char *domain;
	const struct users *users; /* borrowed: who stands by gets them all */
	serving_line_h *lineh;
	void *arg;
};

/* Errors as listener_open_unix(): EADDRINUSE while one who was killed is not
 * quite gone. */
int serving_new(struct serving **sp, const struct serving_conf *conf);
/* Takes in nothing more: others keep it for who comes next, when their
 * connection ends without an answer. */
void serving_drain(struct serving *s);
/* Once, before the SIP edge ends; only replies go out from now on. */
void serving_quiet(struct serving *s);
/* NULL is allowed. */
void serving_free(struct serving *s);
/* The whole answer to a line; a connection that is gone is ignored. */
void serving_reply(struct serving *s, uint64_t conn, uint64_t id,
		   struct view text);

/* This user is new, changed or gone. */
void serving_user(struct serving *s, struct view name);

struct serving_stats {
	size_t standbys; /* that are connected */
	size_t open;     /* not answered yet */
	uint64_t taken;  /* requests, in all */
};
void serving_stats(const struct serving *s, struct serving_stats *out);

#endif
