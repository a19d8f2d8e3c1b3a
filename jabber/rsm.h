/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages of a long list (XEP-0059). The list is walked twice in the same
 * order: to find out where the page is, then to write it.
 *
 *   rsm_read(&r, query);
 *   while (rsm_walk(&r))
 *           for (each item)
 *                   if (rsm_wants(&r) && rsm_is_in(&r, id))
 *                           add it to b
 *   if (r.lost) refuse with item-not-found
 *   else rsm_put(&r, &b);
 *
 * A list that is longer than one answer may be comes in pages also for who
 * has not asked for them: the <set/> tells him that there is more.
 */
#ifndef CONFAB_JABBER_RSM_H
#define CONFAB_JABBER_RSM_H

#include "elem.h"

#define NS_RSM "http://jabber.org/protocol/rsm"

/* Items of a page, whose JIDs and names may be as long as can be: still one
 * stanza (ELEM_MAX). */
enum { RSM_MAX = 100 };

struct rsm {
	bool lost;           /* before or after: there is no such item */
	/* private */
	bool asked, back;
	struct view after, before; /* ids; into the request */
	size_t max;
	unsigned walk;
	size_t at, count;    /* items seen in this walk; in all */
	size_t from, upto;   /* the page */
	struct buf first, last;
};

/* At most RSM_MAX items, fewer when query asks for that. query stays until
 * rsm_put(). */
void rsm_read(struct rsm *r, const struct elem *query);
/* True twice: the list is to be walked. False at once when it is lost. */
bool rsm_walk(struct rsm *r);
/* The next item of the list: does its id matter? */
bool rsm_wants(struct rsm *r);
/* It has this id. True: it is to be written. */
bool rsm_is_in(struct rsm *r, struct view id);
/* Adds <set/>, where one is called for, and frees what r holds: call it
 * also when it is lost (it adds nothing then). */
void rsm_put(struct rsm *r, struct buf *b);

#endif
