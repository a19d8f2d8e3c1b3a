/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters of failures in one table, by a keyed hash of what they are of. */
#include "throttle_priv.h"

#include "clock.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

enum kind { PAIR, SOURCE, USER, NETWORK, KINDS };

static const unsigned most[KINDS] = {
	[PAIR] = THROTTLE_PAIR,
	[SOURCE] = THROTTLE_SOURCE,
	[USER] = THROTTLE_USER,
	[NETWORK] = 1, /* of a user, and while he is over */
};

struct counter {
	struct hnode by_key;
	struct lnode order;   /* by last touch */
	uint64_t key;         /* 64 keyed bits: nobody aims at another's */
	unsigned failures;
	uint64_t until_ms;    /* they count until then */
	uint64_t known_ms;    /* PAIR: logged in then; 0: never */
};

struct throttle {
	struct htable counters; /* owns them */
	struct list order[2]; /* [1]: where somebody has logged in */
	size_t max;
};

struct throttle *throttle_new(size_t max)
{
	struct throttle *t = mem_zalloc(sizeof(*t));

	list_init(&t->order[0]);
	list_init(&t->order[1]);
	t->max = max;
	return t;
}

static struct list *list_of(struct throttle *t, const struct counter *c)
{
	return &t->order[c->known_ms != 0];
}

static void counter_free(struct throttle *t, struct counter *c)
{
	htable_del(&t->counters, &c->by_key);
	list_remove(list_of(t, c), &c->order);
	mem_free(c);
}

/* Who has many addresses does not make us forget where users are at home. */
static void make_room(struct throttle *t)
{
	struct list *l = &t->order[t->order[1].count > t->max / 2];

	if (!l->count)
		l = &t->order[1];
	if (t->counters.count >= t->max)
		counter_free(t, CONTAINER(list_first(l), struct counter,
					  order));
}

void throttle_free(struct throttle *t)
{
	struct hnode *n;

	if (!t)
		return;
	while ((n = htable_pop(&t->counters)))
		mem_free(CONTAINER(n, struct counter, by_key));
	htable_free(&t->counters);
	mem_free(t);
}

size_t throttle_count(const struct throttle *t)
{
	return t->counters.count;
}

static uint64_t key_of(enum kind kind, const struct throttle_source *s,
		       struct view user)
{
	const uint64_t where[KINDS] = {
		[PAIR] = s->source,
		[SOURCE] = s->source,
		[NETWORK] = s->network,
	};
	const uint64_t part[3] = {
		kind,
		where[kind],
		kind == SOURCE ? 0 : hash_view(user),
	};

	return hash_view(view_mem(part, sizeof(part)));
}

static struct counter *find(const struct throttle *t, uint64_t key)
{
	struct hnode *n = htable_find(&t->counters, key);

	return n ? CONTAINER(n, struct counter, by_key) : NULL;
}

static struct counter *touch(struct throttle *t, uint64_t key)
{
	struct counter *c = find(t, key);

	if (c) {
		list_remove(list_of(t, c), &c->order);
	} else {
		make_room(t);
		c = mem_zalloc(sizeof(*c));
		c->key = key;
		htable_add(&t->counters, &c->by_key, key);
	}
	list_append(list_of(t, c), &c->order);
	return c;
}

static bool is_over(const struct throttle *t, enum kind kind, uint64_t key)
{
	const struct counter *c = find(t, key);

	return c && c->failures >= most[kind] && now_ms() < c->until_ms;
}

static bool is_known(const struct throttle *t, uint64_t pair)
{
	const struct counter *c = find(t, pair);

	return c && c->known_ms &&
	       now_ms() < c->known_ms + THROTTLE_KNOWN_MS;
}

bool throttle_refuses(const struct throttle *t,
		      const struct throttle_source *s, struct view user)
{
	uint64_t pair = key_of(PAIR, s, user);

	if (is_over(t, PAIR, pair))
		return true;
	if (is_known(t, pair))
		return false;
	return is_over(t, SOURCE, key_of(SOURCE, s, user)) ||
	       (is_over(t, USER, key_of(USER, s, user)) &&
		is_over(t, NETWORK, key_of(NETWORK, s, user)));
}

/* True: that was one too many. */
static bool count(struct throttle *t, enum kind kind, uint64_t key)
{
	struct counter *c = touch(t, key);
	uint64_t now = now_ms();

	if (now >= c->until_ms) {
		c->failures = 0;
		c->until_ms = now + THROTTLE_MS;
	}
	if (++c->failures != most[kind])
		return false;
	c->until_ms = now + THROTTLE_MS;
	return true;
}

bool throttle_failed(struct throttle *t, const struct throttle_source *s,
		     struct view user)
{
	uint64_t pair = key_of(PAIR, s, user);
	const struct counter *c = find(t, pair);
	bool again = c && c->failures && now_ms() < c->until_ms;
	bool over = count(t, PAIR, pair);

	/* One phone with an old password is one guess of its network's. */
	if (!again && count(t, SOURCE, key_of(SOURCE, s, user)))
		over = true;
	count(t, NETWORK, key_of(NETWORK, s, user));
	return count(t, USER, key_of(USER, s, user)) || over;
}

void throttle_passed(struct throttle *t, const struct throttle_source *s,
		     struct view user)
{
	struct counter *c = touch(t, key_of(PAIR, s, user));

	list_remove(list_of(t, c), &c->order);
	c->failures = 0;
	c->known_ms = now_ms();
	list_append(list_of(t, c), &c->order);
}
