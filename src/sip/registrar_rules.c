/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a REGISTER may do: whose places it changes, which Contacts are allowed,
 * in which order, and for how many there is room.
 */
#include <errno.h>

#include "log.h"
#include "registrar_priv.h"
#include "registrar_visit.h"

static bool refuse(const struct registrar_visit *v, int status,
		   const char *reason)
{
	uas_answer(v->u, status, reason, NULL, 0);
	return false;
}

/* A client without DNS knows us by a number. */
bool registrar_is_ours(const struct uas *u, struct view host)
{
	struct netaddr numeric;

	return view_ieqs(host, u->sip->domain) ||
	       !netaddr_set(&numeric, host, 0);
}

/* identity.c has compared him with To, here or at another edge. */
static bool is_proved(const struct uas *u)
{
	return u->id.how == ID_DIGEST || u->in;
}

/* Whose places these are. Who logged in has proved his To (identity.c); who
 * comes by a trusted proxy speaks for himself alone (SA15). */
bool registrar_know_user(struct registrar_visit *v)
{
	const struct uas *u = v->u;
	const struct uri_parts *to = &u->req->to_uri;
	const struct sip_uri *id = &u->id.uri;

	if (!to->chat || view_empty(to->uri.user))
		return refuse(v, 400, "To Is No User");
	if (!registrar_is_ours(u, u->req->ruri.uri.host) ||
	    !registrar_is_ours(u, to->uri.host))
		return refuse(v, 404, "Not Our Domain");
	if (!uri_user_is(to->uri.user, id->user) ||
	    (!view_ieq(to->uri.host, id->host) && !is_proved(u)))
		return refuse(v, 403, "To Is Somebody Else");
	location_aor(&v->aor, id);
	return true;
}

static bool same_ip(const struct netaddr *a, const struct netaddr *b)
{
	struct netaddr x = *a, y = *b;

	netaddr_set_port(&x, 0);
	netaddr_set_port(&y, 0);
	return netaddr_eq(&x, &y);
}

/* A number that is the source's own is as good as the source; a name is not
 * asked for. */
bool registrar_allows(const struct uas *u, const struct sip_uri *uri)
{
	struct netaddr a;

	if (netaddr_set(&a, uri->host, uri->port ? uri->port : 5060))
		return true;
	return sip_may_send(u->sip, &a) ||
	       (same_ip(&a, &u->flow->peer) && !sip_is_own(u->sip, &a));
}

static bool refuse_brief(const struct registrar_visit *v)
{
	struct buf b = { 0 };

	buf_add_u64(&b, v->u->sip->limits.expires_min);
	uas_answer_with(v->u, 423, "Min-Expires", buf_view(&b));
	buf_free(&b);
	return false;
}

static bool contacts_allowed(struct registrar_visit *v)
{
	const struct sip_limits *limits = &v->u->sip->limits;

	for (size_t i = 0; i < v->reg.count; i++) {
		struct register_contact *c = &v->reg.contact[i];

		if (!registrar_allows(v->u, &c->parts))
			return refuse(v, 403, "Contact Is Not Allowed");
		if (c->expires && c->expires < limits->expires_min)
			return refuse_brief(v);
		if (c->expires > limits->expires_max)
			c->expires = limits->expires_max;
	}
	return true;
}

/* RFC 5626 6: behind a proxy, outbound works only where the proxy next to the
 * client takes part. */
static bool outbound_allowed(struct registrar_visit *v)
{
	bool asked = false;

	for (size_t i = 0; i < v->reg.count; i++)
		asked |= v->reg.contact[i].reg_id &&
			 v->reg.contact[i].instance.n;
	if (!asked || !v->reg.outbound_supported)
		return true;
	v->outbound = v->u->pre->vias == 1 || v->reg.first_ob;
	return v->outbound || refuse(v, 439, NULL);
}

struct contact registrar_contact(const struct registrar_visit *v,
				 const struct register_contact *c)
{
	return (struct contact){
		.uri = c->uri,
		.path = buf_view(&v->reg.path),
		.instance = c->instance,
		.reg_id = c->instance.n ? c->reg_id : 0,
		.call_id = v->u->req->call_id,
		.cseq = v->u->req->cseq,
		.agent = v->u->pre->first[HDR_USER_AGENT],
		.behind = v->u->pre->vias != 1 || v->reg.path.n,
	};
}

/* RFC 3261 10.3, 6 and 7. */
static bool is_late(const struct registrar_visit *v, const struct binding *b)
{
	return b && view_eq(b->contact.call_id, v->u->req->call_id) &&
	       v->u->req->cseq <= b->contact.cseq;
}

static bool in_order(struct registrar_visit *v)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	size_t i, n = 0;
	bool late = false;

	if (v->reg.star)
		n = location_all(v->l, buf_view(&v->aor), b);
	for (i = 0; i < n && b[i]->id; i++)
		late |= is_late(v, b[i]);
	for (i = 0; i < v->reg.count; i++) {
		struct contact c = registrar_contact(v, &v->reg.contact[i]);

		late |= is_late(v, location_same(v->l, buf_view(&v->aor), &c));
	}
	return !late || refuse(v, 400, "CSeq Out Of Order");
}

/* What is refreshed needs no room; what goes makes none, so that nobody is
 * left with less than he had. */
static bool has_room(struct registrar_visit *v)
{
	size_t more = 0, bytes = 0;

	for (size_t i = 0; i < v->reg.count; i++) {
		struct contact c = registrar_contact(v, &v->reg.contact[i]);

		if (!v->reg.contact[i].expires ||
		    location_same(v->l, buf_view(&v->aor), &c))
			continue;
		more++;
		bytes += c.uri.n + c.path.n + c.instance.n + c.call_id.n +
			 DEVICE_AGENT_MAX;
	}
	switch (more ? location_room(v->l, buf_view(&v->aor), more, bytes) :
		       0) {
	case 0:
		return true;
	case EBUSY:
		return refuse(v, 403, "Too Many Contacts");
	default:
		log_warning("sip: no room for more registrations");
		uas_answer_busy(v->u);
		return false;
	}
}

static bool is_text_ok(struct registrar_visit *v)
{
	const struct uas *u = v->u;

	return (u->pre->ruri.n <= SIP_URI_MAX && v->aor.n <= SIP_URI_MAX &&
		u->req->call_id.n <= SIP_URI_MAX) ||
	       refuse(v, 400, "Too Long");
}

bool registrar_may(struct registrar_visit *v)
{
	if (v->reg.status)
		return refuse(v, v->reg.status, v->reg.reason);
	return is_text_ok(v) && contacts_allowed(v) && outbound_allowed(v) &&
	       in_order(v) && has_room(v);
}
