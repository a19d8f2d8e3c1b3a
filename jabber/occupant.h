/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One occupant of a room somewhere (XEP-0045), for whoever wants to be in it:
 * joins, stays (self-ping, rejoin), knows who else is there, tells what
 * happens. jabber.md 4.6 and 3.7 are its rules. It tells what it hears once,
 * and its own words not at all.
 */
#ifndef CONFAB_JABBER_OCCUPANT_H
#define CONFAB_JABBER_OCCUPANT_H

#include "gate_priv.h"

struct occupant;

enum occupant_state {
	OCCUPANT_OUT,     /* not wanted, or gone for good: why was told */
	OCCUPANT_WAITING, /* for its link, or for the next try */
	OCCUPANT_JOINING,
	OCCUPANT_IN,
};

/* Somebody there. Views are valid within handlers. */
struct occupant_who {
	struct view nick;
	struct view jid;     /* his real one, where the room shows it */
	struct view role, affiliation;
	enum show show;
	uint64_t token;      /* another one when the nick is somebody else's:
				by occupant-id (XEP-0421), real JID, or stay */
};

enum occupant_event {
	OCCUPANT_CAME,
	OCCUPANT_WENT,       /* by himself; words: his status */
	OCCUPANT_RENAMED,    /* other: the new nick */
	OCCUPANT_KICKED,     /* other: by whom, or empty; words: why */
	OCCUPANT_BANNED,
	OCCUPANT_VOICE,      /* our own: given */
	OCCUPANT_MUTED,      /* our own: taken (moderated) */
};

enum occupant_gone {
	GONE_LEFT,           /* as wanted */
	GONE_KICKED, GONE_BANNED, GONE_DESTROYED, GONE_MEMBERS_ONLY,
	GONE_PASSWORD,       /* needed, or wrong */
	GONE_NICK,           /* all five forms of it are taken */
	GONE_NO_ROOM,        /* there is none, or it may not be made */
	GONE_FULL,
	GONE_OTHER,
};

/* How public a room is (XEP-0045 7.2.3, 7.2.12, 10.2.1); bits. */
enum occupant_public {
	OCCUPANT_OPEN = 1 << 0,   /* everybody there sees our address */
	OCCUPANT_LOGGED = 1 << 1, /* what is said is kept, for others too */
};

/* What is said. */
struct occupant_heard {
	struct view nick;    /* empty: the room itself */
	enum msg_kind kind;  /* MSG_TEXT, MSG_EMOTE, MSG_SUBJECT */
	struct view text;
	uint64_t time_ms;    /* 0: now; else it was said then (history) */
	struct view id;      /* stable where the room has it, or empty;
				begins with "s:" where it is the room's own */
	struct view origin;  /* as its sender gave it, or empty */
	bool own;            /* our own user's, from another client of his */
	bool correction;     /* XEP-0308 */
};

struct occupant_ops {
	/* In (again). fresh: it was not in just before; subject may be
	 * empty. */
	void (*joined)(struct occupant *o, bool fresh, size_t count,
		       struct view subject, void *arg);
	void (*heard)(struct occupant *o, const struct occupant_heard *h,
		      void *arg);
	/* To us alone, from a nick. */
	void (*whisper)(struct occupant *o, const struct occupant_heard *h,
			void *arg);
	void (*happened)(struct occupant *o, enum occupant_event what,
			 const struct occupant_who *who, struct view other,
			 struct view words, void *arg);
	/* What was said (tag of occupant_say()) is in the room (0), or not:
	 * EACCES no voice, EAGAIN not in, EREMOTEIO; words say why. */
	void (*said)(struct occupant *o, uint64_t tag, int err,
		     struct view words, void *arg);
	/* Out, and does not come back by itself. */
	void (*gone)(struct occupant *o, enum occupant_gone why,
		     struct view words, void *arg);
	/* Who may know what is said and by whom has changed, see
	 * occupant_public(). NULL: nobody wants to know. */
	void (*opened)(struct occupant *o, enum occupant_public what, bool now,
		       void *arg);
	/* Out for now; it comes back. NULL: nobody wants to know. */
	void (*lost)(struct occupant *o, struct view words, void *arg);
};

struct occupant_conf {
	struct gate *gate;
	struct xlink *link;      /* borrowed; outlives it */
	struct view from;        /* full JID that it speaks as; empty for an
				    account. These are copied */
	struct view room;        /* bare JID, prepared */
	struct view nick;        /* wanted: prepared by jnick.h */
	struct view password;    /* or empty; wiped afterwards */
	unsigned history;        /* lines of the past; 0: none */
	uint64_t since_ms;       /* not 0: all since then, in place of it */
	bool rejoin_after_kick;  /* after 60 s, at most 3 times a day */
	bool no_create;          /* where there is no such room none is made:
				    GONE_NO_ROOM */
	const struct occupant_ops *ops;
	void *arg;
};

/* EEXIST: this user is in this room by this link already. */
int occupant_new(struct occupant **op, const struct occupant_conf *conf);
/* Joins as soon as the link is up; and whenever it comes up again. */
void occupant_join(struct occupant *o);
/* Leaves: gone() does not run. */
void occupant_leave(struct occupant *o, struct view words);
void occupant_free(struct occupant *o); /* leaves first; NULL is allowed */
enum occupant_state occupant_state(const struct occupant *o);
struct view occupant_room(const struct occupant *o);
struct view occupant_nick(const struct occupant *o); /* as it is there */
/* tag: said() follows, never before this returns. id: the stanza's; one that
 * begins with "cf-" is never taken for another client's words, and not said
 * again when the room's past has it. ENOTCONN: not in; EACCES: no voice;
 * EBUSY: later; EMSGSIZE. */
int occupant_say(struct occupant *o, uint64_t tag, enum msg_kind kind,
		 struct view text, struct view id);
/* The same; what was said more than a minute ago (wall clock ms; 0: now) says
 * when (XEP-0203). */
struct occupant_words {
	uint64_t tag, time_ms;
	enum msg_kind kind;
	struct view text, id;
};
int occupant_speak(struct occupant *o, const struct occupant_words *w);
/* To one alone. said() follows as soon as the server has it; an error that
 * comes later is told with tag 0. ENOENT: nobody has this nick. */
int occupant_whisper(struct occupant *o, uint64_t tag, struct view nick,
		     struct view text, struct view id);
/* Both are asked of the room; happened() or an error line by said() with tag
 * 0 follows. */
int occupant_rename(struct occupant *o, struct view nick);
int occupant_subject(struct occupant *o, struct view text);
/* As it is there; empty: none, or not known. */
struct view occupant_topic(const struct occupant *o);
/* Bits of enum occupant_public, as the room said when we came, or since. */
unsigned occupant_public(const struct occupant *o);
/* How many are there, those that are not shown with them. */
size_t occupant_count(const struct occupant *o);
/* Who is there, in order of nicks, whatever their case: pos 0 at first. */
bool occupant_each(const struct occupant *o, size_t *pos,
		   struct occupant_who *who);
bool occupant_find(const struct occupant *o, struct view nick,
		   struct occupant_who *who);
/* As clients ring for: in any case of ASCII letters. */
bool occupant_is_called(const struct occupant *o, struct view name);
/* A stanza for this user by this link from this room (or an occupant of it):
 * true when it was one of ours. Asked before all else of a person. */
bool occupants_stanza(struct gate *g, struct xlink *x, const struct elem *e);
/* The link came up or went. */
void occupants_up(struct gate *g, struct xlink *x);
void occupants_down(struct gate *g, struct xlink *x);
/* Is this nick in this room one of ours (any link)? */
bool occupants_is_ours(const struct gate *g, struct view room,
		       struct view nick);

#endif
