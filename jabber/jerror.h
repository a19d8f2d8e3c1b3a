/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors of XMPP (RFC 6120 8.3.3) and statuses of SIP, each for the other
 * (RFC 7247 7). Pure; what is pointed to is constant.
 *
 * Where a status would do harm it is not RFC 7247's: 401 and 407 without a
 * challenge make phones try for ever, 3xx without an address leads nowhere,
 * and 503 makes a proxy take all of us for dead.
 */
#ifndef CONFAB_JABBER_JERROR_H
#define CONFAB_JABBER_JERROR_H

#include "buf.h"

/* What went wrong with a stanza, for SIP. */
struct jerror_sip {
	const char *condition; /* RFC 6120's element */
	unsigned full;         /* status; the stanza went to a full JID */
	unsigned bare;         /* it went to a bare JID, or to a server */
	const char *reason;    /* short, for the status line and for people */
};

/* What a SIP status is for XMPP: condition and type of <error/>. */
struct jerror_xmpp {
	unsigned status;
	const char *condition;
	const char *type; /* "auth", "cancel", "modify" or "wait" */
};

/* Of a condition; an unknown one counts as "undefined-condition". */
const struct jerror_sip *jerror_sip(struct view condition);
/* Of a status from 300 to 699; one not in the table counts as its class's
 * first (RFC 3261 8.1.3.2), all other numbers as 500. */
const struct jerror_xmpp *jerror_xmpp(unsigned status);

/* Appends a Reason-Phrase: text, the peer's own words, on one line, without
 * controls, of at most 80 bytes; e's reason where nothing of it shows. */
void jerror_phrase(struct buf *out, const struct jerror_sip *e,
		   struct view text);
/* Appends what <text/> says of a SIP failure: "480 Temporarily Unavailable";
 * the phrase as jerror_phrase() has it. */
void jerror_words(struct buf *out, unsigned status, struct view phrase);

#endif
