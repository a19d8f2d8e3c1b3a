/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A text to one user, of any length and in the form that his device takes: as
 * many MESSAGEs as it needs, one after the other, so that they arrive in
 * order; "(1/3) " at the start of each tells the reader. Down his TCP
 * connection, where he has one, rather than in parts.
 */
#ifndef CONFAB_IMC_LETTER_H
#define CONFAB_IMC_LETTER_H

#include "sip.h"

struct imc;

struct letter_conf {
	struct view from;        /* URI without <>; copied */
	struct sip_dest *to;     /* kept by reference */
	uint64_t binding;        /* id of the device; 0: the learned place */
	struct view in_reply_to; /* Call-ID, or empty; copied */
	struct sip_flow flow;    /* where to */
	struct view text;        /* clean UTF-8 */
	struct view meta;        /* what goes with it (meta.h), or empty;
				    copied */
	bool notice;             /* never to be answered by itself */
	const void *owner;       /* mem_new() object that holds text, kept by
				    reference; NULL: text is copied */
	size_t prefix;           /* of the text: what each MESSAGE begins with
				    behind its number ("[alice]: ") */
	uint64_t id, key;        /* as of sip_send(); id 0: random */
	uint64_t time_ms;        /* wall clock; 0: now */
	sip_done_h *doneh;       /* gets the struct imc, a and b, and the last
				    status (202 for a 200, where the device
				    is to tell by itself when it is there);
				    NULL: a failure is only logged */
	uint64_t a, b;
};

/* An error (EBADMSG, EMSGSIZE, ENOBUFS, ESHUTDOWN): nothing was sent, doneh
 * does not run. Otherwise it runs once, later. */
int letter_send(struct imc *i, const struct letter_conf *conf);
/* At the end: nothing is sent or told any more. */
void letters_free(struct imc *i);

#endif
