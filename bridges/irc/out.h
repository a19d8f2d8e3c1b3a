/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What waits to be sent, at which rate, and what of it the server has taken.
 * A token bucket lets a burst through and then one line every few seconds, so
 * that no server calls it a flood. A message counts as delivered when the
 * server answered a PING (the barrier) that was written after its last line.
 * Knows no socket and no clock.
 */
#ifndef CONFAB_IRCB_OUT_H
#define CONFAB_IRCB_OUT_H

#include "buf.h"
#include "view.h"

struct ircb_out;

#define IRCB_LABEL "cf" /* and a number */

enum { IRCB_QUEUE_MAX = 500, IRCB_CONTROL_MAX = 1000 };

/* Told about each message, once; must not call back. */
typedef void(ircb_out_h)(uint64_t leg, uint64_t seq, void *arg);

/* burst lines at once, then one each gap_ms. Freed with mem_deref(). */
struct ircb_out *ircb_out_new(unsigned burst, uint64_t gap_ms);

/* Lines of a message: all of them or, with EBUSY, none. */
int ircb_out_say(struct ircb_out *o, uint64_t leg, uint64_t seq,
		 struct view lines, size_t count);
/* Told when the server has taken all commands that wait by now: a message
 * without lines. */
void ircb_out_mark(struct ircb_out *o, uint64_t leg, uint64_t seq);
/* A command: goes out before all messages. */
int ircb_out_control(struct ircb_out *o, struct view line);
size_t ircb_out_waiting(const struct ircb_out *o);

/* The next line to write, appended to b: true; else *wait_ms says when to
 * come again (UINT64_MAX: nothing waits). */
bool ircb_out_next(struct ircb_out *o, uint64_t now, struct buf *b,
		   uint64_t *wait_ms);
/* Is a barrier due? Then *number is its, and it counts as written. */
bool ircb_out_barrier(struct ircb_out *o, uint64_t now, uint64_t *number);
/* How long a barrier has been unanswered; 0: there is none. */
uint64_t ircb_out_unanswered(const struct ircb_out *o, uint64_t now);

/* The barrier came back: all messages before it are delivered. */
void ircb_out_pong(struct ircb_out *o, uint64_t number, ircb_out_h *h,
		   void *arg);
/* The server refused lines of this leg: those messages that it may mean are
 * taken out. It has not come to what was begun behind the barrier that is
 * out. */
void ircb_out_refused(struct ircb_out *o, uint64_t leg, ircb_out_h *h,
		      void *arg);
/* Whether from now on each line of a message goes out with a label (IRCv3
 * labeled-response). */
void ircb_out_label(struct ircb_out *o, bool on);
/* The server answered the line with this label. taken false: it refused it,
 * and the rest of its message is taken out. h is told where that settles the
 * message. False: no message of ours has such a line. */
bool ircb_out_answered(struct ircb_out *o, uint64_t label, bool taken,
		       ircb_out_h *h, void *arg);
/* Forgets the leg's messages. */
void ircb_out_forget(struct ircb_out *o, uint64_t leg);

#endif
