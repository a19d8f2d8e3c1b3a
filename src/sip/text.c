/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place where text enters a header that we write. */
#include "text_priv.h"

#include <errno.h>
#include <string.h>

#include "scan_priv.h"

void text_put_unfolded(struct buf *b, struct view v)
{
	char *p = buf_room(b, v.n);
	size_t i;

	if (!p)
		return;
	for (i = 0; i < v.n; i++)
		p[i] = v.p[i] == '\r' || v.p[i] == '\n' ? ' ' : v.p[i];
	buf_wrote(b, v.n);
}

bool text_is_line(struct view v)
{
	return !view_has(v, '\r') && !view_has(v, '\n') && !view_has(v, '\0');
}

int text_put_headers(struct buf *b, const struct sip_header *headers,
		     size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!scan_token_only(headers[i].name) ||
		    !text_is_line(headers[i].value))
			return EBADMSG;
		buf_addv(b, headers[i].name);
		buf_adds(b, ": ");
		buf_addv(b, headers[i].value);
		buf_adds(b, "\r\n");
	}
	return 0;
}
