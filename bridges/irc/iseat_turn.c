/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose turn it is to log in. To a network all of us are one address: it is
 * asked so often a second and no more, and when it refuses one of us (K-line,
 * throttle), nobody knocks for a while.
 */
#include <errno.h>

#include "clock.h"
#include "iseat_priv.h"
#include "mem.h"

enum {
	LOGINS_RATE = 10,
	PAUSE_MS = 30 * 1000,
	PAUSE_SHIFT_MAX = 6, /* 30 s << 6 is just over half an hour */
	PAUSE_MAX_MS = 30 * 60 * 1000,
	FULL_MS = 1000,
};

static struct wheel *wheel_of(const struct inet *n)
{
	return loop_wheel(n->gate->conf.loop);
}

struct inet *inet_find(const struct igate *g, struct view network)
{
	struct hnode *n = htable_find(&g->nets, hash_iview(network));

	for (; n; n = htable_more(n)) {
		struct inet *net = CONTAINER(n, struct inet, by_label);

		if (view_ieqs(network, net->label))
			return net;
	}
	return NULL;
}

static struct inet *inet_get(struct igate *g, struct view network)
{
	struct inet *n = inet_find(g, network);

	if (n)
		return n;
	n = mem_zalloc(sizeof(*n));
	n->gate = g;
	n->label = view_dup(network);
	list_init(&n->queue);
	htable_add(&g->nets, &n->by_label, hash_iview(network));
	return n;
}

static struct bucket_rate rate_of(const struct igate *g)
{
	unsigned tenths = g->conf.logins_rate ? g->conf.logins_rate :
						LOGINS_RATE;

	return (struct bucket_rate){ .count = tenths,
				     .per_ms = 10 * 1000,
				     .burst = 1 + tenths / 5 };
}

static void on_timer(struct wtimer *t);

static void look_in(struct inet *n, uint64_t ms)
{
	wheel_start(wheel_of(n), &n->timer, ms + WHEEL_TICK_MS, on_timer);
}

/* False: there was no turn left, or no worker. */
static bool give_turn(struct inet *n, struct seat *s)
{
	const struct bucket_rate rate = rate_of(n->gate);

	if (!bucket_take(&n->logins, &rate, now_ms()))
		return false;
	if (seat_log_in(s) != EBUSY)
		return true;
	bucket_give(&n->logins, &rate);
	s->again_ms = now_ms() + FULL_MS;
	return true;
}

static void work(struct inet *n)
{
	const struct bucket_rate rate = rate_of(n->gate);
	uint64_t now = now_ms(), next = UINT64_MAX;
	struct lnode *node, *nx;

	if (now < n->until_ms) {
		if (!list_empty(&n->queue))
			look_in(n, n->until_ms - now);
		return;
	}
	LIST_EACH (&n->queue, node, nx) {
		struct seat *s = CONTAINER(node, struct seat, in_turn);

		if (s->again_ms <= now && !give_turn(n, s)) {
			next = now + bucket_wait_ms(&n->logins, &rate, now);
			break;
		}
		if (s->in_turn.next && s->again_ms < next)
			next = s->again_ms;
	}
	if (next != UINT64_MAX)
		look_in(n, next > now ? next - now : 0);
}

static void on_timer(struct wtimer *t)
{
	work(CONTAINER(t, struct inet, timer));
}

void turn_take(struct seat *s)
{
	struct inet *n = inet_get(s->gate, s->network);

	s->state = SEAT_WAITING;
	list_append(&n->queue, &s->in_turn);
	work(n);
}

void turn_leave(struct seat *s)
{
	struct inet *n = inet_find(s->gate, s->network);

	if (n)
		list_remove(&n->queue, &s->in_turn);
}

/* Half to one and a half of it. */
static uint64_t about(uint64_t ms)
{
	return ms / 2 + rand_u64() % ms;
}

void turn_refused(struct seat *s)
{
	struct inet *n = inet_get(s->gate, s->network);
	unsigned shift = n->refusals < PAUSE_SHIFT_MAX ? n->refusals :
							 PAUSE_SHIFT_MAX;
	uint64_t ms = (uint64_t)PAUSE_MS << shift;

	if (now_ms() < n->until_ms)
		return; /* one ban is many losses */
	n->refusals++;
	n->until_ms = now_ms() + about(ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS);
	work(n);
}

void turn_welcome(struct seat *s)
{
	struct inet *n = inet_find(s->gate, s->network);

	if (n)
		n->refusals = 0;
}

void turns_stop(struct igate *g)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->nets, &pos, n))) {
		struct inet *net = CONTAINER(n, struct inet, by_label);

		wheel_stop(wheel_of(net), &net->timer);
	}
}

void turns_free(struct igate *g)
{
	struct hnode *n;

	while ((n = htable_pop(&g->nets))) {
		struct inet *net = CONTAINER(n, struct inet, by_label);

		wheel_stop(wheel_of(net), &net->timer);
		mem_free(net->label);
		mem_free(net);
	}
	htable_free(&g->nets);
}
