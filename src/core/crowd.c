/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who comes and goes in the place of a link, told to its room: never one line
 * each. What happens is gathered for a moment, who only looked in is left out,
 * and the busier the place, the longer the moment.
 */
#include <string.h>

#include "clock.h"
#include "core_priv.h"
#include "crowd_priv.h"
#include "hub_priv.h"
#include "mem.h"
#include "utf8.h"

enum {
	SOON_MS = 3000,	  /* from the first change to its line */
	PAUSE_MS = 15000, /* between lines */
	BUSY_LINES = 10,  /* that many in BUSY_MS ... */
	BUSY_MS = 600000,
	BUSY_PAUSE_MS = 300000, /* ... and the pause is this */
	ITEMS_MAX = 100,
	SPLIT_MAX = 10000,
	SPLIT_MS = 1800000, /* then nobody is back from it any more */
	REASON_MAX = 100,
};

static void item_free(struct crowd *c, struct happened *e)
{
	list_remove(&c->items, &e->node);
	mem_free(e->nick);
	mem_free(e->other);
	mem_free(e->reason);
	mem_free(e);
}

static void strayed_free(struct crowd *c, struct strayed *s)
{
	htable_del(&c->split, &s->by_nick);
	mem_free(s->nick);
	mem_free(s);
}

static void split_over(struct crowd *c)
{
	struct hnode *n;

	while ((n = htable_pop(&c->split)) != NULL) {
		struct strayed *s = CONTAINER(n, struct strayed, by_nick);

		mem_free(s->nick);
		mem_free(s);
	}
}

static void items_free(struct crowd *c)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->items, n, nx)
		item_free(c, CONTAINER(n, struct happened, node));
	memset(c->more, 0, sizeof(c->more));
	c->back = 0;
}

void crowd_free(struct leg *l)
{
	struct crowd *c = l->crowd;

	if (!c)
		return;
	l->crowd = NULL;
	wheel_stop(l->room->hub->wheel, &c->soon);
	items_free(c);
	split_over(c);
	htable_free(&c->split);
	mem_free(c);
}

static struct crowd *crowd_of(struct leg *l)
{
	if (!l->crowd) {
		l->crowd = mem_zalloc(sizeof(*l->crowd));
		l->crowd->leg = l;
		list_init(&l->crowd->items);
	}
	return l->crowd;
}

/* ---- what happens ---- */

static struct happened *find(const struct crowd *c, enum hub_change what,
			     const char *nick)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->items, n, nx) {
		struct happened *e = CONTAINER(n, struct happened, node);

		if (e->what == what && !strcmp(e->nick, nick))
			return e;
	}
	return NULL;
}

static bool drop(struct crowd *c, enum hub_change what, const char *nick)
{
	struct happened *e = find(c, what, nick);

	if (e)
		item_free(c, e);
	return e != NULL;
}

static struct strayed *find_strayed(const struct crowd *c, const char *nick)
{
	struct hnode *n = htable_find(&c->split, hash_view(view_str(nick)));

	for (; n; n = htable_more(n)) {
		struct strayed *s = CONTAINER(n, struct strayed, by_nick);

		if (!strcmp(s->nick, nick))
			return s;
	}
	return NULL;
}

static void stray(struct crowd *c, const char *nick)
{
	struct strayed *s;

	c->split_ms = now_ms();
	if (c->split.count >= SPLIT_MAX || find_strayed(c, nick))
		return;
	s = mem_zalloc(sizeof(*s));
	s->nick = mem_strdup(nick);
	htable_add(&c->split, &s->by_nick, hash_view(view_str(nick)));
}

/* One of those whom a netsplit took. */
static bool is_back(struct crowd *c, const char *nick)
{
	struct strayed *s;

	if (c->split.count && now_ms() - c->split_ms > SPLIT_MS)
		split_over(c);
	s = find_strayed(c, nick);
	if (s)
		strayed_free(c, s);
	return s != NULL;
}

/* True: that is told with something else, or both are not worth a word: who
 * goes and comes, or comes and goes, within the moment. */
static bool came(struct crowd *c, const char *nick)
{
	bool back = is_back(c, nick);

	if (drop(c, PEOPLE_WENT, nick) || drop(c, PEOPLE_SPLIT, nick))
		return true;
	c->back += back;
	return back;
}

static bool went(struct crowd *c, const char *nick, bool split)
{
	if (split)
		stray(c, nick);
	return drop(c, PEOPLE_CAME, nick);
}

static bool renamed(struct crowd *c, const char *nick, const char *to)
{
	struct happened *e = find(c, PEOPLE_CAME, nick);
	struct lnode *n, *nx;

	if (e) {
		mem_free(e->nick);
		e->nick = mem_strdup(to);
		return true;
	}
	LIST_EACH (&c->items, n, nx) {
		e = CONTAINER(n, struct happened, node);
		if (e->what != PEOPLE_RENAMED || strcmp(e->other, nick))
			continue;
		mem_free(e->other);
		e->other = mem_strdup(to);
		if (!strcmp(e->nick, to))
			item_free(c, e);
		return true;
	}
	return false;
}

static bool settled(struct crowd *c, enum hub_change what, const char *nick,
		    const char *other)
{
	switch (what) {
	case PEOPLE_CAME:
		return came(c, nick);
	case PEOPLE_WENT:
	case PEOPLE_SPLIT:
		return went(c, nick, what == PEOPLE_SPLIT);
	case PEOPLE_RENAMED:
		return renamed(c, nick, other);
	default:
		return false;
	}
}

static char *clean_name(struct view v)
{
	struct buf b = { 0 };

	utf8_clean_name(&b, v, NAME_WHO_MAX);
	return buf_take(&b);
}

static void add(struct crowd *c, const struct hub_people *p)
{
	struct happened *e;
	struct buf reason = { 0 };

	if (c->items.count >= ITEMS_MAX) {
		c->more[p->what]++;
		return;
	}
	e = mem_zalloc(sizeof(*e));
	e->what = p->what;
	e->nick = clean_name(p->nick);
	e->other = clean_name(p->other);
	hub_clean_line(&reason, p->reason, REASON_MAX);
	e->reason = buf_take(&reason);
	list_append(&c->items, &e->node);
}

/* ---- the line ---- */

static bool is_loud(const struct room *r)
{
	return r->notices == NOTICES_ALL && !room_is_large(r);
}

static void tell(struct crowd *c, bool staff, struct view text)
{
	struct room *r = c->leg->room;
	struct buf b = { 0 };

	buf_adds(&b, "*** ");
	leg_place(c->leg, &b);
	buf_adds(&b, ": ");
	buf_addv(&b, text);
	if (staff)
		room_tell_staff(r, buf_view(&b));
	else
		room_tell_all(r, buf_view(&b));
	buf_free(&b);
}

static void tell_gap(struct crowd *c)
{
	struct buf b = { 0 };

	if (!c->gap_ms)
		return;
	buf_adds(&b, "out of reach for ");
	crowd_put_duration(&b, c->gap_ms);
	buf_adds(&b, "; what was said there meanwhile is missing here");
	c->gap_ms = 0;
	tell(c, false, buf_view(&b));
	buf_free(&b);
}

static void tell_people(struct crowd *c)
{
	struct room *r = c->leg->room;
	struct buf b = { 0 };

	if (r->notices != NOTICES_OFF)
		crowd_put(&b, c);
	items_free(c);
	if (b.n)
		tell(c, !is_loud(r), buf_view(&b));
	buf_free(&b);
}

static void on_soon(struct wtimer *t)
{
	struct crowd *c = CONTAINER(t, struct crowd, soon);

	c->told_ms = now_ms();
	c->lines++;
	tell_gap(c);
	tell_people(c);
}

static uint64_t pause_of(struct crowd *c, uint64_t now)
{
	if (now - c->busy_ms > BUSY_MS) {
		c->busy_ms = now;
		c->lines = 0;
	}
	return c->lines >= BUSY_LINES ? BUSY_PAUSE_MS : PAUSE_MS;
}

static void soon(struct crowd *c)
{
	uint64_t now = now_ms(), pause = pause_of(c, now), wait = SOON_MS;

	if (wtimer_running(&c->soon))
		return;
	if (c->told_ms && c->told_ms + pause > now + wait)
		wait = c->told_ms + pause - now;
	wheel_start(c->leg->room->hub->wheel, &c->soon, wait, on_soon);
}

/* Of a large place only what happens to many at once. */
static bool worth_it(const struct crowd *c, const struct hub_people *p,
		     const char *nick)
{
	return p->present <= ROOM_QUIET_ABOVE || p->what == PEOPLE_SPLIT ||
	       (p->what == PEOPLE_CAME && find_strayed(c, nick));
}

void hub_on_people(struct hub *h, uint64_t leg, const struct hub_people *p)
{
	struct leg *l = hub_leg_by_id(h, leg);
	struct crowd *c;
	char *nick, *other;

	if (!l || h->state != HUB_RUNNING || l->leaving ||
	    l->state != LEG_UP)
		return;
	c = crowd_of(l);
	nick = clean_name(p->nick);
	other = clean_name(p->other);
	if (worth_it(c, p, nick)) {
		if (!settled(c, p->what, nick, other))
			add(c, p);
		soon(c);
	}
	mem_free(nick);
	mem_free(other);
}

void hub_on_missed(struct hub *h, uint64_t leg)
{
	struct leg *l = hub_leg_by_id(h, leg);
	struct crowd *c;

	if (!l || h->state != HUB_RUNNING || l->leaving ||
	    l->state != LEG_UP || !l->away_ms)
		return;
	c = crowd_of(l);
	c->gap_ms += l->away_ms;
	l->away_ms = 0;
	/* No pause: whoever answers words from before it should know. */
	wheel_start(h->wheel, &c->soon, SOON_MS, on_soon);
}
