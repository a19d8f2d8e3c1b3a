/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways to users, and what is learned of their devices by answers. */
#include "imc_priv.h"

#include <errno.h>

#include "hash.h"
#include "mem.h"

static void way_set(const struct imc *i, struct way *w, struct binding *b)
{
	(void)location_flow(i->location, b, &w->flow);
	w->dest = b->dest;
	w->device = b;
	w->binding = b->id;
}

/* For one of whom nothing is known but his address. */
static enum route stray_way(struct imc *i, const struct addr *user,
			    struct way *out)
{
	i->stray = mem_deref(i->stray);
	if (sip_dest_new(&i->stray, user->text, VIEW_NONE, VIEW_NONE))
		return ROUTE_UNKNOWN;
	out->dest = i->stray;
	return ROUTE_OK;
}

/* What the proxy is given is the user's address: where he is it knows. */
static enum route proxy_way(struct imc *i, const struct addr *user,
			    struct way *out)
{
	struct binding *b = imc_device(i, user, 0);

	*out = (struct way){ .device = b, .dest = b ? b->dest : NULL };
	if (!resolve_flow(i->proxy, user->hash, &out->flow))
		return ROUTE_UNRESOLVED;
	return out->dest ? ROUTE_OK : stray_way(i, user, out);
}

static enum route foreign_way(struct imc *i, const struct addr *user,
			      struct way *out)
{
	int err;

	*out = (struct way){ 0 };
	err = foreign_flow(i->foreign, user->host, user->hash, &out->flow);
	if (err)
		return err == EAGAIN ? ROUTE_UNRESOLVED : ROUTE_UNKNOWN;
	return stray_way(i, user, out);
}

enum route imc_ways(struct imc *i, const struct addr *user, struct ways *out)
{
	struct binding *b[LOCATION_BINDINGS];

	out->count = 1;
	if (i->proxy)
		return proxy_way(i, user, &out->way[0]);
	out->count = location_find(i->location, user->text, user->hash, b);
	for (size_t n = 0; n < out->count; n++)
		way_set(i, &out->way[n], b[n]);
	if (out->count)
		return ROUTE_OK;
	out->count = 1;
	return foreign_way(i, user, &out->way[0]);
}

struct binding *imc_device(const struct imc *i, const struct addr *user,
			   uint64_t binding)
{
	return location_binding(i->location, user->text, user->hash, binding);
}

struct device_form imc_form(const struct way *way)
{
	return device_form(way->device ? &way->device->dev : NULL,
			   way->flow.transport);
}

bool imc_stream_flow(const struct imc *i, const struct addr *user,
		     uint64_t binding, struct sip_flow *out)
{
	const struct binding *b = imc_device(i, user, binding);

	return !i->proxy && i->sip && b && sip_conn_flow(i->sip, b->conn, out);
}

bool imc_packet_fits(const struct imc *i, const struct sip_template *t,
		     const struct way *way)
{
	return sip_is_stream(way->flow.transport) ||
	       sip_copy_size(i->sip, t, &way->flow, way->dest) <=
		       IMC_PACKET_MAX;
}

uint64_t imc_done_binding(const struct imc *i, const struct addr *user)
{
	struct sip_copy copy = sip_done_copy(i->sip);
	struct binding *b;

	if (i->proxy)
		return 0;
	b = location_by_flow(i->location, user->text, user->hash, &copy.flow,
			     VIEW_NONE);
	return b ? b->id : 0;
}

static bool same_way(const struct sip_flow *a, const struct sip_flow *b)
{
	return a->transport == b->transport &&
	       netaddr_eq(&a->peer, &b->peer) &&
	       (!sip_is_stream(a->transport) || a->conn == b->conn);
}

bool imc_has_moved(const struct imc *i, const struct addr *user)
{
	const struct sip_copy copy = sip_done_copy(i->sip);
	struct binding *b[LOCATION_BINDINGS];
	size_t n = 0;

	if (!i->proxy)
		n = location_find(i->location, user->text, user->hash, b);
	for (size_t k = 0; k < n; k++)
		if (same_way(&b[k]->flow, &copy.flow))
			return false;
	return n > 0;
}

/* One who was never heard is made known, so that this is not lost. */
static struct binding *device_to_learn(struct imc *i, const struct addr *user,
				       uint64_t binding,
				       const struct sip_flow *flow)
{
	const struct device_heard nothing = { 0 };

	if (i->proxy && !imc_device(i, user, 0))
		location_heard(i->location, user->text, flow, &nothing);
	return imc_device(i, user, binding);
}

bool imc_learn(struct imc *i, const struct addr *user, uint64_t binding,
	       int status, enum device_type type)
{
	struct device_answer answer = { .status = status, .type = type };
	struct sip_copy copy;
	struct binding *b;

	if (!i->sip || !user)
		return false;
	copy = sip_done_copy(i->sip);
	answer.body = copy.body;
	answer.transport = copy.flow.transport;
	answer.accept = sip_done_header(i->sip, VIEW("Accept"));
	b = device_to_learn(i, user, binding, &copy.flow);
	if (!b || !device_answered(&b->dev, &answer))
		return false;
	location_learned(i->location, b);
	return true;
}

/* RFC 3263 4.3: no answer, or 503, means the next address. But both may as
 * well come from who is behind it. */
static enum hop_sign sign_of(const struct imc *i, int status)
{
	bool answered = sip_done_answered(i->sip);

	if (status == 503)
		return answered ? HOP_DOUBTED : HOP_BROKEN;
	return status == 408 && !answered ? HOP_DOUBTED : HOP_ANSWERED;
}

void imc_on_status(struct imc *i, int status)
{
	struct sip_copy copy;

	if (!i->sip)
		return;
	copy = sip_done_copy(i->sip);
	if (i->proxy)
		resolve_heard(i->proxy, &copy.flow, hash_view(copy.to),
			      sign_of(i, status));
	else
		foreign_heard(i->foreign, copy.to, &copy.flow,
			      sign_of(i, status));
}
