/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIME headers and multipart bodies, in views. Pure. */
#ifndef CONFAB_IMC_MIME_H
#define CONFAB_IMC_MIME_H

#include "buf.h"

/* Takes a header section with its empty line off *v; false: it has no end. */
bool mime_head(struct view *v, struct view *head);
/* The value of the first header of this name, with its folded lines; or
 * empty. */
struct view mime_value(struct view head, const char *name);
/* The value of a parameter in "name=value; ...", without quotes; or empty.
 * Quoted pairs are left as they are. */
struct view mime_param(struct view params, const char *name);
/* True: the encoding (of Content-Transfer-Encoding) is known, and body
 * decoded is added to out. */
bool mime_decode(struct buf *out, struct view encoding, struct view body);

/* Walks a multipart body (RFC 2046 5.1.1). */
struct mime_parts {
	struct view boundary;
	struct view rest;
	bool last; /* the closing line was seen */
};
/* EBADMSG: no boundary that RFC 2046 allows, or no line with it. */
int mime_parts_start(struct mime_parts *mp, struct view body,
		     struct view boundary);
/* The next part, head and all. ENOENT: that was all, EBADMSG: it breaks off
 * without the closing line. */
int mime_parts_next(struct mime_parts *mp, struct view *part);

#endif
