/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Client transactions (RFC 3261 17.1.2), a slot each. The id stands in the
 * branch with a keyed check, so nobody who did not see the request can make
 * an answer. A copy that is sent again after a restart gets the id it had: to
 * its device that is a retransmission, which it answers and does not show.
 *
 * Timer K's work, absorbing repeated answers, needs no slot: an id with a
 * true check and without a slot belongs to an answered request.
 */
#ifndef CONFAB_CTXN_PRIV_H
#define CONFAB_CTXN_PRIV_H

#include "template_priv.h"
#include "wheel.h"
#include "window_priv.h"

enum {
	SIP_T1_MS = 500,
	SIP_T2_MS = 4000,
	SIP_TXN_MS = 64 * SIP_T1_MS, /* Timers F and J */
};

enum ctxn_state {
	CTXN_FREE,
	CTXN_TRYING,
	CTXN_PROCEEDING,
	CTXN_FAILED, /* could not be sent; told from the loop */
};

struct ctxns;

/* A netaddr without what it does not need. */
struct ctxn_peer {
	uint8_t ip[16];
	uint32_t scope;
	uint16_t port, family; /* port in network order */
};

struct ctxn {
	struct wtimer timer;
	struct sip_template *tmpl; /* ref */
	const struct sip_dest *dest; /* ref */
	uint64_t key, a, b, id;
	struct ctxn_peer peer;
	union {
		uint32_t conn;     /* of a stream */
		struct {
			uint16_t left; /* until Timer F, in ticks of 10 ms */
			uint16_t wait; /* Timer E's last run, likewise */
		} udp;
	} u;
	uint8_t state : 7;         /* enum ctxn_state */
	uint8_t fresh : 1;         /* counted as such, see ctxns_fresh() */
	uint8_t listener : 5, transport : 3; /* enum sip_transport */
	uint8_t edge;              /* where it is sent from; 0: here */
};

_Static_assert(sizeof(struct ctxn) <= 120, "a fan-out has many of these");

struct ctxn_ops {
	/* Send again what c stands for. */
	void (*send)(struct ctxn *c, void *arg);
	/* Over, with a final status. The slot is free already: done is what
	 * it held, with its references, which the callee drops. */
	void (*over)(struct ctxn *done, int status, void *arg);
	void *arg;
};

enum { CTXN_KEY = SIP_BRANCH_KEY };

/* key: of the checks and of ctxn_wish(); NULL: random. */
struct ctxns *ctxns_new(struct wheel *w, size_t max, const uint8_t *key,
			const struct ctxn_ops *ops);
/* Drops all references; nobody is told. NULL is allowed. */
void ctxns_free(struct ctxns *cs);
size_t ctxns_count(const struct ctxns *cs);
/* Those over UDP that were sent once and are not answered: what may come back
 * at any moment. */
size_t ctxns_fresh(const struct ctxns *cs);
/* How many of these there should be, by the answers so far. */
struct window *ctxns_window(struct ctxns *cs);

/* A slot, zeroed but for its id, or NULL: at the limit. The id is the wish,
 * or the next one that no live transaction has. */
struct ctxn *ctxn_new(struct ctxns *cs, uint64_t wish);
uint64_t ctxn_id(const struct ctxn *c);
/* The id for the copy of this template and key: always the same one. */
uint64_t ctxn_wish(const struct ctxns *cs, uint64_t tmpl, uint64_t key);
void ctxn_set_peer(struct ctxn *c, const struct netaddr *peer);
void ctxn_get_peer(const struct ctxn *c, struct netaddr *peer);
/* Filled in: starts Timers E and F. The first sending was the caller's. */
void ctxn_start(struct ctxns *cs, struct ctxn *c);
/* It can't be sent: over() with 503 from the loop. */
void ctxn_fail(struct ctxns *cs, struct ctxn *c);
/* The live ones on this connection, of which there are so many, fail. */
void ctxns_conn_gone(struct ctxns *cs, uint32_t conn, size_t live);
/* The same for what another edge sends; conn 0: down any connection. */
void ctxns_edge_gone(struct ctxns *cs, uint8_t edge, uint32_t conn);
uint64_t ctxn_check(const struct ctxns *cs, uint64_t id);

/* The branch of a request that we made, once or just now. */
bool ctxns_made(const struct ctxns *cs, struct view branch);

enum ctxn_match { CTXN_STRAY, CTXN_LATE, CTXN_TAKEN };
/* An answer to a request of ours, of this method. */
enum ctxn_match ctxns_answer(struct ctxns *cs, struct view branch,
			     struct view method, int status);

/* Retransmissions and timeouts so far. */
struct ctxn_stats {
	uint64_t retransmits, timeouts;
};
const struct ctxn_stats *ctxns_stats(const struct ctxns *cs);
const char *ctxn_state_name(enum ctxn_state state);

#endif
