/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions: logins that are wanted for their own sake (a user's account, a
 * component's link), beside those that carry links of rooms. What crosses is
 * the network's own form, opaque here: for XMPP one stanza as a flat element
 * (jabber/elem.h), for IRC one line.
 *
 * A session stays with one worker, the least loaded one at its start. All
 * that must outlive a worker is kept by the owner: a session that was lost
 * knows nothing any more, and only its owner tries again. Except for a few
 * words of its worker to the next one (worker_keep()), as long as it is not
 * stopped.
 */
#ifndef CONFAB_SESSION_H
#define CONFAB_SESSION_H

#include "bridge.h"

struct session;

struct session_conf {
	struct bridge *bridge; /* borrowed; outlives the session */
	const char *label;     /* for the log and for status; copied */
	const struct bridge_setting *settings; /* copied, wiped later */
	size_t count;
	bool alone;            /* a worker process for itself */
	bool any;              /* whichever has room, by chance: so those who
				  shared one that died are parted */
	bool early;            /* parcels cross before it is logged in, too:
				  what it takes to log in may be asked */
	/* Logged in; own: its address there, a full JID. */
	void (*uph)(struct session *s, struct view own, void *arg);
	/* Not logged in (any more): once for each session_start(). What was
	 * sent and not told of is unsettled. */
	void (*losth)(struct session *s, enum lost_why why, struct view text,
		      void *arg);
	/* Borrowed until it returns. */
	void (*parcelh)(struct session *s, struct view parcel, void *arg);
	/* The server has the parcel of this tag (err 0), or it can't be
	 * sent: EAGAIN, not now; else never, text says why. */
	void (*senth)(struct session *s, uint64_t tag, int err,
		      struct view text, void *arg);
	void *arg;
};

/* Nothing is done before session_start(). EMSGSIZE, EINVAL: settings, as
 * bridge_account(). */
int session_new(struct session **sp, const struct session_conf *conf);
/* Logs in: uph or losth follows, never before this returns. Also after losth,
 * to try again; may then go to another worker. EBUSY: all workers are full
 * (bridge_conf.workers, accounts_per_worker); ENOTCONN: the bridge is
 * stopped; EALREADY. */
int session_start(struct session *s);
/* Other settings from the next start on: a new password. */
int session_settings(struct session *s, const struct bridge_setting *settings,
		     size_t count);
/* tag: 0 nobody asks, else senth follows unless the session is lost before.
 * ENOTCONN, EBUSY: the worker is behind, EMSGSIZE: over a frame. */
int session_send(struct session *s, uint64_t tag, struct view parcel);
/* The same parcel to many: rcpts are addresses, each ended by LF, at most
 * 64 KiB; how they get into it is the worker's. */
int session_send_many(struct session *s, struct view parcel,
		      struct view rcpts);
/* Logs out; nothing more is heard until it is started again. */
void session_stop(struct session *s);
bool session_is_up(const struct session *s);
/* Its last loss was that of its worker, which crashed, hung or babbled. */
bool session_worker_died(const struct session *s);
/* Its last loss was that a new worker is to take over: nothing is wrong with
 * it, and it may be started at once. */
bool session_moved(const struct session *s);
/* Logs out if it was in. No handler runs any more. NULL is allowed. */
void session_free(struct session *s);
/* Wanted or up, of this bridge. */
size_t session_count(const struct bridge *b);

#endif
