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

static void put_escaped(struct buf *b, char c)
{
	switch (c) {
	case '&':
		buf_adds(b, "&amp;");
		break;
	case '<':
		buf_adds(b, "&lt;");
		break;
	case '>':
		buf_adds(b, "&gt;");
		break;
	case '\'':
		buf_adds(b, "&apos;");
		break;
	case '"':
		buf_adds(b, "&quot;");
		break;
	default:
		buf_addc(b, c);
	}
}

void xml_escape(struct buf *b, struct view v)
{
	struct buf clean = { 0 };

	xml_clean(&clean, v);
	for (size_t i = 0; i < clean.n; i++)
		put_escaped(b, clean.p[i]);
	buf_free(&clean);
}
