/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the next worker is to know of a connection (worker_keep()): lines of
 * words, one a matter. What can't be read is left out.
 */
#ifndef CONFAB_IRCB_KEEP_H
#define CONFAB_IRCB_KEEP_H

#include "conn.h"

enum { IRCB_KEEP_MAX = 4000 };

/* Which servers want TLS (sts), and how slowly lines may go out. */
void ircb_keep_put(struct buf *b, const struct ircb_conn_conf *c);
/* For c's servers, as far as they are still the same ones. */
void ircb_keep_take(struct ircb_conn_conf *c, struct view kept);

#endif
