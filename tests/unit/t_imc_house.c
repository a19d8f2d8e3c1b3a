/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules for people of other networks are those of the commands. */
#include "test.h"

#include "buf.h"
#include "house.h"
#include "imc_rig.h"
#include "mem.h"

#define ROOM "sip:lobby@confab.example"

static struct rig rig;
static struct user alice, bob;
static struct room *lobby;
static struct addr *owner, *member, *jo;

static struct addr *addr(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static void start(const struct imc_conf *conf)
{
	rig_start(&rig, conf);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &bob, "sip:bob@confab.example");
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#create"), 200);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#join"), 200);
	lobby = hub_room(rig.hub, VIEW("lobby"), VIEW("confab.example"));
	assert_non_null(lobby);
	owner = addr("sip:alice@confab.example");
	member = addr("sip:bob@confab.example");
	jo = addr("xmpp:jo@y.org");
}

static void stop(void)
{
	mem_deref(owner);
	mem_deref(member);
	mem_deref(jo);
	rig_stop(&rig);
}

static enum house_no may(enum house_act act, struct addr *who,
			 struct addr *other)
{
	const struct house_ask a = { .act = act, .room = lobby, .who = who,
				     .other = other };

	return hub_house_check(rig.hub, &a);
}

static void rights_are_the_commands(void **state)
{
	(void)state;
	start(NULL);
	assert_int_equal(may(HOUSE_JOIN, jo, NULL), HOUSE_YES);
	assert_int_equal(may(HOUSE_SAY, jo, NULL), HOUSE_NOT_IN);
	assert_int_equal(may(HOUSE_TOPIC, member, NULL), HOUSE_RIGHT);
	assert_int_equal(may(HOUSE_TOPIC, owner, NULL), HOUSE_YES);
	assert_int_equal(may(HOUSE_REMOVE, member, owner), HOUSE_RIGHT);
	assert_int_equal(may(HOUSE_REMOVE, owner, member), HOUSE_YES);
	assert_int_equal(may(HOUSE_REMOVE, owner, owner), HOUSE_SELF);
	assert_int_equal(may(HOUSE_DESTROY, member, NULL), HOUSE_RIGHT);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#ban bob"), 200);
	assert_int_equal(may(HOUSE_JOIN, member, NULL), HOUSE_IS_BANNED);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#private"), 200);
	assert_int_equal(may(HOUSE_JOIN, jo, NULL), HOUSE_MEMBERS_ONLY);
	stop();
}

static void rates_are_the_commands(void **state)
{
	struct imc_conf conf = rig_conf();

	(void)state;
	conf.quota = (struct quota_conf){ .join_rate = 1, .user_places = 1 };
	start(&conf);
	assert_int_equal(may(HOUSE_JOIN, jo, NULL), HOUSE_YES);
	assert_int_equal(may(HOUSE_JOIN, jo, NULL), HOUSE_FAST);
	jo->places = 1;
	assert_int_equal(may(HOUSE_JOIN, jo, NULL), HOUSE_FULL);
	jo->places = 0;
	/* a member has his place there already */
	member->places = 1;
	assert_int_equal(may(HOUSE_INVITE, owner, member), HOUSE_YES);
	stop();
}

static void rooms_are_made_as_configured(void **state)
{
	struct house_ask a = { .act = HOUSE_CREATE, .name = VIEW("new"),
			       .domain = VIEW("confab.example") };
	struct imc_conf conf = rig_conf();

	(void)state;
	conf.create_on_join = true;
	start(&conf);
	a.who = jo;
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_YES);
	a.name = VIEW("chat-manager");
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_BAD_NAME);
	a.name = VIEW("Alice"); /* a user's address */
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_BAD_NAME);
	stop();
	conf.create_on_join = false;
	start(&conf);
	a.who = jo;
	a.name = VIEW("new");
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_NO_ROOM);
	stop();
}

static void assert_notice(enum house_act act, struct addr *other,
			  const char *text, const char *words)
{
	const struct house_ask a = { .act = act, .room = lobby,
				     .who = owner, .other = other,
				     .to = ROLE_ADMIN,
				     .text = view_str(text) };
	struct buf b = { 0 };

	hub_house_notice(rig.hub, &b, &a);
	assert_string_equal(buf_str(&b), words);
	buf_free(&b);
}

static void assert_told(enum house_act act, const char *words)
{
	const struct house_ask a = { .act = act, .room = lobby,
				     .who = owner, .other = member };
	struct buf b = { 0 };

	hub_house_told(rig.hub, &b, &a);
	assert_string_equal(buf_str(&b), words);
	buf_free(&b);
}

static void words_are_the_commands(void **state)
{
	(void)state;
	start(NULL);
	assert_notice(HOUSE_JOIN, NULL, "Jo", "*** [Jo] has joined the room");
	assert_notice(HOUSE_JOIN, NULL, "", "*** [alice] has joined the room");
	assert_notice(HOUSE_LEAVE, NULL, "", "*** [alice] has left the room");
	assert_notice(HOUSE_REMOVE, member, "",
		      "*** [bob] has left the room");
	assert_notice(HOUSE_SAY, NULL, "", "");
	assert_told(HOUSE_REMOVE, "*** You have been removed from the room");
	assert_told(HOUSE_BAN, "*** You have been banned from the room");
	assert_told(HOUSE_MUTE, "");
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rights_are_the_commands),
		TEST(rates_are_the_commands),
		TEST(rooms_are_made_as_configured),
		TEST(words_are_the_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
