/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a SIP user is told about his words to IRC, and of channels. Pure. */
#ifndef CONFAB_IRC_ITEXT_H
#define CONFAB_IRC_ITEXT_H

#include "buf.h"

enum itext {
	ITEXT_FULL,        /* no seat, or no worker, for one more */
	ITEXT_NO_LOGIN,    /* the network does not let him in */
	ITEXT_NO_NETWORK,  /* it is not there any more */
	ITEXT_EXPIRED,     /* waited for delay_s, and in vain */
	ITEXT_OFFLINE,     /* he has logged out before it went */
	ITEXT_QUEUE_FULL,  /* too much waits already */
	ITEXT_SEND_FAILED, /* could not be kept, or the network refused it */
	ITEXT_TOO_LONG,
	ITEXT_BROKE,       /* link after link went away under it */
	ITEXT_SOMEBODY,    /* the nick may be somebody else's by now */
	ITEXT_ACCOUNT,     /* his account is another one than it was then */
	ITEXT_NOT_JOINED,  /* spoke to a channel that he is not in */
	ITEXT_HAS_LEFT,    /* the same, after it was taken */
	ITEXT_COUNT
};

/* What a numeric of the server means; empty: its own words will do. */
struct view itext_numeric(unsigned numeric);
/* Appends the meaning, and the server's words in brackets where they say more;
 * one of them at least is there. */
void itext_why(struct buf *out, unsigned numeric, struct view words);
/* Why a message was not sent; a sentence, constant. */
struct view itext(enum itext which);

#endif
