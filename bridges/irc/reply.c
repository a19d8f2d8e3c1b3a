/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers to strangers, counted. */
#include "reply.h"

bool ircb_reply_ctcp(struct ircb_reply *r, uint64_t now)
{
	if (r->ctcp_at && now - r->ctcp_at < IRCB_REPLY_CTCP_MS)
		return false;
	r->ctcp_at = now ? now : 1;
	return true;
}

bool ircb_reply_nick(struct ircb_reply *r, enum ircb_casemap map,
		     struct view nick, uint64_t now)
{
	size_t i, slot = IRCB_REPLY_NICKS;

	if (nick.n >= IRCB_NICK_MAX)
		return false;
	for (i = 0; i < IRCB_REPLY_NICKS; i++) {
		bool fresh = r->told[i].nick[0] &&
			     now - r->told[i].at < IRCB_REPLY_NICK_MS;

		if (!fresh)
			slot = i;
		else if (ircb_name_eq(map, view_str(r->told[i].nick), nick))
			return false;
	}
	if (slot == IRCB_REPLY_NICKS)
		return false;
	view_copy(r->told[slot].nick, IRCB_NICK_MAX, nick);
	r->told[slot].at = now;
	return true;
}
