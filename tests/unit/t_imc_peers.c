/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is learned of devices. */
#include "test.h"

#include "peers.h"

#define TYPING "application/im-iscomposing+xml"

static struct peers *ps;
static struct addr *alice, *bob;
static struct sip_flow udp, tcp;

static void open_peers(size_t max)
{
	ps = peers_new(max);
	assert_int_equal(addr_parse(&alice, VIEW("sip:alice@h.example")), 0);
	assert_int_equal(addr_parse(&bob, VIEW("sip:bob@h.example")), 0);
	assert_int_equal(sip_flow_parse(&udp, VIEW("udp:192.0.2.1:5060")), 0);
	assert_int_equal(sip_flow_parse(&tcp, VIEW("tcp:192.0.2.1:5060")), 0);
}

static void close_peers(void)
{
	peers_free(ps);
	mem_deref(alice);
	mem_deref(bob);
}

static void hear(const struct addr *user, const struct sip_flow *flow,
		 const char *agent, const char *accept, bool typing)
{
	const struct peer_heard heard = { .user_agent = view_str(agent),
					  .accept = view_str(accept),
					  .typing = typing };

	peers_heard(ps, user, flow, &heard);
}

static bool answer(int status, size_t body, bool bare, const char *accept)
{
	const struct peer_answer a = { .status = status, .body = body,
				       .bare = bare,
				       .accept = view_str(accept) };

	return peers_answered(ps, alice, &udp, &a);
}

static size_t size_for(const char *agent, const struct sip_flow *flow)
{
	hear(alice, flow, agent, "", false);
	return peers_find(ps, alice, flow).body_max;
}

static void who_says_nothing_costs_nothing(void **state)
{
	struct peer p;

	(void)state;
	open_peers(10);
	hear(alice, &udp, "baresip v2", "text/plain", false);
	assert_int_equal(peers_count(ps), 0);
	p = peers_find(ps, alice, &udp);
	assert_int_equal(p.body_max, PEER_BODY_UDP);
	assert_false(p.bare || p.typing);
	assert_int_equal(peers_find(ps, alice, &tcp).body_max, PEER_BODY_TCP);
	close_peers();
}

static void profiles_by_user_agent(void **state)
{
	(void)state;
	open_peers(10);
	assert_int_equal(size_for("Asterisk PBX 20.5.0", &udp), 1023);
	assert_int_equal(size_for("FPBX-16.0.40(18.9)", &tcp), 1023);
	assert_int_equal(size_for("MicroSIP/3.21.3", &tcp), 3000);
	assert_int_equal(size_for("My DECT base", &udp), 160);
	/* another device at the same place */
	assert_int_equal(size_for("Linphone/5", &udp), PEER_BODY_UDP);
	assert_int_equal(size_for("goip", &udp), 160);
	assert_int_equal(peers_find(ps, bob, &udp).body_max, PEER_BODY_UDP);
	close_peers();
}

static void too_large_is_halved_down_to_a_floor(void **state)
{
	(void)state;
	open_peers(10);
	assert_true(answer(513, 1000, false, ""));
	assert_int_equal(peers_find(ps, alice, &udp).body_max, 500);
	assert_true(answer(413, 2000, false, "")); /* was under way */
	assert_int_equal(peers_find(ps, alice, &udp).body_max, 500);
	assert_true(answer(413, 300, false, ""));
	assert_int_equal(peers_find(ps, alice, &udp).body_max, 160);
	assert_false(answer(413, 160, false, ""));
	assert_int_equal(peers_find(ps, alice, &tcp).body_max, PEER_BODY_TCP);
	close_peers();
}

static void a_charset_may_be_too_much(void **state)
{
	static const int codes[] = { 406, 415, 488 };

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		open_peers(10);
		assert_true(answer(codes[n], 5, false, "text/plain"));
		assert_true(peers_find(ps, alice, &udp).bare);
		assert_false(peers_find(ps, bob, &udp).bare);
		/* that was not it */
		assert_false(answer(codes[n], 5, true, ""));
		close_peers();
	}
}

static void who_takes_no_text_is_believed(void **state)
{
	(void)state;
	open_peers(10);
	assert_false(answer(415, 5, false, "application/sdp, image/*"));
	assert_int_equal(peers_count(ps), 0);
	assert_true(answer(415, 5, false, "application/sdp, */*;q=0.1"));
	assert_false(answer(404, 5, false, ""));
	assert_false(answer(486, 5000, false, ""));
	close_peers();
}

static void typing_is_for_who_uses_it(void **state)
{
	(void)state;
	open_peers(10);
	hear(alice, &udp, "", "", true);
	assert_true(peers_find(ps, alice, &udp).typing);
	assert_false(peers_find(ps, alice, &tcp).typing);
	hear(bob, &udp, "", "text/plain , Application/IM-isComposing+xml",
	     false);
	assert_true(peers_find(ps, bob, &udp).typing);
	/* it sends such things, but does not take them */
	peers_no_typing(ps, alice, &udp);
	assert_false(peers_find(ps, alice, &udp).typing);
	hear(alice, &udp, "", "", true);
	assert_false(peers_find(ps, alice, &udp).typing);
	hear(alice, &udp, "", TYPING, false);
	assert_true(peers_find(ps, alice, &udp).typing);
	close_peers();
}

static void one_notice_a_second(void **state)
{
	(void)state;
	open_peers(10);
	hear(alice, &udp, "", "", true);
	assert_true(peers_may_type(ps, alice, 5000));
	assert_false(peers_may_type(ps, alice, 5999));
	assert_true(peers_may_type(ps, alice, 6000));
	close_peers();
}

static void the_table_is_bounded(void **state)
{
	(void)state;
	open_peers(2);
	hear(alice, &udp, "asterisk", "", false);
	hear(bob, &udp, "asterisk", "", false);
	hear(alice, &udp, "asterisk", "", false);
	hear(alice, &tcp, "asterisk", "", false);
	assert_int_equal(peers_count(ps), 2);
	assert_int_equal(peers_find(ps, bob, &udp).body_max, PEER_BODY_UDP);
	assert_int_equal(peers_find(ps, alice, &udp).body_max, 1023);
	close_peers();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_says_nothing_costs_nothing),
		TEST(profiles_by_user_agent),
		TEST(too_large_is_halved_down_to_a_floor),
		TEST(a_charset_may_be_too_much),
		TEST(who_takes_no_text_is_believed),
		TEST(typing_is_for_who_uses_it),
		TEST(one_notice_a_second),
		TEST(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
