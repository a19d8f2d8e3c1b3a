/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of others, and texts that only they may see. */
#include <errno.h>

#include "test.h"

#include "imc_rig.h"

#define MGR  "sip:chat-manager@confab.example"
#define ROOM "sip:lobby@confab.example"

static struct rig rig;
static struct user alice, bob;

/* What the command was given. */
static struct heard {
	char line[256], secret[256];
	bool at_manager, is_private;
	unsigned runs, secrets;
	struct ask *kept; /* ref: to be answered later */
} heard;

static void on_run(struct ask *a, struct view line, void *arg)
{
	struct heard *h = arg;

	h->runs++;
	h->is_private = imc_ask_is_private(a);
	assert_int_equal(view_copy(h->line, sizeof(h->line), line), 0);
	assert_true(view_eqs(imc_ask_user(a)->text,
			     "sip:alice@confab.example"));
	if (view_eqs(line, "later"))
		h->kept = mem_ref(a);
	else
		imc_ask_answer(a, 200, VIEW("*** done"));
}

static bool is_secret(struct view text, void *arg)
{
	(void)arg;
	return view_starts(text, VIEW("secret-"));
}

static void on_secret(struct ask *a, struct view text, bool at_manager,
		      void *arg)
{
	struct heard *h = arg;

	h->secrets++;
	h->at_manager = at_manager;
	assert_int_equal(view_copy(h->secret, sizeof(h->secret), text), 0);
	imc_ask_answer(a, at_manager ? 200 : 403,
		       at_manager ? VIEW("*** taken") : VIEW("*** not here"));
}

static struct imc_command extra = {
	.name = "extra",
	.usage = "[x]",
	.help = "more",
	.run = on_run,
	.is_secret = is_secret,
	.secreth = on_secret,
	.arg = &heard,
};

static void start(void)
{
	heard = (struct heard){ .runs = 0 };
	rig_start(&rig, NULL);
	assert_int_equal(imc_add_command(rig.imc, &extra), 0);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &bob, "sip:bob@confab.example");
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#create"), 200);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#join"), 200);
	RIG_AWAIT(&rig, got_text(&alice, ROOM,
				 "*** [bob] has joined the room"));
}

static void it_runs_at_the_managers(void **state)
{
	(void)state;
	start();
	assert_int_equal(user_ask(&rig, &alice, MGR, "# EXTRA  one two."),
			 200);
	assert_string_equal(heard.line, "one two");
	assert_true(heard.is_private); /* by UDP, but from this host */
	RIG_AWAIT(&rig, got_text(&alice, MGR, "*** done"));
	assert_int_equal(user_ask(&rig, &alice, MGR, "#extra"), 200);
	assert_string_equal(heard.line, "");
	rig_stop(&rig);
}

static void it_is_refused_elsewhere(void **state)
{
	(void)state;
	start();
	assert_int_equal(user_ask(&rig, &alice, ROOM, "#extra one"), 403);
	assert_non_null(strstr(alice.reply, "-217"));
	RIG_AWAIT(&rig, got_text(&alice, ROOM,
				 "*** '#extra' is for the manager alone: "
				 "send it to chat-manager@confab.example"));
	assert_int_equal(user_ask(&rig, &alice, "sip:none@confab.example",
				  "#extra one"), 404);
	assert_int_equal(heard.runs, 0);
	rig_stop(&rig);
}

static void it_may_answer_later(void **state)
{
	(void)state;
	start();
	user_send(&rig, &alice, MGR, "#extra later");
	RIG_AWAIT(&rig, heard.kept != NULL);
	rig_settle(&rig);
	assert_int_equal(alice.status, 0);
	imc_ask_answer(heard.kept, 404, VIEW("*** no such thing"));
	mem_deref(heard.kept);
	RIG_AWAIT(&rig, alice.status == 404);
	RIG_AWAIT(&rig, got_text(&alice, MGR, "*** no such thing"));
	rig_stop(&rig);
}

static void help_knows_it(void **state)
{
	(void)state;
	start();
	assert_int_equal(user_ask(&rig, &alice, MGR, "#help"), 200);
	RIG_AWAIT(&rig, strstr(got_last(&alice), "#extra [x] - more\r\n"));
	rig_stop(&rig);
}

/* In a room, to a person, to nobody: it goes to its command alone. */
static void a_secret_is_shown_to_nobody(void **state)
{
	static const char *const places[] = {
		ROOM, "sip:bob@confab.example", "sip:none@confab.example",
	};
	size_t before;

	(void)state;
	start();
	before = bob.count;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(user_ask(&rig, &alice, places[i],
					  "secret-1 x"), 403);
		assert_int_equal(heard.secrets, i + 1);
		assert_false(heard.at_manager);
		assert_string_equal(heard.secret, "secret-1 x");
		RIG_AWAIT(&rig, got_text(&alice, MGR, "*** not here"));
	}
	assert_int_equal(user_ask(&rig, &alice, MGR, "secret-2 y"), 200);
	assert_true(heard.at_manager);
	RIG_AWAIT(&rig, got_text(&alice, MGR, "*** taken"));
	assert_int_equal(user_ask(&rig, &alice, ROOM, "no secret-3"), 202);
	RIG_AWAIT(&rig, got_text(&bob, ROOM, "[alice]: no secret-3"));
	assert_int_equal(bob.count, before + 1);
	/* and later comers are told nothing of it */
	rig_settle(&rig);
	assert_int_equal(user_ask(&rig, &bob, ROOM, "#history"), 200);
	RIG_AWAIT(&rig, bob.count > before + 1);
	rig_settle(&rig);
	for (size_t i = 0; i < bob.count; i++)
		assert_null(strstr(bob.got[i].text, "secret-1"));
	rig_stop(&rig);
}

static void names_are_unique_and_few(void **state)
{
	static struct imc_command more[IMC_COMMANDS_MAX];
	static char names[IMC_COMMANDS_MAX][8];
	int err = 0;

	(void)state;
	start();
	assert_int_equal(imc_add_command(rig.imc, &extra), EEXIST);
	for (size_t i = 0; i < IMC_COMMANDS_MAX && !err; i++) {
		snprintf(names[i], sizeof(names[i]), "x%zu", i);
		more[i] = extra;
		more[i].name = names[i];
		err = imc_add_command(rig.imc, &more[i]);
	}
	assert_int_equal(err, ENOSPC);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_runs_at_the_managers),
		TEST(it_is_refused_elsewhere),
		TEST(it_may_answer_later),
		TEST(help_knows_it),
		TEST(a_secret_is_shown_to_nobody),
		TEST(names_are_unique_and_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
