/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rights: who may do what, every cell; and who may act on whom. */
#include "rights.h"
#include "test.h"

#define EACH_KIND(k) for (int k = 0; k < RIGHT_KINDS; k++)
#define EACH_ROLE(r) for (int r = 0; r < RIGHT_ROLES; r++)

static bool may(enum verb v, int kind, int role)
{
	return right_check(v, (enum right_kind)kind, (enum right_role)role) ==
	       REFUSED_NOT;
}

/* Least role that is let: verbs that need membership, in a room of people. */
static const struct {
	enum verb verb;
	enum right_role least;
} needs[] = {
	{ VERB_SAY, RIGHT_MEMBER },	 { VERB_MEMBERS, RIGHT_MEMBER },
	{ VERB_WHO, RIGHT_MEMBER },	 { VERB_TOPIC, RIGHT_MEMBER },
	{ VERB_NICK, RIGHT_MEMBER },	 { VERB_AWAY, RIGHT_MEMBER },
	{ VERB_HISTORY, RIGHT_MEMBER },	 { VERB_STATUS, RIGHT_MEMBER },
	{ VERB_LEAVE, RIGHT_INVITED },	 { VERB_INVITE, RIGHT_ADMIN },
	{ VERB_ADD, RIGHT_ADMIN },	 { VERB_REMOVE, RIGHT_ADMIN },
	{ VERB_MODIFY, RIGHT_ADMIN },	 { VERB_SET_TOPIC, RIGHT_ADMIN },
	{ VERB_BAN, RIGHT_ADMIN },	 { VERB_UNBAN, RIGHT_ADMIN },
	{ VERB_BANS, RIGHT_ADMIN },	 { VERB_MUTE, RIGHT_ADMIN },
	{ VERB_UNMUTE, RIGHT_ADMIN },	 { VERB_LINK_ADMIN, RIGHT_ADMIN },
	{ VERB_DESTROY, RIGHT_OWNER },	 { VERB_PRIVATE, RIGHT_OWNER },
	{ VERB_PUBLIC, RIGHT_OWNER },	 { VERB_LINK_OWNER, RIGHT_OWNER },
};

static void each_verb_asks_for_its_role(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(needs) / sizeof(needs[0]); n++)
		EACH_KIND(k)
			EACH_ROLE(r)
				assert_int_equal(
					may(needs[n].verb, k, r),
					r != RIGHT_BANNED &&
						r >= (int)needs[n].least);
}

static void some_verbs_are_for_everybody(void **state)
{
	(void)state;
	EACH_KIND(k)
		EACH_ROLE(r) {
			assert_true(may(VERB_ROOMS, k, r));
			assert_true(may(VERB_HELP, k, r));
			assert_false(may(VERB_LINK_OPERATOR, k, r));
		}
}

static void coming_in(void **state)
{
	(void)state;
	EACH_KIND(k) {
		bool open = k != RIGHT_PRIVATE;

		assert_int_equal(may(VERB_JOIN, k, RIGHT_STRANGER), open);
		assert_int_equal(may(VERB_CREATE, k, RIGHT_STRANGER), open);
		assert_true(may(VERB_JOIN, k, RIGHT_INVITED));
		EACH_ROLE(r) {
			bool invited = r == RIGHT_INVITED;

			assert_int_equal(may(VERB_ACCEPT, k, r), invited);
			assert_int_equal(may(VERB_REJECT, k, r), invited);
		}
	}
}

static void the_banned_are_told_so(void **state)
{
	(void)state;
	EACH_KIND(k)
		for (int v = 0; v < VERBS; v++) {
			enum refusal why = right_check((enum verb)v,
						       (enum right_kind)k,
						       RIGHT_BANNED);

			if (v == VERB_ROOMS || v == VERB_HELP ||
			    (v == VERB_CREATE && k == RIGHT_PRIVATE))
				continue;
			assert_int_equal(why, REFUSED_BANNED);
		}
}

static void private_rooms_say_no_more_than_that(void **state)
{
	(void)state;
	assert_int_equal(right_check(VERB_JOIN, RIGHT_PRIVATE,
				     RIGHT_STRANGER),
			 REFUSED_PRIVATE);
	assert_int_equal(right_check(VERB_MEMBERS, RIGHT_PRIVATE,
				     RIGHT_STRANGER),
			 REFUSED_NOT_IN_PRIVATE);
}

static void acting_on_others(void **state)
{
	(void)state;
	EACH_ROLE(other) {
		enum right_role o = (enum right_role)other;

		assert_int_equal(right_over(RIGHT_OWNER, o, ROLE_OWNER),
				 REFUSED_NOT);
		assert_int_equal(right_over(RIGHT_ADMIN, o, ROLE_NONE),
				 o == RIGHT_OWNER ? REFUSED_NOT_OVER_OWNER :
						    REFUSED_NOT);
		assert_int_not_equal(right_over(RIGHT_ADMIN, o, ROLE_OWNER),
				     REFUSED_NOT);
		assert_int_not_equal(right_over(RIGHT_MEMBER, o, ROLE_NONE),
				     REFUSED_NOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_verb_asks_for_its_role),
		TEST(some_verbs_are_for_everybody),
		TEST(coming_in),
		TEST(the_banned_are_told_so),
		TEST(private_rooms_say_no_more_than_that),
		TEST(acting_on_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
