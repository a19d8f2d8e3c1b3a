/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hub itself: its life, its faces, and the way of a change to the disk
 * and back. The struct outlives hub_free() while the store still owes it an
 * answer; what it would look up is gone then, and so nothing happens.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

/* What a crash can repeat. Members' devices know a copy that comes once more,
 * for half a minute at least; other networks show it. So where there are many
 * of the former they may wait longer. */
enum {
	FLUSH_MANY = 256,
	FLUSH_MANY_MS = 1000,
	FLUSH_MS = 100,
	FLUSH_AGAIN_MS = 10000,
	FLUSH_MAX = 4096,
};

static void hub_destroy(void *obj)
{
	struct hub *h = obj;

	mem_free(h->domain);
	mem_free(h->batch);
	mem_free(h->dirty);
}

void hub_reconf(struct hub *h, const struct hub_conf *conf)
{
	struct room *room = NULL;
	size_t pos = 0;

	h->keep_days = conf->keep_days ? conf->keep_days : 7;
	h->keep_msgs = conf->keep_msgs ? conf->keep_msgs : 10000;
	h->invite_days = conf->invite_days ? conf->invite_days : 7;
	h->wait_msgs = conf->wait_msgs ? conf->wait_msgs : 500;
	h->wait_bytes = conf->wait_bytes ? conf->wait_bytes : 1024 * 1024;
	h->max_rooms = conf->rooms ? conf->rooms : 100000;
	h->max_members = conf->room_members ? conf->room_members
					    : ROOM_MEMBERS_MAX;
	h->notices = conf->notices;
	/* they were made for as many as might wait before */
	while ((room = hub_each_journal(h, &pos, room)) != NULL)
		weigh_free(room);
}

int hub_new(struct hub **hp, const struct hub_conf *conf)
{
	struct hub *h;

	if (!conf->loop || !conf->store || !conf->domain)
		return EINVAL;

	h = mem_new(sizeof(*h), hub_destroy);
	h->loop = conf->loop;
	h->wheel = loop_wheel(conf->loop);
	h->store = conf->store;
	h->domain = mem_strdup(conf->domain);
	hub_reconf(h, conf);
	h->backoff_ms = conf->backoff_ms ? conf->backoff_ms : 1000;
	h->consents = consents_new();
	list_init(&h->mores);
	list_init(&h->pauses);
	list_init(&h->changes);
	list_init(&h->dirty_legs);
	*hp = h;
	return 0;
}

struct face *hub_face(struct hub *h, struct view scheme)
{
	size_t i;

	for (i = 0; i < h->nfaces; i++) {
		if (view_ieqs(scheme, h->faces[i].ops->scheme))
			return &h->faces[i];
	}
	return NULL;
}

int hub_add_face(struct hub *h, const struct face_ops *ops, void *face)
{
	if (hub_face(h, view_str(ops->scheme)))
		return EEXIST;

	assert(h->nfaces < FACES_MAX && h->state == HUB_LOADING);
	h->faces[h->nfaces++] = (struct face){ .ops = ops, .obj = face };
	return 0;
}

bool hub_is_our_domain(const struct hub *h, struct view domain)
{
	return view_ieqs(domain, h->domain);
}

/* ---- cursors to the disk ---- */

/* By id, since members go meanwhile. False: he is in. */
static bool note_dirty(struct hub *h, struct member *m)
{
	if (m->dirty)
		return false;
	if (h->dirty_count == h->dirty_cap) {
		h->dirty_cap = h->dirty_cap ? 2 * h->dirty_cap : 64;
		h->dirty = mem_array(h->dirty, h->dirty_cap,
				     sizeof(h->dirty[0]));
	}
	h->dirty[h->dirty_count++] = m->id;
	m->dirty = true;
	return true;
}

/* So many at most: a transaction has its limit. */
static void put_members(struct hub *h, struct store_txn *t)
{
	size_t n;

	for (n = 0; n < FLUSH_MAX && h->dirty_count; n++) {
		uint64_t id = h->dirty[--h->dirty_count];
		struct member *m = hub_member_by_id(h, id);

		if (!m)
			continue; /* gone meanwhile */
		if (m->room->inbox)
			store_inbox_cursor(t, m->room->id, m->cur.acked);
		else
			store_member_cursor(t, m->id, m->cur.acked);
		m->dirty = false;
	}
}

static void put_legs(struct hub *h, struct store_txn *t)
{
	struct lnode *n;

	while ((n = list_shift(&h->dirty_legs)) != NULL) {
		struct leg *l = CONTAINER(n, struct leg, dirty);

		store_link_cursor(t, l->id, l->cur.acked);
	}
}

/* Runs first when the oldest has waited for FLUSH_MS. */
static void on_flush_timer(struct wtimer *t)
{
	struct hub *h = CONTAINER(t, struct hub, flush);
	uint64_t waited = now_ms() - h->dirty_since_ms;

	if (h->dirty_count > FLUSH_MANY && waited < FLUSH_MANY_MS)
		wheel_start(h->wheel, t, FLUSH_MANY_MS - waited,
			    on_flush_timer);
	else
		hub_flush(h);
}

/* The lost batch is not remembered: everybody counts as changed. */
static void all_dirty(struct hub *h)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&h->members, &pos, n)) != NULL) {
		struct member *m = CONTAINER(n, struct member, by_id);

		note_dirty(h, m);
	}
	pos = 0;
	while ((n = htable_each(&h->legs, &pos, n)) != NULL) {
		struct leg *l = CONTAINER(n, struct leg, by_id);

		if (!l->dirty.next)
			list_append(&h->dirty_legs, &l->dirty);
	}
	wheel_start(h->wheel, &h->flush, FLUSH_AGAIN_MS, on_flush_timer);
}

static void on_flushed(int err, void *arg)
{
	struct hub *h = arg;

	if (err && h->state == HUB_RUNNING)
		all_dirty(h);
	mem_deref(h);
}

void hub_flush(struct hub *h)
{
	struct store_txn *t;

	while (h->dirty_count || !list_empty(&h->dirty_legs)) {
		t = store_begin(h->store);
		put_members(h, t);
		put_legs(h, t);
		store_commit(t, on_flushed, mem_ref(h));
	}
}

static void on_flush_legs(struct wtimer *t)
{
	struct hub *h = CONTAINER(t, struct hub, flush_legs);
	struct store_txn *st;

	if (list_empty(&h->dirty_legs))
		return; /* all was flushed meanwhile */
	st = store_begin(h->store);
	put_legs(h, st);
	store_commit(st, on_flushed, mem_ref(h));
}

static void flush_soon(struct hub *h, struct wtimer *t, uint64_t ms,
		       wtimer_h *th)
{
	if (h->state == HUB_RUNNING && !wtimer_running(t))
		wheel_start(h->wheel, t, ms, th);
}

void member_dirty(struct member *m)
{
	struct hub *h = m->room->hub;

	if (!note_dirty(h, m))
		return;
	if (h->dirty_count == 1)
		h->dirty_since_ms = now_ms();
	flush_soon(h, &h->flush, FLUSH_MS, on_flush_timer);
}

void leg_dirty(struct leg *l)
{
	struct hub *h = l->room->hub;

	if (l->dirty.next)
		return;
	list_append(&h->dirty_legs, &l->dirty);
	flush_soon(h, &h->flush_legs, FLUSH_MS, on_flush_legs);
}

/* ---- changes ---- */

static void change_destroy(void *obj)
{
	struct change *c = obj;

	mem_deref(c->msg);
	mem_deref(c->was);
	mem_deref(c->by);
	mem_free(c->reason);
	mem_deref(c->hub);
}

struct change *change_new(struct room *room, hub_done_h *doneh, void *arg)
{
	struct change *c = mem_new(sizeof(*c), change_destroy);

	c->hub = mem_ref(room->hub);
	c->room = room->id;
	c->doneh = doneh;
	c->arg = arg;
	return c;
}

void change_by(struct change *c, const struct room_by *by)
{
	if (!c->hub->nwatches)
		return;
	c->by = mem_ref(by->by);
	if (by->reason.n)
		c->reason = view_dup(by->reason);
}

static void change_tell(struct change *c, int err)
{
	hub_done_h *doneh = c->doneh;

	c->doneh = NULL;
	if (doneh)
		doneh(err, c->arg);
}

/* Delivery comes after doneh: the sender's answer does not wait for it. The
 * handler may do anything, so the room is looked up again. */
static void on_committed(int err, void *arg)
{
	struct change *c = arg;
	struct room *room = hub_room_by_id(c->hub, c->room);

	list_remove(&c->hub->changes, &c->in_hub);
	if (!room && !err)
		err = ENOENT;
	if (room && c->msg)
		journal_commit(room, c->msg, err);
	if (room && err && c->settle)
		c->settle(c, room, err);
	change_tell(c, err);

	room = hub_room_by_id(c->hub, c->room);
	if (room && c->msg)
		hub_deliver(room, c->msg->seq, err ? NULL : c->msg);
	if (room && !err && c->settle)
		c->settle(c, room, 0);
	mem_deref(c);
}

void change_commit(struct change *c, struct store_txn *t)
{
	list_append(&c->hub->changes, &c->in_hub);
	store_commit(t, on_committed, c);
}

/* ---- start and stop ---- */

static int start_faces(struct hub *h)
{
	size_t i;
	int err;

	for (i = 0; i < h->nfaces; i++) {
		struct face *f = &h->faces[i];

		err = f->ops->start ? f->ops->start(f->obj, h) : 0;
		if (err) {
			log_error("network %s does not start: %s",
				  f->ops->scheme, strerror(err));
			return err;
		}
		f->started = true;
	}
	return 0;
}

static void stop_faces(struct hub *h)
{
	size_t i;

	for (i = h->nfaces; i-- > 0;) {
		struct face *f = &h->faces[i];

		if (f->started && f->ops->stop)
			f->ops->stop(f->obj);
		f->started = false;
	}
}

static void start_room(struct room *room)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->legs, n, nx)
		leg_attach(CONTAINER(n, struct leg, in_room));
	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		member_pump(m);
		if (m->state == MEMBER_INVITED)
			member_invite_timer(m);
	}
}

int hub_start(struct hub *h)
{
	struct room *room = NULL;
	size_t pos = 0;
	int err;

	err = start_faces(h);
	if (err) {
		stop_faces(h);
		return err;
	}
	h->state = HUB_RUNNING;
	hub_flush(h); /* what hub_load() set back: before any message */
	expire_start(h);
	alive_start(h);
	while ((room = hub_each_journal(h, &pos, room)) != NULL)
		start_room(room);
	return 0;
}

static void stop_timers(struct hub *h)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	wheel_stop(h->wheel, &h->flush);
	wheel_stop(h->wheel, &h->flush_legs);
	wheel_stop(h->wheel, &h->prune);
	wheel_stop(h->wheel, &h->trim);
	wheel_stop(h->wheel, &h->alive);
	member_more_stop(h);
	while ((n = htable_each(&h->legs, &pos, n)) != NULL) {
		struct leg *l = CONTAINER(n, struct leg, by_id);

		wheel_stop(h->wheel, &l->retry);
		leg_set_state(l, LEG_DOWN, "stopping");
	}
}

void hub_drain(struct hub *h)
{
	h->draining = true;
}

size_t hub_draining(const struct hub *h)
{
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&h->legs, &pos, n)) != NULL) {
		const struct leg *l = CONTAINER(n, struct leg, by_id);

		count += l->state == LEG_UP && !cursor_idle(&l->cur);
	}
	return count;
}

static void halt(struct hub *h)
{
	h->state = HUB_STOPPED;
	late_stop(h);
	stop_faces(h);
	stop_timers(h);
}

void hub_stop(struct hub *h)
{
	if (h->state == HUB_STOPPED)
		return;
	if (h->state == HUB_RUNNING)
		alive_stop(h);
	halt(h);
	hub_flush(h);
}

void hub_free(struct hub *h)
{
	struct hnode *node;
	struct lnode *n;

	if (!h)
		return;
	if (h->state == HUB_RUNNING)
		halt(h);
	h->state = HUB_STOPPED;
	while ((n = list_shift(&h->changes)) != NULL)
		change_tell(CONTAINER(n, struct change, in_hub), ESHUTDOWN);
	while ((node = htable_pop(&h->rooms)) != NULL)
		room_drop(CONTAINER(node, struct room, by_id));
	consents_free(h->consents);
	h->consents = NULL;
	htable_free(&h->rooms_by_name);
	htable_free(&h->inboxes);
	htable_free(&h->tallies);
	htable_free(&h->rooms);
	htable_free(&h->members);
	htable_free(&h->waiting);
	htable_free(&h->legs);
	htable_free(&h->legs_by_label);
	pauses_free(h);
	mem_deref(h);
}

/* ---- for the operator ---- */

int hub_each_face(const struct hub *h,
		  int (*fn)(const struct face_ops *ops, void *face, void *arg),
		  void *arg)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < h->nfaces; i++)
		err = fn(h->faces[i].ops, h->faces[i].obj, arg);
	return err;
}

void hub_stats(const struct hub *h, struct hub_stats *out)
{
	struct leg *l = NULL;
	size_t pos = 0;

	*out = h->stats;
	out->rooms = hub_room_count(h);
	out->inboxes = h->inboxes.count;
	out->members = h->members.count - out->inboxes;
	out->legs = h->legs.count;
	out->legs_up = 0;
	while ((l = hub_each_leg(h, &pos, l)) != NULL)
		out->legs_up += l->state == LEG_UP;
}
