/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user with several devices: each gets everything, one of them counts. */
#include <stdio.h>

#include "test.h"

#include "clock.h"
#include "imc_rig.h"
#include "location.h"

#define ROOM  "sip:lobby@confab.example"
#define ALICE "sip:alice@confab.example"

static struct rig rig;
static struct user bob, one, two;

static struct sip_flow flow_to(const struct user *u)
{
	struct sip_flow flow = { .transport = SIP_UDP };

	assert_int_equal(netaddr_set(&flow.peer, VIEW("127.0.0.1"), u->port),
			 0);
	return flow;
}

static void bind_device(const struct user *u)
{
	struct location *l = imc_location(rig.imc);
	struct location_change *c = location_begin(l, VIEW(ALICE));
	struct sip_flow flow = flow_to(u);
	struct contact contact = { .call_id = VIEW("1"), .cseq = 1 };
	char uri[64];

	snprintf(uri, sizeof(uri), "sip:alice-x@127.0.0.1:%u", u->port);
	contact.uri = view_str(uri);
	location_bind(c, &contact, &flow, wall_ms() + 600 * 1000);
	location_commit(c, NULL, NULL);
}

static void with_two_devices(void)
{
	rig_start(&rig, NULL);
	user_open(&rig, &bob, "sip:bob@confab.example");
	user_open(&rig, &one, ALICE);
	user_open(&rig, &two, ALICE);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#create"), 200);
	assert_int_equal(user_ask(&rig, &one, ROOM, "#join"), 200);
	RIG_AWAIT(&rig, got_text(&bob, ROOM,
				 "*** [alice] has joined the room"));
	RIG_AWAIT(&rig, one.count == 1);
	rig_settle(&rig);
	bind_device(&one);
	bind_device(&two);
}

static struct hub_stats stats(void)
{
	struct hub_stats st;

	hub_stats(rig.hub, &st);
	return st;
}

static void each_gets_it_by_its_own_contact(void **state)
{
	char line[80];

	(void)state;
	with_two_devices();
	assert_int_equal(user_ask(&rig, &bob, ROOM, "hello"), 202);
	RIG_AWAIT(&rig, got_text(&one, ROOM, "[bob]: hello"));
	RIG_AWAIT(&rig, got_text(&two, ROOM, "[bob]: hello"));
	snprintf(line, sizeof(line), "MESSAGE sip:alice-x@127.0.0.1:%u SIP",
		 two.port);
	assert_memory_equal(got_last(&two), line, strlen(line));
	assert_non_null(strstr(got_last(&two), "\r\nTo: <" ALICE ">\r\n"));
	rig_settle(&rig);
	assert_int_equal(one.count, 2);
	assert_int_equal(two.count, 1);
	rig_stop(&rig);
}

static void an_answer_goes_to_who_asked(void **state)
{
	(void)state;
	with_two_devices();
	assert_int_equal(user_ask(&rig, &two, ROOM, "#members"), 200);
	RIG_AWAIT(&rig, got_text(&two, ROOM, "Members:\n*[bob]\n[alice]"));
	rig_settle(&rig);
	assert_int_equal(one.count, 1);
	rig_stop(&rig);
}

static void one_that_takes_it_is_enough(void **state)
{
	uint64_t before;

	(void)state;
	with_two_devices();
	one.answer = 404;
	before = stats().delivered;
	assert_int_equal(user_ask(&rig, &bob, ROOM, "hello"), 202);
	RIG_AWAIT(&rig, stats().delivered == before + 1);
	rig_settle(&rig);
	assert_int_equal(stats().given_up, 0);
	assert_int_equal(stats().failed, 0);
	rig_stop(&rig);
}

static void all_that_refuse_end_it(void **state)
{
	(void)state;
	with_two_devices();
	one.answer = 404;
	two.answer = 603;
	assert_int_equal(user_ask(&rig, &bob, ROOM, "hello"), 202);
	RIG_AWAIT(&rig, stats().given_up == 1);
	rig_stop(&rig);
}

static void one_that_may_take_it_later_keeps_it(void **state)
{
	(void)state;
	with_two_devices();
	one.answer = 480;
	two.answer = 404;
	assert_int_equal(user_ask(&rig, &bob, ROOM, "hello"), 202);
	RIG_AWAIT(&rig, stats().failed == 1);
	assert_int_equal(stats().given_up, 0);
	/* he is heard again: all have another chance */
	one.answer = two.answer = 200;
	assert_int_equal(user_ask(&rig, &two, ROOM, "#members"), 200);
	RIG_AWAIT(&rig, got_text(&one, ROOM, "[bob]: hello"));
	RIG_AWAIT(&rig, got_text(&two, ROOM, "[bob]: hello"));
	rig_stop(&rig);
}

static size_t bare_texts(const struct user *u)
{
	size_t n = 0;

	for (size_t i = 0; i < u->count; i++)
		if (strstr(u->got[i].text, "\r\nContent-Type: text/plain\r\n"))
			n++;
	return n;
}

static void each_has_its_own_form(void **state)
{
	uint64_t before;

	(void)state;
	with_two_devices();
	two.answer = 415;
	before = stats().delivered;
	assert_int_equal(user_ask(&rig, &bob, ROOM, "hello"), 202);
	RIG_AWAIT(&rig, bare_texts(&two) == 1);
	RIG_AWAIT(&rig, stats().delivered == before + 1);
	two.answer = 200;
	assert_int_equal(user_ask(&rig, &bob, ROOM, "again"), 202);
	RIG_AWAIT(&rig, got_text(&one, ROOM, "[bob]: again"));
	RIG_AWAIT(&rig, bare_texts(&two) == 2);
	assert_int_equal(bare_texts(&one), 0);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_gets_it_by_its_own_contact),
		TEST(an_answer_goes_to_who_asked),
		TEST(one_that_takes_it_is_enough),
		TEST(all_that_refuse_end_it),
		TEST(one_that_may_take_it_later_keeps_it),
		TEST(each_has_its_own_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
