/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nicks of ours for rooms of XMPP (XEP-0045, RFC 8265 4.2). Pure. */
#ifndef CONFAB_JABBER_JNICK_H
#define CONFAB_JABBER_JNICK_H

#include "buf.h"

enum { JNICK_MAX = 64, JNICK_TRIES = 5 };

/* Appends text as a nick: what a server would make of it (Resourceprep), on
 * one line, white space as single spaces and none at the ends, without
 * controls, marks of direction and what is not to be seen, without "@", with
 * round brackets for whatever looks like "[", "]", "<" or ">" (such a nick
 * could pass for a prefix of ours), of at most JNICK_MAX bytes. Done twice it
 * gives the same. EBADMSG, and nothing appended: nothing to be seen is left,
 * or no server takes it. */
int jnick_prep(struct buf *out, struct view text);
/* The first that is fit to be one: the nick of an address, the user part of a
 * SIP URI (escaped), a display name. Each may be empty; EBADMSG: none is. */
int jnick_choose(struct buf *out, struct view nick, struct view user,
		 struct view name);
/* Appends what to try after a conflict, by attempt: 1 to JNICK_TRIES gives
 * "nick_", "nick__", "nick-2", "nick-3", "nick-4", cut to JNICK_MAX bytes.
 * ERANGE for other numbers; nick comes from jnick_prep(). */
int jnick_next(struct buf *out, struct view nick, unsigned attempt);

#endif
