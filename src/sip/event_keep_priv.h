/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edge tells of subscriptions and publications, so that they are
 * there after a restart. */
#ifndef CONFAB_EVENT_KEEP_PRIV_H
#define CONFAB_EVENT_KEEP_PRIV_H

#include "event_priv.h"

struct sub;
struct pub;

struct event_keep_ops {
	/* Is there, or is another than it was. */
	void (*sub)(struct event_keep *k, struct sub *sub);
	/* A NOTIFY goes out: its CSeq is used. */
	void (*sent)(struct event_keep *k, struct sub *sub);
	void (*sub_gone)(struct event_keep *k, struct sub *sub);
	void (*pub)(struct event_keep *k, struct pub *pub);
	void (*pub_gone)(struct event_keep *k, struct pub *pub);
};

#endif
