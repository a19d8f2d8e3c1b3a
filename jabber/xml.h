/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one way of text into a stanza. A single byte that XML does not allow
 * makes a server close the whole stream, so that everybody behind it is
 * gone: whatever is written goes through here first.
 */
#ifndef CONFAB_JABBER_XML_H
#define CONFAB_JABBER_XML_H

#include "buf.h"

/* Appends v as XML 1.0 (2.2, Char) allows it: what is no UTF-8 becomes
 * U+FFFD; C0 but TAB, LF and CR, as well as U+FFFE and U+FFFF go. Does not
 * escape: that is the serialiser's part. */
void xml_clean(struct buf *b, struct view v);
/* The same, and escaped: for the few tags that we write by hand. */
void xml_escape(struct buf *b, struct view v);

#endif
