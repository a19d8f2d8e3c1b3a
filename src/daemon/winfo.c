/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who watches whom, as documents: the first is whole, then each has what
 * changed since. What a viewer was told is kept, as nobody else knows of a
 * watcher who is gone.
 */
#include "winfo.h"

#include <stdlib.h>

#include "consent.h"
#include "events.h"
#include "mem.h"
#include "pidf.h"

#define PACKAGE "presence.winfo"
#define WATCHED "presence"
#define NS "urn:ietf:params:xml:ns:watcherinfo"
#define TAIL "</watcher-list></watcherinfo>\r\n"

enum {
	PACE_MS = 5000,
	TOLD_MAX = 200000, /* that are kept for all viewers */
};

enum status { PENDING, WAITING, ACTIVE, TERMINATED };

/* A watcher, as a document names him. */
struct entry {
	uint64_t key;      /* of his subscription, or of the question */
	enum status status;
	struct addr *who;  /* ref */
};

/* One that a viewer was told of. */
struct told {
	struct hnode by_key;
	struct entry e;
	uint64_t round;    /* when he was there last: viewer.round */
};

/* One who sees who watches him: a subscription to our package. */
struct viewer {
	struct hnode by_id;
	uint64_t id, round;
	struct htable told; /* owned */
	bool whole;         /* nothing is kept: documents are whole */
};

struct winfo {
	struct hub *hub; /* borrowed */
	struct sip *sip; /* borrowed */
	struct htable viewers; /* owned */
	size_t told;           /* by all of them */
};

/* ---- who has seen what ---- */

static struct viewer *viewer_find(const struct winfo *w, uint64_t id)
{
	struct hnode *n = htable_find(&w->viewers, hash_u64(id));

	while (n && CONTAINER(n, struct viewer, by_id)->id != id)
		n = htable_more(n);
	return n ? CONTAINER(n, struct viewer, by_id) : NULL;
}

static struct told *told_find(const struct viewer *v, uint64_t key)
{
	struct hnode *n = htable_find(&v->told, hash_u64(key));

	while (n && CONTAINER(n, struct told, by_key)->e.key != key)
		n = htable_more(n);
	return n ? CONTAINER(n, struct told, by_key) : NULL;
}

static void told_free(struct told *t)
{
	mem_deref(t->e.who);
	mem_free(t);
}

static void told_set(struct winfo *w, struct viewer *v,
		     const struct entry *e)
{
	struct told *t = told_find(v, e->key);

	if (!t) {
		t = mem_zalloc(sizeof(*t));
		t->e.key = e->key;
		t->e.who = mem_ref(e->who);
		htable_add(&v->told, &t->by_key, hash_u64(e->key));
		w->told++;
	}
	t->e.status = e->status;
	t->round = v->round;
}

static void told_del(struct winfo *w, struct viewer *v, uint64_t key)
{
	struct told *t = told_find(v, key);

	w->told--;
	htable_del(&v->told, &t->by_key);
	told_free(t);
}

static void told_forget(struct winfo *w, struct viewer *v)
{
	struct hnode *n;

	w->told -= v->told.count;
	while ((n = htable_pop(&v->told)))
		told_free(CONTAINER(n, struct told, by_key));
}

static void viewer_free(struct winfo *w, struct viewer *v)
{
	told_forget(w, v);
	htable_free(&v->told);
	mem_free(v);
}

/* ---- who watches ---- */

struct entries {
	const struct winfo *w;
	struct addr *user;
	struct entry *e;  /* owned */
	size_t count, room;
};

static void entry_add(struct entries *es, uint64_t key, enum status status,
		      struct addr *who)
{
	if (es->count == es->room) {
		es->room = es->room ? 2 * es->room : 16;
		es->e = mem_array(es->e, es->room, sizeof(*es->e));
	}
	es->e[es->count++] = (struct entry){ key, status, mem_ref(who) };
}

static void entries_free(struct entries *es)
{
	for (size_t i = 0; i < es->count; i++)
		mem_deref(es->e[i].who);
	mem_free(es->e);
}

static void add_watchers(struct entries *es, const uint64_t *id, size_t ids,
			 enum sip_watch_state state)
{
	struct sip_watch w;
	struct addr *who;

	for (size_t i = 0; i < ids; i++) {
		if (!sip_watch_get(es->w->sip, id[i], &w) ||
		    w.state != state || addr_parse(&who, w.watcher))
			continue;
		entry_add(es, id[i],
			  state == SIP_WATCH_ACTIVE ? ACTIVE : PENDING, who);
		mem_deref(who);
	}
}

#define ASKED_KEY (UINT64_C(1) << 63) /* no subscription has such an id */

/* He is asked for somebody whose subscription is over, or who has none as his
 * network has no such thing. */
static void on_asked(struct addr *other, void *arg)
{
	struct entries *es = arg;

	if (!sip_watches_of(es->w->sip, WATCHED, es->user->text, other->text,
			    NULL, 0))
		entry_add(es, other->hash | ASKED_KEY,
			  addr_is(other, "sip") ? WAITING : PENDING, other);
}

/* Those who wait for him first. */
static void entries_get(struct entries *es)
{
	static const char *const networks[] = { "sip", "xmpp" };
	struct view user = es->user->text;
	size_t ids = sip_watchers(es->w->sip, WATCHED, user, NULL, 0);
	uint64_t *id = mem_array(NULL, ids + 1, sizeof(*id));

	(void)sip_watchers(es->w->sip, WATCHED, user, id, ids);
	add_watchers(es, id, ids, SIP_WATCH_PENDING);
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		(void)consent_each(es->w->hub, es->user, networks[i],
				   CONSENT_ASKED, on_asked, es);
	add_watchers(es, id, ids, SIP_WATCH_ACTIVE);
	mem_free(id);
}

/* ---- documents ---- */

/* One that is being written. */
struct list_doc {
	struct winfo *w;
	const struct sip_watch *to;
	struct buf *out;
	struct viewer *viewer; /* NULL: he sees it once, and all of it */
	struct addr *user;
	size_t count;
};

static const char *event_of(const struct list_doc *d, const struct entry *e)
{
	static const char *const names[] = {
		[PENDING] = "subscribe",
		[WAITING] = "timeout",
		[ACTIVE] = "approved",
		[TERMINATED] = "timeout",
	};

	if (e->status == TERMINATED &&
	    consent_of(d->w->hub, d->user, e->who) == CONSENT_DENIED)
		return "rejected";
	return names[e->status];
}

static void put_watcher(const struct list_doc *d, struct buf *b,
			const struct entry *e)
{
	static const char *const names[] = {
		[PENDING] = "pending",
		[WAITING] = "waiting",
		[ACTIVE] = "active",
		[TERMINATED] = "terminated",
	};

	buf_addf(b, "<watcher id=\"%c%llx\" status=\"%s\" event=\"%s\">",
		 e->key & ASKED_KEY ? 'a' : 'w',
		 (unsigned long long)(e->key & ~ASKED_KEY), names[e->status],
		 event_of(d, e));
	pidf_put_text(b, e->who->text);
	buf_adds(b, "</watcher>");
}

/* Whole, or not at all; but the first one always, as what can't be sent even
 * so is over the limit. False: it is for the next document. */
static bool add(struct list_doc *d, const struct entry *e)
{
	struct buf one = { 0 };
	bool fits;

	put_watcher(d, &one, e);
	fits = d->out->n + one.n + sizeof(TAIL) - 1 <= d->out->max;
	if (fits || !d->count)
		buf_addv(d->out, buf_view(&one));
	d->count++;
	buf_free(&one);
	return fits;
}

static bool is_news(const struct list_doc *d, const struct entry *e)
{
	struct told *t = told_find(d->viewer, e->key);

	if (t)
		t->round = d->viewer->round;
	return !t || t->e.status != e->status;
}

static bool put_news(struct list_doc *d, const struct entries *es)
{
	bool fit = true;

	for (size_t i = 0; i < es->count; i++) {
		if (!is_news(d, &es->e[i]))
			continue;
		fit = fit && add(d, &es->e[i]);
		if (fit)
			told_set(d->w, d->viewer, &es->e[i]);
	}
	return fit;
}

/* Those who were told of, and are there no more. */
static bool put_gone(struct list_doc *d)
{
	struct viewer *v = d->viewer;
	uint64_t *key = mem_array(NULL, v->told.count + 1, sizeof(*key));
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;
	bool fit = true;

	while ((n = htable_each(&v->told, &pos, n)))
		if (CONTAINER(n, struct told, by_key)->round != v->round)
			key[count++] = CONTAINER(n, struct told,
						 by_key)->e.key;
	for (size_t i = 0; i < count && fit; i++) {
		struct entry e = told_find(v, key[i])->e;

		e.status = TERMINATED;
		fit = add(d, &e);
		if (fit)
			told_del(d->w, v, key[i]);
	}
	mem_free(key);
	return fit;
}

static void put_head(const struct list_doc *d, bool full)
{
	buf_adds(d->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
			 "<watcherinfo xmlns=\"" NS "\"");
	buf_addf(d->out, " version=\"%u\" state=\"%s\"><watcher-list "
			 "resource=\"", d->to->version,
		 full ? "full" : "partial");
	pidf_put_text(d->out, d->to->resource);
	buf_adds(d->out, "\" package=\"" WATCHED "\">");
}

/* Where one goes on who is told of changes: what is new to him is known
 * without. No entry has this key. */
#define BY_CHANGES UINT64_MAX

/* What is new to this viewer; RFC 3858 4.3: after a whole one, or as much of
 * it as fits, what changed. */
static void put_changes(struct list_doc *d, const struct entries *es)
{
	if (d->to->full)
		told_forget(d->w, d->viewer);
	d->viewer->round++;
	put_head(d, d->to->full);
	if (!put_news(d, es) || !put_gone(d))
		sip_watch_more(d->w->sip, d->to->id, BY_CHANGES);
	buf_adds(d->out, TAIL);
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* In any order. */
static uint64_t digest_of(const struct entries *es)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < es->count; i++)
		digest += hash_u64(es->e[i].key ^
				   hash_u64((uint64_t)es->e[i].status));
	return digest;
}

/* All of it, by key, so that nobody is missed when others go between two
 * parts; after is where to go on. */
static bool put_from(struct list_doc *d, const struct entries *es,
		     uint64_t *after)
{
	for (size_t i = 0; i < es->count; i++) {
		if (es->e[i].key <= *after)
			continue;
		if (!add(d, &es->e[i]))
			return false;
		*after = es->e[i].key;
	}
	return true;
}

/* Those who changed in the middle of it are told with the next whole one. */
static void put_whole(struct list_doc *d, struct entries *es)
{
	const struct sip_watch *to = d->to;
	uint64_t after = to->place == BY_CHANGES ? 0 : to->place;
	uint64_t digest = digest_of(es);
	bool first = !after;

	if (es->count)
		qsort(es->e, es->count, sizeof(*es->e), by_key);
	if (first)
		sip_watch_mark(d->w->sip, to->id, digest);
	put_head(d, first);
	if (!put_from(d, es, &after))
		sip_watch_more(d->w->sip, to->id, after ? after : BY_CHANGES);
	else if (!first && digest != to->mark)
		sip_watch_changed(d->w->sip, to->id);
	buf_adds(d->out, TAIL);
}

/* NULL: he sees all of it each time, and nothing has to be kept. */
static struct viewer *viewer_for(struct winfo *w, uint64_t id, size_t entries)
{
	struct viewer *v = viewer_find(w, id);

	if (v && w->told - v->told.count + entries > TOLD_MAX) {
		told_forget(w, v);
		v->whole = true;
	}
	return v && !v->whole ? v : NULL;
}

static void on_show(const struct sip_watch *to, struct buf *body, void *arg)
{
	struct winfo *w = arg;
	struct entries es = { .w = w };
	struct list_doc d = { .w = w, .to = to, .out = body };

	if (addr_parse(&es.user, to->resource))
		return;
	d.user = es.user;
	entries_get(&es);
	d.viewer = viewer_for(w, to->id, es.count);
	if (d.viewer)
		put_changes(&d, &es);
	else
		put_whole(&d, &es);
	entries_free(&es);
	mem_deref(es.user);
}

/* ---- who sees it ---- */

/* Everybody his own. */
static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	struct winfo *wi = arg;
	struct viewer *v;

	*state = SIP_WATCH_ACTIVE;
	if (!view_eq(w->watcher, w->resource))
		return 403;
	v = mem_zalloc(sizeof(*v));
	v->id = w->id;
	htable_add(&wi->viewers, &v->by_id, hash_u64(v->id));
	return 200;
}

static void on_gone(const struct sip_watch *w, void *arg)
{
	struct winfo *wi = arg;
	struct viewer *v = viewer_find(wi, w->id);

	if (!v)
		return;
	htable_del(&wi->viewers, &v->by_id);
	viewer_free(wi, v);
}

/* A rule may change with nobody watching. */
static void on_consent(struct addr *user, struct addr *other,
		       enum consent now, void *arg)
{
	(void)other;
	(void)now;
	winfo_changed(arg, user->text);
}

int winfo_new(struct winfo **wp, struct hub *hub, struct sip *sip)
{
	struct winfo *w = mem_zalloc(sizeof(*w));
	const struct consent_listener sip_rules = { .network = "sip",
						    .h = on_consent,
						    .arg = w };
	const struct consent_listener xmpp_rules = { .network = "xmpp",
						     .h = on_consent,
						     .arg = w };
	const struct sip_package package = {
		.name = PACKAGE,
		.type = "application/watcherinfo+xml",
		.pace_ms = PACE_MS,
		.watchh = on_watch,
		.goneh = on_gone,
		.showh = on_show,
		.arg = w,
	};
	int err;

	w->hub = hub;
	w->sip = sip;
	err = sip_package_add(sip, &package);
	if (err) {
		winfo_free(w);
		return err;
	}
	consent_listen(hub, &sip_rules);
	consent_listen(hub, &xmpp_rules);
	*wp = w;
	return 0;
}

void winfo_changed(struct winfo *w, struct view resource)
{
	sip_event_changed(w->sip, PACKAGE, resource);
}

void winfo_quiet(struct winfo *w)
{
	if (w)
		consent_unlisten(w->hub, w);
}

void winfo_free(struct winfo *w)
{
	struct hnode *n;

	if (!w)
		return;
	while ((n = htable_pop(&w->viewers)))
		viewer_free(w, CONTAINER(n, struct viewer, by_id));
	htable_free(&w->viewers);
	mem_free(w);
}
