/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of lines that do not go through the library. */
#include "event.h"

static bool is_message(const struct ircb_line *l)
{
	return view_eqs(l->command, "PRIVMSG") ||
	       view_eqs(l->command, "NOTICE");
}

bool ircb_line_is_ctcp(const struct ircb_line *l)
{
	struct view text = ircb_param(l, 1);

	return is_message(l) && text.n && text.p[0] == 0x01;
}

static enum ircb_event_type type_of(const struct ircb_line *l)
{
	static const struct {
		const char *command;
		enum ircb_event_type type;
	} types[] = {
		{ "JOIN", IRCB_EV_JOIN },     { "PART", IRCB_EV_PART },
		{ "KICK", IRCB_EV_KICK },     { "QUIT", IRCB_EV_QUIT },
		{ "NICK", IRCB_EV_NICK },     { "PRIVMSG", IRCB_EV_MSG },
		{ "NOTICE", IRCB_EV_NOTICE }, { "MODE", IRCB_EV_MODE },
		{ "TOPIC", IRCB_EV_TOPIC },   { "INVITE", IRCB_EV_INVITE },
	};
	size_t i;

	if (l->code)
		return IRCB_EV_NUMERIC;
	if (ircb_line_is_ctcp(l))
		return view_eqs(l->command, "PRIVMSG") ? IRCB_EV_CTCP
						       : IRCB_EV_CTCP_REPLY;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_eqs(l->command, types[i].command))
			return types[i].type;
	return IRCB_EV_OTHER;
}

void ircb_event_of_line(struct ircb_event *ev, const struct ircb_line *l)
{
	ev->type = type_of(l);
	ev->line = *l;
	ev->batch = IRCB_BATCH_NONE;
}

bool ircb_is_split(struct view reason)
{
	struct view rest = reason, one, two, more;

	if (!view_word(&rest, " ", &one) || !view_word(&rest, " ", &two) ||
	    view_word(&rest, " ", &more) || view_eq(one, two))
		return false;
	/* Names of servers; a user's own words have "Quit: " in front. */
	return view_has(one, '.') && view_has(two, '.') &&
	       !view_has(reason, ':') && !view_has(reason, '/') &&
	       one.p[one.n - 1] != '.' && two.p[two.n - 1] != '.';
}
