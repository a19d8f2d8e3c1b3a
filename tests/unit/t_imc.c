/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users say and what comes back: the transcript that Kamailio's users
 * know, as far as the commands are there. */
#include <errno.h>

#include "test.h"

#include "imc_rig.h"

#define MGR  "sip:chat-manager@confab.example"
#define ROOM "sip:chat-1@confab.example"

#define AWAIT_TEXT(r, u, from, body) RIG_AWAIT(r, got_text(u, from, body))

#define NOWHERE "*** There is no room at this address (send '#create' to " \
		"make one)"

static struct rig rig;
static struct user alice, bob, carol;

static void everybody(const struct imc_conf *conf)
{
	rig_start(&rig, conf);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &bob, "sip:bob@confab.example");
	user_open(&rig, &carol, "sip:carol@other.example");
}

/* alice owns chat-1, bob is in. */
static void with_room(const struct imc_conf *conf)
{
	everybody(conf);
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create chat-1"), 200);
	AWAIT_TEXT(&rig, &alice, ROOM, "*** Room was created");
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#join"), 200);
	AWAIT_TEXT(&rig, &bob, ROOM, "*** [bob] has joined the room");
	AWAIT_TEXT(&rig, &alice, ROOM, "*** [bob] has joined the room");
}

static void nobody_got_more(void)
{
	rig_settle(&rig);
	assert_int_equal(got_unseen(&alice), 0);
	assert_int_equal(got_unseen(&bob), 0);
	assert_int_equal(got_unseen(&carol), 0);
}

static void the_manager_helps(void **state)
{
	(void)state;
	everybody(NULL);
	assert_int_equal(user_ask(&rig, &alice, MGR, "#help"), 200);
	RIG_AWAIT(&rig, alice.count == 1);
	assert_non_null(strstr(got_last(&alice), "From: <" MGR ">"));
	assert_non_null(strstr(got_last(&alice), "\r\n#create [room] "
						 "[private] - "));
	/* It takes several packets. */
	RIG_AWAIT(&rig, alice.count == 3);
	assert_non_null(strstr(got_last(&alice), "\r\n#help - "));
	assert_non_null(strstr(got_last(&alice), "In-Reply-To: "));
	assert_non_null(strstr(got_last(&alice), "Content-Type: text/plain;"
						 "charset=UTF-8\r\n"));
	assert_non_null(strstr(got_last(&alice), "\r\nDate: "));
	assert_null(strstr(got_last(&alice), "\r\nContact:"));
	rig_stop(&rig);
}

static void unknown_commands(void **state)
{
	(void)state;
	everybody(NULL);
	assert_int_equal(user_ask(&rig, &alice, MGR, "#frobnicate now"), 400);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Invalid command 'frobnicate' (send "
				      "'#help' for help)");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#"), 400);
	AWAIT_TEXT(&rig, &alice, MGR, "*** A command's name must follow '#' "
				      "(send '#help')");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#x\x01\xfey"), 400);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Invalid command 'x\xef\xbf\xbdy' "
				      "(send '#help' for help)");
	assert_int_equal(user_ask(&rig, &alice, MGR, "hello manager"), 400);
	AWAIT_TEXT(&rig, &alice, MGR, "*** This is not a room: nobody else "
				      "reads this (send '#help')");
	nobody_got_more();
	rig_stop(&rig);
}

static void a_room_is_created(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create chat-1"), 200);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Room already exists and you are a "
				      "member");
	assert_int_equal(user_ask(&rig, &carol, MGR, "#CREATE Chat-1"), 200);
	AWAIT_TEXT(&rig, &carol, ROOM,
		   "*** [carol@other.example] has joined the room");
	AWAIT_TEXT(&rig, &alice, ROOM,
		   "*** [carol@other.example] has joined the room");
	AWAIT_TEXT(&rig, &bob, ROOM,
		   "*** [carol@other.example] has joined the room");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create chat-2 secret"),
			 400);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Only \"private\" may follow the "
				      "room's name (send '#create [room] "
				      "[private]')");
	nobody_got_more();
	rig_stop(&rig);
}

static void words_go_to_the_others(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "hello all"), 202);
	AWAIT_TEXT(&rig, &bob, ROOM, "[alice]: hello all");
	assert_non_null(strstr(got_last(&bob), "MESSAGE sip:bob@confab.example"
					       " SIP/2.0\r\n"));
	assert_int_equal(user_ask(&rig, &bob, ROOM, "/me waves"), 202);
	AWAIT_TEXT(&rig, &alice, ROOM, "* [bob] waves");
	assert_int_equal(user_ask(&rig, &bob, ROOM, "##1 of us\r\n"), 202);
	AWAIT_TEXT(&rig, &alice, ROOM, "[bob]: #1 of us");
	nobody_got_more();
	rig_stop(&rig);
}

/* Rooms that are members of each other, here and elsewhere: each passing on
 * has one less, and the last one is refused. */
static void circles_have_an_end(void **state)
{
	(void)state;
	with_room(NULL);
	alice.hops = "5";
	assert_int_equal(user_ask(&rig, &alice, ROOM, "round"), 202);
	AWAIT_TEXT(&rig, &bob, ROOM, "[alice]: round");
	assert_non_null(strstr(got_last(&bob), "\r\nMax-Forwards: 4\r\n"));
	alice.hops = "1";
	assert_int_equal(user_ask(&rig, &alice, bob.uri, "one"), 202);
	AWAIT_TEXT(&rig, &bob, alice.uri, "one");
	assert_non_null(strstr(got_last(&bob), "\r\nMax-Forwards: 0\r\n"));
	alice.hops = "0";
	assert_int_equal(user_ask(&rig, &alice, ROOM, "again"), 483);
	alice.hops = NULL;
	nobody_got_more();
	rig_stop(&rig);
}

static void strangers_are_refused(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &carol, ROOM, "let me in"), 403);
	AWAIT_TEXT(&rig, &carol, ROOM, "*** You are not a member of this room "
				       "(send '#join')");
	assert_int_equal(user_ask(&rig, &carol, ROOM, "#members"), 403);
	AWAIT_TEXT(&rig, &carol, ROOM, "*** You are not a member of this room "
				       "(send '#join')");
	assert_int_equal(user_ask(&rig, &carol, ROOM, "#leave"), 403);
	AWAIT_TEXT(&rig, &carol, ROOM, "*** You are not a member of this room "
				       "(send '#join')");
	nobody_got_more();
	rig_stop(&rig);
}

static void joining(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "# Join."), 200);
	AWAIT_TEXT(&rig, &bob, ROOM, "*** You are in the room already");
	assert_int_equal(user_ask(&rig, &bob, MGR, "#join chat-new"), 200);
	AWAIT_TEXT(&rig, &bob, "sip:chat-new@confab.example",
		   "*** Room was created");
	assert_int_equal(user_ask(&rig, &bob, "sip:newer@confab.example",
				  "#join"), 200);
	AWAIT_TEXT(&rig, &bob, "sip:newer@confab.example",
		   "*** Room was created");
	nobody_got_more();
	rig_stop(&rig);
}

static void private_rooms(void **state)
{
	const char *room = "sip:chat-p@confab.example";

	(void)state;
	everybody(NULL);
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create chat-p private"),
			 200);
	AWAIT_TEXT(&rig, &alice, room, "*** Room was created");
	assert_int_equal(user_ask(&rig, &bob, MGR, "#create chat-p"), 403);
	AWAIT_TEXT(&rig, &bob, MGR, "*** A private room with the same name "
				    "already exists");
	assert_int_equal(user_ask(&rig, &bob, room, "#join"), 403);
	AWAIT_TEXT(&rig, &bob, room, "*** Private rooms are by invitation "
				     "only. Room owners have been notified.");
	AWAIT_TEXT(&rig, &alice, room,
		   "*** [bob] attempted to join the room");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create open"), 200);
	assert_int_equal(user_ask(&rig, &bob, MGR, "#rooms"), 200);
	AWAIT_TEXT(&rig, &bob, MGR, "Rooms:\n[open]");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#rooms"), 200);
	AWAIT_TEXT(&rig, &alice, MGR, "Rooms:\n[chat-p]\n[open]");
	rig_stop(&rig);
}

static void create_private_at_the_rooms_own_address(void **state)
{
	const char *room = "sip:den@confab.example";

	(void)state;
	everybody(NULL);
	assert_int_equal(user_ask(&rig, &alice, room, "#create private"), 200);
	AWAIT_TEXT(&rig, &alice, room, "*** Room was created");
	assert_int_equal(user_ask(&rig, &bob, room, "#join"), 403);
	AWAIT_TEXT(&rig, &alice, room,
		   "*** [bob] attempted to join the room");
	assert_int_equal(user_ask(&rig, &bob, MGR, "#create private"), 400);
	rig_stop(&rig);
}

static void lists(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#list"), 200);
	AWAIT_TEXT(&rig, &alice, ROOM, "Members:\n*[alice]\n[bob]");
	assert_int_equal(user_ask(&rig, &bob, MGR, "#list chat-1"), 200);
	AWAIT_TEXT(&rig, &bob, ROOM, "Members:\n*[alice]\n[bob]");
	assert_int_equal(user_ask(&rig, &bob, MGR, "#create x@far.example"),
			 200);
	AWAIT_TEXT(&rig, &bob, "sip:x@far.example", "*** Room was created");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#rooms"), 200);
	AWAIT_TEXT(&rig, &alice, MGR, "Rooms:\n[chat-1]\n[x@far.example]");
	nobody_got_more();
	rig_stop(&rig);
}

static void leaving(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#leave"), 200);
	AWAIT_TEXT(&rig, &bob, ROOM, "*** [bob] has left the room");
	AWAIT_TEXT(&rig, &alice, ROOM, "*** [bob] has left the room");
	assert_int_equal(user_ask(&rig, &bob, ROOM, "still here?"), 403);
	AWAIT_TEXT(&rig, &bob, ROOM, "*** You are not a member of this room "
				     "(send '#join')");
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#exit"), 200);
	AWAIT_TEXT(&rig, &alice, ROOM, "*** Room has been destroyed");
	assert_int_equal(user_ask(&rig, &alice, ROOM, "gone"), 404);
	AWAIT_TEXT(&rig, &alice, MGR, NOWHERE);
	nobody_got_more();
	rig_stop(&rig);
}

static void places_that_are_not_there(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, "sip:no@confab.example", "x"),
			 404);
	AWAIT_TEXT(&rig, &alice, MGR, NOWHERE);
	assert_int_equal(user_ask(&rig, &alice, "sip:no@confab.example",
				  "#help"), 404);
	AWAIT_TEXT(&rig, &alice, MGR, NOWHERE);
	assert_int_equal(user_ask(&rig, &alice, "sip:no@confab.example",
				  "#members chat-1"), 404);
	AWAIT_TEXT(&rig, &alice, MGR, NOWHERE);
	assert_int_equal(user_ask(&rig, &alice, "sip:confab.example",
				  "#help"), 404);
	AWAIT_TEXT(&rig, &alice, MGR, NOWHERE);
	nobody_got_more();
	assert_int_equal(user_ask(&rig, &alice, MGR, "#leave no"), 404);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Room not found");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#members"), 400);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Which room? Write to the room "
				      "itself, or name it (send '#help')");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create a/b"), 400);
	AWAIT_TEXT(&rig, &alice, MGR,
		   "*** This is not a name that a room can have (write "
		   "at most 64 letters a to z, digits and ._-, with no full "
		   "stop at the end)");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create a@b@c"), 400);
	AWAIT_TEXT(&rig, &alice, MGR,
		   "*** This is not a name that a room can have (write "
		   "at most 64 letters a to z, digits and ._-, with no full "
		   "stop at the end)");
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#join Chat-Manager"),
			 403);
	AWAIT_TEXT(&rig, &alice, ROOM,
		   "*** This is the address of the manager, not of a room "
		   "(rooms have other names: send '#rooms')");
	rig_stop(&rig);
}

static void an_ip_address_is_our_domain(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, "sip:chat-1@127.0.0.1:5060",
				  "by number"), 202);
	AWAIT_TEXT(&rig, &bob, ROOM, "[alice]: by number");
	assert_int_equal(user_ask(&rig, &alice, "sip:CHAT-MANAGER@127.0.0.1",
				  "#rooms"), 200);
	AWAIT_TEXT(&rig, &alice, "sip:CHAT-MANAGER@127.0.0.1",
		   "Rooms:\n[chat-1]");
	rig_stop(&rig);
}

static void what_is_no_text(void **state)
{
	(void)state;
	with_room(NULL);
	user_send_as(&rig, &alice, ROOM,
		     "Content-Type: application/im-iscomposing+xml\r\n",
		     "<isComposing/>");
	RIG_AWAIT(&rig, alice.status == 200);
	assert_int_equal(user_ask(&rig, &alice, ROOM, ""), 200);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "\x01\x02"), 200);
	user_send_as(&rig, &alice, ROOM, "Content-Type: image/png\r\n",
		     "<b>#join x</b>");
	RIG_AWAIT(&rig, alice.status == 415);
	assert_non_null(strstr(alice.reply, "\r\nAccept: text/plain, "));
	user_send_as(&rig, &alice, ROOM, "Content-Type: message/cpim\r\n",
		     "From: <im:x@y>\r\n\r\nContent-Type: text/plain\r\n\r\n"
		     "wrapped");
	RIG_AWAIT(&rig, alice.status == 202);
	AWAIT_TEXT(&rig, &bob, ROOM, "[alice]: wrapped");
	user_send_as(&rig, &alice, ROOM, "Content-Type: message/cpim\r\n",
		     "broken");
	RIG_AWAIT(&rig, alice.status == 400);
	nobody_got_more();
	rig_stop(&rig);
}

static void who_may_not_ask(void **state)
{
	(void)state;
	with_room(NULL);
	carol.uri = "sip:other.example";
	assert_int_equal(user_ask(&rig, &carol, MGR, "#help"), 403);
	assert_non_null(strstr(carol.reply, "403 From Names No User"));
	/* our own words, back by some loop */
	carol.uri = ROOM;
	assert_int_equal(user_ask(&rig, &carol, MGR, "#help"), 482);
	carol.uri = MGR;
	assert_int_equal(user_ask(&rig, &carol, ROOM, "x"), 482);
	nobody_got_more();
	rig_stop(&rig);
}

/* From then on nothing that he says would be believed to be his. */
static void a_room_takes_nobodys_address(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, MGR, "#create Bob"), 403);
	AWAIT_TEXT(&rig, &alice, MGR,
		   "*** This is the address of a user, not of a room (a "
		   "room needs another name)");
	assert_int_equal(user_ask(&rig, &alice, MGR, "#join alice"), 403);
	assert_int_equal(user_ask(&rig, &bob, MGR, "#rooms"), 200);
	AWAIT_TEXT(&rig, &bob, MGR, "Rooms:\n[chat-1]");
	rig_stop(&rig);
}

/* Another branch, so another transaction, but the same words. */
static void words_are_taken_once(void **state)
{
	(void)state;
	with_room(NULL);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "once"), 202);
	AWAIT_TEXT(&rig, &bob, ROOM, "[alice]: once");
	alice.cseq--;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "once"), 202);
	rig_restart(&rig, NULL);
	alice.cseq--;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "once"), 202);
	nobody_got_more();
	rig_stop(&rig);
}

static void the_settings_count(void **state)
{
	struct imc_conf conf = rig_conf();

	(void)state;
	conf.create_on_join = false;
	conf.check_on_create = true;
	conf.imc_cmd_start_char = "!!";
	conf.extra_hdrs = "P-Flags: 3\r\nX-Y: z\r\n";
	everybody(&conf);
	assert_int_equal(user_ask(&rig, &alice, MGR, "!!join chat-1"), 404);
	AWAIT_TEXT(&rig, &alice, MGR, "*** Room not found");
	assert_non_null(strstr(got_last(&alice), "\r\nP-Flags: 3\r\n"));
	assert_non_null(strstr(got_last(&alice), "\r\nX-Y: z\r\n"));
	assert_int_equal(user_ask(&rig, &alice, MGR, "!!create chat-1"), 200);
	AWAIT_TEXT(&rig, &alice, ROOM, "*** Room was created");
	assert_int_equal(user_ask(&rig, &bob, MGR, "!!create chat-1"), 403);
	AWAIT_TEXT(&rig, &bob, MGR, "*** Room already exists");
	assert_int_equal(user_ask(&rig, &bob, MGR, "!!y"), 400);
	AWAIT_TEXT(&rig, &bob, MGR, "*** Invalid command 'y' (send '!!help' "
				    "for help)");
	rig_stop(&rig);
}

static void assert_refused(struct imc_conf *conf, const char *expected)
{
	struct imc *i = NULL;
	char why[256];

	conf->hub = rig.hub;
	conf->loop = rig.loop;
	conf->dns = rig.dns;
	conf->store = rig.store;
	assert_int_equal(imc_new(&i, conf, why, sizeof(why)), EINVAL);
	assert_string_equal(why, expected);
	*conf = rig_conf();
}

static void bad_settings(void **state)
{
	struct imc_conf conf = rig_conf();

	(void)state;
	rig_start(&rig, NULL);
	conf.outbound_proxy = "proxy.example";
	assert_refused(&conf, "outbound_proxy: no SIP URI such as "
			      "\"sip:proxy.example;transport=tcp\"");
	conf.outbound_proxy = "sip:proxy.example;transport=sctp";
	assert_refused(&conf, "outbound_proxy: transport is udp, tcp or tls");
	conf.extra_hdrs = "nonsense";
	assert_refused(&conf, "extra_hdrs: \"nonsense\" is no \"Name: "
			      "value\"");
	conf.imc_cmd_start_char = "";
	assert_refused(&conf, "imc_cmd_start_char is empty");
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_manager_helps),
		TEST(unknown_commands),
		TEST(a_room_is_created),
		TEST(words_go_to_the_others),
		TEST(circles_have_an_end),
		TEST(strangers_are_refused),
		TEST(joining),
		TEST(private_rooms),
		TEST(create_private_at_the_rooms_own_address),
		TEST(lists),
		TEST(leaving),
		TEST(places_that_are_not_there),
		TEST(an_ip_address_is_our_domain),
		TEST(what_is_no_text),
		TEST(who_may_not_ask),
		TEST(a_room_takes_nobodys_address),
		TEST(words_are_taken_once),
		TEST(the_settings_count),
		TEST(bad_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
