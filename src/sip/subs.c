/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subscriptions in their tables: their life, and their ends. */
#include "event_keep_priv.h"
#include "event_list_priv.h"
#include "subs_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

const char *sub_state_name(enum sub_state state)
{
	static const char *const names[] = {
		[SUB_PENDING] = "pending",
		[SUB_ACTIVE] = "active",
		[SUB_OVER] = "terminated",
	};

	return names[state];
}

void sub_set_state(struct sub *sub, enum sub_state state)
{
	if (sub->state == state)
		return;
	log_debug("sip: %.*s watches %.*s, %s", VIEW_ARG(sub->watcher),
		  VIEW_ARG(sub->resource), sub_state_name(state));
	sub->shown = sub->state == SUB_ACTIVE;
	sub->state = state;
}

struct subs *subs_new(struct sip *s)
{
	struct subs *ss = mem_zalloc(sizeof(*ss));

	ss->sip = s;
	return ss;
}

struct sip *subs_sip(const struct subs *ss)
{
	return ss->sip;
}

size_t subs_count(const struct subs *ss)
{
	return ss->by_id.count;
}

uint64_t subs_id(struct subs *ss)
{
	return ++ss->last_id;
}

void sub_keep(struct sub *sub)
{
	const struct events *es = sub->set->sip->events;

	if (es->keep && sub->state != SUB_OVER && !sub->parent)
		es->keep_ops->sub(es->keep, sub);
}

static void keep_not(struct sub *sub)
{
	const struct events *es = sub->set->sip->events;

	if (es->keep)
		es->keep_ops->sub_gone(es->keep, sub);
}

static void leave_list(struct sub *sub)
{
	struct sub_list *l = sub->parent ? sub->parent->list : NULL;

	for (size_t i = 0; l && i < l->count; i++)
		if (l->leaf[i] == sub)
			l->leaf[i] = NULL;
}

void subs_id_taken(struct subs *ss, uint64_t id)
{
	if (ss->last_id < id)
		ss->last_id = id;
}

void sub_free(struct sub *sub)
{
	struct subs *ss = sub->set;
	struct wheel *w = loop_wheel(ss->sip->loop);

	event_list_free(sub);
	leave_list(sub);
	keep_not(sub);
	wheel_stop(w, &sub->expiry);
	wheel_stop(w, &sub->hold);
	htable_del(&ss->by_id, &sub->by_id);
	htable_del(&ss->by_dialog, &sub->by_dialog);
	htable_del(&ss->by_resource, &sub->by_resource);
	htable_del(&ss->by_watcher, &sub->by_watcher);
	if (sub->stranger)
		htable_del(&ss->by_source, &sub->by_source);
	mem_deref(sub->dest);
	mem_free(sub);
}

void subs_free(struct subs *ss)
{
	struct hnode *n;

	if (!ss)
		return;
	while ((n = htable_pop(&ss->by_id)))
		sub_free(CONTAINER(n, struct sub, by_id));
	htable_free(&ss->by_id);
	htable_free(&ss->by_dialog);
	htable_free(&ss->by_resource);
	htable_free(&ss->by_watcher);
	htable_free(&ss->by_source);
	mem_free(ss);
}

/* ---- finding ---- */

static uint64_t dialog_hash(struct view call_id, struct view tag)
{
	return hash_view(call_id) ^ hash_view(tag) * 3;
}

uint64_t subs_resource_hash(const struct sip_package *p, struct view resource)
{
	return hash_view(resource) ^ hash_view(view_str(p->name)) * 3;
}

/* A whole /64 is one's own. */
static struct view source_of(const struct netaddr *a)
{
	if (a->u.sa.sa_family == AF_INET6)
		return view_mem(&a->u.in6.sin6_addr, 8);
	return view_mem(&a->u.in.sin_addr, 4);
}

struct sub *subs_by_id(const struct subs *ss, uint64_t id)
{
	struct hnode *n = htable_find(&ss->by_id, hash_u64(id));

	while (n && CONTAINER(n, struct sub, by_id)->id != id)
		n = htable_more(n);
	return n ? CONTAINER(n, struct sub, by_id) : NULL;
}

static bool is_dialog(const struct sub *sub, struct view call_id,
		      struct view tag)
{
	return view_eq(sub->call_id, call_id) && view_eq(sub->tag, tag);
}

static bool is_own_tag(const struct sub *sub, struct view text)
{
	char hex[16];

	template_hex(hex, sub->own_tag, 16);
	return view_eq(text, view_mem(hex, 16));
}

struct sub *subs_find(const struct subs *ss, struct view call_id,
		      struct view tag, struct view own_tag)
{
	struct hnode *n = htable_find(&ss->by_dialog,
				      dialog_hash(call_id, tag));

	for (; n; n = htable_more(n)) {
		struct sub *sub = CONTAINER(n, struct sub, by_dialog);

		if (is_dialog(sub, call_id, tag) && is_own_tag(sub, own_tag))
			return sub;
	}
	return NULL;
}

bool subs_has_merged(const struct subs *ss, struct view call_id,
		     struct view tag, uint32_t cseq)
{
	struct hnode *n = htable_find(&ss->by_dialog,
				      dialog_hash(call_id, tag));

	for (; n; n = htable_more(n)) {
		const struct sub *sub = CONTAINER(n, struct sub, by_dialog);

		if (is_dialog(sub, call_id, tag) && sub->cseq_in == cseq)
			return true;
	}
	return false;
}

static size_t count(const struct htable *t, uint64_t hash)
{
	struct hnode *n = htable_find(t, hash);
	size_t i;

	for (i = 0; n; i++)
		n = htable_more(n);
	return i;
}

int subs_room(const struct subs *ss, struct view watcher,
	      const struct netaddr *source, size_t more)
{
	if (subs_count(ss) + more > EVENT_SUBS)
		return ENOBUFS;
	if (count(&ss->by_watcher, hash_view(watcher)) + more >
	    EVENT_SUBS_USER)
		return EBUSY;
	if (source && count(&ss->by_source, hash_view(source_of(source))) >=
			      EVENT_SUBS_SOURCE)
		return EBUSY;
	return 0;
}

/* ---- making ---- */

static void text_add(struct view *dst, char **p, struct view src)
{
	if (src.n)
		memcpy(*p, src.p, src.n);
	*dst = view_mem(*p, src.n);
	*p += src.n;
}

static struct sub *sub_alloc(const struct sub_setup *setup)
{
	size_t n = setup->call_id.n + setup->tag.n + setup->own_uri.n +
		   setup->event.type.n + setup->event.id.n +
		   setup->resource.n + setup->watcher.n;
	struct sub *sub = mem_zalloc(sizeof(*sub) + n);
	char *p = sub->text;

	text_add(&sub->call_id, &p, setup->call_id);
	text_add(&sub->tag, &p, setup->tag);
	text_add(&sub->own_uri, &p, setup->own_uri);
	text_add(&sub->event, &p, setup->event.type);
	text_add(&sub->event_id, &p, setup->event.id);
	text_add(&sub->resource, &p, setup->resource);
	text_add(&sub->watcher, &p, setup->watcher);
	return sub;
}

/* A list is nothing that its package knows of. */
static void tables_add(struct subs *ss, struct sub *sub, bool is_list)
{
	htable_add(&ss->by_id, &sub->by_id, hash_u64(sub->id));
	if (!sub->parent)
		htable_add(&ss->by_dialog, &sub->by_dialog,
			   dialog_hash(sub->call_id, sub->tag));
	if (!is_list)
		htable_add(&ss->by_resource, &sub->by_resource,
			   subs_resource_hash(sub->package, sub->resource));
	htable_add(&ss->by_watcher, &sub->by_watcher,
		   hash_view(sub->watcher));
	if (sub->stranger)
		htable_add(&ss->by_source, &sub->by_source,
			   hash_view(source_of(&sub->flow.peer)));
}

struct sub *subs_add(struct subs *ss, const struct sub_setup *setup)
{
	struct sub *sub = sub_alloc(setup);

	sub->set = ss;
	sub->package = setup->package;
	sub->dest = mem_ref(setup->dest);
	sub->flow = setup->flow;
	sub->stranger = setup->stranger;
	sub->id = setup->id;
	sub->own_tag = setup->own_tag;
	sub->cseq_in = setup->cseq;
	sub->cseq_out = setup->cseq_out;
	sub->full = true;
	sub_set_state(sub, setup->is_list || setup->state == SIP_WATCH_ACTIVE ?
				   SUB_ACTIVE :
				   SUB_PENDING);
	sub->parent = setup->parent;
	tables_add(ss, sub, setup->is_list);
	if (!sub->parent)
		sub_extend(sub, setup->expires);
	if (setup->is_list)
		event_list_begin(sub, setup->list);
	return sub;
}

/* ---- life ---- */

/* A leaf lasts as long as its list. */
static uint32_t seconds_left(const struct sub *sub)
{
	uint64_t until = sub->parent ? sub->parent->until_ms : sub->until_ms;
	uint64_t now = now_ms();

	if (sub->state == SUB_OVER || until <= now)
		return 0;
	return (uint32_t)((until - now + 999) / 1000);
}

bool sub_is_shown(const struct sub *sub)
{
	return sub->state == SUB_ACTIVE ||
	       (sub->state == SUB_OVER && sub->shown);
}

struct sip_watch sub_watch(const struct sub *sub)
{
	return (struct sip_watch){
		.id = sub->id,
		.resource = sub->resource,
		.watcher = sub->watcher,
		.event_id = sub->event_id,
		.expires = seconds_left(sub),
		.state = sub_is_shown(sub) ? SIP_WATCH_ACTIVE :
					     SIP_WATCH_PENDING,
		.flow = sub->flow,
		.version = sub->cseq_out,
		.mark = sub->mark,
		.place = sub->full ? 0 : sub->place,
		.full = sub->full,
	};
}

static void on_expiry(struct wtimer *t)
{
	sub_end(CONTAINER(t, struct sub, expiry), "timeout", 0);
}

void sub_extend(struct sub *sub, uint32_t expires)
{
	uint64_t ms = (uint64_t)expires * 1000;

	sub->until_ms = now_ms() + ms;
	sub_keep(sub);
	wheel_start(loop_wheel(sub->set->sip->loop), &sub->expiry, ms,
		    on_expiry);
}

static void source_move(struct sub *sub, const struct sip_flow *flow)
{
	struct htable *t = &sub->set->by_source;

	if (sub->stranger)
		htable_del(t, &sub->by_source);
	sub->flow = *flow;
	if (sub->stranger)
		htable_add(t, &sub->by_source,
			   hash_view(source_of(&flow->peer)));
}

void sub_move(struct sub *sub, struct sip_dest *dest,
	      const struct sip_flow *flow)
{
	struct sip_dest *old = sub->dest;

	if (!netaddr_eq(&sub->flow.peer, &flow->peer))
		sub->no_tcp = false;
	sub->dest = mem_ref(dest);
	mem_deref(old);
	source_move(sub, flow);
}

static void tell_gone(struct sub *sub)
{
	const struct sip_package *p = sub->package;
	struct sip_watch w = sub_watch(sub);

	if (sub->list)
		event_list_end(sub);
	else if (p->goneh)
		p->goneh(&w, p->arg);
}

void sub_over_with_list(struct sub *sub)
{
	if (sub->state == SUB_OVER)
		return;
	sub_set_state(sub, SUB_OVER);
	tell_gone(sub);
}

static void set_over(struct sub *sub, const char *reason,
		     uint32_t retry_after)
{
	wheel_stop(loop_wheel(sub->set->sip->loop), &sub->expiry);
	sub->reason = reason;
	sub->retry_after = retry_after;
	sub_set_state(sub, SUB_OVER);
	keep_not(sub);
	/* else he would see, once more, what he may see no longer */
	if (!strcmp(reason, "rejected"))
		sub->shown = false;
}

void sub_end(struct sub *sub, const char *reason, uint32_t retry_after)
{
	if (sub->state == SUB_OVER)
		return;
	set_over(sub, reason, retry_after);
	notify_wake(sub, true);
	tell_gone(sub);
}

/* ---- over restarts ---- */

int subs_ask(struct sub_setup *setup)
{
	const struct sip_package *p = setup->package;
	const struct sip_watch w = {
		.id = setup->id,
		.resource = setup->resource,
		.watcher = setup->watcher,
		.event_id = setup->event.id,
		.expires = setup->expires,
		.flow = setup->flow,
	};

	return p->watchh(&w, &setup->state, p->arg);
}

static const char *refusal_reason(int status)
{
	if (status == 403)
		return "rejected";
	return status == 404 ? "noresource" : "deactivated";
}

void sub_refuse(struct sub *sub, int status)
{
	set_over(sub, refusal_reason(status), 0);
}

void subs_restore(struct subs *ss, struct sub_setup *setup, uint64_t delay_ms)
{
	int status = setup->is_list ? 200 : subs_ask(setup);
	struct sub *sub;

	if (status != 200)
		setup->state = SIP_WATCH_PENDING;
	sub = subs_add(ss, setup);
	sub->restored = sub->kept.saved = true;
	if (status != 200)
		sub_refuse(sub, status);
	notify_later(sub, delay_ms);
}

void sub_lose(struct sub *sub)
{
	bool over = sub->state == SUB_OVER;

	sub_set_state(sub, SUB_OVER);
	if (!over)
		tell_gone(sub);
	sub_free(sub);
}

void subs_forget(struct subs *ss, struct view watcher)
{
	struct hnode *n = htable_find(&ss->by_watcher, hash_view(watcher));

	for (; n; n = htable_more(n)) {
		struct sub *sub = CONTAINER(n, struct sub, by_watcher);

		if (view_eq(sub->watcher, watcher))
			sub_end(sub, "rejected", 0);
	}
}

void subs_here(struct subs *ss, struct view watcher)
{
	struct hnode *n = htable_find(&ss->by_watcher, hash_view(watcher));

	for (; n; n = htable_more(n)) {
		struct sub *sub = CONTAINER(n, struct sub, by_watcher);

		if (sub->restored && !sub->busy &&
		    view_eq(sub->watcher, watcher))
			notify_later(sub, 0);
	}
}
