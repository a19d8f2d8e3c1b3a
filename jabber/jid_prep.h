/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses in the form that servers give them back in. */
#ifndef CONFAB_JABBER_JID_PREP_H
#define CONFAB_JABBER_JID_PREP_H

#include "buf.h"

/* Appends text with Nodeprep, Nameprep and Resourceprep (RFC 6122) done to
 * its parts. EBADMSG when there is no such address. */
int jid_prep(struct buf *out, struct view text);
/* A resource, or a nick, by itself. */
int jid_prep_resource(struct buf *out, struct view text);

#endif
