/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A component's link when time passes: in this process, with a clock that
 * moves as the test says, and the test as the server and as the daemon.
 */
#include "test.h"

#include <stdio.h>

#include "clock.h"
#include "component_priv.h"
#include "elem.h"

static struct jab jab;
static struct loop *loop;

#define AWAIT(cond) \
	do { \
		int await_turns = 0; \
		while (!(cond)) { \
			clock_advance(1); \
			loop_turn(loop, 5); \
			if (++await_turns > 4000) \
				fail_msg("waited in vain: %s", #cond); \
		} \
	} while (0)

#include "jabstub.h"
#include "jabdaemon.h"

#define HEADER "<?xml version='1.0'?><stream:stream from='sip.test' " \
	"id='3BF96D32' xmlns='jabber:component:accept' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

static void start(void)
{
	char port[8];
	struct wire_msg m = { .s = { VIEW("sip.test") } };

	snprintf(port, sizeof(port), "%u", stub.port);
	const struct wire_setting settings[] = {
		{ VIEW("domain"), VIEW("sip.test") },
		{ VIEW("host"), VIEW("127.0.0.1") },
		{ VIEW("port"), view_str(port) },
		{ VIEW("secret"), VIEW("s3same") },
	};

	m.settings_count = sizeof(settings) / sizeof(settings[0]);
	memcpy(m.settings, settings, sizeof(settings));
	component_new(&jab, ID, &m);
}

static void come_up(void)
{
	start();
	AWAIT(stub_accepted());
	stub_sees("to='sip.test'>");
	stub_send(HEADER);
	stub_sees("</handshake>");
	stub_send("<handshake/>");
	AWAIT(seen.up);
	stub_sees("to='sip.test' id='b");
	AWAIT(stub_has("</iq>"));
}

/* The barrier that is out comes back. */
static void server_answers(void)
{
	struct buf b = { 0 };
	size_t n = strcspn(buf_str(&stub.in), "'");

	buf_adds(&b, "<iq type='get' from='sip.test' to='sip.test' id='b");
	buf_add(&b, stub.in.p, n);
	buf_adds(&b, "'/>");
	stub_sees("</iq>");
	stub_send(buf_str(&b));
	buf_free(&b);
}

static void send_body(uint64_t tag, const char *body)
{
	struct buf b = { 0 };

	elem_open(&b, "message", "jabber:client");
	elem_attrs(&b, "from", "alice@sip.test/gw");
	elem_attrs(&b, "to", "bob@x.test");
	elem_leaf(&b, "body", NULL, view_str(body));
	elem_close(&b);
	component_send(component_find(&jab, ID), tag, buf_view(&b));
	buf_free(&b);
}

static bool sent_is(const char *what)
{
	return !strcmp(buf_str(&seen.sent), what);
}

static void pass(uint64_t ms)
{
	clock_advance(ms);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 1);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	memset(&seen, 0, sizeof(seen));
	clock_freeze(1000000, 1700000000000);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(jab_start(&jab, NULL, loop), 0);
	stub_open();
	return 0;
}

static int teardown(void **state)
{
	components_stop(&jab);
	jab_stop(&jab);
	stub_close();
	loop_free(loop);
	clock_thaw();
	buf_free(&seen.parcel);
	buf_free(&seen.sent);
	buf_free(&seen.kept);
	return test_teardown(state);
}

/* ---- the tests ---- */

static void a_burst_costs_one_barrier(void **state)
{
	(void)state;
	come_up();
	server_answers();
	pass(100);
	for (uint64_t i = 1; i <= 100; i++)
		send_body(i, "x");
	stub_sees("id='b");
	AWAIT(stub_has("</iq>"));
	assert_null(strstr(buf_str(&stub.in), "<message"));
	assert_int_equal(seen.sent.n, 0);
	server_answers();
	AWAIT(strstr(buf_str(&seen.sent), "100:0 "));
	pass(1000);
	assert_false(stub_has("id='b"));
}

/* Under load there is one every 20 ms at most. */
static void barriers_keep_their_distance(void **state)
{
	(void)state;
	come_up();
	server_answers();
	pass(100);
	send_body(1, "x");
	stub_sees("id='b");
	AWAIT(stub_has("</iq>"));
	server_answers();
	for (int i = 0; i < 50 && !seen.sent.n; i++)
		loop_turn(loop, 5);
	assert_true(sent_is("1:0 "));
	send_body(2, "y");
	pass(1);
	stub_sees("<body>y</body></message>");
	pass(10);
	assert_false(stub_has("id='b"));
	pass(20);
	stub_sees("id='b");
}

/* It took nothing out of its socket: nothing is told of as sent. */
static void a_server_that_stands_still_is_lost(void **state)
{
	(void)state;
	come_up();
	server_answers();
	pass(50);
	send_body(1, "x");
	pass(50);
	pass(15000);
	assert_int_equal(seen.lost, 0);
	pass(6000);
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.why, GONE_NET);
	assert_true(sent_is(""));
	assert_null(component_find(&jab, ID));
}

static void nor_is_one_that_never_spoke_believed(void **state)
{
	(void)state;
	come_up();
	send_body(1, "x");
	pass(50);
	pass(21000);
	assert_int_equal(seen.lost, 1);
	assert_true(sent_is(""));
}

/* It would be lost for ever, else. */
static void a_server_that_hands_nothing_back(void **state)
{
	(void)state;
	come_up();
	send_body(1, "x");
	pass(50);
	stub_send("<presence from='b@x.test' to='a@sip.test'/>");
	AWAIT(seen.parcels);
	assert_true(sent_is(""));
	pass(21000);
	assert_int_equal(seen.lost, 0);
	assert_true(sent_is("1:0 "));
	send_body(2, "y");
	AWAIT(sent_is("1:0 2:0 "));
}

/* While we do not read, what it says can't be seen. */
static void what_is_not_read_is_no_silence(void **state)
{
	(void)state;
	come_up();
	server_answers();
	pass(50);
	send_body(1, "x");
	pass(50);
	seen.behind = 2 << 20;
	stub_send("<presence from='b@x.test' to='a@sip.test'/>");
	AWAIT(seen.parcels);
	for (int i = 0; i < 100; i++)
		pass(2000);
	assert_int_equal(seen.lost, 0);
	seen.behind = 0;
	stub_sees("id='b");
	AWAIT(stub_has("</iq>"));
	server_answers();
	AWAIT(sent_is("1:0 "));
}

/* An address that comes after the end begins nothing. */
static void it_ends_but_once(void **state)
{
	(void)state;
	start();
	link_end(component_find(&jab, ID), GONE_NET, VIEW("enough"));
	link_end(component_find(&jab, ID), GONE_NET, VIEW("again"));
	for (int i = 0; i < 10; i++)
		loop_turn(loop, 1);
	assert_int_equal(seen.lost, 1);
	assert_null(component_find(&jab, ID));
	assert_false(stub_accepted());
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_burst_costs_one_barrier),
		CASE(barriers_keep_their_distance),
		CASE(a_server_that_stands_still_is_lost),
		CASE(nor_is_one_that_never_spoke_believed),
		CASE(a_server_that_hands_nothing_back),
		CASE(what_is_not_read_is_no_silence),
		CASE(it_ends_but_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
