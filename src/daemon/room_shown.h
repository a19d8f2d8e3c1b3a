/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms as presentities: active while somebody has talked in the last ten
 * minutes, else idle (away), and closed while all of its links are lost; with
 * the topic as the note, and each link as a place of its own. For members, and
 * of rooms that are not private for everybody.
 *
 * A link is one too, at sip:link*LABEL@DOMAIN: open while it is up, away while
 * nothing crossed it in the last ten minutes, closed while it is not up. For
 * those who may see its room.
 */
#ifndef CONFAB_ROOM_SHOWN_H
#define CONFAB_ROOM_SHOWN_H

#include "events.h"
#include "hub.h"

struct rooms_shown;

enum { ROOM_ACTIVE_MS = 10 * 60 * 1000 };

#define LINK_SHOWN "link*" /* what a link's label follows */

/* All are borrowed. */
struct rooms_shown *rooms_shown_new(struct loop *l, struct hub *hub,
				    struct sip *sip);
/* There is a room, or a link, of this address. */
bool rooms_shown_has(const struct rooms_shown *rs, const struct addr *target);
/* As a package's watchh. status and *state: what is answered for somebody who
 * is not there; so it is to who may not see it. */
int rooms_shown_watch(struct rooms_shown *rs, const struct sip_watch *w,
		      const struct addr *target, const struct addr *watcher,
		      int status, enum sip_watch_state *state);
/* Of any subscription: it is over. */
void rooms_shown_gone(struct rooms_shown *rs, uint64_t id);
/* What he may see of it. */
void rooms_shown_put(struct rooms_shown *rs, struct buf *body,
		     const struct sip_watch *w, const struct addr *target,
		     const struct addr *watcher);
/* Looks at no room any more. */
void rooms_shown_quiet(struct rooms_shown *rs);
void rooms_shown_free(struct rooms_shown *rs); /* NULL is allowed */

#endif
