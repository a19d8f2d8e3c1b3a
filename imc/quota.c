/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Buckets, in a hash and in a list by use. Each new one takes a few full ones
 * at the list's old end along, so that the table is as large as what is going
 * on, and never waits for a clean-up.
 */
#include "bucket.h"
#include "hash.h"
#include "quota.h"
#include "list.h"
#include "mem.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, SWEEP = 4 };

struct entry {
	struct hnode by_key;
	struct lnode by_use;
	struct bucket bucket;
};

struct quotas {
	struct quota_conf conf;
	struct bucket_rate rates[QUOTAS];
	struct htable table;
	struct list order; /* of struct entry, owned; used last: at the end */
	size_t max;
};

static struct bucket_rate rate_of(unsigned count, unsigned per_ms,
				  unsigned burst)
{
	return (struct bucket_rate){ count, per_ms, burst };
}

static void set_rates(struct quotas *qs)
{
	const struct quota_conf *c = &qs->conf;

	qs->rates[QUOTA_USER] = rate_of(c->user_rate, SECOND, c->user_burst);
	qs->rates[QUOTA_ROOM] = rate_of(c->room_rate, SECOND, c->room_burst);
	qs->rates[QUOTA_CREATE] =
		rate_of(c->create_rate, MINUTE, c->create_rate);
	qs->rates[QUOTA_JOIN] = rate_of(c->join_rate, MINUTE, c->join_rate);
	qs->rates[QUOTA_INVITE] =
		rate_of(c->invite_rate, MINUTE, c->invite_rate);
	qs->rates[QUOTA_INVITED] =
		rate_of(c->invited_rate, HOUR, c->invited_rate);
}

static void forget(struct quotas *qs, struct entry *e)
{
	htable_del(&qs->table, &e->by_key);
	list_remove(&qs->order, &e->by_use);
	mem_free(e);
}

static struct entry *oldest(const struct quotas *qs)
{
	struct lnode *n = list_first(&qs->order);

	return n ? CONTAINER(n, struct entry, by_use) : NULL;
}

static void quota_destroy(void *obj)
{
	struct quotas *qs = obj;
	struct entry *e;

	while ((e = oldest(qs)) != NULL)
		forget(qs, e);
	htable_free(&qs->table);
}

struct quotas *quota_new(const struct quota_conf *conf, size_t max)
{
	struct quotas *qs = mem_new(sizeof(*qs), quota_destroy);

	qs->conf = *conf;
	qs->max = max;
	list_init(&qs->order);
	set_rates(qs);
	return qs;
}

void quota_free(struct quotas *qs)
{
	mem_deref(qs);
}

void quota_set(struct quotas *qs, const struct quota_conf *conf)
{
	qs->conf = *conf;
	set_rates(qs);
}

const struct quota_conf *quota_conf(const struct quotas *qs)
{
	return &qs->conf;
}

size_t quota_count(const struct quotas *qs)
{
	return qs->order.count;
}

static void make_room(struct quotas *qs, uint64_t now_ms)
{
	struct entry *e;

	for (int n = 0; n < SWEEP && (e = oldest(qs)) != NULL; n++)
		if (bucket_full(&e->bucket, now_ms) ||
		    qs->order.count >= qs->max)
			forget(qs, e);
}

/* Two keys of 64 random bits each are one seldom enough: somebody would wait
 * a moment. */
static struct entry *entry_get(struct quotas *qs, uint64_t key,
			       uint64_t now_ms)
{
	struct hnode *n = htable_find(&qs->table, key);
	struct entry *e;

	if (n) {
		e = CONTAINER(n, struct entry, by_key);
		list_remove(&qs->order, &e->by_use);
	} else {
		make_room(qs, now_ms);
		e = mem_zalloc(sizeof(*e));
		htable_add(&qs->table, &e->by_key, key);
	}
	list_append(&qs->order, &e->by_use);
	return e;
}

/* False: he was told of this limit just now. */
static bool may_tell(struct quotas *qs, enum quota what, uint64_t who,
		     uint64_t now_ms)
{
	static const struct bucket_rate rate = { 1, MINUTE, 1 };
	struct entry *e = entry_get(qs, hash_u64(who) + QUOTAS + what,
				    now_ms);

	return bucket_take(&e->bucket, &rate, now_ms);
}

bool quota_take(struct quotas *qs, enum quota what, uint64_t key,
		uint64_t who, uint64_t now_ms, struct quota_over *out)
{
	const struct bucket_rate *rate = &qs->rates[what];
	struct entry *e;

	if (!rate->count)
		return true;
	e = entry_get(qs, hash_u64(key) + (uint64_t)what, now_ms);
	if (bucket_take(&e->bucket, rate, now_ms))
		return true;
	out->wait_ms = bucket_wait_ms(&e->bucket, rate, now_ms);
	out->tell = may_tell(qs, what, who, now_ms);
	return false;
}
