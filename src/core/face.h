/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The face interface: what the hub asks of a network (down, the ops) and what
 * a face tells the hub (up, hub_on_*() in hub.h).
 *
 * The laws:
 *  1 An op never blocks and never calls up before it returns.
 *  2 0 means taken, not delivered: delivery or failure comes later, by id.
 *  3 Arguments are borrowed: take a reference to keep one. Legs and members
 *    are kept by id.
 *  4 After stop or detach returned there is no call up for that object.
 *  5 The hub asks for capabilities, never for a face's name.
 *  6 Only the hub retries.
 *  7 A message never goes back to the leg that it came from; a face fans out
 *    to its own side itself.
 */
#ifndef CONFAB_FACE_H
#define CONFAB_FACE_H

#include "leg.h"
#include "member.h"
#include "msg.h"
#include "sink.h"

struct hub;

enum face_cap {
	FACE_MEMBERS = 1 << 0, /* it has fanout: room members live there */
	FACE_LINKS = 1 << 1,   /* it has attach, detach, deliver */
	FACE_ECHO = 1 << 2,    /* its members get their own words as well */
	FACE_MIRROR = 1 << 3,  /* it says back what it is told: on purpose */
};

struct face_ops {
	const char *scheme; /* of targets and addresses: "irc" */
	unsigned caps;
	int (*start)(void *face, struct hub *hub);
	void (*stop)(void *face);
	/* May there be a link to target by way of via ("": none)? EINVAL
	 * with what would be right in why. Fills in via (the account's label)
	 * where the target names it. */
	int (*check)(void *face, struct view target, struct view via,
		     struct buf *viaout, struct buf *why);
	/* Join; hub_on_attached() or hub_on_lost() follows. EACCES: it may
	 * not be for now, for what refusal says. */
	int (*attach)(void *face, struct leg *leg);
	/* Or NULL. */
	void (*refusal)(void *face, const struct leg *leg, struct buf *why);
	void (*detach)(void *face, struct leg *leg);
	/* Only while the leg is UP. hub_on_delivered() or hub_on_failed()
	 * follows, unless the leg is lost before. EBUSY: not now. */
	int (*deliver)(void *face, struct leg *leg, struct msg *msg);
	/* The place's topic shall be this; only while the leg is UP. What
	 * became of it comes by hub_on_subject(). Not 0: not now. May be
	 * NULL: topics stay on our side. */
	int (*subject)(void *face, struct leg *leg, struct view text);
	/* Throws whoever has this nick out of the place; ban: and keeps him
	 * out. Only while the leg is UP. Where we may not, hub_on_notice()
	 * tells the staff. Not 0: not now. May be NULL. */
	int (*expel)(void *face, struct leg *leg, struct view nick, bool ban,
		     struct view reason);
	/* Adds what stands behind "@" in the names of those who are heard
	 * there; nothing, or NULL: the leg's via. */
	void (*at)(void *face, const struct leg *leg, struct buf *out);
	/* To these members, each of them of this face's network;
	 * hub_on_member_delivered/_failed follow for each. */
	void (*fanout)(void *face, struct room *room, struct msg *msg,
		       struct member *const *members, size_t count);
	/* A line from the room to one person of this face's network, beside
	 * the journal: what became of his message, of his invitation. Faces
	 * with FACE_MEMBERS. */
	void (*tell)(void *face, struct room *room, const struct addr *to,
		     struct view text);
	/* One line a thing (worker, account), for the operator. May be
	 * NULL. */
	int (*status)(void *face, struct sink *out);
};

#endif
