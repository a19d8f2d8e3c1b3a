/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of the house: who may do what in our rooms, how often, and in
 * which words the others are told. The agent that has the commands (imc) sets
 * them; a face whose people act in rooms by ways of their own network asks
 * here, so that the same holds for all.
 */
#ifndef CONFAB_HOUSE_H
#define CONFAB_HOUSE_H

#include "buf.h"
#include "room.h"

struct hub;

enum house_act {
	HOUSE_CREATE, HOUSE_JOIN, HOUSE_LEAVE, HOUSE_DESTROY, HOUSE_SAY,
	HOUSE_INVITE, HOUSE_REMOVE, HOUSE_BAN, HOUSE_UNBAN, HOUSE_BANS,
	HOUSE_ROLE, HOUSE_MUTE, HOUSE_UNMUTE, HOUSE_TOPIC, HOUSE_NICK,
	HOUSE_AWAY, HOUSE_BACK, HOUSE_PRIVATE, HOUSE_PUBLIC, HOUSE_NOTICES,
	HOUSE_ACTS
};

enum house_no {
	HOUSE_YES,
	HOUSE_NO_ROOM,      /* none is made by going there */
	HOUSE_BAD_NAME,     /* none may be called that */
	HOUSE_NOT_IN,
	HOUSE_MEMBERS_ONLY,
	HOUSE_IS_BANNED,
	HOUSE_RIGHT,        /* not his to do */
	HOUSE_FAST,         /* a rate: later */
	HOUSE_FULL,         /* a limit of his, or of his who is invited */
	HOUSE_BLOCKED,      /* the other one does not want to hear of him */
	HOUSE_SELF,         /* nobody does that to himself */
};

/* Borrowed, all of it. */
struct house_ask {
	enum house_act act;
	struct room *room;        /* NULL: CREATE */
	struct view name, domain; /* CREATE: of the room */
	struct addr *who;
	struct addr *other;       /* whom it is about, or NULL */
	enum member_role to;      /* ROLE: what he is to be */
	struct view text;         /* the topic, the new nick, why away; or
				     empty */
};

struct house {
	/* What it allows is taken from his rates. */
	enum house_no (*check)(const struct house_ask *a, void *arg);
	/* Adds what the room's people are told; nothing: they are not. */
	void (*notice)(struct buf *out, const struct house_ask *a, void *arg);
	/* Adds what the other one is told when it is done, beside that;
	 * nothing: he is not. */
	void (*told)(struct buf *out, const struct house_ask *a, void *arg);
	void *arg;
};

/* Copied; NULL: none (everything is allowed, and nobody is told). */
void hub_set_house(struct hub *h, const struct house *house);
enum house_no hub_house_check(struct hub *h, const struct house_ask *a);
void hub_house_notice(struct hub *h, struct buf *out,
		      const struct house_ask *a);
void hub_house_told(struct hub *h, struct buf *out,
		    const struct house_ask *a);

#endif
