/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rosters. Nothing is kept of a room but who changed lately, by number: what a
 * watcher has not seen is made from the members as they are when he is told.
 */
#include "conference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "events.h"
#include "mem.h"
#include "pidf.h"

#define PACKAGE "conference"
#define NS "urn:ietf:params:xml:ns:conference-info"

enum {
	PACE_MS = 5000,
	RECENT = 64,     /* changes that are remembered of a room */
	TAIL_MAX = 64,   /* bytes of what closes a document */
};

struct recent {
	struct addr *who; /* ref */
	uint64_t when;    /* conference.clock */
};

/* A room that somebody watches. */
struct watched {
	struct hnode by_id;
	uint64_t room;
	uint64_t *sub;    /* owned: ids of subscriptions */
	size_t subs;
	struct recent recent[RECENT]; /* a ring */
	size_t next;
	uint64_t floor;   /* what changed up to here may be forgotten */
};

struct conference {
	struct hub *hub; /* borrowed */
	struct sip *sip; /* borrowed */
	struct htable rooms; /* owns struct watched */
	uint64_t clock;  /* counts changes */
	bool watching;   /* the hub tells */
};

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

/* ---- users ---- */

static const char *status_of(const struct member *m)
{
	uint64_t muted = member_muted_until_ms(m);

	if (m->state == MEMBER_INVITED)
		return "pending";
	return muted && muted > wall_ms() ? "muted-via-focus" : "connected";
}

static void put_element(struct buf *b, const char *name, struct view text)
{
	buf_addf(b, "<%s>", name);
	pidf_put_text(b, text);
	buf_addf(b, "</%s>", name);
}

static void put_user_start(struct buf *b, const struct addr *who,
			   const char *state)
{
	buf_adds(b, "<user entity=\"");
	pidf_put_text(b, who->text);
	buf_addf(b, "\" state=\"%s\"", state);
}

static void put_member(struct buf *b, const struct member *m)
{
	put_user_start(b, m->addr, "full");
	buf_addc(b, '>');
	put_element(b, "display-text", m->nick);
	buf_addf(b, "<roles><entry>%s</entry></roles>",
		 member_role_name(m->role));
	buf_adds(b, "<endpoint entity=\"");
	pidf_put_text(b, m->addr->text);
	buf_addf(b, "\"><status>%s</status></endpoint></user>",
		 status_of(m));
}

/* Those who were thrown out are not there; who is on his way out neither. */
static bool is_listed(const struct member *m)
{
	return m && m->state != MEMBER_BANNED && !m->leaving;
}

static void put_one(struct buf *b, const struct room *r, struct addr *who)
{
	const struct member *m = room_member(r, who);

	if (is_listed(m)) {
		put_member(b, m);
		return;
	}
	put_user_start(b, who, "deleted");
	buf_adds(b, "/>");
}

/* The room that the document's end needs is left. */
static bool fits(const struct buf *b, const struct buf *one)
{
	return b->n + one->n + TAIL_MAX <= b->max;
}

/* A document while it is made. */
struct doc {
	struct buf users;
	size_t count;   /* of them */
	bool left;      /* one did not fit */
};

/* The first one always is: what can't be sent even so is over the limit. */
static bool add(struct doc *d, struct buf *one)
{
	if (d->count && !fits(&d->users, one)) {
		d->left = true;
	} else {
		buf_addv(&d->users, buf_view(one));
		d->count++;
	}
	buf_free(one);
	return !d->left;
}

/* ---- all of them ---- */

static int by_id(const void *a, const void *b)
{
	const struct member *const *x = a, *const *y = b;

	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* By number, which nothing that happens between two parts changes; who comes
 * meanwhile is one of those who changed, whatever his is. */
static struct member **members_above(const struct room *r, uint64_t id,
				     bool sorted, size_t *count)
{
	struct member **all = mem_array(NULL, r->order.count + 1,
					sizeof(struct member *));
	struct lnode *n, *nx;

	*count = 0;
	LIST_EACH (&r->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_listed(m) && m->id > id)
			all[(*count)++] = m;
	}
	if (sorted)
		qsort(all, *count, sizeof(struct member *), by_id);
	return all;
}

/* Those above this number; up to which they were told. */
static uint64_t put_members(struct doc *d, const struct room *r, uint64_t id,
			    bool sorted)
{
	size_t n;
	struct member **all = members_above(r, id, sorted, &n);

	for (size_t i = 0; i < n; i++) {
		struct buf one = { 0 };

		put_member(&one, all[i]);
		if (!add(d, &one))
			break;
		id = all[i]->id;
	}
	mem_free(all);
	return id;
}

/* The first part, or all that there are: then owners are first. */
static uint64_t put_all(struct doc *d, const struct room *r)
{
	uint64_t place = put_members(d, r, 0, false);

	if (!d->left)
		return place;
	buf_clear(&d->users);
	d->count = 0;
	d->left = false;
	return put_members(d, r, 0, true);
}

/* ---- who changed ---- */

/* Each once, as he is now. */
static bool is_newest(const struct watched *w, const struct recent *r)
{
	for (size_t k = 0; k < RECENT; k++)
		if (w->recent[k].who == r->who && w->recent[k].when > r->when)
			return false;
	return true;
}

/* In order; up to which change all of them were told. */
static uint64_t put_recent(struct doc *d, const struct watched *w,
			   const struct room *r, uint64_t since)
{
	for (size_t i = 0; i < RECENT; i++) {
		const struct recent *c = &w->recent[(w->next + i) % RECENT];
		struct buf one = { 0 };

		if (!c->who || c->when <= since || !is_newest(w, c))
			continue;
		put_one(&one, r, c->who);
		if (!add(d, &one))
			break;
		since = c->when;
	}
	return since;
}

/* ---- documents ---- */

static void put_head(struct buf *b, const struct sip_watch *w,
		     const struct room *r, bool full)
{
	buf_adds(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		    "<conference-info xmlns=\"" NS "\" entity=\"");
	pidf_put_text(b, w->resource);
	buf_addf(b, "\" state=\"%s\" version=\"%u\">",
		 full ? "full" : "partial", w->version);
	buf_adds(b, "<conference-description>");
	put_element(b, "display-text", room_name(r));
	put_element(b, "subject", r->subject);
	buf_adds(b, "</conference-description><conference-state><user-count>");
	buf_addf(b, "%zu</user-count></conference-state>",
		 room_member_count(r));
	buf_addf(b, "<users state=\"%s\">", full ? "full" : "partial");
}

/* Behind all members: the rest are changes. */
#define ALL_TOLD UINT64_MAX

/* Changes that he has not seen are forgotten. */
static bool is_behind(const struct sip_watch *w, const struct watched *wd)
{
	return wd && w->mark < wd->floor;
}

/* A whole one that is too long is begun as such, which makes watchers forget
 * what they knew, and goes on in partial ones (RFC 4575 4.3). What changed
 * meanwhile has documents of its own behind them, so that none names anybody
 * twice. Where that is more than is remembered, all of it comes once more: at
 * the pace, as a busy room would else be told without end. */
static void put_users(struct conference *c, struct doc *d,
		      const struct sip_watch *w, const struct watched *wd,
		      const struct room *r, bool full)
{
	uint64_t mark = full ? c->clock : w->mark, place = ALL_TOLD;
	bool behind = !full && is_behind(w, wd);
	bool changes = wd && !full && !behind && mark < c->clock;

	if (full)
		place = put_all(d, r);
	else if (w->place && w->place != ALL_TOLD)
		place = put_members(d, r, w->place, true);
	if (!d->count && changes)
		mark = put_recent(d, wd, r, mark);
	else if (!d->left)
		d->left = changes;
	if (!d->left && !behind)
		mark = c->clock;
	sip_watch_mark(c->sip, w->id, mark);
	if (d->left)
		sip_watch_more(c->sip, w->id, place);
	else if (behind)
		sip_watch_changed(c->sip, w->id);
}

static void put_document(struct conference *c, struct buf *b,
			 const struct sip_watch *w, const struct room *r)
{
	const struct watched *wd = watched_find(c, r->id);
	struct doc d = { .count = 0 };
	bool full = w->full || (!w->place && (!wd || is_behind(w, wd)));

	put_head(b, w, r, full);
	buf_init(&d.users, b->max > b->n ? b->max - b->n : 1);
	put_users(c, &d, w, wd, r, full);
	buf_addv(b, buf_view(&d.users));
	b->over |= d.users.over;
	buf_adds(b, "</users></conference-info>\r\n");
	buf_free(&d.users);
}

static void on_show(const struct sip_watch *w, struct buf *body, void *arg)
{
	struct conference *c = arg;
	const struct room *r = room_of(c, w->resource);

	if (r && is_in(r, w->watcher))
		put_document(c, body, w, r);
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
