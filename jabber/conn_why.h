/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servers refuse, in words for the operator. Pure. */
#ifndef CONFAB_JABBER_CONN_WHY_H
#define CONFAB_JABBER_CONN_WHY_H

#include "buf.h"
#include "worker.h"

/* A stream error (RFC 6120 4.9.3), and what the server said to it. */
enum worker_lost conn_why_stream(struct buf *text, struct view condition,
				 struct view said);
/* A failed login (RFC 6120 6.5) at domain. */
enum worker_lost conn_why_sasl(struct buf *text, struct view condition,
			       struct view domain);

#endif
