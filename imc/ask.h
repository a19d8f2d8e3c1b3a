/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A request that is being answered: everything that the answer needs, kept
 * until the disk has said yes. An ask is made for each MESSAGE, and gets
 * exactly one SIP answer.
 */
#ifndef CONFAB_IMC_ASK_H
#define CONFAB_IMC_ASK_H

#include "hub.h"
#include "line.h"
#include "sip.h"

struct imc;

struct ask {
	struct imc *imc;      /* ref */
	uint64_t txn;
	struct sip_flow flow;
	struct addr *user;    /* ref; who asks */
	struct addr *room;    /* ref; which room it is about, or NULL */
	struct place at;      /* the room that the request's URI names; no
				 name: the manager */
	bool exists;          /* at is the manager or a room that there is */
	struct view sender;   /* his From URI, with its port */
	struct view here;     /* the request's URI */
	struct view call_id;
	const char *done;     /* static; what to tell him after the commit */
	char bytes[];         /* what the views point into */
};

struct ask *ask_new(struct imc *i, const struct sip_request *req,
		    struct addr *user);
/* It is about this room. */
void ask_about(struct ask *a, const struct room *r);
void ask_answer(const struct ask *a, int code);

/* Who is seen to speak, and to whom: the room to the user's own address, the
 * room to what he calls himself, the address he wrote to. */
enum tell { TELL_ROOM, TELL_ROOM_SENDER, TELL_HERE };
void ask_tell(const struct ask *a, enum tell how, struct view text);
/* The room tells another member. */
void ask_tell_member(const struct ask *a, const struct member *mb,
		     struct view text);

/* Both the status and why, in words: errno of the hub, or one of these. */
enum {
	ASK_NO_ROOM = 10001,   /* 404 */
	ASK_WHICH_ROOM,        /* 400: sent to the manager without a room */
	ASK_BAD_ROOM,          /* 400: not a room's address */
	ASK_MANAGERS,          /* 403: the manager's name */
	ASK_USERS,             /* 403: a user's name */
	ASK_MUTE,              /* 400: text to the manager */
};
void ask_refuse(const struct ask *a, int why);
/* 400, and how the command is used. */
void ask_usage(const struct ask *a, const char *name, const char *usage);

/* Hands to the hub, with hub_done_h = one of these: it takes its own
 * reference. */
struct ask *ask_keep(struct ask *a);
hub_done_h ask_on_done; /* a command: 200 and a->done */
hub_done_h ask_on_said; /* words: 202 */

#endif
