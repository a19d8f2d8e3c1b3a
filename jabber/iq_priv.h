/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests of others: iqs.c takes them, iq_answer.c knows the answers. */
#ifndef CONFAB_JABBER_IQ_PRIV_H
#define CONFAB_JABBER_IQ_PRIV_H

#include "roster.h"

/* Who is asked. */
enum iq_whom {
	IQ_DOMAIN = 1 << 0,  /* the component's domain */
	IQ_USER = 1 << 1,    /* a user of it */
	IQ_ACCOUNT = 1 << 2, /* a user by his account */
	IQ_ROOMS = 1 << 3,   /* our rooms' domain, or a room */
};

struct iq {
	struct gate *gate;
	struct person *person;    /* IQ_USER, IQ_ACCOUNT */
	enum iq_whom whom;
	bool full;                /* to one device of his */
	bool set;
	const struct elem *stanza;
	struct elem query;        /* its child */
};

/* XEP-0086's kinds of refusal. */
struct iq_refusal {
	const char *type, *condition;
};

/* One kind of request. answer() writes the payload, if any, or says why
 * not. */
struct iq_kind {
	const char *name, *ns;
	unsigned whom;            /* enum iq_whom */
	bool set;
	const struct iq_refusal *(*answer)(struct buf *b, const struct iq *q);
};

extern const struct iq_refusal iq_unavailable, iq_not_found, iq_bad_request;
/* NULL: nothing is known of it. */
const struct iq_kind *iq_kind(const struct iq *q);

#endif
