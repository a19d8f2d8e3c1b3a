/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rosters: who sees them, and what changes in them. */
#include "conference_priv.h"

#include "mem.h"

#define PACKAGE "conference"

enum { PACE_MS = 5000 };

/* ---- rooms ---- */

static struct watched *watched_find(const struct conference *c, uint64_t room)
{
	struct hnode *n = htable_find(&c->rooms, hash_u64(room));

	while (n && CONTAINER(n, struct watched, by_id)->room != room)
		n = htable_more(n);
	return n ? CONTAINER(n, struct watched, by_id) : NULL;
}

static void watched_free(struct watched *w)
{
	for (size_t i = 0; i < RECENT; i++)
		mem_deref(w->recent[i].who);
	mem_free(w->sub);
	mem_free(w);
}

static struct watched *watched_get(struct conference *c, uint64_t room)
{
	struct watched *w = watched_find(c, room);

	if (w)
		return w;
	w = mem_zalloc(sizeof(*w));
	w->room = room;
	w->floor = c->clock;
	htable_add(&c->rooms, &w->by_id, hash_u64(room));
	return w;
}

static void watched_del(struct conference *c, struct watched *w, uint64_t id)
{
	for (size_t i = 0; i < w->subs; i++)
		if (w->sub[i] == id)
			w->sub[i--] = w->sub[--w->subs];
	if (w->subs)
		return;
	htable_del(&c->rooms, &w->by_id);
	watched_free(w);
}

static struct room *room_of(const struct conference *c, struct view resource)
{
	struct room *r = NULL;
	struct addr *a;

	if (addr_parse(&a, resource))
		return NULL;
	r = hub_room(c->hub, a->user, a->host);
	mem_deref(a);
	return r && !r->ending ? r : NULL;
}

static bool is_in(const struct room *r, struct view who)
{
	const struct member *m;
	struct addr *a;

	if (addr_parse(&a, who))
		return false;
	m = room_member(r, a);
	mem_deref(a);
	return m && m->state == MEMBER_JOINED;
}

static void on_show(const struct sip_watch *w, struct buf *body, void *arg)
{
	struct conference *c = arg;
	const struct room *r = room_of(c, w->resource);

	if (r && is_in(r, w->watcher))
		conference_put(c, body, w, watched_find(c, r->id), r);
}

/* ---- what changes in rooms ---- */

static void tell(struct conference *c, const struct watched *w)
{
	for (size_t i = 0; i < w->subs; i++)
		sip_watch_changed(c->sip, w->sub[i]);
}

static void note(struct conference *c, const struct room *r, struct addr *who)
{
	struct watched *w = watched_find(c, r->id);
	struct recent *slot;

	if (!w)
		return;
	c->clock++;
	if (who) {
		slot = &w->recent[w->next++ % RECENT];
		if (slot->who)
			w->floor = slot->when;
		mem_deref(slot->who);
		*slot = (struct recent){ mem_ref(who), c->clock };
	}
	tell(c, w);
}

/* All that he has (NULL: that anybody has) on this room ends. */
static void end(struct conference *c, const struct room *r,
		const struct addr *who, const char *reason)
{
	struct watched *w = watched_find(c, r->id);
	size_t n = w ? w->subs : 0;
	uint64_t *id = mem_array(NULL, n + 1, sizeof(*id));
	struct sip_watch sw;

	for (size_t i = 0; i < n; i++)
		id[i] = w->sub[i];
	for (size_t i = 0; i < n; i++)
		if (sip_watch_get(c->sip, id[i], &sw) &&
		    (!who || view_eq(sw.watcher, who->text)))
			sip_watch_end(c->sip, id[i], reason, 0);
	mem_free(id);
}

static void on_came(struct member *m, void *arg)
{
	note(arg, m->room, m->addr);
}

static void on_went(struct member *m, enum room_way way,
		    const struct room_by *by, void *arg)
{
	(void)way;
	(void)by;
	end(arg, m->room, m->addr, "rejected");
	note(arg, m->room, m->addr);
}

static void on_changed(struct member *m, const struct member_before *before,
		       const struct room_by *by, void *arg)
{
	(void)before;
	(void)by;
	note(arg, m->room, m->addr);
}

static void on_room(struct room *r, unsigned what, const struct room_by *by,
		    void *arg)
{
	(void)what;
	(void)by;
	note(arg, r, NULL);
}

static void on_room_gone(struct room *r, void *arg)
{
	end(arg, r, NULL, "noresource");
}

/* Messages that tell of such things cost more while somebody listens: nobody
 * does before the first roster is asked for. */
static bool listen_rooms(struct conference *c)
{
	const struct hub_room_watch w = {
		.came = on_came,
		.went = on_went,
		.changed = on_changed,
		.room = on_room,
		.gone = on_room_gone,
		.arg = c,
	};

	if (!c->watching)
		c->watching = !hub_watch_rooms(c->hub, &w);
	return c->watching;
}

/* ---- who watches ---- */

/* Whoever may not see a private room hears nothing of its being there. */
static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	struct conference *c = arg;
	const struct room *r = room_of(c, w->resource);
	struct watched *wd;

	*state = SIP_WATCH_ACTIVE;
	if (!r)
		return 404;
	if (!is_in(r, w->watcher))
		return room_is_private(r) ? 404 : 403;
	if (!listen_rooms(c))
		return 480;
	wd = watched_get(c, r->id);
	wd->sub = mem_array(wd->sub, wd->subs + 1, sizeof(*wd->sub));
	wd->sub[wd->subs++] = w->id;
	return 200;
}

static void on_gone(const struct sip_watch *w, void *arg)
{
	struct conference *c = arg;
	struct watched *wd = NULL;
	struct hnode *n = NULL;
	size_t pos = 0;
	const struct room *r = room_of(c, w->resource);

	if (r)
		wd = watched_find(c, r->id);
	if (wd) {
		watched_del(c, wd, w->id);
		return;
	}
	/* the room is ending: it is found by its number alone */
	while ((n = htable_each(&c->rooms, &pos, n))) {
		wd = CONTAINER(n, struct watched, by_id);
		for (size_t i = 0; i < wd->subs; i++)
			if (wd->sub[i] == w->id) {
				watched_del(c, wd, w->id);
				return;
			}
	}
}

/* ---- life ---- */

int conference_new(struct conference **cp, struct hub *hub, struct sip *sip)
{
	struct conference *c = mem_zalloc(sizeof(*c));
	const struct sip_package package = {
		.name = PACKAGE,
		.type = "application/conference-info+xml",
		.pace_ms = PACE_MS,
		.watchh = on_watch,
		.goneh = on_gone,
		.showh = on_show,
		.arg = c,
	};
	int err;

	c->hub = hub;
	c->sip = sip;
	c->clock = 1; /* who has seen nothing has seen less */
	err = sip_package_add(sip, &package);
	if (err)
		conference_free(c);
	else
		*cp = c;
	return err;
}

void conference_quiet(struct conference *c)
{
	if (c)
		hub_unwatch_rooms(c->hub, c);
}

void conference_free(struct conference *c)
{
	struct hnode *n;

	if (!c)
		return;
	while ((n = htable_pop(&c->rooms)))
		watched_free(CONTAINER(n, struct watched, by_id));
	htable_free(&c->rooms);
	mem_free(c);
}
