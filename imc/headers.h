/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers that go out with every MESSAGE. */
#ifndef CONFAB_IMC_HEADERS_H
#define CONFAB_IMC_HEADERS_H

#include "buf.h"
#include "sip.h"

struct headers {
	struct sip_header *list; /* owned; [0] is Date, its value is open */
	size_t count;
	char *text;              /* owned; what list's views point into */
};

/* extra: "Name: value\r\n"..., or "". EINVAL with why: no header line, or one
 * that is not for the operator to set. */
int headers_init(struct headers *h, const char *extra, struct buf *why);
void headers_free(struct headers *h);

#endif
