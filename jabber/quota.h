/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory that libstrophe and its XML parser may take. Neither has any
 * limit of its own: 41 MiB of nested elements from a server become 6 GiB.
 */
#ifndef CONFAB_JABBER_QUOTA_H
#define CONFAB_JABBER_QUOTA_H

#include <strophe.h>

/* 50 accounts at rest take 1 MiB, and the largest stanza that common servers
 * let through (512 KiB) at its worst some 40 MiB. */
enum { QUOTA_MAX = 128 * 1024 * 1024 };

struct quota {
	size_t used, max; /* bytes */
	/* Runs when max would be passed; must not return, as libstrophe has
	 * no way out of a failed allocation. */
	void (*over)(const struct quota *q);
	xmpp_mem_t mem; /* for xmpp_ctx_new(); valid as long as the quota */
};

void quota_init(struct quota *q, size_t max,
		void (*over)(const struct quota *q));
/* The usual end: one line to stderr, exit status 70. */
void quota_end_process(const struct quota *q);

#endif
