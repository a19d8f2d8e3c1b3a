/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is published, in a table by resource. A resource has few, so they are
 * looked through. */
#include "pubs_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "event_keep_priv.h"
#include "mem.h"

struct pubs {
	struct sip *sip;     /* borrowed */
	struct wheel *wheel; /* borrowed */
	struct htable by_resource; /* owns them */
	uint64_t clock;      /* counts what is said and heard */
	uint64_t last_id;
	size_t bytes;        /* of bodies */
};

struct pubs *pubs_new(struct sip *s)
{
	struct pubs *ps = mem_zalloc(sizeof(*ps));

	ps->sip = s;
	ps->wheel = loop_wheel(s->loop);
	return ps;
}

static void body_set(struct pub *pub, struct view body)
{
	char *old = pub->body;

	pub->set->bytes += body.n - pub->n;
	pub->body = body.n ? view_dup(body) : NULL;
	pub->n = body.n;
	mem_free(old);
}

static void keep(struct pub *pub)
{
	const struct events *es = pub->set->sip->events;

	if (es && es->keep)
		es->keep_ops->pub(es->keep, pub);
}

static void keep_not(struct pub *pub)
{
	const struct events *es = pub->set->sip->events;

	if (es && es->keep)
		es->keep_ops->pub_gone(es->keep, pub);
}

static void pub_free(struct pub *pub)
{
	body_set(pub, VIEW_NONE);
	wheel_stop(pub->set->wheel, &pub->timer);
	mem_free(pub);
}

void pubs_free(struct pubs *ps)
{
	struct hnode *n;

	if (!ps)
		return;
	while ((n = htable_pop(&ps->by_resource)))
		pub_free(CONTAINER(n, struct pub, by_resource));
	htable_free(&ps->by_resource);
	mem_free(ps);
}

size_t pubs_count(const struct pubs *ps)
{
	return ps->by_resource.count;
}

/* ---- finding ---- */

static uint64_t resource_hash(const struct sip_package *p,
			      struct view resource)
{
	return hash_view(resource) ^ hash_view(view_str(p->name)) * 3;
}

/* All of a resource; the number of them. */
static size_t all_of(const struct pubs *ps, const struct sip_package *p,
		     struct view resource, struct pub **out)
{
	struct hnode *n = htable_find(&ps->by_resource,
				      resource_hash(p, resource));
	size_t count = 0;

	for (; n && count < EVENT_PUBS_RESOURCE; n = htable_more(n)) {
		struct pub *pub = CONTAINER(n, struct pub, by_resource);

		if (pub->package == p && view_eq(pub->resource, resource))
			out[count++] = pub;
	}
	return count;
}

struct pub *pubs_find(const struct pubs *ps, const struct sip_package *p,
		      struct view resource, struct view etag)
{
	struct pub *all[EVENT_PUBS_RESOURCE];
	size_t i, n = all_of(ps, p, resource, all);

	for (i = 0; i < n; i++)
		if (view_eq(view_mem(all[i]->etag, PUB_ETAG), etag))
			return all[i];
	return NULL;
}

int pubs_room(const struct pubs *ps, size_t bytes, bool more)
{
	return (more && pubs_count(ps) >= EVENT_PUBS) ||
			       ps->bytes + bytes > EVENT_BYTES ?
		       ENOBUFS :
		       0;
}

/* ---- life ---- */

static struct sip_publication publication(const struct pub *pub)
{
	return (struct sip_publication){
		.resource = pub->resource,
		.type = view_str(pub->package->type),
		.body = view_mem(pub->body, pub->n),
	};
}

static void tell(const struct pub *pub, enum sip_publish_what what)
{
	const struct sip_package *p = pub->package;
	struct sip_publication out = publication(pub);

	p->publishedh(&out, what, p->arg);
}

void pub_end(struct pub *pub)
{
	htable_del(&pub->set->by_resource, &pub->by_resource);
	keep_not(pub);
	tell(pub, SIP_PUBLISH_GONE);
	pub_free(pub);
}

static void make_room(struct pubs *ps, const struct sip_package *p,
		      struct view resource)
{
	struct pub *all[EVENT_PUBS_RESOURCE], *oldest;
	size_t i, n = all_of(ps, p, resource, all);

	if (n < EVENT_PUBS_RESOURCE)
		return;
	oldest = all[0];
	for (i = 1; i < n; i++)
		if (all[i]->heard < oldest->heard)
			oldest = all[i];
	pub_end(oldest);
}

static struct pub *add(struct pubs *ps, const struct sip_package *p,
		       struct view resource)
{
	struct pub *pub = mem_zalloc(sizeof(*pub) + resource.n);

	memcpy(pub->text, resource.p, resource.n);
	pub->resource = view_mem(pub->text, resource.n);
	pub->set = ps;
	pub->package = p;
	htable_add(&ps->by_resource, &pub->by_resource,
		   resource_hash(p, resource));
	return pub;
}

struct pub *pubs_add(struct pubs *ps, const struct sip_package *p,
		     struct view resource)
{
	struct pub *pub;

	make_room(ps, p, resource);
	pub = add(ps, p, resource);
	pub->id = ++ps->last_id;
	return pub;
}

void pubs_forget(struct pubs *ps, const struct sip_package *p,
		 struct view resource)
{
	struct pub *all[EVENT_PUBS_RESOURCE];
	size_t n = all_of(ps, p, resource, all);

	while (n)
		pub_end(all[--n]);
}

void pub_say(struct pub *pub, struct view body)
{
	body_set(pub, body);
	pub->said = ++pub->set->clock;
	keep(pub);
	tell(pub, SIP_PUBLISHED);
}

static void on_expiry(struct wtimer *t)
{
	pub_end(CONTAINER(t, struct pub, timer));
}

static void start_expiry(struct pub *pub, uint32_t expires)
{
	uint64_t ms = (uint64_t)expires * 1000;

	pub->until_ms = now_ms() + ms;
	wheel_start(pub->set->wheel, &pub->timer, ms, on_expiry);
}

void pub_extend(struct pub *pub, uint32_t expires)
{
	template_hex(pub->etag, rand_u64(), PUB_ETAG);
	pub->heard = ++pub->set->clock;
	start_expiry(pub, expires);
	keep(pub);
}

/* One that has ended meanwhile ends at once, and its watchers are told. */
void pubs_restore(struct pubs *ps, const struct sip_package *p,
		  const struct pub_past *past)
{
	struct pub *pub = add(ps, p, past->resource);

	pub->id = past->id;
	pub->kept.saved = true;
	memcpy(pub->etag, past->etag.p, PUB_ETAG);
	body_set(pub, past->body);
	pub->said = past->said;
	pub->heard = past->heard;
	if (ps->last_id < pub->id)
		ps->last_id = pub->id;
	if (ps->clock < pub->said)
		ps->clock = pub->said;
	if (ps->clock < pub->heard)
		ps->clock = pub->heard;
	start_expiry(pub, past->expires);
	tell(pub, SIP_PUBLISHED);
}

/* ---- for packages ---- */

static void sort_newest(struct pub **p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct pub *pub = p[i];
		size_t j = i;

		for (; j && p[j - 1]->said < pub->said; j--)
			p[j] = p[j - 1];
		p[j] = pub;
	}
}

size_t sip_published(const struct sip *s, const char *package,
		     struct view resource,
		     struct sip_publication out[EVENT_PUBS_RESOURCE])
{
	const struct sip_package *p = event_package(s, view_str(package));
	struct pub *all[EVENT_PUBS_RESOURCE];
	size_t i, n = p ? all_of(s->events->pubs, p, resource, all) : 0;

	sort_newest(all, n);
	for (i = 0; i < n; i++)
		out[i] = publication(all[i]);
	return n;
}
