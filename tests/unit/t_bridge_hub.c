/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bridge with real workers below a real hub and a real store: whatever
 * happens to a worker, what was said in the room meanwhile arrives, once.
 */
#include <signal.h>

#include "hub_rig.h"
#include "bridge.h"
#include "bridges/echo/echo.h"

static struct bridge *bridge;
static struct echo *echo;
static char worker_path[512];
static struct room *room;
static struct member *alice;
static struct leg *leg;

static int check(void *arg, struct view rest, struct view via,
		 struct buf *viaout, struct buf *why)
{
	(void)arg;
	(void)rest;
	(void)via;
	(void)why;
	buf_adds(viaout, "one");
	return 0;
}

static int place(void *arg, struct view rest, struct buf *out)
{
	(void)arg;
	buf_addv(out, rest);
	return 0;
}

static void add_faces(uint64_t pong_ms)
{
	const struct bridge_setting nick = { "nick", "uno" };
	struct bridge_conf conf = {
		.loop = rig.loop,
		.scheme = "fake",
		.program = worker_path,
		.worker_ping_ms = 50,
		.worker_pong_ms = pong_ms,
		.check = check,
		.place = place,
	};

	assert_int_equal(bridge_new(&bridge, &conf), 0);
	assert_int_equal(bridge_account(bridge, "one", &nick, 1), 0);
	assert_int_equal(echo_new(&echo, rig.loop), 0);
	assert_int_equal(hub_add_face(rig.hub, bridge_ops(bridge), bridge), 0);
	assert_int_equal(hub_add_face(rig.hub, &echo_ops, echo), 0);
}

static void open_all(const char *target, uint64_t pong_ms)
{
	clock_thaw();
	rig_open();
	add_faces(pong_ms);
	assert_int_equal(hub_start(rig.hub), 0);
	room = rig_room("lobby");
	alice = rig_join(room, "alice");
	assert_int_equal(rig_try_link(room, "link", target, false), 0);
	leg = hub_link(rig.hub, VIEW("link"));
	AWAIT(leg->state == LEG_UP);
}

static void close_all(void)
{
	hub_stop(rig.hub);
	AWAIT(!bridge_pids(bridge, (int[1]){ 0 }, 1));
	bridge_free(bridge);
	echo_free(echo);
	rig_close();
}

/* How often alice got it; she answers everything. */
static size_t heard(const char *text)
{
	rig_deliver_all();
	return fake_got(&rig.sip, alice->id, text);
}

static void words_cross(void **state)
{
	(void)state;
	open_all("fake:a", 0);
	assert_string_equal(leg->own_nick, "uno");
	rig_say(room, "alice", "hello");
	AWAIT(heard("<alice> hello"));
	AWAIT(leg->cur.acked == room->head);
	assert_int_equal(leg->sent, 1);
	assert_int_equal(leg->heard, 1);
	assert_int_equal(heard("<alice> hello"), 1);
	close_all();
}

static void nobody_hears_twice(const char *const *texts, size_t count)
{
	char back[64];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(back, sizeof(back), "<alice> %s", texts[i]);
		assert_int_equal(heard(back), 1);
	}
}

/* Alice speaks before, while and after the worker is gone. */
static void survives(const char *deed)
{
	static const char *const texts[] = { "before", "one", "two", "three",
					     "after" };
	int pid = 0, now = 0;

	open_all("fake:a", deed && !strcmp(deed, "!hang") ? 1000 : 0);
	rig_say(room, "alice", texts[0]);
	AWAIT(heard("<alice> before"));
	assert_int_equal(bridge_pids(bridge, &pid, 1), 1);
	if (deed) {
		rig_say(room, "alice", deed);
		rig_say(room, "alice", texts[1]);
	} else {
		kill(pid, SIGKILL);
		rig_say(room, "alice", texts[1]);
	}
	AWAIT(leg->state == LEG_LOST);
	rig_say(room, "alice", texts[2]);
	rig_say(room, "alice", texts[3]);
	AWAIT(leg->state == LEG_UP);
	AWAIT(leg->cur.acked == room->head);
	rig_say(room, "alice", texts[4]);
	AWAIT(heard("<alice> after"));
	nobody_hears_twice(texts, sizeof(texts) / sizeof(texts[0]));
	assert_int_equal(bridge_pids(bridge, &now, 1), 1);
	assert_int_not_equal(pid, now);
	close_all();
}

static void a_killed_worker_loses_nothing(void **state)
{
	(void)state;
	survives(NULL);
}

static void a_crashing_worker_loses_nothing(void **state)
{
	(void)state;
	survives("!crash");
}

static void a_hanging_worker_loses_nothing(void **state)
{
	(void)state;
	survives("!hang");
}

static void a_babbling_worker_loses_nothing(void **state)
{
	(void)state;
	survives("!babble");
}

static void what_fails_for_good_is_passed_over(void **state)
{
	(void)state;
	open_all("fake:a", 0);
	rig_say(room, "alice", "!never");
	rig_say(room, "alice", "next");
	AWAIT(heard("<alice> next"));
	AWAIT(leg->cur.acked == room->head);
	assert_int_equal(leg->failed, 1);
	close_all();
}

static void a_refused_place_is_told(void **state)
{
	(void)state;
	clock_thaw();
	rig_open();
	add_faces(0);
	assert_int_equal(hub_start(rig.hub), 0);
	room = rig_room("lobby");
	assert_int_equal(rig_try_link(room, "link", "fake:closed", false), 0);
	leg = hub_link(rig.hub, VIEW("link"));
	AWAIT(leg->state == LEG_LOST);
	assert_non_null(strstr(leg->error, "closed"));
	close_all();
}

static void a_removed_link_lets_the_account_go(void **state)
{
	size_t before;

	(void)state;
	open_all("fake:a", 0);
	before = rig.done;
	assert_int_equal(hub_link_remove(rig.hub, leg, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	rig_say(room, "alice", "alone");
	assert_int_equal(rig_try_link(room, "link", "fake:a", false), 0);
	leg = hub_link(rig.hub, VIEW("link"));
	AWAIT(leg->state == LEG_UP);
	rig_say(room, "alice", "together");
	AWAIT(heard("<alice> together"));
	assert_int_equal(heard("<alice> alone"), 0);
	close_all();
}

static void what_is_off_stays_off(void **state)
{
	(void)state;
	open_all("fake:a", 0);
	assert_int_equal(bridge_account_off(bridge, VIEW("two"), VIEW("x")),
			 ENOENT);
	assert_int_equal(bridge_account_off(bridge, VIEW("ONE"),
					    VIEW("switched off by dave")), 0);
	assert_int_equal(leg->state, LEG_LOST);
	assert_string_equal(leg->error,
			    "login refused: switched off by dave");
	rig_say(room, "alice", "alone");
	hub_link_kick(rig.hub, leg);
	assert_int_equal(leg->state, LEG_LOST);
	assert_string_equal(leg->error,
			    "login refused: switched off by dave");
	assert_int_equal(heard("<alice> alone"), 0);
	assert_int_equal(bridge_account_on(bridge, VIEW("one")), 0);
	hub_link_kick(rig.hub, leg);
	AWAIT(leg->state == LEG_UP);
	AWAIT(heard("<alice> alone"));
	close_all();
}

static void the_echo_answers_once(void **state)
{
	(void)state;
	open_all("echo:a", 0);
	assert_int_equal(rig_try_link(room, "second", "echo:b", false), 0);
	AWAIT(hub_link(rig.hub, VIEW("second"))->state == LEG_UP);
	rig_say(room, "alice", "hello");
	AWAIT(heard("you said: hello") == 2);
	AWAIT(leg->cur.acked == room->head);
	assert_int_equal(rig.sip.count, 2);
	close_all();
}

static void find_worker(void)
{
	ssize_t n = readlink("/proc/self/exe", worker_path,
			     sizeof(worker_path) - sizeof("fake_worker"));
	char *slash;

	if (n < 0)
		abort();
	worker_path[n] = '\0';
	slash = strrchr(worker_path, '/');
	memcpy(slash + 1, "fake_worker", sizeof("fake_worker"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(words_cross),
		RIG_TEST(a_killed_worker_loses_nothing),
		RIG_TEST(a_crashing_worker_loses_nothing),
		RIG_TEST(a_hanging_worker_loses_nothing),
		RIG_TEST(a_babbling_worker_loses_nothing),
		RIG_TEST(what_fails_for_good_is_passed_over),
		RIG_TEST(a_refused_place_is_told),
		RIG_TEST(a_removed_link_lets_the_account_go),
		RIG_TEST(what_is_off_stays_off),
		RIG_TEST(the_echo_answers_once),
	};

	find_worker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
