/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the words of a room (XEP-0045) mean to us: pure tables and functions,
 * without a stanza or a connection.
 */
#ifndef CONFAB_JABBER_MUC_RULES_H
#define CONFAB_JABBER_MUC_RULES_H

#include "buf.h"
#include "worker.h"

struct muc_end {
	enum worker_lost why;
	const char *words; /* static */
};

/* Our stay is over: the status codes of our own unavailable presence, and
 * whether it said <destroy/>. */
struct muc_end muc_removed(const unsigned *codes, size_t count,
			   bool destroyed);
/* Our join was refused: the stanza error's condition and type. */
struct muc_end muc_join_refused(struct view condition, struct view type);

enum muc_say_fate {
	MUC_SAY_NEVER, /* this text will not get in */
	MUC_SAY_AGAIN, /* later, perhaps */
	MUC_SAY_OUT,   /* we are not in the room any more */
};
struct muc_say_end {
	enum muc_say_fate fate;
	const char *words; /* static */
};
/* The room sent our text back as an error. */
struct muc_say_end muc_say_refused(struct view condition, struct view type);

enum muc_ping { MUC_PING_IN, MUC_PING_UNSURE, MUC_PING_OUT };
/* The answer to a self-ping (XEP-0410 3.3); condition empty: a result. */
enum muc_ping muc_ping_answer(struct view condition);

enum { MUC_NICK_TRIES = 5 };
/* The nick to try after "try" (1 .. MUC_NICK_TRIES) conflicts: "nick_",
 * "nick__", "nick-2", "nick-3", "nick-4". */
void muc_next_nick(struct buf *out, struct view nick, unsigned try);

/* The body: "<name> text", every further line indented by two spaces, so
 * that none looks like another sender's; "/me <name> text"; "* text". */
void muc_body(struct buf *out, unsigned kind, struct view name,
	      struct view text);

#endif
