/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Documents of presence (PIDF, RFC 3863) with what phones and XMPP add to
 * them: activities (RPID, RFC 4480), <show> (RFC 8048). Pure.
 */
#ifndef CONFAB_IMC_PIDF_H
#define CONFAB_IMC_PIDF_H

#include "show.h"

enum { PIDF_MAX = 16 * 1024 };

#define PIDF_TYPE "application/pidf+xml"

/* Reads a document: its tuples, best first. The views of out are in texts,
 * which is emptied before. EBADMSG: no such document, or XML that is refused
 * (DOCTYPE, see xlimit.h); EMSGSIZE: over PIDF_MAX. What is over
 * PRESENCE_PLACES_MAX or PRESENCE_NOTE_MAX is left out. */
int pidf_read(struct presence_state *out, struct buf *texts, struct view body);
/* Writes one, as baresip, pjsip and linphone read it. entity: the URI of who
 * it is. */
void pidf_put(struct buf *out, struct view entity,
	      const struct presence_state *p);
/* Text as XML has it: escaped, without what XML does not allow. */
void pidf_put_text(struct buf *out, struct view text);

#endif
