/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top Via of a request (RFC 3261 20.42, RFC 3581). */
#ifndef CONFAB_VIA_PRIV_H
#define CONFAB_VIA_PRIV_H

#include <stdint.h>

#include "buf.h"
#include "netaddr.h"
#include "view.h"

struct via {
	struct view text;   /* the first value of the line */
	struct view params; /* from the first ';' on */
	struct view proto, host, branch;
	uint16_t port; /* 0: none */
	bool rport;    /* the parameter is there */
};

/* EBADMSG: text is set nevertheless, and may be copied back. */
int via_parse(struct via *out, struct view line);
/* RFC 3261 8.1.1.7: the branch tells transactions apart. */
bool via_magic(const struct via *v);
/* The value for an answer: as it stood, but received and rport are ours. */
void via_put(struct buf *b, const struct via *v, const struct netaddr *src);

#endif
