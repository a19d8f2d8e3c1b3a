/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who filled what: an inbox holds so much in all, and each of those who write
 * has a part of it, so that nobody can push out what others said. And inboxes
 * of other domains, whose users nobody here knows, are counted by domain and
 * by who began them, so that invented names do not take the places of all.
 * Conversations by who began them only: a network of others has no end.
 *
 * All of it is in memory: what waited before a restart is nobody's part.
 */
#include <errno.h>

#include "hub_priv.h"
#include "mem.h"

enum {
	SHARES = 10,          /* of an inbox: one sender has one of these */
	SHARES_FOREIGN = 2,   /* those of other domains together so many */
	SHARES_GATES = 5,     /* and those behind gateways, of whom each has
				 one */
	INBOXES_DOMAIN = 10000,
	INBOXES_BEGUN = 200,  /* by one user, in other domains */
	INBOXES_TALKS = 1000, /* by one user, on other networks; what was
				 delivered counts until it is tidied away */
	SHARE_MIN = 10,       /* messages, where an inbox is small */
	RING_MIN = 8,
	RING_MAX = 4096,
};

enum group { OURS, FOREIGN, GATED };

/* A message that waits. */
struct waiting {
	uint32_t who;      /* of his hash: two may share a part */
	uint32_t bytes : 30, group : 2;
};

struct book {
	struct waiting *ring; /* owned; NULL: nobody has written yet */
	size_t size, count;
	uint64_t first;       /* sequence number of the oldest in it */
	uint64_t domain, maker; /* keys of where it is counted; 0: nowhere */
};

/* ---- counters ---- */

struct tally {
	struct hnode by_key;
	size_t count;
};

static struct tally *tally_find(const struct hub *h, uint64_t key)
{
	struct hnode *n = htable_find(&h->tallies, key);

	return n ? CONTAINER(n, struct tally, by_key) : NULL;
}

static size_t tally_count(const struct hub *h, uint64_t key)
{
	const struct tally *t = key ? tally_find(h, key) : NULL;

	return t ? t->count : 0;
}

static void tally_add(struct hub *h, uint64_t key)
{
	struct tally *t = key ? tally_find(h, key) : NULL;

	if (!key)
		return;
	if (!t) {
		t = mem_zalloc(sizeof(*t));
		htable_add(&h->tallies, &t->by_key, key);
	}
	t->count++;
}

static void tally_del(struct hub *h, uint64_t key)
{
	struct tally *t = key ? tally_find(h, key) : NULL;

	if (!t || --t->count)
		return;
	htable_del(&h->tallies, &t->by_key);
	mem_free(t);
}

/* ---- inboxes ---- */

static bool is_foreign(const struct hub *h, const struct addr *a)
{
	return !hub_is_our_domain(h, a->host);
}

static uint64_t domain_key(const struct hub *h, const struct addr *to)
{
	if (hub_is_beyond(h, to))
		return 0;
	return is_foreign(h, to) ? hash_view(to->host) : 0;
}

/* 0: nobody is counted. */
static uint64_t maker_key(const struct hub *h, const struct addr *to,
			  const struct addr *from)
{
	if (hub_is_beyond(h, to))
		return hash_u64(from->hash);
	return is_foreign(h, to) ? from->hash : 0;
}

bool book_may_begin(const struct hub *h, const struct addr *to,
		    const struct addr *from)
{
	size_t max = hub_is_beyond(h, to) ? INBOXES_TALKS : INBOXES_BEGUN;

	return tally_count(h, domain_key(h, to)) < INBOXES_DOMAIN &&
	       tally_count(h, maker_key(h, to, from)) < max;
}

void book_new(struct room *inbox, const struct addr *from)
{
	struct book *b = mem_zalloc(sizeof(*b));

	b->domain = domain_key(inbox->hub, inbox->addr);
	b->maker = from ? maker_key(inbox->hub, inbox->addr, from) : 0;
	tally_add(inbox->hub, b->domain);
	tally_add(inbox->hub, b->maker);
	inbox->book = b;
}

void book_free(struct room *inbox)
{
	struct book *b = inbox->book;

	if (!b)
		return;
	tally_del(inbox->hub, b->domain);
	tally_del(inbox->hub, b->maker);
	mem_free(b->ring);
	mem_free(b);
	inbox->book = NULL;
}

/* ---- parts ---- */

static struct waiting *at(const struct book *b, uint64_t seq)
{
	return &b->ring[seq % b->size];
}

/* What he has got by now counts no more. */
static void tidy(struct book *b, uint64_t acked)
{
	while (b->count && (b->first <= acked || b->count >= RING_MAX)) {
		b->first++;
		b->count--;
	}
}

static void grow(struct book *b)
{
	struct book old = *b;
	size_t i;

	b->size = old.size ? 2 * old.size : RING_MIN;
	b->ring = mem_array(NULL, b->size, sizeof(*b->ring));
	for (i = 0; i < b->count; i++)
		*at(b, b->first + i) = *at(&old, b->first + i);
	mem_free(old.ring);
}

struct part {
	size_t msgs;
	uint64_t bytes;
};

/* What waits of this group, or of him alone. */
static struct part count(const struct book *b, struct waiting key, bool all)
{
	struct part p = { 0 };

	for (size_t i = 0; i < b->count; i++) {
		const struct waiting *w = at(b, b->first + i);

		if (w->group != key.group || (!all && w->who != key.who))
			continue;
		p.msgs++;
		p.bytes += w->bytes;
	}
	return p;
}

static enum group group_of(const struct hub *h, const struct addr *from)
{
	if (hub_is_gate(h, from))
		return GATED;
	return is_foreign(h, from) ? FOREIGN : OURS;
}

static struct waiting key_of(const struct room *inbox, const struct addr *from,
			     size_t bytes)
{
	return (struct waiting){
		.who = (uint32_t)from->hash,
		.bytes = (uint32_t)bytes & 0x3fffffff,
		.group = group_of(inbox->hub, from),
	};
}

static size_t share_of(const struct hub *h, unsigned shares)
{
	size_t n = (size_t)h->wait_msgs * shares / SHARES;

	return n < SHARE_MIN ? SHARE_MIN : n;
}

/* One message may be there, whatever its size. */
static bool has_room(const struct room *inbox, struct waiting key, bool all,
		     unsigned shares)
{
	const struct hub *h = inbox->hub;
	struct part p = count(inbox->book, key, all);

	return !p.msgs || (p.msgs < share_of(h, shares) &&
			   p.bytes + key.bytes <=
				   h->wait_bytes * shares / SHARES);
}

bool book_has_room(struct room *inbox, const struct addr *from, size_t bytes)
{
	struct waiting key = key_of(inbox, from, bytes);

	tidy(inbox->book, room_member(inbox, inbox->addr)->cur.acked);
	switch ((enum group)key.group) {
	case FOREIGN:
		return has_room(inbox, key, true, SHARES_FOREIGN);
	case GATED:
		return has_room(inbox, key, false, 1) &&
		       has_room(inbox, key, true, SHARES_GATES);
	case OURS:
		break;
	}
	return has_room(inbox, key, false, 1);
}

void book_add(struct room *inbox, const struct msg *msg)
{
	struct book *b = inbox->book;

	if (b->count == b->size)
		grow(b);
	if (!b->count)
		b->first = msg->seq;
	*at(b, b->first + b->count++) = key_of(inbox, msg->from, msg->text.n);
}
