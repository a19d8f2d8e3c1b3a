/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subscriptions and publications in the store. What changes is noted, and
 * written at most ten times a second, each row once: a refresh of ten thousand
 * phones is some hundred transactions. A CSeq can't be written for each
 * NOTIFY, so rows have one that is ahead.
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
	ROWS = 500,          /* of one transaction */
	CSEQ_AHEAD = 64,
	CSEQ_LEFT = 32,      /* then the row gets a new one */
	SPREAD_MS = 2,       /* between two first NOTIFYs after a restart */
	SUB_TEXTS = 14,
	PUB_TEXTS = 4,
};

/* A row that was read, until the packages are there. */
struct sub_row {
	struct lnode node;
	struct store_sub row; /* views into text */
	char text[];
};
struct pub_row {
	struct lnode node;
	struct store_pub row;
	char text[];
};

struct event_keep {
	struct store *store;     /* borrowed */
	struct wheel *wheel;     /* borrowed */
	struct sip *sip;         /* borrowed; NULL: not yet, or no more */
	struct list sub_rows, pub_rows; /* own theirs */
	struct list subs, pubs;  /* borrowed: to be written */
	struct store_txn *gone;  /* owned: rows to be deleted; or NULL */
	struct wtimer timer;
};

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

/* At most ROWS; what does not fit is for another one. */
static void write_some(struct event_keep *k)
{
	struct store_txn *t = k->gone ? k->gone : store_begin(k->store);
	struct lnode *n;
	size_t rows = 0;

	k->gone = NULL;
	for (; rows < ROWS && (n = list_shift(&k->subs)); rows++) {
		put_sub(t, CONTAINER(n, struct sub, unsaved));
		CONTAINER(n, struct sub, unsaved)->saved = true;
	}
	for (; rows < ROWS && (n = list_shift(&k->pubs)); rows++) {
		put_pub(t, CONTAINER(n, struct pub, unsaved));
		CONTAINER(n, struct pub, unsaved)->saved = true;
	}
	store_commit(t, NULL, NULL);
}

static void write_all(struct event_keep *k)
{
	while (k->gone || !list_empty(&k->subs) || !list_empty(&k->pubs))
		write_some(k);
}

static void on_timer(struct wtimer *t)
{
	write_all(CONTAINER(t, struct event_keep, timer));
}

static void write_soon(struct event_keep *k)
{
	if (!wtimer_running(&k->timer))
		wheel_start(k->wheel, &k->timer, WRITE_MS, on_timer);
}

static struct store_txn *gone_txn(struct event_keep *k)
{
	if (!k->gone)
		k->gone = store_begin(k->store);
	write_soon(k);
	return k->gone;
}

/* ---- what changes ---- */

static void on_sub(struct event_keep *k, struct sub *sub)
{
	if (sub->cseq_out + CSEQ_LEFT >= sub->cseq_kept)
		sub->cseq_kept = sub->cseq_out + CSEQ_AHEAD;
	if (sub->unsaved.next)
		return;
	list_append(&k->subs, &sub->unsaved);
	write_soon(k);
}

static void on_sent(struct event_keep *k, struct sub *sub)
{
	if (sub->state != SUB_OVER &&
	    sub->cseq_out + CSEQ_LEFT >= sub->cseq_kept)
		on_sub(k, sub);
}

static void on_sub_gone(struct event_keep *k, struct sub *sub)
{
	list_remove(&k->subs, &sub->unsaved);
	if (sub->saved)
		store_del_sub(gone_txn(k), sub->id);
	sub->saved = false;
}

static void on_pub(struct event_keep *k, struct pub *pub)
{
	if (pub->unsaved.next)
		return;
	list_append(&k->pubs, &pub->unsaved);
	write_soon(k);
}

static void on_pub_gone(struct event_keep *k, struct pub *pub)
{
	list_remove(&k->pubs, &pub->unsaved);
	if (pub->saved)
		store_del_pub(gone_txn(k), pub->id);
	pub->saved = false;
}

static const struct event_keep_ops keep_ops = {
	.sub = on_sub,
	.sent = on_sent,
	.sub_gone = on_sub_gone,
	.pub = on_pub,
	.pub_gone = on_pub_gone,
};

/* ---- reading ---- */

static void sub_texts(struct store_sub *s, struct view *out[SUB_TEXTS])
{
	struct view *const all[SUB_TEXTS] = {
		&s->package, &s->resource, &s->watcher, &s->call_id, &s->tag,
		&s->own_tag, &s->own_uri, &s->event, &s->event_id, &s->peer,
		&s->target, &s->route, &s->flow, &s->list,
	};

	memcpy(out, all, sizeof(all));
}

static void pub_texts(struct store_pub *p, struct view *out[PUB_TEXTS])
{
	struct view *const all[PUB_TEXTS] = { &p->package, &p->resource,
					      &p->etag, &p->body };

	memcpy(out, all, sizeof(all));
}

static size_t texts_size(struct view *const *v, size_t count)
{
	size_t n = 0;

	while (count)
		n += v[--count]->n;
	return n;
}

static void texts_copy(char *dst, struct view **v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (v[i]->n)
			memcpy(dst, v[i]->p, v[i]->n);
		v[i]->p = dst;
		dst += v[i]->n;
	}
}

void event_keep_load_sub(const struct store_sub *s, void *arg)
{
	struct view *v[SUB_TEXTS];
	struct store_sub row = *s;
	struct event_keep *k = arg;
	struct sub_row *r;

	sub_texts(&row, v);
	r = mem_zalloc(sizeof(*r) + texts_size(v, SUB_TEXTS));
	r->row = row;
	sub_texts(&r->row, v);
	texts_copy(r->text, v, SUB_TEXTS);
	list_append(&k->sub_rows, &r->node);
}

void event_keep_load_pub(const struct store_pub *p, void *arg)
{
	struct view *v[PUB_TEXTS];
	struct store_pub row = *p;
	struct event_keep *k = arg;
	struct pub_row *r;

	pub_texts(&row, v);
	r = mem_zalloc(sizeof(*r) + texts_size(v, PUB_TEXTS));
	r->row = row;
	pub_texts(&r->row, v);
	texts_copy(r->text, v, PUB_TEXTS);
	list_append(&k->pub_rows, &r->node);
}

/* ---- after a restart ---- */

static uint32_t seconds_to(uint64_t wall)
{
	uint64_t now = wall_ms(), ms = wall > now ? wall - now : 0;

	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)((ms + 999) / 1000);
}

static bool hex_parse(uint64_t *out, struct view v)
{
	*out = 0;
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		*out = *out << 4 |
		       (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v.n == 16;
}

/* EBADMSG: a row that is damaged; ENOENT: of a package that is no more;
 * ETIMEDOUT. dest is to be released. */
static int setup_of(struct sub_setup *out, const struct event_keep *k,
		    const struct store_sub *row)
{
	*out = (struct sub_setup){
		.package = event_package(k->sip, row->package),
		.stranger = row->stranger,
		.id = row->id,
		.cseq = row->cseq_in,
		.cseq_out = row->cseq_out,
		.expires = seconds_to(row->expires_ms),
		.call_id = row->call_id,
		.tag = row->tag,
		.own_uri = row->own_uri,
		.resource = row->resource,
		.watcher = row->watcher,
		.event = { row->event, row->event_id },
		.is_list = row->list.n,
		.list = row->list,
	};
	if (!out->package)
		return ENOENT;
	if (!out->expires)
		return ETIMEDOUT;
	if (!hex_parse(&out->own_tag, row->own_tag) ||
	    sip_flow_parse(&out->flow, row->flow))
		return EBADMSG;
	out->flow.listener = row->listener;
	return dest_of_dialog(&out->dest, row->peer, row->target, row->route);
}

static void restore_sub(struct event_keep *k, const struct store_sub *row,
			uint64_t delay_ms)
{
	struct sub_setup setup = { .dest = NULL };
	int err = setup_of(&setup, k, row);

	if (!err) {
		subs_restore(k->sip->events->subs, &setup, delay_ms);
	} else {
		if (err == EBADMSG)
			log_error("store: a subscription is damaged, it is "
				  "dropped");
		store_del_sub(gone_txn(k), row->id);
	}
	mem_deref(setup.dest);
}

static void restore_pub(struct event_keep *k, const struct store_pub *row)
{
	const struct sip_package *p = event_package(k->sip, row->package);
	const struct pub_past past = {
		.id = row->id,
		.resource = row->resource,
		.etag = row->etag,
		.body = row->body,
		.said = row->said,
		.heard = row->heard,
		.expires = seconds_to(row->expires_ms),
	};

	if (!p || !p->checkh || row->etag.n != PUB_ETAG)
		store_del_pub(gone_txn(k), row->id);
	else
		pubs_restore(k->sip->events->pubs, p, &past);
}

static void restore_all(struct event_keep *k)
{
	struct subs *ss = k->sip->events->subs;
	struct lnode *n, *nx;
	uint64_t delay_ms = 0;

	/* leaves of lists get new ids */
	LIST_EACH (&k->sub_rows, n, nx)
		subs_id_taken(ss, CONTAINER(n, struct sub_row, node)->row.id);
	while ((n = list_shift(&k->pub_rows))) {
		restore_pub(k, &CONTAINER(n, struct pub_row, node)->row);
		mem_free(CONTAINER(n, struct pub_row, node));
	}
	for (; (n = list_shift(&k->sub_rows)); delay_ms += SPREAD_MS) {
		restore_sub(k, &CONTAINER(n, struct sub_row, node)->row,
			    delay_ms);
		mem_free(CONTAINER(n, struct sub_row, node));
	}
}

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
	return k;
}

void sip_events_keep(struct sip *s, struct event_keep *k)
{
	k->sip = s;
	s->events->keep = k;
	s->events->keep_ops = &keep_ops;
	restore_all(k);
}

static void detach(struct event_keep *k)
{
	wheel_stop(k->wheel, &k->timer);
	write_all(k);
	if (k->sip)
		k->sip->events->keep = NULL;
	k->sip = NULL;
}

void event_keep_free(struct event_keep *k)
{
	struct lnode *n;

	if (!k)
		return;
	detach(k);
	while ((n = list_shift(&k->sub_rows)))
		mem_free(CONTAINER(n, struct sub_row, node));
	while ((n = list_shift(&k->pub_rows)))
		mem_free(CONTAINER(n, struct pub_row, node));
	mem_free(k);
}
