/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much text waits for a member: for the newest numbers of a room the sum
 * of all texts up to each. It is needed where somebody is away for long only,
 * so it is made when it is asked for first: what was committed before is read
 * from the store, a page a step.
 *
 * Sums are of 32 bits: only differences count, and what waits is less.
 */
#include "hub_priv.h"
#include "mem.h"

enum { STEP = 256 };

struct weights {
	uint64_t low;	 /* lowest number whose sum is known, if ready */
	uint64_t anchor; /* newest number, and its sum, when it was made */
	uint32_t anchor_sum;
	bool ready;	 /* else slots up to anchor are sizes */
	size_t count;
	uint32_t slots[]; /* at number % count */
};

struct weigh_read {
	struct hub *hub;   /* ref */
	uint64_t room;
	struct weights *w; /* ref */
};

static void read_destroy(void *obj)
{
	struct weigh_read *rd = obj;

	mem_deref(rd->w);
	mem_deref(rd->hub);
}

/* The slot, or NULL: a newer number has it. */
static uint32_t *slot_of(struct weights *w, const struct room *room,
			 uint64_t seq)
{
	return seq + w->count > room->committed ? &w->slots[seq % w->count]
						: NULL;
}

/* Sizes become sums, from the newest down. */
static void settle(struct weights *w, const struct room *room)
{
	uint32_t sum = w->anchor_sum, size;
	uint64_t seq = w->anchor;
	uint32_t *slot;

	while (seq >= w->low && (slot = slot_of(w, room, seq))) {
		size = *slot;
		*slot = sum;
		sum -= size;
		if (!seq--)
			break;
	}
	w->ready = true;
}

static void take_sizes(struct weights *w, const struct room *room,
		       const struct store_msg *msgs, size_t count)
{
	uint32_t *slot;
	size_t i;

	for (i = 0; i < count && msgs[i].seq <= w->anchor; i++) {
		slot = slot_of(w, room, msgs[i].seq);
		if (slot)
			*slot = (uint32_t)msgs[i].text.n;
	}
}

static void on_page(int err, const struct store_msg *msgs, size_t count,
		    void *arg)
{
	struct weigh_read *rd = arg;
	struct room *room = hub_room_by_id(rd->hub, rd->room);

	if (!room || room->weights != rd->w)
		goto out;
	if (err) {
		weigh_free(room); /* whoever asks next tries again */
		goto out;
	}
	take_sizes(rd->w, room, msgs, count);
	if (count == STEP && msgs[count - 1].seq < rd->w->anchor) {
		store_read(rd->hub->store, room->id, msgs[count - 1].seq, STEP,
			   on_page, rd);
		return;
	}
	settle(rd->w, room);
out:
	mem_deref(rd);
}

static void make(struct room *room)
{
	size_t count = (size_t)room->hub->wait_msgs + 1;
	struct weights *w = mem_new(
		sizeof(*w) + count * sizeof(w->slots[0]), NULL);
	struct weigh_read *rd = mem_new(sizeof(*rd), read_destroy);

	w->count = count;
	w->anchor = room->committed;
	w->anchor_sum = (uint32_t)room->bytes;
	w->low = w->anchor >= count ? w->anchor - count + 1 : 0;
	room->weights = w;
	rd->hub = mem_ref(room->hub);
	rd->room = room->id;
	rd->w = mem_ref(w);
	store_read(room->hub->store, room->id, w->low, STEP, on_page, rd);
}

bool weigh(struct room *room, uint64_t acked, uint64_t *bytes)
{
	struct weights *w = room->weights;
	const uint32_t *slot;

	if (!w)
		make(room);
	if (!w || !w->ready || acked < w->low)
		return false;
	slot = slot_of(w, room, acked);
	if (slot)
		*bytes = (uint32_t)((uint32_t)room->bytes - *slot);
	return slot != NULL;
}

void weigh_commit(struct room *room)
{
	struct weights *w = room->weights;

	if (w)
		w->slots[room->committed % w->count] = (uint32_t)room->bytes;
}

void weigh_free(struct room *room)
{
	room->weights = mem_deref(room->weights);
}
