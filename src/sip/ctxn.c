/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Client transactions in slots. The slots stand in chunks that never move,
 * because the timer wheel holds on to what is in them.
 */
#include "ctxn_priv.h"

#include <string.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"

enum {
	CHUNK = 512,
	TICK_MS = WHEEL_TICK_MS,
	T1 = SIP_T1_MS / TICK_MS,
	T2 = SIP_T2_MS / TICK_MS,
	TXN = SIP_TXN_MS / TICK_MS,
};

struct ctxns {
	struct wheel *wheel; /* borrowed */
	struct ctxn_ops ops;
	struct ctxn **chunk; /* owned, and so is each */
	size_t chunks, used; /* used: slots ever taken */
	uint32_t *spare;     /* owned: indices of free slots below used */
	size_t spares, count, max;
	uint8_t key[16];
	struct ctxn_stats stats;
};

static struct ctxn *slot_at(const struct ctxns *cs, size_t i)
{
	return &cs->chunk[i / CHUNK][i % CHUNK];
}

const char *ctxn_state_name(enum ctxn_state state)
{
	static const char *const names[] = {
		[CTXN_FREE] = "free",
		[CTXN_TRYING] = "trying",
		[CTXN_PROCEEDING] = "proceeding",
		[CTXN_FAILED] = "failed",
	};

	return names[state];
}

static void state_set(struct ctxn *c, enum ctxn_state state)
{
	c->state = (uint8_t)state;
}

struct ctxns *ctxns_new(struct wheel *w, size_t max,
			const struct ctxn_ops *ops)
{
	struct ctxns *cs = mem_zalloc(sizeof(*cs));

	cs->wheel = w;
	cs->max = max;
	cs->ops = *ops;
	rand_bytes(cs->key, sizeof(cs->key));
	return cs;
}

void ctxns_free(struct ctxns *cs)
{
	size_t i;

	if (!cs)
		return;
	for (i = 0; i < cs->used; i++) {
		struct ctxn *c = slot_at(cs, i);

		if (c->state == CTXN_FREE)
			continue;
		wheel_stop(cs->wheel, &c->timer);
		mem_deref(c->tmpl);
		mem_deref(c->owner);
	}
	for (i = 0; i < cs->chunks; i++)
		mem_free(cs->chunk[i]);
	mem_free(cs->chunk);
	mem_free(cs->spare);
	mem_free(cs);
}

size_t ctxns_count(const struct ctxns *cs)
{
	return cs->count;
}

const struct ctxn_stats *ctxns_stats(const struct ctxns *cs)
{
	return &cs->stats;
}

static void chunk_add(struct ctxns *cs)
{
	size_t n = cs->chunks + 1;

	cs->chunk = mem_array(cs->chunk, n, sizeof(*cs->chunk));
	cs->chunk[cs->chunks] = mem_zalloc(CHUNK * sizeof(**cs->chunk));
	cs->spare = mem_array(cs->spare, n * CHUNK, sizeof(*cs->spare));
	cs->chunks = n;
}

static struct ctxn *slot_take(struct ctxns *cs)
{
	struct ctxn *c;

	if (cs->spares)
		return slot_at(cs, cs->spare[--cs->spares]);
	if (cs->used == cs->chunks * CHUNK)
		chunk_add(cs);
	c = slot_at(cs, cs->used);
	c->index = (uint32_t)cs->used++;
	return c;
}

struct ctxn *ctxn_new(struct ctxns *cs)
{
	struct ctxn *c;

	if (cs->count >= cs->max)
		return NULL;
	c = slot_take(cs);
	cs->count++;
	state_set(c, CTXN_TRYING);
	return c;
}

/* Leaves the slot ready for its next use. */
static void slot_free(struct ctxns *cs, struct ctxn *c)
{
	uint32_t index = c->index, gen = c->gen;

	wheel_stop(cs->wheel, &c->timer);
	memset(c, 0, sizeof(*c));
	c->index = index;
	c->gen = gen + 1;
	cs->spare[cs->spares++] = index;
	cs->count--;
}

uint64_t ctxn_id(const struct ctxn *c)
{
	return (uint64_t)c->gen << 32 | c->index;
}

uint64_t ctxn_check(const struct ctxns *cs, uint64_t id)
{
	return siphash(cs->key, &id, sizeof(id));
}

void ctxn_set_peer(struct ctxn *c, const struct netaddr *peer)
{
	const struct sockaddr_in6 *in6 = &peer->u.in6;

	c->peer.family = peer->u.sa.sa_family;
	c->peer.port = in6->sin6_port; /* both families have it here */
	if (c->peer.family == AF_INET6) {
		memcpy(c->peer.ip, &in6->sin6_addr, 16);
		c->peer.scope = in6->sin6_scope_id;
	} else {
		memcpy(c->peer.ip, &peer->u.in.sin_addr, 4);
	}
}

void ctxn_get_peer(const struct ctxn *c, struct netaddr *peer)
{
	struct sockaddr_in6 *in6 = &peer->u.in6;

	memset(peer, 0, sizeof(*peer));
	peer->u.sa.sa_family = c->peer.family;
	in6->sin6_port = c->peer.port;
	if (c->peer.family == AF_INET6) {
		memcpy(&in6->sin6_addr, c->peer.ip, 16);
		in6->sin6_scope_id = c->peer.scope;
	} else {
		memcpy(&peer->u.in.sin_addr, c->peer.ip, 4);
	}
}

static void txn_over(struct ctxns *cs, struct ctxn *c, int status)
{
	struct ctxn done = *c;

	slot_free(cs, c);
	cs->ops.over(&done, status, cs->ops.arg);
}

static void on_timeout(struct wtimer *t)
{
	struct ctxn *c = CONTAINER(t, struct ctxn, timer);
	struct ctxns *cs = c->tmpl->txns;

	cs->stats.timeouts++;
	txn_over(cs, c, 408);
}

static void on_failed(struct wtimer *t)
{
	struct ctxn *c = CONTAINER(t, struct ctxn, timer);

	txn_over(c->tmpl->txns, c, 503);
}

/* Timer E: at T1, doubling up to T2, and from a provisional answer on at T2;
 * what is left of Timer F ends it (RFC 3261 17.1.2.2). */
static void on_timer_e(struct wtimer *t)
{
	struct ctxn *c = CONTAINER(t, struct ctxn, timer);
	struct ctxns *cs = c->tmpl->txns;
	uint16_t wait = (uint16_t)(2 * c->u.udp.wait);

	c->u.udp.left = (uint16_t)(c->u.udp.left - c->u.udp.wait);
	if (!c->u.udp.left) {
		on_timeout(t);
		return;
	}
	if (wait > T2 || c->state == CTXN_PROCEEDING)
		wait = T2;
	if (wait > c->u.udp.left)
		wait = c->u.udp.left;
	c->u.udp.wait = wait;
	wheel_start(cs->wheel, t, (uint64_t)wait * TICK_MS, on_timer_e);
	cs->stats.retransmits++;
	cs->ops.send(c, cs->ops.arg);
}

void ctxn_start(struct ctxns *cs, struct ctxn *c)
{
	if (c->tcp) {
		wheel_start(cs->wheel, &c->timer, SIP_TXN_MS, on_timeout);
		return;
	}
	c->u.udp.left = TXN;
	c->u.udp.wait = T1;
	wheel_start(cs->wheel, &c->timer, SIP_T1_MS, on_timer_e);
}

void ctxn_fail(struct ctxns *cs, struct ctxn *c)
{
	state_set(c, CTXN_FAILED);
	wheel_start(cs->wheel, &c->timer, 0, on_failed);
}

void ctxns_conn_gone(struct ctxns *cs, uint32_t conn, size_t live)
{
	size_t i;

	for (i = 0; i < cs->used && live; i++) {
		struct ctxn *c = slot_at(cs, i);

		if (c->state == CTXN_FREE || c->state == CTXN_FAILED ||
		    !c->tcp || c->u.conn != conn)
			continue;
		ctxn_fail(cs, c);
		live--;
	}
}

static int hex_scan(uint64_t *out, const char *p)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 16; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -1;
	}
	*out = v;
	return 0;
}

static bool branch_scan(const struct ctxns *cs, struct view branch,
			uint64_t *id)
{
	const struct view cookie = VIEW("z9hG4bK");
	uint64_t check;

	return branch.n == cookie.n + BRANCH_HEX &&
	       view_starts(branch, cookie) &&
	       !hex_scan(id, branch.p + cookie.n) &&
	       !hex_scan(&check, branch.p + cookie.n + BRANCH_ID) &&
	       check == ctxn_check(cs, *id);
}

enum ctxn_match ctxns_answer(struct ctxns *cs, struct view branch, int status)
{
	struct ctxn *c;
	uint64_t id;

	if (!branch_scan(cs, branch, &id) || (uint32_t)id >= cs->used)
		return CTXN_STRAY;
	c = slot_at(cs, (uint32_t)id);
	if (c->gen != id >> 32 || c->state == CTXN_FREE ||
	    c->state == CTXN_FAILED)
		return CTXN_LATE;

	if (status >= 200)
		txn_over(cs, c, status);
	else
		state_set(c, CTXN_PROCEEDING);
	return CTXN_TAKEN;
}
