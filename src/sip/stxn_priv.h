/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Server transactions (RFC 3261 17.2.2): known by a keyed hash over branch,
 * sent-by and method, absorb retransmissions while the answer is awaited and
 * know it afterwards. Only requests that a handler answers later have one:
 * what can be answered at once is answered the same way each time.
 */
#ifndef CONFAB_STXN_PRIV_H
#define CONFAB_STXN_PRIV_H

#include "ctxn_priv.h"
#include "done_priv.h"
#include "parse_priv.h"
#include "wheel.h"

/* Answered for the handler by then: before the client's Timer F ends. */
enum { STXN_WAIT_MS = SIP_TXN_MS - 4000 };

struct stxns;
struct stxn;

enum stxn_state { STXN_NONE, STXN_WAITING, STXN_DONE };

struct stxn_ops {
	void (*send)(const struct sip_flow *flow, struct view text, void *arg);
	/* The handler has not answered: it is to be answered now. */
	void (*stuck)(uint64_t id, void *arg);
	void *arg;
};

/* max: that wait for their answer; done: answers that are remembered. key:
 * the same for daemons that answer for one another, so that the tag in an
 * answer is the same, whoever makes it; NULL: random. */
struct stxns *stxns_new(struct wheel *w, size_t max, size_t done,
			const uint8_t *key, const struct stxn_ops *ops);
void stxns_free(struct stxns *ss); /* NULL is allowed */
size_t stxns_count(const struct stxns *ss); /* that wait */
struct dones *stxns_done(const struct stxns *ss);

/* RFC 3261 17.2.3, with the fallback for RFC 2543 clients. Also works for a
 * request whose parse failed. The address of src counts, its port does not:
 * who guesses another's branch begins no transaction for him, and gets no
 * answer of his. */
void stxn_key(const struct stxns *ss, struct stxn_key *out,
	      const struct prescan *pre, const struct parsed *req,
	      const struct netaddr *src);
/* DONE: again is its answer, as dones_find() has it. */
enum stxn_state stxns_find(const struct stxns *ss, const struct stxn_key *key,
			   struct answer *again);
/* head: the answer's headers from Via to CSeq, copied. ENOBUFS: too many. */
int stxn_new(struct stxns *ss, uint64_t *id, const struct stxn_key *key,
	     const struct sip_flow *flow, struct view head);
/* What stxn_new() was given, or false: the id is unknown or answered. */
bool stxn_head(const struct stxns *ss, uint64_t id, struct view *head);
/* Sends text, which is a around stxn_head(), and keeps a for Timer J. Unknown
 * ids are ignored. */
void stxn_answer(struct stxns *ss, uint64_t id, const struct answer *a,
		 struct view text);

#endif
