/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A room's message to its SIP members, and what became of each copy. */
#ifndef CONFAB_IMC_FANOUT_H
#define CONFAB_IMC_FANOUT_H

#include "hub.h"
#include "pace.h"
#include "wheel.h"

struct imc;

struct unsent {
	uint64_t member, seq;
	int status; /* as if a device had said it; no 2xx */
	bool again;
	const char *why; /* static */
};

struct fanout {
	struct loop_idle job; /* tells the hub of what could not be sent */
	struct unsent *list;  /* owned */
	size_t count, size;
	struct pace waiting;   /* what goes when the window has room */
	struct loop_idle next; /* sends the next piece of it, and so does */
	struct wtimer timer;   /* this, when no answer comes */
};

void fanout_init(struct imc *i);
/* Nothing is told any more. */
void fanout_stop(struct imc *i);
/* The face's op. */
void fanout_send(struct imc *i, struct room *room, struct msg *msg,
		 struct member *const *members, size_t count);
/* What a member's final answer means. */
enum fanout_fate { FATE_DELIVERED, FATE_AGAIN, FATE_GIVEN_UP };
enum fanout_fate fanout_fate(int status);

#endif
