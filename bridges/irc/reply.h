/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often we answer strangers: politely, but not at their command. */
#ifndef CONFAB_IRCB_REPLY_H
#define CONFAB_IRCB_REPLY_H

#include "names.h"

enum {
	IRCB_REPLY_NICKS = 64,
	IRCB_REPLY_NICK_MS = 600000, /* one answer a nick in ten minutes */
	IRCB_REPLY_CTCP_MS = 10000   /* one CTCP answer to anybody */
};

struct ircb_reply {
	uint64_t ctcp_at; /* ms, of the last one; 0: none yet */
	struct {
		char nick[IRCB_NICK_MAX];
		uint64_t at;
	} told[IRCB_REPLY_NICKS];
};

/* May we answer now? True counts as answered. */
bool ircb_reply_ctcp(struct ircb_reply *r, uint64_t now);
/* False as well when so many others were told in this time that the table is
 * full. */
bool ircb_reply_nick(struct ircb_reply *r, enum ircb_casemap map,
		     struct view nick, uint64_t now);

#endif
