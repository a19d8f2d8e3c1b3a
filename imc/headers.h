/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers that go out with MESSAGEs: with all of them, and with some. */
#ifndef CONFAB_IMC_HEADERS_H
#define CONFAB_IMC_HEADERS_H

#include "buf.h"
#include "sip.h"

enum { HEADERS_MAX = 32, HEADERS_MORE = 3 };

struct headers {
	struct sip_header *list; /* owned; [0] is Date, its value is open */
	size_t count;
	char *text;              /* owned; what list's views point into */
};

/* extra: "Name: value\r\n"..., or "". EINVAL with why: no header line, or one
 * that is not for the operator to set. */
int headers_init(struct headers *h, const char *extra, struct buf *why);
void headers_free(struct headers *h);

struct headers_more {
	struct view subject, lang; /* or empty; what can't be a header is left
				      out */
	bool notice;               /* never to be answered by itself */
	unsigned hops;             /* it came with so many; 0: not said */
};
/* All of them, those of one message instead of the operator's of the same
 * name: how many. */
size_t headers_put(struct sip_header list[HEADERS_MAX + HEADERS_MORE],
		   const struct headers *h, const struct headers_more *more);

#endif
