/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session_stub.h"
#include "clock.h"
#include "xlink.h"

static struct loop *loop;
static struct xlink *x;
static struct buf told;

static void on_up(struct xlink *l, void *arg)
{
	(void)arg;
	buf_addf(&told, "up %.*s\n", VIEW_ARG(buf_view(&l->own)));
}

static void on_down(struct xlink *l, enum lost_why why, struct view text,
		    void *arg)
{
	(void)arg;
	buf_addf(&told, "down %d %.*s %s\n", (int)why, VIEW_ARG(text),
		 xlink_state_name(l->state));
}

static void on_stanza(struct xlink *l, const struct elem *e, void *arg)
{
	(void)l;
	(void)arg;
	buf_addf(&told, "in %.*s\n", VIEW_ARG(e->name));
}

static void on_answer(int err, const struct elem *e, void *arg)
{
	buf_addf(&told, "%s answer %d %s\n", (char *)arg, err,
		 e ? "with" : "none");
}

static void on_told(int err, struct view text, void *arg)
{
	buf_addf(&told, "%s told %d %.*s\n", (char *)arg, err,
		 VIEW_ARG(text));
}

static void assert_told(const char *words)
{
	assert_string_equal(buf_str(&told), words);
	buf_clear(&told);
}

static void open_link(enum xlink_kind kind)
{
	static const struct xlink_ops ops = { on_up, on_down, on_stanza };
	const struct xlink_conf conf = {
		.loop = loop,
		.kind = kind,
		.label = "a",
		.domain = "x.org",
		.ops = &ops,
	};

	assert_int_equal(xlink_new(&x, &conf), 0);
	assert_int_equal(xlink_open(x), 0);
	assert_int_equal(x->state, XLINK_CONNECTING);
}

static void open_up(void)
{
	open_link(XLINK_ACCOUNT);
	stub_up("a", "gw@x.org/r");
	assert_told("up gw@x.org/r\n");
	assert_int_equal(x->state, XLINK_ONLINE);
}

static int setup(void **state)
{
	int err = test_setup(state);

	clock_freeze(1000000, 1700000000000);
	err = err || loop_new(&loop);
	buf_init(&told, 0);
	stub_open();
	x = NULL;
	return err;
}

static int teardown(void **state)
{
	xlink_free(x);
	stub_close();
	buf_free(&told);
	loop_free(loop);
	clock_thaw();
	return test_teardown(state);
}

static void pass(uint64_t ms)
{
	clock_advance(ms);
	wheel_advance(loop_wheel(loop), now_ms());
}

static void it_comes_back_after_growing_pauses(void **state)
{
	(void)state;
	open_up();
	stub_lost("a", LOST_NET, "cut");
	assert_told("down 0 cut waiting\n");
	pass(1500);
	assert_int_equal(x->state, XLINK_BACKOFF);
	pass(1000);
	assert_int_equal(x->state, XLINK_CONNECTING);
	stub_lost("a", LOST_NET, "again");
	assert_told("down 0 again waiting\n");
	pass(3000);
	assert_int_equal(x->state, XLINK_BACKOFF);
	pass(2000);
	stub_up("a", "gw@x.org/r");
	pass(60000);
	stub_lost("a", LOST_NET, "cut");
	pass(2500);
	assert_int_equal(x->state, XLINK_CONNECTING);
}

static void a_refused_password_is_not_tried_again(void **state)
{
	(void)state;
	open_link(XLINK_ACCOUNT);
	stub_lost("a", LOST_AUTH, "wrong");
	assert_told("down 1 wrong refused\n");
	pass(50000);
	assert_int_equal(xlink_open(x), EAGAIN);
	assert_int_equal(x->state, XLINK_FAILED);
	pass(10000);
	assert_int_equal(xlink_open(x), 0);
	assert_int_equal(x->state, XLINK_CONNECTING);
}

static void a_components_is(void **state)
{
	(void)state;
	open_link(XLINK_COMPONENT);
	stub_lost("a", LOST_AUTH, "wrong");
	assert_told("down 1 wrong waiting\n");
}

static void full_workers_are_tried_again(void **state)
{
	(void)state;
	start_err = EBUSY;
	static const struct xlink_ops ops = { on_up, on_down, on_stanza };
	const struct xlink_conf conf = { .loop = loop, .label = "a",
					 .domain = "x.org", .ops = &ops };

	assert_int_equal(xlink_new(&x, &conf), 0);
	assert_int_equal(xlink_open(x), 0);
	assert_int_equal(x->state, XLINK_FULL);
	start_err = 0;
	pass(5010);
	assert_int_equal(x->state, XLINK_CONNECTING);
	xlink_close(x);
	assert_int_equal(x->state, XLINK_OFF);
}

static void ask(const char *to, char *who)
{
	struct buf q = { 0 };

	elem_leaf(&q, "ping", "urn:xmpp:ping", VIEW_NONE);
	assert_int_equal(xlink_ask(x, "get", VIEW_NONE, view_str(to), &q,
				   on_answer, who),
			 0);
	buf_free(&q);
}

/* An answer with the id of the request on the wire. */
static void answer(const char *type, const char *from)
{
	const char *id = strstr(buf_str(&wire), "id='");
	struct buf b = { 0 };

	assert_non_null(id);
	buf_addf(&b, "<iq type='%s' %s id='%.*s'/>", type, from,
		 (int)strcspn(id + 4, "'"), id + 4);
	stub_in("a", buf_str(&b));
	buf_free(&b);
}

static void only_who_was_asked_can_answer(void **state)
{
	(void)state;
	open_up();
	ask("room@c.org", "one");
	assert_true(wire_has("type='get' to='room@c.org' id='c"));
	assert_true(wire_has("><ping xmlns='urn:xmpp:ping'/></iq>\n"));
	answer("result", "from='evil@c.org'");
	answer("result", "to='gw@x.org'");
	assert_told("");
	answer("result", "from='room@c.org'");
	assert_told("one answer 0 with\n");
	answer("result", "from='room@c.org'");
	assert_told("");
}

static void the_own_server_answers_by_many_names(void **state)
{
	static const char *const from[] = { "to='gw@x.org'", "from='x.org'",
					    "from='gw@x.org'" };

	(void)state;
	open_up();
	for (size_t i = 0; i < 3; i++) {
		buf_clear(&wire);
		ask("x.org", "s");
		answer("error", "from='y.org'");
		assert_told("");
		answer("error", from[i]);
		assert_told("s answer 121 with\n");
	}
}

static void silence_and_loss_are_answers(void **state)
{
	(void)state;
	open_up();
	ask("a@b", "one");
	pass(20000);
	ask("a@b", "two");
	pass(11000);
	assert_told("one answer 110 none\n");
	stub_lost("a", LOST_NET, "cut");
	assert_told("two answer 107 none\ndown 0 cut waiting\n");
}

static void who_was_forgotten_hears_nothing(void **state)
{
	char one[] = "one", two[] = "two";
	struct buf b = { 0 };

	(void)state;
	open_up();
	ask("a@b", one);
	ask("a@b", two);
	stanza_open(&b, "message", VIEW("chat"), VIEW_NONE, VIEW("a@b"),
		    VIEW("i"));
	elem_close(&b);
	assert_int_equal(xlink_send_told(x, &b, on_told, one), 0);
	assert_int_equal(xlink_send_told(x, &b, on_told, two), 0);
	xlink_forget(x, one);
	stub_sent("a", 0, "");
	assert_told("two told 0 \n");
	assert_int_equal(xlink_send_told(x, &b, on_told, two), 0);
	stub_lost("a", LOST_NET, "cut");
	assert_told("two told 107 cut\ntwo answer 107 none\n"
		    "down 0 cut waiting\n");
	buf_free(&b);
}

static char *const pair[] = { "first", "second" };

/* Whoever hears of it first wants nobody else to. */
static void on_told_once(int err, struct view text, void *arg)
{
	on_told(err, text, arg);
	xlink_forget(x, pair[arg == pair[0]]);
}

static void a_loss_may_make_others_forget(void **state)
{
	struct buf b = { 0 };
	size_t first = 0;

	(void)state;
	open_up();
	stanza_open(&b, "message", VIEW_NONE, VIEW_NONE, VIEW("a@b.c"),
		    VIEW_NONE);
	elem_close(&b);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(xlink_send_told(x, &b, on_told_once,
						 pair[i]), 0);
	buf_free(&b);
	stub_lost("a", LOST_NET, "cut");
	first = view_starts(buf_view(&told), VIEW("second"));
	buf_addf(&b, "%s told 107 cut\ndown 0 cut waiting\n", pair[first]);
	assert_told(buf_str(&b));
	buf_free(&b);
}

static void stanzas_come_in(void **state)
{
	(void)state;
	open_up();
	stub_in("a", "<message from='a@b'/>");
	stub_in("a", "<iq type='get' id='c1'/>");
	stub_in("a", "<iq type='result' id='other'/>");
	stub_in("a", "<message xmlns='jabber:server'/>");
	assert_told("in message\nin iq\n");
}

static void an_error_goes_back_once(void **state)
{
	struct buf in = { 0 }, out = { 0 }, xml = { 0 };
	struct elem e;

	(void)state;
	xml_to_flat(&in, "<message from='a@b/c' to='d@e' id='7' "
			 "type='chat'><body>x</body></message>");
	elem_read(&e, buf_view(&in));
	assert_true(stanza_error(&out, &e, "cancel", "item-not-found",
				 VIEW("404 <Not Found>")));
	flat_to_xml(&xml, buf_view(&out));
	assert_string_equal(
		buf_str(&xml),
		"<message type='error' from='d@e' to='a@b/c' id='7'>"
		"<error type='cancel'><item-not-found "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"
		"404 &lt;Not Found></text></error></message>");
	buf_clear(&in);
	buf_clear(&xml);
	buf_addv(&in, buf_view(&out));
	elem_read(&e, buf_view(&in));
	buf_clear(&out);
	assert_false(stanza_error(&out, &e, "cancel", "gone", VIEW_NONE));
	assert_int_equal(out.n, 0);
	buf_free(&in);
	buf_free(&out);
	buf_free(&xml);
}

static void times_go_both_ways(void **state)
{
	char t[32];

	(void)state;
	assert_true(view_eqs(stanza_time(t, 1700000000123),
			     "2023-11-14T22:13:20.123Z"));
	assert_int_equal(stanza_time_parse(VIEW("2023-11-14T22:13:20.123Z")),
			 1700000000123);
	assert_int_equal(stanza_time_parse(VIEW("2023-11-14T23:13:20+01:00")),
			 1700000000000);
	assert_int_equal(stanza_time_parse(VIEW("2023-11-14T22:13:20")), 0);
	assert_int_equal(stanza_time_parse(VIEW("20231114T22:13:20")), 0);
	assert_int_equal(stanza_time_parse(VIEW_NONE), 0);
	assert_int_equal(stanza_time_parse(VIEW("9999-99-99T99:99:99Z")), 0);
}

static void ids_differ(void **state)
{
	char a[24], b[24];

	(void)state;
	assert_int_equal(stanza_id(a).n, 20);
	stanza_id(b);
	assert_string_not_equal(a, b);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_comes_back_after_growing_pauses),
		CASE(a_refused_password_is_not_tried_again),
		CASE(a_components_is),
		CASE(full_workers_are_tried_again),
		CASE(only_who_was_asked_can_answer),
		CASE(the_own_server_answers_by_many_names),
		CASE(silence_and_loss_are_answers),
		CASE(who_was_forgotten_hears_nothing),
		CASE(a_loss_may_make_others_forget),
		CASE(stanzas_come_in),
		CASE(an_error_goes_back_once),
		CASE(times_go_both_ways),
		CASE(ids_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
