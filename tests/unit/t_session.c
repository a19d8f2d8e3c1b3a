/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions of a bridge, with real worker processes (fake_worker.c). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hub_stub.h"
#include "clock.h"
#include "session.h"

enum { BOUND_MS = 30000 };

static struct loop *loop;
static struct bridge *bridge;
static char worker_path[512];
static uint64_t age_ms; /* of workers; 0: they do not get old */

#define AWAIT_TOLD(words)                                                     \
	do {                                                                  \
		uint64_t until = now_ms() + BOUND_MS;                         \
		while (!strstr(buf_str(&told), words)) {                      \
			if (now_ms() > until)                                 \
				fail_msg("%s; told: %s", words,               \
					 buf_str(&told));                     \
			loop_turn(loop, 20);                                  \
		}                                                             \
		buf_clear(&told);                                             \
	} while (0)

static void on_up(struct session *s, struct view own, void *arg)
{
	(void)s;
	buf_addf(&told, "%s up %.*s\n", (char *)arg, VIEW_ARG(own));
}

static void on_lost(struct session *s, enum lost_why why, struct view text,
		    void *arg)
{
	(void)s;
	buf_addf(&told, "%s lost %d %.*s\n", (char *)arg, (int)why,
		 VIEW_ARG(text));
}

static void on_parcel(struct session *s, struct view parcel, void *arg)
{
	(void)s;
	buf_addf(&told, "%s got %.*s\n", (char *)arg, VIEW_ARG(parcel));
}

static void on_sent(struct session *s, uint64_t tag, int err,
		    struct view text, void *arg)
{
	(void)s;
	buf_addf(&told, "%s sent %u %d %.*s\n", (char *)arg, (unsigned)tag,
		 err, VIEW_ARG(text));
}

static bool any; /* of those that are made */

static struct session *make(const char *name, const char *password,
			    bool alone)
{
	const struct bridge_setting settings[] = { { "password", password } };
	const struct session_conf conf = {
		.bridge = bridge,
		.label = name,
		.settings = settings,
		.count = 1,
		.alone = alone,
		.any = any,
		.uph = on_up,
		.losth = on_lost,
		.parcelh = on_parcel,
		.senth = on_sent,
		.arg = (void *)(uintptr_t)name,
	};
	struct session *s;

	assert_int_equal(session_new(&s, &conf), 0);
	return s;
}

static int refuse(void *arg, struct view rest, struct view via,
		  struct buf *viaout, struct buf *why)
{
	(void)arg;
	(void)rest;
	(void)via;
	(void)viaout;
	(void)why;
	return EINVAL;
}

static int no_place(void *arg, struct view rest, struct buf *out)
{
	(void)arg;
	(void)rest;
	(void)out;
	return EINVAL;
}

static void open_bridge(size_t workers, size_t each)
{
	const struct bridge_conf conf = {
		.loop = loop,
		.scheme = "fake",
		.program = worker_path,
		.accounts_per_worker = each,
		.workers = workers,
		.worker_age_ms = age_ms,
		.check = refuse,
		.place = no_place,
	};

	assert_int_equal(bridge_new(&bridge, &conf), 0);
	assert_int_equal(bridge_ops(bridge)->start(bridge, HUB), 0);
}

static int setup(void **state)
{
	int err = test_setup(state) || loop_new(&loop);

	bridge = NULL;
	age_ms = 0;
	buf_init(&told, 0);
	return err;
}

static int teardown(void **state)
{
	bridge_free(bridge);
	loop_free(loop);
	buf_free(&told);
	return test_teardown(state);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void parcels_cross(void **state)
{
	struct session *s;

	(void)state;
	open_bridge(0, 0);
	s = make("one", "right", false);
	assert_int_equal(session_send(s, 0, VIEW("x")), ENOTCONN);
	assert_int_equal(session_start(s), 0);
	assert_int_equal(session_start(s), EALREADY);
	assert_int_equal(told.n, 0);
	AWAIT_TOLD("one up one\n");
	assert_true(session_is_up(s));
	assert_int_equal(session_send(s, 0, VIEW("hi \1 you")), 0);
	AWAIT_TOLD("one got hi \1 you\n");
	assert_int_equal(session_send(s, 7, VIEW("!later")), 0);
	AWAIT_TOLD("one got !later\none sent 7 11 words\n");
	assert_int_equal(session_send_many(s, VIEW("hey"), VIEW("a\nb\n")),
			 0);
	AWAIT_TOLD("one got a:hey\none got b:hey\n");
	session_free(s);
}

static void a_lost_one_starts_again(void **state)
{
	const struct bridge_setting right[] = { { "password", "right" } };
	struct session *s;

	(void)state;
	open_bridge(0, 0);
	s = make("one", "wrong", false);
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one lost 1 wrong\n");
	assert_int_equal(session_send(s, 0, VIEW("x")), ENOTCONN);
	assert_int_equal(session_settings(s, right, 1), 0);
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	assert_int_equal(session_send(s, 0, VIEW("!kick")), 0);
	AWAIT_TOLD("one lost 0 kicked\n");
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	session_stop(s);
	assert_false(session_is_up(s));
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	session_free(s);
}

static void a_dead_worker_loses_its_own_only(void **state)
{
	struct session *one, *two;

	(void)state;
	open_bridge(2, 5);
	one = make("one", "right", false);
	two = make("two", "right", false);
	assert_int_equal(session_start(one), 0);
	assert_int_equal(session_start(two), 0);
	AWAIT_TOLD("one up");
	while (!session_is_up(two))
		loop_turn(loop, 20);
	assert_int_equal(bridge_pids(bridge, (int[4]){ 0 }, 4), 2);
	buf_clear(&told);
	assert_int_equal(session_send(one, 1, VIEW("!crash")), 0);
	AWAIT_TOLD("one lost 0 worker died");
	assert_true(session_is_up(two));
	assert_int_equal(session_start(one), 0);
	AWAIT_TOLD("one up one\n");
	session_free(one);
	session_free(two);
	assert_int_equal(session_count(bridge), 0);
}

static void a_few_words_outlive_the_worker(void **state)
{
	struct session *s;

	(void)state;
	open_bridge(0, 0);
	s = make("one", "right", false);
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	assert_int_equal(session_send(s, 0, VIEW("!keepthis")), 0);
	AWAIT_TOLD("one got !keepthis\n");
	assert_int_equal(session_send(s, 0, VIEW("!crash")), 0);
	AWAIT_TOLD("one lost 0 ");
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up this\n");
	assert_int_equal(session_send(s, 0, VIEW("!kick")), 0);
	AWAIT_TOLD("one lost 0 kicked\n");
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up this\n");
	session_stop(s); /* its end on purpose */
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	assert_int_equal(session_send(s, 0, VIEW("!keepthat")), 0);
	assert_int_equal(session_send(s, 0, VIEW("!keep")), 0);
	AWAIT_TOLD("one got !keepthat\none got !keep\n");
	assert_int_equal(session_send(s, 0, VIEW("!kick")), 0);
	AWAIT_TOLD("one lost 0 kicked\n");
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	session_free(s);
}

static void await_pids(size_t count)
{
	const uint64_t until = now_ms() + BOUND_MS;
	int pids[8];

	while (bridge_pids(bridge, pids, 8) != count) {
		assert_true(now_ms() < until);
		loop_turn(loop, 20);
	}
}

static void who_retires_hands_over(void **state)
{
	struct session *s;
	int first, pid;

	(void)state;
	open_bridge(1, 5);
	s = make("one", "right", false);
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up one\n");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(bridge_pids(bridge, &first, 1), 1);
		assert_int_equal(session_send(s, 0, VIEW("!retire")), 0);
		AWAIT_TOLD("one lost 0 moved\n");
		assert_true(session_moved(s));
		assert_false(session_worker_died(s));
		assert_int_equal(session_start(s), 0);
		assert_false(session_moved(s));
		AWAIT_TOLD("one up one\n");
		/* One process at a time, and no more places than needed. */
		await_pids(1);
		assert_int_equal(bridge_pids(bridge, &pid, 1), 1);
		assert_int_not_equal(pid, first);
	}
	session_free(s);
}

static void who_is_old_retires(void **state)
{
	struct session *s, *alone;

	(void)state;
	age_ms = 70;
	open_bridge(1, 5);
	s = make("one", "right", false);
	alone = make("two", "right", true);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(session_start(s), 0);
		AWAIT_TOLD("one lost 0 moved\n");
		assert_true(session_moved(s));
	}
	assert_int_equal(session_start(alone), 0);
	AWAIT_TOLD("two lost 0 moved\n");
	await_pids(0); /* nobody wants one */
	session_free(s);
	session_free(alone);
}

static void where_all_are_full_there_is_no_place(void **state)
{
	struct session *s[4];

	(void)state;
	open_bridge(1, 2);
	s[0] = make("a", "right", false);
	s[1] = make("b", "right", false);
	s[2] = make("c", "right", false);
	s[3] = make("d", "right", true);
	assert_int_equal(session_start(s[0]), 0);
	assert_int_equal(session_start(s[1]), 0);
	assert_int_equal(session_start(s[2]), EBUSY);
	assert_int_equal(session_start(s[3]), 0);
	AWAIT_TOLD("d up");
	assert_int_equal(session_count(bridge), 3);
	session_free(s[0]);
	assert_int_equal(session_start(s[2]), 0);
	AWAIT_TOLD("c up");
	for (int i = 1; i < 4; i++)
		session_free(s[i]);
}

/* Who shared a worker that died goes here or there, but only where there is
 * room: so all of it is used, in another order each time. */
static void chance_parts_them(void **state)
{
	enum { MANY = 12, WORKERS = 3 };
	struct session *s[MANY + 1];

	(void)state;
	any = true;
	open_bridge(WORKERS, MANY / WORKERS);
	for (int i = 0; i <= MANY; i++)
		s[i] = make("a", "right", false);
	for (int i = 0; i <= MANY; i++)
		assert_int_equal(session_start(s[i]), i < MANY ? 0 : EBUSY);
	await_pids(WORKERS);
	session_free(s[0]);
	assert_int_equal(session_start(s[MANY]), 0);
	for (int i = 1; i <= MANY; i++)
		session_free(s[i]);
	any = false;
}

static void a_bridge_may_go_first(void **state)
{
	struct session *s;

	(void)state;
	open_bridge(0, 0);
	s = make("one", "right", false);
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up");
	bridge_ops(bridge)->stop(bridge);
	assert_false(session_is_up(s));
	assert_int_equal(session_start(s), ENOTCONN);
	bridge_free(bridge);
	bridge = NULL;
	assert_int_equal(session_start(s), ENOTCONN);
	session_free(s);
	assert_int_equal(told.n, 0);
}

static void what_is_too_big_stays_here(void **state)
{
	struct buf b = { 0 };
	struct session *s;

	(void)state;
	open_bridge(0, 0);
	s = make("one", "right", false);
	assert_int_equal(session_start(s), 0);
	AWAIT_TOLD("one up");
	for (int i = 0; i < FRAME_PAYLOAD_MAX; i++)
		buf_addc(&b, 'x');
	assert_int_equal(session_send(s, 0, buf_view(&b)), EMSGSIZE);
	assert_int_equal(session_send(s, 0, view_head(buf_view(&b), 200000)),
			 0);
	AWAIT_TOLD("one got xxx");
	buf_free(&b);
	session_free(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(parcels_cross),
		CASE(a_lost_one_starts_again),
		CASE(a_dead_worker_loses_its_own_only),
		CASE(a_few_words_outlive_the_worker),
		CASE(who_retires_hands_over),
		CASE(who_is_old_retires),
		CASE(where_all_are_full_there_is_no_place),
		CASE(chance_parts_them),
		CASE(a_bridge_may_go_first),
		CASE(what_is_too_big_stays_here),
	};
	const char *slash = strrchr(argv[0], '/');

	(void)argc;
	snprintf(worker_path, sizeof(worker_path), "%.*sfake_worker",
		 slash ? (int)(slash + 1 - argv[0]) : 0, argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
