/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers. They may have to be made from a broken request, so this works on
 * the pre-scan's lines and understands as little as possible of them.
 */
#include "answer_priv.h"

#include <errno.h>

#include "method_priv.h"
#include "text_priv.h"

static void line_put(struct buf *b, const char *name, struct view value)
{
	buf_adds(b, name);
	buf_adds(b, ": ");
	text_put_unfolded(b, value);
	buf_adds(b, "\r\n");
}

/* The first value of the first Via is the one that we add to. */
static void vias_put(struct buf *b, const struct prescan *pre,
		     const struct via *via, const struct netaddr *src)
{
	bool top = true;
	size_t i;

	for (i = 0; i < pre->lines; i++) {
		const struct prescan_line *l = &pre->line[i];
		struct view more;

		if (l->id != HDR_VIA)
			continue;
		if (!top) {
			line_put(b, "Via", l->value);
			continue;
		}
		buf_adds(b, "Via: ");
		via_put(b, via, src);
		more = view_from(l->value, scan_until(l->value, ','));
		text_put_unfolded(b, more);
		buf_adds(b, "\r\n");
		top = false;
	}
}

static void to_put(struct buf *b, struct view to, uint64_t tag)
{
	struct sip_nameaddr a;

	buf_adds(b, "To: ");
	text_put_unfolded(b, to);
	if (scan_nameaddr(&a, to) == 0 && !a.has_tag) {
		buf_adds(b, ";tag=");
		buf_add_hex(b, tag);
	}
	buf_adds(b, "\r\n");
}

void answer_head(struct buf *b, const struct prescan *pre,
		 const struct via *via, const struct netaddr *src,
		 uint64_t tag)
{
	vias_put(b, pre, via, src);
	if (pre->first[HDR_TO].p)
		to_put(b, pre->first[HDR_TO], tag);
	if (pre->first[HDR_FROM].p)
		line_put(b, "From", pre->first[HDR_FROM]);
	if (pre->first[HDR_CALL_ID].p)
		line_put(b, "Call-ID", pre->first[HDR_CALL_ID]);
	if (pre->first[HDR_CSEQ].p)
		line_put(b, "CSeq", pre->first[HDR_CSEQ]);
}

int answer_put(struct buf *b, const struct answer *a, struct view head)
{
	int err = text_is_line(a->reason) ? 0 : EBADMSG;

	buf_adds(b, "SIP/2.0 ");
	buf_add_u64(b, (uint64_t)a->status);
	buf_addc(b, ' ');
	if (a->reason.n)
		buf_addv(b, a->reason);
	else
		buf_adds(b, method_reason(a->status));
	buf_adds(b, "\r\n");
	buf_addv(b, head);
	if (!err)
		err = text_put_headers(b, a->headers, a->count);
	buf_addv(b, a->lines);
	if (a->server.n) {
		buf_adds(b, "Server: ");
		buf_addv(b, a->server);
		buf_adds(b, "\r\n");
	}
	buf_adds(b, "Content-Length: 0\r\n\r\n");
	return err ? err : b->over ? EMSGSIZE : 0;
}
