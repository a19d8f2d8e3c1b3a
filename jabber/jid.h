/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of XMPP (RFC 7622): taking apart and checking; pure. */
#ifndef CONFAB_JABBER_JID_H
#define CONFAB_JABBER_JID_H

#include "view.h"

enum { JID_PART_MAX = 1023 };

struct jid {
	struct view local, domain, resource; /* borrowed; may be empty */
};

/* RFC 7622 3.1: the first "/" begins the resource, before it the first "@"
 * ends the local part. Checks nothing. */
void jid_split(struct jid *out, struct view text);
/* All before the resource. */
struct view jid_bare(struct view text);
/* What is wrong with text as "local@domain", in words that follow the
 * address; NULL: nothing. */
const char *jid_fault(struct view text);
/* Could this be a host name or a numeric address? */
bool jid_is_host(struct view text);

#endif
