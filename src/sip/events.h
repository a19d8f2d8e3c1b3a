/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events (RFC 6665, RFC 3903): who watches what, and what is published. The
 * edge keeps the dialogs, the timers and the rules of both RFCs; a package
 * says who may watch, and what there is to see.
 *
 * All of it is in the store as well, some 100 ms later (struct event_keep), so
 * that after a restart nobody has to begin anew. What was lost with a crash in
 * that moment hears 481 or 412, and does.
 *
 * Resources and watchers are addresses of record, as location_aor() makes
 * them; a resource may be a host alone, for a package to know.
 */
#ifndef CONFAB_EVENTS_H
#define CONFAB_EVENTS_H

#include "buf.h"
#include "sip.h"
#include "store.h"

enum {
	EVENT_SUBS = 50000,          /* in all */
	EVENT_SUBS_USER = 500,       /* of one watcher */
	EVENT_SUBS_SAME = 32,        /* likewise, to one resource: devices */
	EVENT_SUBS_SOURCE = 2000,    /* from one address, of strangers */
	EVENT_PUBS = 20000,          /* in all */
	EVENT_PUBS_RESOURCE = 10,    /* of one resource: devices */
	EVENT_BYTES = 64 * 1024 * 1024, /* of what is published */
	EVENT_PACKAGES = 8,
};

enum sip_watch_state { SIP_WATCH_PENDING, SIP_WATCH_ACTIVE };

/* A subscription. Views are valid while the handler runs. */
struct sip_watch {
	uint64_t id;
	struct view resource, watcher;
	struct view event_id;   /* the id of Event, or empty */
	uint32_t expires;       /* s; 0: wants to see it once */
	enum sip_watch_state state;
	struct sip_flow flow;
	/* In showh, for documents that can tell of changes alone: the number
	 * of this one, what sip_watch_mark() has kept of the last one, and
	 * whether all is to be told, as that one may not have come. */
	uint32_t version;
	uint64_t mark;
	uint64_t place; /* as sip_watch_more() had it after the last one, or
			   0; all is to be told from the beginning */
	bool full;
};

/* What one device has published, valid while the handler runs or until the
 * loop goes on. */
struct sip_publication {
	struct view resource;
	struct view type, body;
};
enum sip_publish_what {
	SIP_PUBLISHED,          /* new, or replaces what its device had said */
	SIP_PUBLISH_GONE,       /* removed, expired, or made room for others */
};

/* A package. Handlers get arg; those marked so may be NULL. */
struct sip_package {
	const char *name;       /* "presence"; static */
	const char *type;       /* of NOTIFY and PUBLISH bodies; static */
	uint32_t pace_ms;       /* between two NOTIFYs of one watcher, but for
				   the first and the last one */
	/* A new SUBSCRIBE; the id will be its subscription's, once this has
	 * returned 200 and the state it begins with. Or the status to refuse
	 * it with. */
	int (*watchh)(const struct sip_watch *w, enum sip_watch_state *state,
		      void *arg);
	/* It is over: sent away, expired, or its watcher is gone. Once for
	 * each that was let in; not from sip_free(). NULL. */
	void (*goneh)(const struct sip_watch *w, void *arg);
	/* What an active watcher is to see now; nothing written: nothing. The
	 * buffer's limit is what can be sent: sip_watch_more() is for what
	 * does not fit, and who is over it sees no more. May be called again
	 * after one that was over it. */
	void (*showh)(const struct sip_watch *w, struct buf *body, void *arg);
	/* A body is to be published: 200, or the status to refuse it with.
	 * NULL: there is no PUBLISH for this package. */
	int (*checkh)(const struct sip_publication *p, void *arg);
	/* It was, or is there no more. */
	void (*publishedh)(const struct sip_publication *p,
			   enum sip_publish_what what, void *arg);
	void *arg;
	/* Is this resource a list (RFC 4662), for this watcher? Then what is
	 * in it, AORs, each with a line feed behind. NULL: there are no lists
	 * for this package, not in the bodies of requests (RFC 5367)
	 * either. */
	bool (*listh)(struct view watcher, struct view resource,
		      struct buf *out, void *arg);
	/* What a URI means by its parameters (";proto=xmpp"): 200, its
	 * resource appended; or the status to refuse the request with. NULL,
	 * and where there are none: parameters mean nothing. */
	int (*addressh)(const struct sip_uri *uri, struct buf *out,
			void *arg);
};

/* From now on it is served; copied. ENOBUFS: there are too many, EEXIST. */
int sip_package_add(struct sip *s, const struct sip_package *p);

/* All active watchers of a resource are shown it again, soon: what waits is
 * replaced, and each has one NOTIFY under way at most. */
void sip_event_changed(struct sip *s, const char *package,
		       struct view resource);
/* The same for one of them; within showh, for the document after this one. */
void sip_watch_changed(struct sip *s, uint64_t id);
/* A subscription's state has been decided. Unknown ids are ignored, here and
 * below. */
void sip_watch_set(struct sip *s, uint64_t id, enum sip_watch_state state);
/* It is over: "rejected", "noresource", "deactivated"... (RFC 6665 4.1.3),
 * static; retry_after: s, 0: not said. goneh runs before this returns. */
void sip_watch_end(struct sip *s, uint64_t id, const char *reason,
		   uint32_t retry_after);
/* False: there is none. */
bool sip_watch_get(const struct sip *s, uint64_t id, struct sip_watch *out);
/* Within showh: up to where this watcher has seen it now. */
void sip_watch_mark(struct sip *s, uint64_t id, uint64_t mark);
/* Within showh: not all fits into this one; showh is called again, with this
 * place, as soon as the watcher has answered it. */
void sip_watch_more(struct sip *s, uint64_t id, uint64_t place);
/* This watcher's list is another than it was: his subscriptions to it end, to
 * be begun anew. */
void sip_list_changed(struct sip *s, struct view watcher,
		      struct view resource);
/* Subscriptions to a resource: the number of them, of which the first max
 * ids are in ids. */
size_t sip_watchers(const struct sip *s, const char *package,
		    struct view resource, uint64_t *ids, size_t max);
/* The same of one watcher alone. */
size_t sip_watches_of(const struct sip *s, const char *package,
		      struct view resource, struct view watcher,
		      uint64_t *ids, size_t max);
/* What is published of a resource, the newest first; the number. */
size_t sip_published(const struct sip *s, const char *package,
		     struct view resource,
		     struct sip_publication out[EVENT_PUBS_RESOURCE]);

/* ---- over restarts ---- */

struct event_keep;

/* Both are borrowed. */
struct event_keep *event_keep_new(struct loop *l, struct store *store);
/* For store_load(); arg: the struct event_keep. */
void event_keep_load_sub(const struct store_sub *s, void *arg);
void event_keep_load_pub(const struct store_pub *p, void *arg);
/* Once all packages are there: what was loaded is there again, each
 * subscription as if it were new to its package, and gets a NOTIFY soon. From
 * now on what changes is kept. */
void sip_events_keep(struct sip *s, struct event_keep *k);
/* Hands to the store what is left; nothing is kept any more. Before the edge
 * and the store end. NULL is allowed. */
void event_keep_free(struct event_keep *k);

/* This AOR is nobody any more: what he watches ends, and what he published. */
void sip_forget(struct sip *s, struct view aor);

#endif
