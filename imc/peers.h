/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of a user's device: how much it takes at once, and in which
 * form. Learned from what it says of itself and from its refusals; a device
 * that never gave a reason has no entry. Kept in memory only: it is learned
 * again within one message.
 */
#ifndef CONFAB_IMC_PEERS_H
#define CONFAB_IMC_PEERS_H

#include "addr.h"
#include "sip.h"

struct peers;

enum {
	PEERS_MAX = 20000,
	PEER_BODY_UDP = 3000,      /* pjsua takes packets of 4000 bytes */
	PEER_BODY_TCP = 16 * 1024,
	PEER_TYPING_MS = 1000,
	PEER_BODY_MIN = 160,       /* one SMS: less is never asked for */
};

/* What to keep to when sending. */
struct peer {
	size_t body_max; /* bytes of one MESSAGE's body */
	bool bare;       /* text/plain without a charset */
	bool typing;     /* takes typing notices */
};

/* At most max entries: then the one unused longest goes. */
struct peers *peers_new(size_t max);
void peers_free(struct peers *ps); /* NULL is allowed */
size_t peers_count(const struct peers *ps);

/* Of the device that user has at flow. */
struct peer peers_find(const struct peers *ps, const struct addr *user,
		       const struct sip_flow *flow);

/* A request of it. */
struct peer_heard {
	struct view user_agent, accept; /* headers, or empty */
	bool typing;                    /* it is a typing notice itself */
};
void peers_heard(struct peers *ps, const struct addr *user,
		 const struct sip_flow *flow, const struct peer_heard *heard);

/* A final answer to a text. */
struct peer_answer {
	int status;
	size_t body;        /* bytes that we sent */
	bool bare;          /* without a charset */
	struct view accept; /* its Accept header, or empty */
};
/* True: the refusal has taught us something, the same text should be sent
 * again at once, as peers_find() says now. */
bool peers_answered(struct peers *ps, const struct addr *user,
		    const struct sip_flow *flow, const struct peer_answer *a);
/* A device of user sent a notice: may it be passed on? One a second may. */
bool peers_may_type(struct peers *ps, const struct addr *user,
		    uint64_t now_ms);
/* It refused a typing notice: none any more. */
void peers_no_typing(struct peers *ps, const struct addr *user,
		     const struct sip_flow *flow);

#endif
