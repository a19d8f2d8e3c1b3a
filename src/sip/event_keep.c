/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subscriptions and publications in the store. What changes is noted, and
 * written at most ten times a second, each row once: a refresh of ten thousand
 * phones is some hundred transactions. A CSeq can't be written for each
 * NOTIFY, so rows have one that is ahead.
 *
 * What could not be written is noted again, as it is by then, and tried later:
 * a disk that was full for an hour has all of it a minute after it is not.
 */
#include "event_keep_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "event_list_priv.h"
#include "log.h"
#include "mem.h"
#include "pubs_priv.h"
#include "subs_priv.h"

enum {
	WRITE_MS = 100,
	AGAIN_MS = 1000,     /* after a failure; doubled with each */
	AGAIN_MAX_MS = 60 * 1000,
	ROWS = 500,          /* of one transaction */
	CSEQ_AHEAD = 64,
	CSEQ_LEFT = 32,      /* then the row gets a new one */
};

/* What one transaction has. */
struct batch {
	struct lnode node;
	struct event_keep *keep; /* borrowed; NULL: nothing is kept any more */
	struct list subs, pubs;  /* borrowed */
	struct gone_rows subs_gone, pubs_gone;
};

static void kept_move(struct kept *kept, struct list *to)
{
	if (kept->in)
		list_remove(kept->in, &kept->node);
	kept->in = to;
	if (to)
		list_append(to, &kept->node);
}

/* The first of a list goes to another one. */
static struct kept *kept_shift(struct list *from, struct list *to)
{
	struct lnode *n = list_first(from);
	struct kept *kept = n ? CONTAINER(n, struct kept, node) : NULL;

	if (kept)
		kept_move(kept, to);
	return kept;
}

static void gone_add(struct gone_rows *g, uint64_t id)
{
	if (g->count == g->room) {
		g->room = g->room ? 2 * g->room : 16;
		g->id = mem_array(g->id, g->room, sizeof(*g->id));
	}
	g->id[g->count++] = id;
}

static void gone_free(struct gone_rows *g)
{
	mem_free(g->id);
	*g = (struct gone_rows){ NULL, 0, 0 };
}

/* ---- writing ---- */

static uint64_t wall_of(uint64_t until_ms)
{
	uint64_t now = now_ms();

	return wall_ms() + (until_ms > now ? until_ms - now : 0);
}

static void put_sub(struct store_txn *t, struct sub *sub)
{
	char flow[SIP_FLOW_TEXT_MAX], own_tag[16];
	const struct store_sub row = {
		.id = sub->id,
		.package = view_str(sub->package->name),
		.resource = sub->resource,
		.watcher = sub->watcher,
		.call_id = sub->call_id,
		.tag = sub->tag,
		.own_tag = view_mem(own_tag, sizeof(own_tag)),
		.own_uri = sub->own_uri,
		.event = sub->event,
		.event_id = sub->event_id,
		.peer = sip_dest_to(sub->dest),
		.target = sip_dest_ruri(sub->dest),
		.route = sip_dest_route(sub->dest),
		.flow = view_str(sip_flow_str(flow, &sub->flow)),
		.listener = sub->flow.listener & SIP_LISTENER,
		.cseq_in = sub->cseq_in,
		.cseq_out = sub->cseq_kept,
		.state = sub->state,
		.stranger = sub->stranger,
		.expires_ms = wall_of(sub->until_ms),
		.list = sub->list ? sub->list->text : VIEW_NONE,
	};

	template_hex(own_tag, sub->own_tag, sizeof(own_tag));
	store_put_sub(t, &row);
}

static void put_pub(struct store_txn *t, const struct pub *pub)
{
	const struct store_pub row = {
		.id = pub->id,
		.package = view_str(pub->package->name),
		.resource = pub->resource,
		.etag = view_mem(pub->etag, PUB_ETAG),
		.body = view_mem(pub->body, pub->n),
		.said = pub->said,
		.heard = pub->heard,
		.expires_ms = wall_of(pub->until_ms),
	};

	store_put_pub(t, &row);
}

static struct batch *batch_new(struct event_keep *k)
{
	struct batch *b = mem_zalloc(sizeof(*b));

	b->keep = k;
	list_init(&b->subs);
	list_init(&b->pubs);
	b->subs_gone = k->subs_gone;
	b->pubs_gone = k->pubs_gone;
	k->subs_gone = k->pubs_gone = (struct gone_rows){ NULL, 0, 0 };
	list_append(&k->batches, &b->node);
	return b;
}

/* Its rows are where they are; nobody is to be told of it. */
static void batch_detach(struct batch *b)
{
	while (kept_shift(&b->subs, NULL))
		;
	while (kept_shift(&b->pubs, NULL))
		;
	list_remove(&b->keep->batches, &b->node);
	b->keep = NULL;
}

static void batch_free(struct batch *b)
{
	gone_free(&b->subs_gone);
	gone_free(&b->pubs_gone);
	mem_free(b);
}

static void on_timer(struct wtimer *t);

/* As they are by then. */
static void note_again(struct batch *b)
{
	struct event_keep *k = b->keep;

	while (kept_shift(&b->subs, &k->subs))
		;
	while (kept_shift(&b->pubs, &k->pubs))
		;
	for (size_t i = 0; i < b->subs_gone.count; i++)
		gone_add(&k->subs_gone, b->subs_gone.id[i]);
	for (size_t i = 0; i < b->pubs_gone.count; i++)
		gone_add(&k->pubs_gone, b->pubs_gone.id[i]);
}

/* Several may fail at once: that is one failure. */
static void try_later(struct event_keep *k, int err)
{
	if (wtimer_running(&k->timer) && k->again_ms)
		return;
	if (!k->again_ms)
		log_warning("store: subscriptions are not written (%s), this "
			    "is tried again",
			    strerrordesc_np(err));
	k->again_ms = k->again_ms ? 2 * k->again_ms : AGAIN_MS;
	if (k->again_ms > AGAIN_MAX_MS)
		k->again_ms = AGAIN_MAX_MS;
	wheel_start(k->wheel, &k->timer, k->again_ms, on_timer);
}

static void all_is_well(struct event_keep *k)
{
	log_info("store: subscriptions are written again");
	k->again_ms = 0;
	wheel_start(k->wheel, &k->timer, 0, on_timer);
}

static void on_written(int err, void *arg)
{
	struct batch *b = arg;
	struct event_keep *k = b->keep;

	if (k && err)
		note_again(b);
	if (k)
		batch_detach(b);
	batch_free(b);
	if (!k)
		return;
	if (err)
		try_later(k, err);
	else if (k->again_ms)
		all_is_well(k);
}

/* At most ROWS; what does not fit is for another one. */
static void write_some(struct event_keep *k)
{
	struct store_txn *t = store_begin(k->store);
	struct batch *b = batch_new(k);
	struct kept *kept;
	size_t i, rows = 0;

	for (i = 0; i < b->subs_gone.count; i++)
		store_del_sub(t, b->subs_gone.id[i]);
	for (i = 0; i < b->pubs_gone.count; i++)
		store_del_pub(t, b->pubs_gone.id[i]);
	for (; rows < ROWS; rows++) {
		kept = kept_shift(&k->subs, &b->subs);
		if (!kept)
			break;
		put_sub(t, CONTAINER(kept, struct sub, kept));
		kept->saved = true;
	}
	for (; rows < ROWS; rows++) {
		kept = kept_shift(&k->pubs, &b->pubs);
		if (!kept)
			break;
		put_pub(t, CONTAINER(kept, struct pub, kept));
		kept->saved = true;
	}
	store_commit(t, on_written, b);
}

static bool is_all_written(const struct event_keep *k)
{
	return !k->subs_gone.count && !k->pubs_gone.count &&
	       list_empty(&k->subs) && list_empty(&k->pubs);
}

/* After a failure one alone is tried first. */
static void on_timer(struct wtimer *t)
{
	struct event_keep *k = CONTAINER(t, struct event_keep, timer);

	while (!is_all_written(k)) {
		write_some(k);
		if (k->again_ms)
			return;
	}
	k->again_ms = 0;
}

/* After a failure its time is known, or an answer is awaited. */
static void write_soon(struct event_keep *k)
{
	if (!wtimer_running(&k->timer) && !k->again_ms)
		wheel_start(k->wheel, &k->timer, WRITE_MS, on_timer);
}

void event_keep_del_sub(struct event_keep *k, uint64_t id)
{
	gone_add(&k->subs_gone, id);
	write_soon(k);
}

void event_keep_del_pub(struct event_keep *k, uint64_t id)
{
	gone_add(&k->pubs_gone, id);
	write_soon(k);
}

/* ---- what changes ---- */

/* What is on its way to the disk goes once more. */
static void note(struct event_keep *k, struct kept *kept, struct list *to)
{
	if (kept->in == to)
		return;
	kept_move(kept, to);
	write_soon(k);
}

static void on_sub(struct event_keep *k, struct sub *sub)
{
	if (sub->cseq_out + CSEQ_LEFT >= sub->cseq_kept)
		sub->cseq_kept = sub->cseq_out + CSEQ_AHEAD;
	note(k, &sub->kept, &k->subs);
}

static void on_sent(struct event_keep *k, struct sub *sub)
{
	if (sub->state != SUB_OVER &&
	    sub->cseq_out + CSEQ_LEFT >= sub->cseq_kept)
		on_sub(k, sub);
}

static void on_sub_gone(struct event_keep *k, struct sub *sub)
{
	kept_move(&sub->kept, NULL);
	if (sub->kept.saved)
		event_keep_del_sub(k, sub->id);
	sub->kept.saved = false;
}

static void on_pub(struct event_keep *k, struct pub *pub)
{
	note(k, &pub->kept, &k->pubs);
}

static void on_pub_gone(struct event_keep *k, struct pub *pub)
{
	kept_move(&pub->kept, NULL);
	if (pub->kept.saved)
		event_keep_del_pub(k, pub->id);
	pub->kept.saved = false;
}

static const struct event_keep_ops keep_ops = {
	.sub = on_sub,
	.sent = on_sent,
	.sub_gone = on_sub_gone,
	.pub = on_pub,
	.pub_gone = on_pub_gone,
};

/* ---- life ---- */

struct event_keep *event_keep_new(struct loop *l, struct store *store)
{
	struct event_keep *k = mem_zalloc(sizeof(*k));

	k->store = store;
	k->wheel = loop_wheel(l);
	list_init(&k->sub_rows);
	list_init(&k->pub_rows);
	list_init(&k->subs);
	list_init(&k->pubs);
	list_init(&k->batches);
	return k;
}

void sip_events_keep(struct sip *s, struct event_keep *k)
{
	k->sip = s;
	s->events->keep = k;
	s->events->keep_ops = &keep_ops;
	event_keep_restore(k);
}

static void detach(struct event_keep *k)
{
	struct lnode *n;

	wheel_stop(k->wheel, &k->timer);
	while (!is_all_written(k))
		write_some(k);
	while ((n = list_first(&k->batches)))
		batch_detach(CONTAINER(n, struct batch, node));
	if (k->sip)
		k->sip->events->keep = NULL;
	k->sip = NULL;
}

void event_keep_free(struct event_keep *k)
{
	if (!k)
		return;
	detach(k);
	event_keep_unload(k);
	mem_free(k);
}
