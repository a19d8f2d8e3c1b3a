/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of a message, for whoever said it. A user hears that somebody
 * did not get his words (missed.c); a gateway hears of each of its own, from
 * one to one, how it ended, and of conversations what the hub ended by
 * itself.
 */
#include <errno.h>

#include "hub_priv.h"
#include "mem.h"

/* The gateway whose network has this address, or NULL. */
static const struct gateway *network_of(const struct hub *h,
					const struct addr *a)
{
	for (size_t i = 0; i < h->ngateways; i++)
		if (view_eqs(a->network, h->gateways[i].ops->name))
			return &h->gateways[i];
	return NULL;
}

bool hub_is_beyond(const struct hub *h, const struct addr *a)
{
	return network_of(h, a);
}

bool room_is_conversation(const struct room *room)
{
	return room->inbox && network_of(room->hub, room->addr);
}

bool hub_is_gate(const struct hub *h, const struct addr *a)
{
	return h->ngateways && addr_is(a, "sip") &&
	       hub_gateway(h, a->user, a->host);
}

static void tell_gate(const struct gateway *g, const struct member *m,
		      const struct msg *msg, const struct outcome *o)
{
	if (g->ops->settled)
		g->ops->settled(g->gw, m->addr, msg, o->fate, o->status);
}

/* Of a conversation the gateway said itself what became of it, but for what
 * the hub let go. */
bool gate_settled(const struct member *m, const struct msg *msg,
		  const struct outcome *o)
{
	const struct hub *h = m->room->hub;
	const struct gateway *g;

	if (!m->room->inbox || !h->ngateways)
		return false;
	g = network_of(h, m->addr);
	if (g) {
		if (o->fate == GATE_EXPIRED)
			tell_gate(g, m, msg, o);
		return true;
	}
	if (!hub_is_gate(h, msg->from))
		return false;
	g = hub_gateway(h, msg->from->user, msg->from->host);
	tell_gate(g, m, msg, o);
	return true;
}

static void settled(struct member *m, const struct msg *msg,
		    const struct outcome *o)
{
	if (o->fate == GATE_DELIVERED)
		gate_settled(m, msg, o);
	else
		member_tell_sender(m, msg, o);
}

/* ---- where the message has to be read ---- */

enum { WHY_MAX = 320 };

struct settling {
	struct hub *hub; /* ref */
	uint64_t member, seq;
	struct outcome outcome; /* its why is here: */
	char why[WHY_MAX];
};

static void settling_destroy(void *obj)
{
	mem_deref(((struct settling *)obj)->hub);
}

static void on_read(int err, const struct store_msg *sms, size_t count,
		    void *arg)
{
	struct settling *s = arg;
	struct member *m = hub_member_by_id(s->hub, s->member);
	struct msg *msg;

	if (m && s->hub->state == HUB_RUNNING && !err && count &&
	    sms->seq == s->seq && journal_msgs(&msg, m->room, sms, 1)) {
		settled(m, msg, &s->outcome);
		mem_deref(msg);
	}
	mem_deref(s);
}

static void read_msg(const struct member *m, uint64_t seq,
		     const struct outcome *o)
{
	struct settling *s = mem_new(sizeof(*s), settling_destroy);

	s->hub = mem_ref(m->room->hub);
	s->member = m->id;
	s->seq = seq;
	s->outcome = *o;
	view_copy(s->why, sizeof(s->why), view_head(o->why, WHY_MAX - 1));
	s->outcome.why = view_str(s->why);
	store_read(s->hub->store, m->room->id, seq - 1, 1, on_read, s);
}

void member_settled(struct member *m, uint64_t seq, const struct msg *msg,
		    const struct outcome *o)
{
	struct msg *found = NULL;

	/* only gateways hear of what went well */
	if (o->fate == GATE_DELIVERED &&
	    (!m->room->inbox || !m->room->hub->ngateways ||
	     cursor_settled(&m->cur, seq)))
		return;
	if (!msg && !journal_find(m->room, seq, &found))
		msg = found;
	if (msg)
		settled(m, msg, o);
	else
		read_msg(m, seq, o);
}
