/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the body of a MESSAGE is, and the text in it. Pure. */
#ifndef CONFAB_IMC_CONTENT_H
#define CONFAB_IMC_CONTENT_H

#include "buf.h"

enum content {
	CONTENT_TEXT,    /* the user's own words */
	CONTENT_TYPING,  /* RFC 3994: he is writing, or has stopped */
	CONTENT_RECEIPT, /* RFC 5438: something arrived, or was read */
	CONTENT_NOTHING, /* empty: to be ignored */
	CONTENT_FOREIGN, /* a type, charset or encoding not taken: 415 */
	CONTENT_BROKEN,  /* a wrapper that does not parse: 400 */
};

#define CONTENT_TYPE_TYPING "application/im-iscomposing+xml"

/* The value of an Accept header that says what is taken. */
#define CONTENT_ACCEPT \
	"text/plain, text/html, message/cpim, multipart/mixed, " \
	"multipart/alternative, multipart/related, " CONTENT_TYPE_TYPING ", " \
	"message/imdn+xml"

enum {
	CONTENT_TYPING_MAX = 2048,
	CONTENT_PARTS_MAX = 20, /* of a multipart, and of those in it */
	CONTENT_DEPTH_MAX = 3,  /* multipart in multipart */
};

struct content_in {
	struct view type;    /* without parameters; empty: text/plain */
	struct view charset; /* of the type, or empty */
	struct view params;  /* of the type, all: "boundary=x" */
	struct view body;
};

/* For CONTENT_TEXT the text is added to out, as UTF-8 where the sender kept
 * to his charset: not cleaned yet. Line ends behind it are gone. For
 * CONTENT_TYPING and CONTENT_RECEIPT the document is, as it came. For others
 * nothing is. */
enum content content_read(struct buf *out, const struct content_in *in);
/* The same. cpim: the header section of the message/cpim around it, a view
 * into in; or empty. */
enum content content_read_cpim(struct buf *out, struct view *cpim,
			       const struct content_in *in);

#endif
