/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rosters as documents. Nothing is kept of a room but who changed lately, by
 * number: what a watcher has not seen is made from the members as they are
 * when he is told.
 */
#include "conference_priv.h"

#include <stdlib.h>

#include "clock.h"
#include "mem.h"
#include "pidf.h"

#define NS "urn:ietf:params:xml:ns:conference-info"

enum { TAIL_MAX = 64 }; /* bytes of what closes a document */

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

void conference_put(struct conference *c, struct buf *b,
		    const struct sip_watch *w, const struct watched *wd,
		    const struct room *r)
{
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
