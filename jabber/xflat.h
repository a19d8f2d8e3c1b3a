/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between XML on a stream and flat elements (elem.h), both ways: for a
 * worker. A namespace of the stream, "jabber:component:accept" say, becomes
 * "jabber:client", so that above all stanzas are alike (XEP-0114 3).
 */
#ifndef CONFAB_JABBER_XFLAT_H
#define CONFAB_JABBER_XFLAT_H

#include "elem.h"
#include "xlimit.h"

/* Makes a stanza of what xlimit reads: its start, text and end are handed on
 * from depth 1 on. A zeroed one, with ns set, is ready. */
struct xflat {
	const char *ns;   /* static: the stream's */
	struct buf flat;  /* owned: so far */
	bool in_text;
	size_t ns_at[ELEM_DEPTH_MAX + 2], ns_len[ELEM_DEPTH_MAX + 2];
};

void xflat_start(struct xflat *f, const struct xlimit_tag *tag,
		 unsigned depth);
void xflat_text(struct xflat *f, struct view text);
/* True: depth is 1, and the stanza is in f->flat; drop it with buf_clear(). It
 * may be too long: then f->flat.over. */
bool xflat_end(struct xflat *f, unsigned depth);
void xflat_free(struct xflat *f);

/* Adds a checked stanza as XML. Of its attributes a to is written in place of
 * its own where to is not empty. */
void xflat_write(struct buf *out, struct view flat, struct view to);

#endif
