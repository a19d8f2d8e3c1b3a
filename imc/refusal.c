/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refusals: the table. */
#include <errno.h>

#include "refusal.h"

#define ROW(why, status, digit, text, note) \
	[REFUSED_##why] = { REFUSED_##why, status, digit, TEXT_##text, note }

static const struct refusal_row rows[REFUSALS] = {
	ROW(NOT, 200, 0, NONE, "done"),
	ROW(USAGE, 400, 0, USAGE, "wrong arguments"),
	ROW(SECOND_WORD, 400, 0, SECOND_WORD, "wrong arguments"),
	ROW(WHICH_ROOM, 400, 0, WHICH_ROOM, "no room is named"),
	ROW(UNKNOWN, 400, 0, INVALID, "unknown command"),
	ROW(SYNTAX, 400, 0, BARE_MARK, "no command"),
	ROW(MANAGER_TEXT, 400, 0, MANAGER, "text to the manager"),
	ROW(ROLE, 400, 0, ROLE, "unknown role"),
	ROW(MINUTES, 400, 0, MINUTES, "wrong arguments"),
	ROW(COUNT, 400, 0, COUNT, "wrong arguments"),
	ROW(NOTICES, 400, 0, NOTICE_WORDS, "wrong arguments"),

	ROW(NO_ROOM, 404, 1, NO_ROOM, "no such room"),
	ROW(NOWHERE, 404, 1, NOWHERE, "no such room"),
	ROW(BAD_ROOM, 400, 7, BAD_ROOM, "not a room's name"),
	ROW(MANAGERS, 403, 7, MANAGERS, "the manager's address"),
	ROW(USERS, 403, 7, USERS, "a user's address"),
	ROW(FOR_MANAGER, 403, 7, FOR_MANAGER, "not the manager's address"),
	ROW(EXISTS, 403, 1, EXISTS, "the room exists"),
	ROW(EXISTS_PRIVATE, 403, 1, EXISTS_PRIVATE, "the room exists"),

	ROW(NOT_IN, 403, 2, NOT_IN, "not a member"),
	ROW(NOT_IN_PRIVATE, 403, 2, NOT_IN_PRIVATE, "not a member"),
	ROW(PRIVATE, 403, 5, PRIVATE, "by invitation only"),
	ROW(INVITED, 403, 5, INVITED, "invited only"),
	ROW(NO_INVITE, 403, 5, NO_INVITE, "not invited"),
	ROW(BANNED, 403, 4, YOU_ARE_BANNED, "banned"),
	ROW(MUTED, 403, 4, YOU_ARE_MUTED, "muted"),
	ROW(RIGHT, 403, 3, RIGHT, "owners and admins only"),
	ROW(RIGHT_ADD, 403, 3, RIGHT_ADD, "owners and admins only"),
	ROW(RIGHT_MODIFY, 403, 3, RIGHT_MODIFY, "owners and admins only"),
	ROW(OWNERS, 403, 3, OWNERS, "owners only"),
	ROW(OPERATORS, 403, 3, OPERATORS, "the operator only"),
	ROW(NOT_OVER_OWNER, 403, 3, NOT_OVER_OWNER, "he is an owner"),
	ROW(OWNER_MAKES, 403, 3, OWNER_MAKES, "owners only"),
	ROW(LAST_OWNER, 403, 3, LAST_OWNER, "the only owner"),
	/* not a fault: nothing is to be done */
	ROW(ALREADY_IN, 200, 0, ALREADY_IN, "a member already"),

	ROW(BAD_USER, 400, 7, BAD_USER, "not a user's address"),
	ROW(SELF, 403, 6, SELF, "this is himself"),
	ROW(NO_MEMBER, 404, 6, NO_MEMBER, "he is not a member"),
	ROW(IS_IN, 403, 6, IS_IN, "he is a member"),
	ROW(IS_INVITED, 403, 6, IS_INVITED, "he is invited"),
	ROW(IS_BANNED, 403, 6, IS_BANNED, "he is banned"),
	ROW(NOT_BANNED, 404, 6, NOT_BANNED, "he is not banned"),
	ROW(UNREACHABLE, 480, 6, UNREACHABLE, "he can't be reached"),
	ROW(NOT_PERSON, 403, 7, NOT_PERSON, "a room's address"),

	ROW(BLOCKED, 403, 5, HAS_BLOCKED, "he wants no invitations"),
	ROW(NOT_BLOCKED, 404, 6, NOT_BLOCKED, "he is not blocked"),
	ROW(BLOCKS, 403, 8, BLOCKS, "too many are blocked"),

	ROW(NICK_TAKEN, 403, 6, NICK_TAKEN, "the name is taken"),
	ROW(BAD_NICK, 400, 7, BAD_NICK, "not a name"),
	ROW(NOTHING_SAID, 404, 1, NOTHING_SAID, "nothing said"),
	ROW(NO_LINK, 404, 1, NO_LINK, "no such link"),
	ROW(EXPEL, 403, 6, CANT_EXPEL, "not to be put out there"),
	ROW(LINK, 403, 7, LINK_REFUSED, "not to be linked"),
	ROW(CONFIGURED, 403, 3, CONFIGURED, "a configured link"),
	ROW(UNDER_WAY, 403, 8, UNDER_WAY, "under way already"),
	ROW(TOO_FAST, 480, 8, TOO_FAST, "too many messages"),
	ROW(ROOM_BUSY, 480, 8, ROOM_BUSY, "too many messages in the room"),
	ROW(CREATE_RATE, 480, 8, CREATE_RATE, "too many new rooms"),
	ROW(JOIN_RATE, 480, 8, JOIN_RATE, "too much coming and going"),
	ROW(INVITE_RATE, 480, 8, INVITE_RATE, "too many invitations"),
	ROW(INVITED_RATE, 480, 8, INVITED_RATE, "invited too often"),
	ROW(ROOMS, 403, 8, ROOMS, "too many rooms"),
	ROW(OWNED, 403, 8, OWNED, "owner of too many rooms"),
	ROW(PLACES, 403, 8, PLACES, "in too many rooms"),
	ROW(HIS_PLACES, 403, 8, HIS_PLACES, "he is in too many rooms"),
	ROW(HIS_OWNED, 403, 8, HIS_OWNED, "he owns too many rooms"),
	ROW(FULL, 403, 8, FULL, "the room is full"),
	ROW(TOO_LONG, 413, 8, TOO_LONG, "too long"),
	ROW(STORE, 503, 9, STORE, "not stored"),
	ROW(EMPTY, 400, 0, EMPTY, "empty"),
};

static const struct {
	int err;
	enum refusal why;
} of_errno[] = {
	{ 0, REFUSED_NOT },
	{ EACCES, REFUSED_NOT_IN },
	{ EAGAIN, REFUSED_MUTED },
	{ EPERM, REFUSED_LAST_OWNER },
	{ ENOENT, REFUSED_UNDER_WAY },
	{ EEXIST, REFUSED_UNDER_WAY },
	{ EBUSY, REFUSED_FULL },
	{ EMSGSIZE, REFUSED_TOO_LONG },
	{ EBADMSG, REFUSED_EMPTY },
};

const struct refusal_row *refusal_row(enum refusal why)
{
	return &rows[why];
}

enum refusal refusal_of(int err)
{
	for (size_t n = 0; n < sizeof(of_errno) / sizeof(of_errno[0]); n++)
		if (of_errno[n].err == err)
			return of_errno[n].why;
	/* ENOSPC, EIO, ESHUTDOWN: the disk did not take it */
	return REFUSED_STORE;
}

int refusal_code(enum refusal why, int family)
{
	/* -20 and -130 are one code each */
	if (family == FAMILY_SYNTAX || family == FAMILY_UNKNOWN)
		return family;
	return family - rows[why].digit;
}
