/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edges there are: a few, so they are looked through. */
#include "edge_priv.h"

#include <errno.h>

#include "mem.h"

struct edge {
	uint32_t id; /* 0: free */
	sip_edge_h *h;
	void *arg;
};

struct edges {
	struct edge slot[EDGES_MAX];
	uint32_t last;
};

struct edges *edges_new(void)
{
	return mem_zalloc(sizeof(struct edges));
}

void edges_free(struct edges *es)
{
	mem_free(es);
}

static uint8_t brief_of(uint32_t id)
{
	return (uint8_t)(id % 255 + 1);
}

static const struct edge *by_brief(const struct edges *es, uint8_t brief)
{
	size_t i;

	for (i = 0; i < EDGES_MAX; i++) {
		if (es->slot[i].id && brief_of(es->slot[i].id) == brief)
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
	while (!es->last || by_brief(es, brief_of(es->last)));
	*e = (struct edge){ es->last, h, arg };
	return e->id;
}

void edges_del(struct edges *es, uint32_t id)
{
	struct edge *e = id ? by_id(es, id) : NULL;

	if (e)
		e->id = 0;
}

void edge_mark(struct sip_flow *f, uint32_t id)
{
	if (!id)
		return;
	f->listener = (uint16_t)(brief_of(id) << 8 | (f->listener & 0xff));
	f->conn = (uint64_t)id << 32 | (uint32_t)f->conn;
}

bool edge_has_conn(uint64_t conn)
{
	return conn >> 32;
}

static const struct edge *edge_of(const struct edges *es,
				  const struct sip_flow *f)
{
	const struct edge *e = by_brief(es, (uint8_t)(f->listener >> 8));

	if (!e || (sip_is_stream(f->transport) && e->id != f->conn >> 32))
		return NULL;
	return e;
}

uint8_t edges_short(const struct edges *es, struct sip_flow *f)
{
	const struct edge *e = f->listener >> 8 ? edge_of(es, f) : NULL;

	if (e)
		return brief_of(e->id);
	f->listener &= 0xff;
	if (edge_has_conn(f->conn))
		f->conn = 0;
	return 0;
}

void edges_mark(const struct edges *es, struct sip_flow *f, uint8_t brief)
{
	const struct edge *e = by_brief(es, brief);

	if (e)
		edge_mark(f, e->id);
	else
		f->conn = 0;
}

int edges_send(const struct edges *es, uint8_t brief,
	       const struct sip_flow *f, struct view packet)
{
	const struct edge *e = by_brief(es, brief);
	struct sip_flow flow = *f;

	if (!e)
		return ENOTCONN;
	flow.listener &= 0xff;
	flow.conn = (uint32_t)flow.conn;
	e->h(&flow, packet, e->arg);
	return 0;
}
