/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * #jabber and its like: what a user does with his own accounts by chat. A
 * password comes behind a one-time code, to the manager's address alone, and
 * only as the configuration allows.
 */
#ifndef CONFAB_ACCOUNT_CHAT_H
#define CONFAB_ACCOUNT_CHAT_H

#include "account_kind.h"
#include "accounts.h"
#include "codes.h"
#include "imc.h"

struct account_chat;

struct account_chat_conf {
	const struct conf *conf;         /* ref is taken */
	struct accounts *accounts;       /* borrowed */
	struct imc *imc;                 /* borrowed */
	struct codes *codes;             /* borrowed; one for all kinds: who
					    was added first takes them */
	const struct account_kind *kind; /* static */
	/* In conf, and looked up each time, as SIGHUP may change them: "tls",
	 * "any" or "off", and how many accounts a user may add. */
	char *const *passwords;
	const long *user_accounts;
};

/* Adds the command to imc. */
int account_chat_new(struct account_chat **cp,
		     const struct account_chat_conf *conf);
/* After imc_free(). NULL is allowed. */
void account_chat_free(struct account_chat *c);

#endif
