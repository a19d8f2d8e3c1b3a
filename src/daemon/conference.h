/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The package "conference" (RFC 4575): who is in a room, for its members
 * alone, as long as they are. The whole roster at first and with each
 * refresh, then what has changed, at most every five seconds. Members of
 * other networks are in it, with their own addresses. A roster that is too
 * long for one document goes on in others at once, which say "partial".
 */
#ifndef CONFAB_CONFERENCE_H
#define CONFAB_CONFERENCE_H

#include "hub.h"
#include "sip.h"

struct conference;

/* hub and sip are borrowed. Errors as sip_package_add(). */
int conference_new(struct conference **cp, struct hub *hub, struct sip *sip);
/* Before the hub ends. NULL is allowed. */
void conference_quiet(struct conference *c);
/* After the edge. NULL is allowed. */
void conference_free(struct conference *c);

#endif
