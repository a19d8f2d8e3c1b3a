/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CPIM encoder, and the reader of its header section. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cpim.h"
#include "xmltext.h"

#define NS_IMDN "urn:ietf:params:imdn"

/* RFC 3862 3.1: no control may stand in a header, and the URI ends at '>'. */
static bool is_clean(struct view uri)
{
	for (size_t i = 0; i < uri.n; i++) {
		unsigned char c = (unsigned char)uri.p[i];

		if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return false;
	}
	return uri.n > 0;
}

/* RFC 3862 4.4, RFC 3339: 2010-11-13T23:29:00Z */
static void add_time(struct buf *out, uint64_t time_ms)
{
	time_t t = (time_t)(time_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void add_uri(struct buf *out, const char *name, struct view uri)
{
	buf_adds(out, name);
	buf_adds(out, ": <");
	buf_addv(out, uri);
	buf_adds(out, ">\r\n");
}

bool cpim_id_ok(struct view id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i], low = c | 0x20;

		if (!(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'z') &&
		    !view_has(VIEW("-.!%*_+`'~"), c))
			return false;
	}
	return id.n && id.n <= CPIM_ID_MAX;
}

static void add_envelope(struct buf *out, struct view from, struct view to,
			 uint64_t time_ms)
{
	add_uri(out, "From", from);
	add_uri(out, "To", to);
	buf_adds(out, "DateTime: ");
	add_time(out, time_ms);
	buf_adds(out, "\r\n");
}

/* RFC 5438 6 */
static void add_id(struct buf *out, struct view id)
{
	buf_adds(out, "NS: imdn <" NS_IMDN ">\r\nimdn.Message-ID: ");
	buf_addv(out, id);
	buf_adds(out, "\r\n");
}

static void add_head(struct buf *out, const struct cpim *c)
{
	add_envelope(out, c->from, c->to, c->time_ms);
	if (c->id.n) {
		add_id(out, c->id);
		buf_adds(out, "imdn.Disposition-Notification: "
			      "positive-delivery\r\n");
	}
	buf_adds(out, "\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\n");
}

int cpim_add(struct buf *out, const struct cpim *c)
{
	if (!is_clean(c->from) || !is_clean(c->to) ||
	    (c->id.n && !cpim_id_ok(c->id)))
		return EBADMSG;
	add_head(out, c);
	buf_addv(out, c->text);
	return 0;
}

size_t cpim_overhead(const struct cpim *c)
{
	struct buf head = { 0 };
	size_t n;

	add_head(&head, c);
	n = head.n;
	buf_free(&head);
	return n;
}

/* RFC 5438 11.1.9 */
static void add_imdn(struct buf *out, const struct cpim_report *r)
{
	buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		      "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">"
		      "<message-id>");
	xmltext_put(out, r->id);
	buf_adds(out, "</message-id><datetime>");
	add_time(out, r->time_ms);
	buf_adds(out, "</datetime><delivery-notification><status>"
		      "<delivered/></status></delivery-notification>"
		      "</imdn>");
}

int cpim_add_report(struct buf *out, const struct cpim_report *r)
{
	struct buf doc = { 0 };

	if (!is_clean(r->from) || !is_clean(r->to) || !cpim_id_ok(r->own_id))
		return EBADMSG;
	add_imdn(&doc, r);
	add_envelope(out, r->from, r->to, r->time_ms);
	add_id(out, r->own_id);
	buf_addf(out, "\r\nContent-Type: message/imdn+xml\r\n"
		      "Content-Disposition: notification\r\n"
		      "Content-Length: %zu\r\n\r\n", doc.n);
	buf_addv(out, buf_view(&doc));
	buf_free(&doc);
	return 0;
}

/* ---- reading ---- */

/* RFC 3862 4.1: "Formal-name <URI>" */
static struct view uri_of(struct view value)
{
	struct view before, uri, rest;

	if (!view_rcut(value, '<', &before, &uri) ||
	    !view_cut(uri, '>', &uri, &rest))
		return VIEW_NONE;
	return uri;
}

static bool has_word(struct view list, const char *word)
{
	struct view item;

	while (!view_empty(list)) {
		view_cut(list, ',', &item, &list);
		if (view_ieqs(view_trim(item), word))
			return true;
	}
	return false;
}

/* RFC 3862 3.4: the prefix that stands for IMDN's names; where none is said,
 * it is the usual one. */
static void read_ns(struct view *prefix, struct view value)
{
	struct view name, rest;

	if (!view_eqs(uri_of(value), NS_IMDN))
		return;
	view_cut(value, '<', &name, &rest);
	*prefix = view_trim(name);
}

static void read_imdn(struct cpim_head *out, struct view name,
		      struct view value)
{
	if (view_ieqs(name, "Message-ID"))
		out->id = value;
	else if (view_ieqs(name, "Disposition-Notification"))
		out->receipt = has_word(value, "positive-delivery");
}

void cpim_read(struct cpim_head *out, struct view head)
{
	struct view prefix = VIEW("imdn"), line, name, value;

	*out = (struct cpim_head){ .receipt = false };
	while (!view_empty(head)) {
		view_cut(head, '\n', &line, &head);
		if (!view_cut(line, ':', &name, &value))
			continue;
		value = view_trim(value);
		if (view_ieqs(name, "From") && !out->from.n)
			out->from = uri_of(value);
		else if (view_ieqs(name, "Subject") && !out->subject.n)
			out->subject = value;
		else if (view_ieqs(name, "NS"))
			read_ns(&prefix, value);
		else if (name.n > prefix.n && name.p[prefix.n] == '.' &&
			 view_eq(view_head(name, prefix.n), prefix))
			read_imdn(out, view_from(name, prefix.n + 1), value);
	}
}
