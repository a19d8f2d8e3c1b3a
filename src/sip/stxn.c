/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server transactions that wait, in a table by key and one by id. */
#include "stxn_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"

struct stxn {
	struct hnode by_key, by_id;
	struct wtimer timer;
	struct stxns *set; /* borrowed */
	struct stxn_key key;
	uint64_t id;
	struct sip_flow flow;
	size_t n;
	char head[]; /* n bytes: the answer's headers */
};

struct stxns {
	struct wheel *wheel; /* borrowed */
	struct stxn_ops ops;
	struct htable by_key, by_id; /* own the transactions */
	struct dones *done;          /* owned: the others */
	uint64_t next_id;
	size_t max;
	uint8_t key_a[16], key_b[16];
};

/* The tags that everybody gets to see are made with it, so it is another key
 * than that of the branches. */
static void key_derive(uint8_t out[16], const uint8_t *key, const char *what)
{
	uint64_t half[2];

	half[0] = siphash(key, what, strlen(what));
	half[1] = siphash(key, what, strlen(what) + 1);
	memcpy(out, half, sizeof(half));
}

struct stxns *stxns_new(struct wheel *w, size_t max, size_t done,
			const uint8_t *key, const struct stxn_ops *ops)
{
	struct stxns *ss = mem_zalloc(sizeof(*ss));

	ss->wheel = w;
	ss->max = max;
	ss->done = dones_new(w, done, SIP_TXN_MS);
	ss->ops = *ops;
	ss->next_id = 1;
	if (key) {
		key_derive(ss->key_a, key, "server transactions, a");
		key_derive(ss->key_b, key, "server transactions, b");
	} else {
		rand_bytes(ss->key_a, sizeof(ss->key_a));
		rand_bytes(ss->key_b, sizeof(ss->key_b));
	}
	return ss;
}

static void txn_free(struct stxn *t)
{
	htable_del(&t->set->by_key, &t->by_key);
	htable_del(&t->set->by_id, &t->by_id);
	wheel_stop(t->set->wheel, &t->timer);
	mem_free(t);
}

void stxns_free(struct stxns *ss)
{
	struct hnode *n;

	if (!ss)
		return;
	while ((n = htable_pop(&ss->by_id)))
		txn_free(CONTAINER(n, struct stxn, by_id));
	htable_free(&ss->by_key);
	htable_free(&ss->by_id);
	dones_free(ss->done);
	mem_free(ss);
}

size_t stxns_count(const struct stxns *ss)
{
	return ss->by_id.count;
}

struct dones *stxns_done(const struct stxns *ss)
{
	return ss->done;
}

/* Each part by itself and then in order, so that no two lists of parts run
 * together to the same bytes. */
static void key_add(const struct stxns *ss, struct stxn_key *k, struct view v)
{
	uint64_t part[2];

	part[0] = k->a;
	part[1] = siphash(ss->key_a, v.p, v.n);
	k->a = siphash(ss->key_a, part, sizeof(part));
	part[0] = k->b;
	part[1] = siphash(ss->key_b, v.p, v.n);
	k->b = siphash(ss->key_b, part, sizeof(part));
}

static struct view ip_of(const struct netaddr *a)
{
	if (netaddr_family(a) == AF_INET6)
		return view_mem(&a->u.in6.sin6_addr, 16);
	return view_mem(&a->u.in.sin_addr, 4);
}

void stxn_key(const struct stxns *ss, struct stxn_key *out,
	      const struct prescan *pre, const struct parsed *req,
	      const struct netaddr *src)
{
	memset(out, 0, sizeof(*out));
	key_add(ss, out, ip_of(src));
	key_add(ss, out, pre->method);
	if (via_magic(&req->via)) {
		key_add(ss, out, req->via.branch);
		key_add(ss, out, req->via.host);
		key_add(ss, out, view_mem(&req->via.port,
					  sizeof(req->via.port)));
		return;
	}
	key_add(ss, out, pre->ruri);
	key_add(ss, out, pre->first[HDR_TO]);
	key_add(ss, out, pre->first[HDR_FROM]);
	key_add(ss, out, pre->first[HDR_CALL_ID]);
	key_add(ss, out, pre->first[HDR_CSEQ]);
	key_add(ss, out, req->via.text);
}

static struct stxn *by_key(const struct stxns *ss, const struct stxn_key *key)
{
	struct hnode *n = htable_find(&ss->by_key, key->a);

	for (; n; n = htable_more(n)) {
		struct stxn *t = CONTAINER(n, struct stxn, by_key);

		if (t->key.b == key->b)
			return t;
	}
	return NULL;
}

static struct stxn *by_id(const struct stxns *ss, uint64_t id)
{
	struct hnode *n = htable_find(&ss->by_id, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct stxn *t = CONTAINER(n, struct stxn, by_id);

		if (t->id == id)
			return t;
	}
	return NULL;
}

enum stxn_state stxns_find(const struct stxns *ss, const struct stxn_key *key,
			   struct answer *again)
{
	if (by_key(ss, key))
		return STXN_WAITING;
	return dones_find(ss->done, key, again) ? STXN_DONE : STXN_NONE;
}

static void on_stuck(struct wtimer *timer)
{
	struct stxn *t = CONTAINER(timer, struct stxn, timer);

	t->set->ops.stuck(t->id, t->set->ops.arg);
}

int stxn_new(struct stxns *ss, uint64_t *id, const struct stxn_key *key,
	     const struct sip_flow *flow, struct view head)
{
	struct stxn *t;

	if (stxns_count(ss) >= ss->max)
		return ENOBUFS;
	t = mem_alloc(sizeof(*t) + head.n);
	*t = (struct stxn){ .set = ss, .key = *key, .flow = *flow,
			    .id = ss->next_id++, .n = head.n };
	if (head.n)
		memcpy(t->head, head.p, head.n);
	htable_add(&ss->by_key, &t->by_key, key->a);
	htable_add(&ss->by_id, &t->by_id, hash_u64(t->id));
	wheel_start(ss->wheel, &t->timer, STXN_WAIT_MS, on_stuck);
	*id = t->id;
	return 0;
}

bool stxn_head(const struct stxns *ss, uint64_t id, struct view *head)
{
	const struct stxn *t = by_id(ss, id);

	if (!t)
		return false;
	*head = view_mem(t->head, t->n);
	return true;
}

void stxn_answer(struct stxns *ss, uint64_t id, const struct answer *a,
		 struct view text)
{
	struct stxn *t = by_id(ss, id);
	struct sip_flow flow;

	if (!t)
		return;
	flow = t->flow;
	/* Nothing is sent twice over a stream: Timer J is 0. */
	if (!sip_is_stream(flow.transport))
		dones_add(ss->done, &t->key, a);
	txn_free(t);
	ss->ops.send(&flow, text, ss->ops.arg);
}
