/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timer wheel: four levels of 256 slots, one per byte of a 32-bit tick.
 * A timer hangs in the level of the highest byte in which its tick differs
 * from the current one; so all occupied slots of a level lie ahead of the
 * current one, and a bitmap per level finds the next without a walk.
 */
#include "wheel.h"

#include <stddef.h>

#include "mem.h"

enum { LEVELS = 4, SLOTS = 256, WORDS = SLOTS / 64 };

/* 49 days: far below 2^31 ticks, so that differences of ticks keep their
 * sign when the 32 bits wrap (every 497 days). */
#define AFTER_MAX_MS (UINT64_C(49) * 24 * 3600 * 1000)

struct wheel {
	uint64_t now;   /* ms */
	uint64_t cur;   /* last tick done; timers see its low 32 bits */
	uint64_t count; /* running timers */
	uint64_t bits[LEVELS][WORDS]; /* slots that are not empty */
	struct wtimer *slots[LEVELS * SLOTS]; /* borrowed */
};

static void link_timer(struct wheel *w, struct wtimer *t)
{
	uint32_t diff = t->due ^ (uint32_t)w->cur;
	unsigned level = diff ? (31 - (unsigned)__builtin_clz(diff)) / 8 : 0;
	unsigned at = (t->due >> (8 * level)) & (SLOTS - 1);
	struct wtimer **head;

	t->slot = level * SLOTS + at;
	head = &w->slots[t->slot];
	t->next = *head;
	if (t->next)
		t->next->pprev = &t->next;
	t->pprev = head;
	*head = t;
	w->bits[level][at / 64] |= UINT64_C(1) << (at % 64);
}


static void unlink_timer(struct wheel *w, struct wtimer *t)
{
	unsigned at = t->slot % SLOTS;

	*t->pprev = t->next;
	if (t->next)
		t->next->pprev = t->pprev;
	t->next = NULL;
	t->pprev = NULL;
	if (!w->slots[t->slot])
		w->bits[t->slot / SLOTS][at / 64] &= ~(UINT64_C(1) << at % 64);
}


/* The first bit set at or after from, or -1. */
static int bit_from(const uint64_t bits[WORDS], unsigned from)
{
	uint64_t word = bits[from / 64] & (UINT64_MAX << from % 64);
	unsigned i = from / 64;

	while (!word && ++i < WORDS)
		word = bits[i];
	return word ? (int)(i * 64 + (unsigned)__builtin_ctzll(word)) : -1;
}


/* The next slot to look at, and the tick at which. False: none. The lowest
 * occupied level has it, since higher ones begin beyond that level's end. */
static bool next_slot(const struct wheel *w, unsigned *slot, uint64_t *tick)
{
	uint32_t cur = (uint32_t)w->cur, at;
	unsigned level, shift;
	int bit;

	for (level = 0; level < LEVELS; level++) {
		shift = 8 * level;
		bit = bit_from(w->bits[level], (cur >> shift) % SLOTS);
		if (bit < 0) /* the top level goes round */
			bit = bit_from(w->bits[level], 0);
		if (bit < 0)
			continue;
		at = (cur >> shift & ~(uint32_t)(SLOTS - 1)) | (unsigned)bit;
		*slot = level * SLOTS + (unsigned)bit;
		*tick = w->cur + (uint32_t)((at << shift) - cur);
		return true;
	}
	return false;
}


/* Everything due at the current tick. A handler can't add to this slot: what
 * it starts is due at the next tick at the earliest. */
static void fire_slot(struct wheel *w, unsigned slot)
{
	struct wtimer *t;

	while ((t = w->slots[slot])) {
		unlink_timer(w, t);
		w->count--;
		t->h(t);
	}
}


/* Hands the timers of a slot down to the levels below. */
static void spread_slot(struct wheel *w, unsigned slot)
{
	struct wtimer *t;

	while ((t = w->slots[slot])) {
		unlink_timer(w, t);
		link_timer(w, t);
	}
}


struct wheel *wheel_new(uint64_t now)
{
	struct wheel *w = mem_new(sizeof(*w), NULL);

	w->now = now;
	w->cur = now / WHEEL_TICK_MS;
	return w;
}


void wheel_free(struct wheel *w)
{
	mem_deref(w);
}


void wheel_start(struct wheel *w, struct wtimer *t, uint64_t after_ms,
		 wtimer_h *h)
{
	uint64_t due;

	if (t->pprev)
		unlink_timer(w, t);
	else
		w->count++;
	if (after_ms > AFTER_MAX_MS)
		after_ms = AFTER_MAX_MS;
	/* Up to a whole tick; but the tick of now is taken as done. */
	due = (w->now + after_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
	if (due <= w->now / WHEEL_TICK_MS)
		due = w->now / WHEEL_TICK_MS + 1;
	t->due = (uint32_t)due;
	t->h = h;
	link_timer(w, t);
}


void wheel_stop(struct wheel *w, struct wtimer *t)
{
	if (!t->pprev)
		return;
	unlink_timer(w, t);
	w->count--;
}


bool wtimer_running(const struct wtimer *t)
{
	return t->pprev != NULL;
}


void wheel_touch(struct wheel *w, uint64_t now)
{
	if (now > w->now)
		w->now = now;
}


void wheel_advance(struct wheel *w, uint64_t now)
{
	uint64_t target, tick;
	unsigned slot;

	wheel_touch(w, now);
	target = w->now / WHEEL_TICK_MS;
	while (next_slot(w, &slot, &tick) && tick <= target) {
		w->cur = tick;
		if (slot >= SLOTS)
			spread_slot(w, slot);
		fire_slot(w, (unsigned)(tick % SLOTS));
	}
	if (target > w->cur)
		w->cur = target;
}


uint64_t wheel_next(const struct wheel *w, uint64_t now)
{
	uint64_t tick, at;
	unsigned slot;

	if (!next_slot(w, &slot, &tick))
		return UINT64_MAX;
	at = tick * WHEEL_TICK_MS;
	return at > now ? at - now : 0;
}


uint64_t wheel_count(const struct wheel *w)
{
	return w->count;
}
