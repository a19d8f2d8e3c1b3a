/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * STUN Binding requests between SIP packets: a phone behind NAT keeps its way
 * to us open with them, and learns from the answer when it changed (RFC 5626
 * 4.4.2). There is no other use of STUN here.
 */
#ifndef CONFAB_STUN_PRIV_H
#define CONFAB_STUN_PRIV_H

#include "buf.h"
#include "netaddr.h"

/* No SIP message begins like this one. */
bool stun_is(struct view packet);
/* The answer to a Binding request that asks for nothing else; false: there is
 * none. */
bool stun_answer(struct buf *out, struct view packet,
		 const struct netaddr *src);

#endif
