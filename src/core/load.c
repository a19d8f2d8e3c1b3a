/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store kept comes back to life. */
#include <errno.h>

#include "hub_priv.h"
#include "log.h"
#include "mem.h"

/* A cursor can be ahead of the journal: numbers whose commit failed are
 * settled, but nobody stored them, and they will be given out again. What is
 * set back is written (hub_start) before a new message has such a number:
 * after one more crash nobody could tell. */
static uint64_t clamp(const struct room *room, uint64_t acked)
{
	return acked < room->head ? acked : room->head;
}

static void load_room(const struct store_room *sr, void *arg)
{
	struct addr *addr;
	struct hub *h = arg;
	int err;

	err = addr_new(&addr, VIEW("sip"), sr->name, sr->domain, VIEW_NONE);
	if (err) {
		log_error("store: a room's name is damaged, it stays out");
		return;
	}
	room_new(h, sr, addr);
	mem_deref(addr);
}

static void load_member(const struct store_member *sm, void *arg)
{
	struct hub *h = arg;
	struct room *room = hub_room_by_id(h, sm->room);
	struct store_member got = *sm;
	struct addr *addr;

	if (!room)
		return;
	if (addr_parse(&addr, sm->addr)) {
		log_error("room %.*s: a member's address is damaged, he stays "
			  "out",
			  VIEW_ARG(room->addr->text));
		return;
	}
	got.acked = clamp(room, sm->acked);
	if (!room_member(room, addr)) {
		struct member *m = member_new(room, addr, &got);

		if (got.acked != sm->acked)
			member_dirty(m);
	}
	mem_deref(addr);
}

static void load_link(const struct store_link *sl, void *arg)
{
	struct hub *h = arg;
	struct room *room = hub_room_by_id(h, sl->room);
	struct store_link got = *sl;
	struct leg *leg;

	if (!room)
		return;
	got.acked = clamp(room, sl->acked);
	leg = leg_new(room, &got);
	if (leg)
		leg->stored = true;
	if (leg && got.acked != sl->acked)
		leg_dirty(leg);
}

static void load_inbox(const struct store_inbox *si, void *arg)
{
	struct store_inbox got = *si;
	struct hub *h = arg;
	struct room *inbox;
	struct addr *addr;

	if (addr_parse(&addr, si->addr)) {
		log_error("store: the address of an inbox is damaged, it "
			  "stays out");
		return;
	}
	if (got.acked > got.head)
		got.acked = got.head; /* see clamp() */
	inbox = inbox_new(h, addr, &got);
	book_new(inbox, NULL);
	inbox->stored = true;
	if (got.acked != si->acked)
		member_dirty(room_member(inbox, addr));
	mem_deref(addr);
}

static void load_kept(const struct store_kept *k, void *arg)
{
	topics_load(k, arg);
	alive_load(arg, k);
}

int hub_load(struct hub *h)
{
	struct store_load load = {
		.room = load_room,
		.member = load_member,
		.link = load_link,
		.inbox = load_inbox,
		.watch = consents_load,
		.kept = load_kept,
		.arg = h,
	};
	int err;

	err = store_load(h->store, &load);
	if (!err)
		log_info("loaded %zu rooms, %zu members, %zu links, "
			 "%zu inboxes",
			 hub_room_count(h),
			 h->members.count - h->inboxes.count, h->legs.count,
			 h->inboxes.count);
	return err;
}
