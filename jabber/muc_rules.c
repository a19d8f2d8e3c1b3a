/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of XEP-0045, as a relay reads them. */
#include "muc_rules.h"

#include "jid.h"
#include "utf8.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct code_row {
	unsigned code;
	struct muc_end end;
};

/* The first row that applies counts: some servers add 307 to a ban, and to
 * 333, which is no one's wish. */
static const struct code_row removed[] = {
	{ 301, { GONE_REFUSED, "banned from the room" } },
	{ 321, { GONE_REFUSED, "removed: no longer a member of the room" } },
	{ 322, { GONE_REFUSED, "removed: the room is now for members only" } },
	{ 332, { GONE_NET, "the room's service is shutting down" } },
	{ 333, { GONE_NET, "the room removed us for technical reasons" } },
	{ 307, { GONE_REFUSED, "kicked from the room" } },
};

struct muc_end muc_removed(const unsigned *codes, size_t count, bool destroyed)
{
	static const struct muc_end gone = { GONE_REFUSED,
					     "the room was destroyed" };
	static const struct muc_end other = { GONE_NET,
					      "no longer in the room" };

	if (destroyed)
		return gone;
	for (size_t i = 0; i < COUNT(removed); i++)
		for (size_t k = 0; k < count; k++)
			if (codes[k] == removed[i].code)
				return removed[i].end;
	return other;
}

struct join_row {
	const char *condition;
	struct muc_end end;
};

static const struct join_row refused[] = {
	{ "conflict", { GONE_REFUSED, "the nick is taken in the room" } },
	{ "not-authorized", { GONE_REFUSED, "the room wants a password" } },
	{ "registration-required",
	  { GONE_REFUSED, "the room is for members only" } },
	{ "forbidden", { GONE_REFUSED, "we are banned from the room" } },
	{ "item-not-found",
	  { GONE_REFUSED, "there is no such room, or it is locked" } },
	{ "not-allowed",
	  { GONE_REFUSED, "there is no such room, and we may not make it" } },
	{ "service-unavailable",
	  { GONE_REFUSED, "the room is full, or there is none" } },
	{ "not-acceptable",
	  { GONE_REFUSED, "the room does not accept this nick" } },
	{ "jid-malformed",
	  { GONE_CONFIG, "the room's address or the nick is malformed" } },
	{ "gone", { GONE_REFUSED, "the room has moved" } },
	{ "redirect", { GONE_REFUSED, "the room has moved" } },
	{ "remote-server-not-found",
	  { GONE_NET, "the room's server cannot be found" } },
	{ "remote-server-timeout",
	  { GONE_NET, "the room's server does not answer" } },
	{ "resource-constraint", { GONE_NET, "the room's server is busy" } },
	{ "internal-server-error",
	  { GONE_NET, "the room's server has an internal error" } },
};

struct muc_end muc_join_refused(struct view condition, struct view type)
{
	static const struct muc_end wait = { GONE_NET,
					     "the room says: not now" };
	static const struct muc_end other = { GONE_REFUSED,
					      "the room refused us" };

	for (size_t i = 0; i < COUNT(refused); i++)
		if (view_eqs(condition, refused[i].condition))
			return refused[i].end;
	return view_eqs(type, "wait") ? wait : other;
}

struct say_row {
	const char *condition;
	struct muc_say_end end;
};

static const struct say_row say_refused[] = {
	{ "forbidden", { MUC_SAY_NEVER, "we have no voice in the room" } },
	{ "not-acceptable", { MUC_SAY_OUT, "we are not in the room" } },
	{ "remote-server-not-found",
	  { MUC_SAY_OUT, "the room's server cannot be found" } },
	{ "remote-server-timeout",
	  { MUC_SAY_OUT, "the room's server does not answer" } },
	{ "resource-constraint", { MUC_SAY_AGAIN, "the room is busy" } },
};

struct muc_say_end muc_say_refused(struct view condition, struct view type)
{
	static const struct muc_say_end wait = {
		MUC_SAY_AGAIN, "the room says: not now" };
	static const struct muc_say_end other = {
		MUC_SAY_NEVER, "the room refused the message" };

	for (size_t i = 0; i < COUNT(say_refused); i++)
		if (view_eqs(condition, say_refused[i].condition))
			return say_refused[i].end;
	return view_eqs(type, "wait") ? wait : other;
}

enum muc_ping muc_ping_answer(struct view condition)
{
	/* XEP-0410 3.3: the server or another client of ours answered. */
	static const char *const in[] = { "service-unavailable",
					  "feature-not-implemented",
					  "item-not-found" };

	if (view_empty(condition))
		return MUC_PING_IN;
	for (size_t i = 0; i < COUNT(in); i++)
		if (view_eqs(condition, in[i]))
			return MUC_PING_IN;
	if (view_eqs(condition, "remote-server-not-found") ||
	    view_eqs(condition, "remote-server-timeout"))
		return MUC_PING_UNSURE;
	return MUC_PING_OUT;
}

void muc_next_nick(struct buf *out, struct view nick, unsigned try)
{
	buf_addv(out, view_head(nick, utf8_cut(nick, JID_PART_MAX - 4)));
	if (try <= 2)
		buf_add(out, "__", try);
	else
		buf_addf(out, "-%u", try - 1);
}

void muc_body(struct buf *out, unsigned kind, struct view name,
	      struct view text)
{
	if (kind == SAY_NOTICE)
		buf_adds(out, "* ");
	if (kind == SAY_EMOTE)
		buf_adds(out, "/me ");
	if (kind != SAY_NOTICE) {
		buf_addc(out, '<');
		buf_addv(out, name);
		buf_adds(out, "> ");
	}
	for (size_t i = 0; i < text.n; i++) {
		buf_addc(out, text.p[i]);
		if (text.p[i] == '\n')
			buf_adds(out, "  ");
	}
}
