/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a line of the server means, told the same way whether libircclient
 * dispatched it (shim.h) or the filter kept the line from it.
 */
#ifndef CONFAB_IRCB_EVENT_H
#define CONFAB_IRCB_EVENT_H

#include "batch.h"
#include "line.h"

enum ircb_event_type {
	IRCB_EV_OTHER,	 /* see command */
	IRCB_EV_NUMERIC, /* see code */
	IRCB_EV_JOIN,
	IRCB_EV_PART,
	IRCB_EV_KICK,
	IRCB_EV_QUIT,
	IRCB_EV_NICK,
	IRCB_EV_MODE,
	IRCB_EV_TOPIC,
	IRCB_EV_MSG, /* PRIVMSG, to a channel or to us */
	IRCB_EV_NOTICE,
	IRCB_EV_CTCP, /* PRIVMSG that is CTCP, ACTION as well */
	IRCB_EV_CTCP_REPLY,
	IRCB_EV_INVITE
};

/* Views are borrowed until the next line is read. */
struct ircb_event {
	enum ircb_event_type type;
	struct ircb_line line; /* with prefix, command, code, params, tags */
	enum ircb_batch batch; /* what it is part of */
};

/* The event of a line that the library does not get to see. */
void ircb_event_of_line(struct ircb_event *ev, const struct ircb_line *l);
/* Is this the reason of a QUIT by a netsplit: "a.example b.example"? */
bool ircb_is_split(struct view reason);
/* PRIVMSG or NOTICE whose text is CTCP. */
bool ircb_line_is_ctcp(const struct ircb_line *l);

#endif
