/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests by the id of their frame, and in the order they came. */
#include "keeper.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "list.h"
#include "log.h"
#include "mem.h"

struct keeper {
	struct loop *loop;    /* borrowed */
	struct sip *sip;      /* borrowed */
	struct htable by_id;  /* owns them */
	struct list order;    /* the same ones */
	size_t bytes;
	uint32_t last_id;
	bool refusing;        /* the log has heard of it */
	uint64_t passed, refused;
};

struct kept {
	struct hnode by_id;
	struct lnode in_order;
	struct wtimer timer;
	struct keeper *set;   /* borrowed */
	uint32_t id;
	uint64_t txn;
	struct sip_flow flow;
	char *identity;       /* owned */
	bool passed;
	size_t n;
	char packet[];
};

static void answer_busy(const struct keeper *k, uint64_t txn)
{
	static const struct sip_header again = { VIEW("Retry-After"),
						 VIEW("1") };

	sip_answer(k->sip, txn, 503, NULL, &again, 1);
}

void keeper_refuse(struct keeper *k, uint64_t txn, const char *why)
{
	k->refused++;
	if (!k->refusing)
		log_warning("standing by: requests get 503: %s", why);
	k->refusing = true;
	answer_busy(k, txn);
}

static void kept_free(struct kept *r)
{
	wheel_stop(loop_wheel(r->set->loop), &r->timer);
	htable_del(&r->set->by_id, &r->by_id);
	list_remove(&r->set->order, &r->in_order);
	r->set->bytes -= r->n;
	mem_free(r->identity);
	mem_free(r);
}

static void on_late(struct wtimer *t)
{
	struct kept *r = CONTAINER(t, struct kept, timer);

	keeper_refuse(r->set, r->txn, r->passed ?
					      "who serves does not answer" :
					      "nobody serves");
	kept_free(r);
}

static void kept_wait(struct kept *r, bool passed)
{
	r->passed = passed;
	wheel_start(loop_wheel(r->set->loop), &r->timer,
		    passed ? KEEPER_ANSWER_MS : KEEPER_KEEP_MS, on_late);
}

/* Whoever is settled has a user and a host. */
static char *identity_text(const struct sip_uri *u)
{
	struct buf b = { 0 };

	buf_addv(&b, u->scheme);
	buf_addc(&b, ':');
	buf_addv(&b, u->user);
	buf_addc(&b, '@');
	buf_addv(&b, u->host);
	if (u->port) {
		buf_addc(&b, ':');
		buf_add_u64(&b, u->port);
	}
	return buf_take(&b);
}

static struct kept *kept_new(struct keeper *k, const struct sip_request *req)
{
	struct kept *r = mem_zalloc(sizeof(*r) + req->packet.n);

	r->set = k;
	r->id = ++k->last_id;
	r->txn = req->txn;
	r->flow = req->flow;
	r->identity = identity_text(&req->identity);
	r->n = req->packet.n;
	memcpy(r->packet, req->packet.p, r->n);
	k->bytes += r->n;
	htable_add(&k->by_id, &r->by_id, hash_u64(r->id));
	list_append(&k->order, &r->in_order);
	kept_wait(r, false);
	return r;
}

static struct kept *kept_find(const struct keeper *k, uint32_t id)
{
	struct hnode *h = htable_find(&k->by_id, hash_u64(id));

	while (h && CONTAINER(h, struct kept, by_id)->id != id)
		h = htable_more(h);
	return h ? CONTAINER(h, struct kept, by_id) : NULL;
}

static struct kept *kept_first(const struct keeper *k)
{
	struct lnode *n = list_first(&k->order);

	return n ? CONTAINER(n, struct kept, in_order) : NULL;
}

/* Where it can't be sent it waits for the next connection. */
static void kept_pass(struct kept *r, struct framer *to)
{
	const struct pass_request pr = {
		.flow = r->flow,
		.identity = view_str(r->identity),
		.packet = view_mem(r->packet, r->n),
	};
	struct buf b = { 0 };
	int err = pass_put_request(&b, &pr);

	if (!err)
		err = framer_send(to, PASS_REQUEST, r->id, buf_view(&b));
	buf_free(&b);
	if (err)
		return;
	r->set->passed++;
	kept_wait(r, true);
}

struct keeper *keeper_new(struct loop *l, struct sip *sip)
{
	struct keeper *k = mem_zalloc(sizeof(*k));

	k->loop = l;
	k->sip = sip;
	list_init(&k->order);
	return k;
}

void keeper_free(struct keeper *k)
{
	struct kept *r;

	if (!k)
		return;
	while ((r = kept_first(k))) {
		answer_busy(k, r->txn);
		kept_free(r);
	}
	htable_free(&k->by_id);
	mem_free(k);
}

void keeper_take(struct keeper *k, const struct sip_request *req,
		 struct framer *to)
{
	struct kept *r;

	if (k->order.count >= KEEPER_MAX ||
	    k->bytes + req->packet.n > KEEPER_BYTES) {
		keeper_refuse(k, req->txn, "too many wait for an answer");
		return;
	}
	r = kept_new(k, req);
	if (to)
		kept_pass(r, to);
}

void keeper_pass(struct keeper *k, struct framer *to)
{
	struct lnode *n, *nx;

	k->refusing = false;
	LIST_EACH (&k->order, n, nx)
		kept_pass(CONTAINER(n, struct kept, in_order), to);
}

void keeper_wait(struct keeper *k)
{
	struct lnode *n, *nx;

	LIST_EACH (&k->order, n, nx)
		kept_wait(CONTAINER(n, struct kept, in_order), false);
}

static void give(struct sip *sip, uint64_t txn, const struct pass_answer *a)
{
	char reason[PASS_REASON_MAX + 1];

	view_copy(reason, sizeof(reason), a->reason);
	sip_answer(sip, txn, a->code, *reason ? reason : NULL, a->headers,
		   a->count);
}

void keeper_answer(struct keeper *k, uint32_t id, const struct pass_answer *a)
{
	struct kept *r = kept_find(k, id);

	if (!r)
		return;
	give(k->sip, r->txn, a);
	kept_free(r);
}

/* The keeper is gone by then, maybe. */
static void on_served(int code, struct view reason,
		      const struct sip_header *headers, size_t count,
		      uint64_t txn, uint64_t b, void *sip)
{
	struct pass_answer a = { .code = code, .reason = reason };

	(void)b;
	for (; a.count < count && a.count < PASS_HEADERS_MAX; a.count++)
		a.headers[a.count] = headers[a.count];
	give(sip, txn, &a);
}

void keeper_serve(struct keeper *k)
{
	struct kept *r;

	while ((r = kept_first(k))) {
		const struct sip_injection in = {
			.packet = view_mem(r->packet, r->n),
			.identity = view_str(r->identity),
			.flow = r->flow,
			.answerh = on_served,
			.a = r->txn,
			.arg = k->sip,
		};

		if (sip_inject(k->sip, &in))
			answer_busy(k, r->txn);
		kept_free(r);
	}
}

void keeper_stats(const struct keeper *k, struct keeper_stats *out)
{
	*out = (struct keeper_stats){
		.waiting = k->order.count,
		.passed = k->passed,
		.refused = k->refused,
	};
}
