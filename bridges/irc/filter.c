/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which lines reach libircclient. The reasons, by what Debian's 1.9-1 does:
 * empty lines and lines over 1,023 bytes stall it for ever; a NICK without
 * prefix crashes it; a command without parameters reads what the line before
 * left behind; more than ten parameters are dropped; CTCP is cut at 127 bytes
 * and answered, DCC is opened; a PING is answered (we did already).
 */
#include "event.h"
#include "filter.h"

struct rule {
	const char *command;
	size_t min; /* parameters */
};

static const struct rule rules[] = {
	{ "JOIN", 1 },	  { "PART", 1 },   { "KICK", 2 },  { "QUIT", 0 },
	{ "NICK", 1 },	  { "MODE", 2 },   { "TOPIC", 2 }, { "INVITE", 2 },
	{ "PRIVMSG", 2 }, { "NOTICE", 2 },
};

static const struct rule *find_rule(const struct ircb_line *l)
{
	static const struct rule of_numerics = { "", 1 };
	size_t i;

	if (l->code)
		return &of_numerics;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (view_eqs(l->command, rules[i].command))
			return &rules[i];
	return NULL;
}

enum ircb_gate ircb_filter_in(struct buf *out, const struct ircb_line *l)
{
	/* The library takes a prefix for granted; a line without one comes
	 * from the server at the other end. */
	struct view prefix = l->prefix.n ? l->prefix : VIEW("*");
	const struct rule *r = find_rule(l);
	size_t count = l->count;
	struct view none[1] = { VIEW("") };
	const struct view *params = l->params;

	if (!r || ircb_line_is_ctcp(l))
		return IRCB_GATE_OUTSIDE;
	if (count < r->min || view_starts(prefix, view_str(IRCB_LIBRARY_NICK)))
		return IRCB_GATE_REFUSED;
	if (count > IRCB_LIBRARY_PARAMS)
		return IRCB_GATE_OUTSIDE;
	if (!count) {
		params = none;
		count = 1;
	}
	/* What does not fit was a line of more than 512 bytes. */
	if (ircb_encode_from(out, prefix, l->command, params, count))
		return IRCB_GATE_OUTSIDE;
	return IRCB_GATE_LIBRARY;
}

bool ircb_filter_swallows(struct view line)
{
	struct view command;

	view_cut(line, ' ', &command, &line);
	return view_eqs(command, "NICK") || view_eqs(command, "USER") ||
	       view_eqs(command, "PASS");
}
