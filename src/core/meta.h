/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes with a message beside its text when it crosses to or from another
 * network: fields that not every network has. Kept with the message as one
 * text, "key=value" lines, which is empty for most.
 */
#ifndef CONFAB_META_H
#define CONFAB_META_H

#include "buf.h"

enum { META_MAX = 4096, META_FIELD_MAX = 1024 };

struct meta {
	struct view subject; /* of this message, one line */
	struct view lang;    /* BCP 47: "de-AT" */
	struct view thread;  /* opaque, the sender's */
	struct view id;      /* the message's id on its own network: that of
				the stanza; of SIP: of IMDN, or empty */
	struct view to;      /* the very address of the other network that it
				goes to or came from: a full JID; or empty */
	struct view as;      /* who its sender was on the other network when
				he said it: a bare JID; or empty */
	struct view origin;  /* the id by which its sender's client knows it
				again (XEP-0359), or empty */
	struct view replaces; /* id of the message that this one corrects */
	bool event;          /* of a notice: what it tells of is told to those
				who watch rooms as well (watch.h) */
	bool notice;         /* written by itself: never to be answered by
				itself */
	bool receipt;        /* its sender wants to know when it is there */
	uint64_t hops;       /* gateways that it may still pass (Max-Forwards);
				0: not said */
	uint64_t time_ms;    /* when it was said, wall clock, by somebody who
				may be believed; 0: when it came in */
};

/* Appends m as text. What is over META_FIELD_MAX, has control characters in
 * it, or would make it longer than META_MAX, is left out. Nothing for an empty
 * m. */
void meta_put(struct buf *out, const struct meta *m);
/* Views into text. Lines that are not known are skipped. */
void meta_get(struct meta *m, struct view text);

#endif
