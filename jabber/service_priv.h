/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our rooms as an XMPP service, inside. A person of XMPP is one member of a
 * room, by his bare JID, and has a seat there for each client of his that is
 * in it. Members of SIP have none: they are occupants for as long as they are
 * members. Who left a room but keeps what he is there (private rooms, owners
 * and admins) is a member that is away, without seats: not an occupant.
 *
 *   service.c        life, what comes in, what is kept
 *   service_seat.c   seats, and how an occupant is called
 *   service_out.c    what goes out, in order
 *   service_fan.c    deliveries to members
 *   service_show.c   presence: who is there, and as what
 *   service_join.c   coming, changing names
 *   service_leave.c  going
 *   service_past.c   history on joining, the archive
 *   service_talk.c   words, subjects, whispers
 *   service_invite.c invitations
 *   service_iq.c     requests: what there is
 *   service_admin.c  roles and affiliations
 *   service_list.c   who has them
 *   service_owner.c  the room's form, its end
 */
#ifndef CONFAB_JABBER_SERVICE_PRIV_H
#define CONFAB_JABBER_SERVICE_PRIV_H

#include "gate_priv.h"
#include "house.h"
#include "rsm.h"
#include "watch.h"

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_MUC_ADMIN "http://jabber.org/protocol/muc#admin"
#define NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define NS_DELAY "urn:xmpp:delay"
#define NS_SID "urn:xmpp:sid:0"
#define NS_OCCUPANT "urn:xmpp:occupant-id:0"
#define NS_DATA "jabber:x:data"
#define NS_MAM "urn:xmpp:mam:2"
#define NS_REPLACE "urn:xmpp:message-correct:0"

/* What he is away by who left, but keeps what he is. */
#define SERVICE_AWAY "not in the room"
/* Before the text of a correction, for networks that have none. */
#define SERVICE_CORRECTION "* correction: "

enum {
	SEATS_OF_ONE = 20,            /* clients of one person in a room */
	SEAT_GRACE_MS = 3600 * 1000,  /* who was lost without a word stays */
	PAST_DEFAULT = 20, PAST_MAX = 200, ARCHIVE_MAX = 100,
};

enum seat_state {
	SEAT_JOINING, /* his history is being read: words for him wait */
	SEAT_IN,
	SEAT_UNSURE,  /* the link was lost meanwhile: he is asked */
};

struct seat {
	struct hnode by_jid;    /* service.seats, key: JID and room */
	struct lnode in_place;
	struct place *place;    /* borrowed: it owns the seat */
	uint64_t id;            /* never given twice */
	uint64_t member;
	char *jid;              /* owned; full */
	enum seat_state state;
	bool moderator;         /* sees who is who */
	bool asked;             /* UNSURE: whether he is there */
	uint64_t from, upto;    /* numbers that his history had; from 0: none
				   yet */
	struct msg **held;      /* owned, refs */
	size_t held_count;
};

/* A room with seats. */
struct place {
	struct hnode by_room;   /* service.places */
	struct service *service;
	uint64_t room;
	struct list seats;
	size_t unready;         /* seats that are not IN */
	uint64_t upto;          /* no seat had history beyond this number */
	struct buf all;         /* JIDs of all seats, LF after each; empty:
				   to be made again */
	struct htable shown;    /* struct shown, by member */
};

/* What an occupant of XMPP shows of himself: taken from his presence. */
struct shown {
	struct hnode by_member;
	uint64_t member;
	struct buf inside;      /* children, flat */
	size_t seats;
};

struct ack {
	uint64_t member, seq;
	bool failed;
};

struct acks {
	struct ack *all;        /* owned */
	size_t count, cap;
};

struct service {
	struct gate *gate;      /* borrowed */
	struct htable seats, places;
	uint64_t seat_id;
	struct list out;        /* service_out.c */
	size_t out_bytes;
	struct wtimer out_timer, grace;
	struct acks known;      /* to be told at the end of the turn */
	struct acks posted;     /* the server is to be asked for */
	struct acks flushing;   /* it is being asked for */
	struct loop_idle ack_job;
	struct list found;      /* seats of the store, until the hub runs */
	struct list lost;       /* of struct lost_member, the oldest first */
	bool more_unsure;       /* not all of those are asked yet */
	struct list checks;     /* requests that are open */
	uint8_t key[32];        /* of occupant ids */
	bool has_key, ready;    /* ready: what was found is seats now */
};

struct service *service_of(const struct gate *g);
struct hub *service_hub(const struct service *s);
bool service_is_up(const struct service *s);

/* ---- service_seat.c ---- */

struct place *place_find(const struct service *s, uint64_t room);
struct room *place_room(const struct place *p); /* NULL: gone meanwhile */
struct seat *seat_by_jid(const struct service *s, uint64_t room,
		       struct view jid);
struct seat *seat_by_id(const struct service *s, uint64_t room, uint64_t id);
/* Also written to the disk. */
struct seat *seat_new(struct service *s, uint64_t room, uint64_t member,
		      struct view jid, enum seat_state state);
void seat_set(struct seat *seat, enum seat_state state);
/* Forgets it, and its place with the last one; seat_drop(): the disk does
 * not. */
void seat_free(struct seat *seat);
void seat_drop(struct seat *seat);
/* The next seat of a member: NULL at first. */
struct seat *seat_of(const struct place *p, uint64_t member,
		     const struct seat *prev);
size_t seat_count(const struct place *p, uint64_t member);
/* May any of them get words now? */
bool seat_hears(const struct place *p, uint64_t member);
/* All JIDs of a place. */
struct view place_all(struct place *p);
/* Is he to be seen in the room? p may be NULL. */
bool is_occupant(const struct place *p, const struct member *m);
bool is_xmpp(const struct addr *a);
/* "lobby@rooms.example.org"; EBADMSG. */
int room_jid(const struct service *s, struct buf *out, const struct room *r);
/* The room of a JID, or NULL. name and domain are SIP's, in text. */
struct room *room_of(const struct service *s, struct view jid,
		     struct jmap_sip *sip, struct buf *text);
/* As a nick, which any server takes. */
void nick_of(struct buf *out, struct view name);
/* room_jid() and nick. */
int occupant_jid(const struct service *s, struct buf *out,
		 const struct room *r, struct view name);
struct member *member_of_nick(const struct room *r, struct view nick);
/* The JID of a member, or of whoever has this address; EBADMSG. */
int jid_of(const struct service *s, struct buf *out, const struct addr *a);
/* Back: of us, or of XMPP. EBADMSG. */
int addr_of(const struct service *s, struct addr **ap, struct view jid);
/* The person behind a full JID, as a member's address. */
int addr_of_from(struct addr **ap, struct view from);
/* <occupant-id/> of somebody (bare JID or address) in a room. */
void add_occupant_id(const struct service *s, struct buf *b,
		     const struct room *r, const struct addr *who);

/* ---- service_out.c ---- */

/* Takes nothing; empty rcpts: the stanza has a to. */
void service_send(struct service *s, const struct buf *stanza,
		  struct view rcpts);
/* An error for e; type as in stanza_error(). */
void service_refuse(struct service *s, const struct elem *e, const char *type,
		    const char *condition, struct view text);
/* The same by a condition of house.h. */
void service_refuse_no(struct service *s, const struct elem *e,
		       enum house_no no);
/* From a copy of a stanza, later. */
void service_refuse_flat(struct service *s, const struct buf *flat,
			 const char *type, const char *condition,
			 struct view text);
void service_out_down(struct service *s);
void service_out_free(struct service *s);
/* As service_send(), for members who are to have it: takes acks, and the
 * server is asked for them. */
void service_post(struct service *s, const struct buf *stanza,
		  struct view rcpts, struct ack *acks, size_t count);
/* The hub hears it at the end of the turn: nobody has to be asked. */
void service_ack(struct service *s, struct ack a);

/* ---- service_fan.c ---- */

/* A message of the room; past: with its time. */
void service_message(struct service *s, struct buf *b, struct room *r,
		     const struct msg *msg, struct view to, bool past);
/* What waited for it, and from now on it hears as all do. */
void seat_ready(struct seat *seat);

/* ---- service_show.c ---- */

struct show_how {
	bool gone;               /* unavailable */
	unsigned code[4];        /* 0: none */
	struct view nick;        /* with 303: the new one */
	const struct room_by *by;
	const struct seat *self; /* this one alone, as his own; else all */
	bool others_only;        /* not to the seats of m */
	bool destroy;            /* the room ends */
};
/* m as name (its nick, or the old one) to all seats of its room. */
void service_show(struct service *s, const struct member *m, struct view name,
		  const struct show_how *how);
/* All occupants but seat's own to seat. */
void service_show_all(struct service *s, const struct seat *seat);
/* Remembers what he shows, from his presence. */
void service_take_show(struct place *p, uint64_t member,
		       const struct elem *e);
const char *affiliation_of(const struct room *r, const struct member *m);
const char *role_of_member(const struct member *m);
extern const struct hub_room_watch service_watch; /* without its arg */

/* ---- service_join.c ---- */

void service_presence(struct service *s, const struct elem *e);

/* ---- service_leave.c ---- */

/* What his presence says; r: NULL, there is no such room. */
void service_gone(struct service *s, const struct elem *e, struct room *r);
/* The seat's client is gone: 333. wait: he may come back. */
void service_seat_lost(struct service *s, struct seat *seat, bool wait);
/* He is out, by his own: ends his membership where it does not stay. */
void service_left(struct service *s, struct room *r, struct member *m);
/* He has no seat, and is waited for. */
void service_miss(struct service *s, uint64_t member);

/* ---- service_past.c ---- */

/* What a client wants to hear of what was. */
struct past_wish {
	size_t count;
	uint64_t since_ms;
	size_t chars;
};
void past_wish(struct past_wish *w, const struct elem *muc);
/* Sends it, then the subject, and the seat is in. */
void service_past(struct service *s, struct seat *seat,
		  const struct past_wish *w);
void service_subject(struct service *s, struct room *r, struct view to,
		     struct view rcpts, struct addr *by);
/* XEP-0313. */
void service_archive(struct service *s, const struct elem *e, struct room *r);

/* ---- service_talk.c, service_invite.c ---- */

void service_talk(struct service *s, const struct elem *e);

/* He who speaks, where he is in. */
struct speaker {
	struct room *room;
	struct member *member;
	struct seat *seat;
	struct view nick;      /* that he speaks to, or empty */
};
/* x: of the message e. */
void service_invite(struct service *s, const struct elem *e,
		    const struct speaker *sp, const struct elem *x);
void service_decline(struct service *s, struct room *r, const struct elem *e,
		     const struct elem *x);
/* To somebody of XMPP: an invitation by inviter (may be NULL). */
void service_send_invite(struct service *s, struct room *r,
			 const struct addr *inviter,
			 const struct addr *invited, struct view reason);

/* ---- service_iq.c, service_admin.c, service_owner.c ---- */

void service_iq(struct service *s, const struct elem *e);
/* <iq type='result'/> for e; the caller closes it. */
void service_result(struct buf *b, const struct elem *e);
void service_result_empty(struct service *s, const struct elem *e);
void service_admin(struct service *s, const struct elem *e,
		   const struct elem *query, struct room *r);
/* Who is what: an answer. */
void service_list(struct service *s, const struct elem *e,
		  const struct elem *query, struct room *r);
void service_owner(struct service *s, const struct elem *e,
		   const struct elem *query, struct room *r);
/* <field var type><value/></field> */
void add_field(struct buf *b, const char *var, const char *type,
	       const char *label, struct view value);

#endif
