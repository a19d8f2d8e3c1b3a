/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libircclient behind a socketpair: it never sees the network. Lines that the
 * filter let through are handed to it one by one, and the event that it makes
 * of each comes back. One session a connection; its name, user and real name
 * are fixed and harmless. The only file that includes the library's header.
 */
#ifndef CONFAB_IRCB_SHIM_H
#define CONFAB_IRCB_SHIM_H

#include "event.h"

struct ircb_shim;

/* Descriptors below are for the library's select(). */
enum { IRCB_FDS_LOW = 1024 };

/* EMFILE when descriptors below 1,024 are used up (the library's select()
 * can't do more), other errnos of sockets. */
int ircb_shim_new(struct ircb_shim **sp);
void ircb_shim_free(struct ircb_shim *s); /* NULL is allowed */

/* line: what ircb_filter_in() made. ENOENT: the library has no event for it;
 * EIO: the session is over. The event's views stay until the next call. */
int ircb_shim_feed(struct ircb_shim *s, struct view line,
		   struct ircb_event *ev);

/* Appends v as plain UTF-8 text: colours and formatting codes go. */
void ircb_plain(struct buf *b, struct view v);
/* The same, and without the zero-width guards that relays put into nicks (as
 * ours does): they are for no one's eyes. */
void ircb_unguard(struct buf *b, struct view v);

#endif
