/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What crosses between the gateway to libpurple's networks in confabd and the
 * sessions of confab-purple (session.h): one struct a parcel. A session is one
 * account of one user. Texts are plain UTF-8: the worker escapes what goes to
 * libpurple and strips markup of what comes. Names are as libpurple has them
 * normalized, without a resource.
 *
 * Down, with a tag: senth says when libpurple took it (PARCEL_SENT: no more is
 * known), or why not.
 */
#ifndef CONFAB_PURPLE_PARCEL_H
#define CONFAB_PURPLE_PARCEL_H

#include "buf.h"

/*        name       who, place, other, text, kind */
enum purp_verb {
	PURP_NONE,
	/* ---- down ---- */
	PURP_SAY,      /* who, or place: a room that we are in; text */
	PURP_TYPING,   /* who; kind: 1 writes, 0 has stopped */
	PURP_STATUS,   /* kind: enum purp_show; text: the note */
	PURP_ADD,      /* who: a contact, wanted to be seen; other: alias */
	PURP_REMOVE,   /* who */
	PURP_LOOK,     /* who: SHOW follows, from what is known */
	PURP_ALLOW, PURP_DENY, /* number: of ASKED */
	PURP_ANSWER,   /* number: of QUESTION; text */
	PURP_JOIN,     /* place; who: our nick; other: its password. JOINED or
			  LEFT follows */
	PURP_PART,     /* place */
	PURP_TOPIC,    /* place; text */
	PURP_WHO,      /* place: PEOPLE follows for each, kind PURP_IS_THERE,
			  then one with an empty who */
	/* ---- up ---- */
	PURP_HEARD,    /* who (other: his alias) says text; place: in a room;
			  kind: enum worker_kind; past: while we were away */
	PURP_IS_TYPING, /* who; kind: 1 or 0 */
	PURP_SHOW,     /* who; kind: enum purp_show; text: the note; number:
			  idle, s */
	PURP_CONTACT,  /* who is on our list; other: alias; kind: 1, not any
			  more */
	PURP_ASKED,    /* who (other: alias) asks to see us; text: why; number:
			  for the answer; kind: 1, he is a contact */
	PURP_ASK_OVER, /* number: it can't be answered any more */
	PURP_QUESTION, /* text: what libpurple wants to know (a code); number;
			  kind: 1, the answer is a secret */
	PURP_QUESTION_OVER, /* number */
	PURP_FAILED,   /* a text to who did not get there after all; text:
			  why; id: of SAY, or empty */
	PURP_JOINED,   /* place; who: we; text: its topic */
	PURP_LEFT,     /* place; text: why; kind: 1, we asked for it */
	PURP_PEOPLE,   /* place; kind: enum purp_change; who; other: new nick;
			  text: why */
	PURP_TOPIC_IS, /* place; who: by whom; text */
	PURP_NOTICE,   /* text for the user: of the network */
	PURP_VERBS
};

enum purp_show {
	PURP_OFFLINE, PURP_AVAILABLE, PURP_AWAY, PURP_XAWAY, PURP_BUSY,
	PURP_INVISIBLE, PURP_MOBILE, PURP_UNKNOWN,
	PURP_CHAT, /* would like to talk */
	PURP_SHOWS
};

enum purp_change { PURP_CAME, PURP_WENT, PURP_RENAMED, PURP_IS_THERE };

/* Views are borrowed. What a verb does not name is empty. */
struct purp {
	enum purp_verb verb;
	unsigned kind;
	uint64_t number;
	uint64_t time_ms; /* wall clock; 0: now */
	bool past;
	struct view who, place, other, text, id;
};

/* Appends. EMSGSIZE: over FRAME_PAYLOAD_MAX less 64 bytes; EBADMSG: a NUL. */
int purp_put(struct buf *b, const struct purp *p);
/* EBADMSG: not made by purp_put(). */
int purp_get(struct purp *out, struct view parcel);

#endif
