/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests that come in: first who speaks, then what he wants. All but a
 * MESSAGE for the handler are answered here at once and without state.
 */
#include "uas_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "event_priv.h"
#include "identity_priv.h"
#include "intake_priv.h"
#include "location.h"
#include "log.h"
#include "method_priv.h"
#include "register_priv.h"
#include "registrar_priv.h"
#include "sift_priv.h"
#include "stun_priv.h"
#include "text_priv.h"

/* ---- what is served ---- */

/* RFC 3261 8.2.2.3: what Require asks for is unknown here, but for the
 * extensions of registrations, and lists. */
static bool is_unsupported(const struct uas *u)
{
	struct buf b = { 0 };
	size_t i;
	bool any;

	for (i = 0; i < u->pre->lines; i++)
		if (u->pre->line[i].id == HDR_REQUIRE)
			reg_unknown(&b, u->pre->line[i].value,
				    u->req->method);
	any = b.n;
	if (!text_is_line(buf_view(&b)))
		uas_answer(u, 400, "Malformed Require", NULL, 0);
	else if (any)
		uas_answer_with(u, 420, "Unsupported", buf_view(&b));
	buf_free(&b);
	return any;
}

/* Any Via of it is ours: a proxy brought back what we sent (RFC 3261 16.3,
 * 4). */
static bool is_loop(const struct uas *u)
{
	const struct view cookie = VIEW("z9hG4bK");
	struct view v;

	for (size_t i = 0; i < u->pre->lines; i++) {
		v = u->pre->line[i].value;
		for (; u->pre->line[i].id == HDR_VIA && v.n >= cookie.n;
		     v = view_from(v, 1)) {
			if (view_starts(v, cookie) &&
			    ctxns_made(u->sip->ctxns,
				       view_head(v, cookie.n + BRANCH_HEX)))
				return true;
		}
	}
	return false;
}

/* A text goes on from here, to people or to another network, so this is a hop
 * (RFC 7332 2). */
static bool is_last_hop(const struct uas *u)
{
	struct view v = u->pre->first[HDR_MAX_FORWARDS];
	uint64_t n;

	return u->req->method == SIP_MESSAGE && v.n &&
	       !view_u64(&n, v, 255) && !n;
}

/* What all that is served has in common; true: it has been answered. */
bool uas_refused(const struct uas *u)
{
	if (u->pre->vias > PRESCAN_VIAS)
		uas_answer(u, 400, "Too Many Via", NULL, 0);
	else if (!u->req->ruri.chat)
		uas_answer(u, 416, NULL, NULL, 0);
	else
		return u->pre->first[HDR_REQUIRE].p && is_unsupported(u);
	return true;
}

static void serve_options(const struct uas *u)
{
	struct buf events = { 0 };
	struct sip_header headers[] = {
		{ VIEW("Allow"), registrar_allow(u->sip) },
		{ VIEW("Accept"), view_str(u->sip->accept) },
		{ VIEW("Allow-Events"), VIEW_NONE },
	};

	event_allow(&events, u->sip);
	headers[2].value = buf_view(&events);
	if (u->sip->draining)
		uas_answer_busy(u);
	else if (!uas_refused(u))
		uas_answer(u, 200, NULL, headers, events.n ? 3 : 2);
	buf_free(&events);
}

/* A MESSAGE's addresses must be such as we can talk about. */
static bool message_refused(const struct uas *u, struct sip_request *out)
{
	if (u->pre->ruri.n > SIP_URI_MAX ||
	    u->req->ruri.uri.user.n > SIP_USER_MAX)
		uas_answer(u, 414, NULL, NULL, 0);
	else if (sip_uri_parse(&out->ruri, u->pre->ruri))
		uas_answer(u, 400, "Malformed Request-URI", NULL, 0);
	else if (u->req->encoding.n &&
		 !view_ieqs(u->req->encoding, "identity"))
		uas_answer_with(u, 415, "Accept-Encoding", VIEW("identity"));
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
	out->identity = u->id.uri;
	out->from = u->req->from_uri.uri;
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
	out->pre = u->pre;
}

struct view sip_request_header(const struct sip_request *req,
			       struct view name)
{
	const char *brief = view_ieqs(name, "Subject") ? "s" : "";

	for (size_t i = 0; req->pre && i < req->pre->lines; i++) {
		const struct prescan_line *l = &req->pre->line[i];

		if (view_ieq(l->name, name) || view_ieqs(l->name, brief))
			return l->value;
	}
	return VIEW_NONE;
}

/* For the handler that will answer it. */
static void hand_over(struct uas *u, sip_request_h *h)
{
	struct sip_request out = { 0 };
	struct sip *s = u->sip;

	if (s->draining) {
		uas_answer_busy(u);
		return;
	}
	if (uas_refused(u) || message_refused(u, &out))
		return;
	if (is_loop(u) || is_last_hop(u)) {
		uas_answer(u, is_loop(u) ? 482 : 483, NULL, NULL, 0);
		return;
	}
	if (uas_txn(u, &out.txn)) {
		uas_answer_busy(u);
		return;
	}
	message_fill(u, &out);
	s->handling = out.txn;
	h(&out, s->arg);
	s->handling = 0;
}

static void serve_register(struct uas *u)
{
	if (u->sip->registerh && !registrar_is_open(u->sip))
		hand_over(u, u->sip->registerh);
	else
		registrar_serve(u);
}

static void serve_event(struct uas *u, void (*serve)(const struct uas *))
{
	if (u->sip->eventh && !events_open(u->sip))
		hand_over(u, u->sip->eventh);
	else if (u->sip->draining)
		uas_answer_busy(u);
	else if (is_loop(u))
		uas_answer(u, 482, NULL, NULL, 0);
	else if (!uas_refused(u))
		serve(u);
	u->sip->handling = 0;
}

static void conn_known(const struct uas *u)
{
	struct buf aor = { 0 };

	location_aor(&aor, &u->id.uri);
	sip_conn_known(u->sip, u->flow->conn, buf_view(&aor));
	buf_free(&aor);
}

/* Whoever it is has said so. */
static void serve_known(struct uas *u)
{
	if (!u->in && u->flow->conn)
		conn_known(u);
	switch (u->req->method) {
	case SIP_MESSAGE:
		/* From here on the user's own limit counts. */
		overload_give_back(u);
		hand_over(u, u->sip->requesth);
		break;
	case SIP_REGISTER:
		serve_register(u);
		break;
	case SIP_SUBSCRIBE:
		serve_event(u, subscribe_serve);
		break;
	case SIP_PUBLISH:
		serve_event(u, publish_serve);
		break;
	case SIP_UNKNOWN:
		uas_answer_with(u, 501, "Allow", registrar_allow(u->sip));
		break;
	default:
		uas_answer_with(u, 405, "Allow", registrar_allow(u->sip));
		break;
	}
}

/* A retransmission is no new use of its credentials: it is the transaction's
 * before anybody looks at them. */
static void serve(struct uas *u)
{
	if (u->req->method == SIP_OPTIONS)
		serve_options(u);
	else if (u->req->method == SIP_CANCEL)
		/* What it could cancel was an INVITE, which we never have. */
		uas_answer(u, 481, NULL, NULL, 0);
	else if (!u->in && uas_repeated(u))
		overload_give_back(u);
	else if (identity_settle(u))
		serve_known(u);
}

/* ---- taking in ---- */

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
		uas_answer(u, status, reason, NULL, 0);
}

static void take_in(struct uas *u)
{
	const char *reason;
	int status;

	if (overload_puts_off(u))
		return;
	parser_run(u->sip->parser, &u->sip->req, u->pre);
	stxn_key(u->sip->stxns, &u->key, u->pre, u->req, &u->flow->peer);
	status = u->req->status;
	reason = u->req->reason;
	if (!status)
		status = body_take(u, &reason);
	if (status)
		refuse_bad(u, status, reason);
	else
		serve(u);
}

struct uas uas_of(struct sip *s, const struct sip_flow *flow,
		  struct view packet)
{
	return (struct uas){
		.sip = s,
		.flow = flow,
		.pre = &s->pre,
		.req = &s->req,
		.packet = packet,
		.trusted = identity_trusts(s, flow),
		.now = now_ms(),
	};
}

static void request_in(struct uas *u)
{
	u->sip->stats.requests_in++;
	if (!view_eqs(u->pre->method, "ACK"))
		take_in(u);
}

int sip_inject(struct sip *s, const struct sip_injection *in)
{
	struct sip_flow flow = in->flow;
	struct uas u = {
		.sip = s,
		.flow = &flow,
		.pre = &s->pre,
		.req = &s->req,
		.in = in,
		.packet = in->packet,
		.trusted = ID_TRUSTED,
		.now = now_ms(),
	};

	edges_learn(s->edges, &flow, in->edge);
	prescan(&s->pre, in->packet, s->limits.head);
	if (s->pre.response || view_eqs(s->pre.method, "ACK"))
		return EBADMSG;
	s->stats.requests_in++;
	take_in(&u);
	return 0;
}

/* The answer is a few bytes longer than the question. */
static void stun_in(struct sip *s, const struct sip_flow *flow,
		    struct view packet)
{
	buf_clear(&s->out);
	if (!stun_answer(&s->out, packet, &flow->peer))
		s->stats.bad++;
	else if (s->out.n <= packet.n || identity_trusts(s, flow) ||
		 amp_take(s->amp, auth_source(&flow->peer),
			  s->out.n - packet.n))
		transport_send(s->transport, flow, buf_view(&s->out));
	else
		s->stats.withheld++;
}

void uas_datagram(const struct sip_flow *flow, struct view packet, void *arg)
{
	struct sip *s = arg;
	struct uas u;

	if (stun_is(packet)) {
		stun_in(s, flow, packet);
		return;
	}
	packet = view_from(packet, prescan_blank(packet));
	if (!packet.n)
		return;
	if (view_istarts(packet, VIEW("SIP/"))) {
		if (!uac_response(s, packet))
			sift_stray(s->sift, flow);
		return;
	}
	u = uas_of(s, flow, packet);
	sift_heard(s->sift, &u);
	if (overload_hears(&u))
		intake_put(s->intake, &u);
}

void uas_serve(struct uas *u)
{
	struct sip *s = u->sip;

	prescan(&s->pre, u->packet, s->limits.head);
	if (!s->pre.status && u->packet.n > s->limits.datagram) {
		s->pre.status = 513;
		s->pre.reason = "Message Too Large";
	}
	request_in(u);
}

void uas_message(const struct sip_flow *flow, const struct prescan *pre,
		 struct view packet, void *arg)
{
	struct sip *s = arg;
	struct uas u = uas_of(s, flow, packet);

	u.pre = pre;
	if (pre->response && !pre->status)
		uac_response(s, packet);
	else if (pre->response)
		s->stats.bad++;
	else if (overload_hears(&u))
		request_in(&u);
}

void uas_stuck(uint64_t id, void *arg)
{
	log_warning("sip: a MESSAGE was not answered in time");
	sip_answer(arg, id, 500, "No Answer In Time", NULL, 0);
}
