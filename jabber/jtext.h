/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a SIP user is told about his Jabber account, in the words of the old
 * jabber module where they fit: people, and their scripts, know them. Pure.
 */
#ifndef CONFAB_JABBER_JTEXT_H
#define CONFAB_JABBER_JTEXT_H

#include "buf.h"

enum jtext {
	JTEXT_NO_ACCOUNT,   /* he has none, or it is disabled */
	JTEXT_NO_SERVER,    /* cannot connect */
	JTEXT_NO_LOGIN,     /* the server refused the password */
	JTEXT_FULL,         /* no place in the pool */
	JTEXT_NOT_JOINED,   /* spoke to a room that he is not in */
	JTEXT_JOIN_FAILED,  /* the join could not be sent */
	JTEXT_NO_ROOM,      /* too many rooms, or an address of no room */
	JTEXT_NICK_TAKEN,   /* and all that came near it */
	JTEXT_REFUSED,      /* the room does not let him in */
	JTEXT_LEFT,         /* has left a room */
	JTEXT_NO_TRANSPORT, /* not registered with that transport */
	JTEXT_QUEUE_FULL,   /* too much waits already */
	JTEXT_EXPIRED,      /* waited for delay_time, and in vain */
	JTEXT_SEND_FAILED,  /* the link went away under it */
	JTEXT_LOST,         /* the link is gone, and stays away */
	JTEXT_WORKER_LOST,  /* the same, by a fault of ours */
	JTEXT_OFFLINE,      /* logged out, by his wish or idle */
	JTEXT_ANOTHER,      /* said by an account that is his no more */
	JTEXT_COUNT
};

/* Whom a text comes from. */
enum jtext_from {
	JTEXT_FROM_PEER,      /* the address that he wrote to */
	JTEXT_FROM_REGISTRAR, /* the gateway itself */
};

/* The whole text, constant; it begins with "ERROR: " or "INFO: ". */
struct view jtext(enum jtext which);
enum jtext_from jtext_from(enum jtext which);

/* Appends text as one line of at most max bytes: utf8_clean_line(). */
void jtext_line(struct buf *out, struct view text, size_t max);

/* Appends "ERROR: Your message was not sent. REASON: BODY", with at most 200
 * bytes of reason and the first 40 characters of body, each on one line. */
void jtext_not_sent(struct buf *out, struct view reason, struct view body);
/* Appends what an error stanza becomes that comes back with its body:
 * "{Error (CODE - TEXT) when trying to send following message}BODY"; without
 * a text "{Error sending following message} - BODY". code may be empty. */
void jtext_bounced(struct buf *out, struct view code, struct view text,
		   struct view body);

#endif
