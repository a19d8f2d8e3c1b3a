/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was sent and is not known to have arrived, in order, by the count of
 * XEP-0198 4: modulo 2^32 since its beginning. No I/O.
 */
#ifndef CONFAB_JABBER_UNACKED_H
#define CONFAB_JABBER_UNACKED_H

#include "list.h"
#include "view.h"

enum {
	UNACKED_COUNT_MAX = 1000,
	/* XML: all of it may have to go out once more at once. */
	UNACKED_BYTES_MAX = 200 * 1024,
};

/* list_init() of all makes an empty one. */
struct unacked {
	struct list all; /* private; owned */
	uint32_t sent;   /* how many, ever */
	size_t bytes;    /* of xml that is kept */
};

/* Is there room for one of n bytes? */
bool unacked_fits(const struct unacked *u, size_t n);
/* One more was sent. tag: 0, or who asks; xml: kept for unacked_each(). */
void unacked_add(struct unacked *u, uint64_t tag, struct view xml);
/* The other side has h of them; tagh is told of each that is new and has a
 * tag. EBADMSG: more than there were. */
int unacked_confirm(struct unacked *u, uint32_t h,
		    void (*tagh)(uint64_t tag, void *arg), void *arg);
/* In order. */
void unacked_each(const struct unacked *u,
		  void (*eachh)(struct view xml, void *arg), void *arg);
void unacked_free(struct unacked *u);

#endif
