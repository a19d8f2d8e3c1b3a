/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Refusals: why something is not done, as a SIP status for the device, a text
 * for the user, and a return code for scripts.
 *
 * The codes are those of Kamailio's README, a family of ten for a command,
 * and within each family the last digit says why:
 *   0 arguments   1 no such room   2 not a member   3 not his to do
 *   4 banned, muted   5 invitations   6 about the other one
 *   7 not an address or name   8 a limit   9 could not be stored
 */
#ifndef CONFAB_IMC_REFUSAL_H
#define CONFAB_IMC_REFUSAL_H

#include "dialect.h"

enum refusal {
	REFUSED_NOT,
	/* arguments */
	REFUSED_USAGE, REFUSED_SECOND_WORD, REFUSED_WHICH_ROOM,
	REFUSED_UNKNOWN, REFUSED_SYNTAX, REFUSED_MANAGER_TEXT,
	REFUSED_ROLE, REFUSED_MINUTES, REFUSED_COUNT, REFUSED_NOTICES,
	/* the room */
	REFUSED_NO_ROOM, REFUSED_NOWHERE, REFUSED_BAD_ROOM,
	REFUSED_MANAGERS, REFUSED_USERS, REFUSED_FOR_MANAGER,
	REFUSED_EXISTS, REFUSED_EXISTS_PRIVATE,
	/* he himself */
	REFUSED_NOT_IN, REFUSED_NOT_IN_PRIVATE, REFUSED_PRIVATE,
	REFUSED_INVITED, REFUSED_NO_INVITE,
	REFUSED_BANNED, REFUSED_MUTED, REFUSED_RIGHT, REFUSED_RIGHT_ADD,
	REFUSED_RIGHT_MODIFY, REFUSED_OWNERS, REFUSED_OPERATORS,
	REFUSED_NOT_OVER_OWNER, REFUSED_OWNER_MAKES, REFUSED_LAST_OWNER,
	REFUSED_ALREADY_IN,
	/* the other one */
	REFUSED_BAD_USER, REFUSED_SELF, REFUSED_NO_MEMBER, REFUSED_IS_IN,
	REFUSED_IS_INVITED, REFUSED_IS_BANNED, REFUSED_NOT_BANNED,
	REFUSED_UNREACHABLE, REFUSED_NOT_PERSON,
	REFUSED_BLOCKED, REFUSED_NOT_BLOCKED, REFUSED_BLOCKS,
	/* the rest */
	REFUSED_NICK_TAKEN, REFUSED_BAD_NICK, REFUSED_NOTHING_SAID,
	REFUSED_NO_LINK, REFUSED_LINK, REFUSED_EXPEL, REFUSED_CONFIGURED,
	/* limits */
	REFUSED_TOO_FAST, REFUSED_ROOM_BUSY, REFUSED_CREATE_RATE,
	REFUSED_JOIN_RATE, REFUSED_INVITE_RATE, REFUSED_INVITED_RATE,
	REFUSED_ROOMS, REFUSED_OWNED, REFUSED_PLACES, REFUSED_HIS_PLACES,
	REFUSED_HIS_OWNED,
	REFUSED_UNDER_WAY, REFUSED_FULL, REFUSED_TOO_LONG,
	REFUSED_STORE, REFUSED_EMPTY,
	REFUSALS
};

/* Families that belong to no command. */
enum {
	FAMILY_SYNTAX = -20,
	FAMILY_UNKNOWN = -130,
	FAMILY_SAY = -200,
	FAMILY_EXTRA = -210,
};

struct refusal_row {
	enum refusal why;
	int status;        /* of SIP */
	int digit;         /* of the return code */
	enum text text;
	const char *note;  /* for Warning and the log; plain ASCII */
};

const struct refusal_row *refusal_row(enum refusal why);
/* The hub's errno. */
enum refusal refusal_of(int err);
/* "-52": family is what the command has, -50. */
int refusal_code(enum refusal why, int family);

#endif
