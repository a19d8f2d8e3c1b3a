/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridges/bridge.c, supervisor.c and worker.c, with real worker processes
 * (fake_worker.c) and a hub that only writes down what it is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hub_stub.h"
#include "bridge.h"
#include "clock.h"

enum { BOUND_MS = 30000, LOG_MAX = 1024 * 1024 };

static struct loop *loop;
static struct bridge *bridge;
static const struct face_ops *ops;
static char worker_path[512];
static struct buf lines; /* of the log */
static uint64_t seq;
static struct buf voices; /* what they heard */

#define LEG(n, place, account)                                                \
	{                                                                     \
		.id = (n), .target = "fake:" place, .via = account,           \
		.nick = "", .label = "link"                                   \
	}
static struct leg leg = LEG(1, "a", "one");
static struct leg leg2 = LEG(2, "b", "one");
static struct leg leg3 = LEG(3, "c", "two");

/* Turns the loop until cond holds. */
#define AWAIT(cond)                                                           \
	do {                                                                  \
		uint64_t until = now_ms() + BOUND_MS;                         \
		while (!(cond)) {                                             \
			if (now_ms() > until)                                 \
				fail_msg("%s; told: %s", #cond,               \
					 buf_str(&told));                     \
			loop_turn(loop, 20);                                  \
		}                                                             \
	} while (0)

/* The same while the clock stands still. */
#define AWAIT_FROZEN(cond)                                                    \
	do {                                                                  \
		int turns = BOUND_MS / 10;                                    \
		while (!(cond) && turns--)                                    \
			loop_turn(loop, 10);                                  \
		assert_true(cond);                                            \
	} while (0)

#define AWAIT_TOLD(words)                                                     \
	do {                                                                  \
		AWAIT(was_told(words));                                       \
		buf_clear(&told);                                             \
	} while (0)

static void on_line(enum log_level level, const char *line, void *arg)
{
	test_log(level, line, arg);
	buf_adds(&lines, line);
	buf_addc(&lines, '\n');
}

static bool logged(const char *words)
{
	return strstr(buf_str(&lines), words) != NULL;
}

static int check(void *arg, struct view rest, struct view via,
		 struct buf *viaout, struct buf *why)
{
	(void)arg;
	(void)via;
	if (view_empty(rest)) {
		buf_adds(why, "no place");
		return EINVAL;
	}
	buf_adds(viaout, "one");
	return 0;
}

static int place(void *arg, struct view rest, struct buf *out)
{
	(void)arg;
	buf_addv(out, rest);
	return 0;
}

static void add_account(const char *label, const char *nick)
{
	const struct bridge_setting settings[] = {
		{ "nick", nick },
		{ "password", "secret" },
	};

	assert_int_equal(bridge_account(bridge, label, settings, 2), 0);
}

static void open_bridge(const char *program, uint64_t ping_ms,
			uint64_t pong_ms, size_t accounts_per_worker)
{
	struct bridge_conf conf = {
		.loop = loop,
		.scheme = "fake",
		.program = program,
		.accounts_per_worker = accounts_per_worker,
		.worker_ping_ms = ping_ms,
		.worker_pong_ms = pong_ms,
		.check = check,
		.place = place,
	};

	assert_int_equal(bridge_new(&bridge, &conf), 0);
	ops = bridge_ops(bridge);
	add_account("one", "uno");
	add_account("two", "due");
	assert_int_equal(ops->start(bridge, HUB), 0);
}

static int setup(void **state)
{
	int err = test_setup(state) || loop_new(&loop);

	bridge = NULL;
	seq = 0;
	buf_init(&told, 0);
	buf_init(&lines, LOG_MAX);
	log_set_handler(on_line, NULL);
	return err;
}

static int teardown(void **state)
{
	clock_thaw();
	bridge_free(bridge);
	loop_free(loop);
	buf_free(&voices);
	buf_free(&told);
	buf_free(&lines);
	return test_teardown(state);
}

static void attach(struct leg *l)
{
	int err;

	OP(err = ops->attach(bridge, l));
	assert_int_equal(err, 0);
}

static int try_say(struct leg *l, enum msg_kind kind, struct view text)
{
	struct msg_conf conf = {
		.kind = kind,
		.name = VIEW("alice"),
		.text = text,
		.seq = ++seq,
	};
	struct msg *msg;
	int err;

	assert_int_equal(addr_parse(&conf.from, VIEW("sip:alice@a.example")),
			 0);
	assert_int_equal(msg_new(&msg, &conf), 0);
	OP(err = ops->deliver(bridge, l, msg));
	mem_deref(msg);
	mem_deref(conf.from);
	return err;
}

static void say(struct leg *l, const char *text)
{
	assert_int_equal(try_say(l, MSG_TEXT, view_str(text)), 0);
}

static int worker_pid(void)
{
	int pids[4];

	return bridge_pids(bridge, pids, 4) == 1 ? pids[0] : 0;
}

/* A bridge with its first leg up. */
static void open_joined(uint64_t ping_ms, uint64_t pong_ms)
{
	open_bridge(worker_path, ping_ms, pong_ms, 0);
	attach(&leg);
	AWAIT_TOLD("attached 1 uno\n");
}

/* As the hub does it after a pause; then all is as before. */
static void comes_back(void)
{
	attach(&leg);
	AWAIT_TOLD("attached 1 uno\n");
	say(&leg, "again");
	AWAIT(was_told("heard 1 0 fake: <alice> again\n"));
	AWAIT_TOLD("delivered 1 ");
}

/* ---- life ---- */

static void words_cross_both_ways(void **state)
{
	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	assert_int_equal(bridge_pids(bridge, NULL, 0), 0);
	attach(&leg);
	assert_told("");
	AWAIT(told.n);
	assert_told("attached 1 uno\n");
	say(&leg, "hi");
	AWAIT(was_told("delivered"));
	assert_told("heard 1 0 fake: <alice> hi\ndelivered 1 1\n");
	assert_int_equal(try_say(&leg, MSG_EMOTE, VIEW("waves")), 0);
	AWAIT(was_told("delivered"));
	assert_told("heard 1 1 fake: <alice> waves (id)\ndelivered 1 2\n");
}

static void a_nick_of_the_link_is_asked_for(void **state)
{
	struct leg named = LEG(9, "a", "one");

	(void)state;
	named.nick = "confab";
	open_bridge(worker_path, 0, 0, 0);
	attach(&named);
	AWAIT_TOLD("attached 9 confab\n");
}

static void no_leg_no_worker(void **state)
{
	int i;

	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	for (i = 0; i < 10; i++)
		loop_turn(loop, 5);
	assert_int_equal(worker_pid(), 0);
	assert_told("");
}

static void failures_are_handed_up(void **state)
{
	(void)state;
	open_joined(0, 0);
	say(&leg, "!later");
	AWAIT(told.n);
	assert_told("failed 1 1 again later\n");
	say(&leg, "!never");
	AWAIT(told.n);
	assert_told("failed 1 2 for good never\n");
}

static void a_refused_leg_is_lost(void **state)
{
	struct leg closed = LEG(4, "closed", "one");

	(void)state;
	open_joined(0, 0);
	attach(&closed);
	AWAIT(told.n);
	assert_told("lost 4 2 closed\n");
	say(&leg, "!lost");
	AWAIT(told.n);
	assert_told("lost 1 2 kicked\n");
	assert_int_equal(try_say(&leg, MSG_TEXT, VIEW("x")), ENOTCONN);
	comes_back();
}

static void a_lost_account_loses_its_legs_only(void **state)
{
	(void)state;
	open_joined(0, 0);
	attach(&leg3);
	AWAIT_TOLD("attached 3 due\n");
	attach(&leg2);
	AWAIT_TOLD("attached 2 uno\n");
	say(&leg2, "!gone");
	AWAIT(was_told("lost 2 1 wrong password\n"));
	assert_told("lost 1 1 wrong password\nlost 2 1 wrong password\n");
	say(&leg3, "still there");
	AWAIT_TOLD("delivered 3 ");
	comes_back();
}

static void a_detached_leg_is_left(void **state)
{
	(void)state;
	open_joined(0, 0);
	attach(&leg2);
	AWAIT_TOLD("attached 2 uno\n");
	say(&leg, "unheard");
	OP(ops->detach(bridge, &leg));
	say(&leg2, "heard");
	AWAIT(was_told("delivered 2 "));
	assert_told("heard 2 0 fake: <alice> heard\ndelivered 2 2\n");
	assert_true(logged("left 1"));
	assert_int_equal(try_say(&leg, MSG_TEXT, VIEW("x")), ENOTCONN);
	/* With the last leg the account goes; it comes with the next. */
	OP(ops->detach(bridge, &leg2));
	OP(ops->detach(bridge, &leg2));
	comes_back();
}

static void a_second_attach_starts_anew(void **state)
{
	(void)state;
	open_joined(0, 0);
	attach(&leg);
	AWAIT(told.n);
	assert_told("attached 1 uno\n");
	OP(ops->detach(bridge, &leg));
	assert_int_equal(try_say(&leg, MSG_TEXT, VIEW("x")), ENOTCONN);
}

static void accounts_go_to_the_least_loaded_worker(void **state)
{
	int pids[4], again[4];

	(void)state;
	open_bridge(worker_path, 0, 0, 1);
	attach(&leg);
	attach(&leg2);
	attach(&leg3);
	AWAIT(was_told("attached 1 uno\n") && was_told("attached 2 uno\n") &&
	      was_told("attached 3 due\n"));
	assert_int_equal(bridge_pids(bridge, pids, 4), 2);
	buf_clear(&told);
	OP(ops->detach(bridge, &leg3));
	attach(&leg3);
	AWAIT_TOLD("attached 3 due\n");
	assert_int_equal(bridge_pids(bridge, again, 4), 2);
	assert_memory_equal(pids, again, 2 * sizeof(int));
	/* The death of one concerns nobody of the other. */
	kill(pids[1], SIGKILL);
	AWAIT(was_told("lost"));
	assert_told("lost 3 0 worker died: killed by SIGKILL\n");
	say(&leg, "hi");
	AWAIT_TOLD("delivered 1 ");
}

static void too_much_at_once_is_busy(void **state)
{
	char *text = mem_alloc(MSG_TEXT_MAX);
	struct view big = view_mem(text, MSG_TEXT_MAX);
	char last[32];
	int err, i;

	(void)state;
	memset(text, 'x', MSG_TEXT_MAX);
	open_joined(0, 0);
	for (i = 0; i < 10000; i++) {
		err = try_say(&leg, MSG_TEXT, big);
		if (err)
			break;
	}
	assert_int_equal(err, EBUSY);
	assert_in_range(i, 16, 4096);
	snprintf(last, sizeof(last), "delivered 1 %d\n", i);
	AWAIT_TOLD(last);
	say(&leg, "room again");
	AWAIT_TOLD("delivered 1 ");
	mem_free(text);
}

/* ---- death ---- */

static void a_killed_worker_is_replaced(void **state)
{
	int pid;

	(void)state;
	open_joined(0, 0);
	attach(&leg2);
	AWAIT_TOLD("attached 2 uno\n");
	pid = worker_pid();
	assert_int_not_equal(pid, 0);
	kill(pid, SIGKILL);
	AWAIT(was_told("lost 2"));
	assert_told("lost 1 0 worker died: killed by SIGKILL\n"
		    "lost 2 0 worker died: killed by SIGKILL\n");
	assert_int_equal(try_say(&leg, MSG_TEXT, VIEW("x")), ENOTCONN);
	comes_back();
	assert_int_not_equal(worker_pid(), pid);
}

static void a_few_words_outlive_a_worker(void **state)
{
	(void)state;
	open_joined(0, 0);
	say(&leg, "!keepthis");
	AWAIT(was_told("delivered 1 1\n"));
	kill(worker_pid(), SIGKILL);
	AWAIT(was_told("lost 1"));
	buf_clear(&told);
	attach(&leg);
	AWAIT(was_told("attached 1 "));
	assert_told("attached 1 this\n");
}

/* It does this, is replaced for this reason, and the next one works. */
static void recovers(const char *deed, const char *reason)
{
	char words[128];
	int pid;

	if (!strstr(deed, "hang"))
		open_joined(0, 0);
	else
		open_joined(50, 1000);
	pid = worker_pid();
	say(&leg, deed);
	snprintf(words, sizeof(words), "lost 1 0 %s\n", reason);
	AWAIT(was_told(words));
	assert_true(was_told("delivered 1 1\n"));
	assert_true(logged(reason));
	buf_clear(&told);
	comes_back();
	assert_int_not_equal(worker_pid(), pid);
}

#define RECOVERS(name, deed, reason)                                          \
	static void name(void **state)                                        \
	{                                                                     \
		(void)state;                                                  \
		recovers(deed, reason);                                       \
	}

RECOVERS(crash, "!crash", "worker died: killed by SIGSEGV")
RECOVERS(leaving, "!exit", "worker died: exited with 3")
RECOVERS(hang, "!hang", "worker killed: no PONG within 1000 ms")
RECOVERS(closed_pipe, "!close", "worker killed: closed its pipe and stayed")
RECOVERS(babble, "!babble", "worker killed: babbles: no frame")
RECOVERS(two_gib, "!huge", "worker killed: babbles: no frame")
RECOVERS(half_frame, "!half", "worker died: exited with 3")
RECOVERS(half_for_ever, "!halfhang",
	 "worker killed: no PONG within 1000 ms")
RECOVERS(unknown_type, "!unknown", "worker killed: babbles: ?: unknown type")
RECOVERS(wrong_way, "!wrongway",
	 "worker killed: babbles: PING: wrong direction")
RECOVERS(short_frame, "!short",
	 "worker killed: babbles: DELIVERED: a field is short")
RECOVERS(no_utf8, "!noutf8",
	 "worker killed: babbles: ACCOUNT_UP: text is not UTF-8")
RECOVERS(odd_kind, "!kind", "worker killed: babbles: HEARD: unknown kind")
RECOVERS(odd_pong, "!pong", "worker killed: babbles: PONG: nobody asked")

static void pings_are_answered(void **state)
{
	int i;

	(void)state;
	open_joined(10, 5000);
	/* Many PINGs later it is still the same worker. */
	for (i = 0; i < 100; i++)
		loop_turn(loop, 20);
	assert_told("");
	say(&leg, "hi");
	AWAIT_TOLD("delivered 1 1\n");
}

static void the_last_words_are_heard(void **state)
{
	(void)state;
	open_joined(0, 0);
	kill(worker_pid(), SIGTERM);
	AWAIT(was_told("lost"));
	assert_told("heard 1 0 fake: goodbye\n"
		    "lost 1 0 worker died: exited with 0\n");
	comes_back();
}

static void a_terminals_ctrl_c_is_not_for_workers(void **state)
{
	(void)state;
	open_joined(0, 0);
	kill(worker_pid(), SIGINT);
	say(&leg, "hi");
	AWAIT(was_told("delivered"));
	assert_told("heard 1 0 fake: <alice> hi\ndelivered 1 1\n");
}

static void others_legs_are_ignored(void **state)
{
	(void)state;
	open_joined(0, 0);
	say(&leg, "!other");
	AWAIT(was_told("delivered"));
	assert_told("delivered 1 1\n");
}

/* ---- starting ---- */

/* A link to the fake worker under a name that tells it what to do. */
static void start_as(const char *name, uint64_t pong_ms, const char *reason)
{
	char dir[] = "/tmp/t_bridge.XXXXXX", path[64];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(symlink(worker_path, path), 0);
	open_bridge(path, 0, pong_ms, 0);
	attach(&leg);
	AWAIT(was_told("lost"));
	/* And again: what the hub attaches meanwhile is not forgotten. */
	assert_told(reason);
	attach(&leg);
	AWAIT(was_told("lost"));
	assert_told(reason);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void one_that_never_starts_is_killed(void **state)
{
	(void)state;
	start_as("mute", 500,
		 "lost 1 0 worker killed: no READY within 500 ms\n");
}

static void one_of_another_version_is_killed(void **state)
{
	(void)state;
	start_as("old", 0,
		 "lost 1 0 worker killed: babbles: READY: "
		 "another version\n");
}

static void one_that_reports_too_early_is_killed(void **state)
{
	(void)state;
	start_as("early", 0,
		 "lost 1 0 worker killed: babbles: DELIVERED: "
		 "before READY\n");
}

static void one_that_is_no_worker_is_killed(void **state)
{
	(void)state;
	start_as("silly", 0, "lost 1 0 worker killed: babbles: no frame\n");
}

static void a_missing_program_is_told(void **state)
{
	(void)state;
	expect_log(1);
	open_bridge("/nonexistent/worker", 0, 0, 0);
	attach(&leg);
	assert_told("");
	AWAIT(told.n);
	assert_told("lost 1 0 can't start /nonexistent/worker: "
		    "No such file or directory\n");
	attach(&leg);
	AWAIT(told.n);
	assert_told("lost 1 0 can't start /nonexistent/worker: "
		    "No such file or directory\n");
}

static void attach_before_ready_is_remembered(void **state)
{
	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	attach(&leg);
	attach(&leg2);
	OP(ops->detach(bridge, &leg));
	AWAIT(told.n);
	assert_told("attached 2 uno\n");
}

/* With a clock that moves only when it is told to. */
static void pauses_grow_and_begin_anew(void **state)
{
	static const unsigned pauses[] = { 200,	 400,	800,   1600,  3200,
					   6400, 12800, 25600, 30000, 30000 };
	char words[64];
	size_t i;

	(void)state;
	clock_freeze(now_ms(), wall_ms());
	open_bridge("/bin/false", 0, 0, 0);
	attach(&leg);
	for (i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		snprintf(words, sizeof(words),
			 "exited with 1; the next one in %u ms", pauses[i]);
		clock_advance(i ? pauses[i - 1] + 20 : 20);
		AWAIT_FROZEN(logged(words));
		buf_clear(&lines);
	}
	/* Not a moment too soon. */
	clock_advance(pauses[i - 1] - 20);
	loop_turn(loop, 0);
	assert_false(worker_pid());
	clock_thaw();
}

static void a_long_life_begins_anew(void **state)
{
	static const struct {
		uint64_t life_ms;
		const char *words;
	} lives[] = {
		{ 0, "the next one in 200 ms" },
		{ 59000, "the next one in 400 ms" },
		{ 60000, "the next one in 200 ms" },
	};
	size_t i;

	(void)state;
	clock_freeze(now_ms(), wall_ms());
	open_bridge(worker_path, 3600000, 3600000, 0);
	for (i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		attach(&leg);
		clock_advance(1000);
		AWAIT_FROZEN(was_told("attached 1"));
		clock_advance(lives[i].life_ms);
		kill(worker_pid(), SIGKILL);
		AWAIT_FROZEN(was_told("lost 1"));
		assert_true(logged(lives[i].words));
		buf_clear(&lines);
		buf_clear(&told);
	}
	clock_thaw();
}

/* ---- the end ---- */

static void nothing_is_told_after_stop(void **state)
{
	int status;

	(void)state;
	open_joined(0, 0);
	say(&leg, "unheard");
	OP(ops->stop(bridge));
	/* They leave by themselves. */
	AWAIT(!worker_pid());
	assert_told("");
	assert_int_equal(try_say(&leg, MSG_TEXT, VIEW("x")), ENOTCONN);
	OP(status = ops->attach(bridge, &leg));
	assert_int_equal(status, ENOTCONN);
}

static void a_bridge_can_go_at_any_time(void **state)
{
	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	attach(&leg);
	loop_turn(loop, 20);
}

static void started_by_hand_it_says_what_it_is(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		close(3);
		dup2(open("/dev/null", O_WRONLY), 2);
		close(3);
		execl(worker_path, worker_path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

/* ---- for the operator ---- */

static size_t logged_times(const char *words)
{
	const char *at = lines.n ? buf_str(&lines) : "";
	size_t count = 0;

	for (; (at = strstr(at, words)); at++)
		count++;
	return count;
}

/* It may fill no disk, nor keep us busy. */
static void a_worker_that_chatters_is_cut_short(void **state)
{
	(void)state;
	open_joined(0, 0);
	say(&leg, "!chatter");
	AWAIT(logged("lines are left out"));
	say(&leg, "hello");
	AWAIT(was_told("<alice> hello"));
	assert_in_range(logged_times("chatter"), 1000, 12000);
	assert_in_range(logged_times("are left out"), 1, 5);
}

static void a_workers_log_is_ours(void **state)
{
	char words[64];

	(void)state;
	open_joined(0, 0);
	snprintf(words, sizeof(words), "fake_worker[%d]: a line of the log\n",
		 worker_pid());
	say(&leg, "!log");
	AWAIT(logged(words));
	assert_true(logged("fake one: logged in as one"));
	assert_false(logged("secret"));
}

static void status_is_a_line_a_worker(void **state)
{
	struct buf out = { 0 };
	struct sink sink = sink_buf(&out);
	char words[128];

	(void)state;
	open_joined(0, 0);
	kill(worker_pid(), SIGKILL);
	AWAIT_TOLD("lost 1");
	comes_back();
	assert_int_equal(ops->status(bridge, &sink), 0);
	snprintf(words, sizeof(words),
		 "fake_worker: pid %d, ready, 1 restart, ", worker_pid());
	assert_true(view_starts(buf_view(&out), view_str(words)));
	assert_non_null(strstr(buf_str(&out), " s old, "));
	assert_non_null(strstr(buf_str(&out),
			       " MiB, 1 account, last error: worker died: "
			       "killed by SIGKILL\n"));
	buf_free(&out);
}

static void accounts_are_found_by_label(void **state)
{
	const struct bridge_setting many[WIRE_SETTINGS_MAX + 1] = { 0 };

	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	assert_true(bridge_has_account(bridge, VIEW("one")));
	assert_true(bridge_has_account(bridge, VIEW("ONE")));
	assert_false(bridge_has_account(bridge, VIEW("on")));
	assert_null(bridge_only_account(bridge));
	assert_int_equal(bridge_account(bridge, "One", NULL, 0), EEXIST);
	assert_int_equal(
		bridge_account(bridge, "three", many, WIRE_SETTINGS_MAX + 1),
		EINVAL);
}

static bool other_way(void *arg, struct view via)
{
	(void)arg;
	(void)via;
	return false;
}

static bool own_place(void *arg, struct view rest)
{
	(void)arg;
	return view_eqs(rest, "own");
}

static void no_account_goes_to_our_own(void **state)
{
	static const struct bridge_legs legs = { .has = other_way,
						 .own = own_place };
	struct buf via = { 0 }, why = { 0 };

	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	bridge_legs(bridge, &legs, NULL);
	assert_int_equal(
		ops->check(bridge, VIEW("fake:own"), VIEW_NONE, &via, &why),
		EINVAL);
	assert_non_null(strstr(buf_str(&why), "in a circle"));
	assert_int_equal(
		ops->check(bridge, VIEW("fake:x"), VIEW_NONE, &via, &why), 0);
	bridge_legs(bridge, NULL, NULL);
	buf_free(&via);
	buf_free(&why);
}

static void targets_are_checked(void **state)
{
	struct leg nobodys = LEG(5, "a", "nobody");
	struct buf via = { 0 }, why = { 0 };
	int err;

	(void)state;
	open_bridge(worker_path, 0, 0, 0);
	assert_int_equal(
		ops->check(bridge, VIEW("fake:x"), VIEW_NONE, &via, &why), 0);
	assert_string_equal(buf_str(&via), "one");
	assert_int_equal(
		ops->check(bridge, VIEW("fake:"), VIEW_NONE, &via, &why),
		EINVAL);
	assert_string_equal(buf_str(&why), "no place");
	buf_clear(&why);
	assert_int_equal(
		ops->check(bridge, VIEW("irc:x"), VIEW_NONE, &via, &why),
		EINVAL);
	assert_string_equal(buf_str(&why), "has to begin with \"fake:\"");
	OP(err = ops->attach(bridge, &nobodys));
	assert_int_equal(err, EINVAL);
	buf_free(&via);
	buf_free(&why);
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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* ---- voices ---- */

static int voice_says;    /* their answer to deliver */

static int voice_deliver(void *arg, struct leg *l, struct msg *msg)
{
	assert_ptr_equal(arg, &voices);
	buf_addf(&voices, "say %u %.*s\n", (unsigned)l->id,
		 VIEW_ARG(msg->text));
	return voice_says;
}

static bool voice_ours(void *arg, const struct leg *l, struct view nick)
{
	assert_ptr_equal(arg, &voices);
	return l->id == 1 && view_eqs(nick, "fake");
}

static void voice_up(void *arg, const struct leg *l)
{
	assert_ptr_equal(arg, &voices);
	assert_false(was_told("attached")); /* the hub hears it later */
	buf_addf(&voices, "up %u\n", (unsigned)l->id);
}

static void voice_down(void *arg, const struct leg *l)
{
	assert_ptr_equal(arg, &voices);
	buf_addf(&voices, "down %u\n", (unsigned)l->id);
}

static void assert_voices(const char *text)
{
	assert_string_equal(buf_str(&voices), text);
	buf_clear(&voices);
}

static void open_voices(int says)
{
	static const struct bridge_voices v = {
		voice_deliver, voice_ours, voice_up, voice_down,
	};

	voice_says = says;
	open_bridge(worker_path, 0, 0, 0);
	bridge_voices(bridge, &v, &voices);
	attach(&leg);
	assert_voices("");
	AWAIT_TOLD("attached 1 uno\n");
	assert_voices("up 1\n");
}

static void who_speaks_for_himself_is_asked_first(void **state)
{
	(void)state;
	open_voices(0);
	say(&leg, "mine");
	voice_says = EBUSY;
	assert_int_equal(try_say(&leg, MSG_TEXT, VIEW("not now")), EBUSY);
	voice_says = ENOTSUP;
	say(&leg, "the account's");
	AWAIT_TOLD("delivered 1 3\n");
	assert_voices("say 1 mine\nsay 1 not now\nsay 1 the account's\n");
	OP(ops->detach(bridge, &leg));
	assert_voices("down 1\n");
}

static void own_words_of_voices_are_not_heard(void **state)
{
	(void)state;
	open_voices(ENOTSUP);
	say(&leg, "hi");
	AWAIT(was_told("delivered 1 1"));
	assert_told("delivered 1 1\n");
	buf_clear(&voices);
	attach(&leg2);
	AWAIT_TOLD("attached 2 uno\n");
	say(&leg2, "hi");
	AWAIT(was_told("delivered 2 2"));
	assert_told("heard 2 0 fake: <alice> hi\ndelivered 2 2\n");
}

/* Once for each time that it was up, whatever ends it. */
static void voices_hear_the_end_of_a_leg(void **state)
{
	(void)state;
	open_voices(ENOTSUP);
	say(&leg, "!lost");
	AWAIT(was_told("lost 1 2 kicked\n"));
	assert_voices("say 1 !lost\ndown 1\n");
	buf_clear(&told);
	attach(&leg);
	AWAIT_TOLD("attached 1 uno\n");
	kill(worker_pid(), SIGKILL);
	AWAIT(was_told("lost 1 0"));
	assert_voices("up 1\ndown 1\n");
	buf_clear(&told);
	attach(&leg);
	AWAIT_TOLD("attached 1 uno\n");
	ops->stop(bridge);
	assert_voices("up 1\ndown 1\n");
}

/* ---- how links join ---- */

static void link_conf(void *arg, struct view label, struct bridge_link *out)
{
	assert_ptr_equal(arg, &leg);
	if (view_eqs(label, "locked"))
		out->key = "sesame";
	if (view_eqs(label, "named"))
		out->by_name = true;
}

static void a_link_has_its_key_and_manner(void **state)
{
	struct leg locked = LEG(5, "closed", "one"),
		   named = LEG(6, "a", "one"), plain = LEG(7, "closed", "one");

	(void)state;
	locked.label = "locked";
	named.label = "named";
	plain.label = "plain";
	open_bridge(worker_path, 0, 0, 0);
	bridge_links(bridge, link_conf, &leg);
	attach(&locked);
	AWAIT_TOLD("attached 5 uno\n");
	attach(&named);
	AWAIT_TOLD("attached 6 by name\n");
	attach(&plain);
	AWAIT_TOLD("lost 7 2 closed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(words_cross_both_ways),
		CASE(a_nick_of_the_link_is_asked_for),
		CASE(no_leg_no_worker),
		CASE(failures_are_handed_up),
		CASE(a_refused_leg_is_lost),
		CASE(a_lost_account_loses_its_legs_only),
		CASE(a_detached_leg_is_left),
		CASE(a_second_attach_starts_anew),
		CASE(accounts_go_to_the_least_loaded_worker),
		CASE(too_much_at_once_is_busy),
		CASE(a_killed_worker_is_replaced),
		CASE(a_few_words_outlive_a_worker),
		CASE(crash),
		CASE(leaving),
		CASE(hang),
		CASE(closed_pipe),
		CASE(babble),
		CASE(two_gib),
		CASE(half_frame),
		CASE(half_for_ever),
		CASE(unknown_type),
		CASE(wrong_way),
		CASE(short_frame),
		CASE(no_utf8),
		CASE(odd_kind),
		CASE(odd_pong),
		CASE(pings_are_answered),
		CASE(the_last_words_are_heard),
		CASE(a_terminals_ctrl_c_is_not_for_workers),
		CASE(others_legs_are_ignored),
		CASE(one_that_never_starts_is_killed),
		CASE(one_of_another_version_is_killed),
		CASE(one_that_reports_too_early_is_killed),
		CASE(one_that_is_no_worker_is_killed),
		CASE(a_missing_program_is_told),
		CASE(attach_before_ready_is_remembered),
		CASE(pauses_grow_and_begin_anew),
		CASE(a_long_life_begins_anew),
		CASE(nothing_is_told_after_stop),
		CASE(a_bridge_can_go_at_any_time),
		CASE(started_by_hand_it_says_what_it_is),
		CASE(a_workers_log_is_ours),
		CASE(a_worker_that_chatters_is_cut_short),
		CASE(status_is_a_line_a_worker),
		CASE(accounts_are_found_by_label),
		CASE(no_account_goes_to_our_own),
		CASE(targets_are_checked),
		CASE(who_speaks_for_himself_is_asked_first),
		CASE(own_words_of_voices_are_not_heard),
		CASE(voices_hear_the_end_of_a_leg),
		CASE(a_link_has_its_key_and_manner),
	};

	find_worker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
