/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The looser half of URI checking: what any URI in a request must obey. */
#ifndef CONFAB_URI_PRIV_H
#define CONFAB_URI_PRIV_H

#include "sip.h"

/* A user part may name a room elsewhere, and a nick in it, in percents. */
enum { SIP_URI_MAX = 512, SIP_USER_MAX = 384 };

struct uri_parts {
	struct sip_uri uri;
	bool chat;     /* scheme sip, sips, im or pres: was looked into */
	bool password; /* a user:password was there */
	bool headers;  /* "?..." was there */
};

/* Any scheme, any length. EBADMSG: no URI; the characters, the escapes, or
 * the form of host and port are wrong. */
int uri_scan(struct uri_parts *out, struct view text);
/* The same user, one escaped differently from the other (RFC 3261 19.1.4:
 * letter case matters). */
bool uri_user_is(struct view a, struct view b);
/* Nothing is escaped in it that could stand as it is (RFC 3261 25.1:
 * unreserved): of all forms of a user's name this is the one to keep. */
bool uri_user_is_plain(struct view user);

/* RFC 3261 19.1.4, of two URIs; what is none equals nothing. */
bool uri_same(struct view a, struct view b);

#endif
