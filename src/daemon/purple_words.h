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
/* Are these logins, "prpl-jabber/Alice@x.org/sip", one account? */
bool purple_is_one(struct view a, struct view b);
/* 64 hex digits. */
bool purple_is_pin(struct view v);
/* One word of the operator's, "login=always", "auth=known", "pin=HEX",
 * "near=no" or "opt.NAME=VALUE", put into the policy or into an account's
 * settings, which are words with values that are escaped. An empty value takes
 * it away. EINVAL with why. */
int purple_word(enum account_policy *policy, struct buf *settings,
		struct view word, struct buf *why);

/* Takes the next one off settings; false: there is none. */
bool purple_setting(struct view *settings, struct view *key,
		    struct buf *value);

#endif
