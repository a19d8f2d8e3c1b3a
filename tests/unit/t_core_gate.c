/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the hub does for gateways: words to and from their addresses. */
#include "hub_rig.h"
#include "meta.h"

static struct hub_say say_of(const char *text, const char *meta)
{
	return (struct hub_say){ .kind = MSG_TEXT,
				 .text = view_str(text),
				 .meta = view_str(meta) };
}

static void direct(const char *from, const char *to, const char *text,
		   const char *meta)
{
	struct hub_say say = say_of(text, meta);
	struct addr *addr = rig_addr(to);
	size_t before = rig.done;

	say.from = rig_addr(from);
	assert_int_equal(hub_direct(rig.hub, addr, &say, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	mem_deref(say.from);
	mem_deref(addr);
	rig_settle();
}

/* ---- what goes with a message ---- */

static void meta_goes_with_it_over_a_restart(void **state)
{
	(void)state;
	rig_start();
	direct("alice", "bob", "one", "subject=Lunch\nreceipt=1\n");
	direct("alice", "bob", "two", NULL);
	assert_string_equal(rig.sip.sent[0].meta,
			    "subject=Lunch\nreceipt=1\n");
	assert_string_equal(rig.sip.sent[1].meta, "");
	rig_restart();
	assert_string_equal(rig.sip.sent[0].text, "one");
	assert_string_equal(rig.sip.sent[0].meta,
			    "subject=Lunch\nreceipt=1\n");
	assert_string_equal(rig.sip.sent[1].meta, "");
	rig_deliver_all();
	rig_stop();
}

static void too_much_goes_with_it(void **state)
{
	static char meta[META_MAX + 2];
	struct hub_say say = say_of("x", NULL);
	struct addr *bob = rig_addr("bob");

	(void)state;
	memset(meta, 'm', META_MAX + 1);
	rig_start();
	say.from = bob;
	say.meta = view_mem(meta, META_MAX + 1);
	assert_int_equal(hub_direct(rig.hub, bob, &say, rig_done, NULL),
			 EMSGSIZE);
	say.meta = view_mem(meta, META_MAX);
	assert_int_equal(hub_direct(rig.hub, bob, &say, rig_done, NULL), 0);
	assert_int_equal(rig_answer(0), 0);
	rig_settle();
	assert_int_equal(rig.sip.count, 1);
	rig_deliver_all();
	rig_stop();
	mem_deref(bob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(meta_goes_with_it_over_a_restart),
		RIG_TEST(too_much_goes_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
