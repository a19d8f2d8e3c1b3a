/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts that stanzas are made of. */
#include <string.h>

#include "clock.h"
#include "xlink.h"

#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

void stanza_open(struct buf *b, const char *name, struct view type,
		 struct view from, struct view to, struct view id)
{
	elem_open(b, name, NS_CLIENT);
	elem_attr(b, "type", type);
	elem_attr(b, "from", from);
	elem_attr(b, "to", to);
	elem_attr(b, "id", id);
}

static char *name_of(char dst[16], const struct elem *e)
{
	view_copy(dst, 16, e->name);
	return dst;
}

bool stanza_error(struct buf *b, const struct elem *e, const char *type,
		  const char *condition, struct view text)
{
	struct view had = elem_get(e, "type");
	char name[16];

	if (view_eqs(had, "error") ||
	    (elem_is(e, "iq", NULL) && view_eqs(had, "result")))
		return false;
	stanza_open(b, name_of(name, e), VIEW("error"), elem_get(e, "to"),
		    elem_get(e, "from"), elem_get(e, "id"));
	elem_open(b, "error", NULL);
	elem_attrs(b, "type", type);
	elem_leaf(b, condition, NS_STANZAS, VIEW_NONE);
	if (text.n) {
		elem_open(b, "text", NS_STANZAS);
		elem_attrs(b, "xml:lang", "en");
		elem_text(b, text);
		elem_close(b);
	}
	elem_close(b);
	elem_close(b);
	return true;
}

struct view stanza_id(char dst[24])
{
	static const char digit[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint64_t r = 0;

	for (int i = 0; i < 20; i++) {
		if (i % 12 == 0)
			r = rand_u64();
		dst[i] = digit[r & 31];
		r >>= 5;
	}
	dst[20] = '\0';
	return view_mem(dst, 20);
}
