/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room's journal: the newest messages in memory, older ones in pages from
 * the store. A room has one page, and one read under way, for all who lag
 * behind: after a restart a thousand members wait for the same stretch. The
 * lowest number goes first, so that the laggards meet and share pages.
 */
#include <errno.h>
#include <string.h>

#include "hub_priv.h"
#include "log.h"
#include "mem.h"

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
		.meta = sm->meta,
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

/* What store_history() finds. */
static bool is_talk(const struct msg *msg)
{
	return msg->kind <= MSG_EMOTE && !msg->audience;
}

void journal_commit(struct room *room, struct msg *msg, int err)
{
	struct msg **slot;

	if (!room->recent)
		room->recent = mem_zalloc(ROOM_RECENT * sizeof(*slot));
	slot = &room->recent[msg->seq % ROOM_RECENT];
	room->committed = msg->seq;
	room->bytes += err ? 0 : msg->text.n;
	if (!err && is_talk(msg))
		room->talk_last = msg->seq;
	weigh_commit(room);
	mem_deref(*slot);
	*slot = err ? NULL : mem_ref(msg);
}
