/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What packages know of subscriptions, and what they decide. */
#include "subs_priv.h"

void sip_watch_set(struct sip *s, uint64_t id, enum sip_watch_state state)
{
	struct sub *sub = subs_by_id(s->events->subs, id);
	enum sub_state next =
		state == SIP_WATCH_ACTIVE ? SUB_ACTIVE : SUB_PENDING;

	if (!sub || sub->state == SUB_OVER || sub->state == next)
		return;
	sub_set_state(sub, next);
	sub_keep(sub);
	notify_wake(sub, true);
}

void sip_watch_end(struct sip *s, uint64_t id, const char *reason,
		   uint32_t retry_after)
{
	struct sub *sub = subs_by_id(s->events->subs, id);

	if (sub)
		sub_end(sub, reason, retry_after);
}

bool sip_watch_get(const struct sip *s, uint64_t id, struct sip_watch *out)
{
	const struct sub *sub = subs_by_id(s->events->subs, id);

	if (!sub || sub->state == SUB_OVER)
		return false;
	*out = sub_watch(sub);
	return true;
}

/* The next one of this resource that is not over; n: the first to look at. */
static struct sub *watching(struct hnode *n, const struct sip_package *p,
			    struct view resource)
{
	for (; n; n = htable_more(n)) {
		struct sub *sub = CONTAINER(n, struct sub, by_resource);

		if (sub->package == p && sub->state != SUB_OVER &&
		    view_eq(sub->resource, resource))
			return sub;
	}
	return NULL;
}

static struct sub *watching_first(const struct sip *s,
				  const struct sip_package *p,
				  struct view resource)
{
	struct htable *t = &s->events->subs->by_resource;

	return p ? watching(htable_find(t, subs_resource_hash(p, resource)), p,
			    resource) :
		   NULL;
}

static struct sub *watching_next(const struct sub *sub)
{
	return watching(htable_more(&sub->by_resource), sub->package,
			sub->resource);
}

void sip_event_changed(struct sip *s, const char *package,
		       struct view resource)
{
	const struct sip_package *p = event_package(s, view_str(package));
	struct sub *sub = watching_first(s, p, resource);

	for (; sub; sub = watching_next(sub))
		if (sub->state == SUB_ACTIVE)
			notify_wake(sub, false);
}

size_t sip_watchers(const struct sip *s, const char *package,
		    struct view resource, uint64_t *ids, size_t max)
{
	const struct sip_package *p = event_package(s, view_str(package));
	const struct sub *sub = watching_first(s, p, resource);
	size_t n;

	for (n = 0; sub; sub = watching_next(sub), n++)
		if (n < max)
			ids[n] = sub->id;
	return n;
}

void sip_watch_changed(struct sip *s, uint64_t id)
{
	struct sub *sub = subs_by_id(s->events->subs, id);

	if (sub && sub->state == SUB_ACTIVE)
		notify_wake(sub, false);
}

void sip_watch_mark(struct sip *s, uint64_t id, uint64_t mark)
{
	struct sub *sub = subs_by_id(s->events->subs, id);

	if (sub)
		sub->mark = mark;
}

void sip_watch_more(struct sip *s, uint64_t id, uint64_t place)
{
	struct sub *sub = subs_by_id(s->events->subs, id);

	if (!sub)
		return;
	sub->more = true;
	sub->place = place;
}

void sip_list_changed(struct sip *s, struct view watcher, struct view resource)
{
	struct hnode *n =
		htable_find(&s->events->subs->by_watcher, hash_view(watcher));

	for (; n; n = htable_more(n)) {
		struct sub *sub = CONTAINER(n, struct sub, by_watcher);

		if (sub->list && view_eq(sub->watcher, watcher) &&
		    view_eq(sub->resource, resource))
			sub_end(sub, "deactivated", 0);
	}
}

size_t sip_watches_of(const struct sip *s, const char *package,
		      struct view resource, struct view watcher, uint64_t *ids,
		      size_t max)
{
	const struct sip_package *p = event_package(s, view_str(package));
	struct hnode *hn =
		htable_find(&s->events->subs->by_watcher, hash_view(watcher));
	size_t n = 0;

	for (; hn; hn = htable_more(hn)) {
		const struct sub *sub = CONTAINER(hn, struct sub, by_watcher);

		if (sub->package != p || sub->state == SUB_OVER ||
		    !view_eq(sub->watcher, watcher) ||
		    !view_eq(sub->resource, resource))
			continue;
		if (n < max)
			ids[n] = sub->id;
		n++;
	}
	return n;
}
