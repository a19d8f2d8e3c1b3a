/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hub: rooms, members, legs, and messages crossing between them. It knows
 * no protocol; it calls the ops that a face registered.
 *
 * What changes state takes a hub_done_h: it runs when the change is on the
 * disk (0) or was taken back (the store's errno), never before the function
 * returned, and never when the function itself returned an error.
 */
#ifndef CONFAB_HUB_H
#define CONFAB_HUB_H

#include "face.h"
#include "loop.h"
#include "room.h"
#include "store.h"
#include "watch.h"

struct hub;

struct hub_conf {
	struct loop *loop;     /* borrowed */
	struct store *store;   /* borrowed */
	const char *domain;    /* ours: its users are shown without domain */
	unsigned keep_days;    /* journal; 0: 7 */
	uint64_t keep_msgs;    /* per room; 0: 10,000 */
	unsigned wait_msgs;    /* a member away: at most so many; 0: 500 */
	uint64_t wait_bytes;   /* and so much text; 0: 1 MiB */
	unsigned invite_days;  /* invitations expire; 0: 7 */
	unsigned room_members; /* 0: ROOM_MEMBERS_MAX */
	unsigned rooms;        /* in all; 0: 100,000 */
	enum room_notices notices; /* of new rooms */
	uint64_t backoff_ms;   /* first pause of a lost link; 0: 1,000 */
};

typedef void (hub_done_h)(int err, void *arg);

int hub_new(struct hub **hp, const struct hub_conf *conf);
/* From keep_days to notices: as conf says from now on. */
void hub_reconf(struct hub *h, const struct hub_conf *conf);
/* Faces first, then hub_load(), then hub_start(). face is handed to each op.
 * EEXIST when the scheme is taken. */
int hub_add_face(struct hub *h, const struct face_ops *ops, void *face);
/* Rooms, members and links of the store. */
int hub_load(struct hub *h);
/* Starts the faces, attaches all legs, delivers what is waiting. */
int hub_start(struct hub *h);
/* The end is near: links are sent nothing more, so that what is under way to
 * them can be confirmed. How many still have something under way. */
void hub_drain(struct hub *h);
size_t hub_draining(const struct hub *h);
/* Stops the faces, writes the cursors. Faces are not called afterwards, and
 * what they call up is ignored; doneh of changes under way still run. */
void hub_stop(struct hub *h);
/* Before or after store_close(), before loop_free(). Changes that the store
 * has not answered yet hear ESHUTDOWN. Cursors are not written any more. NULL
 * is allowed. */
void hub_free(struct hub *h);
bool hub_is_our_domain(const struct hub *h, struct view domain);

/* ---- rooms and members: for the face that has the members ---- */

/* Name and domain without letter case; NULL when there is none. Borrowed. */
struct room *hub_room(const struct hub *h, struct view name,
		      struct view domain);
struct room *hub_room_by_id(const struct hub *h, uint64_t id);
struct member *hub_member_by_id(const struct hub *h, uint64_t id);
/* Walk all rooms: start with *pos = 0 and NULL. */
struct room *hub_each_room(const struct hub *h, size_t *pos,
			   struct room *prev);
size_t hub_room_count(const struct hub *h);
/* The name that others see of a SIP user: "alice" of our own domain,
 * "alice@host" of others. */
void hub_name_user(const struct hub *h, struct buf *out,
		   const struct addr *a);

/* A room with its owner as first member (owner NULL: the operator's, without
 * members). *rp is set at once. EEXIST, EBADMSG (name: 1..64 letters, digits
 * and ._-+~!$&'=, with no full stop at the end), EBUSY: hub_conf.rooms. doneh
 * and rp may be NULL. */
int hub_room_create(struct hub *h, struct room **rp, struct view name,
		    struct view domain, uint32_t flags, struct addr *owner,
		    hub_done_h *doneh, void *arg);

struct hub_join {
	struct addr *addr;
	enum member_role role;
	enum member_state state;
	struct view notice; /* of coming: see enum room_notices; or empty */
	struct addr *inviter; /* MEMBER_INVITED: who did it; else NULL */
	struct view nick;     /* as in hub_member_change; usually empty */
};
/* EEXIST: is in already (any state), EADDRINUSE: another one has this nick,
 * or one that looks alike (see hub_nick_pick()), EBADMSG: nothing is left of
 * it, EBUSY: hub_conf.room_members, ENOENT: the room is ending. */
int hub_member_add(struct room *r, const struct hub_join *join,
		   hub_done_h *doneh, void *arg);
/* The notice is of going: see enum room_notices; the leaver gets it before he
 * is gone. ENOENT: he is on his way out already. EPERM: he is the only owner
 * of a room with other members. */
int hub_member_remove(struct room *r, struct member *m, struct view notice,
		      hub_done_h *doneh, void *arg);
/* The same, but the notice is for the others only. */
int hub_member_expel(struct room *r, struct member *m, struct view notice,
		     hub_done_h *doneh, void *arg);
/* As hub_member_expel(), by somebody else: those who watch hear by whom and
 * why. */
int hub_member_kick(struct member *m, struct view notice,
		    const struct room_by *by, hub_done_h *doneh, void *arg);

enum {
	MEMBER_SET_ROLE = 1 << 0,
	MEMBER_SET_STATE = 1 << 1, /* INVITED to JOINED; any to BANNED */
	MEMBER_SET_NICK = 1 << 2,
	MEMBER_SET_MUTED = 1 << 3,
	MEMBER_SET_AWAY = 1 << 4,
};

struct hub_member_change {
	unsigned what;          /* MEMBER_SET_... */
	enum member_role role;
	enum member_state state; /* JOINED: his cursor starts here, the notice
				    is one of coming; BANNED: one of going,
				    the row stays, he hears nothing more */
	struct view nick;       /* cleaned here; empty: by his address again */
	uint64_t muted_until_ms; /* wall clock; 0: not, UINT64_MAX: for good */
	struct view away;       /* empty: he is back */
	struct view notice;     /* to all, or empty */
	struct room_by by;      /* for those who watch */
};
/* EPERM: the room would be left without an owner, EEXIST: another member has
 * this nick, or one that looks alike, EBADMSG: nothing is left of the nick,
 * ENOENT: he is leaving, EINVAL: no way leads from his state to that one. */
int hub_member_change(struct member *m, const struct hub_member_change *c,
		      hub_done_h *doneh, void *arg);
/* Sets nick, which is empty, to what who is to be called if he wishes this
 * (not empty), whether he is a member already or not: it is cleaned, and one
 * that another member could be taken for has a number ("nick-2"). EADDRINUSE:
 * another one has just this, EBADMSG: nothing is left of it. */
int hub_nick_pick(struct buf *nick, const struct room *r,
		  const struct addr *who, struct view wish);

enum {
	ROOM_SET_FLAGS = 1 << 0,
	ROOM_SET_SUBJECT = 1 << 1,
	ROOM_SET_NOTICES = 1 << 2,
};

struct hub_room_change {
	unsigned what;          /* ROOM_SET_... */
	uint32_t flags;
	struct view subject;    /* cleaned here: one line, at most 512 bytes */
	enum room_notices notices;
	struct view notice;     /* to all, or empty */
	struct room_by by;      /* for those who watch */
	uint64_t origin;        /* the leg that a subject comes from; or 0 */
};
int hub_room_change(struct room *r, const struct hub_room_change *c,
		    hub_done_h *doneh, void *arg);
/* The notice goes to all; then the room, its members, its links and what it
 * kept are gone, right after doneh ran. Its copies under way are still sent
 * again. ENOENT: it is ending already. */
int hub_room_destroy(struct room *r, struct view notice, hub_done_h *doneh,
		     void *arg);

/* The newest texts and emotes, oldest first; msgs are borrowed. */
typedef void (hub_history_h)(int err, struct msg *const *msgs, size_t count,
			     void *arg);
/* At most count (1 to 200) of them. h runs later, once; ENOENT: the room is
 * gone. */
void hub_history(struct room *r, size_t count, hub_history_h *h, void *arg);

/* The same of all that is kept, by numbers and time: see store_archive(). */
void hub_archive(struct room *r, const struct store_archive *a,
		 hub_history_h *h, void *arg);
/* A line to one person of any network, beside the journal. */
void hub_room_tell(struct room *r, const struct addr *to, struct view text);

/* What became of the newest text that from said in the room. */
struct hub_fate {
	uint64_t seq, time_ms;
	size_t delivered, waiting, failed; /* members and links */
};
/* ENOENT: he said nothing that is still known (since the start, or within the
 * journal). details: one line each of what waits or failed, with who and why,
 * at most 20. */
int hub_fate(struct hub_fate *out, struct buf *details, struct room *r,
	     const struct addr *from);

/* He was heard: try what is waiting for him now. */
void hub_member_awake(struct hub *h, const struct addr *a);

struct hub_say {
	uint64_t id;        /* msg_new_id(); 0: a new one */
	struct addr *from;
	enum msg_kind kind;
	struct view text;
	struct view dedupe; /* key of the request, or empty */
	struct view meta;   /* as meta_put() made it, or empty */
};
/* A member speaks. EACCES: no joined member, EAGAIN: he is muted, EBADMSG:
 * nothing left of the text, EMSGSIZE. The doneh's err EEXIST: this dedupe key
 * was accepted before (say yes, do nothing). */
int hub_member_say(struct room *r, const struct hub_say *say,
		   hub_done_h *doneh, void *arg);

/* ---- from one to one ---- */

/* Words for one user by himself, as they are ("/me waves" stays that). They
 * go into his inbox, a journal of his own that is there for as long as
 * something waits in it; its delivery is a room's. dedupe: as in
 * hub_member_say(). ENOTSUP: members do not live on his network, EBUSY: too
 * many inboxes, EDQUOT: the sender's part of this one is full, EBADMSG,
 * EMSGSIZE. */
int hub_direct(struct hub *h, struct addr *to, const struct hub_say *say,
	       hub_done_h *doneh, void *arg);

/* ---- links ---- */

struct hub_link {
	struct view label, target, via, nick;
	bool configured;
};
/* EEXIST: label is taken, or the room has this target already, EINVAL with
 * why. ELOOP: the target is linked to another room. A configured link takes
 * over the one of its label: its cursor stays if room and target are the
 * same, otherwise it is replaced. why may be NULL. */
int hub_link_add(struct hub *h, struct room *r, const struct hub_link *link,
		 struct buf *why, hub_done_h *doneh, void *arg);
/* The file has these links: configured ones that are not among them (by label
 * and target) go. Before the file's links are added. */
void hub_links_configured(struct hub *h, const struct hub_link *links,
			  size_t count);
struct leg *hub_link(const struct hub *h, struct view label);
int hub_link_remove(struct hub *h, struct leg *leg, hub_done_h *doneh,
		    void *arg);
/* Whoever is shown like this ("nick@libera") is thrown out of the place behind
 * the room's link, by a face that can do so; ban: and kept out. That it worked
 * is seen there; where it did not the staff is told. ENOENT: no link of the
 * room is called so, or nobody there; ENOTSUP: its face has no way; ENOTCONN:
 * it is not UP; EBUSY. */
int hub_expel(struct room *r, struct view shown, bool ban,
	      struct view reason);
/* Try again now; for confabctl. */
void hub_link_kick(struct hub *h, struct leg *leg);

/* ---- up: faces tell the hub. Unknown ids are ignored: gone meanwhile ---- */

enum lost_why {
	LOST_NET,     /* unreachable, connection broken: soon again */
	LOST_AUTH,    /* password or name refused: seldom again */
	LOST_REFUSED, /* the place does not want us (kick, ban, key): seldom */
	LOST_CONFIG,  /* can't work as configured: seldom */
};

void hub_on_attached(struct hub *h, uint64_t leg, struct view own_nick);
/* The pause before the next try is shared by all legs of one face and via, so
 * that an account with many rooms does not knock many times. */
void hub_on_lost(struct hub *h, uint64_t leg, enum lost_why why,
		 struct view text);

struct hub_heard {
	struct view nick;      /* as the network has it; cleaned by the hub */
	struct view text;
	enum msg_kind kind;
	uint64_t time_ms;      /* 0: now */
	struct view dedupe;    /* a stable id of the message there, or empty */
};
void hub_on_message(struct hub *h, uint64_t leg, const struct hub_heard *in);
/* The topic of the place; text is cleaned here. */
enum hub_subject {
	SUBJECT_FOUND,   /* as it was when we came, right after
			    hub_on_attached() */
	SUBJECT_SET,     /* nick (empty: nobody knows) has set it just now */
	SUBJECT_OURS,    /* that under our own name */
	SUBJECT_REFUSED, /* ours was not taken; text says why */
};
void hub_on_subject(struct hub *h, uint64_t leg, enum hub_subject how,
		    struct view nick, struct view text);
/* Somebody comes or goes there: told to the room as its notices say, gathered
 * for some seconds (longer in a busy place). Only while the leg is UP. */
enum hub_change {
	PEOPLE_CAME,
	PEOPLE_WENT,    /* reason: his words, or the server's */
	PEOPLE_KICKED,  /* by other, for this reason */
	PEOPLE_RENAMED, /* to other */
	PEOPLE_SPLIT,   /* the network has lost him, with others */
	PEOPLE_CHANGES
};
struct hub_people {
	enum hub_change what;
	struct view nick, other, reason; /* cleaned by the hub */
	size_t present; /* how many are there; 0: not known. Of a place with
			   over ROOM_QUIET_ABOVE only splits are told */
};
void hub_on_people(struct hub *h, uint64_t leg, const struct hub_people *p);
/* What was said there while the leg was not UP can't be had any more; right
 * after hub_on_attached(). */
void hub_on_missed(struct hub *h, uint64_t leg);
/* A line of the room: to all, or to its owners and admins by "Link LABEL: "
 * (once an hour the same). */
void hub_on_notice(struct hub *h, uint64_t leg, bool staff, struct view text);
void hub_on_delivered(struct hub *h, uint64_t leg, uint64_t seq);
/* again: it may work later. Otherwise the message is given up for this leg,
 * the log says so, and its cursor moves on. */
void hub_on_failed(struct hub *h, uint64_t leg, uint64_t seq, bool again,
		   struct view text);
void hub_on_member_delivered(struct hub *h, uint64_t member, uint64_t seq);
void hub_on_member_failed(struct hub *h, uint64_t member, uint64_t seq,
			  bool again, struct view text);
/* Both in one, where a status of SIP says how it went, for gateways. */
struct hub_answer {
	uint64_t member, seq;
	int status;       /* 2xx: delivered */
	bool again;       /* else: as in hub_on_member_failed() */
	struct view text;
};
void hub_on_member_answered(struct hub *h, const struct hub_answer *a);

/* ---- for the operator ---- */

/* Walk all legs: start with *pos = 0 and NULL. */
struct leg *hub_each_leg(const struct hub *h, size_t *pos, struct leg *prev);
int hub_each_face(const struct hub *h,
		  int (*fn)(const struct face_ops *ops, void *face, void *arg),
		  void *arg);
struct hub_stats {
	uint64_t accepted, refused, delivered, failed, given_up, notices;
	uint64_t relayed, heard, skipped;
	size_t rooms, members, inboxes, legs, legs_up;
};
void hub_stats(const struct hub *h, struct hub_stats *out);

#endif
