/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What changes in rooms, as structures, for faces that show who is there.
 * Handlers run after the change is on the disk, after the message that tells
 * of it was given out; such a message has "event" in its meta (meta.h) for as
 * long as anybody listens. They may call the hub, but free nothing.
 */
#ifndef CONFAB_WATCH_H
#define CONFAB_WATCH_H

#include "room.h"

struct hub;

enum room_way { WENT_LEFT, WENT_KICKED, WENT_BANNED };

/* How a member was before: nick is valid within the handler. */
struct member_before {
	unsigned what;    /* MEMBER_SET_ROLE, _NICK, _MUTED, _AWAY */
	enum member_role role;
	struct view nick;
	bool muted, away;
};

/* Who did it and why: by NULL, reason empty where that is not known. */
struct room_by {
	struct addr *by;
	struct view reason;
};

/* Any handler may be NULL. */
struct hub_room_watch {
	/* He is JOINED now. */
	void (*came)(struct member *m, void *arg);
	/* He was, and is not any more; m is still there. */
	void (*went)(struct member *m, enum room_way way,
		     const struct room_by *by, void *arg);
	void (*changed)(struct member *m, const struct member_before *before,
			const struct room_by *by, void *arg);
	/* what: ROOM_SET_... */
	void (*room)(struct room *r, unsigned what, const struct room_by *by,
		     void *arg);
	/* It ends right after. */
	void (*gone)(struct room *r, void *arg);
	void *arg;
};

/* Copied; at most 8 (ENOBUFS). */
int hub_watch_rooms(struct hub *h, const struct hub_room_watch *w);
/* This arg hears nothing any more. */
void hub_unwatch_rooms(struct hub *h, const void *arg);

#endif
