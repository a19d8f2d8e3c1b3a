/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registering devices, for the registrar and the operator. */
#include "location_priv.h"

#include <errno.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "uri_priv.h"

struct location_change {
	struct location *l;    /* borrowed */
	struct store_txn *t;   /* owned */
	char *aor;             /* owned */
	size_t n;
};

static bool same_contact(const struct binding *b, const struct contact *c)
{
	if (!view_empty(c->instance) || !view_empty(b->contact.instance))
		return view_eq(b->contact.instance, c->instance) &&
		       b->contact.reg_id == c->reg_id;
	return uri_same(b->contact.uri, c->uri);
}

static struct place *same_find(const struct entry *e, const struct contact *c)
{
	struct place *p;

	for (p = e->first; p && p->b.id; p = p->next)
		if (same_contact(&p->b, c))
			return p;
	return NULL;
}

struct binding *location_same(const struct location *l, struct view aor,
			      const struct contact *contact)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct place *p = e ? same_find(e, contact) : NULL;

	return p ? &p->b : NULL;
}

int location_room(const struct location *l, struct view aor, size_t more,
		  size_t bytes)
{
	const struct entry *e = entry_find(l, aor, hash_view(aor));

	if ((e ? e->registered : 0) + more > LOCATION_BINDINGS)
		return EBUSY;
	if (l->bytes + bytes > l->bytes_max)
		return ENOSPC;
	return !e && l->order.count >= l->max + LOCATION_LOOKS ? ENOSPC : 0;
}

/* The same for the same device. The key is no secret: nobody gains by two of
 * his own devices with one id, and the second gets another. */
static uint64_t id_make(struct entry *e, const struct contact *c)
{
	static const uint8_t key[16];
	struct view who = view_empty(c->instance) ? c->uri : c->instance;
	uint64_t id = siphash(key, who.p, who.n) + c->reg_id;

	while (!(id &= INT64_MAX) || *place_at(e, id))
		id++;
	return id;
}

struct location_change *location_begin(struct location *l, struct view aor)
{
	struct location_change *c = mem_zalloc(sizeof(*c));

	c->l = l;
	c->t = store_begin(l->store);
	c->aor = view_dup(aor);
	c->n = aor.n;
	return c;
}

void location_bind(struct location_change *c, const struct contact *contact,
		   const struct sip_flow *flow, uint64_t expires_ms)
{
	struct location *l = c->l;
	struct view aor = { c->aor, c->n };
	struct entry *e;
	struct place *p;

	(void)entry_has_room(l); /* an entry more than wished is no harm */
	e = entry_get(l, aor);
	p = same_find(e, contact);
	if (!p)
		p = place_new(l, e, id_make(e, contact));
	else if (!view_eq(p->b.contact.agent,
			  view_head(contact->agent, DEVICE_AGENT_MAX)))
		device_forget(&p->b.dev);
	device_is_behind(&p->b.dev, contact->behind);
	p->b.flow = *flow;
	p->b.flow.tls_name = NULL;
	p->b.conn = flow->conn;
	p->b.expires_ms = expires_ms;
	p->b.seen_ms = wall_ms();
	place_set_words(p, contact);
	if (place_set_dest(p)) { /* the registrar has looked at them */
		log_error("sip: %.*s has a contact that leads nowhere",
			  VIEW_ARG(aor));
		place_drop(l, e, place_at(e, p->b.id));
		return;
	}
	place_start_expiry(p);
	place_put(p, c->t);
	entry_touch(l, e);
}

void location_unbind(struct location_change *c, uint64_t id)
{
	struct location *l = c->l;
	struct view aor = { c->aor, c->n };
	struct entry *e = entry_find(l, aor, hash_view(aor));

	store_del_binding(c->t, aor, id);
	if (e && *place_at(e, id))
		place_drop(l, e, place_at(e, id));
}

void location_leave(struct location_change *c)
{
	struct location *l = c->l;
	struct view aor = { c->aor, c->n };
	struct entry *e = entry_find(l, aor, hash_view(aor));

	if (e && !e->registered && *place_at(e, 0))
		location_unbind(c, 0);
}

void location_keep(struct location_change *c, struct binding *b)
{
	place_put((struct place *)b, c->t);
}

void location_commit(struct location_change *c, store_done_h *doneh,
		     void *arg)
{
	store_commit(c->t, doneh, arg);
	mem_free(c->aor);
	mem_free(c);
}

void location_put(struct buf *b, const struct location *l,
		  const struct binding *bd)
{
	uint64_t now = wall_ms(), until = bd->expires_ms;
	char flow[SIP_FLOW_TEXT_MAX];

	buf_addv(b, sip_dest_ruri(bd->dest));
	buf_adds(b, bd->id ? " registered, " : " learned, ");
	buf_adds(b, sip_flow_str(flow, &bd->flow));
	if (!location_reaches(l, bd))
		buf_adds(b, " (gone)");
	buf_adds(b, ", for ");
	buf_add_u64(b, until > now ? (until - now) / 1000 : 0);
	buf_adds(b, " s, ");
	device_put(b, &bd->dev, bd->flow.transport);
	if (!view_empty(bd->contact.agent)) {
		buf_adds(b, ", ");
		buf_addv(b, bd->contact.agent);
	}
}
