/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers to requests (RFC 3261 8.2.6), in two pieces: what is copied from
 * the request, and what is said. */
#ifndef CONFAB_ANSWER_PRIV_H
#define CONFAB_ANSWER_PRIV_H

#include "parse_priv.h"

struct answer {
	int status;
	struct view reason;               /* empty: the usual one */
	const struct sip_header *headers; /* ours: refused ones are left out */
	size_t count;
	struct view lines;                /* more of them, ready; or empty */
	struct view server;               /* product, or empty */
};

/* Via (the top one with received and rport), To (with tag, where it had
 * none), From, Call-ID and CSeq: those that the request has. */
void answer_head(struct buf *b, const struct prescan *pre,
		 const struct via *via, const struct netaddr *src,
		 uint64_t tag);
/* The whole message around such a head. EBADMSG: a header or the reason
 * can't stand on a line; b is useless then. */
int answer_put(struct buf *b, const struct answer *a, struct view head);

#endif
