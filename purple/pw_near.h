/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where libpurple may not connect to. What it is told to may be what somebody
 * else wrote: a domain's owner its SRV, a contact the address of his picture,
 * a user the server of an account that he added. So this host itself, and its
 * link (netaddr_is_near()), are for hosts that the operator named.
 */
#ifndef CONFAB_PW_NEAR_H
#define CONFAB_PW_NEAR_H

#include <stdbool.h>

#include "netaddr.h"

#define PW_NEAR_WORDS "this leads to this host itself, or its link: the " \
		      "operator has to allow it (near=yes)"

/* Has the operator named this host? */
typedef bool (pw_near_h)(const char *host, void *arg);

/* From now on; before, all is allowed. */
void pw_near_start(pw_near_h *h, void *arg);
/* host leads to a: may that be passed on? From then on it may be connected
 * to. */
bool pw_near_go(const char *host, const struct netaddr *a);
/* Is that why something failed just now? Once. */
bool pw_near_was_it(void);

#endif
