/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What crosses between the IRC gateway in confabd and the sessions of
 * confab-irc (session.h): one struct a parcel. Texts are UTF-8; the worker
 * knows the server's charset, lengths and letter case, confabd knows none of
 * it.
 *
 * Down, with a tag (session_send()): senth says when the server has taken all
 * of it (echo, label or barrier), PARCEL_NEVER with its words where it refused
 * it, PARCEL_LATER where it can be tried again.
 */
#ifndef CONFAB_IRC_PARCEL_H
#define CONFAB_IRC_PARCEL_H

#include "buf.h"

/*        name       place    nick    other   text        what */
enum ircp_verb {
	IRCP_NONE,
	/* ---- down ---- */
	IRCP_SAY,     /* to place, a channel or a nick; text, any number of
			 lines; kind: enum worker_kind (text, emote, notice).
			 id: of the message, for the log */
	IRCP_JOIN,    /* place; other: its key, or empty; kind 1: quiet, as
			 somebody else listens: no HEARD, PEOPLE, TOPIC_IS
			 of it. JOINED or LEFT follows. Once more: as kind
			 says from now on */
	IRCP_PART,    /* place; text: reason. LEFT follows */
	IRCP_TOPIC,   /* place; text. TOPIC or REFUSED follows */
	IRCP_NICK,    /* nick. NICK or REFUSED follows */
	IRCP_NAMES,   /* place, where we are or not. NAMES or REFUSED */
	IRCP_AWAY,    /* text; empty: back */
	IRCP_KICK,    /* place, nick; text: reason. REFUSED, or PEOPLE */
	IRCP_BAN,     /* place, nick (user@host by what is known of him) */
	IRCP_UNBAN,   /* place, nick */
	IRCP_INVITE,  /* nick to place */
	IRCP_WHOIS,   /* nick. WHO or REFUSED follows */
	IRCP_WATCH,   /* nick: SHOW follows, now and at each change */
	IRCP_UNWATCH, /* nick */
	IRCP_LEAVE,   /* text: with which the session's end will leave */
	/* ---- up ---- */
	IRCP_HEARD,   /* nick (mask, account) said text in place, or to us
			 alone (place empty); kind, id: msgid, time. Never our
			 own words */
	IRCP_JOINED,  /* we are in place; nick: ours; text: its topic */
	IRCP_LEFT,    /* we are not, or not any more; kind: enum ircp_left;
			 nick: by whom; text: why; other: of REFUSED the
			 numeric ("475"), where there was one */
	IRCP_PEOPLE,  /* place; kind: enum ircp_change; nick, mask; other: the
			 new nick, or by whom; text: reason */
	IRCP_TOPIC_IS, /* place; nick: by whom; text */
	IRCP_NAMES_ARE, /* place; text: "@nick nick +nick ...", the last one
			 has kind 1 */
	IRCP_NICK_IS, /* nick: ours from now on; other: before */
	IRCP_REFUSED, /* what the user wanted: place or nick as it was in it;
			 kind: the numeric; text: the server's words */
	IRCP_WHO_IS,  /* nick, mask, account; text: in words */
	IRCP_SHOW,    /* nick; kind: enum ircp_show; mask, account where
			 known; text: the away message */
	IRCP_INVITED, /* us to place, by nick (mask) */
	IRCP_SAID,    /* a word of the server or of services for the user;
			 nick: of the service */
	IRCP_UNWANTED, /* the network's staff (text: who) wants us to go */
	IRCP_VERBS
};

enum ircp_left {
	IRCP_LEFT_ASKED,   /* we said so */
	IRCP_LEFT_KICKED,
	IRCP_LEFT_BANNED,  /* or kicked, with a ban */
	IRCP_LEFT_REFUSED, /* never in: key, ban, full, registered only ... */
	IRCP_LEFT_MADE,    /* services or an operator made us go */
};

enum ircp_change {
	IRCP_CAME, IRCP_WENT, IRCP_QUIT, IRCP_KICKED, IRCP_RENAMED,
	IRCP_SPLIT,   /* many at once: text "a, b, c and 25 others", other
			 "a.net b.net" */
	IRCP_MENDED,  /* they are back: likewise */
	IRCP_ROLE,    /* nick has mode "+o" (text) by other */
	IRCP_MODE,    /* of the channel: text "+m"; other: by whom */
};

enum ircp_show { IRCP_GONE, IRCP_HERE, IRCP_IS_AWAY, IRCP_UNKNOWN };

/* Views are borrowed. What a verb does not name is empty. */
struct ircp {
	enum ircp_verb verb;
	unsigned kind;
	uint64_t time_ms;     /* wall clock; 0: now */
	bool past;            /* HEARD: said before we came */
	struct view place, nick;
	struct view mask;     /* "user@host" of nick, where known */
	struct view account;  /* as whom services know nick */
	struct view other, text, id;
};

/* Appends. EMSGSIZE: over FRAME_PAYLOAD_MAX less 64 bytes; EBADMSG: a NUL in a
 * text. */
int ircp_put(struct buf *b, const struct ircp *p);
/* EBADMSG: not made by ircp_put(): unknown verb, kind out of its range, length
 * wrong, text that is no UTF-8 or has a NUL. */
int ircp_get(struct ircp *out, struct view parcel);

#endif
