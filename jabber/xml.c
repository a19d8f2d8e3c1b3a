/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cleaning of text for XML. */
#include "xml.h"

#include "utf8.h"

static bool is_char(uint32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp != 0xfffe && cp != 0xffff;
}

void xml_clean(struct buf *b, struct view v)
{
	while (v.n) {
		uint32_t cp = utf8_next(&v);

		if (cp == UTF8_BAD)
			utf8_put(b, 0xfffd);
		else if (is_char(cp))
			utf8_put(b, cp);
	}
}
