/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edges elsewhere. A flow of theirs bears their mark: in the upper half of a
 * connection's id, and in the upper 24 bits of a UDP listener's index. So it
 * can be kept and handed about like one of ours, and is never taken for one,
 * nor for one of an edge that came later.
 */
#ifndef CONFAB_EDGE_PRIV_H
#define CONFAB_EDGE_PRIV_H

#include "sip.h"

enum { EDGES_MAX = 64, EDGE_CONNS = 65536 };

struct edges;

struct edges *edges_new(void);
void edges_free(struct edges *es); /* NULL is allowed */
uint32_t edges_add(struct edges *es, sip_edge_h *h, void *arg);
void edges_del(struct edges *es, uint32_t id);

/* Marks a flow of an edge, and knows its connection from now on. */
void edges_learn(struct edges *es, struct sip_flow *f, uint32_t id);
/* A connection that was learned and not lost; false: there is none. */
bool edges_conn(const struct edges *es, uint64_t conn, struct sip_flow *out);
void edges_lost(struct edges *es, uint32_t id, uint32_t conn);
/* For what does not outlive the edge: others have the same, after it. */
uint8_t edge_short(uint32_t id);
/* A connection that is elsewhere. */
bool edge_has_conn(uint64_t conn);
/* The short number of the edge that a flow is marked with, 1..255. 0: none, or
 * it is gone; then there is no mark any more. */
uint8_t edges_short(const struct edges *es, struct sip_flow *f);
/* Back from the short number; nothing when it is gone. */
void edges_mark(const struct edges *es, struct sip_flow *f, uint8_t brief);
/* ENOTCONN: it is gone. */
int edges_send(const struct edges *es, uint8_t brief,
	       const struct sip_flow *f, struct view packet);

#endif
