/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that the room and the manager say, in the words that the users of
 * Kamailio's or of OpenSIPS's imc know. Pure.
 */
#ifndef CONFAB_IMC_DIALECT_H
#define CONFAB_IMC_DIALECT_H

#include "msg.h"

enum dialect { DIALECT_KAMAILIO, DIALECT_OPENSIPS };

/* EINVAL: neither "kamailio" nor "opensips". */
int dialect_parse(enum dialect *out, const char *name);

enum text {
	TEXT_NONE,
	/* the seeds' own */
	TEXT_CREATED, TEXT_JOINED, TEXT_LEFT, TEXT_REMOVED, TEXT_DESTROYED,
	TEXT_YOU_REMOVED, TEXT_INVITES, TEXT_ATTEMPTED, TEXT_ALREADY_IN,
	TEXT_EXISTS, TEXT_EXISTS_PRIVATE, TEXT_EXISTS_MEMBER, TEXT_IS_NOW,
	TEXT_INVALID, TEXT_NO_ROOM, TEXT_PRIVATE,
	/* ours: what happened */
	TEXT_DECLINED, TEXT_INVITE_FAILED, TEXT_MAY_RETURN, TEXT_TOPIC,
	TEXT_NO_TOPIC, TEXT_TOPIC_SET, TEXT_TOPIC_GONE, TEXT_RENAMED,
	TEXT_NOW_PRIVATE, TEXT_NOW_PUBLIC, TEXT_WAS_PRIVATE, TEXT_WAS_PUBLIC,
	TEXT_NOTICES, TEXT_NOTICES_SET, TEXT_BLOCKED, TEXT_UNBLOCKED,
	TEXT_AWAY, TEXT_AWAY_WHY, TEXT_BACK, TEXT_BAN, TEXT_YOU_BANNED,
	TEXT_BANNED, TEXT_UNBANNED, TEXT_MUTED, TEXT_MUTED_FOR,
	TEXT_UNMUTED, TEXT_NO_HISTORY, TEXT_FATE, TEXT_LINKED, TEXT_UNLINKED,
	TEXT_EXPEL_ASKED,
	/* refusals */
	TEXT_USAGE, TEXT_SECOND_WORD, TEXT_WHICH_ROOM, TEXT_BARE_MARK,
	TEXT_MANAGER, TEXT_ROLE, TEXT_MINUTES, TEXT_COUNT, TEXT_NOWHERE,
	TEXT_BAD_ROOM, TEXT_NOTICE_WORDS,
	TEXT_MANAGERS, TEXT_USERS, TEXT_FOR_MANAGER, TEXT_NOT_IN,
	TEXT_NOT_IN_PRIVATE,
	TEXT_INVITED, TEXT_NO_INVITE, TEXT_YOU_ARE_BANNED, TEXT_YOU_ARE_MUTED,
	TEXT_RIGHT, TEXT_RIGHT_ADD, TEXT_RIGHT_MODIFY, TEXT_OWNERS,
	TEXT_OPERATORS, TEXT_NOT_OVER_OWNER, TEXT_OWNER_MAKES,
	TEXT_LAST_OWNER, TEXT_BAD_USER, TEXT_SELF, TEXT_NO_MEMBER,
	TEXT_IS_IN, TEXT_IS_INVITED, TEXT_IS_BANNED, TEXT_NOT_BANNED,
	TEXT_HAS_BLOCKED, TEXT_NOT_BLOCKED, TEXT_BLOCKS,
	TEXT_UNREACHABLE, TEXT_NOT_PERSON, TEXT_NICK_TAKEN, TEXT_BAD_NICK,
	TEXT_NOTHING_SAID, TEXT_NO_LINK, TEXT_LINK_REFUSED, TEXT_CANT_EXPEL,
	TEXT_CONFIGURED,
	TEXT_UNDER_WAY, TEXT_FULL, TEXT_TOO_LONG, TEXT_STORE,
	TEXT_EMPTY,
	TEXT_TOO_FAST, TEXT_ROOM_BUSY, TEXT_CREATE_RATE, TEXT_JOIN_RATE,
	TEXT_INVITE_RATE, TEXT_INVITED_RATE,
	TEXT_ROOMS, TEXT_OWNED, TEXT_PLACES, TEXT_HIS_PLACES, TEXT_HIS_OWNED,
	TEXTS
};

/* A person in a text. */
struct text_who {
	const struct addr *addr; /* borrowed */
	struct view name;        /* as shown: nick, or hub_name_user() */
};

/* What a text may name; each has its own letter in the formats. */
struct text_args {
	struct text_who who;   /* %u as the dialect shows people; %a address,
				  %b name */
	struct view word;      /* %w: a peer's; cleaned and cut here */
	struct view text;      /* %t: clean and one line already */
	uint64_t n;            /* %n */
	const char *name;      /* %c: of a command; static */
	const char *usage;     /* %s: its arguments; static */
};

/* Adds the text; mark is %m. Unknown parts are left empty. */
void dialect_add(struct buf *b, enum dialect d, enum text t, const char *mark,
		 const struct text_args *args);
/* "[alice]" or "<sip:alice@example.org>". */
void dialect_add_who(struct buf *b, enum dialect d,
		     const struct text_who *who);
/* A message of the room: "[alice]: text", or "<alice@example.org>: text". */
void dialect_render(struct buf *b, enum dialect d, const struct msg *m);
/* "[14:05] ", by the clock on this machine's wall. */
void dialect_add_time(struct buf *b, uint64_t time_ms);

#endif
