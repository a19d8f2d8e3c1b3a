/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a room elsewhere says to one user of ours, on its way into his inbox:
 * a queue of lines. Where the room talks faster than a phone likes, lines are
 * joined to one message; where he can't be kept up with, the oldest go, and he
 * is told how many.
 */
#ifndef CONFAB_GATE_LINES_H
#define CONFAB_GATE_LINES_H

#include "addr.h"
#include "bucket.h"
#include "buf.h"
#include "list.h"
#include "wheel.h"

struct gate_line {
	struct lnode node;   /* gate_lines.list, in order */
	struct addr *from;   /* ref; or NULL, as all of its kind */
	struct buf text, id; /* id: of the message there; or empty */
	uint64_t time_ms;    /* 0: no news of the room itself */
	uint64_t past_ms;    /* of the past; 0: of now */
	bool alone;          /* it is joined to no other */
};

struct gate_lines_ops {
	/* Into his inbox; ids: of all lines, one behind the other. An error:
	 * once more in a while. Never calls back. */
	int (*keep)(void *arg, struct addr *from, struct view text,
		    struct view ids);
	/* This line was in it, and goes; last: of several. */
	void (*kept)(void *arg, const struct gate_line *l, bool last);
};

struct gate_lines {
	const struct gate_lines_ops *ops; /* static */
	void *arg;
	struct wheel *wheel;  /* borrowed */
	struct list list;     /* owned: struct gate_line */
	size_t bytes;
	size_t missed;        /* that were too many, and he was not told yet */
	bool held;            /* none goes on for now */
	struct bucket rate;
	struct wtimer timer;
};

void gate_lines_init(struct gate_lines *q, const struct gate_lines_ops *ops,
		     void *arg, struct wheel *wheel);
void gate_lines_free(struct gate_lines *q);

/* l is a new line, without text and id, which are taken and copied. */
void gate_lines_add(struct gate_lines *q, const struct gate_line *l,
		    struct buf *text, struct view id);
/* What can go goes. */
void gate_lines_pump(struct gate_lines *q);
/* All go at once, at any rate; what is left could not be kept. */
void gate_lines_flush(struct gate_lines *q);
/* Takes it out, and frees it. */
void gate_line_drop(struct gate_lines *q, struct gate_line *l);

/* ---- in words ---- */

/* "12:30", UTC */
void gate_line_when(struct buf *out, uint64_t time_ms);
/* Clean; further lines are set off, so that they are no line of somebody
 * else. */
void gate_line_words(struct buf *out, struct view words);

#endif
