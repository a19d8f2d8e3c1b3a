/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users in channels by themselves, with a real hub and store. */
#include "igate_rig.h"
#include "worker.h"

#define ALICE "alice libera"
#define ROOM "%23dev*libera"
#define SEES "alice <- " ROOM ": "

static void alice_up(void)
{
	sip_says("alice", "libera", ":online");
	seat_comes_up(ALICE, "alice");
	buf_clear(&gr.sip);
	buf_clear(&wire);
}

static void happens(struct ircp p)
{
	p.place = p.place.n ? p.place : VIEW("#dev");
	irc_says(ALICE, &p);
	gr_settle();
}

static void says(const char *nick, const char *text)
{
	happens((struct ircp){ .verb = IRCP_HEARD,
			       .nick = view_str(nick),
			       .text = view_str(text) });
}

static void joined(const char *topic)
{
	happens((struct ircp){ .verb = IRCP_JOINED,
			       .nick = VIEW("alice"),
			       .text = view_str(topic) });
}

static void left(unsigned kind, const char *numeric, const char *text)
{
	happens((struct ircp){ .verb = IRCP_LEFT,
			       .kind = kind,
			       .other = view_str(numeric),
			       .text = view_str(text) });
}

static void people(unsigned kind, const char *nick, const char *other,
		   const char *text)
{
	happens((struct ircp){ .verb = IRCP_PEOPLE,
			       .kind = kind,
			       .nick = view_str(nick),
			       .other = view_str(other),
			       .text = view_str(text) });
}

/* alice is in #dev. */
static void open_in(void)
{
	igate_rig_open();
	alice_up();
	sip_says("alice", ROOM, ":join");
	joined("");
	gr_advance(2000);
	sip_takes(200);
	buf_clear(&gr.sip);
	buf_clear(&wire);
}

static void close_open(void)
{
	sip_takes(200);
	igate_rig_close();
}

static void taken(void)
{
	stub_sent(ALICE, 0, "");
	gr_settle();
}

/* ---- coming and going ---- */

static void a_join_brings_him_online_and_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", ROOM, ":join");
	assert_sip("202 " SEES "\n");
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: JOIN place=#dev\n");
	joined("All about \x03" "4it");
	assert_sip("tell " SEES "INFO: You have joined #dev as alice. Topic: "
		   "All about 4it\n");
	sip_says("alice", "libera", ":status");
	assert_sip("200 alice <- libera: INFO: You are alice on libera: "
		   "online.\nChannels: #dev\n");
	sip_says("alice", "%23DEV*libera", ":join");
	assert_sip("200 alice <- %23DEV*libera: INFO: You are in #dev as "
		   "alice.\n");
	sip_says("alice", ROOM, ":exit bye");
	assert_sip("200 " SEES "INFO: You have left the channel.\n");
	assert_wire("alice libera: PART place=#dev text=bye\n");
	says("bob", "hi");
	sip_says("alice", ROOM, "hi");
	assert_sip("403 " SEES "ERROR: Your message was not sent. You are not "
		   "in the channel. Write :join first.\n");
	igate_rig_close();
}

static void the_network_takes_joins_as_well(void **state)
{
	(void)state;
	igate_rig_open();
	alice_up();
	sip_says("alice", "libera", ":join #Dev key");
	assert_wire("alice libera: JOIN place=#Dev other=key\n");
	joined("");
	assert_sip("202 alice <- libera: \n"
		   "tell alice <- libera: INFO: You have joined #Dev as "
		   "alice.\n");
	sip_says("alice", "libera", ":join dev");
	sip_says("alice", "libera", ":join #a,#b");
	sip_says("alice", "libera", ":join #c k,l");
	assert_wire("");
	igate_rig_close();
}

static void what_keeps_him_out_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	alice_up();
	sip_says("alice", ROOM, ":join");
	left(IRCP_LEFT_REFUSED, "475", "Cannot join channel (+k)");
	assert_sip("202 " SEES "\n"
		   "tell " SEES "ERROR: You can't join #dev: it takes the "
		   "right key (+k): :join KEY (Cannot join channel (+k)).\n");
	sip_says("alice", ROOM, "hi");
	assert_non_null(strstr(buf_str(&gr.sip), "403 "));
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	assert_false(stub_is_wanted(ALICE));
	igate_rig_close();
}

static void who_is_thrown_out_stays_out(void **state)
{
	(void)state;
	open_in();
	happens((struct ircp){ .verb = IRCP_LEFT,
			       .kind = IRCP_LEFT_KICKED,
			       .nick = VIEW("op"),
			       .text = VIEW("spam\r\nspam") });
	assert_sip("tell " SEES "INFO: You are no longer in #dev: you were "
		   "kicked by op (spam spam).\n");
	assert_wire("");
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	assert_false(stub_is_wanted(ALICE));
	igate_rig_close();
}

static void he_is_back_after_a_loss_and_knows_the_gap(void **state)
{
	(void)state;
	open_in();
	stub_lost(ALICE, LOST_NET, "reset");
	for (int i = 0; i < 60; i++)
		gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: JOIN place=#dev\n");
	joined("");
	assert_sip(SEES "* You were not in the channel from 08:00 to 08:01 "
			"UTC: what was said there meanwhile may be "
			"missing\n");
	sip_takes(200);
	says("bob", "hi");
	assert_sip(SEES "[bob] hi\n");
	close_open();
}

static void he_is_back_after_a_restart(void **state)
{
	(void)state;
	igate_rig_open();
	alice_up();
	sip_says("alice", ROOM, ":join sesame");
	joined("");
	says("bob", "hi");
	sip_says("alice", ROOM, ":notices on");
	gr_advance(2000);
	sip_takes(200);
	igate_rig_close();
	clock_advance(120 * 1000);
	igate_rig_open();
	gr_advance(1000);
	assert_true(stub_is_wanted(ALICE));
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: JOIN place=#dev other=sesame\n");
	joined("");
	assert_non_null(strstr(buf_str(&gr.sip), "* You were not in the "));
	assert_null(strstr(buf_str(&gr.sip), "You have joined"));
	people(IRCP_CAME, "eve", NULL, NULL);
	assert_non_null(strstr(buf_str(&gr.sip), "* eve has come\n"));
	close_open();
}

static void he_is_told_of_a_network_that_throws_him_out(void **state)
{
	(void)state;
	open_in();
	stub_lost(ALICE, LOST_REFUSED, "K-lined");
	gr_settle();
	assert_sip("tell alice <- libera: INFO: The network has closed your "
		   "connection: K-lined. You are in your channels again as "
		   "soon as it lets you in.\n");
	for (int i = 0; i < 700 && !stub_is_wanted(ALICE); i++)
		gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: JOIN place=#dev\n");
	close_open();
}

static void a_full_channel_is_tried_on(void **state)
{
	(void)state;
	open_in();
	stub_lost(ALICE, LOST_NET, "reset");
	for (int i = 0; i < 30; i++)
		gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	left(IRCP_LEFT_REFUSED, "471", "full");
	assert_sip("tell " SEES "ERROR: You can't join #dev: the channel is "
		   "full (+l) (full). It is tried on.\n");
	buf_clear(&wire);
	gr_advance(5 * 60 * 1000);
	gr_advance(10);
	assert_wire("alice libera: JOIN place=#dev\n");
	left(IRCP_LEFT_REFUSED, "471", "full");
	assert_sip("");
	close_open();
}

static void a_part_of_ours_that_is_not_his_is_undone(void **state)
{
	(void)state;
	open_in();
	left(IRCP_LEFT_ASKED, NULL, NULL);
	assert_wire("alice libera: JOIN place=#dev\n");
	joined("");
	assert_sip(SEES "* You were not in the channel for a moment at 08:00 "
			"UTC: what was said there meanwhile may be "
			"missing\n");
	close_open();
}

static void channels_are_not_too_many(void **state)
{
	(void)state;
	ir.conf.seat_channels = 1;
	open_in();
	sip_says("alice", "%23other*libera", ":join");
	assert_sip("403 alice <- %23other*libera: ERROR: You are in as many "
		   "channels as one may be in. (:exit leaves one)\n");
	assert_wire("");
	close_open();
}

static void a_network_that_refuses_ends_a_join(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", ROOM, ":join");
	stub_lost(ALICE, LOST_REFUSED, "K-lined");
	gr_advance(20);
	gr_advance(20);
	assert_sip("202 " SEES "\n"
		   "tell " SEES "ERROR: You can't join #dev. K-lined\n");
	sip_says("alice", ROOM, ":join");
	assert_sip("403 " SEES "ERROR: You can't join. K-lined\n");
	igate_rig_close();
}

/* ---- what is said ---- */

static void his_words_are_kept_until_the_server_has_them(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, "one");
	sip_says("alice", ROOM, "/me waves");
	assert_sip("202 " SEES "\n202 " SEES "\n");
	assert_wire("alice libera: SAY place=#dev text=one\n"
		    "alice libera: SAY kind=1 place=#dev text=waves\n");
	stub_lost(ALICE, LOST_NET, "reset");
	for (int i = 0; i < 30; i++)
		gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	assert_wire("alice libera: JOIN place=#dev\n");
	joined("");
	assert_wire("alice libera: SAY place=#dev text=one\n"
		    "alice libera: SAY kind=1 place=#dev text=waves\n");
	taken();
	sip_takes(200);
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	joined("");
	assert_wire("alice libera: JOIN place=#dev\n");
	close_open();
}

static void his_words_survive_a_restart(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, "one");
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	joined("");
	assert_wire("alice libera: JOIN place=#dev\n"
		    "alice libera: SAY place=#dev text=one\n");
	taken();
	close_open();
}

static void what_can_not_be_said_is_told(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, "hi");
	stub_sent(ALICE, EREMOTEIO, "Cannot send to channel (+m)");
	gr_settle();
	assert_sip("202 " SEES "\n"
		   "tell " SEES "ERROR: Your message was not sent. Cannot "
		   "send to channel (+m): hi\n");
	sip_says("alice", ROOM, "late");
	stub_lost(ALICE, LOST_NET, "reset");
	for (int i = 0; i < 95; i++)
		gr_advance(1000);
	assert_non_null(strstr(buf_str(&gr.sip),
			       "The network could not be reached.: late"));
	close_open();
}

static void what_he_leaves_behind_is_told(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, "hi");
	sip_says("alice", ROOM, ":exit");
	assert_sip("202 " SEES "\n"
		   "200 " SEES "INFO: You have left the channel.\n"
		   "tell " SEES "ERROR: Your message was not sent. You have "
		   "left the channel.: hi\n");
	igate_rig_close();
}

/* Also what the hub had not handed over yet. */
static void all_that_he_leaves_behind_is_told(void **state)
{
	size_t told = 0;

	(void)state;
	open_in();
	for (int i = 0; i < 40; i++)
		sip_says("alice", ROOM, "hi");
	assert_null(strstr(buf_str(&gr.sip), "480"));
	sip_says("alice", ROOM, ":exit");
	for (int i = 0; i < 10; i++)
		gr_advance(100);
	for (const char *at = buf_str(&gr.sip);
	     (at = strstr(at, "left the channel.: hi")); at++)
		told++;
	assert_int_equal(told, 40);
	igate_rig_close();
}

static void who_said_offline_is_so_after_a_restart(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", "libera", ":offline");
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	gr_advance(1000);
	assert_false(stub_is_wanted(ALICE));
	sip_says("alice", ROOM, "hi");
	seat_comes_up(ALICE, "alice");
	joined("");
	taken();
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	assert_true(stub_is_wanted(ALICE));
	close_open();
}

static void nothing_stays_of_who_is_no_user_any_more(void **state)
{
	struct addr *alice = gr_addr("sip:alice@example.org");

	(void)state;
	open_in();
	sip_says("alice", ROOM, "hi");
	igate_user_changed(ir.gate, alice, true);
	gr_advance(100);
	assert_false(stub_is_wanted(ALICE));
	igate_rig_close();
	igate_rig_open();
	gr_advance(1000);
	assert_false(stub_is_wanted(ALICE));
	mem_deref(alice);
	igate_rig_close();
}

static void what_waits_goes_by_no_other_account(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("bob", ROOM, ":join");
	seat_comes_up("bob libera", "bob");
	irc_says("bob libera", &(struct ircp){ .verb = IRCP_JOINED,
					       .place = VIEW("#dev"),
					       .nick = VIEW("bob") });
	stub_lost("bob libera", LOST_NET, "reset");
	gr_settle();
	sip_says("bob", ROOM, "as bobby");
	ir.account_login = "robert";
	for (int i = 0; i < 30 && !stub_is_wanted("bob libera"); i++)
		gr_advance(1000);
	seat_comes_up("bob libera", "bob");
	irc_says("bob libera", &(struct ircp){ .verb = IRCP_JOINED,
					       .place = VIEW("#dev"),
					       .nick = VIEW("bob") });
	gr_advance(1100);
	assert_null(strstr(buf_str(&wire), "as bobby"));
	assert_non_null(strstr(buf_str(&gr.sip),
			       "go by that.: as bobby"));
	close_open();
}

static void a_full_queue_is_no_broken_link(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, "hi");
	for (int i = 0; i < 10; i++) {
		assert_wire("alice libera: SAY place=#dev text=hi\n");
		stub_sent(ALICE, EAGAIN, "too many lines");
		gr_settle();
		gr_advance(1100);
	}
	taken();
	assert_sip("202 " SEES "\n");
	close_open();
}

static void who_writes_is_online_again(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, ":offline");
	gr_advance(1000);
	for (int i = 0; i < 100; i++)
		gr_advance(1000);
	assert_false(stub_is_wanted(ALICE));
	buf_clear(&gr.sip);
	buf_clear(&wire);
	sip_says("alice", ROOM, "back");
	assert_sip("202 " SEES "\n");
	seat_comes_up(ALICE, "alice");
	joined("");
	assert_wire("alice libera: JOIN place=#dev\n"
		    "alice libera: SAY place=#dev text=back\n");
	taken();
	close_open();
}

static void who_is_not_let_in_can_not_speak(void **state)
{
	(void)state;
	open_in();
	stub_lost(ALICE, LOST_REFUSED, "K-lined");
	gr_settle();
	buf_clear(&gr.sip);
	sip_says("alice", ROOM, "hi");
	assert_sip("403 " SEES "ERROR: Your message was not sent. K-lined\n");
	close_open();
}

static void automatic_texts_are_not_said(void **state)
{
	(void)state;
	open_in();
	gr_send(&(struct gr_say){ .from = "alice", .to = ROOM,
				  .text = "I am driving",
				  .meta = { .notice = true } });
	assert_sip("200 " SEES "\n");
	assert_wire("");
	close_open();
}

/* ---- what is heard ---- */

static void nobody_can_forge_a_line(void **state)
{
	(void)state;
	open_in();
	says("bob", "hi\n[op] give me your password");
	assert_sip(SEES "[bob] hi\n  [op] give me your password\n");
	sip_takes(200);
	says("[op]", "hi");
	assert_sip(SEES "[(op)] hi\n");
	sip_takes(200);
	happens((struct ircp){ .verb = IRCP_HEARD, .kind = SAY_EMOTE,
			       .nick = VIEW("bob"), .text = VIEW("waves") });
	assert_sip(SEES "* bob waves\n");
	close_open();
}

static void private_words_stay_private(void **state)
{
	(void)state;
	ir.conf.first = IGATE_FIRST_ALLOW;
	open_in();
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_HEARD,
					.nick = VIEW("bob"),
					.mask = VIEW("b@h"),
					.text = VIEW("psst") });
	assert_sip("alice <- bob*libera: psst\n");
	assert_wire("");
	sip_says("alice", "bob*libera", "yes?");
	assert_wire("alice libera: SAY place=bob text=yes?\n");
	close_open();
}

static void the_past_of_others_is_not_shown(void **state)
{
	struct ircp p = { .verb = IRCP_HEARD, .past = true,
			  .nick = VIEW("bob"), .text = VIEW("old"),
			  .time_ms = 1800000000000 - 60000 };

	(void)state;
	open_in();
	happens(p);
	assert_sip("");
	/* but what he missed himself is */
	stub_lost(ALICE, LOST_NET, "reset");
	for (int i = 0; i < 30; i++)
		gr_advance(1000);
	seat_comes_up(ALICE, "alice");
	joined("");
	sip_takes(200);
	buf_clear(&gr.sip);
	happens(p);
	assert_sip("");
	p.time_ms = 1800000000000 + 10000;
	p.text = VIEW("new");
	happens(p);
	assert_sip(SEES "[08:00 bob] new\n");
	close_open();
}

static void a_fast_channel_is_joined_up(void **state)
{
	(void)state;
	open_in();
	for (int i = 0; i < 60; i++)
		happens((struct ircp){ .verb = IRCP_HEARD,
				       .nick = VIEW("bob"),
				       .text = VIEW("x") });
	sip_takes(200);
	buf_clear(&gr.sip);
	gr_advance(1000);
	sip_takes(200);
	assert_non_null(strstr(buf_str(&gr.sip), "[bob] x\n[bob] x\n"));
	close_open();
}

static void who_comes_and_goes_is_told_on_demand(void **state)
{
	(void)state;
	open_in();
	people(IRCP_CAME, "bob", NULL, NULL);
	people(IRCP_QUIT, "bob", NULL, "bye");
	people(IRCP_SPLIT, NULL, "a.net b.net", "bob, eve and 25 others");
	assert_sip("");
	people(IRCP_RENAMED, "eve", "eva", NULL);
	sip_takes(200);
	people(IRCP_KICKED, "eva", "op", "rude");
	sip_takes(200);
	people(IRCP_ROLE, "alice", "op", "+o");
	assert_sip(SEES "* eve is now eva\n" SEES
			"* eva was kicked by op: rude\n" SEES
			"* You got mode +o by op\n");
	sip_takes(200);
	sip_says("alice", ROOM, ":notices on");
	assert_sip("200 " SEES "INFO: You are told who comes and goes.\n");
	people(IRCP_WENT, "bob", NULL, NULL);
	sip_takes(200);
	people(IRCP_SPLIT, NULL, "a.net b.net", "bob, eve and 25 others");
	assert_sip(SEES "* bob has gone\n" SEES
			"* The network is split (a.net b.net): bob, eve and "
			"25 others\n");
	close_open();
}

static void invitations_are_told_and_not_followed(void **state)
{
	(void)state;
	igate_rig_open();
	alice_up();
	for (int i = 0; i < 20; i++)
		happens((struct ircp){ .verb = IRCP_INVITED,
				       .nick = VIEW("bob"),
				       .mask = VIEW("b@h") });
	assert_wire("");
	assert_non_null(strstr(buf_str(&gr.sip),
			       "tell " SEES "INFO: bob (b@h) invites you to "
			       "#dev. Answer :join to go there.\n"));
	assert_true(gr.sip.n < 1000);
	igate_rig_close();
}

/* ---- commands ---- */

static void who_is_there_is_told(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, ":who");
	assert_wire("alice libera: NAMES place=#dev\n");
	happens((struct ircp){ .verb = IRCP_NAMES_ARE,
			       .text = VIEW("@op alice") });
	happens((struct ircp){ .verb = IRCP_NAMES_ARE, .kind = 1,
			       .text = VIEW("+bob") });
	assert_sip("202 " SEES "\n"
		   "tell " SEES "INFO: #dev has 3 occupants: @op, alice, "
		   "+bob\n");
	close_open();
}

static void topics_are_shown_and_set(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, ":topic");
	assert_sip("200 " SEES "INFO: #dev has no topic.\n");
	happens((struct ircp){ .verb = IRCP_TOPIC_IS, .nick = VIEW("op"),
			       .text = VIEW("work") });
	assert_sip(SEES "* op set the topic: work\n");
	sip_says("alice", ROOM, ":topic play");
	assert_wire("alice libera: TOPIC place=#dev text=play\n");
	happens((struct ircp){ .verb = IRCP_REFUSED, .kind = 482,
			       .text = VIEW("not op") });
	stub_sent(ALICE, EREMOTEIO, "not op");
	assert_sip("202 " SEES "\n"
		   "tell " SEES "ERROR: you are no operator of the channel "
		   "(not op).\n");
	sip_says("alice", ROOM, ":topic -");
	assert_wire("alice libera: TOPIC place=#dev\n");
	close_open();
}

static void kicks_and_invitations_say_what_came_of_them(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, ":kick eve go");
	assert_wire("alice libera: KICK place=#dev nick=eve text=go\n");
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_REFUSED, .kind = 401,
					.nick = VIEW("eve"),
					.text = VIEW("No such nick") });
	assert_sip("202 " SEES "\n"
		   "tell " SEES "ERROR: nobody there has this nick (No such "
		   "nick).\n");
	sip_says("alice", ROOM, ":invite bob");
	assert_wire("alice libera: INVITE place=#dev nick=bob\n");
	taken();
	assert_sip("202 " SEES "\ntell " SEES "INFO: bob is invited.\n");
	sip_says("alice", ROOM, ":invite");
	sip_says("alice", ROOM, ":kick #x");
	assert_wire("");
	close_open();
}

static void a_refusal_of_others_is_not_taken_for_an_answer(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, ":who");
	irc_says(ALICE, &(struct ircp){ .verb = IRCP_REFUSED, .kind = 401,
					.nick = VIEW("eve"),
					.text = VIEW("No such nick") });
	assert_sip("202 " SEES "\n");
	close_open();
}

static void a_lost_link_ends_what_was_asked(void **state)
{
	(void)state;
	open_in();
	sip_says("alice", ROOM, ":invite bob");
	stub_lost(ALICE, LOST_NET, "reset");
	gr_settle();
	assert_sip("202 " SEES "\n"
		   "tell " SEES "ERROR: The connection broke: nobody knows "
		   "whether the network has done it.\n");
	sip_says("alice", ROOM, ":who");
	assert_non_null(strstr(buf_str(&gr.sip), "480 " SEES));
	close_open();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IGATE_TEST(a_join_brings_him_online_and_is_told),
		IGATE_TEST(the_network_takes_joins_as_well),
		IGATE_TEST(what_keeps_him_out_is_told),
		IGATE_TEST(who_is_thrown_out_stays_out),
		IGATE_TEST(he_is_back_after_a_loss_and_knows_the_gap),
		IGATE_TEST(he_is_back_after_a_restart),
		IGATE_TEST(he_is_told_of_a_network_that_throws_him_out),
		IGATE_TEST(a_full_channel_is_tried_on),
		IGATE_TEST(a_part_of_ours_that_is_not_his_is_undone),
		IGATE_TEST(channels_are_not_too_many),
		IGATE_TEST(a_network_that_refuses_ends_a_join),
		IGATE_TEST(his_words_are_kept_until_the_server_has_them),
		IGATE_TEST(his_words_survive_a_restart),
		IGATE_TEST(what_can_not_be_said_is_told),
		IGATE_TEST(what_he_leaves_behind_is_told),
		IGATE_TEST(all_that_he_leaves_behind_is_told),
		IGATE_TEST(who_said_offline_is_so_after_a_restart),
		IGATE_TEST(nothing_stays_of_who_is_no_user_any_more),
		IGATE_TEST(what_waits_goes_by_no_other_account),
		IGATE_TEST(a_full_queue_is_no_broken_link),
		IGATE_TEST(who_writes_is_online_again),
		IGATE_TEST(who_is_not_let_in_can_not_speak),
		IGATE_TEST(automatic_texts_are_not_said),
		IGATE_TEST(nobody_can_forge_a_line),
		IGATE_TEST(private_words_stay_private),
		IGATE_TEST(the_past_of_others_is_not_shown),
		IGATE_TEST(a_fast_channel_is_joined_up),
		IGATE_TEST(who_comes_and_goes_is_told_on_demand),
		IGATE_TEST(invitations_are_told_and_not_followed),
		IGATE_TEST(who_is_there_is_told),
		IGATE_TEST(topics_are_shown_and_set),
		IGATE_TEST(kicks_and_invitations_say_what_came_of_them),
		IGATE_TEST(a_refusal_of_others_is_not_taken_for_an_answer),
		IGATE_TEST(a_lost_link_ends_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
