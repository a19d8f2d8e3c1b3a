/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding users: what their requests tell, and the ways back to them. */
#include "location_priv.h"

#include <assert.h>
#include <string.h>

#include "clock.h"

enum {
	STORE_AGAIN_MS = LOCATION_HEARD_MS / 4, /* a learned place */
	TYPING_MS = 1000,
	SIP_PORT = 5060,
};

/* ---- hearing ---- */

/* As the store has it: without listener and connection. */
static bool same_place(const struct sip_flow *a, const struct sip_flow *b)
{
	return a->transport == b->transport && netaddr_eq(&a->peer, &b->peer);
}

static struct binding *registered_at(const struct entry *e,
				     const struct sip_flow *flow,
				     struct view agent)
{
	struct place *p;

	agent = view_head(agent, DEVICE_AGENT_MAX);
	for (p = e->first; p && p->b.id; p = p->next) {
		if (same_place(&p->b.flow, flow) &&
		    (view_empty(agent) || view_empty(p->b.contact.agent) ||
		     view_eq(p->b.contact.agent, agent)))
			return &p->b;
	}
	return NULL;
}

static bool agent_set(struct place *p, struct view agent)
{
	struct contact c = p->b.contact;

	agent = view_head(agent, DEVICE_AGENT_MAX);
	if (view_empty(agent) || view_eq(agent, c.agent))
		return false;
	if (!view_empty(c.agent))
		device_forget(&p->b.dev); /* another device */
	c.agent = agent;
	place_set_words(p, &c);
	return true;
}

static struct place *learned_get(struct location *l, struct view aor)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct place *p = e ? *place_at(e, 0) : NULL;

	if (p)
		return p;
	if (!e) {
		if (!entry_has_room(l))
			return NULL;
		e = entry_new(l, aor);
	}
	p = place_new(l, e, 0);
	if (!place_set_dest(p))
		return p;
	place_drop(l, e, place_at(e, 0));
	return NULL;
}

static void live_on(struct place *p)
{
	const struct sip *s = p->l->sip;
	bool trusted = s && sip_trusts(s, &p->b.flow);

	p->b.seen_ms = wall_ms();
	p->b.expires_ms = p->b.seen_ms + (trusted ? LOCATION_TRUSTED_MS :
						    LOCATION_HEARD_MS);
	if (!p->stored_ms)
		place_start_expiry(p);
}

static void heard_learned(struct location *l, struct view aor,
			  const struct sip_flow *flow,
			  const struct device_heard *heard)
{
	struct place *p = learned_get(l, aor);
	bool changed;

	if (!p)
		return;
	changed = !p->stored_ms || !same_place(&p->b.flow, flow);
	p->b.flow = *flow;
	if (sip_is_stream(flow->transport))
		p->b.conn = flow->conn;
	live_on(p);
	if (agent_set(p, heard->user_agent))
		changed = true;
	if (device_heard(&p->b.dev, heard))
		changed = true;
	entry_touch(l, p->entry);
	if (changed || p->b.seen_ms > p->stored_ms + STORE_AGAIN_MS)
		place_store(p);
}

void location_heard(struct location *l, struct view aor,
		    const struct sip_flow *flow,
		    const struct device_heard *heard)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct binding *b =
		e ? registered_at(e, flow, heard->user_agent) : NULL;
	struct place *p = (struct place *)b;

	if (!b) {
		heard_learned(l, aor, flow, heard);
		return;
	}
	if (sip_is_stream(flow->transport))
		b->flow.conn = b->conn = flow->conn;
	b->seen_ms = wall_ms();
	if (device_heard(&b->dev, heard))
		place_store(p);
}

void location_learned(struct location *l, struct binding *b)
{
	(void)l;
	place_store((struct place *)b);
}

bool location_may_type(struct location *l, struct view aor, uint64_t now_ms)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));

	if (!e)
		return true;
	if (e->typed_ms && now_ms < e->typed_ms + TYPING_MS)
		return false;
	e->typed_ms = now_ms;
	return true;
}

/* ---- finding ---- */

static bool same_ip(const struct netaddr *a, const struct netaddr *b)
{
	struct netaddr x = *a, y = *b;

	netaddr_set_port(&x, 0);
	netaddr_set_port(&y, 0);
	return netaddr_eq(&x, &y);
}

/* A phone that listens, and is behind no NAT. Who uses outbound (RFC 5626)
 * can't be connected to; and by way of a proxy anybody could lead us to any
 * port of the proxy's. */
static bool dial(const struct location *l, const struct binding *b,
		 struct sip_flow *out)
{
	struct sip_uri uri;
	struct netaddr a;

	if (b->contact.reg_id || b->dev.traits & DEVICE_BEHIND ||
	    b->flow.transport != SIP_TCP ||
	    sip_uri_parse(&uri, b->contact.uri) ||
	    netaddr_set(&a, uri.host, uri.port ? uri.port : SIP_PORT) ||
	    !same_ip(&a, &b->flow.peer) || !sip_may_send(l->sip, &a))
		return false;
	out->conn = 0;
	out->peer = a;
	return true;
}

/* A connection that is gone leads nowhere until the device comes back. */
static bool stream_flow(const struct location *l, const struct binding *b,
			struct sip_flow *out)
{
	struct sip_flow alive;

	if (!l->sip)
		return false;
	return (b->flow.conn && sip_conn_flow(l->sip, b->flow.conn, &alive)) ||
	       (b->id && dial(l, b, out));
}

bool location_flow(const struct location *l, const struct binding *b,
		   struct sip_flow *out)
{
	*out = b->flow;
	return !sip_is_stream(b->flow.transport) || stream_flow(l, b, out);
}

bool location_reaches(const struct location *l, const struct binding *b)
{
	struct sip_flow flow;

	return location_flow(l, b, &flow);
}

size_t location_find(const struct location *l, struct view aor, uint64_t hash,
		     struct binding *out[LOCATION_BINDINGS])
{
	struct entry *e = entry_find(l, aor, hash);
	struct place *p;
	size_t n = 0;

	if (!e)
		return 0;
	for (p = e->first; p && p->b.id; p = p->next)
		if (n < LOCATION_BINDINGS && location_reaches(l, &p->b))
			out[n++] = &p->b;
	if (!e->registered && p && location_reaches(l, &p->b))
		out[n++] = &p->b;
	return n;
}

size_t location_all(const struct location *l, struct view aor,
		    struct binding *out[LOCATION_BINDINGS + 1])
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct place *p;
	size_t n = 0;

	for (p = e ? e->first : NULL; p && n <= LOCATION_BINDINGS; p = p->next)
		out[n++] = &p->b;
	return n;
}

struct binding *location_binding(const struct location *l, struct view aor,
				 uint64_t hash, uint64_t id)
{
	struct entry *e = entry_find(l, aor, hash);
	struct place *p = e ? *place_at(e, id) : NULL;

	return p ? &p->b : NULL;
}

struct binding *location_by_flow(const struct location *l, struct view aor,
				 uint64_t hash, const struct sip_flow *flow,
				 struct view agent)
{
	struct entry *e = entry_find(l, aor, hash);
	struct binding *b = e ? registered_at(e, flow, agent) : NULL;

	return b ? b : location_binding(l, aor, hash, 0);
}

bool location_has(const struct location *l, struct view aor, uint64_t hash)
{
	return entry_find(l, aor, hash);
}

bool location_is_registered(const struct location *l, struct view aor)
{
	const struct entry *e = entry_find(l, aor, hash_view(aor));

	return e && e->registered;
}

void location_on_change(struct location *l, location_changed_h *h, void *arg)
{
	assert(l->nhearers < LOCATION_HEARERS);
	l->hearers[l->nhearers++] = (struct location_hearer){ h, arg };
}

void location_quiet(struct location *l, const void *arg)
{
	size_t left = 0;

	for (size_t i = 0; i < l->nhearers; i++)
		if (l->hearers[i].arg != arg)
			l->hearers[left++] = l->hearers[i];
	l->nhearers = left;
}

size_t location_count(const struct location *l)
{
	return l->order.count;
}

size_t location_registered(const struct location *l)
{
	return l->registered;
}
