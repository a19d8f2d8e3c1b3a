/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which way a NOTIFY goes: the one that the SUBSCRIBE came by. What is too
 * long for a datagram goes by TCP (RFC 3261 18.1.1), where that same device is
 * at that same place; else in parts.
 */
#include "location.h"
#include "notify_priv.h"
#include "registrar_priv.h"

enum {
	SIP_PORT = 5060,
	HEAD_MAX = 1024, /* bytes of headers that there is room for */
};

/* ---- a datagram, or TCP ---- */

/* RFC 3261 19.1.1: none is UDP, or TCP for what is long. */
static bool takes_tcp(struct view params)
{
	struct view one, key, value;

	while (params.n) {
		view_cut(params, ';', &one, &params);
		view_cut(one, '=', &key, &value);
		if (view_ieqs(key, "transport"))
			return view_ieqs(value, "tcp");
	}
	return true;
}

/* Its Contact names the place that it has subscribed from, which nobody else
 * could be made to be. */
bool notify_may_dial(const struct sub *sub)
{
	const struct sip_flow *f = &sub->flow;
	struct sip_uri uri;
	struct netaddr a;

	return f->transport == SIP_UDP && !sub->no_tcp &&
	       f->listener <= SIP_LISTENER &&
	       !sip_uri_parse(&uri, sip_dest_ruri(sub->dest)) &&
	       view_ieqs(uri.scheme, "sip") && takes_tcp(uri.params) &&
	       !netaddr_set(&a, uri.host, uri.port ? uri.port : SIP_PORT) &&
	       netaddr_eq(&a, &f->peer) &&
	       sip_may_send(subs_sip(sub->set), &a);
}

static size_t datagram_max(const struct sub *sub)
{
	const struct sip_limits *l = &subs_sip(sub->set)->limits;

	if (l->datagram < 2 * HEAD_MAX || l->body <= l->datagram - HEAD_MAX)
		return l->body;
	return l->datagram - HEAD_MAX;
}

size_t notify_body_max(const struct sub *sub)
{
	if (sip_is_stream(sub->flow.transport) || sub->dialled)
		return subs_sip(sub->set)->limits.body;
	return datagram_max(sub);
}

bool notify_is_long(const struct sub *sub, size_t n)
{
	return n > datagram_max(sub);
}

/* ---- connections ---- */

/* A device that has come back by another connection is known by its Contact.
 * None is made: one that fails would end the subscription. */
static bool find_device(struct sub *sub)
{
	const struct location *l = registrar_location(subs_sip(sub->set));
	struct binding *b[LOCATION_BINDINGS + 1];
	size_t n = l ? location_all(l, sub->watcher, b) : 0;
	struct sip_flow flow;

	for (size_t i = 0; i < n; i++) {
		if (!b[i]->id ||
		    !uri_same(b[i]->contact.uri, sip_dest_ruri(sub->dest)) ||
		    !location_flow(l, b[i], &flow) || !flow.conn)
			continue;
		sub_move(sub, sub->dest, &flow);
		return true;
	}
	return false;
}

static bool is_reachable(struct sub *sub)
{
	struct sip_flow flow;

	return !sip_is_stream(sub->flow.transport) ||
	       (sub->flow.conn &&
		sip_conn_flow(subs_sip(sub->set), sub->flow.conn, &flow)) ||
	       find_device(sub);
}

bool notify_flow(struct sub *sub, struct sip_flow *out)
{
	if (!is_reachable(sub))
		return false;
	*out = sub->flow;
	out->anew = true;
	if (sub->dialled) {
		out->transport = SIP_TCP;
		out->listener = 0;
		out->conn = 0;
	}
	return true;
}
