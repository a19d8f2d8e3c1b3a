/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hub for tests of faces: it writes down what a face tells it, one line a
 * call, and fails when that happens within an op.
 */
#ifndef CONFAB_HUB_STUB_H
#define CONFAB_HUB_STUB_H

#include <inttypes.h>

#include "test.h"
#include "hub.h"

static struct buf told;
static bool in_op;

/* Only its address counts. */
static char the_hub;
#define HUB ((struct hub *)(void *)&the_hub)

/* around each call of an op */
#define OP(call) (in_op = true, (call), in_op = false)

static inline void tell(struct hub *h, const char *what, uint64_t leg)
{
	assert_ptr_equal(h, HUB);
	assert_false(in_op);
	buf_addf(&told, "%s %" PRIu64, what, leg);
}

void hub_on_attached(struct hub *h, uint64_t leg, struct view own_nick)
{
	tell(h, "attached", leg);
	buf_addf(&told, " %.*s\n", VIEW_ARG(own_nick));
}

void hub_on_lost(struct hub *h, uint64_t leg, enum lost_why why,
		 struct view text)
{
	tell(h, "lost", leg);
	buf_addf(&told, " %d %.*s\n", (int)why, VIEW_ARG(text));
}

void hub_on_message(struct hub *h, uint64_t leg, const struct hub_heard *in)
{
	tell(h, "heard", leg);
	buf_addf(&told, " %d %.*s: %.*s", (int)in->kind, VIEW_ARG(in->nick),
		 VIEW_ARG(in->text));
	if (in->dedupe.n)
		buf_addf(&told, " (%.*s)", VIEW_ARG(in->dedupe));
	buf_addc(&told, '\n');
}

void hub_on_subject(struct hub *h, uint64_t leg, enum hub_subject how,
		    struct view nick, struct view text)
{
	tell(h, "subject", leg);
	buf_addf(&told, " %d %.*s: %.*s\n", (int)how, VIEW_ARG(nick),
		 VIEW_ARG(text));
}

void hub_on_people(struct hub *h, uint64_t leg, const struct hub_people *p)
{
	tell(h, "people", leg);
	buf_addf(&told, " %d %.*s %.*s: %.*s\n", (int)p->what,
		 VIEW_ARG(p->nick), VIEW_ARG(p->other), VIEW_ARG(p->reason));
}

void hub_on_missed(struct hub *h, uint64_t leg)
{
	tell(h, "missed", leg);
	buf_addc(&told, '\n');
}

void hub_on_notice(struct hub *h, uint64_t leg, bool staff, struct view text)
{
	tell(h, staff ? "staff" : "notice", leg);
	buf_addf(&told, " %.*s\n", VIEW_ARG(text));
}

void hub_on_delivered(struct hub *h, uint64_t leg, uint64_t seq)
{
	tell(h, "delivered", leg);
	buf_addf(&told, " %" PRIu64 "\n", seq);
}

void hub_on_failed(struct hub *h, uint64_t leg, uint64_t seq, bool again,
		   struct view text)
{
	tell(h, "failed", leg);
	buf_addf(&told, " %" PRIu64 " %s %.*s\n", seq,
		 again ? "again" : "for good", VIEW_ARG(text));
}

/* What was told since the last time. */
static inline void assert_told(const char *lines)
{
	assert_string_equal(buf_str(&told), lines);
	buf_clear(&told);
}

static inline bool was_told(const char *words)
{
	return strstr(buf_str(&told), words) != NULL;
}

#endif
