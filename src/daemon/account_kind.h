/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What accounts there are: how each network's are called, by users and by the
 * operator. */
#ifndef CONFAB_ACCOUNT_KIND_H
#define CONFAB_ACCOUNT_KIND_H

#include "conf.h"

struct account_kind {
	const char *network; /* in struct account: "xmpp" */
	const char *word;    /* #jabber, confabctl jabber map */
	const char *login;   /* how a login is written: "user@domain" */
	const char *help;    /* of #jabber, in the list of commands */
	const char *of_users; /* settings of what a user adds by himself */
	/* Adds the one form of a login as it was typed. Else an errno value,
	 * with what is wrong in why. */
	int (*login_of)(struct buf *out, struct view text,
			const struct conf *conf, struct buf *why);
};

/* By its word; NULL: there is none. */
const struct account_kind *account_kind_find(struct view word);

#endif
