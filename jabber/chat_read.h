/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a message stanza says, of all that it may carry. Pure; views are into
 * the stanza. */
#ifndef CONFAB_JABBER_CHAT_READ_H
#define CONFAB_JABBER_CHAT_READ_H

#include "elem.h"

enum chat_state {
	CHAT_STATE_NONE, /* it says nothing of it */
	CHAT_ACTIVE, CHAT_COMPOSING, CHAT_PAUSED, CHAT_INACTIVE, CHAT_GONE,
};

struct chat_words {
	struct elem body;      /* has_body: the one to be read */
	bool has_body;
	bool encrypted;        /* the words are for those who can't read it */
	bool withdrawn;        /* XEP-0424: of an earlier one */
	bool reaction;         /* XEP-0444: nothing to be shown */
	bool notice;           /* written by itself (see chat_hints()) */
	bool receipt;          /* wants one (XEP-0184) */
	bool has_subject;
	struct view subject, thread, lang, url;
	struct view replaces;  /* XEP-0308: id of what it corrects */
	struct view received;  /* XEP-0184: id of ours */
	enum chat_state state;
};

/* lang: what the reader would like, or empty. */
void chat_read(struct chat_words *w, const struct elem *e, struct view lang);
/* Marks what nobody wrote: kept nowhere, copied to nobody, answered by no
 * program (XEP-0334). */
void chat_hints(struct buf *b);
/* Puts together what is shown. correction: w->replaces is known to him.
 * Nothing is added where nothing is to be shown. */
void chat_compose(struct buf *out, const struct chat_words *w,
		  bool correction);

/* An invitation to a room (XEP-0249, or XEP-0045 7.8.2 by the room). */
struct chat_invite {
	struct view room, by, reason, password;
};
bool chat_invite(struct chat_invite *i, const struct elem *e);

/* A private message of a room's (XEP-0045 7.5): its sender is an occupant, and
 * nobody's address. */
bool chat_is_whisper(const struct elem *e);

/* The id that an entity gave to it (XEP-0359), by is a bare JID. */
struct view chat_stanza_id(const struct elem *e, struct view by);
/* When it was said, as from says, wall clock; 0: it does not. */
uint64_t chat_delay(const struct elem *e, struct view from);

#endif
