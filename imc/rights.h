/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may do what: one table, verb by room kind by role. And who may do it to
 * whom: another, role by role. Pure.
 */
#ifndef CONFAB_IMC_RIGHTS_H
#define CONFAB_IMC_RIGHTS_H

#include "refusal.h"
#include "room.h"

/* What somebody is to a room. */
enum right_role {
	RIGHT_STRANGER, RIGHT_INVITED, RIGHT_MEMBER, RIGHT_ADMIN, RIGHT_OWNER,
	RIGHT_BANNED,
	RIGHT_ROLES
};

/* RIGHT_OPERATORS: public, without an owner among its members: it was made by
 * the configuration or by confabctl. */
enum right_kind {
	RIGHT_PUBLIC, RIGHT_PRIVATE, RIGHT_OPERATORS,
	RIGHT_KINDS
};

enum verb {
	VERB_SAY, VERB_CREATE, VERB_JOIN, VERB_LEAVE, VERB_DESTROY,
	VERB_INVITE, VERB_ADD, VERB_ACCEPT, VERB_REJECT, VERB_REMOVE,
	VERB_MODIFY, VERB_MEMBERS, VERB_WHO, VERB_ROOMS, VERB_HELP,
	VERB_TOPIC, VERB_SET_TOPIC, VERB_PRIVATE, VERB_PUBLIC,
	VERB_NICK, VERB_AWAY, VERB_BAN, VERB_UNBAN, VERB_BANS,
	VERB_MUTE, VERB_UNMUTE, VERB_HISTORY, VERB_STATUS,
	VERB_NOTICES, VERB_SET_NOTICES,
	VERB_BLOCK, VERB_UNBLOCK, /* oneself, not a room */
	/* by the setting links_by; #unlink and #links are as #link */
	VERB_LINK_OPERATOR, VERB_LINK_OWNER, VERB_LINK_ADMIN,
	VERB_EXTRA, /* the commands of others: oneself as well */
	VERBS
};

enum right_role right_role(const struct member *mb); /* NULL: stranger */
enum right_kind right_kind(const struct room *r);
/* REFUSED_NOT: he may. VERB_CREATE: where the room exists already. */
enum refusal right_check(enum verb verb, enum right_kind kind,
			 enum right_role role);
/* May an admin or owner act on (remove, ban, mute, modify) one who is other?
 * And, for #modify, make him "to" (ROLE_NONE: no question of that)? */
enum refusal right_over(enum right_role role, enum right_role other,
			enum member_role to);

#endif
