/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has addresses of other networks, and who listens to what is heard of
 * there. */
#include "gateway.h"

#include <errno.h>

#include "hub_priv.h"
#include "mem.h"

int hub_add_gateway(struct hub *h, const struct gateway_ops *ops, void *gw)
{
	for (size_t i = 0; i < h->ngateways; i++)
		if (view_eqs(view_str(ops->name), h->gateways[i].ops->name))
			return EEXIST;
	if (h->ngateways == GATEWAYS_MAX)
		return ENOBUFS;
	h->gateways[h->ngateways++] = (struct gateway){ ops, gw };
	return 0;
}

const struct gateway *hub_gateway(const struct hub *h, struct view user,
				  struct view host)
{
	for (size_t i = 0; i < h->ngateways; i++) {
		const struct gateway *g = &h->gateways[i];

		if (g->ops->has(g->gw, user, host))
			return g;
	}
	return NULL;
}

int hub_gate_address(const struct gateway *g, struct addr **ap,
		     struct view user, struct view host, struct view params)
{
	struct buf text = { 0 };
	int err;

	if (!params.n || !g->ops->address)
		return addr_new(ap, VIEW("sip"), user, host, VIEW_NONE) ?
			       ENOENT : 0;
	err = g->ops->address(g->gw, user, host, params, &text);
	if (!err && addr_parse(ap, buf_view(&text)))
		err = ENOENT;
	buf_free(&text);
	return err;
}

bool hub_gate_loops(const struct hub *h, struct view params)
{
	for (size_t i = 0; params.n && i < h->ngateways; i++) {
		const struct gateway *g = &h->gateways[i];

		if (g->ops->loops && g->ops->loops(g->gw, params))
			return true;
	}
	return false;
}

const struct gateway *hub_gate_between(const struct hub *h, struct addr *from,
				       struct view user, struct view host)
{
	for (size_t i = 0; i < h->ngateways; i++) {
		const struct gateway *g = &h->gateways[i];

		if (g->ops->between &&
		    g->ops->between(g->gw, from, user, host))
			return g;
	}
	return NULL;
}

int hub_gate_member(const struct hub *h, struct addr **ap, struct addr *a)
{
	const struct gateway *g = hub_gateway(h, a->user, a->host);

	if (!g)
		*ap = mem_ref(a);
	else
		*ap = g->ops->member ?
			      g->ops->member(g->gw, a->user, a->host) : NULL;
	return *ap ? 0 : ENOENT;
}

int hub_gate_invited(struct hub *h, struct room *room, struct addr *inviter,
		     struct addr *invited)
{
	for (size_t i = 0; i < h->ngateways; i++) {
		const struct gateway *g = &h->gateways[i];

		if (!addr_is(invited, g->ops->name) || !g->ops->invited)
			continue;
		g->ops->invited(g->gw, room, inviter, invited);
		return 0;
	}
	return ENOENT;
}

void hub_gate_registered(struct hub *h, struct addr *user, bool here)
{
	for (size_t i = 0; i < h->ngateways; i++) {
		const struct gateway *g = &h->gateways[i];

		if (g->ops->registered)
			g->ops->registered(g->gw, user, here);
	}
}

void hub_gate_presence(struct hub *h, struct addr *user,
		       const struct presence_state *p)
{
	for (size_t i = 0; i < h->ngateways; i++) {
		const struct gateway *g = &h->gateways[i];

		if (g->ops->presence)
			g->ops->presence(g->gw, user, p);
	}
}

/* ---- up ---- */

int hub_listen_gates(struct hub *h, const struct gate_listener *l)
{
	if (h->nlisteners == GATE_LISTENERS_MAX)
		return ENOBUFS;
	h->listeners[h->nlisteners++] = *l;
	return 0;
}

void hub_unlisten_gates(struct hub *h, const void *arg)
{
	size_t left = 0;

	for (size_t i = 0; i < h->nlisteners; i++)
		if (h->listeners[i].arg != arg)
			h->listeners[left++] = h->listeners[i];
	h->nlisteners = left;
}

#define EACH_LISTENER(h, l)                                                  \
	for (const struct gate_listener *l = (h)->listeners;                 \
	     l < (h)->listeners + (h)->nlisteners; l++)

void hub_gate_shown(struct hub *h, struct addr *watcher, struct addr *target)
{
	EACH_LISTENER (h, l)
		if (l->shown)
			l->shown(watcher, target, l->arg);
}

void hub_gate_watch(struct hub *h, struct addr *watcher, struct addr *target,
		    enum gate_watch state)
{
	EACH_LISTENER (h, l)
		if (l->watch)
			l->watch(watcher, target, state, l->arg);
}

void hub_gate_typing(struct hub *h, struct addr *from, struct addr *user,
		     enum gate_kind kind, struct view id)
{
	EACH_LISTENER (h, l)
		if (l->typing)
			l->typing(from, user, kind, id, l->arg);
}

void hub_gate_tell(struct hub *h, struct addr *from, struct addr *user,
		   struct view text)
{
	EACH_LISTENER (h, l)
		if (l->tell)
			l->tell(from, user, text, l->arg);
}

bool hub_gate_knows(struct hub *h, struct addr *user)
{
	EACH_LISTENER (h, l)
		if (l->knows && l->knows(user, l->arg))
			return true;
	return false;
}

void hub_gate_presence_of(struct hub *h, struct addr *user,
			  struct presence_state *out)
{
	out->count = 0;
	EACH_LISTENER (h, l)
		if (l->presence_of) {
			l->presence_of(user, out, l->arg);
			return;
		}
}
