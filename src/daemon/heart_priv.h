/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of heart_start(), for heart.c (store, hub, SIP face; start and
 * stop), heart_faces.c (the others) and heart_links.c (what is configured).
 * Errors are heart_start()'s.
 */
#ifndef CONFAB_HEART_PRIV_H
#define CONFAB_HEART_PRIV_H

#include "heart.h"

/* ---- heart_faces.c ---- */

int heart_start_jabber(struct confab *c, struct buf *why);
int heart_start_irc(struct confab *c, struct buf *why);
int heart_start_purple(struct confab *c, struct buf *why);
int heart_start_echo(struct confab *c);
int heart_start_gate(struct confab *c, struct buf *why);
int heart_start_igate(struct confab *c, struct buf *why);
int heart_start_pgate(struct confab *c, struct buf *why);

/* ---- heart_links.c ---- */

int heart_start_links(struct confab *c, struct buf *why);

#endif
