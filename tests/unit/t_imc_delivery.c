/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members who can't be reached, and the ways to those who can. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#include "clock.h"
#include "location.h"
#include "mem.h"
#include "fanout.h"
#include "imc_rig.h"

#define MGR  "sip:chat-manager@confab.example"
#define ROOM "sip:lobby@confab.example"

static struct rig rig;
static struct user alice, bob, carol;

static void with_room(const struct imc_conf *conf)
{
	rig_start(&rig, conf);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &bob, "sip:bob@confab.example");
	user_open(&rig, &carol, "sip:carol@confab.example");
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#create"), 200);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#join"), 200);
	assert_int_equal(user_ask(&rig, &carol, ROOM, "#join"), 200);
	RIG_AWAIT(&rig, got_text(&alice, ROOM,
				 "*** [carol] has joined the room"));
	RIG_AWAIT(&rig, bob.count == 2 && carol.count == 1);
}

static struct hub_stats stats(void)
{
	struct hub_stats st;

	hub_stats(rig.hub, &st);
	return st;
}

static const char *body_of(const struct got *g)
{
	return strstr(g->text, "\r\n\r\n") + 4;
}

static struct view call_id(const char *text)
{
	const char *line = strstr(text, "\r\nCall-ID: ");

	assert_non_null(line);
	return view_mem(line + 2, strcspn(line + 2, "\r"));
}

/* The first message from number n on with this body. */
static const char *nth_text(const struct user *u, size_t n, const char *body)
{
	while (n < u->count && strcmp(body_of(&u->got[n]), body))
		n++;
	assert_true(n < u->count);
	return u->got[n].text;
}

static void fates(void **state)
{
	static const struct {
		int status;
		enum fanout_fate fate;
	} rows[] = {
		{ 200, FATE_DELIVERED }, { 202, FATE_DELIVERED },
		{ 299, FATE_DELIVERED }, { 302, FATE_AGAIN },
		{ 400, FATE_AGAIN }, { 401, FATE_AGAIN },
		{ 403, FATE_GIVEN_UP }, { 404, FATE_GIVEN_UP },
		{ 405, FATE_GIVEN_UP }, { 407, FATE_AGAIN },
		{ 408, FATE_AGAIN }, { 410, FATE_GIVEN_UP },
		{ 413, FATE_GIVEN_UP }, { 415, FATE_GIVEN_UP },
		{ 420, FATE_GIVEN_UP }, { 430, FATE_AGAIN },
		{ 480, FATE_AGAIN }, { 486, FATE_AGAIN },
		{ 488, FATE_GIVEN_UP }, { 493, FATE_GIVEN_UP },
		{ 500, FATE_AGAIN }, { 503, FATE_AGAIN },
		{ 513, FATE_GIVEN_UP }, { 600, FATE_GIVEN_UP },
		{ 603, FATE_GIVEN_UP },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++)
		assert_int_equal(fanout_fate(rows[n].status), rows[n].fate);
}

static void a_refusal_is_final_and_hurts_nobody_else(void **state)
{
	(void)state;
	with_room(NULL);
	bob.answer = 404;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "one"), 202);
	RIG_AWAIT(&rig, got_text(&carol, ROOM, "[alice]: one"));
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: one"));
	RIG_AWAIT(&rig, stats().given_up == 1);
	bob.answer = 200;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "two"), 202);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: two"));
	RIG_AWAIT(&rig, got_text(&carol, ROOM, "[alice]: two"));
	assert_int_equal(bob.repeats, 0);
	rig_stop(&rig);
}

static void who_is_off_gets_it_when_he_is_heard(void **state)
{
	char first[GOT_TEXT_MAX];
	const char *again;
	size_t before;

	(void)state;
	with_room(NULL);
	bob.answer = 480;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "wait for bob"), 202);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: wait for bob"));
	snprintf(first, sizeof(first), "%s", got_last(&bob));
	RIG_AWAIT(&rig, stats().failed == 1);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "and more"), 202);
	RIG_AWAIT(&rig, got_text(&carol, ROOM, "[alice]: and more"));
	bob.answer = 200;
	before = bob.count;
	assert_int_equal(user_ask(&rig, &bob, MGR, "#rooms"), 200);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: and more"));
	RIG_AWAIT(&rig, got_text(&bob, MGR, "Rooms:\n[lobby]"));
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: wait for bob"));
	assert_int_equal(bob.count, before + 3);
	assert_int_equal(stats().given_up, 0);
	/* the device can see that it is the same one */
	again = nth_text(&bob, before, "[alice]: wait for bob");
	assert_true(view_eq(call_id(first), call_id(again)));
	rig_stop(&rig);
}

static void silence_is_no_end(void **state)
{
	(void)state;
	clock_freeze(now_ms(), wall_ms());
	with_room(NULL);
	bob.answer = 0;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "anybody?"), 202);
	RIG_AWAIT(&rig, got_text(&carol, ROOM, "[alice]: anybody?"));
	for (int n = 0; n < 100 && !stats().failed; n++) {
		clock_advance(500);
		rig_turn(&rig);
	}
	assert_int_equal(stats().failed, 1);
	assert_int_equal(bob.repeats, 10); /* RFC 3261 17.1.2.2 */
	bob.answer = 200;
	clock_advance(31 * 1000);
	RIG_AWAIT(&rig, stats().delivered >= 6);
	assert_true(got_text(&bob, ROOM, "[alice]: anybody?"));
	clock_thaw();
	rig_stop(&rig);
}

static void the_way_back_survives_a_restart(void **state)
{
	(void)state;
	with_room(NULL);
	rig_restart(&rig, NULL);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "still there?"), 202);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: still there?"));
	RIG_AWAIT(&rig, got_text(&carol, ROOM, "[alice]: still there?"));
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#members"), 200);
	RIG_AWAIT(&rig, got_text(&bob, ROOM,
				 "Members:\n*[alice]\n[bob]\n[carol]"));
	rig_stop(&rig);
}

static void add_dave(void)
{
	struct hub_join join = { .role = ROLE_MEMBER,
				 .state = MEMBER_JOINED };

	assert_int_equal(addr_parse(&join.addr,
				    VIEW("sip:dave@confab.example")), 0);
	assert_int_equal(hub_member_add(hub_room(rig.hub, VIEW("lobby"),
						 VIEW("confab.example")),
					&join, NULL, NULL), 0);
	mem_deref(join.addr);
}

static void who_was_never_heard_waits(void **state)
{
	struct user dave;

	(void)state;
	with_room(NULL);
	add_dave();
	assert_int_equal(user_ask(&rig, &alice, ROOM, "for dave"), 202);
	RIG_AWAIT(&rig, stats().failed == 1);
	user_open(&rig, &dave, "sip:dave@CONFAB.example:5070;x=y");
	assert_int_equal(user_ask(&rig, &dave, ROOM, "hi"), 202);
	RIG_AWAIT(&rig, got_text(&dave, ROOM, "[alice]: for dave"));
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[dave]: hi"));
	rig_stop(&rig);
}

static void a_proxy_gets_everything(void **state)
{
	struct imc_conf conf = rig_conf();
	struct user proxy;
	char uri[64];

	(void)state;
	rig_start(&rig, NULL);
	user_open(&rig, &proxy, "sip:proxy@confab.example");
	snprintf(uri, sizeof(uri), "sip:127.0.0.1:%u", proxy.port);
	conf.outbound_proxy = uri;
	rig_restart(&rig, &conf);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &bob, "sip:bob@confab.example:5099");
	rig_settle(&rig);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#create"), 200);
	RIG_AWAIT(&rig, got_text(&proxy, ROOM, "*** Room was created"));
	assert_non_null(strstr(got_last(&proxy),
			       "MESSAGE sip:alice@confab.example SIP/2.0"));
	assert_int_equal(user_ask(&rig, &bob, MGR, "#rooms"), 200);
	RIG_AWAIT(&rig, got_text(&proxy, MGR, "Rooms:\n[lobby]"));
	assert_non_null(strstr(got_last(&proxy),
			       "MESSAGE sip:bob@confab.example:5099 SIP/2.0"));
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#join"), 200);
	RIG_AWAIT(&rig, proxy.count == 4);
	assert_int_equal(alice.count + bob.count, 0);
	rig_stop(&rig);
}

static void many_rooms(void)
{
	char name[32];

	for (int n = 0; n < 400; n++) {
		snprintf(name, sizeof(name), "room-with-a-number-%03d", n);
		assert_int_equal(hub_room_create(rig.hub, NULL,
						 view_str(name),
						 VIEW("confab.example"), 0,
						 NULL, NULL, NULL), 0);
	}
}

/* "(2/5) " begins the newest text: 2 == 5 when it was the last part. */
static bool got_last_part(const struct user *u)
{
	unsigned n, of;

	return u->count &&
	       sscanf(body_of(&u->got[u->count - 1]), "(%u/%u) ", &n, &of) ==
		       2 &&
	       n == of;
}

static void long_lists_come_in_parts_and_in_order(void **state)
{
	unsigned next = 0;
	const char *at;

	(void)state;
	rig_start(&rig, NULL);
	user_open(&rig, &alice, "sip:alice@confab.example");
	many_rooms();
	assert_int_equal(user_ask(&rig, &alice, MGR, "#rooms"), 200);
	RIG_AWAIT(&rig, got_last_part(&alice));
	for (size_t n = 0; n < alice.count; n++) {
		at = body_of(&alice.got[n]);
		assert_true(strlen(alice.got[n].text) <= 1300);
		assert_true(strlen(alice.got[n].text) > 1200 ||
			    n == alice.count - 1);
		assert_true(strchr(at, '[') > at);
		while ((at = strstr(at, "[room-with-a-number-")) != NULL) {
			at += strlen("[room-with-a-number-");
			assert_int_equal(strtoul(at, NULL, 10), next++);
		}
	}
	assert_int_equal(next, 400);
	rig_stop(&rig);
}

/* No part of it can look like the words of somebody else. */
static void long_words_keep_their_speaker(void **state)
{
	char text[7001], start[64];
	size_t n, sum = 0, before;

	(void)state;
	with_room(NULL);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 6000, "\n[bob]: I never said that\n", 26);
	before = bob.count;
	assert_int_equal(user_ask(&rig, &alice, ROOM, text), 202);
	RIG_AWAIT(&rig, got_last_part(&bob));
	rig_settle(&rig);
	for (n = before; n < bob.count; n++) {
		const char *body = body_of(&bob.got[n]);

		snprintf(start, sizeof(start), "(%zu/%zu) [alice]: ",
			 n - before + 1, bob.count - before);
		assert_int_equal(strncmp(body, start, strlen(start)), 0);
		assert_true(strlen(bob.got[n].text) <= 1300);
		assert_null(strstr(body, "\n[bob]"));
		for (; *body; body++)
			sum += *body == 'x';
	}
	assert_int_equal(sum, 7000 - 26);
	rig_stop(&rig);
}

static void a_part_refused_is_tried_again(void **state)
{
	char text[4001];
	size_t before;

	(void)state;
	with_room(NULL);
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	carol.answer = 480;
	before = carol.count;
	assert_int_equal(user_ask(&rig, &alice, ROOM, text), 202);
	RIG_AWAIT(&rig, stats().failed == 1);
	assert_int_equal(carol.count, before + 1);
	carol.answer = 200;
	assert_int_equal(user_ask(&rig, &carol, MGR, "#help"), 200);
	RIG_AWAIT(&rig, got_last_part(&carol));
	rig_stop(&rig);
}

static void a_part_has_one_call_id_each_time(void **state)
{
	char text[3001];
	size_t first, n, parts;

	(void)state;
	with_room(NULL);
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	first = carol.count;
	assert_int_equal(user_ask(&rig, &alice, ROOM, text), 202);
	RIG_AWAIT(&rig, got_last_part(&carol));
	parts = carol.count - first;
	assert_true(parts > 2);
	for (n = first + 1; n < carol.count; n++)
		assert_false(view_eq(call_id(carol.got[n - 1].text),
				     call_id(carol.got[n].text)));
	rig_stop(&rig);
}

static void a_charset_that_is_refused_is_left_out(void **state)
{
	(void)state;
	with_room(NULL);
	bob.answer = 415;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "one"), 202);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: one"));
	assert_non_null(strstr(got_last(&bob), "text/plain;charset=UTF-8"));
	bob.answer = 200;
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: one"));
	assert_non_null(strstr(got_last(&bob),
			       "\r\nContent-Type: text/plain\r\n"));
	assert_int_equal(user_ask(&rig, &alice, ROOM, "two"), 202);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: two"));
	assert_non_null(strstr(got_last(&bob),
			       "\r\nContent-Type: text/plain\r\n"));
	RIG_AWAIT(&rig, got_text(&carol, ROOM, "[alice]: two"));
	assert_non_null(strstr(got_last(&carol), "charset=UTF-8"));
	assert_int_equal(stats().given_up, 0);
	rig_stop(&rig);
}

static void who_refuses_both_is_given_up(void **state)
{
	(void)state;
	with_room(NULL);
	bob.answer = 415;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "one"), 202);
	RIG_AWAIT(&rig, stats().given_up == 1);
	assert_true(got_text(&bob, ROOM, "[alice]: one"));
	assert_true(got_text(&bob, ROOM, "[alice]: one"));
	assert_false(got_text(&bob, ROOM, "[alice]: one"));
	rig_stop(&rig);
}

static void too_large_is_sent_smaller(void **state)
{
	char text[601];
	size_t before;

	(void)state;
	with_room(NULL);
	memset(text, 'z', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bob.answer = 513;
	before = bob.count;
	assert_int_equal(user_ask(&rig, &alice, ROOM, text), 202);
	RIG_AWAIT(&rig, bob.count > before);
	bob.answer = 200;
	RIG_AWAIT(&rig, got_last_part(&bob));
	RIG_AWAIT(&rig, stats().delivered >= 5);
	assert_int_equal(stats().given_up, 0);
	rig_stop(&rig);
}

static void small_devices_get_small_texts(void **state)
{
	char text[401];
	size_t before;

	(void)state;
	with_room(NULL);
	memset(text, 'z', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	user_send_as(&rig, &bob, ROOM,
		     "User-Agent: Some DECT phone\r\n"
		     "Content-Type: text/plain\r\n", "#members");
	RIG_AWAIT(&rig, bob.status == 200);
	RIG_AWAIT(&rig, got_text(&bob, ROOM,
				 "Members:\n*[alice]\n[bob]\n[carol]"));
	before = bob.count;
	assert_int_equal(user_ask(&rig, &alice, ROOM, text), 202);
	RIG_AWAIT(&rig, got_last_part(&bob));
	for (size_t n = before; n < bob.count; n++)
		assert_true(strlen(body_of(&bob.got[n])) <= 160);
	RIG_AWAIT(&rig, carol.count && !got_last_part(&carol) &&
				strstr(got_last(&carol), "zzzz"));
	rig_stop(&rig);
}

/* The ones who send such things take them. */
static void typing_is_passed_to_who_types(void **state)
{
	static const char head[] =
		"Content-Type: application/im-iscomposing+xml\r\n";

	(void)state;
	with_room(NULL);
	user_send_as(&rig, &bob, ROOM, head, "<bob/>");
	RIG_AWAIT(&rig, bob.status == 200);
	user_send_as(&rig, &alice, ROOM, head, "<alice/>");
	RIG_AWAIT(&rig, alice.status == 200);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "<alice/>"));
	assert_non_null(strstr(got_last(&bob), head));
	rig_settle(&rig);
	assert_null(strstr(got_last(&carol), "alice/"));
	assert_null(strstr(got_last(&alice), "bob/"));
	/* refused: never again, and no error */
	alice.answer = 415;
	carol.uri = "sip:carol2@confab.example";
	user_send_as(&rig, &carol, ROOM, head, "<stranger/>");
	RIG_AWAIT(&rig, carol.status == 200);
	rig_settle(&rig);
	assert_null(strstr(got_last(&bob), "stranger"));
	assert_int_equal(stats().given_up, 0);
	rig_stop(&rig);
}

static void without_a_disk_nothing_is_taken(void **state)
{
	(void)state;
	with_room(NULL);
	hub_stop(rig.hub);
	assert_int_equal(user_ask(&rig, &alice, ROOM, "lost?"), 503);
	assert_non_null(strstr(alice.reply, "\r\nRetry-After: 10\r\n"));
	RIG_AWAIT(&rig, got_text(&alice, ROOM, "*** This could not be stored, "
					       "please try again later"));
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#leave"), 503);
	assert_int_equal(user_ask(&rig, &bob, MGR, "#create new"), 503);
	rig_stop(&rig);
}

static void a_list_is_not_sent_on_to_who_refuses_it(void **state)
{
	(void)state;
	rig_start(&rig, NULL);
	user_open(&rig, &alice, "sip:alice@confab.example");
	alice.answer = 486;
	many_rooms();
	assert_int_equal(user_ask(&rig, &alice, MGR, "#rooms"), 200);
	rig_settle(&rig);
	assert_int_equal(alice.count, 1);
	rig_stop(&rig);
}

/* ---- many ---- */

enum { CROWD = 700 }; /* more than goes in one piece */

static struct user crowd;
static size_t crowd_heard;

/* They are all on one phone, and the hub is told that they are in. */
static void crowd_add(struct room *room, unsigned n)
{
	static const struct device_heard nothing;
	struct sip_flow flow = { .transport = SIP_UDP };
	struct hub_join join = { .state = MEMBER_JOINED };
	char uri[64];

	snprintf(uri, sizeof(uri), "sip:m%u@confab.example", n);
	assert_int_equal(addr_parse(&join.addr, view_str(uri)), 0);
	assert_int_equal(netaddr_set(&flow.peer, VIEW("127.0.0.1"),
				     crowd.port), 0);
	location_heard(imc_location(rig.imc), view_str(uri), &flow, &nothing);
	assert_int_equal(hub_member_add(room, &join, NULL, NULL), 0);
	mem_deref(join.addr);
}

static struct room *with_crowd(void)
{
	struct room *room;

	rig_start(&rig, NULL);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &crowd, "sip:crowd@confab.example");
	crowd_heard = 0;
	crowd.heard = &crowd_heard;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#create"), 200);
	room = hub_room(rig.hub, VIEW("lobby"), VIEW("confab.example"));
	assert_non_null(room);
	for (unsigned n = 0; n < CROWD; n++)
		crowd_add(room, n);
	rig_settle(&rig);
	return room;
}

/* Neither answers nor their lack stop it. */
static void a_crowd_gets_it_in_pieces(void **state)
{
	size_t given_up;

	(void)state;
	with_crowd();
	assert_int_equal(user_ask(&rig, &alice, ROOM, "hi"), 202);
	RIG_AWAIT(&rig, crowd_heard == CROWD);
	RIG_AWAIT(&rig, stats().delivered == CROWD);
	crowd.answer = 0;
	crowd_heard = 0;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "anybody?"), 202);
	RIG_AWAIT(&rig, crowd_heard >= CROWD);
	given_up = stats().given_up;
	assert_int_equal(given_up, 0);
	rig_stop(&rig);
}

/* A text for those who are still to get one waits behind it, and who leaves
 * meanwhile is left out. */
static void pieces_keep_their_order(void **state)
{
	struct room *room;
	struct member *m;
	struct addr *last;

	(void)state;
	room = with_crowd();
	assert_int_equal(addr_parse(&last, VIEW("sip:m699@confab.example")),
			 0);
	m = room_member(room, last);
	assert_non_null(m);
	user_send(&rig, &alice, ROOM, "one");
	user_send(&rig, &alice, ROOM, "two");
	RIG_AWAIT(&rig, crowd_heard > 0);
	assert_int_equal(hub_member_remove(room, m, VIEW_NONE, NULL, NULL),
			 0);
	RIG_AWAIT(&rig, crowd_heard >= 2 * (CROWD - 1));
	rig_settle(&rig);
	assert_null(room_member(room, last));
	assert_true(crowd_heard <= 2 * CROWD);
	assert_int_equal(stats().failed, 0);
	mem_deref(last);
	rig_stop(&rig);
}

/* What has not gone yet is in the journal. */
static void a_stop_among_pieces_loses_nothing(void **state)
{
	(void)state;
	with_crowd();
	crowd.answer = 0;
	assert_int_equal(user_ask(&rig, &alice, ROOM, "hi"), 202);
	RIG_AWAIT(&rig, crowd_heard > 0);
	rig_restart(&rig, NULL);
	crowd.answer = 200;
	crowd_heard = 0;
	RIG_AWAIT(&rig, stats().delivered == CROWD);
	assert_true(crowd_heard >= CROWD);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fates),
		TEST(a_refusal_is_final_and_hurts_nobody_else),
		TEST(who_is_off_gets_it_when_he_is_heard),
		TEST(silence_is_no_end),
		TEST(the_way_back_survives_a_restart),
		TEST(who_was_never_heard_waits),
		TEST(a_proxy_gets_everything),
		TEST(long_lists_come_in_parts_and_in_order),
		TEST(long_words_keep_their_speaker),
		TEST(a_part_refused_is_tried_again),
		TEST(a_part_has_one_call_id_each_time),
		TEST(a_charset_that_is_refused_is_left_out),
		TEST(who_refuses_both_is_given_up),
		TEST(too_large_is_sent_smaller),
		TEST(small_devices_get_small_texts),
		TEST(typing_is_passed_to_who_types),
		TEST(without_a_disk_nothing_is_taken),
		TEST(a_list_is_not_sent_on_to_who_refuses_it),
		TEST(a_crowd_gets_it_in_pieces),
		TEST(pieces_keep_their_order),
		TEST(a_stop_among_pieces_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
