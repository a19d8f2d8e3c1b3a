/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The template of a fan-out. All that the copies share is one stretch of
 * text; a copy is a few memcpy() around it. Call-ID and From tag come from
 * the template's id, so that they are the same after a restart.
 */
#include "template_priv.h"

#include <errno.h>
#include <string.h>

#include "mem.h"
#include "scan_priv.h"
#include "text_priv.h"
#include "uri_priv.h"

/* What a copy puts around the shared text. */
#define COPY_VIA " SIP/2.0\r\nVia: SIP/2.0/"
#define COPY_BRANCH ";rport;branch=z9hG4bK"
#define COPY_HOPS "\r\nMax-Forwards: "
#define COPY_TO "\r\nTo: <"
#define COPY_ROUTE "\r\nRoute: "
#define COPY_CALL_ID "\r\nCall-ID: "

enum {
	SENTBY_MAX = 300,
	HOPS_MAX = 70, /* RFC 3261 8.1.1.6 */
	COPY_FIXED = sizeof(COPY_VIA COPY_BRANCH COPY_HOPS COPY_TO COPY_ROUTE
			    COPY_CALL_ID " ") + BRANCH_HEX + 2 * 16 + 6,
	/* The longest copy: R-URI, To, Route, and the Via's sent-by. */
	COPY_MAX = COPY_FIXED + 2 * SIP_URI_MAX + SIP_ROUTE_MAX + SENTBY_MAX,
};

static void template_destroy(void *obj)
{
	struct sip_template *t = obj;

	mem_free(t->block);
}

static int field_put(struct buf *b, const char *name, struct view value)
{
	const struct sip_header header = { view_str(name), value };

	return value.n ? text_put_headers(b, &header, 1) : 0;
}

static int from_put(struct buf *b, const struct sip_template_conf *conf)
{
	struct sip_uri uri;

	if (sip_uri_parse(&uri, conf->from))
		return EBADMSG;
	buf_adds(b, "From: <");
	buf_addv(b, conf->from);
	buf_adds(b, ">;tag=");
	buf_add_hex(b, conf->id);
	buf_adds(b, "\r\n");
	return 0;
}

static void cseq_put(struct buf *b, const struct template_dialog *dialog)
{
	buf_adds(b, "CSeq: ");
	buf_add_u64(b, dialog->cseq);
	buf_addc(b, ' ');
	buf_addv(b, dialog->method);
	buf_adds(b, "\r\n");
}

static int tail_put(struct buf *b, const struct template_setup *setup,
		    const struct sip_template_conf *conf,
		    const struct template_dialog *dialog)
{
	int err;

	buf_adds(b, "\r\n");
	err = from_put(b, conf);
	cseq_put(b, dialog);
	if (!err)
		err = field_put(b, "User-Agent", setup->product);
	if (!err)
		err = field_put(b, "In-Reply-To", conf->in_reply_to);
	if (!err)
		err = text_put_headers(b, conf->headers, conf->header_count);
	if (!err && conf->body.n && !conf->content_type.n)
		err = EBADMSG;
	if (!err)
		err = field_put(b, "Content-Type", conf->content_type);
	buf_adds(b, "Content-Length: ");
	buf_add_u64(b, conf->body.n);
	buf_adds(b, "\r\n\r\n");
	buf_addv(b, conf->body);
	if (!err && (b->over || b->n > setup->size_max))
		err = EMSGSIZE;
	return err;
}

static void hops_put(struct buf *b, unsigned hops)
{
	buf_add_u64(b, hops && hops <= HOPS_MAX ? hops - 1 : HOPS_MAX);
}

/* What stands before the tail, part by part. */
static int parts_put(struct buf *b, struct sip_template *t,
		     const struct template_setup *setup,
		     const struct template_dialog *dialog)
{
	if (!text_is_line(dialog->call_id) || !text_is_line(dialog->tag))
		return EBADMSG;
	buf_addv(b, setup->domain);
	t->domain.n = b->n;
	buf_addv(b, dialog->method);
	t->method.n = b->n - t->domain.n;
	buf_addc(b, '>');
	if (dialog->tag.n)
		buf_adds(b, ";tag=");
	buf_addv(b, dialog->tag);
	t->to_end.n = b->n - t->domain.n - t->method.n;
	buf_addv(b, dialog->call_id);
	t->call_id.n = dialog->call_id.n;
	return 0;
}

static char *part_at(struct view *part, char *p)
{
	part->p = p;
	return p + part->n;
}

/* The block is full, and every part's length is known. */
static void parts_find(struct sip_template *t)
{
	char *p = t->block;

	p = part_at(&t->domain, p);
	p = part_at(&t->method, p);
	p = part_at(&t->to_end, p);
	p = part_at(&t->call_id, p);
	p = part_at(&t->hops, p);
	part_at(&t->tail, p);
}

int template_make(struct sip_template **tp,
		  const struct template_setup *setup,
		  const struct sip_template_conf *conf,
		  const struct template_dialog *dialog)
{
	static const struct template_dialog none = {
		.method = VIEW("MESSAGE"),
		.cseq = 1,
	};
	struct sip_template *t = mem_new(sizeof(*t), template_destroy);
	size_t n;
	struct buf b;
	int err;

	buf_init(&b, setup->size_max);
	if (!dialog)
		dialog = &none;
	err = parts_put(&b, t, setup, dialog);
	n = b.n;
	hops_put(&b, conf->hops);
	t->hops.n = b.n - n;
	n = b.n;
	if (!err)
		err = setup->size_max > COPY_MAX ?
			      tail_put(&b, setup, conf, dialog) :
			      EMSGSIZE;
	if (!err && b.n > setup->size_max - COPY_MAX)
		err = EMSGSIZE;
	if (err)
		goto out;

	t->txns = setup->txns;
	t->id = conf->id;
	t->doneh = conf->doneh;
	t->arg = conf->arg;
	t->tail.n = b.n - n;
	t->body = conf->body.n;
	t->block = buf_take(&b);
	parts_find(t);
 out:
	buf_free(&b);
	if (err)
		mem_deref(t);
	else
		*tp = t;
	return err;
}

size_t template_size(const struct sip_template *t,
		     const struct template_copy *copy)
{
	const struct sip_dest *d = copy->dest;
	size_t own = (size_t)d->ruri + d->to + d->route;

	return COPY_FIXED + copy->sentby.n + own + t->domain.n + t->method.n +
	       t->to_end.n + t->call_id.n + t->tail.n;
}

void template_hex(char *p, uint64_t v, int n)
{
	static const char digits[16] = "0123456789abcdef";

	while (n--) {
		p[n] = digits[v & 15];
		v >>= 4;
	}
}

static char *put(char *p, const void *src, size_t n)
{
	memcpy(p, src, n);
	return p + n;
}

static char *hex(char *p, uint64_t v, int n)
{
	template_hex(p, v, n);
	return p + n;
}

static char *call_id_write(char *p, const struct sip_template *t,
			   const struct template_copy *copy)
{
	if (t->call_id.n)
		return put(p, t->call_id.p, t->call_id.n);
	p = hex(p, t->id, 16);
	p = hex(p, copy->key, 16);
	*p++ = '@';
	return put(p, t->domain.p, t->domain.n);
}

size_t template_write(char *dst, const struct sip_template *t,
		      const struct template_copy *copy)
{
	const struct sip_dest *d = copy->dest;
	char *p = dst;

#define PUT(lit) p = put(p, lit, sizeof(lit) - 1)
	p = put(p, t->method.p, t->method.n);
	PUT(" ");
	p = put(p, dest_ruri(d).p, d->ruri);
	PUT(COPY_VIA);
	p = put(p, copy->sentby.p, copy->sentby.n);
	PUT(COPY_BRANCH);
	p = hex(p, copy->branch, BRANCH_ID);
	p = hex(p, copy->check, BRANCH_CHECK);
	PUT(COPY_HOPS);
	p = put(p, t->hops.p, t->hops.n);
	PUT(COPY_TO);
	p = put(p, d->text, d->to);
	p = put(p, t->to_end.p, t->to_end.n);
	if (d->route) {
		PUT(COPY_ROUTE);
		p = put(p, dest_route(d).p, d->route);
	}
	PUT(COPY_CALL_ID);
	p = call_id_write(p, t, copy);
	p = put(p, t->tail.p, t->tail.n);
#undef PUT
	return (size_t)(p - dst);
}
