/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one to one by IRC, with a real hub and store. */
#include "consent.h"
#include "igate_rig.h"
#include "worker.h"

#define ALICE "alice libera"

static void open_up(enum igate_first first)
{
	ir.conf.first = first;
	igate_rig_open();
	sip_says("alice", "libera", ":online");
	seat_comes_up(ALICE, "alice");
	buf_clear(&gr.sip);
	buf_clear(&wire);
}

struct he {
	const char *nick, *mask, *account, *text, *id;
	unsigned kind;
};

static void he_says(const struct he *he)
{
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_HEARD,
					.kind = he->kind,
					.nick = view_str(he->nick),
					.mask = view_str(he->mask),
					.account = view_str(he->account),
					.id = view_str(he->id),
					.text = view_str(he->text) });
	gr_settle();
}

static void bob_says(const char *text)
{
	he_says(&(struct he){ "bob", "b@h", NULL, text, NULL, SAY_TEXT });
}

static void people(unsigned kind, const char *nick, const char *other)
{
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_PEOPLE,
					.kind = kind,
					.place = VIEW("#x"),
					.nick = view_str(nick),
					.other = view_str(other) });
}

/* How often alice has seen this. */
static size_t count_of(const char *words)
{
	const char *at = buf_str(&gr.sip);
	size_t count = 0;

	while ((at = strstr(at, words))) {
		at++;
		count++;
	}
	return count;
}

static void taken(const char *label)
{
	stub_sent(label, 0, "");
	gr_settle();
}

/* ---- to IRC ---- */

static void a_text_brings_him_online_and_is_sent(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "Bob*libera", "hi");
	assert_sip("202 alice <- Bob*libera: \n");
	assert_wire("");
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: SAY place=Bob text=hi\n");
	taken(ALICE);
	assert_sip("");
	sip_says("alice", "bob*libera", "/me waves");
	assert_wire("alice libera: SAY kind=1 place=bob text=waves\n");
	taken(ALICE);
	gr_send(&(struct gr_say){ .from = "alice", .to = "bob*libera",
				  .text = "two\nlines",
				  .meta = { .subject = VIEW("So") } });
	assert_wire("alice libera: SAY place=bob text=[So]\ntwo\nlines\n");
	assert_sip("202 alice <- bob*libera: \n202 alice <- bob*libera: \n");
	igate_rig_close();
}

static void nobody_speaks_by_anothers_seat(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	sip_says("carol", "bob*libera", "I am carol");
	assert_wire("");
	seat_comes_up("carol libera", "carol");
	assert_wire("carol libera: SAY place=bob text=I am carol\n");
	igate_rig_close();
}

static void what_the_network_refuses_is_told_once(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	sip_says("alice", "bob*libera", "hi");
	stub_sent(ALICE, EREMOTEIO, "No such nick/channel");
	gr_settle();
	assert_sip("202 alice <- bob*libera: \n"
		   "tell alice <- bob*libera: ERROR: Your message was not "
		   "sent. No such nick/channel: hi\n");
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_REFUSED, .kind = 401,
					.nick = VIEW("bob"),
					.text = VIEW("No such nick") });
	assert_sip("");
	gr_advance(11000);
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_REFUSED, .kind = 716,
					.nick = VIEW("bob"),
					.text = VIEW("is +g") });
	assert_sip("tell alice <- bob*libera: ERROR: Your message was not "
		   "sent. he takes messages only of people he chose (+g) (is "
		   "+g)\n");
	igate_rig_close();
}

static void what_waits_for_too_long_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "bob*libera", "hi");
	for (int i = 0; i < 92; i++)
		gr_advance(1000);
	assert_sip("202 alice <- bob*libera: \n"
		   "tell alice <- bob*libera: ERROR: Your message was not "
		   "sent. The network could not be reached.: hi\n");
	seat_comes_up(ALICE, "alice");
	assert_wire("");
	igate_rig_close();
}

static void who_is_not_let_in_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "bob*libera", "hi");
	stub_lost(ALICE, LOST_REFUSED, "You are banned");
	gr_settle();
	gr_advance(1000);
	gr_advance(10);
	assert_sip("202 alice <- bob*libera: \n"
		   "tell alice <- bob*libera: ERROR: Your message was not "
		   "sent. The network does not let you in.: hi\n");
	sip_says("alice", "bob*libera", "again");
	assert_sip("403 alice <- bob*libera: ERROR: Your message was not "
		   "sent. You are banned\n");
	igate_rig_close();
}

static void a_text_survives_a_restart(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "Bob*libera", "hi");
	igate_rig_close();
	clock_advance(200 * 1000);
	igate_rig_open();
	gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: SAY place=Bob text=hi\n");
	taken(ALICE);
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	assert_false(stub_is_wanted(ALICE));
	igate_rig_close();
}

static void a_lost_link_sends_it_again(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	sip_says("alice", "bob*libera", "hi");
	buf_clear(&wire);
	stub_lost(ALICE, LOST_NET, "reset");
	gr_settle();
	for (int i = 0; i < 40; i++)
		gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: SAY place=bob text=hi\n");
	taken(ALICE);
	assert_sip("202 alice <- bob*libera: \n");
	igate_rig_close();
}

static void what_breaks_every_link_ends(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	sip_says("alice", "bob*libera", "poison");
	for (int i = 0; i < 5; i++) {
		stub_lost(ALICE, LOST_NET, "reset");
		gr_settle();
		if (i == 4)
			break;
		for (int s = 0; s < 600 && !stub_is_wanted(ALICE); s++)
			gr_advance(1000);
		seat_comes_up(ALICE, "alice");
		gr_advance(10);
	}
	assert_sip("202 alice <- bob*libera: \n"
		   "tell alice <- bob*libera: ERROR: Your message was not "
		   "sent. The connection broke each time it was tried.: "
		   "poison\n");
	igate_rig_close();
}

static void a_worker_that_is_behind_is_tried_again(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	send_err = EBUSY;
	sip_says("alice", "bob*libera", "hi");
	assert_wire("");
	send_err = 0;
	gr_advance(200);
	assert_wire("alice libera: SAY place=bob text=hi\n");
	taken(ALICE);
	igate_rig_close();
}

/* The worker's queue is full: that is no broken link. */
static void a_full_queue_is_waited_for(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	sip_says("alice", "bob*libera", "hi");
	for (int i = 0; i < 10; i++) {
		assert_wire("alice libera: SAY place=bob text=hi\n");
		stub_sent(ALICE, EAGAIN, "too many lines");
		gr_settle();
		gr_advance(200);
	}
	taken(ALICE);
	assert_sip("202 alice <- bob*libera: \n");
	igate_rig_close();
}

static void what_waits_goes_by_no_other_account(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("bob", "eve*libera", "as bobby");
	ir.account_login = "robert";
	seat_comes_up("bob libera", "bob");
	gr_advance(10);
	assert_wire("");
	assert_sip("202 bob <- eve*libera: \n"
		   "tell bob <- eve*libera: ERROR: Your message was not sent. "
		   "Your account there is another one since you wrote it. "
		   "Write it again if it may go by that.: as bobby\n");
	sip_says("bob", "eve*libera", "as robert");
	assert_wire("bob libera: SAY place=eve text=as robert\n");
	igate_rig_close();
	ir.account_gone = true;
	igate_rig_open();
	gr_advance(1000);
	if (stub_is_wanted("bob libera"))
		seat_comes_up("bob libera", "bob");
	gr_advance(1000);
	assert_wire("");
	assert_int_equal(count_of("that.: as robert"), 1);
	igate_rig_close();
}

static void texts_stay_in_their_order(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	send_err = EBUSY;
	sip_says("alice", "bob*libera", "one");
	send_err = 0;
	sip_says("alice", "bob*libera", "two");
	gr_advance(200);
	taken(ALICE);
	gr_advance(200);
	assert_wire("alice libera: SAY place=bob text=one\n"
		    "alice libera: SAY place=bob text=two\n");
	igate_rig_close();
}

/* Ten thousand strangers do not fill his queue with answers to them. */
static void a_crowd_is_not_answered(void **state)
{
	char nick[16];

	(void)state;
	open_up(IGATE_FIRST_DENY);
	for (int i = 0; i < 100; i++) {
		snprintf(nick, sizeof(nick), "eve%d", i);
		he_says(&(struct he){ nick, "e@h", NULL, "hi", NULL,
				      SAY_TEXT });
	}
	assert_non_null(strstr(buf_str(&wire), "place=eve0 "));
	assert_null(strstr(buf_str(&wire), "place=eve20 "));
	igate_rig_close();
}

static void what_a_device_writes_by_itself_is_not_sent(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	gr_send(&(struct gr_say){ .from = "alice", .to = "bob*libera",
				  .text = "I am driving",
				  .meta = { .notice = true } });
	gr_send(&(struct gr_say){ .from = "alice", .to = "bob*libera",
				  .kind = GATE_TYPING });
	assert_sip("200 alice <- bob*libera: \n200 alice <- bob*libera: \n");
	assert_wire("");
	igate_rig_close();
}

/* ---- first words ---- */

#define ASKED "alice <- bob*libera: *** bob (b@h) on libera wants to write " \
	      "to you. Answer /allow 1 or /deny 1\n"
#define WAITS "alice libera: SAY kind=2 place=bob text=Your message waits: " \
	      "its reader is asked first whether he takes messages from " \
	      "you.\n"

static void a_stranger_waits_for_a_yes(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	bob_says("hi");
	bob_says("are you there?");
	assert_sip(ASKED);
	assert_wire(WAITS);
	sip_says("alice", "bob*libera", "/allow 1");
	assert_sip("200 alice <- bob*libera: *** libera/bob may write to "
		   "you\n"
		   "alice <- bob*libera: hi\n"
		   "alice <- bob*libera: are you there?\n");
	bob_says("good");
	assert_sip("alice <- bob*libera: good\n");
	assert_wire("");
	igate_rig_close();
}

static void words_of_strangers_survive_a_restart(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	bob_says("one\ntwo");
	he_says(&(struct he){ "bob", "b@h", NULL, "waves", "m2",
			      SAY_EMOTE });
	sip_takes(200);
	igate_rig_close();
	open_up(IGATE_FIRST_ASK);
	sip_says("alice", "bob*libera", "/allow 1");
	assert_sip("200 alice <- bob*libera: *** libera/bob may write to "
		   "you\n"
		   "alice <- bob*libera: one\ntwo\n"
		   "alice <- bob*libera: * bob waves\n");
	sip_takes(200);
	igate_rig_close();
	open_up(IGATE_FIRST_ASK);
	bob_says("once more");
	assert_sip("alice <- bob*libera: once more\n");
	igate_rig_close();
}

static void who_is_denied_is_not_heard(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	bob_says("buy");
	sip_says("alice", "bob*libera", "/deny 1");
	assert_sip(ASKED "200 alice <- bob*libera: *** libera/bob may not "
			 "write to you\n");
	buf_clear(&wire);
	bob_says("buy!");
	assert_sip("");
	assert_wire("");
	igate_rig_close();
	open_up(IGATE_FIRST_ASK);
	gr_advance(5000);
	buf_clear(&gr.sip);
	bob_says("buy!!");
	assert_sip("");
	igate_rig_close();
}

static void whom_he_writes_to_he_hears(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_DENY);
	bob_says("hi");
	assert_sip("");
	assert_wire("alice libera: SAY kind=2 place=bob text=Your message was "
		    "not delivered: its reader takes none of people he has "
		    "not written to.\n");
	sip_says("alice", "bob*libera", "hi");
	taken(ALICE);
	bob_says("hello");
	assert_sip("202 alice <- bob*libera: \nalice <- bob*libera: hello\n");
	igate_rig_close();
}

static void an_answer_to_the_question_is_a_yes(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	bob_says("hi");
	sip_says("alice", "BOB*libera", "who are you?");
	assert_sip(ASKED "alice <- BOB*libera: hi\n"
			 "202 alice <- BOB*libera: \n");
	bob_says("bob");
	assert_sip("alice <- BOB*libera: bob\n");
	igate_rig_close();
}

static void those_known_to_services_are_heard(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ACCOUNT);
	he_says(&(struct he){ "eve", "e@h", "eve", "hi", NULL, SAY_TEXT });
	assert_sip("alice <- eve*libera: hi\n");
	bob_says("hi");
	assert_sip(ASKED);
	igate_rig_close();
}

static void a_stranger_has_so_much_and_no_more(void **state)
{
	(void)state;
	ir.conf.peer_rate = 1000;
	open_up(IGATE_FIRST_ASK);
	for (int i = 0; i < 20; i++)
		bob_says("hi");
	assert_sip(ASKED);
	assert_wire(WAITS);
	clock_advance(61000);
	bob_says("hi");
	assert_wire("alice libera: SAY kind=2 place=bob text=Your message was "
		    "not delivered: its reader has not answered yet whether "
		    "he takes messages from you.\n");
	sip_says("alice", "bob*libera", "/allow 1");
	sip_takes(200);
	assert_int_equal(count_of(": hi\n"), 20);
	igate_rig_close();
}

static void strangers_are_not_too_many(void **state)
{
	char nick[16];

	(void)state;
	open_up(IGATE_FIRST_ASK);
	for (int i = 0; i < 60; i++) {
		snprintf(nick, sizeof(nick), "eve%d", i);
		clock_advance(5000); /* a crowd is not answered */
		he_says(&(struct he){ nick, "e@h", NULL, "hi", NULL,
				      SAY_TEXT });
	}
	sip_takes(200);
	assert_int_equal(count_of("wants to write"), CONSENT_ASKED_MAX);
	assert_null(strstr(buf_str(&gr.sip), "hi\n"));
	assert_non_null(strstr(buf_str(&wire),
			       "place=eve50 text=Your message was not "
			       "delivered"));
	/* the next one is asked about as soon as there is room */
	buf_clear(&gr.sip);
	sip_takes(200);
	sip_says("alice", "libera", "/deny 1");
	gr_advance(10);
	assert_non_null(strstr(buf_str(&gr.sip), "eve20 (e@h)"));
	igate_rig_close();
}

/* ---- who has a nick ---- */

static void befriend(void)
{
	sip_says("alice", "bob*libera", "hi");
	taken(ALICE);
	bob_says("hello");
	sip_takes(200);
	buf_clear(&gr.sip);
	buf_clear(&wire);
}

static void a_nick_in_other_hands_begins_anew(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	he_says(&(struct he){ "bob", "x@evil", NULL, "it is me", NULL,
			      SAY_TEXT });
	assert_sip("tell alice <- bob*libera: *** bob is somebody else now "
		   "(x@evil; before: b@h)\n"
		   "alice <- bob*libera: *** bob (x@evil) on libera wants to "
		   "write to you. Answer /allow 1 or /deny 1\n");
	igate_rig_close();
}

static void an_account_is_the_same_wherever_it_comes_from(void **state)
{
	struct he he = { "bob", "b@h", "bob", "one", NULL, SAY_TEXT };

	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	he_says(&he);
	he.mask = "b@elsewhere";
	he_says(&he);
	people(IRCP_QUIT, "bob", NULL);
	he_says(&he);
	assert_sip("alice <- bob*libera: one\nalice <- bob*libera: one\n"
		   "alice <- bob*libera: one\n");
	he.account = "eve";
	he_says(&he);
	assert_non_null(strstr(buf_str(&gr.sip),
			       "(account eve; before: account bob)"));
	assert_null(strstr(buf_str(&gr.sip), ": one\n"));
	igate_rig_close();
}

static void that_is_known_after_a_restart(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ALLOW);
	bob_says("hi");
	sip_takes(200);
	igate_rig_close();
	open_up(IGATE_FIRST_ALLOW);
	he_says(&(struct he){ "bob", "x@evil", NULL, "me", NULL, SAY_TEXT });
	assert_sip("alice <- bob*libera: me\n");
	sip_says("alice", "bob*libera", "hi");
	taken(ALICE);
	sip_takes(200);
	igate_rig_close();
	open_up(IGATE_FIRST_ALLOW);
	bob_says("hi");
	assert_sip("tell alice <- bob*libera: *** bob is somebody else now "
		   "(b@h; before: x@evil)\n"
		   "alice <- bob*libera: hi\n");
	igate_rig_close();
}

static void who_has_left_is_not_written_to_unawares(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	people(IRCP_QUIT, "bob", NULL);
	sip_says("alice", "bob*libera", "the code is 1234");
	assert_sip("480 alice <- bob*libera: ERROR: Your message was not "
		   "sent. Whoever had this name has left since you spoke, and "
		   "somebody else may have it now. Write it again if he is "
		   "meant.\n");
	assert_wire("");
	sip_says("alice", "bob*libera", "hi");
	assert_wire("alice libera: SAY place=bob text=hi\n");
	igate_rig_close();
}

static void he_is_known_by_his_new_nick(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	people(IRCP_RENAMED, "bob", "rob");
	people(IRCP_RENAMED, "bob", "rob"); /* in another channel */
	he_says(&(struct he){ "rob", "b@h", NULL, "me", NULL, SAY_TEXT });
	assert_sip("alice <- rob*libera: me\n");
	he_says(&(struct he){ "bob", "b@h", NULL, "me, too", NULL,
			      SAY_TEXT });
	assert_non_null(strstr(buf_str(&gr.sip), "wants to write to you"));
	assert_null(strstr(buf_str(&gr.sip), "me, too"));
	igate_rig_close();
}

static void a_nick_that_somebody_took_is_not_trusted(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	people(IRCP_RENAMED, "mallory", "bob");
	bob_says("it is me");
	assert_null(strstr(buf_str(&gr.sip), "it is me"));
	igate_rig_close();
}

/* Somebody else speaks while a text waits: that one is not for him. */
static void what_waits_is_not_for_who_has_the_nick_then(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	send_err = EBUSY;
	sip_says("alice", "bob*libera", "the code is 1234");
	gr_advance(5);
	he_says(&(struct he){ "bob", "x@evil", NULL, "hi", NULL, SAY_TEXT });
	send_err = 0;
	buf_clear(&gr.sip);
	gr_advance(200);
	gr_advance(10);
	assert_null(strstr(buf_str(&wire), "1234"));
	assert_non_null(strstr(buf_str(&gr.sip),
			       "left since you spoke, and somebody else may "
			       "have it now. Write it again if he is meant.: "
			       "the code is 1234"));
	igate_rig_close();
}

static void nor_is_it_after_a_restart(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ASK);
	befriend();
	send_err = EBUSY;
	sip_says("alice", "bob*libera", "the code is 1234");
	gr_advance(5);
	people(IRCP_QUIT, "bob", NULL);
	igate_rig_close();
	send_err = 0;
	igate_rig_open();
	gr_advance(1000);
	if (stub_is_wanted(ALICE))
		seat_comes_up(ALICE, "alice");
	gr_advance(1000);
	assert_null(strstr(buf_str(&wire), "1234"));
	assert_int_equal(count_of("meant.: the code is 1234"), 1);
	igate_rig_close();
}

static void a_no_is_for_the_nick_whoever_has_it(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ALLOW);
	bob_says("buy");
	sip_takes(200);
	buf_clear(&gr.sip);
	sip_says("alice", "bob*libera", "/deny");
	assert_sip("200 alice <- bob*libera: *** libera/bob may not write to "
		   "you\n");
	he_says(&(struct he){ "bob", "c@h2", NULL, "buy!", NULL, SAY_TEXT });
	people(IRCP_QUIT, "bob", NULL);
	he_says(&(struct he){ "bob", "d@h3", NULL, "buy!!", NULL,
			      SAY_TEXT });
	assert_sip("");
	igate_rig_close();
}

static void a_no_needs_no_question(void **state)
{
	static const char *const ways[] = { "eve", "Eve*libera@gw.org",
					    "libera/eve",
					    "sip:eve*libera@gw.org",
					    "irc:libera/EVE" };

	(void)state;
	ir.conf.peer_rate = 1000;
	open_up(IGATE_FIRST_ALLOW);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "/deny %s", ways[i]);
		sip_says("alice", "libera", text);
		assert_sip("200 alice <- libera: *** libera/eve may not write "
			   "to you\n");
		he_says(&(struct he){ "eve", "e@h", NULL, "buy", NULL,
				      SAY_TEXT });
		assert_sip("");
		sip_says("alice", "eve*libera", "/allow");
		buf_clear(&gr.sip);
		he_says(&(struct he){ "eve", "e@h", NULL, "hi", NULL,
				      SAY_TEXT });
		assert_sip("alice <- eve*libera: hi\n");
	}
	sip_says("alice", "libera", "/deny");
	sip_says("alice", "libera", "/deny 9");
	sip_says("alice", "libera", "/deny nonet/x");
	assert_sip("400 alice <- libera: *** Who? Say the number of the "
		   "question, or an address\n"
		   "404 alice <- libera: *** There is no such question\n"
		   "404 alice <- libera: *** There is no such question\n");
	sip_takes(200);
	igate_rig_close();
}

static void nobody_is_asked_about_where_all_are_refused(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_DENY);
	befriend();
	he_says(&(struct he){ "bob", "x@evil", NULL, "hi", NULL, SAY_TEXT });
	assert_sip("tell alice <- bob*libera: *** bob is somebody else now "
		   "(x@evil; before: b@h)\n");
	igate_rig_close();
}

/* ---- from IRC ---- */

static void the_same_text_comes_once(void **state)
{
	struct he he = { "bob", "b@h", NULL, "hi", "m1", SAY_TEXT };

	(void)state;
	open_up(IGATE_FIRST_ALLOW);
	he_says(&he);
	he_says(&he);
	he.id = "m2";
	he_says(&he);
	assert_sip("alice <- bob*libera: hi\nalice <- bob*libera: hi\n");
	igate_rig_close();
}

static void a_nick_like_a_user_is_none(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ALLOW);
	he_says(&(struct he){ "carol", "c@h", NULL, "hi", NULL, SAY_TEXT });
	assert_sip("alice <- carol*libera: hi\n");
	he_says(&(struct he){ "[x]^*", "c@h", NULL, "odd", NULL, SAY_TEXT });
	he_says(&(struct he){ "#x", "c@h", NULL, "odd", NULL, SAY_TEXT });
	assert_null(strstr(buf_str(&gr.sip), "<- #x"));
	igate_rig_close();
}

static void a_flood_is_stopped_and_told(void **state)
{
	(void)state;
	ir.conf.peer_rate = 1;
	open_up(IGATE_FIRST_ALLOW);
	for (int i = 0; i < 6; i++)
		bob_says("x");
	assert_int_equal(gr.open_count, 4);
	assert_wire("alice libera: SAY kind=2 place=bob text=Too many "
		    "messages: wait a little. Your message was not "
		    "delivered.\n");
	igate_rig_close();
}

static void notices_are_never_answered(void **state)
{
	struct he he = { "bot", "b@h", NULL, "I am a bot", NULL, SAY_NOTICE };

	(void)state;
	ir.conf.peer_rate = 1;
	open_up(IGATE_FIRST_DENY);
	he_says(&he);
	sip_says("alice", "bot*libera", "hi");
	taken(ALICE);
	buf_clear(&wire);
	for (int i = 0; i < 6; i++)
		he_says(&he);
	sip_takes(403);
	assert_wire("");
	igate_rig_close();
	open_up(IGATE_FIRST_ASK);
	he.nick = "other";
	he_says(&he);
	assert_wire("");
	assert_non_null(strstr(buf_str(&gr.sip), "*** other (b@h)"));
	igate_rig_close();
}

static void services_speak_from_the_network(void **state)
{
	struct ircp p = { .verb = IRCP_SAID, .nick = VIEW("NickServ"),
			  .text = VIEW("Who are you?") };

	(void)state;
	open_up(IGATE_FIRST_ASK);
	irc_says(ALICE, &p);
	assert_sip("alice <- libera: [NickServ] Who are you?\n");
	sip_says("alice", "NickServ*libera", "HELP");
	taken(ALICE);
	buf_clear(&gr.sip);
	irc_says(ALICE, &p);
	assert_sip("alice <- NickServ*libera: Who are you?\n");
	igate_rig_close();
}

static void who_could_not_be_reached_is_said_back(void **state)
{
	(void)state;
	open_up(IGATE_FIRST_ALLOW);
	bob_says("one");
	bob_says("two");
	buf_clear(&wire);
	sip_takes(403);
	assert_wire("alice libera: SAY kind=2 place=bob text=Your message was "
		    "not delivered: its reader's device refused it.\n");
	igate_rig_close();
}

/* ---- presence ---- */

static void show(unsigned kind, const char *text)
{
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_SHOW, .kind = kind,
					.nick = VIEW("bob"),
					.mask = VIEW("b@h"),
					.text = view_str(text) });
}

static void he_is_watched_by_ones_own_seat(void **state)
{
	struct addr *alice, *bob;
	struct presence_state s;

	(void)state;
	igate_rig_open();
	alice = gr_addr("sip:alice@example.org");
	bob = gr_addr("sip:bob*libera@gw.org");
	assert_int_equal(italks_watch(ir.gate, alice, bob, false),
			 GATE_WATCH_PENDING);
	assert_false(stub_is_wanted(ALICE));
	sip_says("alice", "libera", ":online");
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: WATCH nick=bob\n");
	assert_false(italks_show(ir.gate, alice, bob, &s));
	show(IRCP_HERE, NULL);
	assert_true(italks_show(ir.gate, alice, bob, &s));
	assert_int_equal(s.place[0].show, SHOW_ONLINE);
	show(IRCP_IS_AWAY, "lunch");
	assert_true(italks_show(ir.gate, alice, bob, &s));
	assert_int_equal(s.place[0].show, SHOW_AWAY);
	assert_true(view_eqs(s.place[0].note, "lunch"));
	assert_int_equal(italks_watch(ir.gate, alice, bob, true),
			 GATE_WATCH_ACTIVE);
	stub_lost(ALICE, LOST_NET, "reset");
	assert_false(italks_show(ir.gate, alice, bob, &s));
	gr_settle();
	buf_clear(&wire);
	italks_unwatch(ir.gate, alice, bob);
	assert_wire("");
	mem_deref(alice);
	mem_deref(bob);
	igate_rig_close();
}

static void addresses_of_nobody_are_not_watched(void **state)
{
	struct addr *alice, *room, *none;

	(void)state;
	igate_rig_open();
	alice = gr_addr("sip:alice@example.org");
	room = gr_addr("sip:%23x*libera@gw.org");
	none = gr_addr("sip:bob*nowhere@gw.org");
	assert_int_equal(italks_watch(ir.gate, alice, room, false),
			 GATE_WATCH_NONE);
	assert_int_equal(italks_watch(ir.gate, alice, none, false),
			 GATE_WATCH_NOWHERE);
	mem_deref(alice);
	mem_deref(room);
	mem_deref(none);
	igate_rig_close();
}

static void who_is_away_is_away_there(void **state)
{
	struct presence_state s = { .count = 1 };
	struct addr *alice;

	(void)state;
	open_up(IGATE_FIRST_ASK);
	alice = gr_addr("sip:alice@example.org");
	s.place[0].show = SHOW_DND;
	s.place[0].note = VIEW("in a\r\nmeeting");
	italks_presence(ir.gate, alice, &s);
	italks_presence(ir.gate, alice, &s);
	assert_wire("alice libera: AWAY text=in a meeting\n");
	s.place[0].show = SHOW_ONLINE;
	italks_presence(ir.gate, alice, &s);
	assert_wire("alice libera: AWAY\n");
	mem_deref(alice);
	igate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IGATE_TEST(a_text_brings_him_online_and_is_sent),
		IGATE_TEST(nobody_speaks_by_anothers_seat),
		IGATE_TEST(what_the_network_refuses_is_told_once),
		IGATE_TEST(what_waits_for_too_long_is_told),
		IGATE_TEST(who_is_not_let_in_is_told),
		IGATE_TEST(a_text_survives_a_restart),
		IGATE_TEST(a_lost_link_sends_it_again),
		IGATE_TEST(what_breaks_every_link_ends),
		IGATE_TEST(a_worker_that_is_behind_is_tried_again),
		IGATE_TEST(what_a_device_writes_by_itself_is_not_sent),
		IGATE_TEST(a_stranger_waits_for_a_yes),
		IGATE_TEST(words_of_strangers_survive_a_restart),
		IGATE_TEST(who_is_denied_is_not_heard),
		IGATE_TEST(whom_he_writes_to_he_hears),
		IGATE_TEST(an_answer_to_the_question_is_a_yes),
		IGATE_TEST(those_known_to_services_are_heard),
		IGATE_TEST(a_stranger_has_so_much_and_no_more),
		IGATE_TEST(strangers_are_not_too_many),
		IGATE_TEST(a_nick_in_other_hands_begins_anew),
		IGATE_TEST(an_account_is_the_same_wherever_it_comes_from),
		IGATE_TEST(that_is_known_after_a_restart),
		IGATE_TEST(who_has_left_is_not_written_to_unawares),
		IGATE_TEST(he_is_known_by_his_new_nick),
		IGATE_TEST(a_nick_that_somebody_took_is_not_trusted),
		IGATE_TEST(what_waits_is_not_for_who_has_the_nick_then),
		IGATE_TEST(nor_is_it_after_a_restart),
		IGATE_TEST(a_no_is_for_the_nick_whoever_has_it),
		IGATE_TEST(a_no_needs_no_question),
		IGATE_TEST(nobody_is_asked_about_where_all_are_refused),
		IGATE_TEST(a_full_queue_is_waited_for),
		IGATE_TEST(what_waits_goes_by_no_other_account),
		IGATE_TEST(texts_stay_in_their_order),
		IGATE_TEST(a_crowd_is_not_answered),
		IGATE_TEST(the_same_text_comes_once),
		IGATE_TEST(a_nick_like_a_user_is_none),
		IGATE_TEST(a_flood_is_stopped_and_told),
		IGATE_TEST(notices_are_never_answered),
		IGATE_TEST(services_speak_from_the_network),
		IGATE_TEST(who_could_not_be_reached_is_said_back),
		IGATE_TEST(he_is_watched_by_ones_own_seat),
		IGATE_TEST(addresses_of_nobody_are_not_watched),
		IGATE_TEST(who_is_away_is_away_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
