/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of presence: questions, answers, and what outlives a restart. */
#include "consent.h"
#include "hub_rig.h"

static struct addr *alice, *bob, *manager;
static char heard[256]; /* what the listener was told last */
static size_t heard_count, asked_count;

static struct addr *addr_of(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static void on_change(struct addr *user, struct addr *other,
		      enum consent now, void *arg)
{
	(void)arg;
	if (now == CONSENT_ASKED) {
		asked_count++;
		return;
	}
	heard_count++;
	snprintf(heard, sizeof(heard), "%s %s %d", user->text.p,
		 other->text.p, now);
}

static const struct consent_listener listener = { .network = "xmpp",
						  .h = on_change,
						  .arg = heard };

static void open_hub(void)
{
	rig_start();
	heard_count = asked_count = 0;
	heard[0] = '\0';
	alice = rig_addr("alice");
	manager = rig_addr("chat-manager");
	bob = addr_of("xmpp:bob@x.example");
	consent_listen(rig.hub, &listener);
}

static void close_hub(void)
{
	alice = mem_deref(alice);
	bob = mem_deref(bob);
	manager = mem_deref(manager);
	rig_stop();
}

static int ask(struct addr *other)
{
	int err = consent_ask(rig.hub, alice, other, manager);

	rig_settle();
	return err;
}

static void assert_says(const char *line, int status, const char *answer)
{
	enum consent_verb verb;
	struct buf words = { 0 };
	struct view arg;

	assert_true(consent_parse(view_str(line), &verb, &arg));
	assert_int_equal(consent_do(rig.hub, alice, verb, arg, &words),
			 status);
	assert_string_equal(buf_str(&words), answer);
	buf_free(&words);
	rig_settle();
}

static void a_network_says_what_its_rules_are_of(void **state)
{
	static const struct consent_words words = {
		"wants to write to you", "may write to you",
		"may not write to you", " to write",
	};
	const struct consent_listener l = { .network = "irc",
					    .h = on_change,
					    .words = &words };
	struct addr *eve;

	(void)state;
	open_hub();
	consent_listen(rig.hub, &l);
	eve = addr_of("irc:libera/eve");
	assert_int_equal(consent_ask_as(rig.hub, alice, eve, manager,
					VIEW("eve (e@h)")),
			 0);
	rig_settle();
	assert_string_equal(rig.sip.sent[0].text,
			    "*** eve (e@h) wants to write to you. "
			    "Answer /allow 1 or /deny 1");
	assert_says("/allow 1", 200, "*** libera/eve may write to you");
	assert_says("/watchers", 200,
		    "*** Who may see your presence:\r\n"
		    "1 libera/eve (allowed to write)");
	assert_says("/deny libera/eve", 200,
		    "*** libera/eve may not write to you");
	assert_int_equal(consent_of(rig.hub, alice, eve), CONSENT_DENIED);
	mem_deref(eve);
	close_hub();
}

static void he_is_asked_once(void **state)
{
	(void)state;
	open_hub();
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_NONE);
	assert_int_equal(ask(bob), 0);
	assert_int_equal(ask(bob), 0);
	assert_int_equal(rig.sip.count, 1);
	assert_string_equal(rig.sip.sent[0].text,
			    "*** bob@x.example wants to see your presence. "
			    "Answer /allow 1 or /deny 1");
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_ASKED);
	assert_int_equal(asked_count, 1);
	assert_int_equal(heard_count, 0);
	rig_deliver_all();
	close_hub();
}

static void he_answers(void **state)
{
	(void)state;
	open_hub();
	ask(bob);
	assert_says("/allow 1", 200,
		    "*** bob@x.example may see your presence");
	assert_string_equal(heard, "sip:alice@confab.example "
				   "xmpp:bob@x.example 2");
	assert_int_equal(ask(bob), EALREADY);
	/* and thinks better of it */
	assert_says(" /Deny bob@x.example ", 200,
		    "*** bob@x.example may not see your presence");
	assert_int_equal(heard_count, 2);
	assert_says("/deny 1", 200,
		    "*** bob@x.example may not see your presence");
	assert_int_equal(heard_count, 2);
	assert_int_equal(ask(bob), EACCES);
	assert_int_equal(rig.sip.count, 1);
	rig_deliver_all();
	close_hub();
}

/* He means the question that he has read, not the next one. */
static void a_number_is_for_one_question(void **state)
{
	struct addr *eve = addr_of("xmpp:eve@x.example");

	(void)state;
	open_hub();
	ask(bob);
	assert_int_equal(consent_set(rig.hub, alice, bob, CONSENT_NONE), 0);
	ask(eve);
	assert_says("/allow 1", 404, "*** Question 1 is not open any more");
	assert_int_equal(consent_of(rig.hub, alice, eve), CONSENT_ASKED);
	consent_forget(rig.hub, alice);
	ask(eve);
	assert_says("/allow 2", 404, "*** Question 2 is not open any more");
	assert_says("/allow 4", 404, "*** There is no such question");
	assert_says("/allow 3", 200,
		    "*** eve@x.example may see your presence");
	mem_deref(eve);
	rig_deliver_all();
	close_hub();
}

static void restart(void)
{
	rig_deliver_all();
	rig_restart();
	consent_listen(rig.hub, &listener);
}

/* Nobody is let in by what was meant for another, whatever was in between. */
static void nor_after_a_restart(void **state)
{
	struct addr *eve = addr_of("xmpp:eve@x.example");

	(void)state;
	open_hub();
	ask(eve);
	ask(bob);
	assert_int_equal(consent_set(rig.hub, alice, bob, CONSENT_NONE), 0);
	restart();
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_NONE);
	assert_says("/allow 2", 404, "*** Question 2 is not open any more");
	assert_int_equal(consent_set(rig.hub, alice, eve, CONSENT_NONE), 0);
	restart();
	ask(eve);
	assert_says("/allow 1", 404, "*** Question 1 is not open any more");
	assert_says("/allow 2", 404, "*** Question 2 is not open any more");
	assert_says("/allow 3", 200,
		    "*** eve@x.example may see your presence");
	restart();
	/* the row of one who comes again keeps the number */
	assert_int_equal(consent_set(rig.hub, alice, eve, CONSENT_NONE), 0);
	restart();
	assert_int_equal(consent_set(rig.hub, alice, eve, CONSENT_ALLOWED), 0);
	restart();
	assert_int_equal(consent_of(rig.hub, alice, eve), CONSENT_ALLOWED);
	ask(bob);
	assert_says("/allow 4", 200,
		    "*** bob@x.example may see your presence");
	mem_deref(eve);
	restart();
	close_hub();
}

/* bob@x.example may be two. */
static void which_network_is_asked(void **state)
{
	static const struct consent_listener sip = { .network = "sip",
						     .h = on_change,
						     .arg = heard };
	struct addr *other = addr_of("sip:bob@x.example");

	(void)state;
	open_hub();
	consent_listen(rig.hub, &sip);
	assert_says("/allow bob@x.example", 400, "*** Which one? Say "
		    "xmpp:bob@x.example or sip:bob@x.example");
	assert_int_equal(consent_of(rig.hub, alice, other), CONSENT_NONE);
	/* one of ours can be of one only */
	assert_says("/allow bob@confab.example", 200,
		    "*** bob@confab.example may see your presence");
	assert_string_equal(heard, "sip:alice@confab.example "
				   "sip:bob@confab.example 2");
	/* one has asked: he is meant */
	ask(bob);
	assert_says("/allow bob@x.example", 200,
		    "*** bob@x.example may see your presence");
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_ALLOWED);
	ask(other);
	assert_says("/deny bob@x.example", 400, "*** Which one? Say "
		    "xmpp:bob@x.example or sip:bob@x.example");
	assert_says("/deny sip:bob@x.example", 200,
		    "*** bob@x.example may not see your presence");
	assert_int_equal(consent_of(rig.hub, alice, other), CONSENT_DENIED);
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_ALLOWED);
	mem_deref(other);
	rig_deliver_all();
	close_hub();
}

static void names_on_xmpp_have_no_case(void **state)
{
	(void)state;
	open_hub();
	assert_says("/deny XMPP:Bob@X.example", 200,
		    "*** bob@x.example may not see your presence");
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_DENIED);
	assert_int_equal(ask(bob), EACCES);
	close_hub();
}

static void words_that_make_no_sense(void **state)
{
	enum consent_verb verb;
	struct view arg;

	(void)state;
	open_hub();
	assert_false(consent_parse(VIEW("allow 1"), &verb, &arg));
	assert_false(consent_parse(VIEW("/allowed 1"), &verb, &arg));
	assert_false(consent_parse(VIEW(""), &verb, &arg));
	assert_says("/allow 7", 404, "*** There is no such question");
	assert_says("/allow 0", 404, "*** There is no such question");
	assert_says("/deny a b@c", 404, "*** There is no such question");
	assert_says("/deny @c", 404, "*** There is no such question");
	assert_says("/deny", 400, "*** Who? Say the number of the question, "
				  "or an address");
	assert_says("/watchers", 200,
		    "*** Nobody has asked to see your presence");
	assert_says("/allow xmpp:bob@x.example", 200,
		    "*** bob@x.example may see your presence");
	assert_says("/watchers", 200,
		    "*** Who may see your presence:\r\n"
		    "bob@x.example (allowed)");
	close_hub();
}

static void rules_outlive_a_restart(void **state)
{
	struct addr *carol = addr_of("sip:carol@other.example");

	(void)state;
	open_hub();
	ask(bob);
	ask(carol);
	assert_says("/deny 2", 200,
		    "*** carol@other.example may not see your presence");
	assert_int_equal(heard_count, 0); /* not of its network */
	rig_deliver_all();
	rig_restart();
	consent_listen(rig.hub, &listener);
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_ASKED);
	assert_int_equal(consent_of(rig.hub, alice, carol), CONSENT_DENIED);
	assert_says("/allow 1", 200,
		    "*** bob@x.example may see your presence");
	assert_int_equal(consent_set(rig.hub, alice, carol, CONSENT_NONE), 0);
	rig_restart();
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_ALLOWED);
	assert_int_equal(consent_of(rig.hub, alice, carol), CONSENT_NONE);
	mem_deref(carol);
	close_hub();
}

static struct addr *numbered(int n)
{
	char text[64];

	snprintf(text, sizeof(text), "xmpp:u%d@x.example", n);
	return addr_of(text);
}

static void too_many_questions(void **state)
{
	struct addr *other;
	int i;

	(void)state;
	open_hub();
	for (i = 0; i < CONSENT_ASKED_MAX; i++) {
		other = numbered(i);
		assert_int_equal(ask(other), 0);
		mem_deref(other);
	}
	assert_int_equal(ask(bob), EBUSY);
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_NONE);
	clock_advance(UINT64_C(8) * 24 * 3600 * 1000);
	assert_int_equal(ask(bob), 0);
	assert_string_equal(heard, "sip:alice@confab.example "
				   "xmpp:u0@x.example 0");
	rig_deliver_all();
	close_hub();
}

static void one_who_is_nobody_any_more(void **state)
{
	(void)state;
	open_hub();
	ask(bob);
	consent_set(rig.hub, alice, manager, CONSENT_ALLOWED);
	consent_set(rig.hub, manager, bob, CONSENT_ALLOWED);
	consent_forget(rig.hub, alice);
	consent_forget(rig.hub, alice);
	assert_int_equal(heard_count, 2);
	rig_deliver_all();
	rig_restart();
	assert_int_equal(consent_of(rig.hub, alice, bob), CONSENT_NONE);
	assert_int_equal(consent_of(rig.hub, alice, manager), CONSENT_NONE);
	assert_int_equal(consent_of(rig.hub, manager, bob), CONSENT_ALLOWED);
	close_hub();
}

static void count_one(struct addr *other, void *arg)
{
	assert_true(addr_is(other, "xmpp"));
	++*(size_t *)arg;
}

static void all_of_them(void **state)
{
	struct addr *user = NULL, *other;
	size_t n = 0, pos = 0, users = 0;
	int i;

	(void)state;
	open_hub();
	for (i = 0; i < 50; i++) {
		other = numbered(i);
		consent_set(rig.hub, alice, other,
			    i % 2 ? CONSENT_ALLOWED : CONSENT_DENIED);
		mem_deref(other);
	}
	consent_set(rig.hub, manager, bob, CONSENT_ALLOWED);
	assert_int_equal(consent_each(rig.hub, alice, "xmpp", CONSENT_ALLOWED,
				      count_one, &n), 25);
	assert_int_equal(n, 25);
	assert_int_equal(consent_each(rig.hub, alice, "sip", CONSENT_ALLOWED,
				      NULL, NULL), 0);
	while ((user = consent_users(rig.hub, &pos, user)))
		users++;
	assert_int_equal(users, 2);
	rig_settle();
	consent_unlisten(rig.hub, heard);
	heard_count = 0;
	consent_set(rig.hub, manager, bob, CONSENT_NONE);
	assert_int_equal(heard_count, 0);
	rig_settle();
	close_hub();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_network_says_what_its_rules_are_of),
		RIG_TEST(he_is_asked_once),
		RIG_TEST(he_answers),
		RIG_TEST(a_number_is_for_one_question),
		RIG_TEST(nor_after_a_restart),
		RIG_TEST(which_network_is_asked),
		RIG_TEST(names_on_xmpp_have_no_case),
		RIG_TEST(words_that_make_no_sense),
		RIG_TEST(rules_outlive_a_restart),
		RIG_TEST(too_many_questions),
		RIG_TEST(all_of_them),
		RIG_TEST(one_who_is_nobody_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
