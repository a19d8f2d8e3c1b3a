/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How somebody is there, on whichever network: the one table of states that
 * all faces map theirs to (RFC 3863 and RFC 4480 on SIP, RFC 6121 4.7 on
 * XMPP, AWAY on IRC). Pure.
 */
#ifndef CONFAB_SHOW_H
#define CONFAB_SHOW_H

#include "buf.h"

enum show {
	SHOW_OFFLINE,
	SHOW_ONLINE,
	SHOW_CHAT, /* would like to talk */
	SHOW_AWAY,
	SHOW_XA,   /* away for long */
	SHOW_DND,
};

enum { PRESENCE_PLACES_MAX = 20, PRESENCE_NOTE_MAX = 1024 };

/* One device, resource or registration of his. */
struct presence_place {
	struct view id;   /* stable: a resource; or empty */
	enum show show;
	struct view note; /* in words, or empty */
	struct view lang; /* of the note, or empty */
	int priority;     /* -128 .. 127 */
	bool idle;        /* he does nothing there just now */
};

/* Views are the maker's. No place: offline. */
struct presence_state {
	struct presence_place place[PRESENCE_PLACES_MAX];
	size_t count;     /* the first is the one that counts */
};

const char *show_name(enum show show); /* "away" */
/* XMPP's word for it (RFC 6121 4.7.2.1), as phones have it too (RFC 8048);
 * what is none is SHOW_ONLINE. */
enum show show_of_word(struct view word);
/* The best one of what there is: by priority, then chat, online, away, dnd,
 * xa. SHOW_OFFLINE for none. */
enum show presence_best(const struct presence_state *p);
/* Sorts so that the best is first. */
void presence_sort(struct presence_state *p);

#endif
