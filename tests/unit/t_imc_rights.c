/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rights: who may do what, and what he is told otherwise: every command in
 * every kind of room for every role; and who may act on whom. */
#include "rights.h"
#include "test.h"

#define EACH_KIND(k) for (int k = 0; k < RIGHT_KINDS; k++)
#define EACH_ROLE(r) for (int r = 0; r < RIGHT_ROLES; r++)

enum { S, I, M, A, O, B }; /* in the order of enum right_role */

/* Most verbs: those who are not in learn so; of those who are in, some are too
 * low. ours: what they are told in the operator's rooms. */
static const struct {
	enum verb verb;
	enum right_role least;
	enum refusal low, ours;
} usual[] = {
	{ VERB_SAY, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_MEMBERS, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_WHO, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_TOPIC, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_NICK, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_AWAY, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_HISTORY, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_STATUS, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_NOTICES, RIGHT_MEMBER, REFUSED_NOT, REFUSED_NOT },
	{ VERB_SET_NOTICES, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_INVITE, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_ADD, RIGHT_ADMIN, REFUSED_RIGHT_ADD, REFUSED_RIGHT_ADD },
	{ VERB_REMOVE, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_MODIFY, RIGHT_ADMIN, REFUSED_RIGHT_MODIFY,
	  REFUSED_RIGHT_MODIFY },
	{ VERB_SET_TOPIC, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_BAN, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_UNBAN, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_BANS, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_MUTE, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_UNMUTE, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_LINK_ADMIN, RIGHT_ADMIN, REFUSED_RIGHT, REFUSED_RIGHT },
	{ VERB_DESTROY, RIGHT_OWNER, REFUSED_OWNERS, REFUSED_OPERATORS },
	{ VERB_PRIVATE, RIGHT_OWNER, REFUSED_OWNERS, REFUSED_OPERATORS },
	{ VERB_PUBLIC, RIGHT_OWNER, REFUSED_OWNERS, REFUSED_OPERATORS },
	{ VERB_LINK_OWNER, RIGHT_OWNER, REFUSED_OWNERS, REFUSED_OPERATORS },
	{ VERB_LINK_OPERATOR, RIGHT_BANNED, REFUSED_OPERATORS,
	  REFUSED_OPERATORS },
};

/* The others, cell by cell; a row a kind: public, private, operator's. */
static const struct {
	enum verb verb;
	enum refusal says[RIGHT_KINDS][RIGHT_ROLES];
} special[] = {
	{ VERB_CREATE, {
		{ [M] = REFUSED_ALREADY_IN, [A] = REFUSED_ALREADY_IN,
		  [O] = REFUSED_ALREADY_IN, [B] = REFUSED_BANNED },
		{ [S] = REFUSED_EXISTS_PRIVATE, [I] = REFUSED_EXISTS_PRIVATE,
		  [M] = REFUSED_EXISTS_PRIVATE, [A] = REFUSED_EXISTS_PRIVATE,
		  [O] = REFUSED_EXISTS_PRIVATE, [B] = REFUSED_BANNED },
		{ [M] = REFUSED_ALREADY_IN, [A] = REFUSED_ALREADY_IN,
		  [O] = REFUSED_ALREADY_IN, [B] = REFUSED_BANNED } } },
	{ VERB_JOIN, {
		{ [M] = REFUSED_ALREADY_IN, [A] = REFUSED_ALREADY_IN,
		  [O] = REFUSED_ALREADY_IN, [B] = REFUSED_BANNED },
		{ [S] = REFUSED_PRIVATE, [M] = REFUSED_ALREADY_IN,
		  [A] = REFUSED_ALREADY_IN, [O] = REFUSED_ALREADY_IN,
		  [B] = REFUSED_BANNED },
		{ [M] = REFUSED_ALREADY_IN, [A] = REFUSED_ALREADY_IN,
		  [O] = REFUSED_ALREADY_IN, [B] = REFUSED_BANNED } } },
	{ VERB_LEAVE, {
		{ [S] = REFUSED_NOT_IN, [B] = REFUSED_BANNED },
		{ [S] = REFUSED_NOT_IN_PRIVATE, [B] = REFUSED_BANNED },
		{ [S] = REFUSED_NOT_IN, [B] = REFUSED_BANNED } } },
	{ VERB_ROOMS, { { 0 } } },
	{ VERB_HELP, { { 0 } } },
	{ VERB_BLOCK, { { 0 } } },
	{ VERB_UNBLOCK, { { 0 } } },
	{ VERB_EXTRA, { { 0 } } },
};

enum {
	USUAL = sizeof(usual) / sizeof(usual[0]),
	SPECIAL = sizeof(special) / sizeof(special[0]),
};

static void is(enum verb v, int kind, int role, enum refusal expected)
{
	enum refusal got = right_check(v, (enum right_kind)kind,
				       (enum right_role)role);

	if (got != expected)
		print_error("verb %d, kind %d, role %d: %d, not %d\n", v,
			    kind, role, got, expected);
	assert_int_equal(got, expected);
}

/* Of one who is not in the room; REFUSED_NOT: he is in. */
static enum refusal outside(int kind, int role)
{
	switch (role) {
	case RIGHT_STRANGER:
		return kind == RIGHT_PRIVATE ? REFUSED_NOT_IN_PRIVATE :
					       REFUSED_NOT_IN;
	case RIGHT_INVITED:
		return REFUSED_INVITED;
	case RIGHT_BANNED:
		return REFUSED_BANNED;
	default:
		return REFUSED_NOT;
	}
}

static void each_verb_asks_for_its_role(void **state)
{
	(void)state;
	for (size_t n = 0; n < USUAL; n++)
		EACH_KIND(k)
			EACH_ROLE(r) {
				enum refusal why = outside(k, r);

				if (!why && r < (int)usual[n].least)
					why = k == RIGHT_OPERATORS ?
						      usual[n].ours :
						      usual[n].low;
				is(usual[n].verb, k, r, why);
			}
}

static void some_verbs_have_rules_of_their_own(void **state)
{
	(void)state;
	for (size_t n = 0; n < SPECIAL; n++)
		EACH_KIND(k)
			EACH_ROLE(r)
				is(special[n].verb, k, r,
				   special[n].says[k][r]);
}

static void invitations_are_for_the_invited(void **state)
{
	(void)state;
	EACH_KIND(k)
		EACH_ROLE(r) {
			enum refusal accept = REFUSED_ALREADY_IN;
			enum refusal reject = REFUSED_NO_INVITE;

			if (r == RIGHT_INVITED)
				accept = reject = REFUSED_NOT;
			else if (r == RIGHT_BANNED)
				accept = reject = REFUSED_BANNED;
			else if (r == RIGHT_STRANGER)
				accept = REFUSED_NO_INVITE;
			is(VERB_ACCEPT, k, r, accept);
			is(VERB_REJECT, k, r, reject);
		}
}

static void no_verb_is_without_a_row(void **state)
{
	int seen[VERBS] = { 0 };

	(void)state;
	for (size_t n = 0; n < USUAL; n++)
		seen[usual[n].verb]++;
	for (size_t n = 0; n < SPECIAL; n++)
		seen[special[n].verb]++;
	seen[VERB_ACCEPT]++;
	seen[VERB_REJECT]++;
	for (int v = 0; v < VERBS; v++)
		assert_int_equal(seen[v], 1);
}

static void acting_on_others(void **state)
{
	static const enum member_role to[] = { ROLE_NONE, ROLE_MEMBER,
					       ROLE_ADMIN, ROLE_OWNER };

	(void)state;
	EACH_ROLE(role)
		EACH_ROLE(other)
			for (size_t n = 0; n < 4; n++) {
				enum refusal why = REFUSED_NOT;

				if (role != RIGHT_OWNER &&
				    role != RIGHT_ADMIN)
					why = REFUSED_RIGHT;
				else if (role == RIGHT_ADMIN &&
					 other == RIGHT_OWNER)
					why = REFUSED_NOT_OVER_OWNER;
				else if (role == RIGHT_ADMIN &&
					 to[n] == ROLE_OWNER)
					why = REFUSED_OWNER_MAKES;
				assert_int_equal(
					right_over((enum right_role)role,
						   (enum right_role)other,
						   to[n]),
					why);
			}
}

static void what_somebody_is(void **state)
{
	static const struct {
		enum member_state state;
		enum member_role role;
		enum right_role is;
	} rows[] = {
		{ MEMBER_JOINED, ROLE_MEMBER, RIGHT_MEMBER },
		{ MEMBER_JOINED, ROLE_ADMIN, RIGHT_ADMIN },
		{ MEMBER_JOINED, ROLE_OWNER, RIGHT_OWNER },
		{ MEMBER_INVITED, ROLE_MEMBER, RIGHT_INVITED },
		/* what he was, or may become, counts for nothing */
		{ MEMBER_INVITED, ROLE_OWNER, RIGHT_INVITED },
		{ MEMBER_BANNED, ROLE_MEMBER, RIGHT_BANNED },
		{ MEMBER_BANNED, ROLE_OWNER, RIGHT_BANNED },
	};

	(void)state;
	assert_int_equal(right_role(NULL), RIGHT_STRANGER);
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		struct member mb = { .state = rows[n].state,
				     .role = rows[n].role };

		assert_int_equal(right_role(&mb), rows[n].is);
	}
}

static void what_a_room_is(void **state)
{
	struct member mary = { .state = MEMBER_JOINED, .role = ROLE_MEMBER };
	struct member olga = { .state = MEMBER_JOINED, .role = ROLE_OWNER };
	struct room r = { .flags = 0 };

	(void)state;
	list_init(&r.order);
	assert_int_equal(right_kind(&r), RIGHT_OPERATORS);
	list_append(&r.order, &mary.order);
	assert_int_equal(right_kind(&r), RIGHT_OPERATORS);
	list_append(&r.order, &olga.order);
	assert_int_equal(right_kind(&r), RIGHT_PUBLIC);
	olga.state = MEMBER_INVITED; /* not in it yet */
	assert_int_equal(right_kind(&r), RIGHT_OPERATORS);
	r.flags = ROOM_PRIVATE;
	assert_int_equal(right_kind(&r), RIGHT_PRIVATE);
	olga.state = MEMBER_JOINED;
	assert_int_equal(right_kind(&r), RIGHT_PRIVATE);
}

/* The status fits, the digit is one, and each refusal says something. */
static void refusals_are_whole(void **state)
{
	(void)state;
	for (int why = 0; why < REFUSALS; why++) {
		const struct refusal_row *r = refusal_row((enum refusal)why);

		assert_int_equal(r->why, why);
		assert_true(r->status == 200 ||
			    (r->status >= 400 && r->status < 600 &&
			     r->status != 500));
		assert_in_range(r->digit, 0, 9);
		assert_true(r->text < TEXTS);
		assert_true(why == REFUSED_NOT || r->text != TEXT_NONE);
		assert_non_null(r->note);
		assert_int_equal(strcspn(r->note, "\"\\\r\n"),
				 strlen(r->note));
		assert_int_equal(refusal_code((enum refusal)why, -50),
				 -50 - r->digit);
		assert_int_equal(refusal_code((enum refusal)why,
					      FAMILY_SYNTAX), -20);
		assert_int_equal(refusal_code((enum refusal)why,
					      FAMILY_UNKNOWN), -130);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_verb_asks_for_its_role),
		TEST(some_verbs_have_rules_of_their_own),
		TEST(invitations_are_for_the_invited),
		TEST(no_verb_is_without_a_row),
		TEST(acting_on_others),
		TEST(what_somebody_is),
		TEST(what_a_room_is),
		TEST(refusals_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
