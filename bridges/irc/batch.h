/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches that a server has open (IRCv3 batch), and which line is in which.
 * Pure. */
#ifndef CONFAB_IRCB_BATCH_H
#define CONFAB_IRCB_BATCH_H

#include "line.h"

enum ircb_batch {
	IRCB_BATCH_NONE,
	IRCB_BATCH_OTHER,
	IRCB_BATCH_NETSPLIT,
	IRCB_BATCH_NETJOIN,
	IRCB_BATCH_HISTORY
};

enum { IRCB_BATCHES = 16, IRCB_BATCH_REF = 64 };

struct ircb_batches {
	struct {
		char ref[IRCB_BATCH_REF]; /* empty: free */
		enum ircb_batch type;
	} open[IRCB_BATCHES];
};

/* A BATCH line. EBADMSG: nonsense; EMSGSIZE: too many are open. */
int ircb_batch_line(struct ircb_batches *b, const struct ircb_line *l);
/* Of a line with these tags. */
enum ircb_batch ircb_batch_of(const struct ircb_batches *b, struct view tags);

#endif
