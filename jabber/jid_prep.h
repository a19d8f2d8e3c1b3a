/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses in the form that servers give them back in. All append to out,
 * or give EBADMSG where there is no such address; what is appended then is
 * for the caller to drop.
 */
#ifndef CONFAB_JABBER_JID_PREP_H
#define CONFAB_JABBER_JID_PREP_H

#include "buf.h"

/* Appends text with Nodeprep, Nameprep and Resourceprep (RFC 6122) done to
 * its parts. EBADMSG when there is no such address. */
int jid_prep(struct buf *out, struct view text);
/* A local part, a host, a resource or a nick, by itself. */
int jid_prep_local(struct buf *out, struct view text);
int jid_prep_host(struct buf *out, struct view text);
int jid_prep_resource(struct buf *out, struct view text);
/* What Nodeprep does to letters, until it changes nothing more, with all
 * that it forbids let through: spaces, "@" and so on. */
int jid_fold(struct buf *out, struct view text);

/* A host as DNS and SIP have it (RFC 3490 ToASCII), and as JIDs have it, in
 * U-labels; both in lower case. */
int jid_host_ascii(struct buf *out, struct view host);
int jid_host_unicode(struct buf *out, struct view host);

#endif
