/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The timer wheel, against a model that is a plain array. */
#include "test.h"

#include "clock.h"
#include "hash.h"
#include "wheel.h"

enum { TIMERS = 500, DAY = 24 * 3600 * 1000 };

static struct {
	struct wheel *w;
	uint64_t now;
	uint64_t last_due; /* of what fired last in this advance */
	unsigned fired;
} env;

struct probe {
	struct wtimer t;
	uint64_t from, due; /* ms: started at, to fire at; due 0: stopped */
	unsigned fired;
};

static struct probe probes[TIMERS];

static uint64_t tick_up(uint64_t ms)
{
	return (ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS * WHEEL_TICK_MS;
}


static void on_probe(struct wtimer *t)
{
	struct probe *p = CONTAINER(t, struct probe, t);

	assert_true(p->due != 0);
	assert_true(env.now >= p->due);
	assert_false(wtimer_running(t));
	assert_true(tick_up(p->due) + WHEEL_TICK_MS >= env.last_due);
	if (tick_up(p->due) > env.last_due)
		env.last_due = tick_up(p->due);
	p->due = 0;
	p->fired++;
	env.fired++;
}


static void start(struct probe *p, uint64_t after)
{
	p->from = env.now;
	p->due = env.now + after;
	if (!p->due)
		p->due = 1;
	wheel_start(env.w, &p->t, after, on_probe);
	assert_true(wtimer_running(&p->t));
}


static void stop(struct probe *p)
{
	wheel_stop(env.w, &p->t);
	p->due = 0;
	assert_false(wtimer_running(&p->t));
}


/* A timer that should have fired by now is one tick late at most. */
static void check_model(void)
{
	uint64_t first = UINT64_MAX, next, running = 0;
	size_t i;

	for (i = 0; i < TIMERS; i++) {
		if (!probes[i].due)
			continue;
		running++;
		assert_true(env.now < probes[i].due + WHEEL_TICK_MS);
		if (probes[i].due < first)
			first = probes[i].due;
	}
	assert_int_equal(wheel_count(env.w), running);
	next = wheel_next(env.w, env.now);
	if (!running)
		assert_true(next == UINT64_MAX);
	else /* a lower bound, of the tick at which it can fire */
		assert_true(env.now + next < first + 2 * WHEEL_TICK_MS);
}


static void advance(uint64_t ms)
{
	env.now += ms;
	env.last_due = 0;
	wheel_advance(env.w, env.now);
}


static void begin(uint64_t now)
{
	memset(probes, 0, sizeof(probes));
	env.now = now;
	env.fired = 0;
	env.w = wheel_new(now);
}


static void end(void)
{
	wheel_free(env.w);
}


static uint64_t seed;

static uint64_t rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}


static uint64_t random_after(void)
{
	switch (rnd(5)) {
	case 0:
		return rnd(20);
	case 1:
		return rnd(5000);
	case 2:
		return rnd(700 * 1000);
	case 3:
		return rnd(DAY);
	default:
		return rnd(UINT64_C(40) * DAY);
	}
}


static void play(uint64_t first_now, unsigned steps)
{
	unsigned i;

	begin(first_now);
	for (i = 0; i < steps; i++) {
		struct probe *p = &probes[rnd(TIMERS)];

		switch (rnd(4)) {
		case 0:
		case 1:
			start(p, random_after());
			break;
		case 2:
			stop(p);
			break;
		default:
			advance(random_after() / (1 + rnd(1000)));
			check_model();
		}
	}
	advance(UINT64_C(50) * DAY);
	check_model();
	assert_int_equal(wheel_count(env.w), 0);
	assert_true(env.fired > 0);
	end();
}


static void plays_like_the_model(void **state)
{
	(void)state;
	seed = 4711;
	play(0, 20000);
	play(123456789, 20000);
	/* Across the wrap of 32-bit ticks. */
	play((UINT64_C(1) << 32) * WHEEL_TICK_MS - DAY, 20000);
}


static void fires_on_time_not_before(void **state)
{
	static const uint64_t after[] = { 0, 1, 9, 10, 11, 2550, 2560, 2570,
		655350, 655360, 655361, 167772150, 167772160, 167772171 };
	size_t i;
	uint64_t start_at;

	(void)state;
	for (start_at = 0; start_at < 5120; start_at += 1277) {
		for (i = 0; i < sizeof(after) / sizeof(*after); i++) {
			begin(start_at);
			start(&probes[0], after[i]);
			if (after[i])
				advance(after[i] - 1);
			assert_int_equal(probes[0].fired, 0);
			advance(after[i] ? WHEEL_TICK_MS + 1 : WHEEL_TICK_MS);
			assert_int_equal(probes[0].fired, 1);
			advance(DAY);
			assert_int_equal(probes[0].fired, 1);
			end();
		}
	}
}


static void sleeps_reach_a_far_timer_in_few_steps(void **state)
{
	unsigned steps = 0;
	uint64_t next;

	(void)state;
	begin(777);
	start(&probes[0], UINT64_C(30) * DAY);
	while ((next = wheel_next(env.w, env.now)) != UINT64_MAX) {
		advance(next);
		steps++;
		assert_true(steps < 10);
	}
	assert_int_equal(env.fired, 1);
	assert_true(env.now >= 777 + UINT64_C(30) * DAY);
	assert_true(env.now <= 777 + UINT64_C(30) * DAY + WHEEL_TICK_MS);
	end();
}


static void takes_too_long_times_as_49_days(void **state)
{
	(void)state;
	begin(5);
	wheel_start(env.w, &probes[0].t, UINT64_MAX, on_probe);
	probes[0].due = 5 + UINT64_C(49) * DAY;
	advance(UINT64_C(49) * DAY - 1);
	assert_int_equal(env.fired, 0);
	advance(WHEEL_TICK_MS);
	assert_int_equal(env.fired, 1);
	end();
}


static void restarts_and_stops(void **state)
{
	(void)state;
	begin(0);
	wheel_stop(env.w, &probes[0].t);
	assert_int_equal(wheel_count(env.w), 0);
	start(&probes[0], 100);
	start(&probes[0], 300);
	assert_int_equal(wheel_count(env.w), 1);
	advance(200);
	assert_int_equal(env.fired, 0);
	start(&probes[0], 10);
	advance(20);
	assert_int_equal(env.fired, 1);
	start(&probes[0], 10);
	stop(&probes[0]);
	stop(&probes[0]);
	advance(DAY);
	assert_int_equal(env.fired, 1);
	end();
}


static void counts_from_the_touched_time(void **state)
{
	(void)state;
	begin(0);
	start(&probes[1], 500);
	env.now = 1000;
	wheel_touch(env.w, env.now);
	assert_int_equal(env.fired, 0);
	start(&probes[0], 100);
	advance(0);
	assert_int_equal(env.fired, 1);
	advance(99);
	assert_int_equal(env.fired, 1);
	advance(11);
	assert_int_equal(env.fired, 2);
	end();
}


static void ignores_a_clock_that_goes_back(void **state)
{
	(void)state;
	begin(10000);
	start(&probes[0], 100);
	wheel_advance(env.w, 500);
	wheel_touch(env.w, 500);
	assert_int_equal(env.fired, 0);
	advance(100);
	assert_int_equal(env.fired, 1);
	end();
}


/* Timers that do things to timers from inside. */

struct actor {
	struct wtimer t;
	struct wtimer *stops, *starts;
	unsigned again;
};

static unsigned acted;

static void on_actor(struct wtimer *t)
{
	struct actor *a = CONTAINER(t, struct actor, t);

	acted++;
	if (a->stops)
		wheel_stop(env.w, a->stops);
	if (a->starts)
		wheel_start(env.w, a->starts, 0, on_actor);
	if (a->again) {
		a->again--;
		wheel_start(env.w, t, 0, on_actor);
	}
}


static void handlers_stop_others_of_their_tick(void **state)
{
	struct actor a[3] = { 0 };
	size_t i;

	(void)state;
	begin(0);
	acted = 0;
	/* Whichever runs first stops the other two. */
	for (i = 0; i < 3; i++)
		wheel_start(env.w, &a[i].t, 50, on_actor);
	a[0].stops = &a[1].t;
	a[1].stops = &a[0].t;
	a[2].stops = &a[1].t;
	wheel_advance(env.w, 100);
	assert_int_equal(acted, 2);
	assert_int_equal(wheel_count(env.w), 0);
	end();
}


static void restart_with_zero_waits_for_the_next_tick(void **state)
{
	struct actor a = { .again = 3 };

	(void)state;
	begin(0);
	acted = 0;
	wheel_start(env.w, &a.t, 10, on_actor);
	wheel_advance(env.w, 1000);
	assert_int_equal(acted, 1);
	wheel_advance(env.w, 1009);
	assert_int_equal(acted, 1);
	wheel_advance(env.w, 1010);
	assert_int_equal(acted, 2);
	wheel_advance(env.w, 1020);
	wheel_advance(env.w, 1030);
	wheel_advance(env.w, 2000);
	assert_int_equal(acted, 4);
	end();
}


static void handlers_start_others(void **state)
{
	struct actor a = { 0 }, b = { 0 };

	(void)state;
	begin(0);
	acted = 0;
	a.starts = &b.t;
	wheel_start(env.w, &a.t, 2560, on_actor);
	wheel_advance(env.w, 2560);
	assert_int_equal(acted, 1);
	assert_true(wtimer_running(&b.t));
	wheel_advance(env.w, 2570);
	assert_int_equal(acted, 2);
	end();
}


static void on_suicide(struct wtimer *t)
{
	mem_deref(CONTAINER(t, struct actor, t));
	acted++;
}


static void handlers_free_their_object(void **state)
{
	size_t i;

	(void)state;
	begin(0);
	acted = 0;
	for (i = 0; i < 10; i++) {
		struct actor *a = mem_new(sizeof(*a), NULL);

		wheel_start(env.w, &a->t, 30, on_suicide);
	}
	wheel_advance(env.w, 40);
	assert_int_equal(acted, 10);
	end();
}


static void on_nested(struct wtimer *t)
{
	acted++;
	(void)t;
	wheel_advance(env.w, 5000);
}


static void advance_inside_a_handler(void **state)
{
	struct wtimer t[3] = { 0 };
	size_t i;

	(void)state;
	begin(0);
	acted = 0;
	for (i = 0; i < 3; i++)
		wheel_start(env.w, &t[i], 100 + 1000 * i, on_nested);
	wheel_advance(env.w, 100);
	assert_int_equal(acted, 3);
	assert_int_equal(wheel_count(env.w), 0);
	wheel_start(env.w, &t[0], 10, on_nested);
	wheel_advance(env.w, 5009);
	assert_int_equal(acted, 3);
	wheel_advance(env.w, 5010);
	assert_int_equal(acted, 4);
	end();
}


static void the_timer_stays_small(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct wtimer), 32);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plays_like_the_model),
		TEST(fires_on_time_not_before),
		TEST(sleeps_reach_a_far_timer_in_few_steps),
		TEST(takes_too_long_times_as_49_days),
		TEST(restarts_and_stops),
		TEST(counts_from_the_touched_time),
		TEST(ignores_a_clock_that_goes_back),
		TEST(handlers_stop_others_of_their_tick),
		TEST(restart_with_zero_waits_for_the_next_tick),
		TEST(handlers_start_others),
		TEST(handlers_free_their_object),
		TEST(advance_inside_a_handler),
		TEST(the_timer_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
