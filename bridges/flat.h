/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parcels of gateways (session.h) as one text: some numbers in decimal, then
 * some texts with a NUL in front of each, as frames carry UTF-8 (wire.h). How
 * many of both is known on both sides.
 */
#ifndef CONFAB_FLAT_H
#define CONFAB_FLAT_H

#include "buf.h"

/* At most 8 numbers. Appends. EMSGSIZE: over FRAME_PAYLOAD_MAX less 64 bytes;
 * EBADMSG: a NUL in a text. */
int flat_put(struct buf *b, const uint64_t *numbers, size_t count,
	     const struct view *texts, size_t text_count);
/* EBADMSG: not made by flat_put() with these counts, or no UTF-8. The views
 * are into parcel. */
int flat_get(struct view parcel, uint64_t *numbers, size_t count,
	     struct view *texts, size_t text_count);

#endif
