/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the body of a MESSAGE is, and the text in it. Pure. */
#ifndef CONFAB_IMC_CONTENT_H
#define CONFAB_IMC_CONTENT_H

#include "buf.h"

enum content {
	CONTENT_TEXT,    /* the user's own words */
	CONTENT_NOTHING, /* empty, a typing notice, a receipt: to be ignored */
	CONTENT_FOREIGN, /* a type, charset or encoding not taken: 415 */
	CONTENT_BROKEN,  /* a wrapper that does not parse: 400 */
};

/* The value of an Accept header that says what is taken. */
#define CONTENT_ACCEPT "text/plain, message/cpim"

struct content_in {
	struct view type;    /* without parameters; empty: text/plain */
	struct view charset; /* of the type, or empty */
	struct view body;
};

/* For CONTENT_TEXT the text is added to out, as UTF-8 where the sender kept
 * to his charset: not cleaned yet. Line ends behind it are gone. */
enum content content_read(struct buf *out, const struct content_in *in);

#endif
