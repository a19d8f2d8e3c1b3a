/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon's inner half: all that works on the data base. The outer half
 * (SIP edge, control socket, signals) is confab.c's.
 */
#ifndef CONFAB_HEART_H
#define CONFAB_HEART_H

#include "confab.h"

/* Opens the store, which locks it; errors as store_open(), with why. EBUSY:
 * c->holder says by whom; may be tried again. */
int heart_open(struct confab *c, struct buf *why);
/* What heart_start() can find wrong beforehand. */
int heart_check(const struct confab *c, struct buf *why);
/* After heart_open(): hub and faces, with all that the store and the
 * configuration say. */
int heart_start(struct confab *c, struct buf *why);
/* Once there is a SIP edge: lets the faces begin. */
int heart_join(struct confab *c);
/* The faces take from fresh what they can while they run; EINVAL with why:
 * nothing of it. */
int heart_reload_faces(struct confab *c, const struct conf *fresh,
		       struct buf *why);
/* The hub does, from c->conf. */
void heart_reload(struct confab *c);
/* One line of what it holds. */
void heart_log(const struct confab *c, const char *what);
/* Before the SIP edge ends: nothing is sent any more, workers are gone. */
void heart_quiet(struct confab *c);
/* After it: what waits for the disk is answered; then all is taken down. Both
 * also after a failed start. */
void heart_stop(struct confab *c);

/* The room of an operator's words ("lobby", "lobby@domain",
 * "sip:lobby@domain"); ENOENT, or EBADMSG, with why. create: made where it is
 * missing: public, without owner. */
int confab_room(struct confab *c, struct room **rp, struct view text,
		bool create, struct buf *why);

#endif
