/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room's journal: the newest messages in memory, older ones in pages from
 * the store. A room has one page, and one read under way, for all who lag
 * behind: after a restart a thousand members wait for the same stretch. The
 * lowest number goes first, so that the laggards meet and share pages.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { PRUNE_MS = 10 * 60 * 1000 };
static const uint64_t day_ms = 24 * 3600 * 1000;

struct page_read {
	struct hub *hub; /* ref */
	uint64_t room;
	uint64_t after, committed;
};

static void read_destroy(void *obj)
{
	struct page_read *rd = obj;

	mem_deref(rd->hub);
}

static struct page_read *read_new(struct room *room, uint64_t after)
{
	struct page_read *rd = mem_new(sizeof(*rd), read_destroy);

	rd->hub = mem_ref(room->hub);
	rd->room = room->id;
	rd->after = after;
	rd->committed = room->committed;
	return rd;
}

/* ---- pages ---- */

static void page_destroy(void *obj)
{
	struct room_page *page = obj;
	size_t i;

	for (i = 0; i < page->count; i++)
		mem_deref(page->msgs[i]);
}

void journal_page_free(struct room *room)
{
	room->page = mem_deref(room->page);
}

/* A sender that can't be read back must not take the text with it. */
static int msg_load(struct msg **mp, const struct room *room,
		    const struct store_msg *sm)
{
	struct msg_conf conf = {
		.id = sm->id,
		.kind = sm->kind,
		.name = sm->name,
		.text = sm->text,
		.time_ms = sm->time_ms,
		.reply_to = sm->reply_to,
		.origin = sm->origin,
		.audience = sm->audience,
		.seq = sm->seq,
	};
	int err;

	if (addr_parse(&conf.from, sm->from))
		conf.from = mem_ref(room->addr);
	err = msg_new(mp, &conf);
	if (err)
		log_warning(
			"room %.*s: message %llu in the journal is damaged",
			VIEW_ARG(room->addr->text),
			(unsigned long long)sm->seq);
	mem_deref(conf.from);
	return err;
}

size_t journal_msgs(struct msg **msgs, const struct room *room,
		    const struct store_msg *sms, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += !msg_load(&msgs[n], room, &sms[i]);
	return n;
}

static void page_take(struct room *room, const struct page_read *rd,
		      const struct store_msg *msgs, size_t count)
{
	struct room_page *page = mem_new(sizeof(*page), page_destroy);

	page->count = journal_msgs(page->msgs, room, msgs,
				   count < ROOM_PAGE ? count : ROOM_PAGE);
	page->after = rd->after;
	page->upto =
		count < ROOM_PAGE ? rd->committed : msgs[ROOM_PAGE - 1].seq;
	journal_page_free(room);
	room->page = page;
}

static struct msg *page_find(const struct room_page *page, uint64_t seq)
{
	size_t lo = 0, hi = page->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (page->msgs[mid]->seq == seq)
			return page->msgs[mid];
		if (page->msgs[mid]->seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int journal_find(const struct room *room, uint64_t seq, struct msg **mp)
{
	struct msg *msg = room->recent ? room->recent[seq % ROOM_RECENT]
				       : NULL;
	const struct room_page *page = room->page;

	if (msg && msg->seq == seq) {
		*mp = msg;
		return 0;
	}
	if (!page || seq <= page->after || seq > page->upto)
		return EAGAIN;
	*mp = page_find(page, seq);
	return 0;
}

/* ---- reading ---- */

static void read_next(struct room *room);

/* Everybody who waits tries again. What somebody still lacks only adds to
 * room->want here, because room->reading is still set. */
static void wake_all(struct room *room, int err)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (!m->reading)
			continue;
		m->reading = false;
		if (err)
			member_put_off(m);
		else
			member_pump(m);
	}
	LIST_EACH (&room->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		if (!l->reading)
			continue;
		l->reading = false;
		if (err)
			leg_hold(l);
		else
			leg_pump(l);
	}
}

static void on_page(int err, const struct store_msg *msgs, size_t count,
		    void *arg)
{
	struct page_read *rd = arg;
	struct room *room = hub_room_by_id(rd->hub, rd->room);

	if (!room || rd->hub->state != HUB_RUNNING)
		goto out;
	if (err)
		log_warning("room %.*s: journal can't be read: %s",
			    VIEW_ARG(room->addr->text), strerror(err));
	else
		page_take(room, rd, msgs, count);
	room->want = 0;
	wake_all(room, err);
	room->reading = false;
	if (room->want)
		read_next(room);
out:
	mem_deref(rd);
}

static void read_next(struct room *room)
{
	struct page_read *rd = read_new(room, room->want - 1);

	room->reading = true;
	room->want = 0;
	store_read(room->hub->store, room->id, rd->after, ROOM_PAGE, on_page,
		   rd);
}

void journal_want(struct room *room, uint64_t seq)
{
	if (!room->want || seq < room->want)
		room->want = seq;
	if (!room->reading)
		read_next(room);
}

void journal_commit(struct room *room, struct msg *msg, int err)
{
	struct msg **slot;

	if (!room->recent)
		room->recent = mem_zalloc(ROOM_RECENT * sizeof(*slot));
	slot = &room->recent[msg->seq % ROOM_RECENT];
	room->committed = msg->seq;
	room->bytes += err ? 0 : msg->text.n;
	mem_deref(*slot);
	*slot = err ? NULL : mem_ref(msg);
}

/* ---- expiry ---- */

static void expire_member(struct member *m, uint64_t first)
{
	uint64_t lost = first - 1 - m->cur.acked;

	log_info("room %.*s: %llu messages for %.*s expired",
		 VIEW_ARG(m->room->addr->text), (unsigned long long)lost,
		 VIEW_ARG(m->addr->text));
	m->room->hub->stats.given_up += lost;
	if (m->state == MEMBER_JOINED)
		member_more(m)->missed += lost;
	cursor_set(&m->cur, first - 1);
	hub_dirty(m->room->hub, &m->room->hub->dirty_members, &m->dirty);
	member_pump(m);
}

static void expire_leg(struct leg *l, uint64_t first)
{
	uint64_t lost = first - 1 - l->cur.acked;

	l->skipped += lost;
	l->room->hub->stats.skipped += lost;
	cursor_set(&l->cur, first - 1);
	hub_dirty(l->room->hub, &l->room->hub->dirty_legs, &l->dirty);
}

/* Whoever has not got that far will not get it any more. What is under way
 * to him is left alone: its answer settles it. */
static void expire_upto(struct room *room, uint64_t first)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m->cur.acked + 1 < first && !m->reading &&
		    cursor_idle(&m->cur))
			expire_member(m, first);
	}
	LIST_EACH (&room->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		if (l->cur.acked + 1 < first && l->state != LEG_UP)
			expire_leg(l, first);
	}
}

static void on_first(int err, const struct store_msg *msgs, size_t count,
		     void *arg)
{
	struct page_read *rd = arg;
	struct room *room = hub_room_by_id(rd->hub, rd->room);

	if (room && !err && rd->hub->state == HUB_RUNNING)
		expire_upto(room, count ? msgs[0].seq : rd->committed + 1);
	mem_deref(rd);
}

static bool has_laggard(const struct room *room)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		if (CONTAINER(n, struct member, order)->cur.acked <
		    room->committed)
			return true;
	}
	LIST_EACH (&room->legs, n, nx) {
		if (CONTAINER(n, struct leg, in_room)->cur.acked <
		    room->committed)
			return true;
	}
	return false;
}

static void prune_room(struct room *room, uint64_t before_ms)
{
	struct hub *h = room->hub;
	struct store_txn *t = store_begin(h->store);
	uint64_t below = room->committed > h->keep_msgs
				 ? room->committed - h->keep_msgs + 1
				 : 0;

	missed_expiring(room, below, before_ms);
	store_prune(t, room->id, below, before_ms);
	store_commit(t, NULL, NULL);
	journal_page_free(room);
	if (has_laggard(room))
		store_read(h->store, room->id, 0, 1, on_first,
			   read_new(room, 0));
}

static void on_prune(struct wtimer *t)
{
	struct hub *h = CONTAINER(t, struct hub, prune);
	uint64_t now = wall_ms(), keep = h->keep_days * day_ms;
	struct room *room = NULL;
	size_t pos = 0;

	while ((room = hub_each_room(h, &pos, room)) != NULL) {
		if (room->committed)
			prune_room(room, now > keep ? now - keep : 0);
	}
	member_more_tidy(h);
	journal_prune_start(h);
}

void journal_prune_start(struct hub *h)
{
	wheel_start(h->wheel, &h->prune, PRUNE_MS, on_prune);
}
