/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room does not say when it falls silent, nor a link to whom it matters that
 * it is lost: those that are watched are looked at every five seconds, which
 * is as often as a watcher is told anything.
 */
#include "room_shown.h"

#include <string.h>

#include "clock.h"
#include "mem.h"
#include "pidf.h"

enum { LOOK_MS = 5000 };

/* A subscription to a room, or to a link. */
struct seen {
	struct hnode by_id;
	uint64_t id;
	uint64_t digest; /* of what there was to see */
	bool may;        /* he sees it */
};

struct rooms_shown {
	struct hub *hub;     /* borrowed */
	struct sip *sip;     /* borrowed */
	struct wheel *wheel; /* borrowed */
	struct htable seen;  /* owned */
	struct wtimer timer;
};

/* A room, or one of its links. */
struct sight {
	const struct room *room;
	const struct leg *link; /* NULL: the room */
};

static bool is_link(struct sight *s, const struct rooms_shown *rs,
		    const struct addr *target)
{
	const size_t n = strlen(LINK_SHOWN);

	if (!view_istarts(target->user, VIEW(LINK_SHOWN)) ||
	    !hub_is_our_domain(rs->hub, target->host))
		return false;
	s->link = hub_link(rs->hub, view_from(target->user, n));
	if (!s->link || s->link->leaving)
		return false;
	s->room = s->link->room;
	return true;
}

static bool sight_of(struct sight *s, const struct rooms_shown *rs,
		     const struct addr *target)
{
	*s = (struct sight){ hub_room(rs->hub, target->user, target->host),
			     NULL };
	return (s->room || is_link(s, rs, target)) && !s->room->ending;
}

bool rooms_shown_has(const struct rooms_shown *rs, const struct addr *target)
{
	struct sight s;

	return sight_of(&s, rs, target);
}

static bool may_see(const struct room *r, const struct addr *watcher)
{
	const struct member *m = room_member(r, watcher);

	return (!room_is_private(r) && (!m || m->state != MEMBER_BANNED)) ||
	       (m && m->state == MEMBER_JOINED);
}

/* ---- how a room is ---- */

static bool is_active(const struct room *r)
{
	const struct msg *m;

	if (!r->recent)
		return false;
	m = r->recent[r->talk_last % ROOM_RECENT];
	return m && m->seq == r->talk_last &&
	       m->time_ms + ROOM_ACTIVE_MS > wall_ms();
}

static struct presence_place place_of(const struct leg *leg)
{
	bool up = leg->state == LEG_UP;

	return (struct presence_place){
		.id = view_str(leg->label),
		.show = up ? SHOW_ONLINE : SHOW_OFFLINE,
		.note = up ? VIEW("link up") : VIEW("link down"),
	};
}

static void state_of(const struct room *r, struct presence_state *out)
{
	struct presence_place *first = &out->place[0];
	struct lnode *n, *nx;
	bool up = list_empty(&r->legs);

	*first = (struct presence_place){
		.id = VIEW("room"),
		.show = is_active(r) ? SHOW_ONLINE : SHOW_AWAY,
		.note = r->subject,
	};
	out->count = 1;
	LIST_EACH (&r->legs, n, nx) {
		const struct leg *leg = CONTAINER(n, struct leg, in_room);

		up |= leg->state == LEG_UP;
		if (out->count < PRESENCE_PLACES_MAX)
			out->place[out->count++] = place_of(leg);
	}
	if (!up)
		first->show = SHOW_OFFLINE;
}

/* Idle is up, and has had nothing to do. */
static void link_state_of(const struct leg *leg, struct presence_state *out)
{
	out->place[0] = place_of(leg);
	out->count = 1;
	if (leg->state == LEG_UP &&
	    (!leg->traffic_ms || leg->traffic_ms + ROOM_ACTIVE_MS <= now_ms()))
		out->place[0].show = SHOW_AWAY;
}

static void put(struct buf *body, struct view entity, const struct sight *s)
{
	struct presence_state state;

	if (s->link)
		link_state_of(s->link, &state);
	else
		state_of(s->room, &state);
	pidf_put(body, entity, &state);
}

static uint64_t digest_of(const struct sight *s)
{
	struct buf b = { 0 };
	uint64_t digest;

	put(&b, VIEW_NONE, s);
	digest = hash_view(buf_view(&b));
	buf_free(&b);
	return digest;
}

void rooms_shown_put(struct rooms_shown *rs, struct buf *body,
		     const struct sip_watch *w, const struct addr *target,
		     const struct addr *watcher)
{
	static const struct presence_state nobody;
	struct sight s;

	if (sight_of(&s, rs, target) && may_see(s.room, watcher))
		put(body, w->resource, &s);
	else
		pidf_put(body, w->resource, &nobody);
}

/* ---- who sees it ---- */

static struct seen *seen_find(const struct rooms_shown *rs, uint64_t id)
{
	struct hnode *n = htable_find(&rs->seen, hash_u64(id));

	while (n && CONTAINER(n, struct seen, by_id)->id != id)
		n = htable_more(n);
	return n ? CONTAINER(n, struct seen, by_id) : NULL;
}

static void on_timer(struct wtimer *t);

static void look_later(struct rooms_shown *rs)
{
	if (rs->seen.count && !wtimer_running(&rs->timer))
		wheel_start(rs->wheel, &rs->timer, LOOK_MS, on_timer);
}

int rooms_shown_watch(struct rooms_shown *rs, const struct sip_watch *w,
		      const struct addr *target, const struct addr *watcher,
		      int status, enum sip_watch_state *state)
{
	struct sight sight;
	struct seen *s;
	bool may;

	if (!sight_of(&sight, rs, target))
		return 404;
	may = may_see(sight.room, watcher);
	if (may)
		*state = SIP_WATCH_ACTIVE;
	else if (status != 200)
		return status;
	s = seen_find(rs, w->id);
	if (!s) {
		s = mem_zalloc(sizeof(*s));
		s->id = w->id;
		htable_add(&rs->seen, &s->by_id, hash_u64(s->id));
	}
	s->may = may;
	s->digest = digest_of(&sight);
	look_later(rs);
	return 200;
}

void rooms_shown_gone(struct rooms_shown *rs, uint64_t id)
{
	struct seen *s = seen_find(rs, id);

	if (!s)
		return;
	htable_del(&rs->seen, &s->by_id);
	mem_free(s);
}

/* One that he may see no more ends; one that he may see begins. Of what he may
 * not see he hears nothing, not even that something is new. */
static void settle(struct rooms_shown *rs, const struct sip_watch *w,
		   const struct sight *sight, const struct addr *watcher)
{
	struct seen *s = seen_find(rs, w->id);
	uint64_t digest = digest_of(sight);
	bool changed = s->digest != digest, might = s->may;

	s->digest = digest;
	s->may = may_see(sight->room, watcher);
	if (might && !s->may)
		sip_watch_end(rs->sip, w->id, "rejected", 0);
	else if (s->may && w->state != SIP_WATCH_ACTIVE)
		sip_watch_set(rs->sip, w->id, SIP_WATCH_ACTIVE);
	else if (s->may && (changed || !might))
		sip_watch_changed(rs->sip, w->id);
}

static void look(struct rooms_shown *rs, uint64_t id)
{
	struct addr *target = NULL, *watcher = NULL;
	struct sip_watch w;
	struct sight sight;

	if (!sip_watch_get(rs->sip, id, &w) || !seen_find(rs, id) ||
	    addr_parse(&target, w.resource) ||
	    addr_parse(&watcher, w.watcher))
		goto out;
	if (sight_of(&sight, rs, target))
		settle(rs, &w, &sight, watcher);
	else
		sip_watch_end(rs->sip, id, "noresource", 0);
 out:
	mem_deref(target);
	mem_deref(watcher);
}

/* What ends leaves the table meanwhile. */
static void on_timer(struct wtimer *t)
{
	struct rooms_shown *rs = CONTAINER(t, struct rooms_shown, timer);
	uint64_t *id = mem_array(NULL, rs->seen.count + 1, sizeof(*id));
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&rs->seen, &pos, n)))
		id[count++] = CONTAINER(n, struct seen, by_id)->id;
	for (size_t i = 0; i < count; i++)
		look(rs, id[i]);
	mem_free(id);
	look_later(rs);
}

/* ---- life ---- */

struct rooms_shown *rooms_shown_new(struct loop *l, struct hub *hub,
				    struct sip *sip)
{
	struct rooms_shown *rs = mem_zalloc(sizeof(*rs));

	rs->hub = hub;
	rs->sip = sip;
	rs->wheel = loop_wheel(l);
	return rs;
}

void rooms_shown_quiet(struct rooms_shown *rs)
{
	wheel_stop(rs->wheel, &rs->timer);
}

void rooms_shown_free(struct rooms_shown *rs)
{
	struct hnode *n;

	if (!rs)
		return;
	rooms_shown_quiet(rs);
	while ((n = htable_pop(&rs->seen)))
		mem_free(CONTAINER(n, struct seen, by_id));
	htable_free(&rs->seen);
	mem_free(rs);
}
