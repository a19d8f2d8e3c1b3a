/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway's modules share: addresses, words for users, rates, and
 * what was seen before. */
#include <errno.h>

#include "gate_priv.h"
#include "mem.h"

enum { SEEN = 65536, RATES = 4096, REFUSALS = 5 };

struct seen {
	struct hnode node;
	uint64_t key;
};

struct gate_seen {
	struct htable table;
	struct seen *ring;        /* owned; SEEN of them */
	size_t next, count;
	struct gate_rates *rates; /* owned */
};

void gate_seen_init(struct gate *g)
{
	g->seen = mem_zalloc(sizeof(*g->seen));
	g->seen->ring = mem_array(NULL, SEEN, sizeof(*g->seen->ring));
	g->seen->rates = gate_rates_new(RATES);
}

void gate_seen_free(struct gate *g)
{
	if (!g->seen)
		return;
	htable_free(&g->seen->table);
	mem_free(g->seen->ring);
	gate_rates_free(g->seen->rates);
	mem_free(g->seen);
}

static uint64_t key_of(struct view a, struct view b)
{
	return hash_u64(hash_view(a) ^ (hash_view(b) + 0x9e3779b97f4a7c15u));
}

static bool seen_find(const struct gate_seen *s, uint64_t key)
{
	return htable_find(&s->table, key) != NULL;
}

bool gate_seen(struct gate *g, struct view by, struct view id)
{
	struct gate_seen *s = g->seen;
	uint64_t key = key_of(by, id);
	struct seen *slot;

	if (seen_find(s, key))
		return true;
	slot = &s->ring[s->next];
	if (s->count == SEEN)
		htable_del(&s->table, &slot->node);
	else
		s->count++;
	*slot = (struct seen){ .key = key };
	htable_add(&s->table, &slot->node, key);
	s->next = (s->next + 1) % SEEN;
	return false;
}

bool gate_rate(struct gate *g, struct view jid, char what,
	       const struct bucket_rate *rate)
{
	return gate_rates_take(g->seen->rates,
			       key_of(jid, view_mem(&what, 1)), rate);
}

bool gate_within(struct gate *g, struct view jid, char what, unsigned rate,
		 unsigned burst)
{
	const struct bucket_rate br = { rate, 1000, burst };

	return gate_rate(g, jid, what, &br);
}

enum gate_turn gate_turn(struct gate *g, struct view jid, char what,
			 unsigned rate, unsigned burst)
{
	if (gate_within(g, jid, what, rate, burst))
		return GATE_TURN_YES;
	return gate_within(g, jid, 'Q', REFUSALS, 4 * REFUSALS) ?
		       GATE_TURN_REFUSE : GATE_TURN_SILENT;
}

struct addr *gate_addr(const struct gate *g, const struct jmap_target *t)
{
	struct buf text = { 0 };
	struct addr *a = NULL;
	struct jmap_sip sip;

	if (!jmap_to_sip(g->map, t, &sip, &text) &&
	    addr_new(&a, VIEW("sip"), sip.user, sip.host, VIEW_NONE))
		a = NULL;
	buf_free(&text);
	return a;
}

int gate_say(struct gate *g, struct addr *from, struct addr *user,
	     enum msg_kind kind, struct view text, const struct meta *meta,
	     struct view dedupe, hub_done_h *doneh, void *arg)
{
	struct buf b = { 0 };
	struct hub_say say = {
		.from = from, .kind = kind, .text = text, .dedupe = dedupe
	};
	int err;

	if (meta)
		meta_put(&b, meta);
	say.meta = buf_view(&b);
	err = hub_direct(g->conf.hub, user, &say, doneh, arg);
	buf_free(&b);
	return err;
}
