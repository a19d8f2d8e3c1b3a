/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Client transactions in slots. The slots stand in chunks that never move,
 * because the timer wheel holds on to what is in them. A table with open
 * addressing leads from the id, which is as good as random, to the slot.
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
	TABLE_MIN = 1024,
};

struct ctxns {
	struct wheel *wheel; /* borrowed */
	struct ctxn_ops ops;
	struct ctxn **chunk; /* owned, and so is each */
	size_t chunks, used; /* used: slots ever taken */
	struct ctxn **spare; /* owned: free slots below used */
	struct ctxn **table; /* owned: by id, at most half full */
	size_t spares, count, max, mask, fresh;
	struct window window;
	uint8_t key[CTXN_KEY];
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
	c->state = (unsigned)state & 0x7f;
}

struct ctxns *ctxns_new(struct wheel *w, size_t max, const uint8_t *key,
			const struct ctxn_ops *ops)
{
	struct ctxns *cs = mem_zalloc(sizeof(*cs));

	cs->wheel = w;
	cs->max = max;
	window_init(&cs->window, 0);
	cs->ops = *ops;
	cs->mask = TABLE_MIN - 1;
	cs->table = mem_zalloc(TABLE_MIN * sizeof(struct ctxn *));
	if (key)
		memcpy(cs->key, key, sizeof(cs->key));
	else
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
		mem_deref(c->dest);
	}
	for (i = 0; i < cs->chunks; i++)
		mem_free(cs->chunk[i]);
	mem_free(cs->chunk);
	mem_free(cs->spare);
	mem_free(cs->table);
	mem_free(cs);
}

size_t ctxns_count(const struct ctxns *cs)
{
	return cs->count;
}

size_t ctxns_fresh(const struct ctxns *cs)
{
	return cs->fresh;
}

struct window *ctxns_window(struct ctxns *cs)
{
	return &cs->window;
}

static void fresh_set(struct ctxns *cs, struct ctxn *c, bool fresh)
{
	cs->fresh += (size_t)fresh - c->fresh;
	c->fresh = fresh;
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
	if (cs->spares)
		return cs->spare[--cs->spares];
	if (cs->used == cs->chunks * CHUNK)
		chunk_add(cs);
	return slot_at(cs, cs->used++);
}

/* ---- by id ---- */

/* Where it stands, or where it would. */
static size_t table_place(const struct ctxns *cs, uint64_t id)
{
	size_t i = id & cs->mask;

	while (cs->table[i] && cs->table[i]->id != id)
		i = (i + 1) & cs->mask;
	return i;
}

static void table_grow(struct ctxns *cs)
{
	struct ctxn **old = cs->table;
	size_t i, size = cs->mask + 1;

	cs->mask = 2 * size - 1;
	cs->table = mem_zalloc(2 * size * sizeof(struct ctxn *));
	for (i = 0; i < size; i++)
		if (old[i])
			cs->table[table_place(cs, old[i]->id)] = old[i];
	mem_free(old);
}

static void table_add(struct ctxns *cs, struct ctxn *c)
{
	if (2 * cs->count > cs->mask)
		table_grow(cs);
	cs->table[table_place(cs, c->id)] = c;
}

/* What stands behind moves up, unless it would pass its home. */
static void table_del(struct ctxns *cs, const struct ctxn *c)
{
	size_t hole = table_place(cs, c->id), i = hole, home;

	while (cs->table[i = (i + 1) & cs->mask]) {
		home = cs->table[i]->id & cs->mask;
		if (((i - home) & cs->mask) < ((i - hole) & cs->mask))
			continue;
		cs->table[hole] = cs->table[i];
		hole = i;
	}
	cs->table[hole] = NULL;
}

uint64_t ctxn_wish(const struct ctxns *cs, uint64_t tmpl, uint64_t key)
{
	const uint64_t both[] = { tmpl, key };

	return siphash(cs->key, both, sizeof(both));
}

struct ctxn *ctxn_new(struct ctxns *cs, uint64_t wish)
{
	struct ctxn *c;

	if (cs->count >= cs->max)
		return NULL;
	c = slot_take(cs);
	cs->count++;
	state_set(c, CTXN_TRYING);
	while (cs->table[table_place(cs, wish)])
		wish++;
	c->id = wish;
	table_add(cs, c);
	return c;
}

/* Leaves the slot ready for its next use. */
static void slot_free(struct ctxns *cs, struct ctxn *c)
{
	wheel_stop(cs->wheel, &c->timer);
	table_del(cs, c);
	fresh_set(cs, c, false);
	memset(c, 0, sizeof(*c));
	cs->spare[cs->spares++] = c;
	cs->count--;
}

uint64_t ctxn_id(const struct ctxn *c)
{
	return c->id;
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

	fresh_set(cs, c, false);
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
	if (sip_is_stream(c->transport)) {
		wheel_start(cs->wheel, &c->timer, SIP_TXN_MS, on_timeout);
		return;
	}
	fresh_set(cs, c, true);
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
		    !sip_is_stream(c->transport) || c->edge ||
		    c->u.conn != conn)
			continue;
		ctxn_fail(cs, c);
		live--;
	}
}

void ctxns_edge_gone(struct ctxns *cs, uint8_t edge, uint32_t conn)
{
	size_t i;

	for (i = 0; i < cs->used; i++) {
		struct ctxn *c = slot_at(cs, i);

		if (c->state != CTXN_FREE && c->state != CTXN_FAILED &&
		    c->edge == edge && sip_is_stream(c->transport) &&
		    (!conn || c->u.conn == conn))
			ctxn_fail(cs, c);
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

bool ctxns_made(const struct ctxns *cs, struct view branch)
{
	uint64_t id;

	return branch_scan(cs, branch, &id);
}

enum ctxn_match ctxns_answer(struct ctxns *cs, struct view branch,
			     struct view method, int status)
{
	struct ctxn *c;
	uint64_t id;

	if (!branch_scan(cs, branch, &id))
		return CTXN_STRAY;
	c = cs->table[table_place(cs, id)];
	if (!c || c->state == CTXN_FAILED)
		return CTXN_LATE;
	if (!template_is(c->tmpl, method))
		return CTXN_STRAY;

	if (status < 200) {
		state_set(c, CTXN_PROCEEDING);
		return CTXN_TAKEN;
	}
	if (!sip_is_stream(c->transport))
		window_answer(&cs->window, !c->fresh);
	txn_over(cs, c, status);
	return CTXN_TAKEN;
}
