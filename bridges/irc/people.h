/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is in our channels, so that nobody is called by a name that he has on
 * IRC and another has in a room of ours. Names compare as the server has it.
 */
#ifndef CONFAB_IRCB_PEOPLE_H
#define CONFAB_IRCB_PEOPLE_H

#include "names.h"

struct ircb_people;

/* Beyond so many nobody is kept any more. */
enum { IRCB_PEOPLE_MAX = 50000 };

/* support is borrowed. mem_deref() frees it. */
struct ircb_people *ircb_people_new(const struct ircb_support *support);
/* What a line tells of those who come and go: JOIN, PART, KICK, QUIT, NICK and
 * RPL_NAMREPLY. us: our nick; a channel that we leave is forgotten. */
void ircb_people_line(struct ircb_people *p, const struct ircb_line *l,
		      struct view us);
bool ircb_people_has(const struct ircb_people *p, struct view channel,
		     struct view nick);
/* h for each channel that this nick is in, with the name folded; it may change
 * nothing here. */
void ircb_people_channels(const struct ircb_people *p, struct view nick,
			  void (*h)(struct view channel, void *arg),
			  void *arg);
/* How many are in this channel, we among them. */
size_t ircb_people_present(const struct ircb_people *p, struct view channel);
size_t ircb_people_count(const struct ircb_people *p);

/* Appends name, broken (mention.h) where it, or what of it is before an '@',
 * is the nick of one in the channel. */
void ircb_people_guard(const struct ircb_people *p, struct view channel,
		       struct view name, struct buf *b);
/* Appends text, which does not name too many of the channel (mention.h). */
void ircb_people_spare(const struct ircb_people *p, struct view channel,
		       struct view text, struct buf *b);

#endif
