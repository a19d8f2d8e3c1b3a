/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many users one watcher may have asked, on a real hub. */
#include <stdio.h>

#include "asking.h"
#include "consent.h"
#include "events.h"
#include "hub_rig.h"

enum { MINUTE_MS = 60 * 1000 };

static bool watches; /* whoever it is, whomever */

size_t sip_watches_of(const struct sip *s, const char *package,
		      struct view resource, struct view watcher,
		      uint64_t *ids, size_t max)
{
	(void)s;
	(void)resource;
	(void)watcher;
	(void)ids;
	(void)max;
	assert_string_equal(package, "presence");
	return watches;
}

static struct asking *asking;
static struct addr *mallory, *manager;

static struct addr *user(int n)
{
	struct addr *a;
	char text[60];

	snprintf(text, sizeof(text), "sip:u%d@confab.example", n);
	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static void ask_many(int first, int count)
{
	for (int i = first; i < first + count; i++) {
		struct addr *a = user(i);

		asking_ask(asking, a, mallory);
		mem_deref(a);
	}
}

static int asked(int count)
{
	int n = 0;

	for (int i = 0; i < count; i++) {
		struct addr *a = user(i);

		n += consent_of(rig.hub, a, mallory) == CONSENT_ASKED;
		mem_deref(a);
	}
	return n;
}

static void minutes(int n)
{
	while (n--)
		rig_advance(MINUTE_MS);
}

static void start(const char *watcher)
{
	watches = true;
	rig_start();
	assert_int_equal(addr_parse(&mallory, view_str(watcher)), 0);
	assert_int_equal(addr_parse(&manager, VIEW("sip:m@confab.example")),
			 0);
	asking = asking_new(rig.loop, rig.hub, NULL, "presence", manager);
}

static void stop(void)
{
	asking_quiet(asking);
	asking_free(asking);
	rig_settle();
	mem_deref(mallory);
	mem_deref(manager);
	rig_stop();
}

/* How often he was told; each text once. */
static size_t told(void)
{
	const struct fake *f = &rig.sip;
	uint64_t last = 0;
	size_t n = 0;

	rig_settle();
	rig_deliver_all();
	for (size_t i = 0; i < f->count; i++) {
		if (strncmp(f->sent[i].text, "*** You watch many", 18) != 0)
			continue;
		n += f->sent[i].id != last;
		last = f->sent[i].id;
	}
	return n;
}

static void little_by_little(void **state)
{
	(void)state;
	start("sip:mallory@confab.example");
	ask_many(0, 200);
	assert_int_equal(asked(200), ASKING_HOUR);
	assert_int_equal(told(), 1);
	/* again, of the same, and of others */
	ask_many(0, 210);
	assert_int_equal(asked(210), ASKING_HOUR);
	minutes(2);
	assert_int_equal(asked(210), ASKING_HOUR);
	minutes(2);
	assert_int_equal(asked(210), ASKING_HOUR + 1);
	minutes(57);
	assert_in_range(asked(210), 2 * ASKING_HOUR, 2 * ASKING_HOUR + 1);
	assert_int_equal(told(), 1);
	/* he is told again when he asks for more again */
	ask_many(210, 1);
	assert_int_equal(told(), 2);
	stop();
}

static void who_watches_no_more(void **state)
{
	(void)state;
	start("sip:mallory@confab.example");
	ask_many(0, 30);
	watches = false;
	minutes(120);
	assert_int_equal(asked(30), ASKING_HOUR);
	/* all is forgotten, and he may ask at once again */
	watches = true;
	ask_many(20, 10);
	assert_int_equal(asked(30), 30);
	stop();
}

static void the_operator_decides_otherwise(void **state)
{
	(void)state;
	start("sip:mallory@confab.example");
	ask_many(0, 30);
	asking_drop(asking);
	minutes(120);
	assert_int_equal(asked(30), ASKING_HOUR);
	stop();
}

/* One who has too many questions is asked when he has answered some. */
static void a_user_with_too_much_to_answer(void **state)
{
	struct addr *alice, *other;
	char text[60];

	(void)state;
	start("sip:mallory@elsewhere.example");
	alice = user(0);
	for (int i = 0; i < CONSENT_ASKED_MAX; i++) {
		snprintf(text, sizeof(text), "sip:w%d@x.example", i);
		assert_int_equal(addr_parse(&other, view_str(text)), 0);
		assert_int_equal(consent_ask(rig.hub, alice, other, manager),
				 0);
		mem_deref(other);
	}
	ask_many(0, 1);
	assert_int_equal(asked(1), 0);
	minutes(5);
	assert_int_equal(asked(1), 0);
	assert_int_equal(addr_parse(&other, VIEW("sip:w3@x.example")), 0);
	assert_int_equal(consent_set(rig.hub, alice, other, CONSENT_DENIED),
			 0);
	minutes(1);
	assert_int_equal(asked(1), 1);
	/* of another domain: there is no inbox to tell him in */
	ask_many(1, 40);
	assert_int_equal(told(), 0);
	mem_deref(other);
	mem_deref(alice);
	stop();
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(little_by_little),
		CASE(who_watches_no_more),
		CASE(the_operator_decides_otherwise),
		CASE(a_user_with_too_much_to_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
