/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests of a standby that are not answered yet: each is kept until it is,
 * so that it can be passed on once more. Accepted twice is delivered once,
 * because the hub knows it again.
 */
#ifndef CONFAB_KEEPER_H
#define CONFAB_KEEPER_H

#include "framer.h"
#include "pass.h"

enum {
	KEEPER_MAX = 1000,               /* requests */
	KEEPER_BYTES = 16 * 1024 * 1024, /* of them */
	KEEPER_KEEP_MS = 5000,           /* while nobody serves */
	KEEPER_ANSWER_MS = 30 * 1000,    /* for who was passed one */
};

struct keeper;

struct keeper *keeper_new(struct loop *l, struct sip *sip);
/* Answers all with 503. NULL is allowed. */
void keeper_free(struct keeper *k);
/* It will be answered: by 503 when there are too many. With to, it is passed
 * on at once. */
void keeper_take(struct keeper *k, const struct sip_request *req,
		 struct framer *to);
/* 503; the log hears why, once until the next keeper_pass(). */
void keeper_refuse(struct keeper *k, uint64_t txn, const char *why);
/* Somebody serves: all of them are passed on, in order. */
void keeper_pass(struct keeper *k, struct framer *to);
/* Nobody serves any more: they wait for the next one. */
void keeper_wait(struct keeper *k);
/* Unknown ids (it came too late) are ignored. */
void keeper_answer(struct keeper *k, uint32_t id, const struct pass_answer *a);
/* We serve: the SIP edge takes them in itself. */
void keeper_serve(struct keeper *k);

struct keeper_stats {
	size_t waiting;
	uint64_t passed, refused; /* in all */
};
void keeper_stats(const struct keeper *k, struct keeper_stats *out);

#endif
