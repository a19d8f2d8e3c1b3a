/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request that came in, for the files that serve its method. */
#ifndef CONFAB_UAS_PRIV_H
#define CONFAB_UAS_PRIV_H

#include "sip_priv.h"

/* Who speaks, and why we believe it. */
enum sip_identity_how { ID_NONE, ID_TRUSTED, ID_DIGEST, ID_CERT };
struct sip_identity {
	struct sip_uri uri; /* valid while the request is; its host and user
			       are not empty unless how is ID_NONE. No port
			       and parameters with ID_DIGEST */
	enum sip_identity_how how;
};

struct uas {
	struct sip *sip;
	const struct sip_flow *flow;
	const struct prescan *pre;
	const struct parsed *req;
	const struct sip_injection *in; /* NULL: from the network */
	struct view packet, body;
	struct stxn_key key;
	bool over_rate;                 /* its source asked too often */
	uint64_t who;                   /* overload_speaker() */
	uint64_t now;                   /* ms; a flood asks once only */
	bool waited;                    /* for its turn, see intake */
	enum sip_identity_how trusted;  /* where it came from is, and why */
	struct sip_identity id;         /* settled before it is served, but for
					   OPTIONS and CANCEL */
};

struct uas uas_of(struct sip *s, const struct sip_flow *flow,
		  struct view packet);
/* A datagram's request, when its turn has come. */
void uas_serve(struct uas *u);

/* Answers at once and without state; refused headers are left out. False: this
 * was withheld: a stranger would get more out of us than he put in. */
bool uas_answer(const struct uas *u, int status, const char *reason,
		const struct sip_header *headers, size_t count);
void uas_answer_with(const struct uas *u, int status, const char *name,
		     struct view value);
/* 503 with Retry-After. */
void uas_answer_busy(const struct uas *u);
/* What nobody serves: 400, 416, 420. True: it has been answered. */
bool uas_refused(const struct uas *u);
/* A transaction has it already: answered again, where it was. */
bool uas_repeated(const struct uas *u);
/* A transaction, to be answered by sip_answer(). ENOBUFS: too many. */
int uas_txn(const struct uas *u, uint64_t *id);

#endif
