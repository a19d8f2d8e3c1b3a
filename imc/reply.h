/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of our own to one user: MESSAGEs beside the room's journal. */
#ifndef CONFAB_IMC_REPLY_H
#define CONFAB_IMC_REPLY_H

#include "sip.h"

struct imc;

struct reply_conf {
	struct view from, to;    /* URIs without <> */
	struct view text;        /* clean UTF-8 */
	struct view in_reply_to; /* Call-ID, or empty */
	struct sip_flow flow;    /* where to */
};

/* All is copied. A long text goes as several MESSAGEs, cut at line ends; each
 * waits for the answer to the one before, so that they arrive in order. What
 * the user's device does not take is logged and dropped. */
void reply_send(struct imc *i, const struct reply_conf *conf);
/* At the end: nothing is sent or told any more. */
void replies_free(struct imc *i);

#endif
