/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages, and what SUBSCRIBE and PUBLISH have in common. */
#ifndef CONFAB_EVENT_PRIV_H
#define CONFAB_EVENT_PRIV_H

#include "events.h"
#include "list.h"
#include "uas_priv.h"

struct subs;
struct pubs;
struct event_keep;
struct event_keep_ops;

enum { EVENT_NAME_MAX = 64 };

/* A row in the store; event_keep.c's. */
struct kept {
	struct lnode node;
	struct list *in;  /* borrowed: to be written, or being so; or NULL */
	bool saved;       /* there is one, or will be */
};

struct events {
	struct sip_package package[EVENT_PACKAGES];
	size_t packages;
	struct subs *subs; /* owned */
	struct pubs *pubs; /* owned */
	struct event_keep *keep; /* borrowed; NULL: nothing is kept */
	const struct event_keep_ops *keep_ops;
};

/* The value of an Event header. */
struct event_name {
	struct view type; /* as it stands */
	struct view id;   /* or empty */
};
/* EBADMSG. */
int event_parse(struct event_name *out, struct view value);

struct events *events_new(struct sip *s);
void events_free(struct events *es); /* NULL is allowed */
/* There is a package here. */
bool events_open(const struct sip *s);
/* In any letter case; NULL. */
const struct sip_package *event_package(const struct sip *s,
					struct view name);
/* The value of Allow-Events; the buffer is the caller's. */
void event_allow(struct buf *b, const struct sip *s);

/* Of the request. NULL: it has been answered, with 489 or 400. */
const struct sip_package *event_of(const struct uas *u,
				   struct event_name *name, bool publish);
/* The resource behind a URI, appended: 200, or the status to refuse with. */
int event_resource(struct buf *out, const struct sip_package *p,
		   const struct sip_uri *uri);
/* Within our limits. False: it has been answered, with 423 or 400. */
bool event_expires(const struct uas *u, uint32_t *out);
/* As uas_txn(), for an answer that is given at once. */
int event_txn(const struct uas *u, uint64_t *txn);
/* An answer that is kept for repetitions. */
void event_refuse(const struct uas *u, uint64_t txn, int status,
		  const char *reason);

/* He has registered: what he could not be told since a restart he may be told
 * now. */
void event_watcher_here(struct sip *s, struct view aor);
/* A SUBSCRIBE, a PUBLISH of one whose identity is settled. */
void subscribe_serve(const struct uas *u);
void publish_serve(const struct uas *u);

#endif
