/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/repeat and circle: words that come again under other names. */
#include "hub_rig.h"
#include "repeat.h"

static void expect_words(const char *text, const char *words)
{
	struct view v = repeat_words(view_str(text));

	assert_int_equal(v.n, strlen(words));
	assert_memory_equal(v.p, words, v.n);
}

static void names_before_go(void **state)
{
	(void)state;
	expect_words("hi", "hi");
	expect_words("<a> hi", "hi");
	expect_words("[a]: hi ", "hi");
	expect_words("[a] <b>  <c d> hi", "hi");
	expect_words("<a>", "");
	expect_words("<> hi", "<> hi");
	expect_words("< hi", "< hi");
	expect_words("[a", "[a");
	expect_words("", "");
	expect_words("a <b> hi", "a <b> hi");
}

static size_t rounds(struct repeat *r, const char *const *nicks, size_t n,
		     const char *text, uint64_t step)
{
	uint64_t now = 1000;

	for (size_t i = 0; i < 100; i++, now += step)
		if (repeat_heard(r, view_str(nicks[i % n]), view_str(text),
				 now))
			return i;
	return 100;
}

static void two_nicks_make_a_circle(void **state)
{
	static const char *const two[] = { "carol", "bot" };
	struct repeat *r = repeat_new();

	(void)state;
	assert_int_equal(rounds(r, two, 2, "<x> hi", 1000), 6);
	/* it has begun anew */
	assert_int_equal(rounds(r, two, 2, "<x> hi", 5000), 6);
	repeat_free(r);
	r = repeat_new();
	assert_int_equal(rounds(r, two, 1, "<x> hi", 1000), 100);
	assert_int_equal(rounds(r, two, 2, "<x> ho", 5001), 100);
	assert_int_equal(rounds(r, two, 2, "short", 100), 100);
	assert_int_equal(rounds(r, two, 2, "", 100), 100);
	assert_int_equal(rounds(r, two, 2, "these are long enough", 100), 6);
	repeat_free(r);
	repeat_free(NULL);
}

/* Six times, but never within one minute. */
static void slow_repeats_pass(void **state)
{
	struct repeat *r = repeat_new();
	uint64_t now = 1000;

	(void)state;
	for (int i = 0; i < 20; i++, now += 13000) {
		assert_false(repeat_heard(r, VIEW("a"), VIEW("<x> hi"), now));
		assert_false(repeat_heard(r, VIEW("b"), VIEW("<x> hi"), now));
	}
	repeat_free(r);
}

static void our_own_words_count(void **state)
{
	struct repeat *r = repeat_new();
	bool found = false;
	int i;

	(void)state;
	for (i = 0; i < 20 && !found; i++) {
		repeat_said(r, VIEW("Hi"), 1000);
		found = repeat_heard(r, VIEW("bot"), VIEW("<alice>  hi"),
				     1000);
	}
	assert_int_equal(i, 6);
	repeat_free(r);
}

/* ---- a leg ---- */

static struct room *room;
static struct leg *leg;

static void hear(const char *nick, const char *text)
{
	const struct hub_heard in = { .nick = view_str(nick),
				      .text = view_str(text) };

	hub_on_message(rig.hub, leg->id, &in);
	rig_settle();
	rig_deliver_all();
}

static void open_lobby(void)
{
	struct hub_join join = { .role = ROLE_OWNER, .state = MEMBER_JOINED };
	size_t before;

	rig_start();
	room = rig_room("lobby");
	before = rig.done;
	join.addr = rig_addr("alice");
	assert_int_equal(hub_member_add(room, &join, rig_done, NULL), 0);
	mem_deref(join.addr);
	assert_int_equal(rig_answer(before), 0);
	leg = rig_link_up(room, "one", "net:one");
}

static size_t told(const char *text)
{
	return fake_got(&rig.sip, rig_find(room, "alice")->id, text);
}

static void a_circle_is_not_listened_to(void **state)
{
	struct hub_stats st;

	(void)state;
	open_lobby();
	for (int i = 0; i < 12; i++)
		hear(i % 2 ? "bot" : "carol", "<dave> again");
	assert_int_equal(told("<dave> again"), 6);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.refused, 6);
	assert_int_equal(leg->unheard, 6);
	/* the other way it still works */
	rig_say(room, "alice", "still here");
	assert_int_equal(fake_got(&rig.net, leg->id, "still here"), 1);
	hear("carol", "nobody hears this");
	assert_int_equal(told("nobody hears this"), 0);
	rig_advance(5 * 60 * 1000);
	hear("carol", "now they do");
	assert_int_equal(told("now they do"), 1);
	assert_int_equal(leg->unheard, 0);
	rig_stop();
}

static size_t notices(void)
{
	size_t i, n = 0;

	for (i = 0; i < rig.sip.count; i++)
		n += rig.sip.sent[i].kind == MSG_NOTICE &&
		     !strncmp(rig.sip.sent[i].text, "*** Link one: ", 14);
	return n;
}

static void owners_hear_of_it_once(void **state)
{
	(void)state;
	open_lobby();
	rig_join(room, "bob");
	for (int i = 0; i < 12; i++)
		hear(i % 2 ? "bot" : "carol", "<dave> again");
	assert_int_equal(notices(), 1);
	hub_on_notice(rig.hub, leg->id, true, VIEW("no voice there"));
	hub_on_notice(rig.hub, leg->id, true, VIEW("no voice there"));
	rig_settle();
	assert_int_equal(notices(), 2);
	rig_advance(60 * 60 * 1000);
	hub_on_notice(rig.hub, leg->id, true, VIEW("no voice there"));
	hub_on_notice(rig.hub, leg->id, false, VIEW("for all"));
	hub_on_notice(rig.hub, 12345, false, VIEW("for nobody"));
	rig_settle();
	rig_deliver_all();
	assert_int_equal(told("for all"), 1);
	assert_int_equal(told("for nobody"), 0);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_before_go, test_setup,
						test_teardown),
		cmocka_unit_test_setup_teardown(two_nicks_make_a_circle,
						test_setup, test_teardown),
		cmocka_unit_test_setup_teardown(slow_repeats_pass, test_setup,
						test_teardown),
		cmocka_unit_test_setup_teardown(our_own_words_count,
						test_setup, test_teardown),
		RIG_TEST(a_circle_is_not_listened_to),
		RIG_TEST(owners_hear_of_it_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
