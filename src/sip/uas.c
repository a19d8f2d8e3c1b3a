/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests that come in. All but a MESSAGE for the handler are answered here
 * at once and without state: the same request gets the same answer again,
 * its To tag included, because that is made from the transaction's key.
 */
#include "sip_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "method_priv.h"
#include "text_priv.h"

enum { RETRY_AFTER_MAX = 10 };

/* A request under way. */
struct uas {
	struct sip *sip;
	const struct sip_flow *flow;
	const struct prescan *pre;
	const struct parsed *req;
	const struct sip_injection *in; /* NULL: from the network */
	struct view packet, body;
	struct stxn_key key;
	bool trusted;
};

/* ---- answering ---- */

void uas_send(const struct sip_flow *flow, struct view text, void *arg)
{
	struct sip *s = arg;

	s->stats.responses_out++;
	transport_send(s->transport, flow, text);
}

static void head_make(const struct uas *u)
{
	buf_clear(&u->sip->head);
	answer_head(&u->sip->head, u->pre, &u->req->via, &u->flow->peer,
		    u->key.a);
}

/* Strangers are not told more than they need. */
static void answer_now(const struct uas *u, int status, const char *reason,
		       const struct sip_header *headers, size_t count)
{
	struct sip *s = u->sip;
	const struct answer a = {
		.status = status,
		.reason = view_str(reason),
		.headers = headers,
		.count = count,
		.server = u->trusted ? view_str(s->product) : VIEW_NONE,
	};

	if (u->in) {
		u->in->answerh(status, a.reason, headers, count, u->in->a,
			       u->in->b, u->in->arg);
		return;
	}
	head_make(u);
	buf_clear(&s->out);
	if (answer_put(&s->out, &a, buf_view(&s->head)) == 0)
		uas_send(u->flow, buf_view(&s->out), s);
}

static void answer_with(const struct uas *u, int status, const char *name,
			struct view value)
{
	const struct sip_header header = { view_str(name), value };

	answer_now(u, status, NULL, &header, 1);
}

/* At random, so that they do not all come back at once. */
static void answer_busy(const struct uas *u)
{
	char digits[4];
	size_t n = 0;
	uint64_t after = 1 + rand_u64() % RETRY_AFTER_MAX;

	if (after >= 10)
		digits[n++] = '1';
	digits[n++] = (char)('0' + after % 10);
	u->sip->stats.overload++;
	answer_with(u, 503, "Retry-After", view_mem(digits, n));
}

/* ---- what is served ---- */

/* RFC 3261 8.2.2.3: all that Require asks for is unknown here. */
static void answer_unsupported(const struct uas *u)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < u->pre->lines; i++) {
		if (u->pre->line[i].id != HDR_REQUIRE)
			continue;
		if (b.n)
			buf_adds(&b, ", ");
		text_put_unfolded(&b, u->pre->line[i].value);
	}
	answer_with(u, 420, "Unsupported", buf_view(&b));
	buf_free(&b);
}

/* What OPTIONS and MESSAGE have in common; true: it has been answered. */
static bool served_refused(const struct uas *u)
{
	if (u->pre->vias > PRESCAN_VIAS)
		answer_now(u, 400, "Too Many Via", NULL, 0);
	else if (!u->req->ruri.chat)
		answer_now(u, 416, NULL, NULL, 0);
	else if (u->pre->first[HDR_REQUIRE].n)
		answer_unsupported(u);
	else
		return false;
	return true;
}

static void serve_options(const struct uas *u)
{
	const struct sip_header headers[] = {
		{ VIEW("Allow"), VIEW(METHOD_ALLOW) },
		{ VIEW("Accept"), view_str(u->sip->accept) },
	};

	if (u->sip->draining)
		answer_busy(u);
	else if (!served_refused(u))
		answer_now(u, 200, NULL, headers, 2);
}

/* A MESSAGE's addresses must be such as we can talk about. */
static bool message_refused(const struct uas *u, struct sip_request *out)
{
	if (u->pre->ruri.n > SIP_URI_MAX ||
	    u->req->ruri.uri.user.n > SIP_USER_MAX)
		answer_now(u, 414, NULL, NULL, 0);
	else if (sip_uri_parse(&out->ruri, u->pre->ruri))
		answer_now(u, 400, "Malformed Request-URI", NULL, 0);
	else if (sip_uri_parse(&out->from, u->req->from.uri))
		answer_now(u, 400, "From Is No Address To Chat With", NULL, 0);
	else if (u->req->encoding.n &&
		 !view_ieqs(u->req->encoding, "identity"))
		answer_with(u, 415, "Accept-Encoding", VIEW("identity"));
	else
		return false;
	return true;
}

static struct view params_of(struct view content_type)
{
	struct view type, params;

	view_cut(content_type, ';', &type, &params);
	return params;
}

static void message_fill(const struct uas *u, struct sip_request *out)
{
	out->method = u->req->method;
	out->ruri_text = u->pre->ruri;
	out->to = u->req->to_uri.uri;
	out->from_tag = u->req->from.tag;
	out->call_id = u->req->call_id;
	out->cseq = u->req->cseq;
	out->content_type = u->req->type;
	out->charset = u->req->charset;
	out->type_params = params_of(u->pre->first[HDR_TYPE]);
	out->user_agent = u->pre->first[HDR_USER_AGENT];
	out->accept = u->pre->first[HDR_ACCEPT];
	out->body = u->body;
	out->packet = view_head(u->packet, u->pre->size + u->body.n);
	out->flow = *u->flow;
}

static int txn_new(const struct uas *u, uint64_t *id)
{
	struct sip *s = u->sip;

	if (u->in)
		return injects_add(s->injects, id, u->in);
	head_make(u);
	return stxn_new(s->stxns, id, &u->key, u->flow, buf_view(&s->head));
}

static void serve_message(const struct uas *u)
{
	struct sip_request out = { 0 };
	struct sip *s = u->sip;

	if (!u->in && stxns_repeat(s->stxns, &u->key, u->flow)) {
		s->stats.retransmits_in++;
		return;
	}
	if (s->draining) {
		answer_busy(u);
		return;
	}
	if (served_refused(u) || message_refused(u, &out))
		return;

	if (txn_new(u, &out.txn)) {
		answer_busy(u);
		return;
	}
	message_fill(u, &out);
	s->requesth(&out, s->arg);
}

static void serve(const struct uas *u)
{
	switch (u->req->method) {
	case SIP_OPTIONS:
		serve_options(u);
		break;
	case SIP_MESSAGE:
		serve_message(u);
		break;
	case SIP_CANCEL:
		/* What it could cancel was an INVITE, which we never have. */
		answer_now(u, 481, NULL, NULL, 0);
		break;
	case SIP_UNKNOWN:
		answer_with(u, 501, "Allow", VIEW(METHOD_ALLOW));
		break;
	default:
		answer_with(u, 405, "Allow", VIEW(METHOD_ALLOW));
		break;
	}
}

/* ---- taking in ---- */

static bool is_trusted(const struct sip *s, const struct netaddr *src)
{
	size_t i;

	for (i = 0; i < s->trusted_count; i++) {
		if (netmask_has(&s->trusted[i], src))
			return true;
	}
	return false;
}

/* Over UDP the datagram's end may stand in for a Content-Length; what lies
 * behind it is no part of the message (RFC 3261 18.3). */
static int body_take(struct uas *u, const char **reason)
{
	struct view rest = view_from(u->packet, u->pre->size);

	*reason = NULL;
	if (u->pre->has_length && u->pre->length > u->sip->limits.body)
		return 413;
	if (u->pre->has_length && u->pre->length > rest.n) {
		*reason = "Body Shorter Than Content-Length";
		return 400;
	}
	if (u->pre->has_length)
		rest = view_head(rest, (size_t)u->pre->length);
	if (rest.n > u->sip->limits.body)
		return 413;
	u->body = rest;
	return 0;
}

static void refuse_bad(const struct uas *u, int status, const char *reason)
{
	char peer[NETADDR_TEXT_MAX];

	u->sip->stats.bad++;
	log_debug("sip: %s: %d %s", netaddr_str(peer, &u->flow->peer), status,
		  reason ? reason : method_reason(status));
	/* Without a Via nobody would know what the answer is for. */
	if (u->in || u->pre->first[HDR_VIA].n)
		answer_now(u, status, reason, NULL, 0);
}

static void take_in(struct uas *u)
{
	const char *reason;
	int status;

	parser_run(u->sip->parser, &u->sip->req, u->pre);
	stxn_key(u->sip->stxns, &u->key, u->pre, u->req);
	status = u->req->status;
	reason = u->req->reason;
	if (!status)
		status = body_take(u, &reason);
	if (status) {
		refuse_bad(u, status, reason);
	} else if (!u->trusted && u->req->method != SIP_OPTIONS) {
		u->sip->stats.untrusted++;
		answer_now(u, 403, NULL, NULL, 0);
	} else {
		serve(u);
	}
}

static void request_in(struct sip *s, const struct sip_flow *flow,
		       const struct prescan *pre, struct view packet)
{
	struct uas u = {
		.sip = s,
		.flow = flow,
		.pre = pre,
		.req = &s->req,
		.packet = packet,
		.trusted = is_trusted(s, &flow->peer),
	};

	s->stats.requests_in++;
	if (!view_eqs(pre->method, "ACK"))
		take_in(&u);
}

int sip_inject(struct sip *s, const struct sip_injection *in)
{
	struct uas u = {
		.sip = s,
		.flow = &in->flow,
		.pre = &s->pre,
		.req = &s->req,
		.in = in,
		.packet = in->packet,
		.trusted = true,
	};

	prescan(&s->pre, in->packet, s->limits.head);
	if (s->pre.response || view_eqs(s->pre.method, "ACK"))
		return EBADMSG;
	s->stats.requests_in++;
	take_in(&u);
	return 0;
}

void uas_datagram(const struct sip_flow *flow, struct view packet, void *arg)
{
	struct sip *s = arg;

	packet = view_from(packet, prescan_blank(packet));
	if (!packet.n)
		return;
	if (view_istarts(packet, VIEW("SIP/"))) {
		uac_response(s, packet);
		return;
	}
	prescan(&s->pre, packet, s->limits.head);
	if (!s->pre.status && packet.n > s->limits.datagram) {
		s->pre.status = 513;
		s->pre.reason = "Message Too Large";
	}
	request_in(s, flow, &s->pre, packet);
}

void uas_message(const struct sip_flow *flow, const struct prescan *pre,
		 struct view packet, void *arg)
{
	struct sip *s = arg;

	if (!pre->response)
		request_in(s, flow, pre, packet);
	else if (!pre->status)
		uac_response(s, packet);
	else
		s->stats.bad++;
}

void uas_refused(void *arg)
{
	struct sip *s = arg;

	s->stats.overload++;
}

void uas_stuck(uint64_t id, void *arg)
{
	log_warning("sip: a MESSAGE was not answered in time");
	sip_answer(arg, id, 500, "No Answer In Time", NULL, 0);
}

static void answer_injected(struct sip *s, uint64_t id, int code,
			    struct view reason,
			    const struct sip_header *headers, size_t count)
{
	struct sip_injection in;

	if (injects_take(s->injects, id, &in))
		in.answerh(code, reason, headers, count, in.a, in.b, in.arg);
}

void sip_answer(struct sip *s, uint64_t txn, int code, const char *reason,
		const struct sip_header *headers, size_t count)
{
	struct answer a = {
		.status = code,
		.reason = view_str(reason),
		.headers = headers,
		.count = count,
		.server = view_str(s->product),
	};
	struct view head;

	if (injects_is(txn)) {
		answer_injected(s, txn, code, a.reason, headers, count);
		return;
	}
	if (!stxn_head(s->stxns, txn, &head))
		return;
	buf_clear(&s->out);
	if (answer_put(&s->out, &a, head)) {
		log_warning("sip: an answer's headers can't be sent");
		a.reason = VIEW_NONE;
		a.count = 0;
		buf_clear(&s->out);
		answer_put(&s->out, &a, head);
	}
	stxn_answer(s->stxns, txn, buf_view(&s->out));
}
