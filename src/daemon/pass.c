/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames' contents. Texts are a u32 length and the bytes. */
#include "pass.h"

#include <errno.h>
#include <string.h>

static void put_text(struct buf *b, struct view v)
{
	buf_put_u32(b, (uint32_t)v.n);
	buf_addv(b, v);
}

static struct view get_text(struct reader *r, size_t max)
{
	uint32_t n = reader_u32(r);

	if (n > max)
		r->bad = true;
	return r->bad ? VIEW_NONE : reader_bytes(r, n);
}

static int over(const struct reader *r)
{
	return r->bad || r->v.n ? EBADMSG : 0;
}

void pass_put_hello(struct buf *b, const struct pass_hello *h)
{
	buf_put_u32(b, h->version);
	buf_put_u32(b, h->pid);
	put_text(b, view_head(h->domain, PASS_DOMAIN_MAX));
}

int pass_get_hello(struct pass_hello *out, struct view payload)
{
	struct reader r = { .v = payload };

	*out = (struct pass_hello){ .version = reader_u32(&r) };
	if (r.bad || out->version != PASS_VERSION)
		return r.bad ? EBADMSG : 0;
	out->pid = reader_u32(&r);
	out->domain = get_text(&r, PASS_DOMAIN_MAX);
	return over(&r);
}

static void put_flow(struct buf *b, const struct sip_flow *f)
{
	char text[SIP_FLOW_TEXT_MAX];

	put_text(b, view_str(sip_flow_str(text, f)));
	buf_put_u16(b, (uint16_t)f->listener);
	buf_put_u32(b, (uint32_t)f->conn);
}

static void get_flow(struct sip_flow *out, struct reader *r)
{
	if (sip_flow_parse(out, get_text(r, SIP_FLOW_TEXT_MAX)))
		r->bad = true;
	out->listener = reader_u16(r);
	out->conn = reader_u32(r);
}

int pass_put_request(struct buf *b, const struct pass_request *r)
{
	if (r->packet.n > PASS_PACKET_MAX ||
	    r->identity.n > PASS_IDENTITY_MAX)
		return EMSGSIZE;
	put_flow(b, &r->flow);
	put_text(b, r->identity);
	put_text(b, r->packet);
	return 0;
}

int pass_get_request(struct pass_request *out, struct view payload)
{
	struct reader r = { .v = payload };

	get_flow(&out->flow, &r);
	out->identity = get_text(&r, PASS_IDENTITY_MAX);
	out->packet = get_text(&r, PASS_PACKET_MAX);
	return over(&r);
}

int pass_put_send(struct buf *b, const struct pass_send *s)
{
	if (s->packet.n > PASS_PACKET_MAX)
		return EMSGSIZE;
	put_flow(b, &s->flow);
	put_text(b, s->packet);
	return 0;
}

int pass_get_send(struct pass_send *out, struct view payload)
{
	struct reader r = { .v = payload };

	get_flow(&out->flow, &r);
	out->packet = get_text(&r, PASS_PACKET_MAX);
	return over(&r);
}

static bool header_fits(const struct sip_header *h)
{
	return h->name.n <= PASS_NAME_MAX && h->value.n <= PASS_VALUE_MAX;
}

void pass_put_answer(struct buf *b, const struct pass_answer *a)
{
	uint8_t count = 0;
	size_t i, at;

	buf_put_u16(b, (uint16_t)a->code);
	put_text(b, view_head(a->reason, PASS_REASON_MAX));
	at = b->n;
	buf_put_u8(b, 0);
	for (i = 0; i < a->count && count < PASS_HEADERS_MAX; i++) {
		if (!header_fits(&a->headers[i]))
			continue;
		put_text(b, a->headers[i].name);
		put_text(b, a->headers[i].value);
		count++;
	}
	b->p[at] = (char)count;
}

int pass_get_answer(struct pass_answer *out, struct view payload)
{
	struct reader r = { .v = payload };
	size_t i;

	memset(out, 0, sizeof(*out));
	out->code = reader_u16(&r);
	out->reason = get_text(&r, PASS_REASON_MAX);
	out->count = reader_u8(&r);
	if (out->code < 200 || out->code > 699 ||
	    view_has(out->reason, '\0') || out->count > PASS_HEADERS_MAX)
		return EBADMSG;
	for (i = 0; i < out->count; i++) {
		out->headers[i].name = get_text(&r, PASS_NAME_MAX);
		out->headers[i].value = get_text(&r, PASS_VALUE_MAX);
	}
	return over(&r);
}

void pass_put_reply(struct buf *b, const struct pass_reply *r)
{
	buf_put_u8(b, r->more);
	put_text(b, view_head(r->text, PASS_TEXT_MAX));
}

int pass_get_reply(struct pass_reply *out, struct view payload)
{
	struct reader r = { .v = payload };
	uint8_t more = reader_u8(&r);

	out->more = more;
	out->text = get_text(&r, PASS_TEXT_MAX);
	return more > 1 ? EBADMSG : over(&r);
}

enum { GONE = 1, DISABLED = 2 };

void pass_put_user(struct buf *b, const struct pass_user *u)
{
	size_t i;

	buf_put_u8(b, (uint8_t)((u->gone ? GONE : 0) |
				(u->user.disabled ? DISABLED : 0)));
	buf_put_u64(b, u->user.created_ms);
	put_text(b, u->user.name);
	put_text(b, u->user.realm);
	for (i = 0; i < USER_HA1S; i++)
		put_text(b, u->user.ha1[i]);
}

int pass_get_user(struct pass_user *out, struct view payload)
{
	struct reader r = { .v = payload };
	uint8_t flags = reader_u8(&r);
	size_t i;

	out->gone = flags & GONE;
	out->user.disabled = flags & DISABLED;
	out->user.created_ms = reader_u64(&r);
	out->user.name = get_text(&r, USER_NAME_MAX);
	out->user.realm = get_text(&r, PASS_REALM_MAX);
	for (i = 0; i < USER_HA1S; i++)
		out->user.ha1[i] = get_text(&r, PASS_HA1_MAX);
	return flags > (GONE | DISABLED) ? EBADMSG : over(&r);
}
