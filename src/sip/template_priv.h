/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message serialised once, into which each copy puts its R-URI, To, Via
 * and Call-ID. A retransmission is made from it again.
 */
#ifndef CONFAB_TEMPLATE_PRIV_H
#define CONFAB_TEMPLATE_PRIV_H

#include "dest_priv.h"

/* Hex digits of a branch behind the magic cookie: id and its check. */
enum { BRANCH_ID = 16, BRANCH_CHECK = 16, BRANCH_HEX = 32 };

struct ctxns;

struct sip_template {
	struct ctxns *txns; /* borrowed: where its transactions are */
	uint64_t id;
	/* Borrowed, all in block: */
	struct view domain;
	struct view method;
	struct view to_end; /* what closes To's URI, and its tag */
	struct view call_id; /* of a dialog, or empty: made for each copy */
	struct view hops;   /* Max-Forwards */
	struct view tail;   /* From to the body's end */
	size_t body;        /* the bytes at its end */
	sip_done_h *doneh;
	void *arg;
	char *block;        /* owned */
};

/* What is one copy's own. */
struct template_copy {
	const struct sip_dest *dest; /* borrowed */
	struct view sentby; /* "UDP 192.0.2.1:5060" */
	uint64_t key;
	uint64_t branch;    /* the transaction's id */
	uint64_t check;
};

struct template_setup {
	struct ctxns *txns;
	struct view domain, product;
	size_t size_max; /* of a whole message */
};

/* A request within a dialog, of which there is one copy: the template's id is
 * our tag. */
struct template_dialog {
	struct view method;
	struct view call_id, tag; /* tag: theirs */
	uint32_t cseq;
};

/* EBADMSG, EMSGSIZE as sip_template_new(). dialog NULL: a MESSAGE outside of
 * any. */
int template_make(struct sip_template **tp,
		  const struct template_setup *setup,
		  const struct sip_template_conf *conf,
		  const struct template_dialog *dialog);
/* Upper bound of what template_write() writes for this copy. */
size_t template_size(const struct sip_template *t,
		     const struct template_copy *copy);
/* The bytes written. */
size_t template_write(char *dst, const struct sip_template *t,
		      const struct template_copy *copy);
/* It is a request of this method. */
static inline bool template_is(const struct sip_template *t,
			       struct view method)
{
	return view_eq(method, t->method);
}
/* n digits of hex at p, lower case, the low ones of v. */
void template_hex(char *p, uint64_t v, int n);

#endif
