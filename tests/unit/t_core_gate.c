/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the hub does for gateways: words to and from their addresses. */
#include "gateway.h"
#include "hub_rig.h"

enum { SETTLED_MAX = 600, TIDY_MS = 10 * 60 * 1000 + 100 };
static const uint64_t week_ms = UINT64_C(7) * 24 * 3600 * 1000;

struct settled {
	char from[64], to[64], text[32];
	enum gate_fate fate;
	int status;
};

static struct {
	struct fake xmpp;
	struct settled settled[SETTLED_MAX];
	size_t count;
} gate;

static bool op_has(void *gw, struct view user, struct view host)
{
	assert_ptr_equal(gw, &gate);
	return !view_empty(user) && view_eqs(host, "gw.example");
}

static void op_settled(void *gw, struct addr *to, const struct msg *m,
		       enum gate_fate fate, int status)
{
	struct settled *s = &gate.settled[gate.count++];

	assert_ptr_equal(gw, &gate);
	assert_true(gate.count < SETTLED_MAX);
	view_copy(s->from, sizeof(s->from), m->from->text);
	view_copy(s->to, sizeof(s->to), to->text);
	view_copy(s->text, sizeof(s->text), m->text);
	s->fate = fate;
	s->status = status;
}

static const struct gateway_ops gateway_ops = {
	.name = "xmpp",
	.has = op_has,
	.settled = op_settled,
};

static const struct face_ops xmpp_ops = {
	.scheme = "xmpp",
	.caps = FACE_MEMBERS,
	.start = fake_start,
	.stop = fake_stop,
	.fanout = fake_fanout,
	.tell = fake_tell,
};

static void add_gateway(void)
{
	assert_int_equal(hub_add_face(rig.hub, &xmpp_ops, &gate.xmpp), 0);
	assert_int_equal(hub_add_gateway(rig.hub, &gateway_ops, &gate), 0);
}

static void start(void)
{
	memset(&gate, 0, sizeof(gate));
	rig.openh = add_gateway;
	rig_start();
}

static void restart(void)
{
	fake_clear(&gate.xmpp);
	rig_restart();
}

static struct addr *addr_of(const char *text)
{
	struct addr *a;

	if (!strchr(text, ':'))
		return rig_addr(text);
	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static int try_direct(const char *from, const char *to, const char *text,
		      const char *meta)
{
	struct hub_say say = { .kind = MSG_TEXT,
			       .text = view_str(text),
			       .meta = view_str(meta) };
	struct addr *addr = addr_of(to);
	int err;

	say.from = addr_of(from);
	err = hub_direct(rig.hub, addr, &say, rig_done, NULL);
	mem_deref(say.from);
	mem_deref(addr);
	return err;
}

static void direct(const char *from, const char *to, const char *text,
		   const char *meta)
{
	size_t before = rig.done;

	assert_int_equal(try_direct(from, to, text, meta), 0);
	assert_int_equal(rig_answer(before), 0);
	rig_settle();
}

static void say(const char *from, const char *to, const char *text)
{
	direct(from, to, text, NULL);
}

/* What is under way to the devices is answered with this. */
static void answer_all(struct fake *f, int status, bool again)
{
	struct hub_answer a = { .status = status, .again = again,
				.text = VIEW("so it is") };
	size_t n = f->count;

	for (size_t i = 0; i < n; i++) {
		if (f->sent[i].answered)
			continue;
		f->sent[i].answered = true;
		a.member = f->sent[i].to;
		a.seq = f->sent[i].seq;
		hub_on_member_answered(rig.hub, &a);
	}
	rig_settle();
}

static void answer_one(const char *text, int status, bool again)
{
	struct hub_answer a = { .status = status, .again = again };

	for (size_t i = 0; i < rig.sip.count; i++) {
		struct sent *s = &rig.sip.sent[i];

		if (s->answered || strcmp(s->text, text))
			continue;
		s->answered = true;
		a.member = s->to;
		a.seq = s->seq;
		hub_on_member_answered(rig.hub, &a);
		rig_settle();
		return;
	}
	fail();
}

static void awake(const char *user)
{
	struct addr *a = addr_of(user);

	hub_member_awake(rig.hub, a);
	mem_deref(a);
	rig_settle();
}

static const struct settled *settled_of(const char *text)
{
	const struct settled *found = NULL;

	for (size_t i = 0; i < gate.count; i++)
		if (!strcmp(gate.settled[i].text, text)) {
			assert_null(found); /* once */
			found = &gate.settled[i];
		}
	return found;
}

static void assert_settled(const char *text, enum gate_fate fate, int status)
{
	const struct settled *s = settled_of(text);

	assert_non_null(s);
	assert_int_equal(s->fate, fate);
	assert_int_equal(s->status, status);
}

static size_t got(const struct fake *f, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += !strcmp(f->sent[i].text, text);
	return n;
}

#define CAROL "sip:carol*x.org@gw.example"
#define TALK  "xmpp:carol@x.org/alice@confab.example"

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
	struct hub_say say = { .text = VIEW("x") };
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

/* ---- what became of it ---- */

static void a_gateway_hears_what_was_taken(void **state)
{
	(void)state;
	start();
	say(CAROL, "bob", "one");
	say("alice", "bob", "two");
	assert_int_equal(gate.count, 0);
	answer_all(&rig.sip, 202, false);
	assert_int_equal(gate.count, 1);
	assert_settled("one", GATE_DELIVERED, 202);
	assert_string_equal(gate.settled[0].from, CAROL);
	assert_string_equal(gate.settled[0].to, "sip:bob@confab.example");
	/* an answer that comes twice */
	rig.sip.sent[0].answered = false;
	answer_one("one", 200, false);
	assert_int_equal(gate.count, 1);
	rig_stop();
}

static void a_gateway_hears_of_each_refusal(void **state)
{
	(void)state;
	start();
	say(CAROL, "bob", "one");
	say(CAROL, "bob", "two");
	say("alice", "bob", "three");
	answer_all(&rig.sip, 415, false);
	assert_int_equal(gate.count, 2);
	assert_settled("one", GATE_REFUSED, 415);
	assert_settled("two", GATE_REFUSED, 415);
	/* and a user as ever, but nobody at the gateway's address */
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	rig_stop();
}

static void what_waits_is_not_settled(void **state)
{
	(void)state;
	start();
	say(CAROL, "bob", "one");
	answer_all(&rig.sip, 480, true);
	restart();
	answer_all(&rig.sip, 480, true);
	assert_int_equal(gate.count, 0);
	awake("bob");
	answer_all(&rig.sip, 200, false);
	assert_settled("one", GATE_DELIVERED, 200);
	rig_stop();
}

static void a_gateway_hears_once_what_expired(void **state)
{
	(void)state;
	start();
	say(CAROL, "bob", "one");
	say(CAROL, "bob", "two");
	rig_advance(week_ms - TIDY_MS + 1000);
	say(CAROL, "bob", "young");
	for (int i = 0; i < 5; i++) { /* he is tried once an hour only */
		answer_all(&rig.sip, 480, true);
		awake("bob");
	}
	answer_all(&rig.sip, 480, true);
	fake_clear(&rig.sip);
	clock_advance(TIDY_MS);
	loop_turn(rig.loop, 0); /* the journal is being read, when */
	awake("bob");           /* he comes back */
	answer_all(&rig.sip, 480, true);
	rig_advance(TIDY_MS);
	assert_settled("one", GATE_EXPIRED, 480);
	assert_settled("two", GATE_EXPIRED, 480);
	assert_null(settled_of("young"));
	assert_int_equal(got(&rig.sip, "one"), 0);
	awake("bob");
	answer_all(&rig.sip, 200, false);
	assert_settled("young", GATE_DELIVERED, 200);
	assert_int_equal(gate.count, 3);
	rig_stop();
}

/* What is under way is decided by its answer. */
static void the_answer_comes_after_the_end(void **state)
{
	(void)state;
	start();
	say(CAROL, "bob", "one");
	say(CAROL, "bob", "two");
	answer_one("one", 480, true);
	answer_one("two", 480, true);
	awake("bob");
	assert_int_equal(got(&rig.sip, "one"), 2);
	clock_advance(week_ms + TIDY_MS);
	rig_advance(TIDY_MS);
	assert_int_equal(gate.count, 0);
	answer_one("one", 200, false);
	assert_settled("one", GATE_DELIVERED, 200);
	rig_advance(TIDY_MS);
	assert_settled("two", GATE_EXPIRED, 480);
	rig_advance(TIDY_MS);
	assert_int_equal(gate.count, 2);
	rig_stop();
}

static void what_is_cut_is_told_but_not_what_was_taken(void **state)
{
	char text[16], from[64];

	(void)state;
	rig.wait_msgs = 20;
	start();
	say(CAROL, "bob", "m0");
	say(CAROL, "bob", "m1");
	answer_one("m1", 200, false);
	answer_one("m0", 480, true);
	for (int i = 2; i < 30; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		snprintf(from, sizeof(from), "u%d", i);
		say(from, "bob", text);
	}
	fake_clear(&rig.sip);
	rig_advance(2000);
	rig_settle();
	assert_settled("m0", GATE_EXPIRED, 480);
	assert_settled("m1", GATE_DELIVERED, 200);
	awake("bob");
	rig_deliver_all();
	rig_settle();
	assert_int_equal(gate.count, 2);
	assert_int_equal(got(&rig.sip, "m1"), 0);
	assert_int_equal(got(&rig.sip, "m29"), 1);
	rig_stop();
}

/* Its answer comes when it is not in memory any more. */
static void a_text_that_has_to_be_read(void **state)
{
	char text[16], from[64];

	(void)state;
	start();
	say(CAROL, "bob", "old");
	for (int i = 0; i < ROOM_RECENT; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		snprintf(from, sizeof(from), "u%d", i);
		say(from, "bob", text);
	}
	answer_one("old", 200, false);
	assert_settled("old", GATE_DELIVERED, 200);
	rig_deliver_all();
	rig_stop();
}

/* ---- conversations ---- */

static void a_conversation_is_an_inbox(void **state)
{
	(void)state;
	start();
	direct("alice", TALK, "one", "id=7\n");
	assert_int_equal(got(&gate.xmpp, "one"), 1);
	assert_string_equal(gate.xmpp.sent[0].meta, "id=7\n");
	assert_int_equal(rig.sip.count, 0);
	restart();
	assert_int_equal(got(&gate.xmpp, "one"), 1);
	answer_all(&gate.xmpp, 200, false);
	restart();
	assert_int_equal(got(&gate.xmpp, "one"), 0);
	/* the gateway says itself what became of it */
	say("alice", TALK, "two");
	answer_all(&gate.xmpp, 404, false);
	assert_int_equal(rig.told, 0);
	assert_int_equal(gate.count, 0);
	rig_stop();
}

static void what_the_hub_lets_go_the_gateway_hears(void **state)
{
	(void)state;
	start();
	say("alice", TALK, "one");
	answer_all(&gate.xmpp, 480, true);
	clock_advance(week_ms);
	rig_advance(TIDY_MS);
	assert_settled("one", GATE_EXPIRED, 480);
	assert_string_equal(gate.settled[0].from, "sip:alice@confab.example");
	assert_string_equal(gate.settled[0].to, TALK);
	/* and he who comes back is not told how much he missed */
	say("alice", TALK, "two");
	answer_all(&gate.xmpp, 200, false);
	assert_int_equal(rig.told, 0);
	assert_int_equal(gate.count, 1);
	rig_stop();
}

/* ---- parts ---- */

static int flood(const char *from, int count)
{
	size_t before = rig.done;
	int err, taken = 0;

	for (int i = 0; i < count; i++) {
		err = try_direct(from, "bob", "x", NULL);
		if (err)
			assert_int_equal(err, EDQUOT);
		else
			taken++;
	}
	AWAIT(rig.done == before + (size_t)taken);
	rig_settle();
	return taken;
}

static void each_address_has_its_part(void **state)
{
	char from[64];
	int taken = 0;

	(void)state;
	rig.wait_msgs = 200;
	start();
	assert_int_equal(flood(CAROL, 30), 20);
	assert_int_equal(flood("sip:dan*x.org@gw.example", 30), 20);
	/* and together they leave some to others */
	for (int i = 0; i < 20; i++) {
		snprintf(from, sizeof(from), "sip:n%d*x.org@gw.example", i);
		taken += flood(from, 20);
	}
	assert_int_equal(taken, 60);
	assert_int_equal(flood("alice", 30), 20);
	assert_int_equal(flood("sip:x@far.example", 30), 30);
	for (int i = 0; i < 40; i++)
		rig_deliver_all();
	rig_settle();
	rig_stop();
}

/* A domain there may have as many as it likes; one user does not. */
static void many_conversations(void **state)
{
	char to[64];
	int i, err = 0;

	(void)state;
	start();
	for (i = 0; i < 2000 && !err; i++) {
		snprintf(to, sizeof(to), "xmpp:u%d@x.org/alice@confab.example",
			 i);
		err = try_direct("alice", to, "x", NULL);
	}
	assert_int_equal(err, EBUSY);
	assert_int_equal(i, 1001);
	assert_int_equal(try_direct("alice", "xmpp:u7@x.org/"
				    "alice@confab.example", "y", NULL), 0);
	/* other domains are counted by themselves */
	assert_int_equal(try_direct("alice", "sip:x@far.example", "y", NULL),
			 0);
	assert_int_equal(try_direct("carol", "xmpp:u7@x.org/"
				    "carol@confab.example", "y", NULL), 0);
	AWAIT(rig.done == 1003);
	rig_settle();
	answer_all(&gate.xmpp, 200, false);
	answer_all(&gate.xmpp, 200, false);
	rig_advance(TIDY_MS);
	for (i = 0; i < 20; i++) {
		rig_settle();
		rig_advance(200);
	}
	assert_int_equal(try_direct("alice", to, "x", NULL), 0);
	AWAIT(rig.done == 1004);
	rig_settle();
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(meta_goes_with_it_over_a_restart),
		RIG_TEST(too_much_goes_with_it),
		RIG_TEST(a_gateway_hears_what_was_taken),
		RIG_TEST(a_gateway_hears_of_each_refusal),
		RIG_TEST(what_waits_is_not_settled),
		RIG_TEST(a_gateway_hears_once_what_expired),
		RIG_TEST(the_answer_comes_after_the_end),
		RIG_TEST(what_is_cut_is_told_but_not_what_was_taken),
		RIG_TEST(a_text_that_has_to_be_read),
		RIG_TEST(a_conversation_is_an_inbox),
		RIG_TEST(what_the_hub_lets_go_the_gateway_hears),
		RIG_TEST(each_address_has_its_part),
		RIG_TEST(many_conversations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
