/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many connections there may be: in all, from one address (for IPv6 from
 * one network of 64 bits, which is what a customer has), and in the middle of
 * a handshake.
 */
#include <string.h>

#include "clock.h"
#include "conn_set_priv.h"
#include "mem.h"

enum { SHED_IDLE_MS = 10 * 1000, NETWORK_BYTES = 8 };

struct source {
	struct hnode by_ip;
	struct netaddr ip;
	size_t count;
};

static struct netaddr network_of(const struct netaddr *peer)
{
	struct netaddr a = *peer;

	netaddr_unmap(&a);
	netaddr_set_port(&a, 0);
	if (netaddr_family(&a) == AF_INET6) {
		memset(a.u.in6.sin6_addr.s6_addr + NETWORK_BYTES, 0,
		       16 - NETWORK_BYTES);
		a.u.in6.sin6_flowinfo = 0;
	}
	return a;
}

static struct source *source_of(const struct conns *cs,
				const struct netaddr *ip)
{
	struct hnode *n = htable_find(&cs->sources, netaddr_hash(ip));

	for (; n; n = htable_more(n)) {
		struct source *s = CONTAINER(n, struct source, by_ip);

		if (netaddr_eq(&s->ip, ip))
			return s;
	}
	return NULL;
}

static struct source *source_get(struct conns *cs, const struct netaddr *ip)
{
	struct source *s = source_of(cs, ip);

	if (s)
		return s;
	s = mem_zalloc(sizeof(*s));
	s->ip = *ip;
	htable_add(&cs->sources, &s->by_ip, netaddr_hash(ip));
	return s;
}

static void source_drop(struct conns *cs, struct source *s)
{
	if (--s->count)
		return;
	htable_del(&cs->sources, &s->by_ip);
	mem_free(s);
}

/* False: everybody is known, or was heard just now. */
static bool shed(struct conns *cs, uint64_t idle_ms)
{
	struct lnode *n = list_first(&cs->strangers);
	struct conn *c;

	if (!n)
		return false;
	c = CONTAINER(n, struct conn, by_age);
	if (now_ms() < c->heard_ms + idle_ms)
		return false;
	cs->stats.shed++;
	conn_end(c, "others need the place");
	return true;
}

void conns_shed(struct conns *cs)
{
	shed(cs, 0);
}

bool conn_limit_takes(struct conns *cs, const struct netaddr *peer)
{
	const struct netaddr ip = network_of(peer);
	const struct source *s = source_of(cs, &ip);

	if (s && s->count >= cs->limits.conns_per_ip)
		return false;
	return cs->accepted < cs->limits.conns || shed(cs, SHED_IDLE_MS);
}

/* Who takes long to shake hands goes first when many do. */
static void starting_bound(struct conns *cs)
{
	struct lnode *n;

	if (cs->starting.count <= cs->limits.handshakes)
		return;
	n = list_first(&cs->starting);
	cs->stats.shed++;
	conn_end(CONTAINER(n, struct conn, by_start),
		 "too many handshakes at once");
}

void conn_limit_add(struct conn *c)
{
	struct conns *cs = c->set;
	const struct netaddr ip = network_of(&c->peer);

	c->source = source_get(cs, &ip);
	c->source->count++;
	cs->accepted++;
	c->heard_ms = now_ms();
	list_append(&cs->strangers, &c->by_age);
	if (c->state != CONN_OPENING)
		return;
	list_append(&cs->starting, &c->by_start);
	starting_bound(cs);
}

void conn_limit_started(struct conn *c)
{
	list_remove(&c->set->starting, &c->by_start);
}

void conn_limit_heard(struct conn *c)
{
	c->heard_ms = now_ms();
	if (!c->accepted || c->known)
		return;
	list_remove(&c->set->strangers, &c->by_age);
	list_append(&c->set->strangers, &c->by_age);
}

/* ---- users ---- */

/* How many connections stay for his sake: one who has them from everywhere
 * must not have them all. */
struct regular {
	struct hnode by_user; /* a user is his own hash */
	size_t count;
};

static struct regular *regular_of(const struct conns *cs, uint64_t user)
{
	struct hnode *n = htable_find(&cs->regulars, user);

	return n ? CONTAINER(n, struct regular, by_user) : NULL;
}

/* False: he has as many as he may. */
static bool regular_add(struct conns *cs, uint64_t user)
{
	struct regular *r = regular_of(cs, user);

	if (!r) {
		r = mem_zalloc(sizeof(*r));
		htable_add(&cs->regulars, &r->by_user, user);
	}
	if (r->count >= CONN_OF_USER)
		return false;
	r->count++;
	return true;
}

static void regular_drop(struct conns *cs, uint64_t user)
{
	struct regular *r = regular_of(cs, user);

	if (!r || --r->count)
		return;
	htable_del(&cs->regulars, &r->by_user);
	mem_free(r);
}

bool conn_knows(const struct conn *c, uint64_t user)
{
	for (size_t i = 0; i < CONN_USERS; i++)
		if (c->users[i] == user)
			return true;
	return false;
}

/* Who else is known on it later does not free him of it. */
void conn_limit_known(struct conn *c, uint64_t user)
{
	if (!conn_knows(c, user))
		c->users[c->last_user++ % CONN_USERS] = user;
	if (c->known || !regular_add(c->set, user))
		return;
	c->known = true;
	c->known_by = user;
	list_remove(&c->set->strangers, &c->by_age);
}

/* ---- the end ---- */

void conn_limit_del(struct conn *c)
{
	list_remove(&c->set->strangers, &c->by_age);
	list_remove(&c->set->starting, &c->by_start);
	if (c->known)
		regular_drop(c->set, c->known_by);
	if (!c->source)
		return;
	source_drop(c->set, c->source);
	c->set->accepted--;
}
