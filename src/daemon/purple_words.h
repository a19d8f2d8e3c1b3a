/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the configuration and the operator say of libpurple's networks. */
#ifndef CONFAB_PURPLE_WORDS_H
#define CONFAB_PURPLE_WORDS_H

#include "accounts.h"
#include "conf.h"
#include "purple/pmap.h"

/* Protocols and addresses as configured, also without a gateway; *mp may be
 * there in any case. EINVAL with why. */
int purple_map(struct pmap **mp, const struct conf *conf, struct buf *why);
/* One word of the operator's, "login=always", "auth=known" or
 * "opt.NAME=VALUE", put into the policy or into an account's settings, which
 * are lines. An empty value takes it away. EINVAL with why. */
int purple_word(enum account_policy *policy, struct buf *settings,
		struct view word, struct buf *why);

#endif
