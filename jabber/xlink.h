/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ways into XMPP, as confabd sees them: the account of one SIP user (c2s), a
 * component that speaks for a whole domain (XEP-0114), or the component that
 * is our rooms' domain. Stanzas are flat elements, and complete: whoever
 * makes one writes to, type, id and, for components, from. xlink.c keeps the
 * connection wanted, with pauses, and knows which requests (iq) of ours are
 * open; it knows nothing of chat.
 */
#ifndef CONFAB_JABBER_XLINK_H
#define CONFAB_JABBER_XLINK_H

#include "elem.h"
#include "hash.h"
#include "list.h"
#include "loop.h"
#include "session.h"
#include "xtime.h"

#define NS_CLIENT "jabber:client" /* of stanzas here, on components too */

enum xlink_kind { XLINK_ACCOUNT, XLINK_COMPONENT, XLINK_ROOMS };

/* jabber.md 4.1; a component has OFF, CONNECTING, ONLINE, BACKOFF. */
enum xlink_state {
	XLINK_OFF,
	XLINK_CONNECTING,
	XLINK_ONLINE,
	XLINK_BACKOFF,  /* 2, 4, 8 .. 300 s, +-20 %; from the beginning after
			   60 s ONLINE */
	XLINK_FAILED,   /* password or name refused: by xlink_open() only, and
			   not within 60 s */
	XLINK_FULL,     /* no worker has room: tried again after 5 s */
};

struct xlink;

struct xlink_ops {
	/* ONLINE, own is set. Nothing of an earlier connection counts. */
	void (*up)(struct xlink *x, void *arg);
	/* Not ONLINE any more, or a try has failed; x->state says what
	 * follows. why and text: of the loss. */
	void (*down)(struct xlink *x, enum lost_why why, struct view text,
		     void *arg);
	/* A stanza that is no answer to a request of ours: well-formed flat
	 * element, name message, presence or iq, namespace NS_CLIENT. For
	 * accounts without a to, or to the account's own address. */
	void (*stanza)(struct xlink *x, const struct elem *e, void *arg);
};

struct xlink_conf {
	struct loop *loop;      /* borrowed, as all here */
	struct bridge *bridge;
	enum xlink_kind kind;
	const char *label;      /* for log and status; copied */
	const char *domain;     /* a component's; of an account its JID's */
	const struct bridge_setting *settings;
	size_t count;
	const struct xlink_ops *ops;
	void *arg;
};

struct xlink {
	enum xlink_kind kind;     /* all read only for others */
	enum xlink_state state;
	char *label, *domain;     /* owned */
	struct buf own;           /* ACCOUNT, ONLINE: the full JID */
	uint64_t since_ms;        /* in this state, monotonic */
	char error[256];          /* the last loss in words, or "" */
	void *arg;                /* the ops' */
	const struct xlink_ops *ops;

	struct loop *loop;        /* private from here */
	struct session *session;  /* owned */
	struct wtimer timer;
	uint64_t pause_ms, next_id; /* next_id: the last tag */
	struct htable asked, told;
	struct list asked_order;  /* the oldest first */
	struct wtimer asked_timer;
};

int xlink_new(struct xlink **xp, const struct xlink_conf *conf);
/* No handler runs any more; requests and sends that are open are never
 * answered: whoever asked ends before, or with it. NULL is allowed. */
void xlink_free(struct xlink *x);
/* Wanted from now on: up or down follows, never before this returns. Nothing
 * happens when it is already. EAGAIN: FAILED, and less than 60 s ago. */
int xlink_open(struct xlink *x);
/* Not wanted: logs out. down does not run. */
void xlink_close(struct xlink *x);
/* For the next try: a new password. */
int xlink_settings(struct xlink *x, const struct bridge_setting *settings,
		   size_t count);
const char *xlink_state_name(enum xlink_state state);

/* ENOTCONN, EBUSY (the worker is behind: later), EMSGSIZE. */
int xlink_send(struct xlink *x, const struct buf *stanza);
/* The same to many; the stanza is without a to. rcpts: JIDs, LF after each. */
int xlink_send_many(struct xlink *x, const struct buf *stanza,
		    struct view rcpts);

/* err 0: the server has it, and has said so (client.h, component.h);
 * EAGAIN: not now; ENOTCONN: the connection was lost before that was known;
 * EREMOTEIO: never, text says why. Once, not before xlink_send_told()
 * returns. */
typedef void (xlink_told_h)(int err, struct view text, void *arg);
int xlink_send_told(struct xlink *x, const struct buf *stanza,
		    xlink_told_h *h, void *arg);

/* Components only. With nothing to send: told of when the server has all that
 * was sent before. */
int xlink_flush(struct xlink *x, xlink_told_h *h, void *arg);

/* The answer to a request: err 0 and the result, EREMOTEIO and the error
 * stanza, ETIMEDOUT (30 s) or ENOTCONN and NULL. Only from him who was asked
 * (RFC 6120 8.1.2.1; an account's own server: without from, its bare JID or
 * domain). Once, not before xlink_ask() returns; not after xlink_free(). */
typedef void (xlink_answer_h)(int err, const struct elem *e, void *arg);
/* A request of type "get" or "set"; payload: its one child, flat. from: a
 * component's user, or empty. EBUSY: over 1,000 are open. */
int xlink_ask(struct xlink *x, const char *type, struct view from,
	      struct view to, const struct buf *payload, xlink_answer_h *h,
	      void *arg);
/* Whoever asked with this arg hears nothing any more. */
void xlink_forget(struct xlink *x, const void *arg);

/* Starts a stanza; elem_close() ends it. Empty from, to, type, id are left
 * out. */
void stanza_open(struct buf *b, const char *name, struct view type,
		 struct view from, struct view to, struct view id);
/* A complete error (RFC 6120 8.3) for e: from and to changed over, same id,
 * lang en. type: "cancel", "modify", "auth" or "wait". Never for an error or
 * a result: then nothing is written, and it returns false. */
bool stanza_error(struct buf *b, const struct elem *e, const char *type,
		  const char *condition, struct view text);
/* A fresh id: 20 characters, not to be guessed. */
struct view stanza_id(char dst[24]);

#endif
