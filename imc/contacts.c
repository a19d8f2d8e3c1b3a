/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contacts, in a hash by the user's address and in a list by time: the one
 * heard last is at its end. The store keeps the address only (a TCP
 * connection does not survive a restart), so that a user who talks all day
 * from one place costs one write.
 */
#include "clock.h"
#include "contacts.h"
#include "hash.h"
#include "list.h"
#include "log.h"
#include "mem.h"

enum { STORE_AGAIN_MS = 24 * 60 * 60 * 1000 };

struct contact {
	struct hnode by_user;
	struct lnode by_time;
	struct addr *user; /* ref */
	struct sip_dest *dest; /* ref, or NULL: his address is no URI */
	struct sip_flow flow;
	uint64_t conn;      /* see contacts_conn() */
	uint64_t stored_ms; /* wall clock; 0: never */
};

struct contacts {
	struct store *store; /* borrowed */
	struct htable users;
	struct list order;
	size_t max;
};

static void contacts_destroy(void *obj)
{
	struct contacts *cs = obj;
	struct lnode *n;

	while ((n = list_shift(&cs->order)) != NULL)
		mem_deref(CONTAINER(n, struct contact, by_time));
	htable_free(&cs->users);
}

static void contact_destroy(void *obj)
{
	struct contact *c = obj;

	mem_deref(c->user);
	mem_deref(c->dest);
}

struct contacts *contacts_new(struct store *store, size_t max)
{
	struct contacts *cs = mem_new(sizeof(*cs), contacts_destroy);

	cs->store = store;
	cs->max = max;
	list_init(&cs->order);
	return cs;
}

void contacts_free(struct contacts *cs)
{
	mem_deref(cs);
}

static struct contact *contact_of(const struct contacts *cs,
				  const struct addr *user)
{
	struct hnode *n = htable_find(&cs->users, user->hash);

	for (; n; n = htable_more(n)) {
		struct contact *c = CONTAINER(n, struct contact, by_user);

		if (addr_eq(c->user, user))
			return c;
	}
	return NULL;
}

static void contact_forget(struct contacts *cs, struct contact *c)
{
	struct store_txn *t = store_begin(cs->store);

	log_warning("more than %zu SIP users: forgot where %.*s is", cs->max,
		    VIEW_ARG(c->user->text));
	store_del_contact(t, c->user->text);
	store_commit(t, NULL, NULL);
	htable_del(&cs->users, &c->by_user);
	list_remove(&cs->order, &c->by_time);
	mem_deref(c);
}

static struct contact *contact_new(struct contacts *cs,
				   const struct addr *user)
{
	struct contact *c = mem_new(sizeof(*c), contact_destroy);

	c->user = mem_ref(user);
	(void)sip_dest_new(&c->dest, user->text, VIEW_NONE, VIEW_NONE);
	htable_add(&cs->users, &c->by_user, user->hash);
	list_append(&cs->order, &c->by_time);
	return c;
}

static void make_room(struct contacts *cs)
{
	if (cs->order.count >= cs->max)
		contact_forget(cs, CONTAINER(list_first(&cs->order),
					     struct contact, by_time));
}

static void contact_store(struct contacts *cs, struct contact *c)
{
	char text[SIP_FLOW_TEXT_MAX];
	struct store_contact sc = {
		.aor = c->user->text,
		.flow = view_str(sip_flow_str(text, &c->flow)),
		.seen_ms = wall_ms(),
	};
	struct store_txn *t = store_begin(cs->store);

	store_put_contact(t, &sc);
	store_commit(t, NULL, NULL);
	c->stored_ms = sc.seen_ms;
}

/* As the store has it: without listener and connection. */
static bool same_place(const struct sip_flow *a, const struct sip_flow *b)
{
	return a->transport == b->transport && netaddr_eq(&a->peer, &b->peer);
}

void contacts_load(struct contacts *cs, const struct store_contact *sc)
{
	struct sip_flow flow;
	struct addr *user = NULL;
	struct contact *c;

	if (addr_parse(&user, sc->aor) || sip_flow_parse(&flow, sc->flow)) {
		log_warning("stored contact of %.*s can't be read",
			    VIEW_ARG(sc->aor));
	} else if (cs->order.count < cs->max && !contact_of(cs, user)) {
		c = contact_new(cs, user);
		c->flow = flow;
		c->stored_ms = sc->seen_ms;
	}
	mem_deref(user);
}

void contacts_heard(struct contacts *cs, const struct addr *user,
		    const struct sip_flow *flow)
{
	struct contact *c = contact_of(cs, user);
	bool moved;

	if (!c) {
		make_room(cs);
		c = contact_new(cs, user);
	}
	moved = !c->stored_ms || !same_place(&c->flow, flow);
	c->flow = *flow;
	if (sip_is_stream(flow->transport))
		c->conn = flow->conn;
	list_remove(&cs->order, &c->by_time);
	list_append(&cs->order, &c->by_time);
	if (moved || wall_ms() > c->stored_ms + STORE_AGAIN_MS)
		contact_store(cs, c);
}

bool contacts_find(const struct contacts *cs, const struct addr *user,
		   struct sip_flow *flow, struct sip_dest **dest)
{
	const struct contact *c = contact_of(cs, user);

	if (!c)
		return false;
	*flow = c->flow;
	*dest = c->dest;
	return true;
}

uint64_t contacts_conn(const struct contacts *cs, const struct addr *user)
{
	const struct contact *c = contact_of(cs, user);

	return c ? c->conn : 0;
}

size_t contacts_count(const struct contacts *cs)
{
	return cs->order.count;
}
