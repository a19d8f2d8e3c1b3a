/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How our users are, by what their phones publish and where they are
 * registered; and who is another than he was. */
#ifndef CONFAB_USERSTATES_H
#define CONFAB_USERSTATES_H

#include "presence.h"
#include "show.h"

struct userstates;

/* state: valid until somebody is asked for. */
typedef void (userstates_h)(struct addr *user,
			    const struct presence_state *state, void *arg);

/* Of conf the loop, the edge and the location, all borrowed; package: what is
 * published as, static. */
struct userstates *userstates_new(const struct presence_conf *conf,
				  const char *package, userstates_h *h,
				  void *arg);
/* Valid until the next call. */
const struct presence_state *userstates_of(struct userstates *us,
					   struct view aor);
/* He may be another now: the handler hears it once, at the end of the turn. */
void userstates_note(struct userstates *us, struct view aor);
/* The handler hears no more. */
void userstates_quiet(struct userstates *us);
void userstates_free(struct userstates *us); /* NULL is allowed */

#endif
