/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place where text enters a header that we write. */
#ifndef CONFAB_TEXT_PRIV_H
#define CONFAB_TEXT_PRIV_H

#include "buf.h"
#include "sip.h"

/* Each CR and LF becomes a space: a fold on one line, and no way out of it
 * (RFC 3261 7.3.1). */
void text_put_unfolded(struct buf *b, struct view v);
/* No CR, LF or NUL. */
bool text_is_line(struct view v);
/* "Name: value" CRLF for each. EBADMSG: a name that is no token, a value that
 * is no line; the buffer holds a part then. */
int text_put_headers(struct buf *b, const struct sip_header *headers,
		     size_t count);

#endif
