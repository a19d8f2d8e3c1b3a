/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One subscription to many (RFC 4662): a list has a dialog, and a leaf for
 * each resource, which to its package is a subscription like any other. What
 * changed of leaves is told together.
 */
#ifndef CONFAB_EVENT_LIST_PRIV_H
#define CONFAB_EVENT_LIST_PRIV_H

#include "subs_priv.h"

enum { EVENT_LIST_MAX = 200 }; /* entries */

/* The leaves of a list; and what it was made of. */
struct sub_list {
	size_t count;
	struct sub **leaf;  /* owned array of what by_id owns; NULL: freed */
	struct view text;   /* owned: AORs, one a line */
};

/* From a resource-lists document (RFC 4826) AORs, one a line, each once, as
 * the package reads them. EBADMSG: it is none, or has no entry; EMSGSIZE: it
 * has too many. */
int event_list_read(struct buf *out, const struct sip_package *package,
		    struct view body);
size_t event_list_count(struct view text);

/* Asks the package for each, as for somebody new. */
void event_list_begin(struct sub *sub, struct view text);
/* Those that are not over yet are, with their list. */
void event_list_end(struct sub *sub);
void event_list_free(struct sub *sub);
/* Multipart: what has changed, or all, as far as it fits; what does not is
 * left for the next one. */
void event_list_put(struct sub *sub, struct buf *body, struct buf *type);
bool event_list_left(const struct sub *sub);

#endif
