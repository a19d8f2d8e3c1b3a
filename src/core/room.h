/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A room: a journal with cursors. Made and changed by the hub only. */
#ifndef CONFAB_ROOM_H
#define CONFAB_ROOM_H

#include "hash.h"
#include "list.h"
#include "member.h"
#include "msg.h"

enum { ROOM_PRIVATE = 1 }; /* the seeds' flag column */

/* Who hears of those who come and go: everybody; the one concerned, the owners
 * and the admins; the one concerned only. A room above ROOM_QUIET_ABOVE
 * members is quiet where it would be loud. */
enum room_notices { NOTICES_ALL, NOTICES_QUIET, NOTICES_OFF };
enum { ROOM_QUIET_ABOVE = 200, ROOM_SUBJECT_MAX = 512 };

enum {
	ROOM_NAME_MAX = 64,
	ROOM_RECENT = 64, /* newest messages kept in memory */
	ROOM_PAGE = 64,   /* older ones read from the store at once */
	ROOM_MEMBERS_MAX = 2000,
};

struct hub;

/* A stretch of older messages: what has no message here is a hole. */
struct room_page {
	uint64_t after, upto; /* after < seq <= upto */
	size_t count;
	struct msg *msgs[ROOM_PAGE]; /* ref; by seq */
};

struct room {
	struct hnode by_name;  /* hub's table, key: name and domain; of an
				  inbox: of inboxes, key: addr */
	struct hnode by_id;
	struct hub *hub;       /* borrowed: the hub owns the room */
	uint64_t id;
	struct addr *addr;     /* ref; sip:name@domain, as first spelt */
	uint32_t flags;
	enum room_notices notices;
	bool inbox;            /* no room: what waits for one user by himself,
				  its only member; addr is his */
	bool stored;           /* of an inbox: its row is on the disk */
	struct book *book;     /* owned; of an inbox: who filled it */
	bool ending;           /* hub_room_destroy() is on its way */
	struct view subject;   /* owned */
	uint64_t created_ms;
	uint64_t head;         /* newest sequence number given out */
	uint64_t committed;    /* newest that may be delivered */
	uint64_t talk_first;   /* no text for all is before this, nor */
	uint64_t talk_last;    /* after this (hub): see history.c */
	struct msg **recent;   /* owned; ROOM_RECENT refs, at the number's
				  remainder; NULL: nothing was said yet */
	struct room_page *page; /* owned; the last one read, or NULL */
	uint64_t want;         /* lowest number that somebody waits for */
	bool reading;          /* a page is on its way */
	bool trimming;         /* those who are away lose their oldest */
	bool expiring;         /* its oldest are being looked through */
	size_t away;           /* members put off */
	uint64_t bytes;        /* of text, since the start */
	struct weights *weights; /* ref, or NULL (hub): see weigh.c */
	struct room_fails *fails; /* owned; the newest (hub), or NULL */
	struct htable members; /* whatever their state */
	size_t banned;         /* of them */
	size_t own_nicks;      /* members that chose theirs */
	size_t odd_nicks;      /* those that are not all of ASCII */
	struct list order;     /* member.order */
	struct list legs;      /* leg.in_room */
};

struct member *room_member(const struct room *r, const struct addr *a);
/* Another one than but who is shown like this (without letter case, not
 * banned), or NULL. */
struct member *room_by_nick(const struct room *room, struct view nick,
			    const struct member *but);
/* The same for who looks like this (look.h). */
struct member *room_by_look(const struct room *room, struct view nick,
			    const struct member *but);
size_t room_member_count(const struct room *r); /* without the banned */
struct view room_name(const struct room *r);
struct view room_domain(const struct room *r);
bool room_is_private(const struct room *r);
/* "all", "quiet", "off"; EINVAL: another word. */
const char *room_notices_name(enum room_notices notices);
int room_notices_parse(enum room_notices *out, struct view word);
/* Above ROOM_QUIET_ABOVE. */
bool room_is_large(const struct room *r);
int room_print(struct sink *out, const struct room *r);

#endif
