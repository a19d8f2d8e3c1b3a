/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store has of subscriptions and publications: read first, and made
 * anew once all packages are there.
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
		event_keep_del_sub(k, row->id);
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
		event_keep_del_pub(k, row->id);
	else
		pubs_restore(k->sip->events->pubs, p, &past);
}

void event_keep_restore(struct event_keep *k)
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

void event_keep_unload(struct event_keep *k)
{
	struct lnode *n;

	while ((n = list_shift(&k->sub_rows)))
		mem_free(CONTAINER(n, struct sub_row, node));
	while ((n = list_shift(&k->pub_rows)))
		mem_free(CONTAINER(n, struct pub_row, node));
}
