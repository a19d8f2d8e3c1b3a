/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which nicks are ours. One that was stays so for a minute: what it said last
 * may still be on its way to the relay, which hears it as anybody's.
 */
#include <string.h>

#include "clock.h"
#include "iseat_priv.h"
#include "mem.h"

enum { OLD_MS = 60 * 1000 };

/* One allocation. */
struct inick {
	struct hnode node;
	struct lnode old;   /* igate.old_nicks, once it is not ours */
	uint64_t until_ms;  /* then */
	size_t network_n, nick_n;
	char text[];        /* the network's label, and the nick */
};

static uint64_t hash_of(struct view network, struct view nick)
{
	return hash_u64(hash_iview(network) ^ (hash_iview(nick) << 1));
}

static bool is_it(const struct inick *i, struct view network,
		  struct view nick)
{
	return view_ieq(view_mem(i->text, i->network_n), network) &&
	       view_ieq(view_mem(i->text + i->network_n, i->nick_n), nick);
}

static struct inick *find(const struct igate *g, struct view network,
			  struct view nick)
{
	struct hnode *n = htable_find(&g->nicks, hash_of(network, nick));

	for (; n; n = htable_more(n)) {
		struct inick *i = CONTAINER(n, struct inick, node);

		if (is_it(i, network, nick))
			return i;
	}
	return NULL;
}

/* Their time is the same for all: the first is the oldest. */
static void drop_old(struct igate *g)
{
	struct lnode *n;

	while ((n = list_first(&g->old_nicks))) {
		struct inick *i = CONTAINER(n, struct inick, old);

		if (now_ms() < i->until_ms)
			return;
		list_remove(&g->old_nicks, n);
		htable_del(&g->nicks, &i->node);
		mem_free(i);
	}
}

void nick_claim(struct igate *g, struct view network, struct view nick)
{
	struct inick *i;

	drop_old(g);
	i = find(g, network, nick);
	if (i) {
		list_remove(&g->old_nicks, &i->old);
		return;
	}
	i = mem_zalloc(sizeof(*i) + network.n + nick.n);
	i->network_n = network.n;
	i->nick_n = nick.n;
	memcpy(i->text, network.p, network.n);
	memcpy(i->text + network.n, nick.p, nick.n);
	htable_add(&g->nicks, &i->node, hash_of(network, nick));
}

void nick_release(struct igate *g, struct view network, struct view nick)
{
	struct inick *i = find(g, network, nick);

	if (i && !i->old.next) {
		i->until_ms = now_ms() + OLD_MS;
		list_append(&g->old_nicks, &i->old);
	}
	drop_old(g);
}

bool igate_is_ours(const struct igate *g, struct view network,
		   struct view nick)
{
	const struct inick *i = find(g, network, nick);

	return i && (!i->old.next || now_ms() < i->until_ms);
}

void nicks_free(struct igate *g)
{
	struct hnode *n;

	while ((n = htable_pop(&g->nicks)))
		mem_free(CONTAINER(n, struct inick, node));
	htable_free(&g->nicks);
	list_init(&g->old_nicks);
}
