/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gateway's doors: addresses, commands, and what users are told. */
#include "igate_rig.h"

static void alice_up(void)
{
	sip_says("alice", "libera", ":online");
	assert_sip("202 alice <- libera: \n");
	seat_comes_up("alice libera", "alice");
	assert_sip("tell alice <- libera: INFO: You are online on libera as "
		   "alice.\n");
}

static void who_is_online_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	alice_up();
	sip_says("alice", "bob*libera", ":online");
	assert_sip("200 alice <- bob*libera: INFO: You are online on libera "
		   "as alice.\n");
	sip_says("alice", "libera", ":status");
	assert_sip("200 alice <- libera: INFO: You are alice on libera: "
		   "online.\n");
	igate_rig_close();
}

static void who_is_refused_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "bob*libera", ":online");
	buf_clear(&gr.sip);
	stub_lost("alice libera", LOST_REFUSED, "K-lined: \x02go\r\nQUIT");
	gr_advance(20);
	assert_sip("tell alice <- bob*libera: ERROR: libera does not let you "
		   "in: K-lined: go QUIT.\n");
	sip_says("alice", "libera", ":online");
	assert_sip("403 alice <- libera: ERROR: libera does not let you in: "
		   "K-lined: go QUIT; the next try is in ten minutes at the "
		   "soonest.\n");
	sip_says("alice", "libera", ":status");
	assert_sip("200 alice <- libera: INFO: You are alice on libera: "
		   "offline (K-lined: go QUIT).\n");
	igate_rig_close();
}

static void a_login_that_takes_too_long_is_told(void **state)
{
	(void)state;
	ir.conf.delay_s = 5;
	igate_rig_open();
	sip_says("alice", "libera", ":online");
	sip_says("alice", "libera", ":online");
	buf_clear(&gr.sip);
	gr_advance(6000);
	assert_sip("tell alice <- libera: ERROR: Cannot connect to libera; it "
		   "is tried on when you say something there.\n");
	igate_rig_close();
}

static void who_is_offline_stays_so(void **state)
{
	(void)state;
	igate_rig_open();
	alice_up();
	sip_says("alice", "libera", ":offline see you");
	assert_sip("200 alice <- libera: INFO: You are offline on libera "
		   "until you write to somebody there or say :online.\n");
	assert_wire("alice libera: LEAVE text=see you\n");
	assert_false(stub_is_wanted("alice libera"));
	igate_rig_close();
}

static void nicks_change_by_command(void **state)
{
	const struct ircp is = { .verb = IRCP_NICK_IS, .nick = VIEW("al"),
				 .other = VIEW("alice") };
	const struct ircp no = { .verb = IRCP_REFUSED, .nick = VIEW("bob"),
				 .kind = 433, .text = VIEW("in use") };

	(void)state;
	igate_rig_open();
	alice_up();
	sip_says("alice", "libera", ":nick");
	assert_sip("200 alice <- libera: INFO: You are alice on libera.\n");
	sip_says("alice", "libera", ":nick al");
	assert_sip("202 alice <- libera: \n");
	assert_wire("alice libera: NICK nick=al\n");
	irc_says("alice libera", &is);
	assert_sip("tell alice <- libera: INFO: You are al on libera.\n");
	sip_says("alice", "libera", ":nick bob");
	buf_clear(&gr.sip);
	irc_says("alice libera", &no);
	assert_sip("tell alice <- libera: ERROR: You can't be bob: in use\n");
	sip_says("alice", "libera", ":nick 1 2");
	assert_true(strstr(buf_str(&gr.sip), "400 alice <- libera: ERROR"));
	igate_rig_close();
}

static void a_nick_is_wanted_from_the_next_login_on(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "libera", ":nick al");
	assert_sip("200 alice <- libera: INFO: That is your nick from your "
		   "next login on.\n");
	sip_says("alice", "libera", ":online");
	assert_string_equal(stub_setting("alice libera", "nick"), "al");
	igate_rig_close();
}

static void what_is_no_command_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "libera", ":frobnicate now");
	assert_sip("400 alice <- libera: ERROR: :frobnicate is no command; "
		   ":help lists what there is here.\n");
	sip_says("alice", "libera", ":help");
	assert_true(strstr(buf_str(&gr.sip), ":online - "));
	assert_true(strstr(buf_str(&gr.sip), ":nick [NICK] - "));
	igate_rig_close();
}

static void whom_to_ask_is_told(void **state)
{
	(void)state;
	ir.conf.contact = "irc@example.org";
	igate_rig_open();
	sip_says("alice", "bob*libera", ":version");
	assert_true(strstr(buf_str(&gr.sip),
			   ", a SIP gateway to IRC. Contact: "
			   "irc@example.org\n"));
	assert_wire("");
	igate_rig_close();
}

static void what_is_no_address_is_told(void **state)
{
	(void)state;
	igate_rig_open();
	sip_says("alice", "bob", "hello");
	assert_sip("484 alice <- bob: ERROR: The network is missing; an "
		   "address is like nick*network or %23channel*network.\n");
	sip_says("alice", "bob*efnet", "hello");
	assert_sip("404 alice <- bob*efnet: ERROR: There is no such network; "
		   "an address is like nick*network or "
		   "%23channel*network.\n");
	sip_says("alice", "libera", "hello");
	assert_sip("404 alice <- libera: This is the gateway to a network of "
		   "IRC: :help lists its commands.\n");
	igate_rig_close();
}

static void too_much_at_once_is_refused(void **state)
{
	struct buf b = { 0 };

	(void)state;
	igate_rig_open();
	for (size_t i = 0; i < 9001; i++)
		buf_addc(&b, 'x');
	sip_says("alice", "bob*libera", buf_str(&b));
	assert_sip("413 alice <- bob*libera: ERROR: Your message was not "
		   "sent. It is too long.\n");
	assert_null(stub_find("alice libera"));
	buf_free(&b);
	igate_rig_close();
}

static void a_full_gateway_says_so(void **state)
{
	(void)state;
	ir.conf.seats = 1;
	igate_rig_open();
	alice_up();
	sip_says("bob", "libera", ":online");
	assert_sip("480 bob <- libera: ERROR: The gateway to IRC is full.\n");
	igate_rig_close();
}

static void numbers_change_at_run_time(void **state)
{
	struct igate_conf conf;

	(void)state;
	ir.conf.contact = "old@example.org";
	igate_rig_open();
	conf = ir.gate->conf;
	conf.contact = "new@example.org";
	conf.seats = 1;
	igate_reconf(ir.gate, &conf);
	sip_says("alice", "libera", ":online");
	assert_string_equal(stub_setting("alice libera", "contact"),
			    "new@example.org");
	buf_clear(&gr.sip);
	sip_says("bob", "libera", ":online");
	assert_sip("480 bob <- libera: ERROR: The gateway to IRC is full.\n");
	igate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IGATE_TEST(who_is_online_is_told),
		IGATE_TEST(who_is_refused_is_told),
		IGATE_TEST(a_login_that_takes_too_long_is_told),
		IGATE_TEST(who_is_offline_stays_so),
		IGATE_TEST(nicks_change_by_command),
		IGATE_TEST(a_nick_is_wanted_from_the_next_login_on),
		IGATE_TEST(what_is_no_command_is_told),
		IGATE_TEST(whom_to_ask_is_told),
		IGATE_TEST(what_is_no_address_is_told),
		IGATE_TEST(too_much_at_once_is_refused),
		IGATE_TEST(a_full_gateway_says_so),
		IGATE_TEST(numbers_change_at_run_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
