/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subscriptions, the notifier's side (RFC 6665 4.2): a dialog each, with the
 * time it ends and one NOTIFY under way. What is to be told is not kept but
 * asked for when it is sent, so that the newest state replaces what waits.
 */
#ifndef CONFAB_SUBS_PRIV_H
#define CONFAB_SUBS_PRIV_H

#include "event_priv.h"
#include "hash.h"
#include "list.h"
#include "wheel.h"

enum sub_state { SUB_PENDING, SUB_ACTIVE, SUB_OVER };

struct sub {
	struct hnode by_id, by_dialog, by_resource, by_watcher, by_source;
	struct kept kept;
	struct wtimer expiry; /* its end */
	struct wtimer hold;   /* until the next NOTIFY */
	struct subs *set;     /* borrowed */
	struct sub_list *list; /* owned: it is one; or NULL */
	struct sub *parent;   /* borrowed: a leaf of this list; or NULL */
	const struct sip_package *package; /* borrowed */
	struct sip_dest *dest; /* ref: their URI, Contact and route */
	struct sip_flow flow;
	uint64_t id;
	uint64_t own_tag;     /* written in hex */
	uint64_t until_ms;    /* monotonic: its end */
	uint64_t sent_ms;     /* the last NOTIFY */
	uint64_t mark;        /* the package's: what was shown with it */
	uint64_t place;       /* the same: where to go on; 0: nowhere */
	uint32_t cseq_in, cseq_out; /* the last ones */
	uint32_t cseq_kept;   /* of its row: not below cseq_out */
	const char *reason;   /* static: why it is over */
	uint32_t retry_after; /* then, s; 0: not said */
	enum sub_state state : 8;
	bool shown : 1;       /* it was active at last */
	bool busy : 1;        /* a NOTIFY is under way */
	bool dirty : 1;       /* there is something to tell; */
	bool urgent : 1;      /* at once; */
	bool full : 1;        /* all of it */
	bool more : 1;        /* not all of it was in the last NOTIFY */
	bool large : 1;       /* that one was long: by TCP if it can be */
	bool dialled : 1;     /* so it goes */
	bool no_tcp : 1;      /* it can't: nobody listens there */
	bool stranger : 1;    /* its source counts */
	bool restored : 1;    /* nothing was sent since it was read */
	struct view call_id, tag; /* borrowed: in text, as all these */
	struct view own_uri;      /* what their To says */
	struct view event, event_id;
	struct view resource, watcher;
	char text[];          /* of the views */
};

/* What a new one is made of; copied, dest as a reference. */
struct sub_setup {
	const struct sip_package *package;
	struct sip_dest *dest;
	struct sip_flow flow;
	bool stranger;
	uint64_t id, own_tag;
	uint32_t cseq, cseq_out, expires;
	enum sip_watch_state state;
	struct view call_id, tag, own_uri, resource, watcher;
	struct event_name event;
	bool is_list;
	struct view list;    /* AORs, one a line */
	struct sub *parent;  /* a leaf of this one: no dialog of its own */
};

struct subs {
	struct sip *sip; /* borrowed */
	/* by_id owns them */
	struct htable by_id, by_dialog, by_resource, by_watcher, by_source;
	uint64_t last_id;
};

struct subs *subs_new(struct sip *s);
void subs_free(struct subs *ss); /* nobody is told; NULL is allowed */
size_t subs_count(const struct subs *ss);
struct sip *subs_sip(const struct subs *ss);
/* The id for the next one. */
uint64_t subs_id(struct subs *ss);
/* No new one gets this id, or one below. */
void subs_id_taken(struct subs *ss, uint64_t id);

/* EBUSY: with so many more the watcher, or where he is, has too many; ENOBUFS:
 * there are. */
int subs_room(const struct subs *ss, struct view watcher,
	      const struct netaddr *source, size_t more);
struct sub *subs_add(struct subs *ss, const struct sub_setup *setup);
/* One that was there before a restart, if its package still lets it in; tells
 * its watcher after so long. */
void subs_restore(struct subs *ss, struct sub_setup *setup,
		  uint64_t delay_ms);
/* Asks the package about a new one: the status, and setup's state. */
int subs_ask(struct sub_setup *setup);
struct sub *subs_by_id(const struct subs *ss, uint64_t id);
/* NULL: there is no such dialog. */
struct sub *subs_find(const struct subs *ss, struct view call_id,
		      struct view tag, struct view own_tag);
/* The same request came by another way (RFC 3261 8.2.2.2). */
bool subs_has_merged(const struct subs *ss, struct view call_id,
		     struct view tag, uint32_t cseq);

struct sip_watch sub_watch(const struct sub *sub);
/* Its watcher may see what there is, or might at the end. */
bool sub_is_shown(const struct sub *sub);
const char *sub_state_name(enum sub_state state);
/* Another Contact, or way to it. */
void sub_move(struct sub *sub, struct sip_dest *dest,
	      const struct sip_flow *flow);
void sub_extend(struct sub *sub, uint32_t expires);
/* Tells the package, and the watcher if he can be told. */
void sub_end(struct sub *sub, const char *reason, uint32_t retry_after);
/* He may be reachable again. */
void subs_here(struct subs *ss, struct view watcher);
/* All that he watches ends. */
void subs_forget(struct subs *ss, struct view watcher);
/* He can't be told: it is gone. */
void sub_lose(struct sub *sub);
void sub_free(struct sub *sub);
/* Refused from the beginning, for this status: its package hears no more. */
void sub_refuse(struct sub *sub, int status);
/* A leaf whose list is over. */
void sub_over_with_list(struct sub *sub);
void sub_set_state(struct sub *sub, enum sub_state state);
/* To the disk, as it is now. */
void sub_keep(struct sub *sub);
uint64_t subs_resource_hash(const struct sip_package *p,
			    struct view resource);

/* ---- notify.c ---- */

/* There is something to tell. now: without keeping to the pace. */
void notify_wake(struct sub *sub, bool now);
/* The same of one that nothing was told of yet, after so long. */
void notify_later(struct sub *sub, uint64_t ms);
/* Our Contact in this dialog. */
void notify_contact(struct buf *b, const struct sip *s,
		    const struct sip_flow *flow, struct view resource);

#endif
