/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The top Via of a request: what a transaction is known by, and what goes
 * back in the answer with the address that the packet came from.
 */
#include "via_priv.h"

#include <errno.h>
#include <string.h>

#include "scan_priv.h"
#include "text_priv.h"

static int protocol_scan(struct via *out, struct view *v)
{
	if (!view_ieqs(scan_token(v), "SIP") || !scan_char(v, '/'))
		return EBADMSG;
	if (!view_eqs(scan_token(v), "2.0") || !scan_char(v, '/'))
		return EBADMSG;

	out->proto = scan_token(v);
	if (!out->proto.n || !v->n || !scan_is_lws(*v->p))
		return EBADMSG;
	scan_lws(v);
	return 0;
}

static bool is_ipv6(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* What is in the brackets is told from a number elsewhere. */
static size_t host_len(struct view v)
{
	size_t n = 0;

	if (v.n && *v.p == '[') {
		for (n = 1; n < v.n && is_ipv6(v.p[n]); n++)
			;
		return n < v.n && v.p[n] == ']' && n > 2 ? n + 1 : 0;
	}
	while (n < v.n && scan_is_token(v.p[n]))
		n++;
	return n;
}

static int sentby_scan(struct via *out, struct view *v)
{
	struct view digits;
	uint64_t port;
	size_t n = host_len(*v);

	out->host = view_head(*v, n);
	*v = view_from(*v, n);
	if (!n)
		return EBADMSG;
	if (!scan_char(v, ':'))
		return 0;

	digits = scan_token(v);
	if (view_u64(&port, digits, 65535) || !port)
		return EBADMSG;
	out->port = (uint16_t)port;
	return 0;
}

static int params_scan(struct via *out)
{
	struct view rest = out->params;
	struct sip_param param;
	int err;

	while ((err = scan_param(&param, &rest)) == 0) {
		if (view_ieqs(param.name, "rport"))
			out->rport = true;
		if (!view_ieqs(param.name, "branch"))
			continue;
		if (out->branch.n || !param.value.n)
			return EBADMSG;
		out->branch = param.value;
	}
	return err == ENOENT ? 0 : err;
}

int via_parse(struct via *out, struct view line)
{
	struct view v;
	int err;

	memset(out, 0, sizeof(*out));
	out->text = view_trim(view_head(line, scan_until(line, ',')));
	v = out->text;
	err = protocol_scan(out, &v);
	if (!err)
		err = sentby_scan(out, &v);
	if (err)
		return err;

	scan_lws(&v);
	out->params = v;
	return params_scan(out);
}

bool via_magic(const struct via *v)
{
	const struct view cookie = VIEW("z9hG4bK");

	/* The bare cookie tells nothing apart (RFC 4475 3.2.1). */
	return v->branch.n > cookie.n && view_istarts(v->branch, cookie);
}

/* RFC 3261 18.2.1: needed when sent-by is not the source. */
static bool is_source(const struct via *v, const struct netaddr *src)
{
	struct netaddr host;

	if (netaddr_set(&host, v->host, netaddr_port(src)))
		return false;
	return netaddr_eq(&host, src);
}

static void params_put(struct buf *b, struct view rest)
{
	struct sip_param param;

	while (scan_param(&param, &rest) == 0) {
		if (!view_ieqs(param.name, "rport") &&
		    !view_ieqs(param.name, "received"))
			text_put_unfolded(b, param.text);
	}
}

void via_put(struct buf *b, const struct via *v, const struct netaddr *src)
{
	struct view head = v->text;

	if (v->params.n)
		head.n = (size_t)(v->params.p - head.p);
	text_put_unfolded(b, head);
	params_put(b, v->params);
	if (v->rport || !v->host.n || !is_source(v, src)) {
		buf_adds(b, ";received=");
		netaddr_put_ip(b, src);
	}
	if (v->rport) {
		buf_adds(b, ";rport=");
		buf_add_u64(b, netaddr_port(src));
	}
}
