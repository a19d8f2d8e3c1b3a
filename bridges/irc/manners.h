/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What anybody on a network may ask of us, and what its staff may. Pure. */
#ifndef CONFAB_IRCB_MANNERS_H
#define CONFAB_IRCB_MANNERS_H

#include <stdbool.h>

#include "line.h"
#include "names.h"

enum ircb_wish {
	IRCB_WISH_NONE,
	IRCB_WISH_OFF,     /* ":off": counts from the staff alone */
	IRCB_WISH_VERSION, /* ":version": what we are */
	IRCB_WISH_CONTACT, /* ":contact": whom to write to */
};

/* bare: the word alone will do as well. */
enum ircb_wish ircb_wish(struct view text, bool bare);
/* Is the sender, with nick, user and host, one of masks, divided by blanks? */
bool ircb_is_staff(enum ircb_casemap map, struct view masks,
		   const struct ircb_line *l);
/* Appends the answer to a CTCP of this name; false: we have none. contact may
 * be empty. */
bool ircb_about(struct buf *b, struct view ctcp, struct view contact);
/* The last words to the staff that sends us away, and of our QUIT. */
void ircb_obey(struct buf *b, struct view contact);
#define IRCB_SENT_AWAY "asked to leave by the staff of this network"

#endif
