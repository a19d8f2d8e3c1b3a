/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's insides: client.c (its life, what passes), client_link.c (login
 * and resumption), client_sm.c (what was confirmed, is it alive). */
#ifndef CONFAB_JABBER_CLIENT_PRIV_H
#define CONFAB_JABBER_CLIENT_PRIV_H

#include "client.h"
#include "creds.h"
#include "elem.h"
#include "turn.h"
#include "unacked.h"
#include "xflat.h"

enum client_state {
	CLIENT_LOGIN,    /* waits for its turn, or logs in */
	CLIENT_ENABLING, /* XEP-0198 is asked for */
	CLIENT_ONLINE,
	CLIENT_BROKEN,   /* a connection is made for an old session, now or
			    after a pause; if told, ONLINE for the daemon */
	CLIENT_RESUMING, /* asked for */
	CLIENT_ENDED,    /* told; to be freed */
};

struct client {
	struct hnode by_id;     /* jab.clients */
	struct jab *jab;        /* borrowed */
	uint32_t id;
	enum client_state state;
	char *label;            /* owned */
	struct creds creds;
	struct turn turn;
	struct front *front;    /* owned, or NULL */
	char *own;              /* owned: the address that was bound */
	struct wtimer timer;    /* the login's limit, a pause, then: alive? */
	struct wtimer slow;     /* paused: may it go on? */
	struct loop_idle end;   /* freed by the next turn */

	bool told;              /* the daemon has heard that it is up */
	bool sm_wanted, sm;     /* sm: it is on */
	bool refused;           /* what its session brought, once */
	char *resume_id;        /* owned, or NULL: no resumption */
	uint64_t resume_ms;     /* how long the server keeps it */
	uint64_t until_ms;      /* BROKEN, RESUMING: then it is lost */
	uint64_t pause_ms;
	struct unacked unacked;
	uint64_t heard_at;      /* ms */
	uint64_t probe_at;      /* ms, of the one that is out; 0: none */
	uint64_t probed_at;     /* ms, the last */
	uint32_t probe_mark;    /* what its answer confirms, without sm */
	char probe_id[20];
	struct wtimer probe;    /* the next */
	uint32_t in;            /* stanzas handed on */
	uint32_t ack_mark;      /* of these, what is to be confirmed */
	bool ack_again;         /* the server asked meanwhile */
	struct wtimer ack;
};

void client_set_state(struct client *c, enum client_state state);
/* Over: told to the daemon once, freed soon. */
void client_end(struct client *c, enum worker_lost why, struct view text);
/* A stanza is in; flat was checked. */
void client_stanza(struct client *c, const struct elem *e);

/* ---- client_link.c ---- */

void client_begin(struct turn *t);
/* The connection is of no use any more: resume, or the end. */
void client_broke(struct client *c, enum worker_lost why, struct view text);
/* No connection, nothing that would make one. */
void client_drop(struct client *c);

/* ---- client_kept.c ---- */

/* What the next worker needs to resume the session, should this one end: the
 * session is known to have confirmed h stanzas. */
void kept_write(struct client *c, uint32_t h);
/* There is nothing to resume any more. */
void kept_drop(struct client *c);
/* From an earlier worker, if it is good for anything. */
void kept_read(struct client *c, struct view kept);

/* ---- client_sm.c ---- */

/* ONLINE, for the first time or again. */
void sm_begin(struct client *c);
void sm_stop(struct client *c);
/* Sends one, or keeps it to be sent: ENOBUFS, not now. */
int sm_send(struct client *c, uint64_t tag, struct view xml);
/* The server has so many. False: it can't have; the client is at its end. */
bool sm_confirmed(struct client *c, uint64_t h);
/* An element that is no stanza. */
void sm_element(struct client *c, const struct elem *e);
/* The answer to a ping of ours? */
bool sm_is_answer(struct client *c, const struct elem *e);
/* Confirms all that was handed on. */
void sm_confirm_all(struct client *c);

#endif
