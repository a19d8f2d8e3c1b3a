/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all gateways have: requests (texts, answer, commands) and rates. */
#include "gate_rates.h"
#include "gate_req.h"
#include "test.h"

enum { HERE = 1, THERE = 2 };

static const struct gate_verb verbs[] = {
	{ "join enter", ":join - go in", HERE },
	{ "join enter", ":join ROOM - go in there", THERE },
	{ "who", ":who - who is in", HERE },
};

static const struct gate_verb *nth(size_t i)
{
	return i < sizeof(verbs) / sizeof(verbs[0]) ? &verbs[i] : NULL;
}

struct heard {
	unsigned count, retry_after;
	int status;
	char words[200];
};

static void on_answer(const struct gate_answer *a, void *arg)
{
	struct heard *h = arg;

	h->count++;
	h->status = a->status;
	h->retry_after = a->retry_after;
	snprintf(h->words, sizeof(h->words), "%.*s", VIEW_ARG(a->words));
}

static struct addr *addr(const char *text)
{
	struct addr *a = NULL;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

/* A request whose texts all lie where they are overwritten. */
static void request(struct gate_req *q, struct view *own, struct heard *h)
{
	char text[] = "hello", name[] = "bob", key[] = "k1", id[] = "m-7";
	struct view *const list[] = { own, NULL };
	struct gate_msg m = {
		.kind = GATE_TEXT,
		.from = addr("sip:alice@x.org"),
		.to = addr("sip:bob@gw.org"),
		.text = view_str(text),
		.dedupe = view_str(key),
		.meta = { .id = view_str(id) },
		.time_ms = 17,
	};

	*h = (struct heard){ 0 };
	*own = view_str(name);
	gate_req_init(q, &m, list, on_answer, h);
	mem_deref(m.from);
	mem_deref(m.to);
	memset(text, '#', sizeof(text));
	memset(name, '#', sizeof(name));
	memset(key, '#', sizeof(key));
	memset(id, '#', sizeof(id));
}

static void it_outlives_what_it_was_made_of(void **state)
{
	struct gate_req q;
	struct heard h;
	struct view own;

	(void)state;
	request(&q, &own, &h);
	assert_true(view_eqs(q.text, "hello"));
	assert_true(view_eqs(q.dedupe, "k1"));
	assert_true(view_eqs(q.meta.id, "m-7"));
	assert_true(view_eqs(own, "bob"));
	assert_true(view_eqs(q.from->text, "sip:alice@x.org"));
	assert_true(view_eqs(q.to->text, "sip:bob@gw.org"));
	assert_int_equal(q.time_ms, 17);
	gate_req_free(&q);
	assert_int_equal(h.count, 0);
}

static void only_the_first_answer_counts(void **state)
{
	struct gate_req q;
	struct heard h;
	struct view own;

	(void)state;
	request(&q, &own, &h);
	gate_req_answer(&q, 480, 30, VIEW("later"));
	gate_req_answer(&q, 200, 0, VIEW("done"));
	gate_req_free(&q);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.status, 480);
	assert_int_equal(h.retry_after, 30);
	assert_string_equal(h.words, "later");
}

static void commands_are_told_from_talk(void **state)
{
	static const char *const talk[] = {
		"", ":", ":-)", ": join", ":1", "join", "a:join", "/join",
	};
	struct view name, rest;

	(void)state;
	for (size_t i = 0; i < sizeof(talk) / sizeof(talk[0]); i++)
		assert_false(gate_verb_parse(view_str(talk[i]), &name, &rest));
	assert_true(gate_verb_parse(VIEW(" :Join \t one  two \r\n"), &name,
				    &rest));
	assert_true(view_eqs(name, "Join"));
	assert_true(view_eqs(rest, "one  two"));
	assert_true(gate_verb_parse(VIEW(":who\nx"), &name, &rest));
	assert_true(view_eqs(name, "who"));
	assert_true(view_eqs(rest, "x"));
	assert_true(gate_verb_parse(VIEW(":q"), &name, &rest));
	assert_true(view_eqs(name, "q"));
	assert_int_equal(rest.n, 0);
}

static void each_address_has_its_own(void **state)
{
	bool known;

	(void)state;
	assert_ptr_equal(gate_verb_find(nth, HERE, VIEW("ENTER"), &known),
			 &verbs[0]);
	assert_true(known);
	assert_ptr_equal(gate_verb_find(nth, THERE, VIEW("join"), &known),
			 &verbs[1]);
	assert_null(gate_verb_find(nth, THERE, VIEW("who"), &known));
	assert_true(known);
	assert_null(gate_verb_find(nth, HERE, VIEW("joi"), &known));
	assert_false(known);
	assert_null(gate_verb_find(nth, HERE, VIEW("join enter"), &known));
	assert_false(known);
}

static void help_lists_what_is_here(void **state)
{
	struct buf b = { 0 };

	(void)state;
	gate_verb_help(&b, nth, HERE);
	assert_string_equal(buf_str(&b), ":join - go in\n:who - who is in");
	buf_clear(&b);
	gate_verb_help(&b, nth, 4);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void unknown(const char *name, bool known, struct heard *h)
{
	struct gate_req q;
	struct view own;

	request(&q, &own, h);
	gate_verb_unknown(&q, view_str(name), known);
	gate_req_free(&q);
	assert_int_equal(h->count, 1);
	assert_int_equal(h->status, 400);
}

static void what_is_unknown_is_said_and_cut(void **state)
{
	struct heard h;

	(void)state;
	unknown("who", true, &h);
	assert_string_equal(h.words, "ERROR: :who is not for this address; "
				     ":help lists what there is here.");
	unknown("abcdefghijklmnopqrstuvwxyzabcdefghijklmnop", false, &h);
	assert_string_equal(h.words, "ERROR: :abcdefghijklmnopqrstuvwxyzabcdef"
				     " is no command; :help lists what there "
				     "is here.");
}

static void each_has_a_rate_of_his_own(void **state)
{
	static const struct bucket_rate rate = { 1, 1000 * 1000, 2 };
	struct gate_rates *r = gate_rates_new(2);

	(void)state;
	assert_true(gate_rates_take(r, 2, &rate));
	assert_true(gate_rates_take(r, 2, &rate));
	assert_false(gate_rates_take(r, 2, &rate));
	assert_true(gate_rates_take(r, 3, &rate));
	assert_false(gate_rates_take(r, 2, &rate));
	/* the same place */
	assert_true(gate_rates_take(r, 4, &rate));
	assert_true(gate_rates_take(r, 2, &rate));
	gate_rates_free(r);
	gate_rates_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_outlives_what_it_was_made_of),
		TEST(only_the_first_answer_counts),
		TEST(commands_are_told_from_talk),
		TEST(each_address_has_its_own),
		TEST(help_lists_what_is_here),
		TEST(what_is_unknown_is_said_and_cut),
		TEST(each_has_a_rate_of_his_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
