/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edges there are: a few, so they are looked through. */
#include "edge_priv.h"

#include <errno.h>

#include "hash.h"
#include "mem.h"

enum { LISTENER_BITS = 8 };
_Static_assert(SIP_LISTENER == (1 << LISTENER_BITS) - 1, "its own bits");

struct edge {
	uint32_t id; /* 0: free */
	sip_edge_h *h;
	void *arg;
	struct htable conns; /* owns what was heard down them */
};

struct heard {
	struct hnode by_conn;
	struct sip_flow flow; /* marked */
};

struct edges {
	struct edge slot[EDGES_MAX];
	uint32_t last;
};

struct edges *edges_new(void)
{
	return mem_zalloc(sizeof(struct edges));
}

static void forget_conns(struct edge *e)
{
	struct hnode *n;

	while ((n = htable_pop(&e->conns)))
		mem_free(CONTAINER(n, struct heard, by_conn));
	htable_free(&e->conns);
}

void edges_free(struct edges *es)
{
	size_t i;

	for (i = 0; es && i < EDGES_MAX; i++)
		forget_conns(&es->slot[i]);
	mem_free(es);
}

uint8_t edge_short(uint32_t id)
{
	return (uint8_t)(id % 255 + 1);
}

static const struct edge *by_short(const struct edges *es, uint8_t brief)
{
	size_t i;

	for (i = 0; i < EDGES_MAX; i++) {
		if (es->slot[i].id && edge_short(es->slot[i].id) == brief)
			return &es->slot[i];
	}
	return NULL;
}

static struct edge *by_id(struct edges *es, uint32_t id)
{
	size_t i;

	for (i = 0; i < EDGES_MAX; i++) {
		if (es->slot[i].id == id)
			return &es->slot[i];
	}
	return NULL;
}

uint32_t edges_add(struct edges *es, sip_edge_h *h, void *arg)
{
	struct edge *e = by_id(es, 0);

	if (!e)
		return 0;
	do
		es->last++;
	while (!(es->last << LISTENER_BITS) ||
	       by_short(es, edge_short(es->last)));
	*e = (struct edge){ .id = es->last, .h = h, .arg = arg };
	return e->id;
}

void edges_del(struct edges *es, uint32_t id)
{
	struct edge *e = id ? by_id(es, id) : NULL;

	if (!e)
		return;
	forget_conns(e);
	e->id = 0;
}

static struct heard *heard_find(const struct edge *e, uint64_t conn)
{
	struct hnode *n = htable_find(&e->conns, hash_u64(conn));

	while (n && CONTAINER(n, struct heard, by_conn)->flow.conn != conn)
		n = htable_more(n);
	return n ? CONTAINER(n, struct heard, by_conn) : NULL;
}

static void heard_free(struct edge *e, struct heard *h)
{
	htable_del(&e->conns, &h->by_conn);
	mem_free(h);
}

static void heard_add(struct edge *e, const struct sip_flow *f)
{
	struct heard *h = heard_find(e, f->conn);
	struct hnode *n;

	if (!h) {
		if (e->conns.count >= EDGE_CONNS) {
			n = htable_pop(&e->conns);
			mem_free(CONTAINER(n, struct heard, by_conn));
		}
		h = mem_zalloc(sizeof(*h));
		htable_add(&e->conns, &h->by_conn, hash_u64(f->conn));
	}
	h->flow = *f;
}

static void mark(struct sip_flow *f, uint32_t id)
{
	f->listener &= SIP_LISTENER;
	f->listener |= id << LISTENER_BITS;
	f->conn = (uint64_t)id << 32 | (uint32_t)f->conn;
}

void edges_learn(struct edges *es, struct sip_flow *f, uint32_t id)
{
	struct edge *e = id ? by_id(es, id) : NULL;

	if (!id)
		return;
	if (!e) { /* gone: what it called its own is nothing here */
		f->listener = 0;
		f->conn = 0;
		return;
	}
	mark(f, id);
	if (sip_is_stream(f->transport))
		heard_add(e, f);
}

void edges_lost(struct edges *es, uint32_t id, uint32_t conn)
{
	struct edge *e = id ? by_id(es, id) : NULL;
	struct heard *h;

	h = e ? heard_find(e, (uint64_t)id << 32 | conn) : NULL;
	if (h)
		heard_free(e, h);
}

bool edge_has_conn(uint64_t conn)
{
	return conn >> 32;
}

bool edges_conn(const struct edges *es, uint64_t conn, struct sip_flow *out)
{
	uint32_t id = (uint32_t)(conn >> 32);
	const struct edge *e = by_short(es, edge_short(id));
	const struct heard *h = e ? heard_find(e, conn) : NULL;

	if (h)
		*out = h->flow;
	return h;
}

static const struct edge *edge_of(const struct edges *es,
				  const struct sip_flow *f)
{
	uint32_t mark = f->listener & ~(uint32_t)SIP_LISTENER;
	size_t i;

	for (i = 0; i < EDGES_MAX; i++) {
		const struct edge *e = &es->slot[i];

		if (e->id && e->id << LISTENER_BITS == mark &&
		    (!sip_is_stream(f->transport) || e->id == f->conn >> 32))
			return e;
	}
	return NULL;
}

uint8_t edges_short(const struct edges *es, struct sip_flow *f)
{
	const struct edge *e = f->listener > SIP_LISTENER ? edge_of(es, f) :
							    NULL;

	if (e)
		return edge_short(e->id);
	f->listener &= SIP_LISTENER;
	if (edge_has_conn(f->conn))
		f->conn = 0;
	return 0;
}

void edges_mark(const struct edges *es, struct sip_flow *f, uint8_t brief)
{
	const struct edge *e = by_short(es, brief);

	if (e)
		mark(f, e->id);
	else
		f->conn = 0;
}

int edges_send(const struct edges *es, uint8_t brief,
	       const struct sip_flow *f, struct view packet)
{
	const struct edge *e = by_short(es, brief);
	struct sip_flow flow = *f;

	if (!e)
		return ENOTCONN;
	flow.listener &= SIP_LISTENER;
	flow.conn = (uint32_t)flow.conn;
	e->h(&flow, packet, e->arg);
	return 0;
}
