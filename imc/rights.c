/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rights. A row is read across: for each kind of room six letters, one a
 * role, in the order of enum right_role.
 */

#include "rights.h"

static const struct {
	char letter;
	enum refusal why;
} letters[] = {
	{ '+', REFUSED_NOT },
	{ 'n', REFUSED_NOT_IN },
	{ 'q', REFUSED_NOT_IN_PRIVATE },
	{ 'p', REFUSED_PRIVATE },
	{ 'i', REFUSED_INVITED },
	{ 'a', REFUSED_RIGHT },      /* owners and admins only */
	{ 'A', REFUSED_RIGHT_ADD },
	{ 'M', REFUSED_RIGHT_MODIFY },
	{ 'o', REFUSED_OWNERS },
	{ 'O', REFUSED_OPERATORS },
	{ 'b', REFUSED_BANNED },
	{ 'x', REFUSED_NO_INVITE },
	{ 'e', REFUSED_ALREADY_IN },
	{ 'E', REFUSED_EXISTS_PRIVATE },
};

/* S stranger, I invited, M member, A admin, O owner, B banned. */
static const struct {
	enum verb verb;
	const char *may[RIGHT_KINDS];
} rights[] = {
	/*                       SIMAOB    SIMAOB    SIMAOB */
	/*                       public    private   operator's */
	{ VERB_SAY,           { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_CREATE,        { "++eeeb", "EEEEEb", "++eeeb" } },
	{ VERB_JOIN,          { "++eeeb", "p+eeeb", "++eeeb" } },
	{ VERB_LEAVE,         { "n++++b", "q++++b", "n++++b" } },
	{ VERB_DESTROY,       { "nioo+b", "qioo+b", "niOO+b" } },
	{ VERB_INVITE,        { "nia++b", "qia++b", "nia++b" } },
	{ VERB_ADD,           { "niA++b", "qiA++b", "niA++b" } },
	{ VERB_ACCEPT,        { "x+eeeb", "x+eeeb", "x+eeeb" } },
	{ VERB_REJECT,        { "x+xxxb", "x+xxxb", "x+xxxb" } },
	{ VERB_REMOVE,        { "nia++b", "qia++b", "nia++b" } },
	{ VERB_MODIFY,        { "niM++b", "qiM++b", "niM++b" } },
	{ VERB_MEMBERS,       { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_WHO,           { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_ROOMS,         { "++++++", "++++++", "++++++" } },
	{ VERB_HELP,          { "++++++", "++++++", "++++++" } },
	{ VERB_TOPIC,         { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_SET_TOPIC,     { "nia++b", "qia++b", "nia++b" } },
	{ VERB_PRIVATE,       { "nioo+b", "qioo+b", "niOO+b" } },
	{ VERB_PUBLIC,        { "nioo+b", "qioo+b", "niOO+b" } },
	{ VERB_NICK,          { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_AWAY,          { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_BAN,           { "nia++b", "qia++b", "nia++b" } },
	{ VERB_UNBAN,         { "nia++b", "qia++b", "nia++b" } },
	{ VERB_BANS,          { "nia++b", "qia++b", "nia++b" } },
	{ VERB_MUTE,          { "nia++b", "qia++b", "nia++b" } },
	{ VERB_UNMUTE,        { "nia++b", "qia++b", "nia++b" } },
	{ VERB_HISTORY,       { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_STATUS,        { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_NOTICES,       { "ni+++b", "qi+++b", "ni+++b" } },
	{ VERB_SET_NOTICES,   { "nia++b", "qia++b", "nia++b" } },
	{ VERB_BLOCK,         { "++++++", "++++++", "++++++" } },
	{ VERB_UNBLOCK,       { "++++++", "++++++", "++++++" } },
	{ VERB_EXTRA,         { "++++++", "++++++", "++++++" } },
	{ VERB_LINK_OPERATOR, { "niOOOb", "qiOOOb", "niOOOb" } },
	{ VERB_LINK_OWNER,    { "nioo+b", "qioo+b", "niOO+b" } },
	{ VERB_LINK_ADMIN,    { "nia++b", "qia++b", "nia++b" } },
};

enum right_role right_role(const struct member *mb)
{
	static const enum right_role joined[] = {
		[ROLE_NONE] = RIGHT_MEMBER,
		[ROLE_MEMBER] = RIGHT_MEMBER,
		[ROLE_ADMIN] = RIGHT_ADMIN,
		[ROLE_OWNER] = RIGHT_OWNER,
	};

	if (!mb)
		return RIGHT_STRANGER;
	if (mb->state == MEMBER_BANNED)
		return RIGHT_BANNED;
	return mb->state == MEMBER_INVITED ? RIGHT_INVITED : joined[mb->role];
}

static bool has_owner(const struct room *r)
{
	struct lnode *n, *nx;

	/* the first one, but for rooms whose ownership was passed on */
	LIST_EACH(&r->order, n, nx)
		if (right_role(CONTAINER(n, struct member, order)) ==
		    RIGHT_OWNER)
			return true;
	return false;
}

enum right_kind right_kind(const struct room *r)
{
	if (room_is_private(r))
		return RIGHT_PRIVATE;
	return has_owner(r) ? RIGHT_PUBLIC : RIGHT_OPERATORS;
}

static enum refusal refusal_letter(char letter)
{
	size_t n = 0;

	while (letters[n].letter != letter)
		n++;
	return letters[n].why;
}

enum refusal right_check(enum verb verb, enum right_kind kind,
			 enum right_role role)
{
	size_t n = 0;

	while (rights[n].verb != verb)
		n++;
	return refusal_letter(rights[n].may[kind][role]);
}

enum refusal right_over(enum right_role role, enum right_role other,
			enum member_role to)
{
	if (role == RIGHT_OWNER)
		return REFUSED_NOT;
	if (role != RIGHT_ADMIN)
		return REFUSED_RIGHT;
	if (other == RIGHT_OWNER)
		return REFUSED_NOT_OVER_OWNER;
	return to == ROLE_OWNER ? REFUSED_OWNER_MAKES : REFUSED_NOT;
}
