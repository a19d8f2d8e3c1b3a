/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message for all legs: immutable after msg_new(), reference-counted.
 * Faces render it, never edit it.
 */
#ifndef CONFAB_MSG_H
#define CONFAB_MSG_H

#include "addr.h"
#include "sink.h"

enum msg_kind {
	MSG_TEXT,
	MSG_EMOTE,   /* text is what follows "/me " */
	MSG_NOTICE,  /* of the room itself: text is complete, no name */
	MSG_SUBJECT,
};

/* Of an audience: the owners and admins of the room as well. */
#define MSG_TO_STAFF (UINT64_C(1) << 63)

enum { MSG_TEXT_MAX = 16 * 1024, MSG_NAME_MAX = 128 };

struct msg {
	uint64_t id;
	enum msg_kind kind;
	struct addr *from;  /* ref; who said it */
	struct view name;   /* as shown, clean: "alice", "bob@libera" */
	struct view text;   /* UTF-8, clean, lines end with LF */
	uint64_t time_ms;   /* wall clock */
	uint64_t reply_to;  /* id or 0 */
	uint64_t origin;    /* id of the leg it came from, 0: a SIP member */
	uint64_t audience;  /* 0: all; else only the member of this id, with
			       MSG_TO_STAFF or without */
	uint64_t seq;       /* in its room; set before anyone sees it */
	struct view meta;   /* as meta_put() made it; for most empty */
};

struct msg_conf {
	uint64_t id; /* as msg_new_id() makes it; 0: a new one */
	enum msg_kind kind;
	struct addr *from;
	struct view name, text; /* cleaned by msg_new() */
	uint64_t time_ms;       /* 0: now */
	uint64_t reply_to, origin, audience, seq;
	struct view meta;       /* as meta_put() made it, or empty */
};

/* EBADMSG when the clean text is empty, EMSGSIZE over MSG_TEXT_MAX, or for
 * what goes with it over META_MAX. */
int msg_new(struct msg **mp, const struct msg_conf *conf);
/* For who has to know it before the message is made. */
uint64_t msg_new_id(void);
const char *msg_kind_name(enum msg_kind kind);
/* One line, without the text. */
int msg_print(struct sink *out, const struct msg *m);

#endif
