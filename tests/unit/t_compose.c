/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several devices say, put together. */
#include "compose.h"

#include "pidf.h"
#include "test.h"

#define WHO VIEW("sip:alice@confab.example")
#define DOC(tuples) \
	VIEW("<presence xmlns='urn:ietf:params:xml:ns:pidf'>" tuples \
	     "</presence>")
#define TUPLE(id, basic, priority, note) \
	"<tuple id='" id "'><status><basic>" basic "</basic></status>" \
	"<contact priority='" priority "'>sip:x</contact><note>" note \
	"</note></tuple>"

static struct composed *c;

static int begin(void **state)
{
	c = composed_new();
	return test_setup(state);
}

static int end(void **state)
{
	composed_free(c);
	return test_teardown(state);
}

static void nobody_said_anything(void **state)
{
	const struct presence_state *s;

	(void)state;
	s = compose(c, WHO, NULL, 0, false);
	assert_int_equal(s->count, 0);
	s = compose(c, WHO, NULL, 0, true);
	assert_int_equal(s->count, 1);
	assert_int_equal(s->place[0].show, SHOW_ONLINE);
	assert_true(view_eqs(s->place[0].id, "registered"));
}

static void devices_are_put_together(void **state)
{
	const struct view body[] = {
		DOC(TUPLE("a", "closed", "0.9", "newest")
		    TUPLE("b", "open", "0.2", "desk")),
		DOC(TUPLE("a", "open", "1", "older")),
		DOC(TUPLE("c", "open", "0.7", "car")),
	};
	const struct presence_state *s;

	(void)state;
	s = compose(c, WHO, body, 3, true);
	assert_int_equal(s->count, 3);
	assert_true(view_eqs(s->place[0].note, "car"));
	assert_true(view_eqs(s->place[1].note, "desk"));
	assert_true(view_eqs(s->place[2].note, "newest"));
	assert_int_equal(s->place[2].show, SHOW_OFFLINE);
	assert_int_equal(presence_best(s), SHOW_ONLINE);
}

static void what_is_no_document_says_nothing(void **state)
{
	const struct view body[] = { VIEW("no XML"),
				     DOC(TUPLE("a", "open", "0", "x")) };
	const struct presence_state *s;

	(void)state;
	s = compose(c, WHO, body, 2, false);
	assert_int_equal(s->count, 1);
	assert_true(view_eqs(s->place[0].id, "a"));
}

static void more_than_there_are_places(void **state)
{
	struct view body[10];
	struct buf b[10] = { 0 };
	const struct presence_state *s;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < 10; i++) {
		buf_adds(&b[i], "<presence xmlns='urn:ietf:params:xml:ns:"
				"pidf'>");
		for (k = 0; k < 5; k++)
			buf_addf(&b[i], "<tuple id='t%zu-%d'><status><basic>"
					"open</basic></status><note>%01000d"
					"</note></tuple>", i, k, k);
		buf_adds(&b[i], "</presence>");
		body[i] = buf_view(&b[i]);
	}
	s = compose(c, WHO, body, 10, false);
	assert_int_equal(s->count, PRESENCE_PLACES_MAX);
	for (i = 0; i < s->count; i++)
		assert_int_equal(s->place[i].note.n, 1000);
	assert_true(view_eqs(s->place[0].id, "t0-0"));
	for (i = 0; i < 10; i++)
		buf_free(&b[i]);
}

static void the_last_one_is_remembered(void **state)
{
	(void)state;
	assert_false(composed_is(c, VIEW_NONE));
	assert_false(composed_is(c, WHO));
	(void)compose(c, WHO, NULL, 0, true);
	assert_true(composed_is(c, WHO));
	assert_false(composed_is(c, VIEW("sip:bob@confab.example")));
	assert_int_equal(composed_state(c)->count, 1);
	composed_forget(c);
	assert_false(composed_is(c, WHO));
}

#define COMPOSE_TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COMPOSE_TEST(nobody_said_anything),
		COMPOSE_TEST(devices_are_put_together),
		COMPOSE_TEST(what_is_no_document_says_nothing),
		COMPOSE_TEST(more_than_there_are_places),
		COMPOSE_TEST(the_last_one_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
